"""Visitors of a fresh app, and whether all are answered as one alone is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.load.client import Client
from benchmarks.load.crowd import crowd
from benchmarks.load.seen import Seen, summary, words_of
from benchmarks.load.server import Server, serving
from benchmarks.load.walk import visit


def measure(users: int, minutes: float, seed: int, tabs: int = 0) -> list[dict[str, Any]]:
    """Let visitors walk through a fresh app, and return the figures.

    Args:
        users: how many in all. tabs: how many of them are tabs of a real Chromium.

    Returns:
        a row for each kind of visitors that there were, and one for the server.
    """
    from benchmarks.load.tabs import tabs as in_tabs

    kinds = (("clients", crowd, users - tabs, seed), ("tabs", in_tabs, tabs, seed + 1))
    with serving() as server, ThreadPoolExecutor(len(kinds)) as pool:
        before = server.usage()
        walks = {
            kind: pool.submit(walk, server.address, count, minutes, of)
            for kind, walk, count, of in kinds
            if count
        }
        seen = {kind: walk.result() for kind, walk in walks.items()}
        after = server.usage()
        more = {
            "visitors": "all",
            "server_cpu_s": round(after.cpu_s - before.cpu_s, 1),
            "server_mb": round(after.mb, 1),
            "tracebacks": server.tracebacks(),
        }
    rows = [{"visitors": kind, **summary(one, unlike(one))} for kind, one in seen.items()]
    return [*rows, more]


def unlike(seen: Seen, progress: Callable[[int, int], None] = lambda *_: None) -> list[str]:
    """Return where somebody was answered otherwise than a lone visitor of a fresh server is.

    Args:
        progress: told how many views of how many were asked.
    """
    with serving() as alone:
        return _unlike(alone, seen, progress)


def _unlike(alone: Server, seen: Seen, progress: Callable[[int, int], None]) -> list[str]:
    found: list[str] = []
    client = Client(alone.address)
    views = sorted({view for view, _ in seen.said}, key=repr)
    for done, view in enumerate(views):
        own = visit(client, view)[-1].said
        for by_link in (True, False):
            right = words_of(own, by_link)
            for said in seen.said.get((view, by_link), ()):
                if words_of(said, by_link) != right:
                    found.append(f"{view}: {_difference(words_of(said, by_link), right)}")
        progress(done + 1, len(views))
    client.close()
    return found


def _difference(said: tuple[Any, ...], right: tuple[Any, ...]) -> str:
    """Return where two answers begin to differ."""
    both = [[word for part in each for word in part] for each in (said, right)]
    same = next((i for i, (a, b) in enumerate(zip(*both, strict=False)) if a != b), -1)
    if same < 0:
        return f"{len(both[0])} words, and alone {len(both[1])}"
    some = [" ".join(each[max(0, same - 1) : same + 4]) for each in both]
    return f"“{some[0]}”, and alone “{some[1]}”"
