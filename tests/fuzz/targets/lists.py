"""Lists of data sets with the habits and slips of people: `sct.datasets.dataset.open_dataset`."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

from sct.datasets.dataset import open_dataset
from sct.datasets.mirrors.labels import mirrored_labels, unclear_labels
from sct.datasets.options import SPLITS, ReadOptions
from sct.errors import DataError
from sct.evaluation.accepted import read_table
from sct.questions import Question
from tests.fuzz import corpus, mutators
from tests.fuzz.target import Target, require

_FILES = (
    *("a/0.mp4", "a/1.mp4", "b/2.mp4", "b/3 4.mp4", "c0.mp4", "c1.mp4", "c2.mp4"),
    "caf\u00e9.mp4",
)
_PATHS, _CLASSES = ("path", "path", "video", "file", "PATH"), ("label", "label", "class", "Label ")
_MORE = (
    *("split", "group", "start", "end", "left", "top", "right", "bottom", "person", "subset"),
    *("start_frame", "end_frame", "fps", "duration", "start (ms)", "time_end", "frames", "x"),
)
_COLUMNS = (*_PATHS, *_CLASSES, *_MORE, "youtube_id", "time_start", "")
_LABELS = ("walk", "run", "pan left", "pan right", "3", "03", "1", "nan", "\u6b65\u884c", "W alk")
_SPLITS = ("train", "test", "val", "dev", "eval", "training", "TEST", "")
_QUESTIONS = (Question("camera", 0, 2, ("still", "pan")), Question("subject", 2, 4, ("a", "b")))
_TABS = [["file", "start", "camera", "subject"], ["c0.mp4", "0.5", "still,pan", "*"]]


class Made(NamedTuple):
    """A list, the name it has, and how it is read."""

    data: bytes
    name: str
    kind: str
    options: dict[str, object]
    split: str


class Lists(Target):
    """Reads a list, of any layout, beside a few videos."""

    expected = (DataError,)

    def __init__(self, folder: Path, work: Path):
        super().__init__(folder, work)
        video = (folder / "videos" / "mpeg4.avi").read_bytes()
        for file in _FILES:
            (work / file).parent.mkdir(exist_ok=True)
            (work / file).write_bytes(video)
        known = corpus.files(folder / "lists") if (folder / "lists").is_dir() else {}
        self.known = [data.decode("utf-8", "replace") for data in known.values()]

    def make(self, rng: Random) -> Made:
        kind = rng.choice(("",) * 8 + ("kinetics:", "accepted"))
        text = rng.choice(self.known) if self.known and rng.random() < 0.15 else _table(rng, kind)
        if rng.random() < 0.4:
            text = mutators.mutated_text(text, rng, [*_COLUMNS, *_FILES, *_LABELS], r'[,;\t\n" ]')
        data = text.encode("utf-8", "surrogatepass")
        if rng.random() < 0.2:
            with suppress(UnicodeError):
                codings = ("utf-8-sig", "utf-16", "latin-1", "utf-16-be")
                data = text.encode(rng.choice(codings))
        if rng.random() < 0.1:
            data = mutators.mutated(data, rng)
        options: dict[str, object] = {}
        if rng.random() < 0.1:
            options = {"group_column": rng.choice(_COLUMNS), "label_column": rng.choice(_COLUMNS)}
        name = "list" + rng.choice((".csv", ".csv", ".txt", ".tsv"))
        return Made(data, name, kind, options, rng.choice(SPLITS))

    def read(self, made: Made) -> None:
        place = self.work / made.name
        place.write_bytes(made.data)
        if made.kind == "accepted":
            for row in read_table(place, _QUESTIONS):
                require(row.accepted.keys() == {"camera", "subject"}, f"accepted {row}")
            return
        found = open_dataset(f"{made.kind}{place}", made.split, ReadOptions(**made.options))
        require(bool(found.items), "an empty set")
        labels = found.labels
        require(len(set(labels)) == len(labels), f"labels {labels}")
        require(all(label and label.isprintable() for label in labels), f"labels {labels!a}")
        for item in found.items:
            require(0 <= item.label < len(labels), f"label {item.label}")
            require(item.path.exists(), f"no file {item.path}")
        for axis in ("horizontal", "vertical"):
            partners = mirrored_labels(labels, axis)
            require(all(-1 <= partner < len(labels) for partner in partners), f"{partners}")
        unclear_labels(labels)


def _table(rng: Random, kind: str) -> str:
    """Return a list as people write them."""
    rows = _TABS if kind == "accepted" else _rows(rng)
    out = io.StringIO()
    delimiter = "\t" if kind == "accepted" else rng.choice(",,,,;\t| ")
    ends = rng.choice(("\n", "\r\n", "\n", "\r"))
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(out, delimiter=delimiter, lineterminator=ends, quoting=quoting).writerows(rows)
    before = rng.choice(
        ("", "", "", "", "# made by hand\n", f"sep={delimiter}\n", "\n\n", "\ufeff")
    )
    return before + out.getvalue()


def _rows(rng: Random) -> list[list[str]]:
    labels, splits = rng.sample(_LABELS, rng.choice((2, 2, 3))), rng.sample(_SPLITS[:3], 2)
    path, label = rng.choice(_PATHS), rng.choice(_CLASSES)
    columns = [path, label, *rng.sample(_MORE, rng.choice((0, 0, 1, 2, 4)))]
    if rng.random() < 0.2:
        rng.shuffle(columns)
    rows = [columns] if rng.random() < 0.9 else []
    for i, file in enumerate(rng.sample(_FILES, rng.choice((4, 8, 8)))):
        cells = {path: file, label: labels[i % len(labels)], "split": splits[i // 2 % 2]}
        cells |= {"group": f"g{i // 2}", "start": "0", "end": "0.4", "left": "0", "right": ""}
        row = [_cell(cells.get(column), rng) for column in columns]
        if rng.random() < 0.01:
            del row[rng.randrange(len(row))]
        rows.append(row)
    return rows


def _cell(usual: str | None, rng: Random) -> str:
    if rng.random() < 0.02:
        return rng.choice((mutators.odd_text(rng), rng.choice((*_FILES, *_LABELS, *_SPLITS))))
    if usual is not None:
        return usual
    return rng.choice(("0", "1", "0.2", "0,3", "", "12", "inf", "1e-3", "250", "0:00:01"))
