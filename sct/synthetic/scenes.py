"""Random scenes for synthetic clips: 1/f colour noise, dead leaves, strokes, stripes, gradients.

A model trained on one kind of texture reads the motion of that texture only, so everything that a
real picture can vary in is drawn anew for each scene: spectrum, density and size of shapes,
colours, contrast, tone, sharpness.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.synthetic.rng import Rng

# Layers of shapes: (cells a side, "leaf" | "line" | "text"). A layer has one shape a cell at most,
# so the number of shapes grows fourfold as their size halves: the scale-invariant size
# distribution of natural scenes.
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
_COUNTS = torch.tensor([cells * cells for cells, _ in _LAYERS])
_SHAPES = int(_COUNTS.sum())
_GRAIN = 64  # every canvas side is a multiple of this, so that all layers have whole cells


def canvas_side(size: int) -> int:
    """Return the pixels a side of the scene for frames of `size`: about 2.3 frames wide."""
    return _GRAIN * max(2, -(-size * 9 // (4 * _GRAIN)))


def make_scenes(count: int, side: int, rng: Rng) -> Tensor:
    """Draw scenes.

    Args:
        count: how many.
        side: pixels a side, a multiple of 64.
        rng: source of the random numbers.

    Returns:
        float32 (count, 3, side, side) in [0, 1] on the device of `rng`.
    """
    device = rng.device
    shapes = _arranged(_leaves(-(-count // 4), side, rng), count, rng)  # (B, side, side)
    attributes = _attributes(count, rng).to(device)  # (B, 6, shapes + 1)
    index = shapes.flatten(1)[:, None].expand(-1, attributes.shape[1], -1)
    painted = attributes.gather(2, index).unflatten(2, (side, side))
    colour, texture, shade, stripe = painted.split((3, 1, 1, 1), dim=1)

    slope = rng.uniform((count, 1, 1, 1), -0.15, 1.0).to(device)
    grain = _octaves(count, 1, side, slope, rng)
    # Colour varies more slowly than light.
    chroma = _doubled(_octaves(count, 3, side // 4, slope + 0.3, rng))
    chroma *= (rng.uniform((count, 1, 1, 1)) ** 2 * 0.4).to(device)
    light = grain * texture
    light += _ramp(count, side, rng) * shade
    striped = rng.chance((count,), 0.2).nonzero()[:, 0]
    if len(striped):
        rows = striped.to(device)
        light[rows] += _stripes(len(striped), side, rng) * stripe[rows]
    scene = colour + light
    scene += _doubled(chroma)
    return _developed(scene, rng)


def _leaves(count: int, side: int, rng: Rng) -> Tensor:
    """Draw overlapping hard-edged shapes: int64 (count, side, side), the top one's number or 0."""
    nearness = torch.tensor([cells**0.5 for cells, _ in _LAYERS])
    nearness += rng.uniform((len(_LAYERS),), 0, 2.5)
    first = [1, *(_COUNTS.cumsum(0) + 1).tolist()]
    shapes = _shape_parameters(count, rng).to(rng.device)
    shifts = rng.integers(side, (len(_LAYERS), 2)).tolist()
    canvas = torch.zeros(count, side, side, dtype=torch.int32, device=rng.device)
    for layer in nearness.argsort().tolist():  # small shapes tend to lie on large ones
        cells, pixels = _LAYERS[layer][0], side // _LAYERS[layer][0]
        number = torch.arange(
            first[layer], first[layer + 1], dtype=torch.int32, device=rng.device
        ).view(cells, 1, cells, 1)
        shape = shapes[..., first[layer] - 1 : first[layer + 1] - 1].unflatten(2, (cells, cells))
        # One scene at a time stays in a CPU's cache; a GPU wants them all at once.
        step = 1 if rng.device.type == "cpu" else count
        for i in range(0, count, step):
            part = canvas[i : i + step]
            inside = _inside(shape[:, i : i + step], pixels, tapered=cells <= 8)
            tiled = part.view(-1, cells, pixels, cells, pixels)
            painted = torch.where(inside, number, tiled).view_as(part)
            if cells > 1:  # so that no cells of different layers have a border in common
                painted = painted.roll(shifts[layer], dims=(1, 2))
            canvas[i : i + step] = painted
    return canvas.long()


