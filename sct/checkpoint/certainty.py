"""Says whether an answer is sure, by what a model's card says of its calibration.

`sct.evaluation.calibration` measures what stands there: how likely an answer must be to be called
sure, and how familiar the model must find a clip. A card without it makes no answer sure or unsure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sct.checkpoint.model_card import number
from sct.labels import names_of
from sct.questions import questions_of

if TYPE_CHECKING:
    from torch import Tensor

    from sct.model.config import SCTConfig

KEY = "calibration"


@dataclass(frozen=True)
class Certainty:
    """Holds what makes an answer to one question sure.

    Attributes:
        threshold: least probability of the likeliest label.
        familiar: least energy of a clip that is like those of the training; None: any.
    """

    threshold: float
    familiar: float | None


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
    card: Mapping[str, Any], ablation: object, config: SCTConfig, logits: Tensor
) -> tuple[Answer, ...]:
    """Answer each question of a model, and judge the answers together.

    Args:
        card, ablation: as for `judge`.
        config: of the model.
        logits: (class,), of one clip.
    """
    logits, found, judged = logits.float().cpu(), {}, {}
    for one in questions_of(config):
        own, labels = logits[one.classes], one.labels or names_of(config)
        found[one.name] = labels, own.softmax(-1).numpy()
        judged[one.name] = judge(card, ablation, one.name, labels, own)
    judged = together(judged)
    return tuple(Answer(name, *row, judged[name]) for name, row in found.items())


def certainty(card: Mapping[str, Any], question: str = "") -> Certainty | None:
    """Read when an answer to a question is sure; None where the card does not say.

    Args:
        card: of the model; may hold anything.
        question: its name; "" of a model that answers one.
    """
    found: Any = card
    for key in (KEY, "questions", question):
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    threshold = number(found, "threshold")
    if threshold is None or not 0 <= threshold <= 1:
        return None
    return Certainty(threshold, number(found, "familiar"))


def together(judged: Mapping[str, Judgement]) -> dict[str, Judgement]:
    """Judge the answers to several questions about one clip, by question.

    One question may tell by its energy that the clip is unlike the training, which another cannot;
    then no answer is sure.
    """
    unlike = next((one for one in judged.values() if one.unlike), None)
    if unlike is None:
        return dict(judged)
    return {
        name: one if one.sure is None else unlike._replace(threshold=one.threshold)
        for name, one in judged.items()
    }


def judge(
    card: Mapping[str, Any], ablation: object, question: str, labels: Sequence[str], logits: Tensor
) -> Judgement:
    """Judge an answer of a model.

    Args:
        card: of the model.
        ablation: under which it answered: the card's figures are those of the model as trained.
        question, labels: what was asked, "" if nothing else could be, and the answers there are.
        logits: (class,), those of the labels. The log of the sum of their exponentials, the energy
            of Liu et al. (2020), is high where the model finds much that it knows.
    """
    found = certainty(card, question)
    if found is None or str(ablation) != card.get("trained_with", "none"):
        return UNKNOWN
    if found.familiar is not None and float(logits.logsumexp(-1)) < found.familiar:
        said = "This clip is unlike those that the model learned from: its answer may mean nothing."
        return Judgement(False, True, said, found.threshold)
    probabilities = logits.softmax(-1).tolist()
    order = sorted(range(len(labels)), key=lambda i: -probabilities[i])[:2]
    if probabilities[order[0]] >= found.threshold:
        return Judgement(True, False, "", found.threshold)
    either = ", ".join(f"{labels[i]} {probabilities[i]:.0%}" for i in order)
    said = f"Not sure: {question}{' ' * bool(question)}{either}."
    return Judgement(False, False, said, found.threshold)
