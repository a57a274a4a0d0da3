"""The live parts of lesson 3: LSH attention."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pages.learn.lesson_page import LessonPage, shape
from pages.learn.live import UrlValue, demo, first_patch, one_frame, picture
from pages.state.url_values import Patch, whole
from pages.widgets.markdown import plain
from viz.components.lessons.contents import hashing_message, projected
from viz.components.player.contents import rotation_of

if TYPE_CHECKING:
    from torch import Tensor

    from sct.model.trace import LSHTrace

ROUNDS = 8


def show(page: LessonPage) -> None:
    seen = page.trace.lsh(1)
    with page.step(1):
        frame = one_frame(page)
        scheme = _hashing(page, frame, seen)
    with page.step(2):
        _path(page, seen, scheme)
    with page.step(3):
        _growth(page, seen)
    with page.step(4):
        _rounds(page, seen, scheme)
        _exact(page, seen)


@dataclass(frozen=True)
class Scheme:
    """Holds which patch is followed through the lesson, and by which hash.

    turn: degrees by which the random directions are turned. directions: how many are used.
    """

    frame: int
    head: int
    patch: Patch
    turn: int
    directions: int

    def hash(self, page: LessonPage, round_: int) -> tuple[Tensor, Tensor]:
        """Return buckets and order (token,) of a round, all rounds turned alike."""
        from sct.analysis.lsh_recall import turned_hash

        seen = page.trace.lsh(1)
        rotation = rotation_of(page.trace, 1, ROUNDS)[:, :, round_]
        x = projected(seen.qk[seen.clip, self.frame], rotation)[self.head]
        return turned_hash(x, self.turn, self.directions)


def _hashing(page: LessonPage, frame: int, seen: LSHTrace) -> Scheme:
    """Let the plane be turned; return what the rest of the lesson follows."""
    rotation = rotation_of(page.trace, 1)[:, :, 0]
    directions = rotation.shape[-1]
    values = {
        "patch": first_patch(page, frame, seen.grid),
        "head": UrlValue("lsh_head", "Head", whole(0, seen.heads - 1), 0),
        "turn": UrlValue("turn", "Turn", whole(0, 359), 0),
        # Two directions, whose borders can be drawn; the model has more.
        "lines": UrlValue("lines", "Directions", whole(0, directions), 2 if directions > 2 else 0),
    }

    def make(view: dict) -> bytes:
        qk = seen.qk[seen.clip, frame]
        return hashing_message(picture(page, frame), qk, rotation, seen.bucket_size, view)

    found = demo("hashing", page, frame, values, make)
    used = found["lines"] or directions
    return Scheme(frame, found["head"], found["patch"], found["turn"], used)


def _path(page: LessonPage, seen: LSHTrace, scheme: Scheme) -> None:
    """Say where the patch went by the hash of step 1."""
    from sct.model.trace import within_reach

    ids, order = scheme.hash(page, 0)
    token = scheme.patch[0] * seen.grid + scheme.patch[1]
    own, place = int(ids[token]), int((order == token).nonzero())
    reached = within_reach(order, seen.bucket_size, slice(token, token + 1))[0]
    size, n = seen.bucket_size, len(order)
    path = {
        "bucket": f"{own} of {2 * scheme.directions}",
        "members": f"{int((ids == own).sum())}",
        "place": f"{place} of {n}",
        "chunk": f"{place // size} of {n // size}",
        "strangers": f"{int((ids[reached] != own).sum())} of {int(reached.sum())}",
    }
    page.metrics(165, path)


def _growth(page: LessonPage, seen: LSHTrace) -> None:
    from sct.analysis.lsh_recall import full_cost, lsh_cost
    from viz.plots.lessons import lines
    from viz.text.numbers import millions

    size, heads, channels = seen.bucket_size, seen.heads, seen.qk.shape[-1]

    def costs(n: int) -> tuple[float, float]:
        """Return the multiply-adds of full and of LSH attention over n tokens."""
        hashed = lsh_cost(n, heads, channels, size, seen.rounds)
        return full_cost(n, heads, channels).total, hashed.total

    tokens, n = [size * 4**i for i in range(6)], seen.grid**2
    full, hashed = zip(*map(costs, tokens), strict=True)
    series = [("full attention", full), ("LSH attention", hashed)]
    figure = lines(tokens, series, "patches of a frame", "multiply-adds", n, "xy", "this frame")
    alt = page.text(
        "growth",
        tokens=(tokens[0], tokens[-1]),
        full=(millions(full[0]), millions(full[-1])),
        hashed=(millions(hashed[0]), millions(hashed[-1])),
    )
    page.chart(figure, "growth", alt)
    one, other = costs(n)
    page.say(
        "costs",
        n=n,
        hashed=millions(other),
        full=millions(one),
        times=one / other,
        many=tokens[-1],
        times_many=full[-1] / hashed[-1],
    )


def _rounds(page: LessonPage, seen: LSHTrace, scheme: Scheme) -> None:
    from sct.analysis.lsh_recall import recall_of
    from viz.plots import hashing
    from viz.text.numbers import percent

    orders = [scheme.hash(page, round_)[1] for round_ in range(ROUNDS)]
    found = recall_of(partial(seen.exact, scheme.frame, scheme.head), orders, seen.bucket_size)
    shares = ", ".join(percent(v) for v in found.recall.tolist())
    figure = hashing.recall(found.recall, found.pairs, seen.rounds)
    page.chart(figure, "rounds", page.text("recall", shares=shares))
    page.say("even")


def _exact(page: LessonPage, seen: LSHTrace) -> None:
    """Say whether the answer misses what hashing loses."""
    (was, p), (now, q) = (page.best(page.probabilities(a)) for a in ("none", "lsh=full"))
    change = "answer_stays" if was == now else "answer_turns"
    own = {"buckets": seen.n_buckets, "rounds": shape((seen.rounds,), "rounds")}
    page.say("answers", change, was=plain(was), p=p, now=plain(now), q=q, **own)


def facts(page: LessonPage) -> dict[str, object]:
    import torch

    from sct.model.trace import within_reach

    seen = page.trace.lsh(1)
    n, heads = seen.grid**2, seen.heads
    return {
        "qk": shape(seen.qk[0], "frames", "tokens", "heads", "channels"),
        "heads": heads,
        "channels": seen.qk.shape[-1],
        "half": (seen.n_buckets + 1) // 2,
        "last": seen.n_buckets - 1,
        "n": n,
        "frames": seen.frames,
        "reach": int(within_reach(torch.arange(n), seen.bucket_size, slice(1)).sum()),
        "size": seen.bucket_size,
    }
