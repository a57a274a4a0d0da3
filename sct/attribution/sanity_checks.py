"""Checks whether an attribution can be believed, by tests that a meaningless map fails.

docs/attributions.md has the formulas, and says why each threshold is where it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from captum.metrics import infidelity, sensitivity_max
from torch import Tensor

from sct.attribution.deletion_insertion import (
    Curve,
    References,
    curve_passes,
    curves,
    reference_passes,
    references,
    replaced,
)
from sct.attribution.memory import MEMORY, MOST, Bound, at_once, clip_bytes, or_said
from sct.attribution.model_copy import shuffled
from sct.attribution.result import Attribution
from sct.attribution.runner import attribute
from sct.attribution.target import Progress, Score, Steps, baseline
from sct.checkpoint.io import SHIPPED, fingerprint, list_models
from sct.kernels import allocator
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.video.clip import STD

MOST_ALIKE = 0.5  # rank correlation with the map of a model that knows nothing
MOST_UNEXPLAINED = 0.84  # share of the effects of boxes; chance alone passes once in 20 times
MOST_CHANGE = 1.0  # of a map under noise, over its size
NEEDED = ("random", "randomised", "sensitivity")  # to be believed as an order of patches

BOXES = 24
NOISY = 2  # clips with noise
NOISE_LEVELS = 2  # grey levels
_SHARE = 100  # steps that a run of a method counts for in the progress of a check


@dataclass(frozen=True, eq=False)
class Check:
    """The outcome of the checks of an attribution.

    Args:
        curve: deletion and insertion in its order; random, motion: in random orders and in that of
            motion energy.
        randomised: rank correlation (Spearman) of its values with those that the same method gives
            for a model of shuffled weights.
        infidelity: share of the effects of replacing random boxes that the values do not explain,
            0 to 1 (Yeh et al. 2019, scaled as well as can be, over that of an empty map).
        sensitivity: largest change of the map under noise of two grey levels, over its size
            (sensitivity-max, Yeh et al. 2019).
        verdicts: "random", "motion", "randomised", "infidelity", "sensitivity": whether each was
            passed.
        passed: whether all of `NEEDED` were.
        why: for people, in a sentence or two.
    """

    curve: Curve
    random: Curve
    motion: Curve
    randomised: float
    infidelity: float
    sensitivity: float
    verdicts: dict[str, bool]
    passed: bool
    why: str


def check_steps() -> int:
    """Counts the steps that a check tells of, without references."""
    return curve_passes() + (1 + NOISY) * _SHARE + BOXES + 1


def check(
    model: SCT,
    frames: Tensor,
    attribution: Attribution,
    *,
    known: References | None = None,
    seed: int = 0,
    memory: int = MEMORY,
    progress: Progress | None = None,
) -> Check:
    """Checks an attribution by deletion, insertion and more runs of the same method.

    Takes three more runs of the method: for a model of shuffled weights and for two noisy clips.

    Args:
        model, frames: those of the attribution.
        known: from `references`, which are the same for all methods on a clip; None makes them.
        seed: of random orders, shuffled weights, boxes and noise.
        memory, progress: as for `attribute`.

    Raises:
        OutOfMemory: not even one clip at a time fits.
    """
    frames = frames.detach().to(model.device)
    values, base = attribution.values, str(attribution.options["base"])
    target, against = attribution.target, attribution.against
    ablation = Ablation.parse(attribution.ablation)
    steps = Steps(check_steps() + (0 if known else reference_passes()), progress)

    def again(other: SCT, clip: Tensor) -> np.ndarray:
        allocator.hand_back()  # or each run would grow from where the one before it left off
        return attribute(
            other,
            clip,
            attribution.method,
            target,
            against,
            ablation=ablation,
            memory=memory,
            progress=steps.part(_SHARE),
            **attribution.options,
        ).values

    options = {"ablation": ablation, "base": base, "limit": memory}
    with or_said():
        if known is None:
            known = references(
                model, frames, target, against, seed=seed, progress=steps.part(), **options
            )
        curve = curves(model, frames, values, target, against, progress=steps.part(), **options)
        randomised = rank_correlation(values, again(shuffled(model, seed), frames))
        score = Score(model, ablation, target, against, steps, Bound(memory))
        unexplained = _unexplained(score, frames, values, base, seed, memory)
        change = _largest_change(frames, values, partial(again, model), seed)
    # NaN passes nothing: no comparison holds of it. In a map it would sort like any other value.
    numbers = bool(np.isfinite(values).all())
    verdicts = {
        "random": numbers and bool(curve.gain > known.random_gains.max()),
        "motion": numbers and bool(curve.gain > known.motion.gain),
        "randomised": bool(abs(randomised) < MOST_ALIKE),
        "infidelity": bool(unexplained < MOST_UNEXPLAINED),
        "sensitivity": bool(change < MOST_CHANGE),
    }
    found = Check(
        curve=curve,
        random=known.random,
        motion=known.motion,
        randomised=randomised,
        infidelity=unexplained,
        sensitivity=change,
        verdicts=verdicts,
        passed=passes(verdicts),
        why="",
    )
    return replace(found, why=_why(found, float(known.random_gains.max()), numbers))


def passes(verdicts: dict[str, bool]) -> bool:
    """Tells whether a map may be believed, by its verdicts."""
    return all(verdicts[name] for name in NEEDED)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Computes Spearman's correlation; 0 where one side is all equal, NaN where it has a NaN."""
    from scipy.stats import spearmanr

    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    if a.min() == a.max() or b.min() == b.max():
        return 0.0
    return float(spearmanr(a, b, axis=None).statistic)


