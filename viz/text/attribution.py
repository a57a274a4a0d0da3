"""Words about attributions: the question that was asked, and the verdict on a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """Says whether a method's maps can be believed.

    Args:
        passed: None where nothing was checked.
        badge: a few words. why: one sentence.
        but: what is wrong with the answer that the maps explain, such as "not sure".
    """

    passed: bool | None
    badge: str
    why: str
    but: str = ""

    @property
    def kind(self) -> str:
        if self.passed is None or (self.passed and self.but):
            return "open"  # what is said of the maps must not read as praise of the answer
        return "passed" if self.passed else "failed"

    @property
    def mark(self) -> str:
        return {"open": "?", "passed": "✓", "failed": "✕"}[self.kind]

    def of_answer(self, but: str) -> Verdict:
        """Return the verdict on maps of an answer; `but` says what is wrong with it, if anything.

        So that a good map of a wrong answer is not taken for praise of the answer.
        """
        if not but or not self.passed:
            return self
        return replace(self, badge=f"{self.badge}, but the answer is {but}", but=but)


OPEN = Verdict(None, "map not checked", "Whether it can be believed was not checked.")
_FAILED = {  # of what a method needs to pass
    "random": "its order of patches is no better than random ones",
    "randomised": "a model of shuffled weights gets much the same maps",
    "sensitivity": "noise that nobody sees changes it too much",
}


def over_set(table: dict[str, Any] | None, method: str) -> Verdict:
    """Judge a method by the table of a fixed set that `sct.attribution.measured` gives."""
    rows = {row["method"]: row for row in table["methods"]} if table else {}
    row = rows.get(method)
    if row is None:
        return OPEN
    each = f"it passes on {row['passed_clips']} of {table['n']} single clips"
    if row["passed"] is None:
        too_few = f"The fixed set leaves open whether it can be believed; {each}."
        return Verdict(None, "map open on the fixed set", too_few)
    if row["passed"]:
        return Verdict(
            True, "map checked on the fixed set", f"Over the fixed set it passes; {each}."
        )
    why = [text for name, text in _FAILED.items() if row["verdicts"][name] is False]
    return Verdict(
        False, "map fails on the fixed set", f"Over the fixed set {', '.join(why)}; {each}."
    )


def question(labels: Sequence[str], target: int, against: int | None) -> str:
    """Say in words what was asked: "Why pan right and not pan left?"."""
    and_not = "" if against is None else f" and not {labels[against]}"
    return f"Why {labels[target]}{and_not}?"


def order(gain: float) -> str:
    """Write how good an order of patches is, as the tables do: 0.0977 is +0.10."""
    return f"{gain:+.2f}".replace("-", "−")
