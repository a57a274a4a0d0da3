"""The table that a run over a collection writes: its columns, and what it says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import pyarrow as pa

from sct.errors import DataError

VERSION = 1
_KEY = b"sct.collection"


@dataclass(frozen=True)
class Question:
    """One question that the model of a run answers.

    Attributes:
        name: "" where the model has but one.
        labels: the answers there are.
    """

    name: str
    labels: tuple[str, ...]

    def column(self, what: str) -> str:
        """Return the column of its answers' label, probability, sure, unlike, entropy and so on."""
        return f"{self.name or 'answer'}_{what}"


@dataclass(frozen=True)
class Header:
    """What a run says of itself, kept in its file's metadata.

    Attributes:
        model: name of the checkpoint. weights: its SHA-256.
        root: folder that the files of the rows are named from.
        frames: of a window. stride: seconds from frame to frame. every: seconds from window to
            window.
        image_size: pixels of a side of what the model sees.
        questions: in the model's order.
        ablations: text forms; `effect_0_...` are of the first, and so on.
        stages: numbers, from 1, of the stages with shifted MSA.
        grids: tokens a side of each of them.
        width: of an embedding.
        version: of this form.
    """

    model: str
    weights: str
    root: str
    frames: int
    stride: float
    every: float
    image_size: int
    questions: tuple[Question, ...]
    ablations: tuple[str, ...]
    stages: tuple[int, ...]
    grids: tuple[int, ...]
    width: int
    version: int = VERSION

    def effect(self, ablation: int, question: Question) -> str:
        """Return the column with what an ablation adds to the predicted class's probability."""
        return f"effect_{ablation}_{question.name or 'answer'}"

    def to_metadata(self) -> dict[bytes, bytes]:
        return {_KEY: json.dumps(asdict(self)).encode()}

    @classmethod
    def from_metadata(cls, metadata: Mapping[bytes, bytes] | None) -> Header:
        """Read the header of a file. Raises DataError where it has none that can be read."""
        try:
            found = json.loads((metadata or {})[_KEY])
        except (KeyError, ValueError):
            raise DataError("it was not written by `sct collection`") from None
        if not isinstance(found, dict) or found.get("version") != VERSION:
            raise DataError(f"it is of another version than {VERSION}")
        try:
            found = {one.name: found[one.name] for one in fields(cls)}
            asked = tuple(Question(q["name"], tuple(q["labels"])) for q in found["questions"])
            lists = {k: tuple(v) for k, v in found.items() if isinstance(v, list)}
            return cls(**{**found, **lists, "questions": asked})
        except (KeyError, TypeError):
            raise DataError("what it says of itself cannot be read") from None


def schema_of(header: Header) -> pa.Schema:
    """Return the columns of a run; all but file, window and error may be null.

    A file that could not be read is one row: its name, window -1 and the error.
    """
    text, real, whole, yes = pa.string(), pa.float32(), pa.int32(), pa.bool_()
    columns: list[tuple[str, pa.DataType]] = [
        ("file", text),  # below root, with "/"
        ("window", whole),  # from 0 in each file
        ("error", text),  # a sentence; null where the file was read
        ("shot", whole),  # from 0 in each file
        ("start_s", pa.float64()),  # of the window's first frame
        ("end_s", pa.float64()),
        ("crosses_cut", yes),  # whether a shot is so short that the window reaches over its end
        ("width", whole),
        ("height", whole),
        ("fps", real),
        ("duration_s", pa.float64()),  # of the video
        ("codec", text),
        ("held", whole),  # frames of the window that repeat the video's last picture
        ("notes", text),  # what had to be assumed to read it, sentences
    ]
    for one in header.questions:
        columns += [
            (one.column("label"), pa.dictionary(pa.int16(), text)),
            (one.column("probability"), real),
            (one.column("sure"), yes),  # null where the model's card does not say
            (one.column("unlike"), yes),  # whether the clip is unlike those of the training
            (one.column("entropy"), real),  # bits
            (one.column("probabilities"), pa.list_(real)),
            (one.column("known"), text),  # the right label, where the source says
        ]
        columns += [(header.effect(i, one), real) for i in range(len(header.ablations))]
    for stage in header.stages:
        columns += [
            (f"stage{stage}_shift_px", real),  # mean length of the displacement, model's pixels
            (f"stage{stage}_direction_deg", real),  # of the mean: 0 right, 90 up; content's motion
            (f"stage{stage}_flow_r", real),  # Pearson's r with dense flow; null where not known
        ]
    columns += [
        ("embedding", pa.list_(real, header.width)),
        ("map_x", real),  # the embedding on two axes, of the finished run
        ("map_y", real),
        ("strip", pa.binary()),  # JPEG: what the model saw, its frames side by side
        ("arrows", pa.binary()),  # int8 (frame, g, g, 2): content's motion, (row, column) in 1/8 px
    ]
    return pa.schema(columns, metadata=header.to_metadata())


def row_of_error(file: str, error: str) -> dict[str, Any]:
    """Return the row of a file that could not be read."""
    return {"file": file, "window": -1, "error": error}


def check_schema(found: pa.Schema, names: Sequence[str] = ()) -> Header:
    """Return the header of a file of this form. Raises DataError of any other.

    Args:
        names: those columns of which the type is not looked at.
    """
    header = Header.from_metadata(found.metadata)
    wanted = schema_of(header)
    for field in wanted:
        place = found.get_field_index(field.name)
        if place < 0:
            raise DataError(f"it lacks the column {field.name}")
        if field.name not in names and found.field(place).type != field.type:
            raise DataError(f"its column {field.name} is {found.field(place).type}")
    return header
