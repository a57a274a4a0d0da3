"""The live parts of lesson 3: LSH attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.learn.lesson_page import LessonPage, shape
from pages.learn.live import UrlValue, demo, first_patch, one_frame, picture
from pages.state.url_values import Patch, whole
from pages.widgets.markdown import plain
from viz.components.lessons.contents import hashing_message
from viz.components.player.contents import rotation_of

if TYPE_CHECKING:
    from sct.model.trace import LSHTrace

ROUNDS = 8


def show(page: LessonPage) -> None:
    seen = page.trace.lsh(1)
    page.step(1)
    frame = one_frame(page)
    patch, head = _hashing(page, frame, seen)
    page.step(2)
    _path(page, seen, frame, patch, head)
    page.step(3)
    _growth(page, seen)
    page.step(4)
    _rounds(page, seen, frame, head)
    _exact(page)


def _hashing(page: LessonPage, frame: int, seen: LSHTrace) -> tuple[Patch, int]:
    """Let the plane be turned; return the patch and the head."""
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
    return found["patch"], found["head"]


def _path(page: LessonPage, seen: LSHTrace, frame: int, patch: Patch, head: int) -> None:
    ids, order = seen.buckets(frame, head), seen.order(frame, head).tolist()
    own = int(ids[patch])
    place = order.index(patch[0] * seen.grid + patch[1])
    size, n = seen.bucket_size, len(order)
    path = {
        "bucket": f"{own} of {seen.n_buckets}",
        "members": f"{int((ids == own).sum())}",
        "place": f"{place} of {n}",
        "chunk": f"{place // size} of {n // size}",
    }
    page.metrics(140, path)


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


def _rounds(page: LessonPage, seen: LSHTrace, frame: int, head: int) -> None:
    from pages.cache.inference import lsh_recall
    from viz.plots import hashing
    from viz.text.numbers import percent

    found = lsh_recall(page.result, seen, 1, frame, head, ROUNDS)
    shares = ", ".join(percent(v) for v in found.recall.tolist())
    figure = hashing.recall(found.recall, found.pairs, seen.rounds)
    page.chart(figure, "rounds", page.text("recall", shares=shares))
    page.say("even")


def _exact(page: LessonPage) -> None:
    """Say whether the answer misses what hashing loses."""
    (was, p), (now, q) = (page.best(page.probabilities(a)) for a in ("none", "lsh=full"))
    change = "answer_stays" if was == now else "answer_turns"
    page.say("answers", change, was=plain(was), p=p, now=plain(now), q=q)


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
