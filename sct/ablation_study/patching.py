"""Activation patching: what a clip's answer becomes with one part's activations from another clip.

    from sct.ablation_study import list_sites, patch_sites, reversed_clip

    found = patch_sites(model, frames, reversed_clip(frames), list_sites(model.config))
    found.sites[found.ranked()[0]]  # what carries most

The clip is run as it is, but for one site that is given what the source had there, and all that
comes after is computed from it (causal tracing, interchange intervention: Vig et al. 2020, Meng et
al. 2022, Wang et al. 2022). That is "noising" read from the clip, and "denoising" read from the
source. Switching a part off asks what is lost without it; this asks what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sct.ablation_study.components import kinds
from sct.ablation_study.effects import check_target, log_odds
from sct.ablation_study.shared_forward import Progress, Step, along, path
from sct.evaluation.accuracy import no_nan
from sct.model.ablation import Ablation, StageSettings
from sct.model.config import SCTConfig
from sct.model.patching import Patching
from sct.model.sct import SCT
from sct.questions import only_question
from sct.sites import STREAM, Site
from sct.validation import ARGUMENT, check_choice, check_whole

GRIDS = ("heads", "parts", "frames")
LEAST = 0.1  # of the answers' difference, in log-odds: below it no share of it is worth a number
MOST_SEEDS = 32


class Source(NamedTuple):
    """Where activations come from.

    Attributes:
        frames: (1, frame, 3, size, size), as many as the clip has.
        places: for each place of the clip the place of the source that it takes from; () is the
            same place.
    """

    frames: Tensor
    places: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Patched:
    """The answers of one clip with each site in turn taken from a source.

    Attributes:
        sites: in the order asked.
        target, label: the class asked about, by number and by name.
        against, other: the class that it is held against.
        seeds: of LSH, one row of the arrays each.
        clip, source: float64 (seed, 2), of the clip and of the source alone: log-odds of the target
            log(p / (1 - p)), and the difference of log-odds to the other class, log(p / p_other).
        log_odds, difference: float64 (seed, site), the changes of these two by the site's patch.
        answer, source_answer, answers: the likeliest class of the clip alone, of the source alone
            and after each patch, under the first seed.
    """

    sites: tuple[Site, ...]
    target: int
    label: str
    against: int
    other: str
    seeds: tuple[int, ...]
    clip: np.ndarray
    source: np.ndarray
    log_odds: np.ndarray
    difference: np.ndarray
    answer: str
    source_answer: str
    answers: tuple[str, ...]

    @property
    def recovery(self) -> np.ndarray:
        """Returns the share of the way from clip (0) to source (1) that a patch goes: (seed, site).

        Of the difference of log-odds. NaN where clip and source differ by less than `LEAST`.
        """
        apart = self.source[:, 1:] - self.clip[:, 1:]
        return self.difference / np.where(np.abs(apart) < LEAST, np.nan, apart)

    def ranked(self) -> list[int]:
        """Ranks the sites by the size of their mean change of the difference, largest first."""
        return np.argsort(-np.abs(self.difference.mean(0)), kind="stable").tolist()

    def table(self, config: SCTConfig) -> list[dict[str, object]]:
        """Lists the sites as rows for a file, ranked; None where there is no number.

        A mean is over the seeds; sd is the standard deviation over them, where there are several.
        """
        values = {
            "log_odds_change": self.log_odds,
            "difference_change": self.difference,
            "recovery": self.recovery,
        }
        rows = []
        for i in self.ranked():
            site = self.sites[i]
            row = {"site": str(site), "stage": site.stage, "part": site.part, "head": site.head}
            row |= {"frame": site.frame, "grounded": grounded(config, site)}
            row |= {"target": self.label, "against": self.other, "answer": self.answers[i]}
            for name, value in values.items():
                row[name] = _number(value[:, i].mean())
                row[f"{name}_sd"] = _number(spread(value[:, i]))
            rows.append({**row, "seeds": len(self.seeds)})
        return rows


def reversed_clip(
    frames: Tensor, same_picture: bool = True, ablation: Ablation | None = None
) -> Source:
    """Makes the clip with its frames reversed a source.

    Args:
        frames: (1, frame, 3, size, size).
        same_picture: each frame takes from where the source shows the same picture, so that nothing
            differs but what came before it; else from the same place in time.
        ablation: that holds in both clips, and may put frames into another order.

    Raises:
        ValueError: the two clips do not show the same pictures.
    """
    if not same_picture:
        return Source(frames.flip(1))
    count = frames.shape[1]
    ablation = ablation or Ablation()
    order = ablation.frame_order(count)
    there = {count - 1 - frame: place for place, frame in enumerate(order)}
    if not there.keys() >= set(order):
        raise ValueError(
            f"order {ablation.order}: the clip and its reverse then have no picture in common; "
            "match places instead"
        )
    return Source(frames.flip(1), tuple(there[frame] for frame in order))


def list_sites(config: SCTConfig, grid: str = "heads", frames: int = 0) -> tuple[Site, ...]:
    """Lists the sites that a model of this config has, in the order of the forward pass.

    Args:
        grid: "parts", all heads of each part of each stage, and the tokens that leave each stage;
            "heads", the same and each single head; "frames", the parts at each frame.
        frames: of the clip; all that the model takes if 0.

    Raises:
        ValueError: another grid.
    """
    check_choice("grid", grid, GRIDS)
    found = []
    for stage in range(1, config.stages + 1):
        for part in (*(kind for at, kind in kinds(config) if at == stage), STREAM):
            heads = (config.shifted_heads if part == "shifted" else config.heads)[stage - 1]
            if grid == "frames":
                found += [Site(stage, part, None, f) for f in range(frames or config.frames)]
                continue
            found.append(Site(stage, part))
            if grid == "heads" and part != STREAM:
                found += [Site(stage, part, head) for head in range(heads)]
    return tuple(found)


def grounded(config: SCTConfig, site: Site) -> bool:
    """Tells whether a site is a head that was trained to follow motion."""
    return site.part == "shifted" and site.head in config.grounded_heads[site.stage - 1]


@torch.inference_mode()
def patch_sites(
    model: SCT,
    frames: Tensor,
    source: Source,
    sites: Sequence[Site],
    target: int | str | None = None,
    against: int | str | None = None,
    ablation: Ablation | None = None,
    seeds: Sequence[int] = (),
    progress: Progress | None = None,
) -> Patched:
    """Takes the activations of each site in turn from a source.

    Args:
        model: of one question.
        frames: (1, frame, 3, size, size), see `SCT.forward`.
        source: another clip, or `reversed_clip`.
        sites: one or more; those of parts that the ablation leaves out are passed over.
        target: the class asked about, its place or its label; None is the one that the model finds
            likeliest in the clip.
        against: the class it is held against; None is the one that it finds likeliest in the
            source, or next to the target in the clip where that is the same.
        ablation: holds in both clips all along.
        seeds: of LSH, up to 32: all is done under each; () is the one that holds anyway.
        progress: see `logits`.

    Raises:
        ValueError: not one clip, other frames or places, no such class, site or seed, or a target
            held against itself.
        OutOfMemory: see `logits`.
    """
    config, base = model.config, ablation or Ablation()
    only_question(config)
    target, against = check_target(config, target), check_target(config, against)
    if len(frames) != 1 or source.frames.shape != frames.shape:
        said = tuple(frames.shape), tuple(source.frames.shape)
        raise ValueError(f"frames {said[0]}, source {said[1]}: expected one clip each, of one size")
    places = source.places or tuple(range(frames.shape[1]))
    if sorted(places) != list(range(frames.shape[1])):
        raise ValueError(f"places {places}: expected each of 0 to {frames.shape[1] - 1} once")
    if len(seeds) > MOST_SEEDS:
        raise ValueError(f"{len(seeds)} seeds: allowed: up to {MOST_SEEDS}")
    bases = [replace(base, seed=seed) for seed in seeds] or [base]
    settings = [each.resolve(config, frames.shape[-1]) for each in bases]
    sites = [site for site in sites if _there(site, settings[0])]
    if not sites:
        raise ValueError("sites: none was given that is not off, and there must be one or more")
    for site in sites:
        site.check(config, settings[0], frames.shape[1])
    found = []
    for i, each in enumerate(bases):

        def on(done: int, total: int, run: int = i) -> None:
            if progress:
                progress(run * total + done, len(bases) * total)

        found.append(_answers(model, frames, source.frames, places, sites, each, on))
    logits = torch.stack(found).double()  # (seed, clip | source | site, class)
    target = int(logits[0, 0].argmax()) if target is None else target
    against = _rival(logits[0], target) if against is None else against
    if target == against:
        check_whole("against", against, config.num_classes, form=ARGUMENT, allowed="another class")
    odds = log_odds(logits, target).numpy()
    apart = (logits[..., target] - logits[..., against]).numpy()
    both = np.stack([odds, apart], axis=-1)
    answer, theirs, *answers = (_label(config, int(k)) for k in logits[0].argmax(-1))
    return Patched(
        tuple(sites),
        target,
        _label(config, target),
        against,
        _label(config, against),
        tuple(use[0].seed for use in settings),
        both[:, 0],
        both[:, 1],
        odds[:, 2:] - odds[:, :1],
        apart[:, 2:] - apart[:, :1],
        answer,
        theirs,
        tuple(answers),
    )


def spread(values: np.ndarray) -> float:
    """Computes the standard deviation over seeds, NaN of a single one."""
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def _answers(
    model: SCT,
    frames: Tensor,
    source: Tensor,
    places: Sequence[int],
    sites: Sequence[Site],
    ablation: Ablation,
    progress: Progress,
) -> Tensor:
    """Computes logits (2 + site, class): of the clip, of the source, and with each site patched."""
    whole = list(dict.fromkeys(Site(site.stage, site.part) for site in sites))
    ran = model(source, ablation, record=whole)
    given = {
        site: value[:, list(places)] for site, value in zip(whole, ran.activations, strict=True)
    }
    plain = path(model, frames, ablation)
    use = ablation.resolve(model.config, frames.shape[-1])
    paths = [plain]
    for site in sites:
        stage = model.stages[site.stage - 1]
        half = site.part in ("shifted", STREAM)
        value = given[Site(site.stage, site.part)][site.within]
        run = stage.temporal if half else stage.spatial
        steps = list(plain)
        at = 2 * site.stage - 1 + half
        steps[at] = Step((steps[at].key, site), _patched(run, use[site.stage - 1], site, value))
        paths.append(steps)
    clip, *patched = along(model, frames, paths, progress=progress)[:, 0]
    return no_nan(torch.stack([clip, ran.logits[0], *patched])).cpu()


def _patched(
    run: Callable[..., Tensor], use: StageSettings, site: Site, value: Tensor
) -> Callable[[Tensor], Tensor]:
    # Each call has a `Patching` of its own, which keeps what it saw no longer than that.
    return lambda x: run(x, use, taps=Patching(patch=((site, value),)))


def _there(site: Site, settings: Sequence[StageSettings]) -> bool:
    """Tells whether the ablation leaves the part of a site; what does not exist is said later."""
    known = 1 <= site.stage <= len(settings)
    return not known or getattr(settings[site.stage - 1], site.part, True) not in (False, "off")


def _rival(logits: Tensor, target: int) -> int:
    """Returns the likeliest class of the source, or next to the target in the clip."""
    likeliest = int(logits[1].argmax())
    if likeliest != target:
        return likeliest
    first, second = logits[0].topk(2).indices.tolist()
    return second if first == target else first


def _label(config: SCTConfig, index: int) -> str:
    return config.labels[index] if config.labels else str(index)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
