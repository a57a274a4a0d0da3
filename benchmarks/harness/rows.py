"""Rows of the table: what is compared with what, and what it has to reach."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.timing import (
    Contestant,
    Memory,
    Settings,
    Unavailable,
    Work,
    peak_memory,
    prepare,
    ratio_interval,
    ratio_of_medians,
    side_by_side,
)


@dataclass
class Row:
    """One line of the table.

    Args:
        name: what is measured.
        peer: what it is measured against; "" if nothing.
        unit: "s" or "mb", of `ours` and `theirs`.
        ours, theirs: median seconds, or megabytes; None where there are none.
        given: whether `theirs` is a number that was given, not measured.
        faster: the ratio is theirs / ours and must be at least `target`; else it is ours / theirs
            and must be at most `target`.
        ratio, ratio_ci95: see `faster`, and a 95% bootstrap interval if it was repeated.
        target: of the ratio; None where nothing has to be reached.
        met: whether the ratio reaches the target; None if there is no ratio or no target.
        repeats: how often `ours` was timed.
        note: what else there is to say, such as why nothing was measured.
    """

    name: str
    peer: str = ""
    unit: str = "s"
    ours: float | None = None
    theirs: float | None = None
    given: bool = False
    faster: bool = False
    ratio: float | None = None
    ratio_ci95: tuple[float, float] | None = None
    target: float | None = None
    met: bool | None = None
    repeats: int | None = None
    note: str = ""

    @property
    def goal(self) -> str:
        if self.target is None:
            return ""
        return f"at {'least' if self.faster else 'most'} {self.target:.3g}"

    def judge(self) -> None:
        if self.ratio is not None and self.target is not None:
            reached = self.ratio >= self.target if self.faster else self.ratio <= self.target
            self.met = reached

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: ours_s and peer_s, or ours_mb and peer_mb; reference_* if given."""
        other = "reference" if self.given else "peer"
        return {
            "name": self.name,
            f"ours_{self.unit}": self.ours,
            "peer": self.peer or None,
            f"{other}_{self.unit}": self.theirs,
            "ratio": self.ratio,
            "ratio_is": "peer / ours" if self.faster else "ours / peer",
            "ratio_ci95": self.ratio_ci95 and list(self.ratio_ci95),
            "target": self.target,
            "target_is": "at least" if self.faster else "at most",
            "met": self.met,
            "repeats": self.repeats,
            "note": self.note or None,
        }


@dataclass(frozen=True)
class Limit:
    """A number given in place of a peer: seconds, or megabytes."""

    name: str
    value: float


@dataclass(frozen=True)
class Comparison:
    """A row to be measured.

    Args:
        name: of the row.
        ours: what is measured.
        peer: what it is measured against; None if nothing.
        faster, target: see `Row`.
        on: the device whose `target` it is; elsewhere the ratio is only told.
        measure: "seconds"; "growth" or "total", of peak memory; or "value", which is what the work
            returns, in MB.
        scale: multiplies the peer's seconds, where equal work would take it so many times as long.
        peer_name: in the table, if not the peer's own.
        after: looks at the finished row and at both works, and may add to it.
    """

    name: str
    ours: Contestant
    peer: Contestant | Limit | None = None
    faster: bool = False
    target: float | None = None
    on: str = "cpu"
    measure: str = "seconds"
    scale: float = 1.0
    peer_name: str = ""
    after: Callable[[Row, Work, Work | None], None] | None = None

    def row(self) -> Row:
        """The row with nothing measured yet."""
        return Row(
            name=self.name,
            peer=self.peer_name or (self.peer.name if self.peer else ""),
            unit="s" if self.measure == "seconds" else "mb",
            given=isinstance(self.peer, Limit),
            faster=self.faster,
            target=self.target,
        )

    @property
    def contestants(self) -> list[Contestant]:
        return [c for c in (self.ours, self.peer) if isinstance(c, Contestant)]


Group = Sequence[Comparison]  # timed together, contestants of the same name once


