"""Measures answers about real clips against what a person accepts for each."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from sct.checkpoint.certainty import answers
from sct.datasets.files import read_text
from sct.errors import DataError
from sct.evaluation.reliability import sureness
from sct.evaluation.statistics import wilson
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.questions import questions_of
from sct.validation import is_number
from sct.video.clip import preprocess, read_clip
from sct.video.sources import quoted

ANY = "*"


@torch.inference_mode()
def evaluate_accepted(
    model: SCT, path: str | Path, card: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, object]:
    """Ask a model about stretches of videos, and count the answers that a person accepts.

    Args:
        model: of several questions.
        path: a table with tabs and a header: file (beside the table), start (seconds), and for
            each question of the model the labels that are accepted, with commas; "*" takes any.
        card: of the model, which says when an answer is sure.

    Returns:
        n, both and both_ci95 (clips whose answers are all accepted), questions {name: {top1,
        top1_ci95, certainty}}, certainty of all answers together (see `reliability.sureness`, but
        that a clip may also be unlike the training), and clips, a list of {file, start, right,
        answers {question: {label, probability, accepted, sure}}}.

    Raises:
        DataError: the table cannot be read or lacks a question, or the model has but one.
        ClipError: a video cannot be read.
    """
    if not model.config.questions:
        raise DataError("Accepted answers are for a model of several questions; this one has one.")
    place = Path(path)
    rows = list(csv.DictReader(read_text(place).splitlines(), delimiter="\t"))
    questions = questions_of(model.config)
    needed = ["file", "start", *(question.name for question in questions)]
    if not rows or any(name not in rows[0] for name in needed):
        raise DataError(f"{quoted(place.name)} needs rows with the columns {', '.join(needed)}.")
    clips = []
    for number, row in enumerate(rows, 2):
        if any(row[name] is None for name in needed) or not is_number(_seconds(row["start"])):
            raise DataError(f"Row {number} of {quoted(place.name)} lacks a value, or its start.")
        start = _seconds(row["start"])
        clip = read_clip(place.parent / row["file"], frames=model.config.frames, start=start)
        frames = preprocess(clip, model.config.image_size).to(model.device)
        said = {}
        output = model(frames)
        for one in answers(card, Ablation(), model.config, output.logits[0], output.embedding[0]):
            label, wanted = one.labels[one.best], row[one.question].split(",")
            said[one.question] = {
                "label": label,
                "probability": float(one.probabilities[one.best]),
                "accepted": label in wanted or ANY in wanted,
                "sure": one.judged.sure,
            }
        right = all(answer["accepted"] for answer in said.values())
        clips.append({"file": row["file"], "start": row["start"], "right": right, "answers": said})
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
