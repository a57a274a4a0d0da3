"""Rendering of a `ClipSpec`: its paths, its textures, its fence, and the noise of its sensor."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from sct.synthetic import camera, objects
from sct.synthetic.batch import FRAMES, SIZES, SyntheticBatch, SyntheticClip
from sct.synthetic.camera import LABELS, Paths, apply, frame_steps, rotation, unit_vectors
from sct.synthetic.objects import Objects, Sprites, paint
from sct.synthetic.render import Layers, render
from sct.synthetic.rng import Rng
from sct.synthetic.scenes import canvas_side, make_scenes, softened
from sct.synthetic.spec import ClipSpec
from sct.validation import SENTENCE, check_whole

_SCALE = 0.8  # scene pixels a frame pixel, as many as in training, whatever the speed
_PERIOD = 16  # frame pixels of a stripe and its gap
_FENCE = 4  # bars
# An object's diameter midway, as a share of the frame's side, 0.42 for all others: a spinning one
# must show its shape, one that grows must have room.
_DIAMETER = {"object spins": 0.6, "object comes": 0.45, "object goes": 0.45}
# The motions of camera and object: headings, signs of growth (of the picture, which grows
# as less of the scene is seen) and of turns.
_CAMERA = (camera.HEADING, {label: -sign for label, sign in camera.ZOOM.items()}, camera.ROLL)
_OBJECT = (objects.HEADING, objects.GROWTH, objects.SPIN)
_PARTS = ("scene", "object", "shake", "noise")


def render_spec(
    spec: ClipSpec, frames: int = 8, size: int = 112, scenes: Tensor | None = None
) -> SyntheticClip:
    """Render the clip that a spec describes.

    The same arguments give the same bytes. The seed draws scene, object, shake and noise apart from
    each other: a spec that differs in its speed alone shows the same scene and object.

    Args:
        spec: the clip to render.
        frames: T, 1 to 64.
        size: pixels a side, 16 to 512.
        scenes: of `spec_scenes`, drawn here if None.

    Returns:
        the clip, its label `spec.label`, and its true flow.

    Raises:
        ValueError: frames or size out of range.
    """
    for name, value, (low, high) in (("frames", frames, FRAMES), ("size", size, SIZES)):
        check_whole(name, value, low, high, form=SENTENCE)
    if scenes is None:
        scenes = spec_scenes(spec.texture, spec.seed, size)
    shake = _shake(spec, frames)
    layers = [_camera(spec, frames, size).shaken(shake)]
    sprites = []
    if spec.of_object:
        obj = _object(spec, frames, size, shake)
        sprites.append(paint(obj, scenes, size, _rng(spec, "object")))
        layers.append(obj.paths)
    if spec.occlusion:
        fence = _fence(spec.occlusion, frames, size)
        sprites.append(fence)
        layers.append(fence.paths)
    images, shown = render(
        Layers(scenes[:1], layers[0], tuple(sprites)), size, True, _rng(spec, "noise")
    )
    batch = SyntheticBatch(
        frames=_noisy(images, spec),
        # A path that no label names gets its label, None, below.
        labels=torch.tensor([LABELS.index(spec.label or "static")]),
        steps=torch.stack([frame_steps(layer) for layer in layers], dim=1),
        shown=shown,
        seed=spec.seed,
    )
    return replace(batch.to_clip(0), label=spec.label)


def spec_scenes(texture: str, seed: int, size: int = 112) -> Tensor:
    """Draw what specs of this texture and seed show, which takes longer than to render it.

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


def _rng(spec: ClipSpec, part: str) -> Rng:
    return Rng(len(_PARTS) * spec.seed + _PARTS.index(part), torch.device("cpu"))


def _growth(sign: float, speed: float, radius: float) -> float:
    """Return the growth of a scale's logarithm in one frame, at a speed `radius` from its middle.

    A point there comes from `speed` pixels off: from within where it grows, else from without.
    """
    return -math.log1p(-sign * speed / radius)


