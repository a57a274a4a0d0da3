"""Predictions of a model under an ablation, and their cost; computed once for all sessions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.cache.keys import KEYS
from pages.state.view import LoadedModel, View
from sct.model.ablation import Ablation
from sct.video.clip import Clip, preprocess


@dataclass(frozen=True, eq=False)
class Prediction:
    """The outcome of a forward pass of a clip.

    Args:
        logs: natural logarithms of the probabilities, (class,).
        gmacs: multiply-adds of the layers, in thousands of millions.
    """

    logs: np.ndarray
    gmacs: float

    @property
    def probabilities(self) -> np.ndarray:
        return np.exp(self.logs)

    def kl(self, other: Prediction) -> float:
        """Return the Kullback-Leibler divergence sum p log(p / q), q the other's, in nats."""
        return max(0.0, float((self.probabilities * (self.logs - other.logs)).sum()))


@st.cache_data(max_entries=128, show_spinner="Running the model …", hash_funcs=KEYS)
def _predict(loaded: LoadedModel, clip: Clip, ablation: Ablation) -> Prediction:
    import torch

    from sct.profiling.complexity import gmacs

    model = loaded.model
    frames = preprocess(clip, model.config.image_size).to(loaded.device)
    with torch.inference_mode():
        logits = model(frames, ablation=ablation).logits[0].double()
        logs = logits.log_softmax(-1).cpu().numpy()
    return Prediction(logs, gmacs(model.config, ablation, frames.shape[1]))


def prediction(view: View, ablation: Ablation) -> Prediction:
    """Predict the class of the clip on the screen."""
    return _predict(view.loaded, view.clip, ablation)
