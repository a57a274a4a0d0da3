"""What memory the app keeps: after a crowd has left, and over a long day of few visitors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.load.client import Client
from benchmarks.load.crowd import crowd
from benchmarks.load.seen import summary
from benchmarks.load.server import Server, serving

AFTER_S, EVERY_S = 120, 15
_SETTLE_S = 10  # until a server with one page open rests
_BEGIN_MIN = 10  # of a soak, which are not counted: caches fill

Tell = Callable[[str], None]


def growth(values: Sequence[float]) -> float:
    """Return by what share the mean of the last tenth exceeds that of the first tenth.

    Args:
        values: memory over time, evenly far apart.

    Raises:
        ValueError: there are fewer than two.
    """
    if len(values) < 2:
        raise ValueError("growth takes two values or more")
    tenth = max(1, len(values) // 10)
    return (sum(values[-tenth:]) / tenth) / (sum(values[:tenth]) / tenth) - 1


def slope(values: Sequence[float]) -> float:
    """Return by how much a straight line through values (least squares) rises from one to the next.

    Raises:
        ValueError: there are fewer than two.
    """
    if len(values) < 2:
        raise ValueError("a slope takes two values or more")
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    above = sum((i - middle) * (value - mean) for i, value in enumerate(values))
    return above / sum((i - middle) ** 2 for i in range(len(values)))


def kept(users: int, minutes: float, tell: Tell) -> dict[str, Any]:
    """Measure what a fresh server with one page takes, and what stays after a crowd has left."""
    with serving() as server:
        alone = Client(server.address)
        alone.open()
        time.sleep(_SETTLE_S)
        fresh = server.usage().mb
        alone.close()
        tell(f"fresh, one page open: {fresh:.0f} MB")
        seen = crowd(server.address, users, minutes)
        most = server.usage().mb
        tell(f"{users} users, {minutes:g} minutes: {most:.0f} MB")
        after = []
        for second in range(EVERY_S, AFTER_S + 1, EVERY_S):
            time.sleep(EVERY_S)
            after.append(round(server.usage().mb, 1))
            tell(f"{second} s after they left: {after[-1]:.0f} MB")
        found = {
            "fresh_mb": round(fresh, 1),
            "crowd_mb": round(most, 1),
            "after_mb": after,
            "over_fresh_mb": round(after[-1] - fresh, 1),
            "tracebacks": server.tracebacks(),
        }
    return {**found, **summary(seen)}


def soak(users: int, minutes: float, tell: Tell, every_s: float = 60.0) -> dict[str, Any]:
    """Measure memory while few users go on and on.

    Args:
        every_s: seconds between two looks at it.
    """
    with serving() as server:
        looks: list[float] = []
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(server, looks, every_s, over, tell))
        watch.start()
        try:
            seen = crowd(server.address, users, minutes)
        finally:  # an interrupt, too
            over.set()
            watch.join()
        tracebacks = server.tracebacks()
    counted = looks[min(int(60 * _BEGIN_MIN / every_s), len(looks) // 2) :]
    found = {"mb": looks, "counted": len(counted), "tracebacks": tracebacks}
    if len(counted) > 1:
        found["growth"] = round(growth(counted), 4)
        found["mb_an_hour"] = round(slope(counted) * 3600 / every_s, 1)
    return {**found, **summary(seen)}


def _watch(
    server: Server, looks: list[float], every_s: float, over: threading.Event, tell: Tell
) -> None:
    begun = time.monotonic()
    while not over.wait(every_s):
        looks.append(round(server.usage().mb, 1))
        tell(f"{time.monotonic() - begun:.0f} s: {looks[-1]:.0f} MB")
