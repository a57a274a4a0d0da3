"""Measures how often a model is right on clips that no training saw, with 95% intervals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from sct.datasets.options import EvaluationOptions
from sct.errors import ModelError
from sct.evaluation.open import open_test_set
from sct.evaluation.reliability import sureness
from sct.evaluation.statistics import wilson
from sct.evaluation.test_sets import EVALUATION_SEED, LabelledClips, TestSet
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.questions import Question, probabilities, questions_of
from sct.video.clip import normalise

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset

__all__ = ["EVALUATION_SEED", "evaluate", "wilson"]


@torch.inference_mode()
def evaluate(
    model: SCT,
    data: str | Dataset | TestSet = "motion",
    *,
    limit: int | None = None,
    seed: int = 0,
    ablation: Ablation | None = None,
    batch: int = 24,
    options: EvaluationOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
    sure_from: Mapping[str, float | None] = MappingProxyType({}),
) -> dict[str, object]:
    """Measures accuracy on clips that no training saw; labels are matched by name.

    Args:
        model: any model whose classes have names; it is not changed.
        data: "motion", "footage:DIR", what `dataset.open_dataset` takes, or one of its data
            sets, or a test set.
        limit: most clips; None takes 1,000 of `motion`, 900 of `footage` and all of a data set.
        seed: another set of clips; one seed gives the same clips always.
        ablation: measured under this.
        batch: clips at a time; changes nothing but speed.
        options: which videos and frames are taken, as in the model's training; the probabilities
            of a video's views are averaged.
        progress: called with (clips done, clips).
        sure_from: by question, the least probability of an answer that is sure.

    Returns:
        n, top1, top1_ci95 (Wilson), top5, chance and majority (what guessing any label, and the
        most frequent one, would give), per_class {label: {n, top1, ci95}}, labels (the model's) and
        confusion: confusion[i][j] clips of labels[i] were called labels[j].
        restricted {labels, top1, top1_ci95}: the same clips when the model may only choose among
        the labels that they have. per_group: as per_class, by what clips were taken from, if that
        is known. labels_left_out: labels of the data that the model lacks; their clips do not
        count. For files: unreadable, a list of {path, why}, and notes on what was assumed of them.
        Of a model with several questions: n, top1 and top1_ci95 count clips without a wrong answer,
        and questions {name: all that is said of one}.

    Raises:
        ValueError: unknown data, a number out of range, fewer than 2 labels in common, or no clip
            that could be read.
        ModelError: the model answers with NaN.
    """
    options = options or EvaluationOptions()
    test_set = open_test_set(model, data, limit, seed, options)
    asked = match_questions(model.config, test_set)
    answers, labels, groups, done = [], [], [], 0
    for clips in rebatch(test_set.batches(), max(1, batch // math.prod(options.views))):
        answers.append(_probabilities(model, clips.frames, ablation))
        labels.append(clips.labels.view(len(clips.labels), -1))
        groups += clips.groups
        done += len(clips.labels)
        if progress:
            progress(done, len(test_set))
    answer = torch.cat([*answers, torch.zeros(0, model.config.num_classes)])
    columns = len(questions_in(test_set))
    label = torch.cat([*labels, torch.zeros(0, columns, dtype=torch.int64)])
    facts = {"labels_left_out": list(test_set.left_out), **test_set.facts()}
    every = [(one, one.classes_of(label[:, one.column])) for one in asked]
    # A question that none of the clips answers is left out; where that is all of them, it is said.
    told = [(one, truth) for one, truth in every if (truth >= 0).any()] or every
    found = {
        one.question.name: _measured(
            one,
            answer[:, one.question.classes],
            truth,
            groups,
            test_set,
            sure_from.get(one.question.name),
        )
        for one, truth in told
    }
    if len(questions_of(model.config)) == 1:
        return {**next(iter(found.values())), **facts}
    right = torch.ones(len(answer), dtype=torch.bool)
    known = torch.zeros(len(answer), dtype=torch.bool)
    for one, truth in told:
        best = answer[:, one.question.classes].argmax(1)
        right &= (truth < 0) | (best == truth)
        known |= truth >= 0
    n, hits = int(known.sum()), int((right & known).sum())
    together = {"n": n, "top1": hits / n, "top1_ci95": list(wilson(hits, n))}
    return {**together, "questions": found, **facts}


class Matched(NamedTuple):
    """A question of a model beside the same one of a test set.

    Attributes:
        question: of the model.
        column: of the same one among those of the test set.
        common: the labels that both have.
        places: int64 (label of the test set,), its place in the model's question, -1 for none.
    """

    question: Question
    column: int
    common: tuple[str, ...]
    places: Tensor

    def classes_of(self, labels: Tensor) -> Tensor:
        """Returns the model's class for labels of the test set, of which -1 is unknown."""
        return torch.where(labels < 0, -1, self.places[labels.clamp(min=0)])


def questions_in(test_set: TestSet) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Returns what a test set asks of each clip, a name and its labels each; one has no name."""
    return getattr(test_set, "questions", (("", test_set.labels),))


def match_questions(config: SCTConfig, test_set: TestSet) -> list[Matched]:
    """Matches each question of a test set with one of a model: by name, else by their labels.

    A question of the test set that the model does not answer is left out.

    Raises:
        ValueError: no question has 2 labels in common.
    """
    questions, matched = questions_of(config), []
    asked = questions_in(test_set)
    for column, (name, labels) in enumerate(asked):
        by_name = [question for question in questions if question.name == name]
        question = max(
            by_name or questions, key=lambda one: len(set(one.labels).intersection(labels))
        )
        shared = len(set(question.labels).intersection(labels))
        # Where no question fits, the last is asked for all the same: it says what is missing.
        if shared >= 2 or not (matched or column + 1 < len(asked)):
            common, places = match_labels(question.labels, test_set, labels)
            matched.append(Matched(question, column, common, places))
    return matched


def _measured(
    one: Matched,
    probability: Tensor,
    truth: Tensor,
    groups: Sequence[str],
    test_set: TestSet,
    least: float | None,
) -> dict[str, object]:
    """Counts the right answers to one question, of the clips whose answer is known."""
    known = known_clips([truth], test_set)
    names, truth, probability = one.question.labels, truth[known], probability[known]
    allowed = torch.tensor([label in one.common for label in names])
    groups = [group for group, k in zip(groups, known.tolist(), strict=True) if k]
    top5 = probability.topk(min(5, len(names))).indices
    restricted = probability.masked_fill(~allowed, -1).argmax(1)
    n, right = len(truth), top5[:, 0] == truth
    best = probability.amax(1)
    sure = None if least is None else (best >= least).tolist()
    confusion = torch.zeros(len(names), len(names), dtype=torch.int64)
    confusion.index_put_((truth, top5[:, 0]), torch.ones_like(truth), accumulate=True)
    found = {
        "n": n,
        "top1": int(right.sum()) / n,
        "top1_ci95": list(wilson(int(right.sum()), n)),
        "top5": int((top5 == truth[:, None]).sum()) / n,
        "chance": 1 / len(one.common),
        "majority": int(confusion.sum(1).max()) / n,
        "per_class": _by_name([names[i] for i in truth], right, names),
        "restricted": {
            "labels": list(one.common),
            "top1": int((restricted == truth).sum()) / n,
            "top1_ci95": list(wilson(int((restricted == truth).sum()), n)),
        },
        "certainty": sureness(best.tolist(), right.tolist(), sure),
        "labels": list(names),
        "confusion": confusion.tolist(),
    }
    if any(groups):
        found["per_group"] = _by_name(groups, right, sorted(set(groups)))
    return found


def _by_name(
    name_of: Sequence[str], right: Tensor, names: Sequence[str]
) -> dict[str, dict[str, object]]:
    """Counts right answers for each of the names that some clip has."""
    clips = Counter(name_of)
    hits = Counter(name for name, hit in zip(name_of, right.tolist(), strict=True) if hit)
    return {
        name: {"n": n, "top1": hits[name] / n, "ci95": list(wilson(hits[name], n))}
        for name in names
        if (n := clips[name])
    }


def match_labels(
    names: Sequence[str], test_set: TestSet, labels: Sequence[str] | None = None
) -> tuple[tuple[str, ...], Tensor]:
    """Matches the labels of a model, or of a question, with those of a test set by name.

    Returns:
        The labels in common, and int64 (label of the test set,): the model's class, -1 for none.

    Raises:
        ValueError: fewer than 2 labels in common.
    """
    if not names:
        raise ValueError("this model has no names for its classes, so it cannot be measured")
    labels = test_set.labels if labels is None else labels
    common = tuple(label for label in names if label in labels)
    if len(common) < 2:
        raise ValueError(
            f"data {test_set.name}: it has "
            f"{'no label' if not common else 'only ' + repr(common[0])} "
            "in common with this model, and a measurement needs 2 or more"
        )
    classes = [names.index(label) if label in common else -1 for label in labels]
    return common, torch.tensor(classes)


def known_clips(truth: Sequence[Tensor], test_set: TestSet) -> Tensor:
    """Marks the clips whose class the model has: bool (clip,).

    Args:
        truth: int64 (clip,) of each batch, -1 where the model lacks the class.

    Raises:
        ValueError: there is no such clip.
    """
    known = torch.cat([*truth, torch.zeros(0, dtype=torch.int64)]) >= 0
    if not known.any():
        raise ValueError(f"data {test_set.name}: none of its {len(test_set)} clips could be read")
    return known


def no_nan(logits: Tensor) -> Tensor:
    """Returns the logits; raises ModelError if any is NaN, which would sort as the best answer."""
    if logits.isnan().any():
        raise ModelError("The model's answers are no numbers (NaN): its weights cannot be used.")
    return logits


def _probabilities(model: SCT, frames: Tensor, ablation: Ablation | None) -> Tensor:
    """Answers float32 (clip, class) on the CPU: the mean over each clip's views."""
    clips, views = frames.shape[:2]
    flat = normalise(frames.flatten(0, 1).to(model.device))
    probability = probabilities(model.config, no_nan(model(flat, ablation).logits).float())
    return probability.unflatten(0, (clips, views)).mean(1).cpu()


def rebatch(batches: Iterator[LabelledClips], size: int) -> Iterator[LabelledClips]:
    """Hands out the same clips in the same order, `size` at a time."""
    frames: list[Tensor] = []
    labels: list[Tensor] = []
    groups: list[str] = []

    def take(count: int) -> LabelledClips:
        taken = torch.stack(frames[:count]), torch.stack(labels[:count]), tuple(groups[:count])
        del frames[:count], labels[:count], groups[:count]
        return LabelledClips(*taken)

    for clips in batches:
        frames += clips.frames.unbind()
        labels += clips.labels.unbind()
        groups += clips.groups
        while len(labels) >= size:
            yield take(size)
    if labels:
        yield take(len(labels))
