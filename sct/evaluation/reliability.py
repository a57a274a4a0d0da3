"""Measures how far a model's probabilities can be relied on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sct.evaluation.statistics import wilson

BINS = 15
RIGHT_IF_SURE = 0.9  # on each of the sets of clips that it is measured on


def calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Returns the expected calibration error: how far confidence is from being right, on average.

    Answers are put into 15 bins of equal width by their confidence; the error is the mean over
    answers of the gap, in their bin, between mean confidence and the share that is right.

    Args:
        confidence: (answer,), 0 to 1, the probability of the likeliest label.
        right: (answer,), whether it is true.

    Raises:
        ValueError: no answers, or not as many of one as of the other.
    """
    sure, hit = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    if not len(sure) or sure.shape != hit.shape:
        raise ValueError(f"{len(sure)} confidences and {len(hit)} outcomes: one each is needed")
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = np.bincount(place, sure - hit, BINS)
    return float(np.abs(gaps).sum() / len(sure))


def least_confidence(
    confidence: Sequence[float], right: Sequence[bool], wanted: float = RIGHT_IF_SURE
) -> float:
    """Returns the least confidence from which on `wanted` of the answers are right; 1 if from none.

    Args:
        confidence, right: as for `calibration_error`.
        wanted: 0 to 1.
    """
    sure, hit = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    order = np.argsort(-sure, kind="stable")
    share = np.cumsum(hit[order]) / np.arange(1, len(hit) + 1)
    # Answers of one confidence stand or fall together.
    last = np.append(np.diff(sure[order]) != 0, True) if len(hit) else np.empty(0, bool)
    enough = np.flatnonzero((share >= wanted) & last)
    return float(sure[order][enough[-1]]) if len(enough) else 1.0


def sureness(
    confidence: Sequence[float], right: Sequence[bool], sure: Sequence[bool] | None
) -> dict[str, object]:
    """Measures calibration, and how often answers are sure and those are right.

    Args:
        confidence, right: as for `calibration_error`.
        sure: (answer,); None where the model's card does not say which answers are.

    Returns:
        calibration_error; and unless `sure` is None: sure (the share of the answers that is),
        right_if_sure (None if none is) and right_if_sure_ci95.
    """
    measured: dict[str, object] = {"calibration_error": calibration_error(confidence, right)}
    if sure is None:
        return measured
    n = sum(sure)
    hits = sum(hit and s for hit, s in zip(right, sure, strict=True))
    return {
        **measured,
        "sure": n / len(right),
        "right_if_sure": hits / n if n else None,
        "right_if_sure_ci95": list(wilson(hits, n)),
    }


def auroc(known: Sequence[float], strange: Sequence[float]) -> float:
    """Returns the probability that a strange clip scores lower than a known one; half if equal.

    Args:
        known, strange: (clip,), scores such as energies.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([strange, known]))[len(strange) :]
    return float((ranks.sum() - len(known) * (len(known) + 1) / 2) / (len(known) * len(strange)))
