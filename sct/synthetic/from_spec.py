"""Filming a `ClipSpec`: its paths, its textures, its fence, and the noise of its sensor."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from sct.synthetic import camera, objects
from sct.synthetic.camera import LABELS, Paths, apply, frame_steps, rotation
from sct.synthetic.clips import FRAMES, SIZES, SyntheticBatch, SyntheticClip
from sct.synthetic.objects import Objects, Sprites, paint
from sct.synthetic.render import Layers, render
from sct.synthetic.rng import Rng
from sct.synthetic.scenes import canvas_side, make_scenes, softened
from sct.synthetic.spec import ClipSpec
from sct.validation import SENTENCE, check_whole

_SCALE = 0.8  # scene pixels a frame pixel, as many as in training, whatever the speed
_PERIOD = 16  # frame pixels of a stripe and its gap
_FENCE = 4  # bars
# An object's diameter midway, as a share of the frame's side: a spinning one must show its shape,
# one that grows must have room.
_DIAMETER = {"object spins": 0.6, "object comes": 0.45, "object goes": 0.45}
_PARTS = ("scene", "object", "shake", "noise")


def render_spec(
    shot: ClipSpec, frames: int = 8, size: int = 112, scenes: Tensor | None = None
) -> SyntheticClip:
    """Film a shot.

    The same arguments give the same bytes. One part of what the seed draws does not depend on the
    others: a shot that differs in its speed alone shows the same scene and object.

    Args:
        shot: what to film.
        frames: T, 1 to 64.
        size: pixels a side, 16 to 512.
        scenes: of `spec_scenes`, where they are there already.

    Returns:
        the clip, its label `shot.label`, and its true flow.

    Raises:
        ValueError: frames or size out of range.
    """
    for name, value, (low, high) in (("frames", frames, FRAMES), ("size", size, SIZES)):
        check_whole(name, value, low, high, form=SENTENCE)
    if scenes is None:
        scenes = spec_scenes(shot.texture, shot.seed, size)
    hand = _hand(shot, frames)
    layers = [_camera(shot, frames, size).shaken(hand)]
    sprites = []
    if shot.of_object:
        thing = _object(shot, frames, size, hand)
        sprites.append(paint(thing, scenes, size, _rng(shot, "object")))
        layers.append(thing.paths)
    if shot.occlusion:
        fence = _fence(shot.occlusion, frames, size)
        sprites.append(fence)
        layers.append(fence.paths)
    take = Layers(scenes[:1], layers[0], tuple(sprites))
    pictures, shown = render(take, size, True, _rng(shot, "noise"))
    batch = SyntheticBatch(
        frames=_noisy(pictures, shot),
        # Of a path that no label names nobody asks for this one.
        labels=torch.tensor([LABELS.index(shot.label or "static")]),
        steps=torch.stack([frame_steps(layer) for layer in layers], dim=1),
        shown=shown,
        seed=shot.seed,
    )
    return replace(batch.to_clip(0), label=shot.label)


def spec_scenes(texture: str, seed: int, size: int = 112) -> Tensor:
    """What shots of this texture and seed show, which takes longer than to film it.

    Returns:
        float32 (2, 3, side, side) in [0, 1], side = `canvas_side(size)`: the scene, and another
        that the object is cut from.
    """
    rng, side = _rng(ClipSpec(texture=texture, seed=seed), "scene"), canvas_side(size)
    if texture == "mixed":
        return make_scenes(2, side, rng)
    if texture == "grain":
        grain = softened(rng.noise((2, 3, side, side))).mul_(0.3)
        return grain.add_(0.5 + rng.uniform((2, 3, 1, 1), -0.1, 0.1)).clamp_(0, 1)
    colours = rng.uniform((2, 2, 3, 1, 1), 0.1, 0.45)
    dark, light = colours[:, 0], 1 - colours[:, 1]
    if texture == "plain":
        return light.expand(2, 3, side, side).clone()
    at = torch.arange(side) * (2 * torch.pi / (_PERIOD * _SCALE))
    wave = torch.sin(at)
    wave = wave[:, None] * wave if texture == "checks" else wave.expand(side, side)
    return dark + (light - dark) * torch.sigmoid(6 * wave)


def _rng(shot: ClipSpec, part: str) -> Rng:
    return Rng(len(_PARTS) * shot.seed + _PARTS.index(part), torch.device("cpu"))


def _ticks(frames: int) -> Tensor:
    """Frames from the middle of the way: float64 (1, T)."""
    return (torch.arange(frames, dtype=torch.float64) - (frames - 1) / 2)[None]


def _way(shot: ClipSpec, frames: int, ways: dict[str, float]) -> Tensor:
    """Pixels gone along the heading that `ways` has for it: float64 (1, T, 2)."""
    heading = torch.deg2rad(torch.tensor(ways[shot.moves], dtype=torch.float64))
    return shot.speed * _ticks(frames)[..., None] * torch.stack((heading.cos(), heading.sin()))


def _growth(sign: float, speed: float, radius: float) -> float:
    """Of the logarithm of a scale in one frame, such that a point `radius` from the middle comes
    from `speed` pixels off: from within where it grows, from without where it shrinks."""
    return -math.log1p(-sign * speed / radius)


def _turn(sign: float, speed: float, radius: float) -> float:
    """The same of an angle."""
    return sign * 2 * math.asin(speed / (2 * radius))


def _drawn(shot: ClipSpec, frames: int, size: int) -> Tensor:
    """Where a drawn path is, in frame pixels from the frame's centre: float64 (1, T, 2)."""
    return torch.from_numpy(shot.places(frames) / 100 - 0.5)[None] * size