def _shape_parameters(count: int, rng: Rng) -> Tensor:
    """Draw float32 (8, count, shapes): centre row, column, axes over half sizes, roundness, taper.

    Lengths are in cells. Half-diagonal plus offset stays within half a cell, so no shape is cut by
    its cell; those as wide as the scene may be.
    """
    n = _SHAPES
    cells = torch.tensor([c for c, _ in _LAYERS]).repeat_interleave(_COUNTS)
    line, text = (
        torch.tensor([kind == wanted for _, kind in _LAYERS]).repeat_interleave(_COUNTS)
        for wanted in ("line", "text")
    )
    # How crowded each layer is differs from scene to scene: some have no fine detail at all.
    density = (rng.uniform((count, len(_LAYERS))) ** 2).repeat_interleave(_COUNTS, 1)
    density = torch.where(cells <= 2, density.sqrt().clamp_min(0.5), density)
    present = rng.uniform((count, n)) < density
    # Strokes stand close together in a few blocks of the scene, as writing does.
    blocks = rng.chance((count, 4, 4), 0.2).repeat_interleave(8, 1).repeat_interleave(8, 2)
    present[:, text] = blocks.flatten(1) & rng.chance((count, 1024), 0.8)

    stretch = rng.uniform((count, n), -1, 1)
    least, more = (
        torch.where(line, of_line, torch.where(text, of_text, of_leaf))
        for of_line, of_text, of_leaf in ((3.0, 1.0, 0.0), (2.0, 1.5, 1.6))
    )
    aspect = torch.exp2(least * stretch.sign() + more * stretch)
    reach = rng.uniform((count, n), 0.2, 0.5)
    half_width = reach * torch.rsqrt(1 + aspect**-2)
    half_height = half_width / aspect
    room = torch.where(cells == 1, 0.5, 0.5 - reach)
    upright = rng.chance((count, 1), 0.5) & rng.chance((count, n), 0.85)
    angle = rng.uniform((count, n), -1, 1) * torch.where(upright, 0.06, torch.pi)
    cos, sin = torch.cos(angle), torch.sin(angle)
    roundness = rng.uniform((count, n), -1, 2).clamp_(0, 1)
    taper = rng.uniform((count, n), -3, 3)
    taper = torch.where(taper.abs() < 1, taper, 0.0)
    row, column = rng.uniform((count, n), -1, 1) * room, rng.uniform((count, n), -1, 1) * room
    column = torch.where(present, column, 1e4)  # an absent shape lies far outside its cell
    return torch.stack(
        (
            *(row, column),
            *(cos / half_width, sin / half_width),
            *(-sin / half_height, cos / half_height),
            *(roundness, taper),
        )
    )


def _inside(shape: Tensor, pixels: int, tapered: bool) -> Tensor:
    """Return which pixels of each cell its shape covers: bool (n, cells, pixels, cells, pixels)."""
    at = (torch.arange(pixels, device=shape.device) + 0.5) / pixels - 0.5
    # The longer of the two, cells or pixels, goes last: short inner loops are slow on a CPU.
    if pixels < shape.shape[-1]:
        row, column, ux, uy, vx, vy, round_, taper = shape[:, :, None, None]
        x, y = at[:, None, None] - column, at[:, None, None, None] - row
    else:
        row, column, ux, uy, vx, vy, round_, taper = shape[:, :, :, None, :, None]
        x, y = at - column, at[:, None, None] - row
    u = ux * x + uy * y
    v = vx * x + vy * y
    if tapered:
        v *= (u * taper).add_(1)
    u, v = u.square_(), v.square_()
    # max + roundness x min: a rectangle at 0, an ellipse at 1, a rounded rectangle between.
    inside = torch.maximum(u, v).add_(torch.minimum(u, v).mul_(round_)) < 1
    return inside.permute(0, 3, 1, 4, 2).contiguous() if pixels < shape.shape[-1] else inside


