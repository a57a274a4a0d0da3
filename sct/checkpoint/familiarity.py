"""Tells whether a clip is like those that a model learned from, by where its embedding lies.

What the head reads of known clips lies close to a plane of hardly more directions than there are
answers (Papyan et al. 2020, "neural collapse"); what is strange lies beside it. The distance is
that of Mahalanobis (Lee et al. 2018) under a normal distribution that has a variance for each
direction of the plane and one for all others (Tipping and Bishop 1999).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sct.checkpoint.model_card import number

KEY = "familiarity"
SHARE = 0.98  # of known clips that are called familiar
_MOST_WIDE = 4096
_LEAST = 1e-12  # of a variance, as distances divide by it, and of a distance
_FIELDS = {"mean", "axes", "variances", "rest", "most"}


@dataclass(frozen=True)
class Familiarity:
    """Holds where the embeddings of known clips lie.

    Attributes:
        mean: float64 (width,). axes: float64 (direction, width), orthonormal rows.
        variances: float64 (direction,), along the axes. rest: the variance in each other direction.
        most: distance up to which a clip is familiar.
    """

    mean: np.ndarray
    axes: np.ndarray
    variances: np.ndarray
    rest: float
    most: float

    def distance(self, embedding: np.ndarray) -> np.ndarray:
        """Compute the squared distances (clip,) of embeddings (clip, width)."""
        beside = np.asarray(embedding, np.float64) - self.mean
        along = beside @ self.axes.T
        # Where there is next to nothing beside the plane, rounding may make it less than nothing.
        others = np.maximum((beside**2).sum(1) - (along**2).sum(1), 0)
        return others / self.rest + (along**2 / self.variances).sum(1)

    def holds(self, embedding: np.ndarray) -> bool:
        """Say whether a clip is familiar, by its embedding (width,); one of another width is."""
        if embedding.shape != self.mean.shape:
            return True
        return float(self.distance(embedding[None])[0]) <= self.most

    def to_card(self) -> dict[str, Any]:
        return {
            "mean": _packed(self.mean),
            "axes": _packed(self.axes),
            "variances": self.variances.tolist(),
            "rest": self.rest,
            "most": self.most,
        }


def fit(embedding: np.ndarray, directions: int) -> Familiarity:
    """Find where the embeddings of known clips lie; `most` is the farthest of them.

    Args:
        embedding: (clip, width), of more clips than directions.
        directions: of the plane, 1 to width - 1.
    """
    known = np.asarray(embedding, np.float64)
    mean = known.mean(0)
    variances, axes = np.linalg.eigh(np.cov(known.T))  # the smallest first
    rest = max(float(variances[:-directions].mean()), _LEAST)
    along = np.maximum(variances[-directions:], rest)
    # What is stored has 32 bits: the distances are to be those of what is read again.
    mean, axes = (part.astype(np.float32).astype(np.float64) for part in (mean, axes.T))
    found = Familiarity(mean, axes[-directions:], along, rest, np.inf)
    return replace(found, most=float(found.distance(known).max()))


def readable(card: Mapping[str, Any]) -> bool:
    """Say whether what a card has of this can be read, if it has more than how it was measured."""
    found = card["calibration"][KEY]
    told = isinstance(found, Mapping) and not {"mean", "axes", "variances", "rest", "most"} & set(
        found
    )
    return told or familiarity(card) is not None


def familiarity(card: Mapping[str, Any]) -> Familiarity | None:
    """Read what a card says of known clips; None where it says nothing that can be used.

    Args:
        card: of a model; may hold anything.
    """
    calibration = card.get("calibration")
    found = calibration.get(KEY) if isinstance(calibration, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    mean, axes = (_unpacked(found.get(key)) for key in ("mean", "axes"))
    variances, rest, most = found.get("variances"), number(found, "rest"), number(found, "most")
    if mean is None or axes is None or rest is None or most is None:
        return None
    if min(rest, most) < _LEAST:
        return None
    if not isinstance(variances, list) or not 0 < len(variances) < len(mean) <= _MOST_WIDE:
        return None
    along = [number({"": one}, "") for one in variances]
    if any(one is None or one < _LEAST for one in along) or axes.size != len(along) * len(mean):
        return None
    return Familiarity(mean, axes.reshape(len(along), len(mean)), np.array(along), rest, most)


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _unpacked(text: object) -> np.ndarray | None:
    """Read finite numbers, float64 (n,); None where there are none."""
    if not isinstance(text, str):
        return None
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float64)
    except (binascii.Error, ValueError):
        return None
    return values if len(values) and np.isfinite(values).all() else None