def chosen(groups: Sequence[Group], only: str) -> list[list[Comparison]]:
    """The comparisons whose row has `only` in its name or in its peer's.

    Raises:
        ValueError: there are none.
    """
    rows = [[(c, f"{c.name} | {c.row().peer}") for c in group] for group in groups]
    kept = [[c for c, text in group if only.lower() in text.lower()] for group in rows]
    if not any(kept):
        known = "; ".join(dict.fromkeys(c.name for group in groups for c in group))
        raise ValueError(f"only {only!r}: no row has that in its name; there are {known}")
    return [group for group in kept if group]


def measure(
    groups: Sequence[Group],
    settings: Settings,
    only: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """The chosen rows, measured group by group."""
    groups = chosen(groups, only)
    total, rows = sum(map(len, groups)), []
    progress(0, total)
    for group in groups:
        rows += _measured(group, settings)
        progress(len(rows), total)
    return rows


class _Results:
    """Works and figures of the contestants of a group, each made once and kept."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.works: dict[str, Work] = {}
        self.seconds: dict[str, list[float]] = {}
        self.memory: dict[str, Memory] = {}
        self.missing: dict[str, str] = {}  # why a contestant cannot be measured

    def prepare(self, contestant: Contestant) -> None:
        if contestant.name not in self.works and contestant.name not in self.missing:
            self._try(contestant, self.works, prepare)

    def figures(self, contestant: Contestant, kind: str) -> list[float] | None:
        """One number a repeat, or None."""
        name = contestant.name
        if kind in ("growth", "total"):
            if name not in self.memory and name not in self.missing:
                self._try(contestant, self.memory, peak_memory)
            found = self.memory.get(name)
            return found and [getattr(found, f"{kind}_mb")]
        if kind == "value":
            return [float(self.works[name]())] if name in self.works else None
        return self.seconds.get(name)

    def _try(self, contestant: Contestant, into: dict, how: Callable) -> None:
        try:
            into[contestant.name] = how(contestant, self.settings)
        except Unavailable as error:
            self.missing[contestant.name] = str(error)

    def close(self) -> None:
        for work in self.works.values():
            getattr(work, "close", lambda: None)()


def _measured(group: Group, settings: Settings) -> list[Row]:
    results = _Results(settings)
    try:
        timed = set()
        for comparison in group:
            if comparison.measure in ("seconds", "value"):
                for contestant in comparison.contestants:
                    results.prepare(contestant)
            if comparison.measure == "seconds":
                timed |= {c.name for c in comparison.contestants}
        if works := {name: work for name, work in results.works.items() if name in timed}:
            results.seconds = side_by_side(works, settings)
        return [_row(comparison, results) for comparison in group]
    finally:
        results.close()


def _row(comparison: Comparison, results: _Results) -> Row:
    row, peer = comparison.row(), comparison.peer
    if results.settings.device != comparison.on:
        row.target = None
    ours = results.figures(comparison.ours, comparison.measure)
    if isinstance(peer, Contestant):
        theirs = results.figures(peer, comparison.measure)
        theirs = theirs and [comparison.scale * value for value in theirs]
    else:
        theirs = [peer.value] * len(ours or [0]) if peer else None
    fill(row, ours, theirs)
    names = [contestant.name for contestant in comparison.contestants]
    row.note = "; ".join(results.missing[name] for name in names if name in results.missing)
    if comparison.after and row.ratio is not None:
        works = [results.works.get(name) for name in names]
        comparison.after(row, *works, *([None] * (2 - len(works))))
    return row


def fill(row: Row, ours: Sequence[float] | None, theirs: Sequence[float] | None) -> None:
    """Put medians, ratio, interval and verdict into a row, as far as there are figures."""
    row.ours = statistics.median(ours) if ours else None
    row.theirs = statistics.median(theirs) if theirs else None
    row.repeats = len(ours) if ours and row.unit == "s" else None
    if not ours or not theirs:
        return
    above, below = (theirs, ours) if row.faster else (ours, theirs)
    row.ratio = ratio_of_medians(above, below)
    if len(ours) > 1:
        row.ratio_ci95 = ratio_interval(above, below)
    row.judge()
