"""What visitors saw, and the figures that it comes to."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.load.client import Page
from benchmarks.load.walk import View

# Of what went wrong, how many are told.
_TOLD = 10


@dataclass
class Seen:
    """What visitors saw, all together.

    Attributes:
        seconds: of every request, to its end. drawn_s: to the first bar of a long computation.
        errors: what failed.
        pages: of every request, the page that was asked for.
        said: by view, and whether it was opened by a link: what pages answered.
    """

    seconds: list[float] = field(default_factory=list)
    drawn_s: list[float] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    said: dict[tuple[View, bool], list[tuple[Any, ...]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, pages: Sequence[Page], view: View, by_link: bool) -> None:
        """Note what an act of a visitor has brought."""
        with self._lock:
            for page in pages:
                self.seconds.append(page.seconds)
                self.drawn_s.append(page.drawn_s)
                self.pages.append(view.page or "inspect")
                self.errors += [f"{view}: {what}" for what in page.wrong]
            # Beside a clip Compare shows one that its visitor looked at before, unless by a link.
            if by_link or view.page != "compare":
                self.said.setdefault((view, by_link), []).append(pages[-1].said)

    def fail(self, what: str) -> None:
        """Note that something failed."""
        with self._lock:
            self.errors.append(what)


def quantile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that a share of all does not exceed; 0 where there is none.

    Args:
        share: above 0, up to 1.
    """
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def words_of(said: tuple[Any, ...], by_link: bool) -> tuple[Any, ...]:
    """Return what is the same for everybody who looks at a view.

    What a player gets depends on what its visitor did before, unless they came by a link.
    """
    return said if by_link else tuple(one for one in said if one[0] != "sct_player")


def summary(seen: Seen, differing: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the figures of a crowd, and the first few of what failed.

    Args:
        differing: the answers unlike those of one alone; None where nobody compared them.
    """
    unlike = {} if differing is None else {"unlike": len(differing)}
    return {
        "requests": len(seen.seconds),
        "answers": sum(map(len, seen.said.values())),
        "errors": len(seen.errors),
        **unlike,
        "median_s": round(quantile(seen.drawn_s, 0.5), 2),
        "p95_s": round(quantile(seen.drawn_s, 0.95), 2),
        "worst_s": round(max(seen.drawn_s, default=0.0), 2),
        "worst_to_the_end_s": round(max(seen.seconds, default=0.0), 2),
        "by_page": _by_page(seen),
        "told": [*seen.errors[:_TOLD], *(differing or ())[:_TOLD]],
    }


def _by_page(seen: Seen) -> list[str]:
    rows = []
    for page in sorted(set(seen.pages)):
        own = [s for s, name in zip(seen.drawn_s, seen.pages, strict=True) if name == page]
        rows.append(f"{page}: {len(own)}, median {quantile(own, 0.5):.2f}, worst {max(own):.2f} s")
    return rows
