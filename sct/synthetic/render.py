"""Rendering of layers along their paths, with what a shutter, a lens and a sensor add."""

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
    """The layers of clips, which are rendered one over the other.

    Attributes:
        scenes: float32 (B, 3, side, side) in [0, 1], the lowest layers.
        paths: maps from the frame to the scenes, in scene pixels.
        sprites: the objects before them, the lower ones first; None where no clip has any.
    """

    scenes: Tensor
    paths: Paths
    sprites: tuple[Sprites | None, ...]

    def only(self, chosen: Tensor) -> Layers:
        """Return the layers of some clips; `chosen` int64 (n,), rising, on the CPU."""
        sprites = []
        for sprite in filter(None, self.sprites):
            mine = torch.isin(sprite.rows, chosen).nonzero()[:, 0]
            picture = sprite.picture[mine.to(sprite.picture.device)]
            rows = torch.searchsorted(chosen, sprite.rows[mine])
            sprites.append(Sprites(picture, sprite.paths.of(mine), rows))
        left = tuple(sprite if len(sprite.rows) else None for sprite in sprites)
        scenes = self.scenes[chosen.to(self.scenes.device)]
        return Layers(scenes, self.paths.of(chosen), left)

    def later(self, share: Tensor) -> Layers:
        """Return the layers `share` (B,) of a frame later, or earlier where it is negative."""
        sprites = [
            s._replace(paths=_later(s.paths, share[s.rows])) for s in filter(None, self.sprites)
        ]
        return Layers(self.scenes, _later(self.paths, share), tuple(sprites))


def render(layers: Layers, size: int, clean: bool, rng: Rng) -> tuple[Tensor, Tensor]:
    """Render the frames of clips.

    Args:
        layers: what is before the camera.
        size: S, pixels a side of the frames.
        clean: leave out motion blur, changing focus and light, vignetting, noise and compression.

    Returns:
        uint8 (B, T, 3, S, S), and uint8 (B, T, S, S) which layer each pixel shows: 0 the scene, i
        the objects of `layers.sprites[i - 1]`; both on the device of the scenes.
    """
    images, shown = _render_layers(layers, size)
    if not clean:
        _motion_blur(images, layers, rng)
        _defocus(images, rng)
    return _recorded(images, clean, rng), shown


def film_pictures(pictures: Tensor, paths: Paths, size: int, clean: bool, rng: Rng) -> Tensor:
    """Render clips whose scene is another picture in each frame: uint8 (B, T, 3, S, S).

    Args:
        pictures: float32 (B, T, 3, side, side) in [0, 1].
        paths: maps from the frame to the pictures, in their pixels.
        size, clean: as for `render`, but there is no motion blur and no change of focus.
    """
    frames = pictures.shape[1]
    each = Paths(*(part.flatten(0, 1)[:, None] for part in paths))
    images = _render_scene(pictures.flatten(0, 1), each, size)[:, :, 0]
    images = images.unflatten(0, (-1, frames)).transpose(1, 2).contiguous()
    return _recorded(images, clean, rng)


