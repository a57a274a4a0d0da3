"""Declares once how a data set is divided and read, for the library, commands and cards.

Each field is an option of the commands, too: `sct.cli.options` makes it from the field's help and
range.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sct.errors import DataError
from sct.validation import Range, check_options, is_whole, option, wrong
from sct.video.strides import LEAST_STRIDE_S, MAX_STRIDE_S

SAMPLINGS = ("spread", "dense")
SPLITS = ("test", "train", "all")
ABOVE_0 = Range(0, open_least=True)
BELOW_1 = Range(0, 1, open_most=True)


@dataclass(frozen=True)
class ReadOptions:
    """Says how a data set is divided into training and test, and which frames make a clip.

    Args:
        label_column, group_column: names of columns in a .csv manifest.
        test_share: about which share of a data set without splits of its own is for testing.
        split_seed: of that draw; apart from the seed of a run, so that runs share it.
        fold: which of the three official divisions of UCF101 and HMDB51.
        sampling: "spread" takes frames evenly over the item, as labels of short clips speak of the
            whole of them; "dense" takes them `stride_s` apart, so that motion keeps its speed.
        stride_s: seconds from one frame to the next under "dense", 0.001 to 10.
        fps: pictures a second of clips that are folders of numbered pictures.

    Raises:
        DataError: a value out of range.
    """

    label_column: str = option("label", "Of a manifest.")
    group_column: str = option("group", "Of a manifest.")
    test_share: float = option(
        0.2,
        "Share of the clips that is held out where the data has no split of its own.",
        Range(0, 1, open_least=True, open_most=True),
    )
    split_seed: int = option(0, "Draws that split.", Range(0, whole=True))
    fold: int = option(1, "Official split of UCF101 and HMDB51.", Range(1, 3, whole=True))
    sampling: str = option(
        "spread",
        "Frames over all of a video, or --stride-s apart somewhere in it.",
        SAMPLINGS,
    )
    stride_s: float = option(
        0.1,
        "Seconds from frame to frame under dense sampling.",
        Range(LEAST_STRIDE_S, MAX_STRIDE_S),
    )

    fps: float = option(
        25.0,
        "Pictures a second of clips that are folders of numbered pictures.",
        Range(0, 1000, open_least=True),
    )

    def __post_init__(self) -> None:
        check_options(self, DataError)


@dataclass(frozen=True)
class EvaluationOptions(ReadOptions):
    """Says how a data set is read to measure a model on it.

    Args:
        split: "test", "train" or "all".
        views: of each video, (times, squares), each 1 to 16; the paper's are (4, 3).

    Raises:
        DataError: a value out of range.
    """

    split: str = option("test", "Which of the videos.", SPLITS)
    views: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.views) != 2 or not all(is_whole(n, 1, 16) for n in self.views):
            views = "x".join(map(str, self.views))
            raise DataError(f"views {views}: allowed: times x squares, each 1 to 16, as in 4x3")


# By default as in a model's training: where that says nothing, their usual value.
AS_TRAINED = tuple(field.name for field in fields(ReadOptions))


def as_trained_on(card: dict[str, Any], asked: dict[str, Any], **more: Any) -> EvaluationOptions:
    """Return how to read videos: as asked for, else as in the training on videos, else as usual.

    Args:
        card: of the model.
        asked: values of options by name, None where nothing was asked for.
        more: other fields of `EvaluationOptions`.
    """
    training = card.get("training")
    if not isinstance(training, dict) or training.get("data", "motion") in ("motion", "composite"):
        training = {}
    values, usually = {}, {field.name: field.default for field in fields(ReadOptions)}
    for name in AS_TRAINED:
        usual = usually[name]
        value = training.get(name, usual)
        if type(value) is not type(usual):  # a card may hold anything
            value = usual
        values[name] = value if asked.get(name) is None else asked[name]
    return EvaluationOptions(**values, **more)


@dataclass(frozen=True)
class Augment:
    """Says how strongly clips are changed.

    Args:
        flips: mirror half of the clips left and right, where the label has a mirrored partner.
            None leaves out those whose labels do not say what a mirror makes of them, such as 3 or
            c01 (see `sct.datasets.mirrors.labels`); True trusts that it changes nothing in them.
        flips_vertical: the same for top and bottom; things rarely fall up, so off by default.
        crop: least and most area of the part shown, as shares of the largest square.
        aspect: most by which that part is wider than high, or higher than wide.
        colour: most that brightness, contrast and saturation change, as a share.
        temporal: most that the stride changes, as a share: frames spread over less of the item
            ("spread"), or closer or wider apart ("dense"). The start is always random.

    Raises:
        ValueError: names the field, its value and what is allowed.
    """

    flips: bool | None = option(
        None,
        "Mirror half of the clips; labels that a mirror exchanges are exchanged. By default not "
        "where labels such as 3 or c01 do not say what a mirror makes of them.",
        bool,
    )
    flips_vertical: bool = option(False, "The same for top and bottom.")
    crop: tuple[float, float] = option(
        (0.5, 1.0), "Smallest and largest share of the picture that is cut out."
    )
    aspect: float = option(1.2, "Most by which that part is wider or higher.", Range(1, 2))
    colour: float = option(0.3, "How far brightness, contrast and colour may change.", BELOW_1)
    temporal: float = option(0.3, "How far the frames' times may change.", BELOW_1)

    def __post_init__(self) -> None:
        check_options(self)
        shares = len(self.crop) == 2 and all(share in ABOVE_0 for share in self.crop)
        if not shares or not self.crop[0] <= self.crop[1] <= 1:
            raise wrong("crop", self.crop, "two rising shares above 0, at most 1")
