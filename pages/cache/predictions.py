"""What a model says under an ablation, and what that takes; each computed once for all sessions."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.cache.inference import Loaded
from pages.state.view import View
from sct.model.ablation import Ablation
from sct.video.clip import Clip, preprocess


@dataclass(frozen=True, eq=False)
class Outcome:
    """One forward pass of a clip.

    Args:
        logs: natural logarithms of the probabilities, (class,).
        seconds: the shorter of two passes, nothing recorded.
        gmacs: multiply-adds of the layers, in thousands of millions.
    """

    logs: np.ndarray
    seconds: float
    gmacs: float

    @property
    def probabilities(self) -> np.ndarray:
        return np.exp(self.logs)

    def kl(self, other: Outcome) -> float:
        """Kullback-Leibler divergence of the other from this, sum p log(p / q), in nats."""
        return max(0.0, float((self.probabilities * (self.logs - other.logs)).sum()))


@st.cache_data(max_entries=128, show_spinner="Running the model …")
def _outcome(
    clip_hash: str, name: str, ablation: str, device: str, _loaded: Loaded, _clip: Clip
) -> Outcome:
    import torch

    from sct.profiling.complexity import gmacs

    model, chosen = _loaded.model, Ablation.parse(ablation)
    frames = preprocess(_clip, model.config.image_size).to(device)
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        with torch.inference_mode():
            logits = model(frames, ablation=chosen).logits[0].double()
            logs = logits.log_softmax(-1).cpu().numpy()
        seconds.append(time.perf_counter() - begun)
    return Outcome(logs, min(seconds), gmacs(model.config, chosen, frames.shape[1]))


def outcome(view: View, ablation: Ablation) -> Outcome:
    """Of the clip on the screen."""
    loaded, clip = view.loaded, view.clip
    return _outcome(clip.hash, loaded.name, str(ablation), loaded.device, loaded, clip)