def _camera(shot: ClipSpec, frames: int, size: int) -> Paths:
    """A path over the scene, whose middle lies under the frame's midway."""
    angle = log_scale = torch.zeros(1, frames, dtype=torch.float64)
    centre = torch.zeros(1, frames, 2, dtype=torch.float64)
    if shot.moves == "camera path":
        centre = _drawn(shot, frames, size)
        centre = centre - (centre.amin(1, keepdim=True) + centre.amax(1, keepdim=True)) / 2
    elif shot.moves in camera.HEADING:
        centre = _way(shot, frames, camera.HEADING)
    pace = (shot.speed, camera.MEAN_RADIUS * size)
    if shot.moves in camera.ZOOM:  # the picture grows as less of the scene is seen
        log_scale = -_growth(-camera.ZOOM[shot.moves], *pace) * _ticks(frames)
    if shot.moves in camera.ROLL:
        angle = _turn(camera.ROLL[shot.moves], *pace) * _ticks(frames)
    linear = rotation(angle) * (_SCALE * log_scale.exp())[..., None, None]
    return Paths(linear, apply(linear, centre))


def _hand(shot: ClipSpec, frames: int) -> Paths:
    shake = shot.shake * _rng(shot, "shake").normal((1, frames, 2)).double()
    return Paths(torch.eye(2, dtype=torch.float64).expand(1, frames, 2, 2), shake)


def _object(shot: ClipSpec, frames: int, size: int, hand: Paths) -> Objects:
    angle = growth = torch.zeros(1, frames, dtype=torch.float64)
    middle = torch.zeros(1, frames, 2, dtype=torch.float64)
    kind = next((d for starts, d in _DIAMETER.items() if shot.moves.startswith(starts)), 0.42)
    diameter = torch.tensor([kind * size], dtype=torch.float64)
    if shot.moves == "object path":
        middle = _drawn(shot, frames, size)
    elif shot.moves in objects.HEADING:
        middle = _way(shot, frames, objects.HEADING)
    pace = (shot.speed, objects.MEAN_RADIUS * kind * size)
    if shot.moves in objects.GROWTH:
        growth = _growth(objects.GROWTH[shot.moves], *pace) * _ticks(frames)
    if shot.moves in objects.SPIN:
        angle = _turn(objects.SPIN[shot.moves], *pace) * _ticks(frames)
    # A round thing that spins would hide it.
    shape = torch.tensor([0.87, 1.15], dtype=torch.float64)[:, None]
    scale = (2 / diameter)[:, None] * torch.exp(-growth)
    linear = shape * rotation(-angle) * scale[..., None, None]
    paths = Paths(linear, -apply(linear, middle))
    return Objects(torch.tensor([True]), paths.shaken(hand), diameter)


def _fence(share: float, frames: int, size: int) -> Sprites:
    """Upright bars that hang on the camera, as even as can be."""
    at = ((torch.arange(size) + 0.5) * _FENCE / size) % 1
    picture = torch.full((1, 4, size, size), 0.17)
    picture[:, 3] = ((at - 0.5).abs() < share / 2).float()
    linear = torch.eye(2, dtype=torch.float64).mul(2 / size).expand(1, frames, 2, 2)
    centre = torch.zeros(1, frames, 2, dtype=torch.float64)
    return Sprites(picture, Paths(linear, centre), torch.tensor([0]))


def _noisy(pictures: Tensor, shot: ClipSpec) -> Tensor:
    if not shot.noise:
        return pictures
    noise = _rng(shot, "noise").noise(tuple(pictures.shape)).mul_(shot.noise)
    return noise.add_(pictures).round_().clamp_(0, 255).to(torch.uint8)
