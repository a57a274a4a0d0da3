"""Opens a test set by its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sct.datasets.options import EvaluationOptions
from sct.evaluation.footage import FootageTestSet, take_pictures
from sct.evaluation.test_sets import (
    MotionTestSet,
    SyntheticTestSet,
    TestSet,
    VideoTestSet,
    check_limit,
)
from sct.model.sct import SCT
from sct.video.sources import quoted

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset

MOVING = "footage-moving:"  # then folders, with commas
MOTION_CLIPS, FOOTAGE_CLIPS = 1000, 900  # how many synthetic clips, unless asked for


def open_test_set(
    model: SCT,
    data: str | Dataset | TestSet,
    limit: int | None = None,
    seed: int = 0,
    options: EvaluationOptions | None = None,
) -> TestSet:
    """Opens the clips that `evaluate` measures on; arguments and errors as there."""
    options = options or EvaluationOptions()
    if isinstance(data, str) and is_synthetic(data):
        views = options.views
        if views != (1, 1):
            raise ValueError(
                f"views {views[0]}x{views[1]}: made clips are as long and as large as the model's "
                "input, so 1x1 is all that they have"
            )
        usual = MOTION_CLIPS if data in ("motion", "composite") else FOOTAGE_CLIPS
        limit = usual if limit is None else limit
        shape = model.config.frames, model.config.image_size, limit, seed
        if data == "composite":
            from sct.evaluation.composite import CompositeTestSet  # late: few want either

            return CompositeTestSet(*shape)
        if data.startswith(MOVING):
            from sct.evaluation.composite import MovingFootageTestSet

            return MovingFootageTestSet(*shape, tuple(data.removeprefix(MOVING).split(",")))
        return open_synthetic(model, data, limit, seed)
    if isinstance(data, str):
        from sct.datasets.dataset import KINDS, open_dataset

        if ":" not in data and not Path(data).exists():
            made = f"motion, composite, footage:DIR, {MOVING}DIR"
            raise ValueError(f"There is no data {quoted(data)}: {made}, {KINDS}.")
        data = open_dataset(data, options.split, options)
    is_open = hasattr(data, "batches")
    return data if is_open else VideoTestSet(data, model, limit, seed, options)


def open_synthetic(
    model: SCT, data: str, limit: int, seed: int = 0, every_label: bool = False
) -> SyntheticTestSet:
    """Opens a test set of synthetic clips, in the shape that a model takes.

    Args:
        model: gives frames, size and the labels: of those of the data, those that it knows.
        data: "motion" or "footage:DIR".
        limit, seed: see `SyntheticTestSet`.
        every_label: all labels of the data, whether the model knows them or not.

    Raises:
        ValueError: other data, a number out of range, or a folder that cannot be used.
    """
    kind, _, folder = data.partition(":")
    if data != "motion" and not (kind == "footage" and folder):
        raise ValueError(f"data {data!r}: allowed: motion, footage:DIR")
    config, of_motion = model.config, data == "motion"
    every = (MotionTestSet if of_motion else FootageTestSet).every_label
    labels = tuple(label for label in every if every_label or label in config.labels)
    shape = (labels, config.frames, config.image_size, limit, seed)
    if of_motion:
        return MotionTestSet(*shape)
    check_limit(limit)
    return FootageTestSet(*shape, take_pictures(folder, config.image_size, seed))


def made_data(labels: Sequence[str]) -> str:
    """Names the made clips whose answers a model knows: "motion", "composite", or "" for none."""
    from sct.synthetic.composite import QUESTIONS

    every = [label for _, some in QUESTIONS for label in some]
    if any(set(labels) == set(some) for some in (every, *(some for _, some in QUESTIONS))):
        return "composite"
    return "motion" if set(labels) <= set(MotionTestSet.every_label) else ""


def is_synthetic(data: str) -> bool:
    """Tells whether data is one of the synthetic test sets: motion, composite or footage."""
    known = ("motion", "composite", "footage")
    return data in known or data.startswith(("footage:", MOVING))
