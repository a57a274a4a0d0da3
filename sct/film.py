"""Filming a scene along a camera's path, with what a shutter, a lens and a sensor add to it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.dice import Dice
from sct.scenes import halved, softened


def film(
    scenes: Tensor, linear: Tensor, centre: Tensor, size: int, clean: bool, dice: Dice
) -> Tensor:
    """Take the frames.

    Args:
        scenes: float32 (B, 3, side, side) in [0, 1], as from `make_scenes`.
        linear, centre: the paths, as from `draw_paths`.
        size: S, pixels a side of the frames.
        clean: leave out motion blur, changing focus and light, vignetting and noise.

    Returns:
        uint8 (B, T, 3, S, S) on the device of the scenes.
    """
    shots = _shoot(scenes, linear, centre, size)
    if not clean:
        _smear(shots, scenes, linear, centre, dice)
        _focus(shots, dice)
        _sense(shots, dice)
    pictures = shots.mul_(255).add_(0.5).clamp_(0, 255).to(torch.uint8)
    return pictures.transpose(1, 2).contiguous()


def _shoot(scenes: Tensor, linear: Tensor, centre: Tensor, size: int) -> Tensor:
    """Sample the scenes: float32 (B, 3, T, S, S).

    Frames that see their scene from afar blend in coarser copies of it, without which fine texture
    would flicker.
    """
    device, side, frames = scenes.device, scenes.shape[-1], linear.shape[1]
    matrix, offset = ((part * 2 / side).float().to(device) for part in (linear, centre))
    at = torch.arange(size, device=device) - (size - 1) / 2
    grid = torch.empty(len(scenes), frames, size, size, 2, device=device)
    for axis in range(2):
        to_x, to_y = matrix[:, :, None, None, axis].unbind(-1)
        across = to_x * at + offset[:, :, None, None, axis]
        torch.add(across, to_y * at[:, None], out=grid[..., axis])
    grid = grid.flatten(1, 2)  # all frames of a clip are one tall picture

    def sample(image: Tensor, where: Tensor) -> Tensor:
        taken = F.grid_sample(image, where, padding_mode="reflection", align_corners=False)
        return taken.unflatten(2, (frames, size))

    shots = sample(scenes, grid)
    level = torch.linalg.det(linear).abs().sqrt().log2() - 0.4  # (B, T), above 0 from afar
    coarse, depth = scenes, 0
    while depth < level.max():
        coarse = halved(coarse)
        far = (level > depth).any(dim=1).nonzero()[:, 0]
        weight = (level[far] - depth).clamp(0, 1).float().to(device)[:, None, :, None, None]
        far = far.to(device)
        shots[far] = shots[far].lerp(sample(coarse[far], grid[far]), weight)
        depth += 1
    return shots


def _smear(shots: Tensor, scenes: Tensor, linear: Tensor, centre: Tensor, dice: Dice) -> None:
    """Motion blur for one clip in eight, in place: a mean over the time about each frame."""
    chosen = dice.chance((len(shots),), 0.125).nonzero()[:, 0]
    exposure = dice.uniform((len(chosen), 1, 1), 0.1, 0.3).double()
    if shots.shape[2] < 2 or not len(chosen):
        return
    here = chosen.to(shots.device)
    linear, centre = linear[chosen], centre[chosen]
    turn, drift = (
        torch.gradient(linear, dim=1)[0] * exposure[..., None],
        torch.gradient(centre, dim=1)[0] * exposure,
    )
    total = shots[here]
    for way in (-1, 1):  # as much before as after, so that the blur's middle moves as the truth
        total += _shoot(scenes[here], linear + way * turn, centre + way * drift, shots.shape[-1])
    shots[here] = total / 3


def _focus(shots: Tensor, dice: Dice) -> None:
    """Let one clip in five come into focus or go out of it, in place.

    Zooms change the sharpness of a scene of so many pixels: the other motions must at times, too,
    or sharpness would tell the label.
    """
    chosen = dice.chance((len(shots),), 0.2).nonzero()[:, 0]
    worst = dice.uniform((len(chosen), 1), 0.3, 1.0)
    falling = dice.chance((len(chosen), 1), 0.5)
    if not len(chosen):
        return
    ramp = torch.linspace(0, 1, shots.shape[2])
    soft = (torch.where(falling, ramp.flip(0), ramp) * worst).to(shots.device)
    here = chosen.to(shots.device)
    sharp = shots[here]
    shots[here] = sharp.lerp(softened(softened(sharp)), soft[:, None, :, None, None])


def _sense(shots: Tensor, dice: Dice) -> None:
    """Vignetting fixed to the camera, changing light and sensor noise, in place."""
    count, _, frames, size, _ = shots.shape
    one = (count, 1, 1, 1, 1)
    at = torch.linspace(-1, 1, size)
    distance = (at.square()[:, None] + at.square()) / 2
    dark = dice.uniform(one, 0.0, 0.45) * dice.chance(one, 0.4)
    shots *= (1 - dark * distance).to(shots.device)

    time = torch.linspace(-1, 1, frames).view(1, 1, -1, 1, 1)
    drift = dice.normal((count, 3, 1, 1, 1)) * 0.015 + dice.normal(one) * 0.05
    flicker = dice.normal((count, 1, frames, 1, 1)) * (dice.uniform(one) ** 3 * 0.05)
    shots *= (1 + drift * time + flicker).to(shots.device)

    # Each frame's noise is cut at a random place out of a strip, half of it sharp and half blurred
    # as compression leaves it: to draw every pixel's own costs as much as the rest of the film.
    length = 3 * size * size
    strip = dice.noise((8 * length,))
    blurred = strip[4 * length :]
    blurred[:-1] += blurred[1:].clone()
    blurred *= 0.5**0.5
    places = dice.integers(3 * length, (count, frames))
    places = places + 4 * length * dice.integers(2, (count, 1))
    noise = torch.stack([strip[place : place + length] for place in places.flatten().tolist()])
    noise = noise.view(count, frames, 3, size, size).transpose(1, 2)
    shots += noise.mul_((dice.uniform(one) ** 3 * 0.05).to(shots.device))