def _turn(sign: float, speed: float, radius: float) -> float:
    """Return the turn in one frame, in radians, at a mean speed `radius` from its middle."""
    return sign * 2 * math.asin(speed / (2 * radius))


def _motion(
    spec: ClipSpec, of_object: bool, frames: int, size: int, radius: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return how the camera or the object moves; it stands still if the spec moves the other one.

    `radius` is the mean distance of what grows or turns from its middle, in frame pixels.

    Returns:
        float64 (1, T, 2) the way in frame pixels, (1, T) the angle and (1, T) the growth of the
        picture or the object.
    """
    angle = growth = torch.zeros(1, frames, dtype=torch.float64)
    way = torch.zeros(1, frames, 2, dtype=torch.float64)
    headings, growths, turns = _OBJECT if of_object else _CAMERA
    tick = (torch.arange(frames, dtype=torch.float64) - (frames - 1) / 2)[None]  # from midway
    if spec.moves == ("object path" if of_object else "camera path"):
        way = torch.from_numpy(spec.places(frames) / 100 - 0.5)[None] * size
    elif spec.moves in headings:
        heading = torch.deg2rad(torch.tensor(headings[spec.moves], dtype=torch.float64))
        way = spec.speed * tick[..., None] * unit_vectors(heading)
    if spec.moves in growths:
        growth = _growth(growths[spec.moves], spec.speed, radius) * tick
    if spec.moves in turns:
        angle = _turn(turns[spec.moves], spec.speed, radius) * tick
    return way, angle, growth


def _camera(spec: ClipSpec, frames: int, size: int) -> Paths:
    """Return a path over the scene, whose middle lies under the frame's midway."""
    way, angle, growth = _motion(spec, False, frames, size, camera.MEAN_RADIUS * size)
    if spec.moves == "camera path":
        way = way - (way.amin(1, keepdim=True) + way.amax(1, keepdim=True)) / 2
    linear = rotation(angle) * (_SCALE * (-growth).exp())[..., None, None]
    return Paths(linear, apply(linear, way))


def _shake(spec: ClipSpec, frames: int) -> Paths:
    shake = spec.shake * _rng(spec, "shake").normal((1, frames, 2)).double()
    return Paths(torch.eye(2, dtype=torch.float64).expand(1, frames, 2, 2), shake)


def _object(spec: ClipSpec, frames: int, size: int, shake: Paths) -> Objects:
    share = next((d for starts, d in _DIAMETER.items() if spec.moves.startswith(starts)), 0.42)
    diameter = torch.tensor([share * size], dtype=torch.float64)
    way, angle, growth = _motion(spec, True, frames, size, objects.MEAN_RADIUS * share * size)
    # A round object that spins would hide it.
    shape = torch.tensor([0.87, 1.15], dtype=torch.float64)[:, None]
    scale = (2 / diameter)[:, None] * torch.exp(-growth)
    linear = shape * rotation(-angle) * scale[..., None, None]
    paths = Paths(linear, -apply(linear, way))
    return Objects(torch.tensor([True]), paths.shaken(shake), diameter)


def _fence(share: float, frames: int, size: int) -> Sprites:
    """Return upright bars that hang on the camera and cover a share of the frame."""
    at = ((torch.arange(size) + 0.5) * _FENCE / size) % 1
    picture = torch.full((1, 4, size, size), 0.17)
    picture[:, 3] = ((at - 0.5).abs() < share / 2).float()
    linear = torch.eye(2, dtype=torch.float64).mul(2 / size).expand(1, frames, 2, 2)
    centre = torch.zeros(1, frames, 2, dtype=torch.float64)
    return Sprites(picture, Paths(linear, centre), torch.tensor([0]))


def _noisy(pictures: Tensor, spec: ClipSpec) -> Tensor:
    if not spec.noise:
        return pictures
    noise = _rng(spec, "noise").noise(tuple(pictures.shape)).mul_(spec.noise)
    return noise.add_(pictures).round_().clamp_(0, 255).to(torch.uint8)
