"""Makes a model's probabilities mean what they say, and measures when its answers are sure.

One temperature a question (Guo et al., 2017) is fitted on clips that the model was not trained on,
and multiplied into its last layer, so that whatever reads an answer reads a calibrated one. Where
their embeddings lie tells later whether a clip is like them (`sct.checkpoint.familiarity`).
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sct.checkpoint.certainty import LEAST
from sct.checkpoint.familiarity import KEY, SHARE, fit
from sct.evaluation.accuracy import match_questions, no_nan
from sct.evaluation.open import open_test_set
from sct.evaluation.reliability import (
    RIGHT_IF_SURE,
    auroc,
    calibration_error,
    least_confidence,
    sureness,
)
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.questions import Question, questions_of
from sct.synthetic import unlike
from sct.video.clip import normalise

OF_A_KIND = 200
_TELLING = 0.7  # mean AUROC from which the distance is used to tell known clips from others
FEWEST_CLIPS = 50  # of a question: fewer say nothing of how often 90% are right
_FEWEST = 4  # known clips for each direction of their plane
_TEMPERATURES = (0.25, 20.0)  # few clips that are all right would make it nothing
_BATCH = 16


class Answered(NamedTuple):
    """Holds what a model answers of one set of clips to one question, and what is true.

    Attributes:
        logits: float32 (clip, class of the question).
        truth: int64 (clip,), of which none is unknown.
    """

    logits: Tensor
    truth: Tensor


class Seen(NamedTuple):
    """Holds what a model makes of clips: logits (clip, class) and embeddings (clip, width)."""

    logits: Tensor
    embedding: Tensor


def fit_temperature(logits: Tensor, truth: Tensor) -> float:
    """Returns the temperature that makes the true labels likeliest, 0.25 to 20.

    The mean negative log likelihood is convex in 1/temperature, so that there is one such.

    Args:
        logits: float (clip, class). truth: int64 (clip,).
    """
    from scipy.optimize import minimize_scalar

    logits = logits.double()
    low, high = _TEMPERATURES
    found = minimize_scalar(
        lambda sharper: float(torch.nn.functional.cross_entropy(logits * sharper, truth)),
        bounds=(1 / high, 1 / low),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(1 / found.x)


@torch.inference_mode()
def calibrate(
    model: SCT,
    data: Sequence[str],
    *,
    limit: int | None = None,
    seed: int = 1,
    ablation: Ablation | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Calibrates a model in place, and measures when its answers are sure.

    Args:
        model: its last layer is changed.
        data: sets of clips that it was not trained on, as `evaluate` takes them.
        limit: most clips of each.
        seed: of clips that are made; another than that of the test.
        ablation: under which the model was trained.
        progress: called with (clips done, clips).

    Returns:
        what `sct.checkpoint.certainty` reads from a card: data, limit, seed, questions {name:
        n, temperature, error_before (the calibration error without it), threshold, and what
        `reliability.sureness` says}, and familiarity: what its own room reads, n, and auroc {kind
        of `unlike.KINDS`: of the distance, known clips against those}; without what is read where
        the distance does not tell them.

    Raises:
        ValueError, DataError: as `evaluate`; or a question that too few clips answer. The model is
            as it was.
    """
    for each in data:
        if each.startswith("accepted:"):
            raise ValueError(f"{each!r} says what is accepted, not what is true: evaluate takes it")
    see = partial(_see, model, ablation)
    every = [_answered(see, model, each, limit, seed, progress) for each in data]
    sets, known = [answers for answers, _ in every], torch.cat([one for _, one in every])
    by_question = {}
    for question in questions_of(model.config):
        own = [answers[question.name] for answers in sets if question.name in answers]
        if (count := sum(len(one.truth) for one in own)) < FEWEST_CLIPS:
            of = f" to {question.name!r}" if question.name else ""
            raise ValueError(
                f"{count} clips of {', '.join(data)} tell the answer{of}: {FEWEST_CLIPS} or more "
                "are needed to calibrate on"
            )
        by_question[question] = own
    found = {one.name: _calibrated(model, one, own) for one, own in by_question.items()}
    strange = {kind: see(_strange(model, kind, seed)).embedding for kind in unlike.KINDS}
    return {
        "data": list(data),
        "limit": limit,
        "seed": seed,
        "right_if_sure": RIGHT_IF_SURE,
        "questions": found,
        KEY: _familiarity(model, known.numpy(), {k: e.numpy() for k, e in strange.items()}),
    }


