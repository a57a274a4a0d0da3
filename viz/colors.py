"""Colours: a perceptual scale for maps, a palette for buckets, and the few named ones.

All of them were chosen to be told apart with any of the common kinds of colour vision.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

# Okabe and Ito's blue and vermilion: as far apart for a dichromat as for anyone else.
BASELINE = "#2F7FC1"
ABLATED = "#D9622B"
# Of variants kept beside those two.
VARIANTS = ("#009E73", "#CC79A7", "#B59F00", "#7A5FC0")
# Of answers side by side: the first says that nothing moves; then opposites, dark and light.
ANSWERS = (
    *("#8A939C", "#2F7FC1", "#93C6EE", "#0B8A63", "#86D3AE"),
    *("#D9622B", "#F5BB94", "#7A5FC0", "#C9B2EC", "#B59F00"),
)
TRUTH = "#FFFFFF"
ARROW = "#FFC83D"
PICKED = "#19E3FF"


@lru_cache(maxsize=4)
def scale(name: str = "inferno") -> np.ndarray:
    """Give a perceptually uniform scale from dark to light: uint8 (256, 3) RGB."""
    maps = {"inferno": cv2.COLORMAP_INFERNO, "viridis": cv2.COLORMAP_VIRIDIS}
    if name not in maps:
        raise ValueError(f"colour scale {name!r}: one of {', '.join(maps)}")
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    lut = cv2.applyColorMap(ramp, maps[name])[:, 0, ::-1].copy()
    lut.flags.writeable = False
    return lut


@lru_cache(maxsize=1)
def diverging() -> np.ndarray:
    """Give two scales, dark to light, of what speaks for and against: uint8 (2, 256, 3) RGB.

    Blue and orange of the same lightness at every step, so that neither side looks stronger, and
    two hues that no common kind of colour vision takes for one another.
    """
    lut = np.stack([_through((0, 0, 0), *ends) for ends in (_FOR, _AGAINST)])
    lut.flags.writeable = False
    return lut


_FOR = ((38, 124, 203), (150, 206, 255))
_AGAINST = ((190, 88, 20), (255, 190, 130))


def _through(*stops: tuple[int, int, int]) -> np.ndarray:
    """Give 256 colours through these, evenly far apart in CIE L*a*b*: uint8 (256, 3)."""
    lab = _lab(np.array(stops, float) / 255)
    far = np.concatenate([[0], np.linalg.norm(np.diff(lab, axis=0), axis=1).cumsum()])
    at = np.linspace(0, far[-1], 256)
    mixed = np.stack([np.interp(at, far, lab[:, c]) for c in range(3)], -1).astype(np.float32)
    rgb = cv2.cvtColor(mixed[None], cv2.COLOR_LAB2RGB)[0]
    return np.rint(rgb.clip(0, 1) * 255).astype(np.uint8)


def apply_scale(values: np.ndarray, top: float, name: str = "inferno") -> np.ndarray:
    """Colour values from 0 to `top`: float array of any shape -> uint8 (..., 3)."""
    share = np.clip(np.asarray(values, np.float64) / max(top, 1e-12), 0, 1)
    return scale(name)[np.rint(share * 255).astype(np.int64)]


def to_hex(rgb: np.ndarray) -> str:
    """Write a colour as "#rrggbb"."""
    return "#" + "".join(f"{int(c):02x}" for c in rgb)


@lru_cache(maxsize=8)
def palette(n: int) -> np.ndarray:
    """Choose `n` colours for buckets, uint8 (n, 3), each as far as can be from those before it.

    Chosen greedily: the next colour is the one whose nearest neighbour among those already chosen
    is farthest away, by the worst of normal, protan, deutan and tritan vision. The first colours
    of a long palette are therefore those of a short one, and buckets with near numbers never look
    alike.
    """
    steps = np.linspace(0, 255, 14)
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3) / 255
    views = [_lab(rgb @ m.T) for m in _VISION]
    # Neither so dark nor so light that it drowns in the frame or in the page.
    light = views[0][:, 0]
    keep = (light > 36) & (light < 84)
    rgb, views = rgb[keep], [v[keep] for v in views]
    first = int(np.argmin(np.abs(rgb - np.array([0.0, 0.45, 0.70])).sum(1)))
    chosen = [first]
    distance = np.full(len(rgb), np.inf)
    for _ in range(n - 1):
        worst = np.min([np.linalg.norm(v - v[chosen[-1]], axis=1) for v in views], axis=0)
        distance = np.minimum(distance, worst)
        chosen.append(int(np.argmax(distance)))
    out = np.rint(rgb[chosen] * 255).astype(np.uint8)
    out.flags.writeable = False
    return out


def answer_colours(count: int) -> list[str]:
    """Choose a colour for each of a question's answers, of which the first says that none moves."""
    if count <= len(ANSWERS):
        return list(ANSWERS[:count])
    return [ANSWERS[0], *map(to_hex, palette(count - 1))]


# Machado, Oliveira and Fernandes (2009), severity 1: what a dichromat sees of linear RGB.
_VISION = (
    np.eye(3),
    np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
              [-0.003882, -0.048116, 1.051998]]),
    np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
              [-0.011820, 0.042940, 0.968881]]),
    np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
              [0.004733, 0.691367, 0.303900]]),
)  # fmt: skip


def _lab(rgb: np.ndarray) -> np.ndarray:
    """Convert RGB in 0..1 to CIE L*a*b* (sRGB primaries, D65)."""
    rgb = np.clip(rgb, 0, 1).astype(np.float32)
    return cv2.cvtColor(rgb[None], cv2.COLOR_RGB2LAB)[0]
