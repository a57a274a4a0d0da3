"""The messages that both players of a report draw, within so many bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sct.analysis.ground_truth import Reference, reference
from sct.analysis.optical_flow import DenseFlow
from viz.components.player.contents import (
    attention_message,
    buckets_message,
    farthest,
    lags,
    pictures_of,
    rotation_of,
)
from viz.components.player.message import pack, sprite
from viz.text.labels import of_heads
from viz.views import Look

if TYPE_CHECKING:
    from sct.model.trace import LSHTrace, ShiftedTrace
    from sct.synthetic.batch import SyntheticBatch, SyntheticClip
    from viz.views import Scene

KINDS = ("attention", "buckets")
ABSENT = "what was looked at there is not in this file, which was kept small."
_HEADER = 1 << 17  # bytes that are enough for a message's header


@dataclass(frozen=True)
class _Stage:
    """One stage for one player.

    Args:
        bytes: that its message needs, besides the header, to hold all frames.
        text: one sentence on it.
        message: packs it into so many bytes; gives the message and the frames that it holds.
    """

    bytes: int
    text: str
    message: Callable[[int], tuple[bytes, range]]


def messages(
    scene: Scene,
    card: dict,
    synthetic: SyntheticClip | None,
    view: str,
    look: Look | None,
    frame: int,
    limit: int,
    step: Callable[[], None],
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Packs all stages for both players, apart from the pictures, which they share.

    Args:
        card, synthetic, view, look, frame: as for `viz.report.build`.
        limit: bytes of all messages together.
        step: called when a stage is done.

    Returns:
        what the page's script is told: for "attention" and "buckets" the stages, each {stage, id,
        text}, id None where there is nothing to see, and which one to open; and the message of each
        id. That of "shared" holds the pictures, which report.js adds to every other.
    """
    asked = {"buckets" if view == "buckets" else "attention": look}
    mode = "motion" if view == "motion" else "maps"
    truth = true_motion(scene, synthetic)
    flow = DenseFlow(scene.seen) if truth is None else None  # looked at once for all stages

    def real(seen: ShiftedTrace) -> list[Reference]:
        return [
            reference(
                scene.seen, before, seen.grid, seen.matched.side, truth, scene.trace.order, flow
            )
            for before in lags(seen)
        ]

    def prepared(kind: str, stage: int) -> _Stage | LookupError:
        opens = asked.get(kind) or Look()
        try:
            seen = scene.trace.shifted(stage) if kind == "attention" else scene.trace.lsh(stage)
        except LookupError as error:
            return error
        if kind == "attention":
            return _attention(scene, stage, seen, card, real, opens, mode, frame)
        return _buckets(scene, stage, seen, opens, frame)

    stages = range(1, scene.trace.config.stages + 1)
    found = {(kind, s): prepared(kind, s) for kind in KINDS for s in stages}
    shares = share_out({n: s.bytes for n, s in found.items() if isinstance(s, _Stage)}, limit)
    packed = {"shared": pack(*pictures_of(sprite(scene.pictures)))}
    told: dict[str, Any] = {}
    for kind in KINDS:
        rows = []
        for number in stages:
            stage, name = found[kind, number], f"{kind}-{number}"
            if isinstance(stage, LookupError):
                rows.append({"stage": number, "id": None, "text": _off(stage)})
            else:
                packed[name], block = stage.message(shares[kind, number] + _HEADER)
                text = stage.text + _held(block, len(scene.times))
                rows.append({"stage": number, "id": name, "text": text})
            step()
        told[kind] = {"stages": rows, "open": _first(scene, kind, rows, asked.get(kind))}
    return told, packed


