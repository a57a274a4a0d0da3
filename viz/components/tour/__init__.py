"""The tour: what a page is in two sentences, and steps that point at its parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from viz.components.component import Component

_HERE = Path(__file__).parent
# It draws `tour_data`, sends nothing back, and remembers in the browser that it was hidden.
COMPONENT = Component("sct_tour", _HERE / "tour.js", _HERE / "tour.css", state=None)
mount = COMPONENT.mount


class Step(NamedTuple):
    """A step: a CSS selector of what it is about, a title, and what there is to know of it."""

    selector: str
    title: str
    text: str


def tour_data(name: str, about: str, steps: Sequence[Step]) -> dict[str, Any]:
    """Return the data that the browser gets.

    Args:
        name: of the page, under which the browser remembers that `about` was hidden.
        about: what the page is. steps: in their order; one about nothing on the page stands alone.
    """
    return {"name": name, "about": about, "steps": [step._asdict() for step in steps]}
