"""The questions that a model answers, each with labels and a softmax of its own."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sct.labels import check_labels

if TYPE_CHECKING:
    from torch import Tensor

Questions = tuple[tuple[str, tuple[str, ...]], ...]


class Question(NamedTuple):
    """One question of a model, and which of its classes answer it.

    Attributes:
        name: such as "camera"; "" where a model has but one question, which needs no name.
        start, stop: its classes are those from start to below stop.
        labels: their names; empty in an untrained model.
    """

    name: str
    start: int
    stop: int
    labels: tuple[str, ...]

    @property
    def classes(self) -> slice:
        return slice(self.start, self.stop)


def questions_of(config: Any) -> tuple[Question, ...]:
    """Return the questions of an `SCTConfig`, one or more; their classes follow each other."""
    if not config.questions:
        return (Question("", 0, config.num_classes, config.labels),)
    found, start = [], 0
    for name, labels in config.questions:
        found.append(Question(name, start, start + len(labels), labels))
        start += len(labels)
    return tuple(found)


def in_full(config: Any, label: str) -> str:
    """Return a label as it is to be read where it stands alone: "subject moves left".

    Args:
        config: of a model of one question.
        label: one of its labels.
    """
    return f"{only_question(config).name} {label}".strip()


def only_question(config: Any) -> Question:
    """Return the question of a model that has but one.

    Raises:
        ValueError: it has several, so that what is asked about "the answer" is not clear.
    """
    first, *others = questions_of(config)
    if others:
        names = ", ".join(one.name for one in (first, *others))
        raise ValueError(
            f"this model answers several questions ({names}): take one of them by "
            "sct.questions.asking(model, name)"
        )
    return first


def question_of(config: Any, place: int) -> Question:
    """Return the question that a class answers, by its place. Raises IndexError."""
    for question in questions_of(config):
        if question.start <= place < question.stop:
            return question
    raise IndexError(f"class {place}: allowed: 0 to {config.num_classes - 1}")


def probabilities(config: Any, logits: Tensor) -> Tensor:
    """Compute the probability of each class among those of its question.

    Args:
        config: the model's.
        logits: (..., class).

    Returns:
        (..., class); those of each question sum to 1.
    """
    import torch

    parts = [logits[..., question.classes].softmax(-1) for question in questions_of(config)]
    return torch.cat(parts, dim=-1)


def asking(model: Any, name: str) -> Any:
    """Return a model of one question out of a model of several; weights are shared, not copied.

    It answers as `model` does, with that question's labels alone, so that whatever explains,
    measures or ablates a model of one question does so for this one.

    Args:
        model: an `SCT`, which stays as it is.
        name: of the question; of a model with one nameless question "", which gives it itself.

    Raises:
        ValueError: it has no such question.
    """
    import torch

    config = model.config
    names = [question.name for question in questions_of(config)]
    if name not in names:
        has = f"its questions are {', '.join(names)}" if config.questions else "it has one question"
        raise ValueError(f"question {name[:60]!r}: {has}")
    if len(names) == 1:
        return model
    question = questions_of(config)[names.index(name)]
    last = model.head[-1]
    own = torch.nn.Linear(last.in_features, len(question.labels), device="meta")
    for part in ("weight", "bias"):
        rows = getattr(last, part).detach()[question.classes]
        setattr(own, part, torch.nn.Parameter(rows, last.weight.requires_grad))
    one = copy.copy(model)
    one._modules = {**model._modules, "head": torch.nn.Sequential(*model.head[:-1], own)}
    one.config = replace(
        config,
        num_classes=len(question.labels),
        labels=question.labels,
        questions=((name, question.labels),),
    )
    return one.train(model.training)


def check_questions(config: Any) -> None:
    """Raise ValueError unless an `SCTConfig` has labels, and questions, that can be shown.

    Its labels are texts, told apart within a question; those of its questions are its own.
    """
    if config.labels and len(config.labels) != config.num_classes:
        raise ValueError(f"labels: {len(config.labels)} names for {config.num_classes} classes")
    if not config.questions:
        check_labels(config.labels, "labels")
        return
    for question in config.questions:
        if not (
            isinstance(question, tuple) and len(question) == 2 and isinstance(question[1], tuple)
        ):
            raise ValueError("questions: each must be a name and its labels")
    check_labels((name for name, _ in config.questions), "questions")
    for name, labels in config.questions:
        if len(labels) < 2:
            raise ValueError(f"questions: {name!r} needs two labels or more")
    labels = tuple(label for _, some in config.questions for label in some)
    # Of all questions together: a label alone says which of them it answers.
    check_labels(labels, "labels of questions")
    if config.labels != labels:
        raise ValueError("questions: their labels must be those of the config, in that order")
