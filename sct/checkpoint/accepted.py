"""Reads from a model's card what a person accepts of its answers about real clips.

The card is read with mistrust, as in `model_card`. What is read stands there as `accepted`: by a
few words that say what the clips are, what `sct.evaluation.accepted` measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sct.checkpoint import model_card
from sct.checkpoint.model_card import MOST_ROWS, Share

KEY = "accepted"


class Answer(NamedTuple):
    """One answer about a clip; `sure` is None where nobody knows."""

    question: str
    label: str
    probability: float | None
    accepted: bool
    sure: bool | None


class Clip(NamedTuple):
    """A clip, its answers, and whether all of them are accepted."""

    file: str
    right: bool
    answers: tuple[Answer, ...]


class Accepted(NamedTuple):
    """Says how often a person accepts what a model says of some real clips.

    Attributes:
        about: what the clips are. command: that prints the figures.
        n: clips. both: the share of them all of whose answers are accepted.
        questions: name, and the share of the clips whose answer to it is accepted.
        sure: share of the answers that are sure. right_if_sure: of those, the share accepted.
    """

    about: str
    command: str
    n: int
    both: Share
    questions: tuple[tuple[str, Share], ...]
    sure: float | None
    right_if_sure: Share | None
    clips: tuple[Clip, ...]


def accepted(card: Mapping[str, Any]) -> tuple[Accepted, ...]:
    """Read all that a card says of real clips."""
    found = []
    for about, row in model_card.items_of(card.get(KEY), MOST_ROWS):
        both, n = model_card.share_of(row, "both", "both_ci95"), model_card.whole(row, "n")
        if both is None or not n:
            continue
        questions = tuple(
            (name, share)
            for name, one in model_card.items_of(row.get("questions"), MOST_ROWS)
            if (share := model_card.share_of(one, "top1", "top1_ci95"))
        )
        certain = model_card.table_of(row.get("certainty"))
        sure = model_card.number(certain, "sure")
        right = model_card.share_of(certain, "right_if_sure", "right_if_sure_ci95")
        clips = tuple(map(_clip, model_card.rows_of(row.get("clips"))))
        command = model_card.text(row, "command")
        found.append(Accepted(about, command, n, both, questions, sure, right, clips))
    return tuple(found)


def _clip(row: Mapping[str, Any]) -> Clip:
    answers = tuple(
        Answer(
            question,
            model_card.text(one, "label"),
            model_card.number(one, "probability"),
            one.get("accepted") is True,
            one.get("sure") if isinstance(one.get("sure"), bool) else None,
        )
        for question, one in model_card.items_of(row.get("answers"), MOST_ROWS)
    )
    return Clip(model_card.text(row, "file"), row.get("right") is True, answers)
