"""What a process and all that it has started take, as Linux counts it under /proc."""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Usage(NamedTuple):
    """What a process tree takes.

    Attributes:
        rss: bytes of memory that are resident; what two processes share counts twice.
        cpu_s: seconds of processor time, of processes that have ended and were waited for, too.
        processes, threads: how many there are.
    """

    rss: int
    cpu_s: float
    processes: int
    threads: int

    @property
    def mb(self) -> float:
        return self.rss / 1e6


def tree(root: int, proc: Path = PROC) -> list[int]:
    """Return the ids of a process and of all that it and its children have started."""
    children = defaultdict(list)
    for folder in proc.iterdir():
        if folder.name.isdigit() and (fields := _stat(folder)):
            children[int(fields[1])].append(int(folder.name))
    found, rest = [], [root] if (proc / str(root)).exists() else []
    while rest:
        one = rest.pop()
        found.append(one)
        rest += children[one]
    return sorted(found)


def usage(root: int, proc: Path = PROC) -> Usage:
    """Return what a process tree takes now; processes that end meanwhile count nothing.

    Args:
        root: id of the first process.
        proc: where Linux shows its processes.
    """
    page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    rss = ticks = processes = threads = 0
    for one in tree(root, proc):
        fields = _stat(proc / str(one))
        if not fields or fields[0] == "Z":
            continue
        processes += 1
        ticks += sum(map(int, fields[11:15]))  # user and system, own and of children that ended
        threads += int(fields[17])
        rss += int(fields[21]) * page
    return Usage(rss, ticks / tick, processes, threads)


def _stat(folder: Path) -> list[str]:
    """Return the fields of a process from its state on; none where it is gone."""
    with suppress(OSError):
        # The name before them is in brackets, and may hold any sign itself.
        return (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return []