def _unexplained(
    score: Score, frames: Tensor, values: np.ndarray, base: str, seed: int, limit: int
) -> float:
    """Computes Captum's infidelity over that of an empty map; patches are 1, or 0 if replaced.

    Boxes of random place and size are replaced; the map says by how much the score should fall.
    """
    rng = np.random.default_rng(seed)
    boxes = torch.stack([random_box(values.shape, rng) for _ in range(BOXES)]).to(frames.device)
    base_clip = baseline(frames, base)
    most = max(1, at_once(limit, clip_bytes(score.model, frames), MOST))
    answers: list[Tensor] = []

    def forward(present: Tensor) -> Tensor:
        with torch.no_grad():
            clips = [score(replaced(frames, base_clip, p == 0)) for p in present.split(most)]
        answers.append(torch.cat(clips))
        return answers[-1]

    missed = infidelity(
        forward,
        lambda present: (boxes.float(), present - boxes.float()),
        torch.ones(1, *values.shape, device=frames.device),
        torch.tensor(values, device=frames.device)[None],
        n_perturb_samples=BOXES,
        normalize=True,
    )
    without, whole = answers
    empty = (whole - without).square().mean()  # what a map of zeros misses
    return float(missed / empty) if empty > 0 else 1.0


def random_box(shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
    """Draws a box, bool (frame, grid, grid): an eighth to a half of each side, at least one."""
    box = torch.zeros(shape, dtype=torch.bool)
    cut = []
    for side in shape:
        length = max(1, int(side * rng.uniform(1 / 8, 1 / 2)))
        first = int(rng.integers(side - length + 1))
        cut.append(slice(first, first + length))
    box[tuple(cut)] = True
    return box


def _largest_change(
    frames: Tensor, values: np.ndarray, again: Callable[[Tensor], np.ndarray], seed: int
) -> float:
    """Measures the largest change of the map under noise, over its size: sensitivity-max."""
    rng = torch.Generator("cpu").manual_seed(seed)

    def explain(clips: Tensor | tuple[Tensor, ...]) -> Tensor | tuple[Tensor, ...]:
        if isinstance(clips, tuple):  # Captum's own: the clip as it is, whose map is known
            return (torch.tensor(values)[None],)
        return torch.from_numpy(np.stack([again(clip[None]) for clip in clips]))

    def noisy(clips: Tensor, radius: float) -> Tensor:
        noise = torch.rand(clips.shape, generator=rng).mul_(2).sub_(1).mul_(radius)
        return clips + noise.to(clips.device)

    radius = NOISE_LEVELS / 255 / min(STD)
    return float(
        sensitivity_max(explain, frames, noisy, perturb_radius=radius, n_perturb_samples=NOISY)
    )


def _why(check: Check, best_random: float, numbers: bool) -> str:
    """Says in a sentence or two why a map passed or did not."""
    gain, motion = check.curve.gain, check.motion.gain
    if not gain and not motion:
        return "Replacing patches changes nothing in this clip: no order is better than another."
    alike, change = f"{check.randomised:.2f}", f"{check.sensitivity:.0%}"
    if not numbers:
        return "Not to be relied on here: the map holds values that are no numbers."
    if not check.passed:
        said = {
            "random": f"its order of patches ({gain:+.2f}) is no better than a random one "
            f"({best_random:+.2f})",
            "randomised": f"a model that knows nothing gets much the same map (ranks agree by "
            f"{alike})",
            "sensitivity": f"noise that nobody sees changes it by {change} of its size",
        }
        if np.isnan(check.randomised):
            said["randomised"] = "a model that knows nothing gets a map that holds no numbers"
        if np.isnan(check.sensitivity):
            said["sensitivity"] = "noise that nobody sees makes it a map that holds no numbers"
        failed = [said[name] for name in NEEDED if not check.verdicts[name]]
        return f"Not to be relied on here: {'; '.join(failed)}."
    better = "and than" if check.verdicts["motion"] else "but not than"
    explained = f"{max(0.0, 1 - check.infidelity):.0%}"
    amounts = "as amounts, too" if check.verdicts["infidelity"] else "not as amounts"
    return (
        f"Its order of patches ({gain:+.2f}) is better than random ones ({check.random.gain:+.2f}) "
        f"{better} that of motion energy ({motion:+.2f}), and the map goes when what the model "
        f"learned is gone (ranks agree by {alike}). Read it as an order, and {amounts}: it "
        f"explains {explained} of what replacing boxes does."
    )


def measured(name: str, question: str = "") -> dict[str, Any] | None:
    """Reads how the methods did on a fixed set of clips; None for a model that was not measured.

    Of a model that answers several questions each has a set of its own.

    `python -m benchmarks.studies.attributions` made it; it holds for the weights that it names.
    """
    about = f".{question}" if question else ""
    path = SHIPPED / f"{name}{about}.attributions.json"
    if name not in list_models() or path.parent != SHIPPED or not path.is_file():
        return None
    found = json.loads(path.read_text())
    return found if found["weights"] == fingerprint(name) else None
