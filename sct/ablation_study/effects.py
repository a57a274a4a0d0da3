"""Measures how the answer changes when components are switched off, one or two at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sct.ablation_study.components import (
    Component,
    laid_over,
    list_components,
    list_heads,
    same,
)
from sct.ablation_study.shared_forward import Progress, logits
from sct.evaluation.accuracy import no_nan
from sct.labels import names_of, place_of
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.profiling.complexity import gmacs
from sct.questions import only_question

MOST_PAIRED = 32  # components, which are 496 pairs


@dataclass(frozen=True)
class Effect:
    """The answer for a clip without one component.

    Args:
        component: what was switched off.
        probability: of the target class now.
        log_odds: change in log(p / (1 - p)) of the target class: below 0 where the component spoke
            for it.
        kl: of the base from this, KL(base || this), in nats; 0 where nothing changed.
        label: the class that is most likely now.
        gmacs: thousands of millions of multiply-adds that are left; see `complexity.gmacs`.
    """

    component: Component
    probability: float
    log_odds: float
    kl: float
    label: str
    gmacs: float


@dataclass(frozen=True, eq=False)
class Effects:
    """The answer of the base for one clip, and the effect of each component on it.

    Args:
        target, label: the class asked about, by number and by name.
        base: all probabilities before anything was switched off, float64 (class,).
        answer: the class that is most likely then.
        gmacs: of the base.
        effects: in the order of the forward pass.
    """

    target: int
    label: str
    base: np.ndarray
    answer: str
    gmacs: float
    effects: tuple[Effect, ...]

    def ranked(self) -> tuple[Effect, ...]:
        """Ranks the effects: the largest change in log-odds first, whichever way it goes."""
        return tuple(sorted(self.effects, key=lambda effect: -abs(effect.log_odds)))

    def table(self) -> list[dict[str, object]]:
        """Lists the effects as rows for a file, ranked."""
        return [
            {
                "part": effect.component.key,
                "name": effect.component.name,
                "ablation": str(effect.component.off),
                "target": self.label,
                "probability_before": float(self.base[self.target]),
                "probability": effect.probability,
                "log_odds_change": effect.log_odds,
                "kl_nats": effect.kl,
                "label": effect.label,
                "gmacs": effect.gmacs,
            }
            for effect in self.ranked()
        ]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Changes in log-odds of the target class with two components off, and with each alone.

    Args:
        components: n of them.
        target, label: the class asked about.
        single: float64 (n,), of each alone.
        both: float64 (n, n), symmetric; on the diagonal each alone.
        interaction: float64 (n, n), both[i, j] - single[i] - single[j]; 0 on the diagonal.
            Below 0 two are worth more than their sum: each stands in for the other. Above 0 they
            work through each other: with one gone, the other was not worth much any more.
    """

    components: tuple[Component, ...]
    target: int
    label: str
    single: np.ndarray
    both: np.ndarray
    interaction: np.ndarray


def one_at_a_time(
    model: SCT,
    frames: Tensor,
    target: int | str | None = None,
    ablation: Ablation | None = None,
    progress: Progress | None = None,
) -> Effects:
    """Switches off each component in turn, but for those that are off in the base.

    Args:
        model: any.
        frames: (1, frame, 3, size, size), see `SCT.forward`.
        target: the class asked about, its place or its label; None is the one that the model as
            trained finds likeliest.
        ablation: the base, which stays in force all along.
        progress: see `logits`.

    Raises:
        ValueError: more than one clip, no such class, or an ablation that does not fit.
        OutOfMemory: see `logits`.
    """
    some = _changing(model.config, ablation, list_components(model.config))
    return effects_of(model, frames, some, target, ablation, progress)


def head_by_head(
    model: SCT,
    frames: Tensor,
    target: int | str | None = None,
    ablation: Ablation | None = None,
    progress: Progress | None = None,
) -> Effects:
    """Switches off each single head in turn; see `one_at_a_time`."""
    some = _changing(model.config, ablation, list_heads(model.config))
    return effects_of(model, frames, some, target, ablation, progress)