def share_out(needs: dict[Any, int], room: int) -> dict[Any, int]:
    """Shares room out so that all fit: small ones get all they need, large ones equal parts."""
    out, left = {}, room
    for i, (name, need) in enumerate(sorted(needs.items(), key=lambda item: item[1])):
        out[name] = min(need, left // (len(needs) - i))
        left -= out[name]
    return out


def true_motion(scene: Scene, synthetic: SyntheticClip | None) -> SyntheticBatch | None:
    """Gives the known motion, where the model saw the clip at the size that it was made in."""
    fits = synthetic is not None and synthetic.frames.shape[1] == scene.seen.shape[1]
    return synthetic.batch if fits else None


def _attention(
    scene: Scene,
    stage: int,
    seen: ShiftedTrace,
    card: dict,
    real: Callable[[ShiftedTrace], list[Reference]],
    opens: Look,
    mode: str,
    frame: int,
) -> _Stage:
    matched, grounded, groups = seen.matched, seen.grounded, lags(seen)
    q = matched.q[seen.clip]
    motion = 5 * len(groups) * seen.frames * seen.grid**2  # and whether it is known
    need = 2 * (2 * q.numel() + farthest(groups) * q[0].numel()) + motion
    head = "grounded" if opens.head is None else opens.head
    if head == "grounded" and len(grounded) < 2:  # no mean of one is offered
        head = grounded[0] if grounded else "mean"
    view = _view(opens, mode, frame, head, seen.grid, matched.side, 0)
    about = {"stage": stage, "absent": ABSENT, **of_heads(seen, card, stage)}
    many = f"{len(grounded)} of them (◆)" if grounded else "none of them"
    return _Stage(
        need,
        f"{seen.grid} × {seen.grid} patches, {seen.heads} heads, {many} trained to follow motion.",
        lambda room: attention_message(seen, None, scene.times, real(seen), view, about, room),
    )


def _buckets(scene: Scene, stage: int, seen: LSHTrace, opens: Look, frame: int) -> _Stage:
    qk, ids = seen.qk[seen.clip], seen.hashed.buckets[seen.clip]
    rotation = rotation_of(scene.trace, stage)
    round_ = min(opens.round, seen.rounds - 1)
    view = _view(opens, "buckets", frame, opens.head or 0, seen.grid, seen.grid, round_)
    about = {"stage": stage, "absent": ABSENT}
    rounds = "1 hash round" if seen.rounds == 1 else f"{seen.rounds} hash rounds"
    buckets = "1 bucket" if seen.n_buckets == 1 else f"{seen.n_buckets} buckets"
    return _Stage(
        2 * qk.numel() + 4 * ids.numel() + 2 * rotation.numel(),
        f"{seen.grid} × {seen.grid} patches, {seen.heads} heads, {buckets}, {rounds}.",
        lambda room: buckets_message(seen, None, scene.times, rotation, view, about, room),
    )


def _view(
    opens: Look, mode: str, frame: int, head: int | str, grid: int, side: int, round_: int
) -> dict[str, Any]:
    """Return a player's first view, its patch in the middle of a window of `side` patches."""
    middle = grid // side // 2 * side + side // 2
    row, column = opens.token or (middle, middle)
    patch = {"row": row, "column": column, "look": "out"}
    return {"mode": mode, "frame": frame, "head": str(head), **patch, "round": round_, "edit": 0}


def _first(scene: Scene, kind: str, rows: list[dict], look: Look | None) -> int:
    """Return the stage to open: the one asked for, else the first with most to see."""
    if look is not None:
        return look.stage
    there = [row["stage"] for row in rows if row["id"]]
    taught = [s for s in there if kind == "attention" and scene.trace.config.grounded_heads[s - 1]]
    return (taught or there or [1])[0]


def _held(block: range, frames: int) -> str:
    if len(block) == frames:
        return ""
    what = f"frame {block.start}" if len(block) == 1 else f"frames {block.start} to {block[-1]}"
    return (
        f" This stage is large and the file was kept small: it holds the attention of {what}, of "
        f"0 to {frames - 1}. A report that begins at another frame holds others, the app has all."
    )


def _off(error: LookupError) -> str:
    text = str(error).strip()
    return f"{text[:1].upper()}{text[1:]}. There is nothing to see here; the other stages go on."