def _arranged(pool: Tensor, count: int, rng: Rng) -> Tensor:
    """Give each scene an arrangement of shapes from the pool, shifted, flipped and turned.

    To draw one costs as much as all the rest of a scene; colours and textures are its own anyway.
    """
    side = pool.shape[-1]
    out = torch.empty(count, side, side, dtype=pool.dtype, device=pool.device)
    turns, flips, rows, columns = (
        rng.integers(choices, (count,)).tolist() for choices in (4, 2, side, side)
    )
    for i in range(count):
        one = pool[i % len(pool)].roll((rows[i], columns[i]), dims=(0, 1))
        out[i] = torch.rot90(one.flip(0) if flips[i] else one, turns[i])
    return out


def _attributes(count: int, rng: Rng) -> Tensor:
    """Draw red, green, blue and the gains of texture, shade and stripes of every shape.

    float32 (count, 6, shapes + 1), number 0 being the ground.
    """
    n = _SHAPES + 1
    # Colours of a scene cluster about a few; luminance varies more than hue.
    palette = rng.normal((count, 3, 6))
    choice = rng.integers(6, (count, 1, n)).expand(-1, 3, -1)
    hue = palette.gather(2, choice) * rng.uniform((count, 1, 1), 0.0, 0.6)
    light = rng.normal((count, 1, n))
    contrast = torch.where(
        rng.chance((count, 1, 1), 0.12), torch.zeros(()), rng.uniform((count, 1, 1), 0.3, 1.2)
    )
    colour = (light + hue + rng.normal((count, 3, n)) * 0.12) * contrast
    gain = rng.uniform((count, 1, n)) ** 2 * rng.chance((count, 1, n), 0.7)
    texture = gain * rng.uniform((count, 1, 1), 0.05, 1.3)
    texture = torch.where(contrast == 0, rng.uniform((count, 1, n), 0.6, 1.0), texture)
    shade = rng.normal((count, 1, n)) * rng.uniform((count, 1, 1), 0.0, 0.6)
    stripe = rng.uniform((count, 1, n)) * rng.chance((count, 1, n), 0.4)
    return torch.cat((colour, texture, shade, stripe), dim=1)


def _octaves(count: int, channels: int, side: int, slope: Tensor, rng: Rng) -> Tensor:
    """Draw noise whose amplitude falls as frequency^-(1 + slope), of about unit variance.

    float32 (count, channels, side, side).
    """
    level = side
    while level > 4 and level % 2 == 0:
        level //= 2
    field = rng.noise((count, channels, level, level))
    power = torch.ones_like(slope)
    fall = torch.exp2(-slope)
    gain = fall
    while level < side:
        level *= 2
        field = _doubled(field)
        field += rng.noise(tuple(field.shape)).mul_(gain)
        power = power * 0.6 + gain**2  # interpolating costs about 40% of the variance
        gain = gain * fall
    return field / power.sqrt()


def halved(image: Tensor) -> Tensor:
    """Average 2x2 pixels: (..., H, W) to (..., H / 2, W / 2)."""
    rows = image[..., ::2, :] + image[..., 1::2, :]
    return (rows[..., ::2] + rows[..., 1::2]).mul_(0.25)


def _doubled(image: Tensor) -> Tensor:
    """Double the size as a bilinear `F.interpolate` does, several times as fast on a CPU."""
    wide = image.new_empty(*image.shape, 2)
    _between(F.pad(image, (1, 1, 0, 0), mode="replicate"), -1, wide[..., 0], wide[..., 1])
    wide = wide.flatten(3)
    tall = wide.new_empty(*wide.shape[:3], 2, wide.shape[3])
    _between(F.pad(wide, (0, 0, 1, 1), mode="replicate"), -2, tall[..., 0, :], tall[..., 1, :])
    return tall.flatten(2, 3)


