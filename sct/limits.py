"""Bounds of a model's configuration, so that a card cannot ask for more memory than there is.

They lie far above what anybody trains, and low enough that a card which asks for more is refused
before any memory is taken. What fits them all may still be too much for the machine at hand, which
`sct.checkpoint.budget` asks when a model is loaded.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sct.validation import check_whole, short, wrong

MOST_STAGES = 8
# The most of each field of a config, or of each of its numbers.
MOST = {
    "image_size": 4096,
    "frames": 1024,
    "patch": 256,
    "chunk": 128,
    "widths": 16_384,
    "vilt_blocks": 256,
    "heads": 256,
    "clip_layers": 256,
    "mlp_ratio": 64,
    "num_classes": 100_000,
    "lsh_rounds": 16,  # what follows attention takes as many times as long
    "lsh_bucket": 65_536,
    "lsh_seed": 1_000_000_000,  # what it is multiplied by must still fit 64 bits
    "shifted_blocks": 64,
    "shifted_offsets": 1024,
}
MOST_PIXELS = 2**27  # of a clip: 8 frames of 4096 x 4096, or 1024 of 362 x 362
MOST_NUMBERS = 2**29  # of a clip's tokens in one stage, 2 GiB as float32; SCT-S has 5.4 million
_PER_STAGE = ("widths", "vilt_blocks", "heads")
_FROM_0 = ("shifted_blocks", "shifted_offsets", "lsh_seed", "vilt_blocks")


def check_kinds_of(config: Any) -> None:
    """Raises ValueError where an `SCTConfig` has one value for several, or several for one."""
    for field in fields(config):
        value, several = getattr(config, field.name), isinstance(field.default, tuple)
        if isinstance(value, tuple) != several:
            raise wrong(field.name, value, "a list" if several else "one value")


def check_fields_of(config: Any) -> None:
    """Raises ValueError unless each number of an `SCTConfig` is whole and within its bounds."""
    stages = len(config.widths)
    if not 1 <= stages <= MOST_STAGES:
        raise ValueError(f"widths: {stages} stages, allowed: 1 to {MOST_STAGES}")
    if len(config.grounded_heads) != stages:
        raise ValueError(f"grounded_heads={config.grounded_heads}: needs one tuple a stage")
    for name, most in MOST.items():
        values = getattr(config, name)
        if name in _PER_STAGE and len(values) != stages:
            raise ValueError(f"{name}={short(values)}: needs one number for each of the stages")
        if name == "shifted_offsets" and not values:
            raise ValueError("shifted_offsets: needs at least one whole number")
        for value in values if isinstance(values, tuple) else (values,):
            check_whole(name, value, 0 if name in _FROM_0 else 1, most)


def check_size_of(config: Any) -> None:
    """Raises ValueError if a clip of an `SCTConfig` has too many pixels, or numbers in a stage."""
    asked = f"frames={config.frames}, image_size={config.image_size}"
    pixels = config.frames * config.image_size**2
    if pixels > MOST_PIXELS:
        raise ValueError(f"{asked}: {pixels:,} pixels a clip, allowed: {MOST_PIXELS:,}")
    for stage, (grid, width) in enumerate(zip(config.grids, config.widths, strict=True), 1):
        numbers = config.frames * grid**2 * width
        if numbers > MOST_NUMBERS:
            raise ValueError(
                f"{asked}, patch={config.patch}, widths={config.widths}: {numbers:,} numbers a "
                f"clip in stage {stage}, allowed: {MOST_NUMBERS:,}"
            )
