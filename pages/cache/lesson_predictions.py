"""The answer of a model to a clip under an ablation, without a trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.learn.context import Desk


@st.cache_data(max_entries=128, show_spinner="Asking the model …")
def _asked(
    clip_hash: str, name: str, ablation: str, device: str, _model: Any, _clip: Any
) -> np.ndarray:
    import torch

    from sct.model.ablation import Ablation
    from sct.video.clip import preprocess

    frames = preprocess(_clip, _model.config.image_size).to(device)
    with torch.inference_mode():
        logits = _model(frames, ablation=Ablation.parse(ablation)).logits
    return logits[0].float().softmax(-1).cpu().numpy()


def answer(desk: Desk, ablation: str) -> np.ndarray:
    """Probabilities (class,) under an ablation in its text form."""
    loaded, clip = desk.view.loaded, desk.view.clip
    return _asked(clip.hash, loaded.name, ablation, loaded.device, loaded.model, clip)


def best(desk: Desk, probabilities: np.ndarray) -> tuple[str, float]:
    """The likeliest class and its probability."""
    at = int(probabilities.argmax())
    return desk.view.loaded.labels[at], float(probabilities[at])
