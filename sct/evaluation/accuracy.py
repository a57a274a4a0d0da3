"""How often a model is right on clips that no training saw, with 95% intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from sct.evaluation.open import open_exam
from sct.evaluation.statistics import wilson
from sct.evaluation.test_sets import EVALUATION_SEED, Exam, Piece
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.video.clip import normalise

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset
    from sct.datasets.sampling import Sampling

__all__ = ["EVALUATION_SEED", "evaluate", "wilson"]


@torch.inference_mode()
def evaluate(
    model: SCT,
    data: str | Dataset | Exam = "motion",
    *,
    limit: int | None = None,
    seed: int = 0,
    ablation: Ablation | None = None,
    batch: int = 24,
    views: tuple[int, int] = (1, 1),
    sampling: Sampling | None = None,
    split: str = "test",
    label_column: str = "label",
    group_column: str = "group",
    test_share: float = 0.2,
    split_seed: int = 0,
    fold: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Accuracy on clips that no training saw; labels of model and clips are matched by name.

    Args:
        model: any model whose classes have names.
        data: "motion", "footage:DIR", what `dataset.open_dataset` takes, or one of its data
            sets, or an exam.
        limit: most clips; None takes 1,000 of `motion`, 900 of `footage` and all of a data set.
        seed: another set of clips; one seed gives the same clips always.
        ablation: measured under this.
        batch: clips at a time; changes nothing but speed.
        views: of each video, (times, squares); their probabilities are averaged. Paper: (4, 3).
        sampling: which frames of a video are taken; as in the model's training.
        split, label_column, group_column, test_share, split_seed, fold: see `open_dataset`.
        progress: called with (clips done, clips).

    Returns:
        n, top1, top1_ci95 (Wilson), top5, chance and majority (what guessing any label, and the
        most frequent one, would give), per_class {label: {n, top1, ci95}}, labels (the model's) and
        confusion: confusion[i][j] clips of labels[i] were called labels[j].
        restricted {labels, top1, top1_ci95}: the same clips when the model may only choose among
        the labels that they have. per_group: as per_class, by what clips were taken from, if that
        is known. labels_left_out: labels of the data that the model lacks; their clips do not
        count. For files: unreadable, a list of {path, why}.

    Raises:
        ValueError: unknown data, a number out of range, fewer than 2 labels in common, or no clip
            that could be read.
    """
    exam = open_exam(
        model,
        data,
        limit,
        seed,
        views=views,
        sampling=sampling,
        split=split,
        label_column=label_column,
        group_column=group_column,
        test_share=test_share,
        split_seed=split_seed,
        fold=fold,
    )
    return _tally(model.eval(), exam, ablation, max(1, batch // (views[0] * views[1])), progress)


def _tally(
    model: SCT,
    exam: Exam,
    ablation: Ablation | None,
    batch: int,
    progress: Callable[[int, int], None] | None,
) -> dict[str, object]:
    names = model.config.labels
    tested = in_common(names, exam)
    truth = torch.tensor([names.index(label) if label in tested else -1 for label in exam.labels])
    allowed = torch.tensor([label in tested for label in names])
    confusion = torch.zeros(len(names), len(names), dtype=torch.int64)
    groups: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    top5 = restricted = done = 0
    for piece in regrouped(exam.pieces(), batch):
        labels = truth[piece.labels]
        shares = _shares(model, piece.frames, ablation)
        best = shares.topk(min(5, len(names))).indices
        right = best == labels[:, None]
        known = labels >= 0
        confusion.index_put_(
            (labels[known], best[known, 0]), torch.ones_like(labels[known]), accumulate=True
        )
        top5 += int(right.sum())
        among = shares.masked_fill(~allowed, -1).argmax(1)
        restricted += int((among == labels).sum())
        groups.update(g for g, k in zip(piece.groups, known.tolist(), strict=True) if k)
        hits.update(g for g, r in zip(piece.groups, right[:, 0].tolist(), strict=True) if r)
        done += len(labels)
        if progress:
            progress(done, len(exam))
    n, right = int(confusion.sum()), int(confusion.trace())
    if not n:
        raise ValueError(f"data {exam.name}: none of its {len(exam)} clips could be read")
    found = {
        "n": n,
        "top1": right / n,
        "top1_ci95": list(wilson(right, n)),
        "top5": top5 / n,
        "chance": 1 / len(tested),
        "majority": int(confusion.sum(1).max()) / n,
        "per_class": {
            label: _share(int(confusion[i, i]), int(confusion[i].sum()))
            for i, label in enumerate(names)
            if confusion[i].any()
        },
        "restricted": {
            "labels": list(tested),
            "top1": restricted / n,
            "top1_ci95": list(wilson(restricted, n)),
        },
        "labels_left_out": list(exam.left_out),
    }
    if any(groups):
        found["per_group"] = {g: _share(hits[g], count) for g, count in sorted(groups.items())}
    return {**found, **exam.facts(), "labels": list(names), "confusion": confusion.tolist()}


def in_common(names: tuple[str, ...], exam: Exam) -> tuple[str, ...]:
    """The labels that a model and an exam share; raises ValueError where these are less than 2."""
    if not names:
        raise ValueError("this model has no names for its classes, so it cannot be measured")
    common = tuple(label for label in names if label in exam.labels)
    if len(common) < 2:
        raise ValueError(
            f"data {exam.name}: it has {'no label' if not common else 'only ' + repr(common[0])} "
            "in common with this model, and a measurement needs 2 or more"
        )
    return common


def _share(right: int, n: int) -> dict[str, object]:
    return {"n": n, "top1": right / n, "ci95": list(wilson(right, n))}


def _shares(model: SCT, frames: Tensor, ablation: Ablation | None) -> Tensor:
    """float32 (clip, class) on the CPU: probabilities, the mean over each clip's views."""
    clips, views = frames.shape[:2]
    flat = normalise(frames.flatten(0, 1).to(model.device))
    shares = model(flat, ablation).logits.float().softmax(-1)
    return shares.unflatten(0, (clips, views)).mean(1).cpu()


def regrouped(pieces: Iterator[Piece], batch: int) -> Iterator[Piece]:
    """The same clips in the same order, `batch` at a time."""
    frames: list[Tensor] = []
    labels: list[Tensor] = []
    groups: list[str] = []
    for piece in pieces:
        frames += piece.frames.unbind()
        labels += piece.labels.unbind()
        groups += piece.groups
        while len(labels) >= batch:
            yield Piece(
                torch.stack(frames[:batch]), torch.stack(labels[:batch]), (*groups[:batch],)
            )
            del frames[:batch], labels[:batch], groups[:batch]
    if labels:
        yield Piece(torch.stack(frames), torch.stack(labels), tuple(groups))
