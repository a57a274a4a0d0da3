"""How often a model is right on clips that no training saw, with 95% intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from sct.evaluation.statistics import wilson
from sct.evaluation.test_sets import (
    EVALUATION_SEED,
    Exam,
    Piece,
    VideoExam,
    check_views,
    is_made,
    open_made,
)
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.video.clip import normalise
from sct.video.sources import quoted

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset
    from sct.datasets.sampling import Sampling

__all__ = ["EVALUATION_SEED", "certify", "evaluate", "wilson"]

MOTION_CLIPS, FOOTAGE_CLIPS = 1000, 900  # how many made clips, unless asked for
# What a card says the model can do without: the path of motion, motion itself, and two parts.
CUTS = ("shifted=self", "order=repeat-first", "lsh=full", "clip=mean")


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


def open_exam(
    model: SCT,
    data: str | Dataset | Exam,
    limit: int | None = None,
    seed: int = 0,
    *,
    views: tuple[int, int] = (1, 1),
    sampling: Sampling | None = None,
    split: str = "test",
    label_column: str = "label",
    group_column: str = "group",
    test_share: float = 0.2,
    split_seed: int = 0,
    fold: int = 1,
) -> Exam:
    """The clips that `evaluate` measures on; arguments and errors as there."""
    check_views(views)
    if isinstance(data, str) and is_made(data):
        if views != (1, 1):
            raise ValueError(
                f"views {views[0]}x{views[1]}: made clips are as long and as large as the model's "
                "input, so 1x1 is all that they have"
            )
        usual = MOTION_CLIPS if data == "motion" else FOOTAGE_CLIPS
        return open_made(model, data, usual if limit is None else limit, seed)
    if isinstance(data, str):
        from sct.datasets.dataset import KINDS, open_dataset

        if ":" not in data and not Path(data).exists():
            raise ValueError(f"There is no data {quoted(data)}: motion, footage:DIR, {KINDS}.")
        data = open_dataset(
            data,
            split,
            label_column=label_column,
            group_column=group_column,
            test_share=test_share,
            seed=split_seed,
            fold=fold,
        )
    known = hasattr(data, "pieces")
    return data if known else VideoExam(data, model, limit, seed, views, sampling)


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


def certify(
    path: str | Path,
    *,
    footage: str | Path | None = None,
    limit: int = 2000,
    footage_clips: int = FOOTAGE_CLIPS,
    flow_clips: int = 500,
    cut_clips: int = 1020,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Measure a motion checkpoint on clips that it never saw and write the figures into its card.

    Adds `measured` (accuracy on made clips), `attention_follows_motion` (see `motion_agreement`),
    `ablated` (accuracy under each of `CUTS`) and, where there is a folder of videos, `footage` and
    `attention_follows_motion["footage"]`, each with the command that prints it. Twins are measured
    under what they were trained with.

    Args:
        path: the checkpoint.
        footage: a folder of real videos.
        limit, footage_clips, flow_clips, cut_clips: how many clips.

    Returns:
        The card.
    """
    from sct.checkpoint import io
    from sct.evaluation.motion_agreement import attention_flow

    path = Path(path).with_suffix(".safetensors")
    model, card = io.load_with_card(path, device)
    ablation = Ablation.parse(str(card.get("trained_with", "none")))

    def command(data: str, clips: int, more: str = "") -> str:
        # The folder's own place says nothing to anyone else: the result names the videos.
        data = data if data == "motion" else "footage:DIR"
        return f"python -m sct evaluate --data {data} --model {path.stem} --limit {clips}{more}"

    def measured(data: str, clips: int) -> dict[str, object]:
        found = evaluate(model, data, limit=clips, ablation=ablation, progress=progress)
        return {"command": command(data, clips), "ablation": str(ablation), **found}

    def followed(data: str) -> dict[str, object]:
        options = {"limit": flow_clips, "ablation": ablation, "progress": progress}
        try:
            found = attention_flow(model, data, **options)
        except LookupError as error:  # a twin without shifted MSA
            found = {"n": 0, "heads": [], "why": str(error)}
        how = {"command": command(data, flow_clips, " --flow"), "ablation": str(ablation)}
        return how | found

    card["measured"] = measured("motion", limit)
    follows = followed("motion")
    if footage is not None:
        card["footage"] = measured(f"footage:{footage}", footage_clips)
        follows["footage"] = followed(f"footage:{footage}")
    card["attention_follows_motion"] = follows
    card["ablated"] = {}
    for cut in CUTS:
        part = cut.partition("=")[0]
        without = replace(ablation, **{part: getattr(Ablation.parse(cut), part)})
        found = evaluate(model, limit=cut_clips, ablation=without, progress=progress)
        card["ablated"][cut] = {
            "command": command("motion", cut_clips, f" --ablate '{without}'"),
            **{name: found[name] for name in ("n", "top1", "top1_ci95")},
            "per_class": {label: row["top1"] for label, row in found["per_class"].items()},
        }
    io.save(model, path, card)
    return card