def _familiarity(
    model: SCT, known: np.ndarray, strange: dict[str, np.ndarray]
) -> dict[str, object]:
    """Finds where known clips lie by every other one, and how far the rest of them lie from it."""
    config = model.config
    directions = config.num_classes - len(questions_of(config))
    directions = max(1, min(directions, known.shape[1] // 2))
    if len(known) < 2 * _FEWEST * directions:
        return {"n": len(known), "auroc": {}}
    found, rest = fit(known[::2], directions), known[1::2]
    near = -found.distance(rest)
    told = {kind: auroc(near, -found.distance(some)) for kind, some in strange.items()}
    summary: dict[str, object] = {"n": len(known), "auroc": told}
    if statistics.fmean(told.values()) < _TELLING:
        return summary
    most = float(np.quantile(-near, SHARE))
    return {**replace(found, most=most).to_card(), **summary}


def _calibrated(model: SCT, question: Question, sets: Sequence[Answered]) -> dict[str, object]:
    """Fits and measures one question, and changes its rows of the last layer."""
    logits = torch.cat([one.logits for one in sets])
    truth = torch.cat([one.truth for one in sets])
    before = _confidence(logits)
    temperature = fit_temperature(logits, truth)
    last = model.head[-1]
    last.weight[question.classes] /= temperature
    last.bias[question.classes] /= temperature

    right = logits.argmax(1) == truth
    confidence = _confidence(logits / temperature)
    least = (
        least_confidence(_confidence(one.logits / temperature), one.logits.argmax(1) == one.truth)
        for one in sets
        if len(one.truth)
    )
    threshold = max(LEAST, *least)
    sure = sureness(confidence.tolist(), right.tolist(), (confidence >= threshold).tolist())
    return {
        "n": len(truth),
        "temperature": temperature,
        "error_before": calibration_error(before.tolist(), right.tolist()),
        "threshold": threshold,
        **sure,
    }


def _confidence(logits: Tensor) -> Tensor:
    return logits.double().softmax(1).amax(1)


def _answered(
    see: Callable[[Tensor], Seen],
    model: SCT,
    data: str,
    limit: int | None,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[dict[str, Answered], Tensor]:
    """Answers a set of clips: for each question that it asks, those whose truth is known.

    The other is the embedding of every clip, (clip, width).
    """
    test_set = open_test_set(model, data, limit, seed)
    asked = match_questions(model.config, test_set)
    seen, labels, done = [], [], 0
    for clips in test_set.batches():
        seen.append(see(clips.frames[:, 0]))
        labels.append(clips.labels.view(len(clips.labels), -1))
        done += len(clips.labels)
        if progress:
            progress(done, len(test_set))
    logit, embedding = (torch.cat(parts) for parts in zip(*seen, strict=True))
    label = torch.cat(labels)
    answers = {}
    for one in asked:
        truth = one.classes_of(label[:, one.column])
        known = truth >= 0
        answers[one.question.name] = Answered(logit[known][:, one.question.classes], truth[known])
    return answers, embedding


def _see(model: SCT, ablation: Ablation | None, frames: Tensor) -> Seen:
    """Runs the model on clips, uint8 (clip, T, 3, S, S); what it makes of them is on the CPU."""
    parts = []
    for some in frames.split(_BATCH):
        output = model(normalise(some.to(model.device)), ablation)
        parts.append((no_nan(output.logits).cpu(), output.embedding.cpu()))
    return Seen(*(torch.cat(part) for part in zip(*parts, strict=True)))


def _strange(model: SCT, kind: str, seed: int) -> Tensor:
    shape = model.config.frames, model.config.image_size
    return torch.from_numpy(unlike.draw(kind, OF_A_KIND, seed, *shape))
