"""Measures answers about real clips against what a person accepts for each."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import torch

from sct.checkpoint.certainty import answers
from sct.datasets.files import read_text
from sct.errors import DataError
from sct.evaluation.reliability import sureness
from sct.evaluation.statistics import wilson
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.questions import Question, questions_of
from sct.validation import is_number
from sct.video.clip import preprocess, read_clip
from sct.video.sources import quoted

ANY = "*"


class Row(NamedTuple):
    """One line of a table: where a clip begins, and the labels accepted for each question."""

    file: str
    start: str
    accepted: dict[str, set[str]]


@torch.inference_mode()
def evaluate_accepted(
    model: SCT,
    path: str | Path,
    card: Mapping[str, Any] = MappingProxyType({}),
    ablation: Ablation | None = None,
    limit: int | None = None,
) -> dict[str, object]:
    """Ask a model about stretches of videos, and count the answers that a person accepts.

    Args:
        model: of several questions.
        path: a table with tabs and a header: file (beside the table), start (seconds), and for
            each question of the model the labels that are accepted, with commas; "*" takes any.
        card: of the model, which says when an answer is sure.
        ablation: None for the model as trained.
        limit: most rows that are asked about, the first ones; None for all.

    Returns:
        n, both and both_ci95 (clips whose answers are all accepted), questions {name: {top1,
        top1_ci95, certainty}}, certainty of all answers together (see `reliability.sureness`, but
        that a clip may also be unlike the training), and clips, a list of {file, start, right,
        answers {question: {label, probability, accepted, sure}}}.

    Raises:
        DataError: the table cannot be read, lacks a question or names a label that the model does
            not have, or the model has but one question.
        ClipError: a video cannot be read.
    """
    if not model.config.questions:
        raise DataError("Accepted answers are for a model of several questions; this one has one.")
    ablation = Ablation() if ablation is None else ablation
    place, questions = Path(path), questions_of(model.config)
    clips = []
    for row in read_table(place, questions)[:limit]:
        clip = read_clip(
            place.parent / row.file, frames=model.config.frames, start=float(row.start)
        )
        output = model(preprocess(clip, model.config.image_size).to(model.device), ablation)
        said = {}
        for one in answers(card, ablation, model.config, output.logits[0], output.embedding[0]):
            label = one.labels[one.best]
            said[one.question] = {
                "label": label,
                "probability": float(one.probabilities[one.best]),
                "accepted": not row.accepted[one.question].isdisjoint({label, ANY}),
                "sure": one.judged.sure,
            }
        right = all(answer["accepted"] for answer in said.values())
        clips.append({"file": row.file, "start": row.start, "right": right, "answers": said})
    n = len(clips)
    found: dict[str, object] = {"n": n, **_share("both", sum(c["right"] for c in clips), n)}
    found["questions"] = {
        question.name: {
            **_share("top1", sum(c["answers"][question.name]["accepted"] for c in clips), n),
            "certainty": _certainty([c["answers"][question.name] for c in clips]),
        }
        for question in questions
    }
    every = [answer for c in clips for answer in c["answers"].values()]
    return {**found, "certainty": _certainty(every), "clips": clips}


def read_table(path: Path, questions: Sequence[Question]) -> list[Row]:
    """Read a table of accepted answers, as `evaluate_accepted` describes it.

    A label that no question has is a slip of the pen, and would count as the model's mistake.

    Raises:
        DataError: it cannot be read, or names the row that is wrong.
    """
    title = quoted(path.name)
    needed = ["file", "start", *(question.name for question in questions)]
    reader = csv.reader(read_text(path).splitlines(), delimiter="\t")
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise DataError(
            f"Row {reader.line_num} of {title} is no row of a table: {error}."
        ) from None
    header = [name.strip() for name in lines[0][1]] if lines else []
    if len(lines) < 2 or any(name not in header for name in needed):
        raise DataError(
            f"{title} needs rows with the columns {', '.join(needed)}, which tabs divide."
        )
    if len(set(header)) < len(header):
        raise DataError(f"{title} has two columns of one name.")
    rows = []
    for number, cells in lines[1:]:
        cells = [cell.strip() for cell in cells]
        row = dict(zip(header, cells, strict=False))
        if len(cells) > len(header) or not all(row.get(name) for name in needed):
            raise DataError(f"Row {number} of {title} has a cell too many, or one that is empty.")
        if not is_number(_seconds(row["start"])):
            raise DataError(f"Row {number} of {title} has no start in seconds.")
        accepted = {question.name: _labels(row, question) for question in questions}
        for question in questions:
            for label in accepted[question.name] - {ANY, *question.labels}:
                raise DataError(
                    f"Row {number} of {title}: {quoted(label)} is no answer to {question.name}; "
                    f"allowed: {ANY}, {', '.join(question.labels)}."
                )
        rows.append(Row(row["file"], row["start"], accepted))
    return rows


def _labels(row: Mapping[str, str], question: Question) -> set[str]:
    return {label.strip() for label in row[question.name].split(",")}


def _certainty(answers: Sequence[dict[str, Any]]) -> dict[str, object]:
    shares, right = ([a[key] for a in answers] for key in ("probability", "accepted"))
    sure = [a["sure"] for a in answers]
    return sureness(shares, right, None if None in sure else sure)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _share(name: str, right: int, n: int) -> dict[str, object]:
    return {name: right / n, f"{name}_ci95": list(wilson(right, n))}
