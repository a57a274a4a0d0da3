"""Predictions of a model under an ablation, and their cost; computed once for all sessions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pages.cache.device import computed, on_device
from pages.state.view import LoadedModel, View
from sct.model.ablation import Ablation
from sct.model.sct import SCT
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


def _predict(loaded: LoadedModel, clip: Clip, ablation: Ablation) -> Prediction:
    import torch

    from sct.profiling.complexity import gmacs

    def work(model: SCT) -> Prediction:
        frames = preprocess(clip, model.config.image_size).to(model.device)
        with torch.inference_mode():
            logits = model(frames, ablation=ablation, graph=True).logits[0].double()
            logs = logits.log_softmax(-1).cpu().numpy()
        return Prediction(logs, gmacs(model.config, ablation, frames.shape[1]))

    key = loaded.key, clip.hash, str(ablation)
    return computed("predictions", 128, key, lambda: on_device(loaded, work, whole=False))


def prediction(view: View, ablation: Ablation) -> Prediction:
    """Predict the class of the clip on the screen."""
    return _predict(view.loaded, view.clip, ablation)
