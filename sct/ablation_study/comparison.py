"""Compares variants of a model on the very same clips, so that no lucky clip decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from sct.ablation_study.shared_forward import Progress, batch_logits
from sct.errors import OutOfMemory
from sct.evaluation.accuracy import known_clips, match_questions, no_nan, rebatch
from sct.evaluation.open import open_test_set
from sct.evaluation.statistics import holm, mcnemar, wilson
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.questions import only_question
from sct.video.clip import normalise

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset
    from sct.datasets.options import EvaluationOptions
    from sct.evaluation.test_sets import TestSet

SWEPT = ("offsets", "rounds", "frames")
MOST_VARIANTS = 64
_STATES = 256 << 20  # bytes of first grids, one of each clip for each variant, at a time


@dataclass(frozen=True)
class Variant:
    """A way to run a model.

    Args:
        name: for people.
        ablation: what is switched off or changed.
        frames: only so many of a clip's first frames are shown; None shows all.
    """

    name: str
    ablation: Ablation
    frames: int | None = None


@dataclass(frozen=True)
class Score:
    """The accuracy of a variant, and its difference from the variant it is held against.

    Args:
        name, ablation: of the variant, the latter as text.
        right, n: clips.
        accuracy, ci95: right / n and its 95% interval (Wilson).
        gains, losses: clips on which it is right and the other is not, and the other way round.
        p: exact two-sided McNemar test of those; None for the variant that the others are held
            against.
        p_holm: the same, adjusted for how many variants are compared (Holm); decide by this one.
        per_class: {label: {"n", "right", "accuracy", "ci95"}}.
    """

    name: str
    ablation: str
    right: int
    n: int
    accuracy: float
    ci95: tuple[float, float]
    gains: int
    losses: int
    p: float | None
    per_class: dict[str, dict[str, Any]]
    p_holm: float | None = None

    @property
    def guessing(self) -> float:
        """Return what naming the commonest label of these clips each time would be right for."""
        return max((row["n"] for row in self.per_class.values()), default=0) / self.n


@dataclass(frozen=True)
class Comparison:
    """Scores on the same clips, the labels of the data that the model lacks, files that cannot be
    read, as {"path", "why"}, and notes on what was assumed of the data."""

    data: str
    scores: tuple[Score, ...]
    labels_left_out: tuple[str, ...]
    unreadable: tuple[dict[str, str], ...]
    notes: tuple[str, ...] = ()


def over_clips(
    model: SCT,
    data: str | Dataset | TestSet,
    variants: Sequence[Variant],
    limit: int | None = 200,
    seed: int = 0,
    progress: Progress | None = None,
    options: EvaluationOptions | None = None,
) -> tuple[Score, ...]:
    """Scores all variants, each held against the first; see `compare`."""
    return compare(model, data, variants, limit, seed, progress, options=options).scores


def compare(
    model: SCT,
    data: str | Dataset | TestSet,
    variants: Sequence[Variant],
    limit: int | None = 200,
    seed: int = 0,
    progress: Progress | None = None,
    options: EvaluationOptions | None = None,
) -> Comparison:
    """Measures variants of a model on the same clips; the first is the one to differ from.

    Args:
        model: any model whose classes have names, of one question (`sct.questions.asking`).
        data: as `sct.evaluation.accuracy.evaluate` takes.
        variants: 1 to 64.
        limit, seed: which clips, see there.
        progress: called with (clips done, clips), several times for each; may raise, which ends
            the run.
        options: which videos and frames are taken.

    Raises:
        ValueError: as `evaluate`, or a variant that does not fit the model.
        OutOfMemory: not even one clip at a time fits.
    """
    config = model.config
    check_variants(config, variants)
    test_set = open_test_set(model, data, limit, seed, options)
    only_question(config)
    names, (asked, *_) = config.labels, match_questions(config, test_set)
    labels, answers, done = [], [], 0

    def alive(*_: int) -> None:
        if progress:
            progress(done, len(test_set))

    for clips in rebatch(test_set.batches(), _at_once(config, len(variants))):
        labels.append(asked.classes_of(clips.labels.view(len(clips.labels), -1)[:, asked.column]))
        answers.append(_answers(model, clips.frames, variants, alive))
        done += len(clips.labels)
        alive()
    known = known_clips(labels, test_set)
    label = torch.cat(labels)[known]
    right = torch.cat(answers, dim=1)[:, known] == label
    first, *others = (
        _score(variant, hits, right[0] if i else None, [names[j] for j in label])
        for i, (variant, hits) in enumerate(zip(variants, right, strict=True))
    )
    adjusted = holm([score.p for score in others])
    others = [replace(score, p_holm=p) for score, p in zip(others, adjusted, strict=True)]
    facts = test_set.facts()
    said = (tuple(facts.get(name, ())) for name in ("unreadable", "notes"))
    return Comparison(test_set.name, (first, *others), tuple(test_set.left_out), *said)


def sweep(
    model: SCT,
    data: str | Dataset | TestSet,
    field: str,
    values: Sequence[int] = (),
    limit: int | None = 200,
    seed: int = 0,
    progress: Progress | None = None,
    ablation: Ablation | None = None,
    options: EvaluationOptions | None = None,
) -> tuple[Score, ...]:
    """Scores each value of one number, all on the same clips.

    Args:
        field: "offsets" (frames from query to key, the same for all heads), "rounds" (of LSH) or
            "frames" (so many of each clip's first frames).
        values: of it; () takes `usual_values`.
        ablation: what holds besides; the scores are held against the model with all its frames
            under this alone.
        model, data, limit, seed, progress, options: see `compare`.

    Raises:
        ValueError: as there, another field, or a value out of range.
    """
    base = ablation or Ablation()
    values = tuple(values) or usual_values(model.config, field)
    variants = [Variant("as is", base), *swept(model.config, field, values, base)]
    return over_clips(model, data, variants, limit, seed, progress, options=options)[1:]


def usual_values(config: SCTConfig, field: str) -> tuple[int, ...]:
    """Lists usual values: offsets 0 to 5, rounds 1 to 8, 2 frames to all of them (at most 8)."""
    if field not in SWEPT:
        raise ValueError(f"sweep {field[:40]!r}: one of {', '.join(SWEPT)}")
    if field == "offsets":
        return tuple(range(min(6, config.frames)))
    if field == "rounds":
        return tuple(range(1, 9))
    step = -(-config.frames // 8)
    return tuple(reversed(range(config.frames, 1, -step))) or (1,)


def swept(
    config: SCTConfig, field: str, values: Sequence[int], base: Ablation
) -> tuple[Variant, ...]:
    """Makes a variant for each value; raises ValueError as `sweep`."""
    usual_values(config, field)
    if field == "offsets" and not config.shifted_blocks:
        raise ValueError("sweep offsets: this model has no shifted attention to sweep them in")
    if field == "frames":
        return tuple(Variant(f"frames={n}", base, n) for n in values)
    made = (replace(base, **{field: (n,) if field == "offsets" else n}) for n in values)
    return tuple(Variant(f"{field}={n}", each) for n, each in zip(values, made, strict=True))


def check_variants(config: SCTConfig, variants: Sequence[Variant]) -> None:
    """Raises ValueError unless all of them fit a model of this config."""
    if not 1 <= len(variants) <= MOST_VARIANTS:
        raise ValueError(f"{len(variants)} variants: allowed: 1 to {MOST_VARIANTS}")
    for variant in variants:
        variant.ablation.validate(config)
        if variant.frames is not None and variant.frames not in range(1, config.frames + 1):
            raise ValueError(f"frames={variant.frames}: this model takes 1 to {config.frames}")


def _at_once(config: SCTConfig, variants: int) -> int:
    """Counts the clips whose states are worked on together."""
    one = config.frames * config.grids[0] ** 2 * config.widths[0] * 4
    return max(1, min(8, _STATES // (one * variants)))


def _answers(model: SCT, frames: Tensor, variants: Sequence[Variant], alive: Progress) -> Tensor:
    """Finds the likeliest class of each clip under each variant, int64 (variant, clip).

    frames: uint8 (clip, view, T, 3, S, S).
    """
    found = torch.empty(len(variants), len(frames), dtype=torch.int64)
    for count in {variant.frames for variant in variants}:
        which = [i for i, variant in enumerate(variants) if variant.frames == count]
        ablations = [variants[i].ablation for i in which]
        found[which] = _likeliest(model, frames[:, 0, :count], ablations, alive)
    return found


def _likeliest(
    model: SCT, frames: Tensor, ablations: Sequence[Ablation], alive: Progress
) -> Tensor:
    try:
        clips = normalise(frames.to(model.device))
        return no_nan(batch_logits(model, clips, ablations, progress=alive)).argmax(-1).cpu()
    except OutOfMemory:
        if len(frames) == 1:
            raise
    parts = frames.tensor_split(2)
    return torch.cat([_likeliest(model, part, ablations, alive) for part in parts], dim=1)


def _score(variant: Variant, hits: Tensor, against: Tensor | None, labels: list[str]) -> Score:
    """Scores a variant by where it and the one it is held against are right, bool (clip,)."""
    n, right = len(hits), int(hits.sum())
    gains = losses = 0
    if against is not None:
        gains, losses = int((hits & ~against).sum()), int((against & ~hits).sum())
    counts = Counter(labels)
    caught = Counter(label for label, hit in zip(labels, hits.tolist(), strict=True) if hit)
    return Score(
        name=variant.name,
        ablation=str(variant.ablation),
        right=right,
        n=n,
        accuracy=right / n,
        ci95=wilson(right, n),
        gains=gains,
        losses=losses,
        p=None if against is None else mcnemar(gains, losses),
        per_class={label: _share(caught[label], counts[label]) for label in sorted(counts)},
    )


def _share(right: int, n: int) -> dict[str, Any]:
    return {"n": n, "right": right, "accuracy": right / n, "ci95": wilson(right, n)}
