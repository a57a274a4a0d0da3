"""Filming a scene along a camera's path, with what a shutter, a lens and a sensor add to it."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from sct.synthetic.camera import Paths
from sct.synthetic.objects import Sprites
from sct.synthetic.rng import Rng
from sct.synthetic.scenes import halved, softened


class Layers(NamedTuple):
    """What is before the camera: scenes float32 (B, 3, side, side) in [0, 1], the paths over them
    in scene pixels, and the things before them (None: there are none), the lower ones first."""

    scenes: Tensor
    paths: Paths
    sprites: tuple[Sprites | None, ...]

    def only(self, chosen: Tensor) -> Layers:
        """The same of some clips; `chosen` int64 (n,), rising, on the CPU."""
        sprites = []
        for sprite in filter(None, self.sprites):
            mine = torch.isin(sprite.rows, chosen).nonzero()[:, 0]
            picture = sprite.picture[mine.to(sprite.picture.device)]
            rows = torch.searchsorted(chosen, sprite.rows[mine])
            sprites.append(Sprites(picture, sprite.paths.of(mine), rows))
        scenes = self.scenes[chosen.to(self.scenes.device)]
        return Layers(
            scenes, self.paths.of(chosen), tuple(s if len(s.rows) else None for s in sprites)
        )

    def later(self, share: Tensor) -> Layers:
        """The same, `share` (B,) of a frame later, or earlier where it is negative."""
        sprites = [
            s._replace(paths=_later(s.paths, share[s.rows])) for s in filter(None, self.sprites)
        ]
        return Layers(self.scenes, _later(self.paths, share), tuple(sprites))


def render(take: Layers, size: int, clean: bool, rng: Rng) -> tuple[Tensor, Tensor]:
    """Layers the frames.

    Args:
        take: what is before the camera.
        size: S, pixels a side of the frames.
        clean: leave out motion blur, changing focus and light, vignetting, noise and compression.

    Returns:
        uint8 (B, T, 3, S, S), and uint8 (B, T, S, S) which layer each pixel shows: 0 the scene, i
        the things of `take.sprites[i - 1]`; both on the device of the scenes.
    """
    shots, shown = _render_layers(take, size)
    if not clean:
        _motion_blur(shots, take, rng)
        _defocus(shots, rng)
        _sensor(shots, rng)
        _compress(shots, rng)
    pictures = shots.mul_(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
    return pictures.transpose(1, 2).contiguous(), shown


def _render_layers(take: Layers, size: int) -> tuple[Tensor, Tensor]:
    """float32 (B, 3, T, S, S), and which layer each pixel shows, uint8 (B, T, S, S)."""
    shots = _render_scene(take.scenes, take.paths, size)
    device = shots.device
    shown = torch.zeros(len(shots), *shots.shape[2:], dtype=torch.uint8, device=device)
    for layer, sprite in enumerate(take.sprites, start=1):
        if sprite is None:
            continue
        grid = _grid(sprite.paths, 1.0, size, device)
        taken = _sample(sprite.picture, grid, "zeros")
        alpha, rows = taken[:, 3:], sprite.rows.to(device)
        below = shots[rows]
        shots[rows] = torch.addcmul(below, alpha, taken[:, :3] - below)
        shown[rows] = torch.where(alpha[:, 0] > 0.5, layer, shown[rows])
    return shots, shown


def _grid(paths: Paths, scale: float, size: int, device: torch.device) -> Tensor:
    """Where `F.grid_sample` looks: (n, T * S, S, 2); all frames of a clip are one tall picture."""
    matrix, offset = ((part * scale).float().to(device) for part in paths)
    at = torch.arange(size, device=device) - (size - 1) / 2
    grid = torch.empty(*matrix.shape[:2], size, size, 2, device=device)
    for axis in range(2):
        to_x, to_y = matrix[:, :, None, None, axis].unbind(-1)
        across = to_x * at + offset[:, :, None, None, axis]
        torch.add(across, to_y * at[:, None], out=grid[..., axis])
    return grid.flatten(1, 2)


def _sample(image: Tensor, grid: Tensor, padding: str) -> Tensor:
    """(n, channel, T, S, S)"""
    size = grid.shape[2]
    taken = F.grid_sample(image, grid, padding_mode=padding, align_corners=False)
    return taken.unflatten(2, (-1, size))


def _render_scene(scenes: Tensor, paths: Paths, size: int) -> Tensor:
    """Sample the scenes: float32 (B, 3, T, S, S).

    Frames that see their scene from afar blend in coarser copies of it, without which fine texture
    would flicker.
    """
    device = scenes.device
    grid = _grid(paths, 2 / scenes.shape[-1], size, device)
    shots = _sample(scenes, grid, "reflection")
    level = torch.linalg.det(paths.linear).abs().sqrt().log2() - 0.4  # (B, T), above 0 from afar
    coarse, depth = scenes, 0
    while depth < level.max():
        coarse = halved(coarse)
        far = (level > depth).any(dim=1).nonzero()[:, 0]
        weight = (level[far] - depth).clamp(0, 1).float().to(device)[:, None, :, None, None]
        far = far.to(device)
        shots[far] = shots[far].lerp(_sample(coarse[far], grid[far], "reflection"), weight)
        depth += 1
    return shots


def _later(paths: Paths, share: Tensor) -> Paths:
    linear, centre = (torch.gradient(part, dim=1)[0] for part in paths)
    share = share.double()
    return Paths(
        paths.linear + share[:, None, None, None] * linear,
        paths.centre + share[:, None, None] * centre,
    )


def _motion_blur(shots: Tensor, take: Layers, rng: Rng) -> None:
    """Motion blur for one clip in eight, in place: a mean over the time about each frame."""
    chosen = rng.chance((len(shots),), 0.125).nonzero()[:, 0]
    exposure = rng.uniform((len(chosen),), 0.1, 0.3)
    if shots.shape[2] < 2 or not len(chosen):
        return
    here, take = chosen.to(shots.device), take.only(chosen)
    total = shots[here]
    for way in (-1, 1):  # as much before as after, so that the blur's middle moves as the truth
        total += _render_layers(take.later(way * exposure), shots.shape[-1])[0]
    shots[here] = total / 3


def _defocus(shots: Tensor, rng: Rng) -> None:
    """Let one clip in five come into focus or go out of it, in place.

    Zooms change the sharpness of a scene of so many pixels: the other motions must at times, too,
    or sharpness would tell the label.
    """
    chosen = rng.chance((len(shots),), 0.2).nonzero()[:, 0]
    worst = rng.uniform((len(chosen), 1), 0.3, 1.0)
    falling = rng.chance((len(chosen), 1), 0.5)
    if not len(chosen):
        return
    ramp = torch.linspace(0, 1, shots.shape[2])
    soft = (torch.where(falling, ramp.flip(0), ramp) * worst).to(shots.device)
    here = chosen.to(shots.device)
    sharp = shots[here]
    shots[here] = sharp.lerp(softened(softened(sharp)), soft[:, None, :, None, None])


def _sensor(shots: Tensor, rng: Rng) -> None:
    """Vignetting fixed to the camera, changing light and sensor noise, in place."""
    count, _, frames, size, _ = shots.shape
    one = (count, 1, 1, 1, 1)
    at = torch.linspace(-1, 1, size)
    distance = (at.square()[:, None] + at.square()) / 2
    dark = rng.uniform(one, 0.0, 0.45) * rng.chance(one, 0.4)
    shots *= (1 - dark * distance).to(shots.device)

    time = torch.linspace(-1, 1, frames).view(1, 1, -1, 1, 1)
    drift = rng.normal((count, 3, 1, 1, 1)) * 0.015 + rng.normal(one) * 0.05
    flicker = rng.normal((count, 1, frames, 1, 1)) * (rng.uniform(one) ** 3 * 0.05)
    shots *= (1 + drift * time + flicker).to(shots.device)

    # Each frame's noise is cut at a random place out of a strip, half of it sharp and half blurred
    # as compression leaves it: to draw every pixel's own costs as much as the rest of the film.
    length = 3 * size * size
    strip = rng.noise((8 * length,))
    blurred = strip[4 * length :]
    blurred[:-1] += blurred[1:].clone()
    blurred *= 0.5**0.5
    places = rng.integers(3 * length, (count, frames))
    places = places + 4 * length * rng.integers(2, (count, 1))
    noise = torch.stack([strip[place : place + length] for place in places.flatten().tolist()])
    noise = noise.view(count, frames, 3, size, size).transpose(1, 2)
    shots += noise.mul_((rng.uniform(one) ** 3 * 0.05).to(shots.device))


def _compress(shots: Tensor, rng: Rng) -> None:
    """The blocks and rings that a codec leaves in one clip in three, in place: the 8x8 cosine
    transform of each frame, rounded the more coarsely the finer the detail."""
    chosen = rng.chance((len(shots),), 0.33).nonzero()[:, 0]
    coarse = rng.uniform((len(chosen), 1, 1, 1, 1), 0.1, 1.0) ** 2
    if not len(chosen):
        return
    here, size = chosen.to(shots.device), shots.shape[-1]
    at = torch.arange(8, device=shots.device)
    basis = torch.cos((2 * at + 1) * at[:, None] * (torch.pi / 16)) / 2  # (frequency, place)
    basis[0] /= 2**0.5
    step = (0.02 + 0.02 * (at + at[:, None])) * coarse.to(shots.device)
    picture = shots[here]
    spare = -size % 8
    if spare:
        picture = F.pad(picture.flatten(1, 2), (0, spare, 0, spare), mode="replicate")
        picture = picture.unflatten(1, shots.shape[1:3])
    blocks = rearrange(picture, "n c t (i r) (j s) -> n (c t i j) () r s", r=8, s=8)
    waves = basis @ blocks @ basis.T
    waves = torch.round(waves / step) * step
    blocks = basis.T @ waves @ basis
    whole = rearrange(
        blocks, "n (c t i j) () r s -> n c t (i r) (j s)",
        c=shots.shape[1], t=shots.shape[2], i=(size + spare) // 8,
    )  # fmt: skip
    shots[here] = whole[..., :size, :size]
