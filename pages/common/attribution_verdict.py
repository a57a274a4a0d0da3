"""Whether a method can be believed: by its check on this clip, else by the fixed set."""

from __future__ import annotations

from typing import Any

from pages.common import attributing
from pages.common.session import View
from viz.attribution import Verdict

_OPEN = Verdict(None, "not checked", "Whether it can be believed was not checked yet.")


def verdict(view: View, method: str, target: int, against: int | None) -> Verdict:
    found = attributing.checked(view, method, target, against)
    if found is None:
        return _OPEN
    return Verdict(found.passed, f"{_BADGES[found.passed]} on this clip", found.why)


_BADGES = {True: "passes its check", False: "fails its check"}


def fixed_set(name: str) -> tuple[list[dict[str, Any]], str] | None:
    """The table shipped for a model, best first, and a sentence on it; None where there is none."""
    return None