def effects_of(
    model: SCT,
    frames: Tensor,
    some: Sequence[Component],
    target: int | str | None = None,
    ablation: Ablation | None = None,
    progress: Progress | None = None,
) -> Effects:
    """Switches off any components and heads in turn, also those that are off in the base."""
    config, base = model.config, ablation or Ablation()
    without = [(each, laid_over(config, base, each.off)) for each in some]
    target, found = _answers(model, frames, target, base, [off for _, off in without], progress)
    shares, odds = found.log_softmax(-1), log_odds(found, target)
    change = (shares[0].exp() * (shares[0] - shares)).sum(-1).clamp(min=0)
    effects = tuple(
        Effect(
            component,
            float(shares[i, target].exp()),
            float(odds[i] - odds[0]),
            float(change[i]),
            _label(config, int(shares[i].argmax())),
            gmacs(config, off, frames.shape[1]),
        )
        for i, (component, off) in enumerate(without, 1)
    )
    answer = _label(config, int(shares[0].argmax()))
    before, cost = shares[0].exp().numpy(), gmacs(config, base, frames.shape[1])
    return Effects(target, _label(config, target), before, answer, cost, effects)


def pairs(
    model: SCT,
    frames: Tensor,
    some: Sequence[Component],
    target: int | str | None = None,
    ablation: Ablation | None = None,
    progress: Progress | None = None,
) -> Pairs:
    """Switches off each two of some components together, and each alone.

    Args:
        some: 2 to 32 components and heads.
        model, frames, target, ablation, progress: see `one_at_a_time`.

    Raises:
        ValueError: as there, or another number of components.
    """
    if not 2 <= len(some) <= MOST_PAIRED:
        raise ValueError(f"{len(some)} parts: pairs can be made of 2 to {MOST_PAIRED}")
    config, base, n = model.config, ablation or Ablation(), len(some)
    alone = [laid_over(config, base, each.off) for each in some]
    rows, columns = np.triu_indices(n, 1)
    together = [
        laid_over(config, alone[i], some[j].off) for i, j in zip(rows, columns, strict=True)
    ]
    target, found = _answers(model, frames, target, base, [*alone, *together], progress)
    odds = log_odds(found, target).numpy()
    change = odds[1:] - odds[0]
    single, both = change[:n], np.diag(change[:n])
    both[rows, columns] = both[columns, rows] = change[n:]
    interaction = both - single[:, None] - single
    np.fill_diagonal(interaction, 0)
    return Pairs(tuple(some), target, _label(config, target), single, both, interaction)


def _changing(
    config: SCTConfig, base: Ablation | None, some: Sequence[Component]
) -> list[Component]:
    base = base or Ablation()
    return [each for each in some if not same(config, base, laid_over(config, base, each.off))]


def _answers(
    model: SCT,
    frames: Tensor,
    target: int | str | None,
    base: Ablation,
    others: list[Ablation],
    progress: Progress | None,
) -> tuple[int, Tensor]:
    """Computes the class asked about, and logits float64 (1 + others, class), the base first."""
    if len(frames) != 1:
        raise ValueError(f"{len(frames)} clips: effects are of one clip")
    only_question(model.config)
    target = check_target(model.config, target)
    found = logits(model, frames, [Ablation(), base, *others], progress=progress)
    found = no_nan(found).double().cpu()
    return int(found[0].argmax()) if target is None else target, found[1:]


def check_target(config: SCTConfig, target: int | str | None) -> int | None:
    """Returns the place of a class given by it or by its label. Raises ValueError."""
    if isinstance(target, str):
        return place_of(target, names_of(config))
    if target is not None and target not in range(config.num_classes):
        raise ValueError(f"target {target}: this model has classes 0 to {config.num_classes - 1}")
    return target


def log_odds(found: Tensor, target: int) -> Tensor:
    """Computes log(p / (1 - p)) of a class from logits (..., class), exact also where p nears 1."""
    others = torch.cat([found[..., :target], found[..., target + 1 :]], dim=-1)
    return found[..., target] - others.logsumexp(-1)


def _label(config: SCTConfig, index: int) -> str:
    return config.labels[index] if config.labels else str(index)
