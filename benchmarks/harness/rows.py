"""Comparisons, each of which becomes a row of the table once it is measured."""

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
    """One line of the table, a result.

    Attributes:
        name: what is measured.
        peer: what it is measured against; "" if nothing.
        unit: "s" or "mb", of `ours` and `theirs`.
        ours, theirs: medians; None where there are none.
        given: whether `theirs` is a number that was given, not measured.
        faster: whether the ratio is theirs / ours, which must be at least `target`; else it is
            ours / theirs and must be at most `target`.
        ratio, ratio_ci95: the ratio, and its 95% bootstrap interval if it was repeated.
        target, met: of the ratio; None where nothing has to be reached.
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

    def to_dict(self) -> dict[str, Any]:
        """Return the row as for JSON: ours_s and peer_s, or ours_mb and peer_mb."""
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
    """One row that is to be measured; fields that are not listed here are those of `Row`.

    Args:
        ours, peer: what is measured, and against what; None if against nothing.
        on: the device whose `target` it is; elsewhere the ratio is only told.
        measure: "seconds"; "growth" or "total", of peak memory; or "value", which is what the work
            returns, in MB.
        scale: multiplies the peer's seconds, where equal work would take it so many times as long.
        peer_name: name of the peer in the table, if not its own.
        after: is called with the finished row and the works, and may add to the row.
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
    after: Callable[..., None] | None = None

    def row(self) -> Row:
        """Return the row with nothing measured yet."""
        return Row(
            name=self.name,
            peer=self.peer_name or (self.peer.name if self.peer else ""),
            unit="s" if self.measure == "seconds" else "mb",
            given=isinstance(self.peer, Limit),
            faster=self.faster,
            target=self.target,
        )

    @property
    def of_memory(self) -> bool:
        return self.measure in ("growth", "total")

    @property
    def contestants(self) -> list[Contestant]:
        return [c for c in (self.ours, self.peer) if isinstance(c, Contestant)]


Group = Sequence[Comparison]  # timed together, contestants of the same name once


def chosen(groups: Sequence[Group], only: str) -> list[list[Comparison]]:
    """Return the comparisons whose row has `only` in its name or in its peer's.

    Raises:
        ValueError: there are none.
    """

    def fits(comparison: Comparison) -> bool:
        return only.lower() in f"{comparison.name} | {comparison.row().peer}".lower()

    found = [[comparison for comparison in group if fits(comparison)] for group in groups]
    if not any(found):
        known = "; ".join(dict.fromkeys(c.name for group in groups for c in group))
        raise ValueError(f"only {only!r}: no row has that in its name; there are {known}")
    return [group for group in found if group]


def measure(
    groups: Sequence[Group],
    settings: Settings,
    only: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """Measure the chosen rows, group by group."""
    groups = chosen(groups, only)
    total, rows = sum(map(len, groups)), []
    progress(0, total)
    for group in groups:
        rows += _measured(group, settings)
        progress(len(rows), total)
    return rows


def _measured(group: Group, settings: Settings) -> list[Row]:
    works: dict[str, Work] = {}
    memory: dict[str, Memory] = {}
    missing: dict[str, str] = {}  # why a contestant cannot be measured
    try:
        for comparison in group:
            into, how = (memory, peak_memory) if comparison.of_memory else (works, prepare)
            for contestant in comparison.contestants:
                if contestant.name in into or contestant.name in missing:
                    continue
                try:
                    into[contestant.name] = how(contestant, settings)
                except Unavailable as error:
                    missing[contestant.name] = str(error)
        timed = {c.name for row in group if row.measure == "seconds" for c in row.contestants}
        timed_works = {name: work for name, work in works.items() if name in timed}
        seconds = side_by_side(timed_works, settings) if timed_works else {}

        def figures(comparison: Comparison, name: str) -> list[float] | None:
            """Return one number a repeat, or None."""
            if comparison.of_memory:
                return (
                    [getattr(memory[name], f"{comparison.measure}_mb")] if name in memory else None
                )
            if comparison.measure == "value":
                return [float(works[name]())] if name in works else None
            return seconds.get(name)

        rows = []
        for comparison in group:
            row, peer = comparison.row(), comparison.peer
            names = [contestant.name for contestant in comparison.contestants]
            row.target = comparison.target if settings.device == comparison.on else None
            row.note = "; ".join(missing[name] for name in names if name in missing)
            ours, *theirs = (figures(comparison, name) for name in names)
            if isinstance(peer, Limit):
                theirs = [[peer.value] * len(ours or [0])]
            scaled = [comparison.scale * value for value in (theirs and theirs[0]) or ()]
            fill(row, ours, scaled)
            if comparison.after and row.ratio is not None:
                comparison.after(row, *(works.get(name) for name in names))
            rows.append(row)
        return rows
    finally:
        for work in works.values():
            getattr(work, "close", lambda: None)()


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
    if row.target is not None:
        row.met = row.ratio >= row.target if row.faster else row.ratio <= row.target
