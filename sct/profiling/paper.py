"""Table 4 of the paper: its models beside vision transformers, on Kinetics-400."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A row of the table, for 24 frames of 224 x 224 pixels and 400 classes.

    Attributes:
        name: as the paper calls it. size: our name of it; "" where it is none of ours.
        params: millions. gmacs: thousands of millions of multiply-adds of Linear and Conv layers.
        top1: per cent on Kinetics-400.
    """

    name: str
    size: str
    params: float
    gmacs: float
    top1: float


TABLE_4 = (
    Row("SCT-S", "sct_s", 18.72, 88.18, 78.41),
    Row("SCT-M", "sct_m", 33.48, 162.90, 81.26),
    Row("SCT-L", "sct_l", 59.89, 342.58, 83.02),
    Row("ViT-B/16", "", 114.25, 405.06, 75.33),
    Row("ViT-L/16", "", 328.63, 1413.45, 79.15),
)
