"""Tone mapping of HDR pictures (PQ and HLG) to the SDR colours that screens and models know.

Light is linearised by the curve that the file names, brought to BT.709 primaries, and scaled so
that reference white (203 cd/m2, ITU-R BT.2408) is 1. Above 0.6 of that a Mobius curve compresses it
so that 1000 cd/m2 becomes 1; below it nothing changes. Hues stay, as red, green and blue are scaled
alike. The result is coded by sRGB's curve. docs/video.md says why.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

PQ, HLG = 16, 18  # ITU-T H.273: transfer characteristics
WHITE, PEAK = 203.0, 1000.0  # cd/m2
KNEE = 0.6
_BT709, _P3 = 1, 12  # H.273: colour primaries; all others are taken for BT.2020
_LEVELS = 1 << 16

_TO_BT709 = {  # linear RGB of these primaries to that of BT.709; white is D65 in all
    _BT709: np.eye(3),
    _P3: np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]),
}
_FROM_BT2020 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)


def tone_mapped(picture: np.ndarray, transfer: int, primaries: int) -> np.ndarray:
    """Compute the SDR picture of an HDR one.

    Args:
        picture: uint16 (H, W, 3), R'G'B' over the full range.
        transfer: `PQ` or `HLG`.
        primaries: as in ITU-T H.273.

    Returns:
        uint8 (H, W, 3), sRGB.
    """
    light = _light(transfer)[picture]
    if transfer == HLG:  # the OOTF of a display of 1000 cd/m2 (BT.2100, gamma 1.2)
        grey = light @ np.array([0.2627, 0.6780, 0.0593], np.float32)
        light *= (PEAK / WHITE) * grey[..., None] ** 0.2
    light = light @ _TO_BT709.get(primaries, _FROM_BT2020).T.astype(np.float32)
    light = light.clip(0, None)
    most = light.max(axis=2, keepdims=True)
    light *= tone_curve(most) / np.maximum(most, 1e-6)
    return _coded()[(light.clip(0, 1) * (_LEVELS - 1)).astype(np.uint16)]


def tone_curve(light: np.ndarray) -> np.ndarray:
    """Compress light, 1 being reference white: as it is up to `KNEE`, then towards 1 at `PEAK`."""
    j, peak = KNEE, PEAK / WHITE
    a = -(j * j) * (peak - 1) / (j * j - 2 * j + peak)
    b = (j * j - 2 * j * peak + peak) / (peak - 1)
    scale = (b * b + 2 * b * j + j * j) / (b - a)
    bent = scale * (np.maximum(light, j) + a) / (np.maximum(light, j) + b)
    return np.where(light <= j, light, bent).clip(0, 1)


@lru_cache(maxsize=2)
def _light(transfer: int) -> np.ndarray:
    """Return for each of 65,536 levels its light: of PQ displayed light over reference white, of
    HLG scene light from 0 to 1."""
    level = np.linspace(0, 1, _LEVELS)
    if transfer == PQ:  # SMPTE ST 2084
        root = level ** (32 / 2523)
        ratio = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
        return (10_000 / WHITE * ratio ** (16_384 / 2610)).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073  # ARIB STD-B67
    return np.where(level <= 0.5, level**2 / 3, (np.exp((level - c) / a) + b) / 12).astype(
        np.float32
    )


@lru_cache(maxsize=1)
def _coded() -> np.ndarray:
    """Return for each of 65,536 levels of light its level of sRGB: uint8."""
    light = np.linspace(0, 1, _LEVELS)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * coded).astype(np.uint8)