def _recorded(images: Tensor, clean: bool, rng: Rng) -> Tensor:
    """Return what a sensor and a codec make of images: uint8 (B, T, 3, S, S)."""
    if not clean:
        _sensor(images, rng)
        _compress(images, rng)
    frames = images.mul_(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
    return frames.transpose(1, 2).contiguous()


def _render_layers(layers: Layers, size: int) -> tuple[Tensor, Tensor]:
    """Render float32 (B, 3, T, S, S), and which layer each pixel shows: uint8 (B, T, S, S)."""
    images = _render_scene(layers.scenes, layers.paths, size)
    device = images.device
    shown = torch.zeros(len(images), *images.shape[2:], dtype=torch.uint8, device=device)
    for layer, sprite in enumerate(layers.sprites, start=1):
        if sprite is None:
            continue
        grid = _grid(sprite.paths, 1.0, size, device)
        taken = _sample(sprite.picture, grid, "zeros")
        alpha, rows = taken[:, 3:], sprite.rows.to(device)
        below = images[rows]
        images[rows] = torch.addcmul(below, alpha, taken[:, :3] - below)
        shown[rows] = torch.where(alpha[:, 0] > 0.5, layer, shown[rows])
    return images, shown


def _grid(paths: Paths, scale: float, size: int, device: torch.device) -> Tensor:
    """Return the grid of `F.grid_sample`: (n, T * S, S, 2); a clip is one tall picture."""
    matrix, offset = ((part * scale).float().to(device) for part in paths)
    at = torch.arange(size, device=device) - (size - 1) / 2
    grid = torch.empty(*matrix.shape[:2], size, size, 2, device=device)
    for axis in range(2):
        to_x, to_y = matrix[:, :, None, None, axis].unbind(-1)
        across = to_x * at + offset[:, :, None, None, axis]
        torch.add(across, to_y * at[:, None], out=grid[..., axis])
    return grid.flatten(1, 2)


def _sample(image: Tensor, grid: Tensor, padding: str) -> Tensor:
    """Sample images along a grid: (n, channel, T, S, S)."""
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
    images = _sample(scenes, grid, "reflection")
    level = torch.linalg.det(paths.linear).abs().sqrt().log2() - 0.4  # (B, T), above 0 from afar
    coarse, depth = scenes, 0
    while depth < level.max():
        coarse = halved(coarse)
        far = (level > depth).any(dim=1).nonzero()[:, 0]
        weight = (level[far] - depth).clamp(0, 1).float().to(device)[:, None, :, None, None]
        far = far.to(device)
        images[far] = images[far].lerp(_sample(coarse[far], grid[far], "reflection"), weight)
        depth += 1
    return images


def _later(paths: Paths, share: Tensor) -> Paths:
    """Return the paths `share` (B,) of a frame later."""
    linear, centre = (torch.gradient(part, dim=1)[0] for part in paths)
    share = share.double()
    return Paths(
        paths.linear + share[:, None, None, None] * linear,
        paths.centre + share[:, None, None] * centre,
    )


def _motion_blur(images: Tensor, layers: Layers, rng: Rng) -> None:
    """Blur one clip in eight by its motion, in place: a mean over the time about each frame."""
    chosen = rng.chance((len(images),), 0.125).nonzero()[:, 0]
    exposure = rng.uniform((len(chosen),), 0.1, 0.3)
    if images.shape[2] < 2 or not len(chosen):
        return
    here, layers = chosen.to(images.device), layers.only(chosen)
    total = images[here]
    for way in (-1, 1):  # as much before as after, so that the blur's middle moves as the truth
        total += _render_layers(layers.later(way * exposure), images.shape[-1])[0]
    images[here] = total / 3


def _defocus(images: Tensor, rng: Rng) -> None:
    """Let one clip in five come into focus or go out of it, in place.

    Zooms change the sharpness of a scene of so many pixels: the other motions must at times, too,
    or sharpness would tell the label.
    """
    chosen = rng.chance((len(images),), 0.2).nonzero()[:, 0]
    worst = rng.uniform((len(chosen), 1), 0.3, 1.0)
    falling = rng.chance((len(chosen), 1), 0.5)
    if not len(chosen):
        return
    ramp = torch.linspace(0, 1, images.shape[2])
    soft = (torch.where(falling, ramp.flip(0), ramp) * worst).to(images.device)
    here = chosen.to(images.device)
    sharp = images[here]
    images[here] = sharp.lerp(softened(softened(sharp)), soft[:, None, :, None, None])


def _sensor(images: Tensor, rng: Rng) -> None:
    """Add vignetting fixed to the camera, changing light and sensor noise, in place."""
    count, _, frames, size, _ = images.shape
    one = (count, 1, 1, 1, 1)
    at = torch.linspace(-1, 1, size)
    distance = (at.square()[:, None] + at.square()) / 2
    dark = rng.uniform(one, 0.0, 0.45) * rng.chance(one, 0.4)
    images *= (1 - dark * distance).to(images.device)

    time = torch.linspace(-1, 1, frames).view(1, 1, -1, 1, 1)
    drift = rng.normal((count, 3, 1, 1, 1)) * 0.015 + rng.normal(one) * 0.05
    flicker = rng.normal((count, 1, frames, 1, 1)) * (rng.uniform(one) ** 3 * 0.05)
    images *= (1 + drift * time + flicker).to(images.device)

    # Each frame's noise is cut at a random place out of a strip, half of it sharp and half blurred
    # as compression leaves it: to draw every pixel's own costs as much as all the rest.
    length = 3 * size * size
    strip = rng.noise((8 * length,))
    blurred = strip[4 * length :]
    blurred[:-1] += blurred[1:].clone()
    blurred *= 0.5**0.5
    places = rng.integers(3 * length, (count, frames))
    places = places + 4 * length * rng.integers(2, (count, 1))
    noise = torch.stack([strip[place : place + length] for place in places.flatten().tolist()])
    noise = noise.view(count, frames, 3, size, size).transpose(1, 2)
    images += noise.mul_((rng.uniform(one) ** 3 * 0.05).to(images.device))


def _compress(images: Tensor, rng: Rng) -> None:
    """Add the blocks and rings of a codec to one clip in three, in place.

    The 8x8 cosine transform of each frame is rounded, more coarsely for finer detail.
    """
    chosen = rng.chance((len(images),), 0.33).nonzero()[:, 0]
    coarse = rng.uniform((len(chosen), 1, 1, 1, 1), 0.1, 1.0) ** 2
    if not len(chosen):
        return
    here, size = chosen.to(images.device), images.shape[-1]
    at = torch.arange(8, device=images.device)
    basis = torch.cos((2 * at + 1) * at[:, None] * (torch.pi / 16)) / 2  # (frequency, place)
    basis[0] /= 2**0.5
    step = (0.02 + 0.02 * (at + at[:, None])) * coarse.to(images.device)
    picture = images[here]
    spare = -size % 8
    if spare:
        picture = F.pad(picture.flatten(1, 2), (0, spare, 0, spare), mode="replicate")
        picture = picture.unflatten(1, images.shape[1:3])
    blocks = rearrange(picture, "n c t (i r) (j s) -> n (c t i j) () r s", r=8, s=8)
    waves = basis @ blocks @ basis.T
    waves = torch.round(waves / step) * step
    blocks = basis.T @ waves @ basis
    whole = rearrange(
        blocks, "n (c t i j) () r s -> n c t (i r) (j s)",
        c=images.shape[1], t=images.shape[2], i=(size + spare) // 8,
    )  # fmt: skip
    images[here] = whole[..., :size, :size]
