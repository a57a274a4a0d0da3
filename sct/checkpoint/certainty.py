"""Says whether an answer is sure, by what a model's card says of its calibration.

`sct.evaluation.calibration` measures what stands there: how likely an answer must be to be called
sure, and how far from known clips a clip may lie. A card without it makes no answer sure or unsure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sct.checkpoint.familiarity import KEY as FAMILIARITY
from sct.checkpoint.familiarity import familiarity, readable
from sct.checkpoint.model_card import number
from sct.labels import names_of
from sct.questions import questions_of

if TYPE_CHECKING:
    from torch import Tensor

    from sct.model.config import SCTConfig

KEY = "calibration"
LEAST = 0.5  # who finds something else as likely is not sure


class Judgement(NamedTuple):
    """Says of an answer whether it is sure.

    Attributes:
        sure: None where the card does not say when answers are.
        unlike: whether the clip is unlike those that the model learned from.
        sentence: what a person should read beside the answer; "" beside a sure one.
        threshold: probability from which it is sure; None where the card does not say.
    """

    sure: bool | None
    unlike: bool
    sentence: str
    threshold: float | None = None


UNKNOWN = Judgement(None, False, "")


class Answer(NamedTuple):
    """Holds what a model answers to one of its questions about a clip.

    Attributes:
        question: its name, "" where the model has but one.
        labels, probabilities: (class,), the latter float32 and together 1.
        judged: whether it is sure.
    """

    question: str
    labels: tuple[str, ...]
    probabilities: np.ndarray
    judged: Judgement = UNKNOWN

    @property
    def best(self) -> int:
        """Return the place of the likeliest label."""
        return int(self.probabilities.argmax())


def answers(
    card: Mapping[str, Any], ablation: object, config: SCTConfig, logits: Tensor, embedding: Tensor
) -> tuple[Answer, ...]:
    """Answer each question of a model, and judge the answers.

    Args:
        card, ablation: as for `judge`.
        config: of the model.
        logits: (class,), of one clip.
        embedding: (width,), of that clip.
    """
    logits, found = logits.float().cpu(), []
    for one in questions_of(config):
        own, labels = logits[one.classes], one.labels or names_of(config)
        judged = judge(card, ablation, one.name, labels, own, embedding)
        found.append(Answer(one.name, labels, own.softmax(-1).numpy(), judged))
    return tuple(found)


def sure_from(card: Mapping[str, Any], question: str = "") -> float | None:
    """Read the least probability of an answer that is sure; None where the card does not say.

    Args:
        card: of the model; may hold anything.
        question: its name; "" of a model that answers one.
    """
    found: Any = card
    for key in (KEY, "questions", question):
        found = found.get(key) if isinstance(found, Mapping) else None
    threshold = number(found, "threshold") if isinstance(found, Mapping) else None
    return threshold if threshold is not None and LEAST <= threshold <= 1 else None


def check(card: Mapping[str, Any]) -> None:
    """Raise ValueError where a card has a calibration that is damaged.

    Else its answers would be called sure without what keeps them from being so.
    """
    if KEY not in card:
        return
    found = card[KEY]
    asked = found.get("questions") if isinstance(found, Mapping) else None
    if not isinstance(asked, Mapping):
        raise ValueError(f"{KEY}: it has no questions")
    for name in asked:
        if sure_from(card, name) is None:
            raise ValueError(f"{KEY}: the threshold of {name!r} is no number from {LEAST:g} to 1")
    if found.get(FAMILIARITY) is not None and not readable(card):
        raise ValueError(f"{KEY}: what it says of {FAMILIARITY} cannot be read")


def judge(
    card: Mapping[str, Any],
    ablation: object,
    question: str,
    labels: Sequence[str],
    logits: Tensor,
    embedding: Tensor,
) -> Judgement:
    """Judge an answer of a model.

    Args:
        card: of the model; may hold anything.
        ablation: under which it answered: the card's figures are those of the model as trained.
        question, labels: what was asked, "" if nothing else could be, and the answers there are.
        logits: (class,), those of the labels.
        embedding: (width,), of the clip, by which it is told whether the clip is unlike those of
            the training: then no answer is sure.
    """
    threshold = sure_from(card, question)
    if threshold is None or str(ablation) != card.get("trained_with", "none"):
        return UNKNOWN
    known = familiarity(card)
    if known is not None and not known.holds(embedding.float().cpu().numpy()):
        said = "Unlike what the model knows: the answer may mean nothing."
        return Judgement(False, True, said, threshold)
    probabilities = logits.softmax(-1).tolist()
    order = sorted(range(len(labels)), key=lambda i: -probabilities[i])[:2]
    if probabilities[order[0]] >= threshold:
        return Judgement(True, False, "", threshold)
    either = ", ".join(f"{labels[i]} {probabilities[i]:.1%}" for i in order)
    said = f"Not sure: {question}{' ' * bool(question)}{either}."
    return Judgement(False, False, said, threshold)
