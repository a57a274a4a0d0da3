"""Measures how sure a model is of the truth as one property of a synthetic clip changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sct.evaluation.accuracy import no_nan
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.questions import only_question
from sct.synthetic.composite import answer_in
from sct.synthetic.from_spec import render_spec, spec_scenes
from sct.synthetic.spec import ClipSpec, fastest
from sct.video.clip import normalise

FIELDS = ("speed", "noise", "offset")
SCENES = 6
_VALUES = 16
_SLOWEST, _NOISIEST = 0.25, 80.0


@dataclass(frozen=True)
class Point:
    """The result at one value of a sweep.

    Attributes:
        value: pixels a frame, grey levels, or frames from query to key.
        truth: the label that is true there; a shot of no speed is static.
        probability: of that label, one number a scene.
        right: for how many scenes it was the likeliest label.
    """

    value: float
    truth: str
    probability: tuple[float, ...]
    right: int

    @property
    def mean(self) -> float:
        return sum(self.probability) / len(self.probability)


@dataclass(frozen=True)
class MatchingRange:
    """The range in which one stage of shifted MSA can match.

    Attributes:
        stage: from 1.
        token: side of a token, in pixels of the model's view.
        window: side of what a patch looks at, in the same pixels.
        leaves: pixels a frame from which on a pan or tilt has carried everything out of the window
            that a patch looks at; None where no earlier frame is looked at.
    """

    stage: int
    token: int
    window: int
    leaves: float | None


def matching_ranges(
    config: SCTConfig, ablation: Ablation | None = None
) -> tuple[MatchingRange, ...]:
    """Finds what each stage can match, from its window and its offset.

    Where heads look back by different offsets, the least counts. Stages without shifted MSA are
    left out.

    Raises:
        ValueError: the ablation does not fit the config.
    """
    settings = (ablation or Ablation()).resolve(config, config.image_size)
    found = []
    for stage, (use, grid) in enumerate(zip(settings, config.shifted_grids, strict=True), 1):
        if use.shifted == "off" or not config.shifted_blocks:
            continue
        token = config.image_size // grid
        window = token * (grid if use.window == "frame" else config.chunk)
        back = [offset for offset in use.offsets if offset and use.shifted == "on"]
        found.append(MatchingRange(stage, token, window, window / min(back) if back else None))
    return tuple(found)


def values(field: str, shot: ClipSpec, config: SCTConfig) -> tuple[float, ...]:
    """Lists what a sweep goes through: speeds by equal factors, faint noise more closely, offsets.

    Raises:
        ValueError: an unknown field, or a speed of what has none.
    """
    if field == "offset":
        return tuple(float(offset) for offset in range(1, config.frames))
    most = {"speed": fastest(shot.moves), "noise": _NOISIEST}.get(field)
    if most is None:
        raise ValueError(f"sweep {field!r}: allowed: {', '.join(FIELDS)}")
    if not most:
        raise ValueError(f"sweep 'speed': {shot.moves} has no speed to change")
    share = [i / (_VALUES - 1) for i in range(_VALUES)]
    if field == "noise":
        return tuple(round(most * s**2, 2) for s in share)
    # From a speed that is slow but not none: what stands still has another label.
    return tuple(round(_SLOWEST * (most / _SLOWEST) ** s, 2) for s in share)


def recognised_speeds(
    points: Sequence[Point], level: float = 0.5
) -> tuple[float | None, float | None] | None:
    """Finds the speeds between which the truth is told.

    That is where its mean probability crosses `level` below and above its peak, read off between
    two points on a logarithmic scale.

    Args:
        points: of a sweep of speed, slow ones first.

    Returns:
        (slowest, fastest), None for an end at which it is still told; None where it is nowhere.
    """
    means = [0.0 if math.isnan(p.mean) else p.mean for p in points]  # NaN tells nothing
    peak = max(range(len(means)), key=means.__getitem__, default=None)
    if peak is None or means[peak] < level:
        return None

    def crossing(way: int) -> float | None:
        inside = peak
        while 0 <= (outside := inside + way) < len(points):
            if means[outside] < level:
                share = (means[inside] - level) / (means[inside] - means[outside])
                start, end = points[inside].value, points[outside].value
                return start * (end / start) ** share
            inside = outside
        return None

    return crossing(-1), crossing(1)


@torch.inference_mode()
def point(
    model: SCT,
    shot: ClipSpec,
    field: str,
    value: float,
    ablation: Ablation | None = None,
    scenes: int = SCENES,
    scenery: Callable[[str, int, int], Tensor] = spec_scenes,
) -> Point:
    """Measures one point of a sweep: the same motion over several scenes, in one batch.

    Args:
        model: whose labels are those of synthetic clips, or of a question about composite ones.
        shot: its own scene is the first, the others follow by number.
        field, value: what is set, one of `FIELDS`.
        ablation: under which the model is asked; an offset takes the place of its own.
        scenery: makes the scene of a texture, seed and size, as `spec_scenes` does.

    Raises:
        ValueError: a value out of range; an ablation that does not fit; a shot whose motion has no
            label, or one that the model does not know.
    """
    config, ablation = model.config, ablation or Ablation()
    only_question(config)
    if field == "offset":
        ablation = replace(ablation, offsets=(int(value),))
    elif field in FIELDS:
        shot = replace(shot, **{field: value})
    else:
        raise ValueError(f"sweep {field!r}: allowed: {', '.join(FIELDS)}")
    truth = answer_in(shot.label, config.labels)
    if truth is None:
        raise ValueError(f"sweep: the model has no label for {shot.label or 'this path'}")
    made = []
    for seed in ((shot.seed + i) % 1_000_000 for i in range(scenes)):
        one = replace(shot, seed=seed)
        given = scenery(one.texture, seed, config.image_size)
        made.append(render_spec(one, config.frames, config.image_size, given).batch.frames)
    logits = no_nan(model(normalise(torch.cat(made).to(model.device)), ablation).logits).float()
    place = config.labels.index(truth)
    probability = logits.softmax(-1)[:, place].tolist()
    right = int((logits.argmax(-1) == place).sum())
    return Point(float(value), truth, tuple(probability), right)
