"""Numbers as people read them."""

from __future__ import annotations


def millions(value: float) -> str:
    """Write a count as people read it: 7.7 M, 1.2 G."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.0f}"


def percent(value: float) -> str:
    """Write a probability as people read it; never rounded to a false 0 or 100."""
    if 0 < value < 0.001:
        return "<0.1%"
    if 0.999 < value < 1:
        return ">99.9%"
    return f"{value * 100:.1f}%"


def share(value: float) -> str:
    """Write a part of a whole as people read it; never rounded to a false 0."""
    return f"{value:.1%}" if value >= 0.001 or value == 0 else "<0.1%"


def change(value: float) -> str:
    """Write a change of probability in percentage points, its direction also as a sign."""
    if abs(value) < 0.0005:
        return "0.0"
    return f"{'▲ +' if value > 0 else '▼ −'}{abs(value) * 100:.1f}"
