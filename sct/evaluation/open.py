"""Opens a test set by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sct.evaluation.test_sets import (
    Exam,
    VideoExam,
    check_views,
)
from sct.model.sct import SCT
from sct.video.sources import quoted

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset
    from sct.datasets.sampling import Sampling


from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset
    from sct.datasets.sampling import Sampling
from sct.evaluation.test_sets import MadeExam, MotionExam, check_limit

MOTION_CLIPS, FOOTAGE_CLIPS = 1000, 900  # how many made clips, unless asked for


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


def open_made(
    model: SCT, data: str, limit: int, seed: int = 0, every_label: bool = False
) -> MadeExam:
    """The exam of made clips that a spec names, in the shape that a model takes.

    Args:
        model: gives frames, size and the labels: of those of the data, those that it knows.
        data: "motion" or "footage:DIR".
        limit, seed: see `MadeExam`.
        every_label: all labels of the data, whether the model knows them or not.

    Raises:
        ValueError: another spec, a number out of range, or a folder that cannot be used.
    """
    from sct.evaluation.footage import FootageExam, take_pictures  # late: it builds on this file

    kind, colon, folder = data.partition(":")
    if data != "motion" and not (kind == "footage" and folder):
        raise ValueError(f"data {data!r}: allowed: motion, footage:DIR")
    exam = FootageExam if colon else MotionExam
    known = model.config.labels
    labels = tuple(x for x in exam.every_label if every_label or x in known)
    shape = (labels, model.config.frames, model.config.image_size, limit, seed)
    if not colon:
        return MotionExam(*shape)
    check_limit(limit)
    return FootageExam(*shape, take_pictures(folder, model.config.image_size, seed))


def is_made(data: str) -> bool:
    """Whether a spec names made clips."""
    return data == "motion" or data.startswith("footage:") or data == "footage"
