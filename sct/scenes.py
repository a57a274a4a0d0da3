"""Random textured scenes for procedural clips: 1/f colour noise, dead leaves, strokes, stripes, gradients.

A model trained on one kind of texture reads the motion of that texture only, so everything that a real picture can
vary in is drawn anew for each scene: spectrum, density and size of shapes, colours, contrast, tone, sharpness.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Layers of shapes: (cells a side, "leaf" | "line" | "text"). A layer has one shape a cell at most, so the number of
# shapes grows fourfold as their size halves: the scale-invariant size distribution of natural scenes.
_LAYERS = (
    *((1, "leaf"),) * 5,
    *((2, "leaf"),) * 3,
    *((4, "leaf"),) * 2,
    *((8, "leaf"),) * 2,
    (16, "leaf"),
    (32, "leaf"),
    (2, "line"),
    (8, "line"),
    (32, "text"),
)
_SHAPES = sum(cells * cells for cells, _ in _LAYERS)
_GRAIN = 64  # every canvas side is a multiple of this, so that all layers have whole cells


class Dice:
    """Random numbers from one seed: small parameters from a CPU stream, large fields from one on `device`."""

    def __init__(self, seed: int, device: torch.device):
        self.device = device
        self.host = torch.Generator().manual_seed(seed)
        # The streams are apart, so that labels and camera are the same on every device.
        self.field = torch.Generator(device=device).manual_seed(seed ^ 0x5DEECE66D)

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Tensor:
        """Float32 on the CPU, uniform in [low, high)."""
        return torch.rand(shape, generator=self.host) * (high - low) + low

    def normal(self, shape: tuple[int, ...]) -> Tensor:
        """Float32 on the CPU, standard normal."""
        return torch.randn(shape, generator=self.host)

    def chance(self, shape: tuple[int, ...], probability: float) -> Tensor:
        """Bool on the CPU, True with `probability`."""
        return torch.rand(shape, generator=self.host) < probability

    def integers(self, high: int, count: int) -> list[int]:
        """`count` ints in [0, high)."""
        return torch.randint(high, (count,), generator=self.host).tolist()

    def noise(self, shape: tuple[int, ...]) -> Tensor:
        """Float32 on `device`, standard normal."""
        return torch.randn(shape, generator=self.field, device=self.device)


def canvas_side(size: int) -> int:
    """Pixels a side of the scene for frames of `size`: about 2.3 frames wide."""
    return _GRAIN * max(2, -(-size * 9 // (4 * _GRAIN)))


def make_scenes(count: int, side: int, dice: Dice) -> Tensor:
    """Draw scenes.

    Args:
        count: how many.
        side: pixels a side, a multiple of 64.
        dice: where the random numbers come from.

    Returns:
        float32 (count, 3, side, side) in [0, 1] on the device of `dice`.
    """
    device = dice.device
    shapes = _arranged(_leaves(-(-count // 3), side, dice), count, dice)  # (B, side, side)
    attributes = _attributes(count, dice).to(device)  # (B, 6, shapes + 1)
    index = shapes.flatten(1)[:, None].expand(-1, attributes.shape[1], -1)
    painted = attributes.gather(2, index).unflatten(2, (side, side))
    colour, texture, shade, stripe = painted.split((3, 1, 1, 1), dim=1)

    slope = dice.uniform((count, 1, 1, 1), -0.25, 0.9).to(device)
    grain = _octaves(count, 1, side, slope, dice)
    chroma = _octaves(count, 3, side // 2, slope + 0.3, dice)
    chroma_gain = (dice.uniform((count, 1, 1, 1)) ** 2 * 0.5).to(device)
    light = grain * texture
    light += _ramp(count, side, dice) * shade
    striped = dice.chance((count,), 0.2).nonzero()[:, 0]
    if len(striped):
        rows = striped.to(device)
        light[rows] += _stripes(len(striped), side, dice) * stripe[rows]
    scene = colour + light
    scene += F.interpolate(chroma * chroma_gain, scale_factor=2, mode="bilinear")
    return _developed(scene, dice)


def _leaves(count: int, side: int, dice: Dice) -> Tensor:
    """Overlapping hard-edged shapes: int64 (count, side, side), the number of the shape on top, 0 for none."""
    order = sorted(
        range(len(_LAYERS)),
        key=lambda i: _LAYERS[i][0] ** 0.5 + 2.5 * dice.uniform(()).item(),
    )
    first = [0]
    for cells, _ in _LAYERS:
        first.append(first[-1] + cells * cells)
    canvas = torch.zeros(count, side, side, dtype=torch.int32, device=dice.device)
    upright = dice.chance((count, 1, 1, 1), 0.5)
    density = dice.uniform((count, 1, 1, 1), 0.25, 1.0)
    for layer in order:
        cells, kind = _LAYERS[layer]
        shape = _shape_parameters(count, cells, kind, upright, density, dice).to(dice.device)
        shift = dice.integers(side, 2)
        number = (
            torch.arange(1, cells * cells + 1, dtype=torch.int32, device=dice.device) + first[layer]
        )
        number = number.view(1, cells, 1, cells, 1)
        # One scene at a time stays in a CPU's cache; a GPU wants them all at once.
        step = 1 if dice.device.type == "cpu" else count
        for i in range(0, count, step):
            part = canvas[i : i + step]
            inside = _inside(shape[:, i : i + step], side // cells)
            tiled = part.view(-1, cells, side // cells, cells, side // cells)
            painted = torch.where(inside, number, tiled).view_as(part)
            canvas[i : i + step] = painted.roll(shift, dims=(1, 2)) if cells > 1 else painted
    return canvas.long()


def _shape_parameters(
    count: int, cells: int, kind: str, upright: Tensor, density: Tensor, dice: Dice
) -> Tensor:
    """float32 (8, count, cells, cells): centre row and column, unit axes over half sizes, roundness, taper.

    Lengths are in cells. Half-diagonal plus offset stays within half a cell, so no shape is cut by its cell.
    """
    grid = (count, cells, cells)
    upright, density = upright[..., 0], density[..., 0]
    reach = dice.uniform(grid, 0.2, 0.5)
    if kind == "leaf":
        aspect = torch.exp2(dice.uniform(grid, -1.6, 1.6))
        present = dice.chance(grid, 0.75)
    else:
        aspect = torch.exp2(
            dice.uniform(grid, 3.0, 5.0) if kind == "line" else dice.uniform(grid, 1.0, 2.5)
        )
        aspect = torch.where(dice.chance(grid, 0.5), aspect, 1 / aspect)
        present = dice.chance(grid, 0.5)
    present &= dice.uniform(grid) < density
    if kind == "text":  # strokes stand close together in a few blocks of the scene, as writing does
        blocks = dice.chance((count, 4, 4), 0.2)
        present |= dice.chance(grid, 0.6)
        present &= blocks.repeat_interleave(cells // 4, 1).repeat_interleave(cells // 4, 2)
        reach = dice.uniform(grid, 0.35, 0.5)
    half_width = reach / torch.sqrt(1 + aspect**-2)
    half_height = half_width / aspect
    room = 0.5 - reach if cells > 1 else torch.full(grid, 0.5)
    angle = dice.uniform(grid, 0, 2 * torch.pi)
    angle = torch.where(upright & dice.chance(grid, 0.85), dice.uniform(grid, -0.06, 0.06), angle)
    round_ = torch.where(dice.chance(grid, 0.5), dice.uniform(grid), dice.chance(grid, 0.6).float())
    taper = dice.uniform(grid, -1, 1) * dice.chance(grid, 0.35)
    row = dice.uniform(grid, -1, 1) * room
    column = dice.uniform(grid, -1, 1) * room
    # An absent shape lies far outside its cell.
    column = torch.where(present, column, torch.full_like(column, 1e4))
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack(
        (
            row,
            column,
            cos / half_width,
            sin / half_width,
            -sin / half_height,
            cos / half_height,
            round_,
            taper,
        )
    )


def _inside(shape: Tensor, pixels: int) -> Tensor:
    """bool (n, cells, pixels, cells, pixels): which pixels of each cell its shape covers."""
    row, column, ux, uy, vx, vy, round_, taper = shape[:, :, :, None, :, None]
    at = (torch.arange(pixels, device=shape.device) + 0.5) / pixels - 0.5
    x = at - column
    y = at[:, None, None] - row
    u = ux * x + uy * y
    v = vx * x + vy * y
    v = torch.addcmul(v, v, u * taper)
    u, v = u.square_(), v.square_()
    # max + roundness x min: a rectangle at 0, an ellipse at 1, a rounded rectangle between.
    return torch.maximum(u, v).addcmul_(torch.minimum(u, v), round_) < 1


def _arranged(pool: Tensor, count: int, dice: Dice) -> Tensor:
    """Give each scene an arrangement of shapes from the pool, shifted, flipped and turned: (count, side, side)."""
    side = pool.shape[-1]
    out = torch.empty(count, side, side, dtype=pool.dtype, device=pool.device)
    turns, flips = dice.integers(4, count), dice.integers(2, count)
    rows, columns = dice.integers(side, count), dice.integers(side, count)
    for i in range(count):
        one = pool[i % len(pool)].roll((rows[i], columns[i]), dims=(0, 1))
        out[i] = torch.rot90(one.flip(0) if flips[i] else one, turns[i])
    return out


def _attributes(count: int, dice: Dice) -> Tensor:
    """float32 (count, 6, shapes + 1): red, green, blue, texture gain, shade gain, stripe gain of every shape."""
    n = _SHAPES + 1
    # Colours of a scene cluster about a few; luminance varies more than hue.
    palette = dice.normal((count, 3, 6)) * torch.tensor([1.0, 1.0, 1.0])[:, None]
    choice = torch.randint(6, (count, 1, n), generator=dice.host).expand(-1, 3, -1)
    hue = palette.gather(2, choice) * dice.uniform((count, 1, 1), 0.0, 0.6)
    light = dice.normal((count, 1, n))
    contrast = torch.where(
        dice.chance((count, 1, 1), 0.12), torch.zeros(()), dice.uniform((count, 1, 1), 0.3, 1.2)
    )
    colour = (light + hue + dice.normal((count, 3, n)) * 0.12) * contrast
    gain = dice.uniform((count, 1, n)) ** 1.5 * dice.chance((count, 1, n), 0.75)
    texture = gain * dice.uniform((count, 1, 1), 0.05, 1.3)
    texture = torch.where(contrast == 0, dice.uniform((count, 1, n), 0.6, 1.0), texture)
    shade = dice.normal((count, 1, n)) * dice.uniform((count, 1, 1), 0.0, 0.6)
    stripe = dice.uniform((count, 1, n)) * dice.chance((count, 1, n), 0.4)
    return torch.cat((colour, texture, shade, stripe), dim=1)


def _octaves(count: int, channels: int, side: int, slope: Tensor, dice: Dice) -> Tensor:
    """Noise whose amplitude falls as frequency^-(1 + slope): (count, channels, side, side), about unit variance."""
    level = side // 32 if side % 32 == 0 else 4
    field = dice.noise((count, channels, level, level))
    power = torch.ones_like(slope)
    fall = torch.exp2(-slope)
    gain = fall
    while level < side:
        level *= 2
        field = F.interpolate(field, scale_factor=2, mode="bilinear")
        field.addcmul_(dice.noise(tuple(field.shape)), gain)
        power = power * 0.6 + gain**2  # interpolating costs about 40% of the variance
        gain = gain * fall
    return field / power.sqrt()


def _ramp(count: int, side: int, dice: Dice) -> Tensor:
    """A smooth light across each scene: (count, 1, side, side) in about [-1.4, 1.4]."""
    direction = dice.uniform((count, 1), 0, 2 * torch.pi)
    at = torch.linspace(-1, 1, side)
    rows = (torch.sin(direction) * at)[:, None, :, None].to(dice.device)
    columns = (torch.cos(direction) * at)[:, None, None, :].to(dice.device)
    return rows + columns


def _stripes(count: int, side: int, dice: Dice) -> Tensor:
    """Stripes or checkers of any angle and a period of 5 to 40 pixels: (count, 1, side, side) in [-1, 1]."""
    frequency = torch.exp2(dice.uniform((count, 1), -5.3, -2.3)) * 2 * torch.pi
    angle = dice.uniform((count, 1), 0, torch.pi)
    at = torch.arange(side, dtype=torch.float32)
    along = (frequency * torch.cos(angle) * at).to(dice.device)
    across = (frequency * torch.sin(angle) * at).to(dice.device)
    wave = torch.sin(along[:, None, None, :] + across[:, None, :, None])
    checked = dice.chance((count, 1, 1, 1), 0.4).to(dice.device)
    other = torch.sin(along[:, None, :, None] - across[:, None, None, :])
    wave = wave * torch.where(checked, other, torch.ones_like(other))
    hard = dice.uniform((count, 1, 1, 1), 1.0, 6.0).to(dice.device)
    return (wave * hard).clamp_(-1, 1)


def _developed(scene: Tensor, dice: Dice) -> Tensor:
    """Blur, saturation, contrast, brightness and tone, each drawn a scene: the same shape, in [0, 1]."""
    count = len(scene)
    one = (count, 1, 1, 1)
    for kernel, probability in ((3, 0.4), (5, 0.12)):
        soft = dice.chance((count,), probability).nonzero()[:, 0]
        if len(soft):
            rows = soft.to(dice.device)
            scene[rows] = F.avg_pool2d(
                scene[rows], kernel, stride=1, padding=kernel // 2, count_include_pad=False
            )
    grey = scene.mean(dim=1, keepdim=True)
    mean = grey.mean(dim=(2, 3), keepdim=True)
    deviation = grey.std(dim=(2, 3), keepdim=True).clamp_min(1e-4)
    saturation = dice.uniform(one, 0.2, 1.5) * ~dice.chance(one, 0.1)
    contrast = dice.uniform(one, 0.07, 0.28).to(dice.device)
    brightness = dice.uniform((count, 3, 1, 1), -0.05, 0.05) + dice.uniform(one, 0.3, 0.65)
    scale = contrast / deviation
    scene = torch.lerp(grey, scene, saturation.to(dice.device))
    scene = torch.addcmul(brightness.to(dice.device) - mean * scale, scene, scale).clamp_(0, 1)
    # x + g x (1 - x): a gamma of about 0.6 to 1.6 without a power for every pixel.
    tone = dice.uniform(one, -0.5, 0.5).to(dice.device)
    return torch.addcmul(scene, scene * (1 - scene), tone)