def _between(padded: Tensor, dim: int, before: Tensor, after: Tensor) -> None:
    n = padded.shape[dim] - 2
    here = padded.narrow(dim, 1, n) * 0.75
    torch.add(here, padded.narrow(dim, 0, n), alpha=0.25, out=before)
    torch.add(here, padded.narrow(dim, 2, n), alpha=0.25, out=after)


def softened(image: Tensor) -> Tensor:
    """Blur once by 1-2-1 along both axes; the outermost pixels keep one axis or none."""
    image = image.clone()
    for dim in (-1, -2):
        n = image.shape[dim] - 2
        before, here, after = (image.narrow(dim, at, n) for at in range(3))
        here.copy_((before + after).mul_(0.25).add_(here, alpha=0.5))
    return image


def _ramp(count: int, side: int, rng: Rng) -> Tensor:
    """Draw a smooth light across each scene: (count, 1, side, side) in about [-1.4, 1.4]."""
    direction = rng.uniform((count, 1), 0, 2 * torch.pi)
    at = torch.linspace(-1, 1, side)
    rows = (torch.sin(direction) * at)[:, None, :, None].to(rng.device)
    columns = (torch.cos(direction) * at)[:, None, None, :].to(rng.device)
    return rows + columns


def _stripes(count: int, side: int, rng: Rng) -> Tensor:
    """Draw stripes or checkers of a period of 5 to 40 pixels: (count, 1, side, side) in [-1, 1]."""
    frequency = torch.exp2(rng.uniform((count, 1), -5.3, -2.3)) * 2 * torch.pi
    angle = rng.uniform((count, 1), 0, torch.pi)
    at = torch.arange(side, dtype=torch.float32)
    along = (frequency * torch.cos(angle) * at).to(rng.device)
    across = (frequency * torch.sin(angle) * at).to(rng.device)
    wave = torch.sin(along[:, None, None, :] + across[:, None, :, None])
    checked = rng.chance((count, 1, 1, 1), 0.4).to(rng.device)
    other = torch.sin(along[:, None, :, None] - across[:, None, None, :])
    wave = wave * torch.where(checked, other, torch.ones_like(other))
    hard = rng.uniform((count, 1, 1, 1), 1.0, 6.0).to(rng.device)
    return (wave * hard).clamp_(-1, 1)


def _developed(scene: Tensor, rng: Rng) -> Tensor:
    """Apply blur, saturation, contrast, brightness and tone, drawn for each scene; in [0, 1]."""
    count = len(scene)
    one = (count, 1, 1, 1)
    passes = (rng.uniform((count,)) ** 3 * 4).int()  # none for most, up to three
    for i in range(int(passes.max())):
        rows = (passes > i).nonzero()[:, 0].to(rng.device)
        scene[rows] = softened(scene[rows])
    grey = scene.mean(dim=1, keepdim=True)
    mean = grey.mean(dim=(2, 3), keepdim=True)
    variance = (grey - mean).square_().mean(dim=(2, 3), keepdim=True)
    saturation = rng.uniform(one, 0.1, 1.3) * ~rng.chance(one, 0.1)
    contrast = rng.uniform(one, 0.09, 0.36).to(rng.device)
    cast = rng.uniform((count, 3, 1, 1), -0.05, 0.05) * (saturation > 0)
    brightness = cast + rng.uniform(one, 0.3, 0.65)
    scale = contrast * variance.clamp_min(1e-8).rsqrt()
    scene = torch.lerp(grey, scene, saturation.to(rng.device))
    scene = scene.mul_(scale).add_(brightness.to(rng.device) - mean * scale).clamp_(0, 1)
    # x + g x (1 - x): a gamma of about 0.6 to 1.6 without a power for every pixel.
    tone = rng.uniform(one, -0.5, 0.5).to(rng.device)
    return (1 - scene).mul_(tone).add_(1).mul_(scene)
