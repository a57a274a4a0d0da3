"""What both players of a report are fed with: their messages, kept within so many bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sct.analysis.ground_truth import Reference, reference
from sct.analysis.optical_flow import DenseFlow
from viz.components.player.contents import attention_message, buckets_message, lags, rotation_of
from viz.components.player.message import sprite, unpack
from viz.text.labels import of_heads
from viz.views import Look

if TYPE_CHECKING:
    from sct.model.trace import LSHTrace, ShiftedTrace
    from sct.synthetic.clips import SyntheticBatch, SyntheticClip
    from viz.views import Scene

KINDS = ("attention", "buckets")
ABSENT = "what was looked at there is not in this file, which was kept small."
_HEADER = 1 << 17  # bytes that are enough for a message's header and colours


@dataclass(frozen=True)
class Opening:
    """What a report shows at first: of a `view` what `look` asks for, at a frame."""

    view: str
    look: Look | None
    frame: int

    def of(self, kind: str) -> Look | None:
        asked = "buckets" if self.view == "buckets" else "attention"
        return self.look if kind == asked else None


def feed(
    scene: Scene,
    card: dict,
    made: SyntheticClip | None,
    opening: Opening,
    limit: int,
    step: Callable[[], None],
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The messages of all stages, without the pictures that they share.

    Args:
        limit: bytes of all messages together. step: called when a stage is done.

    Returns:
        what the page's script is told: for "attention" and "buckets" the stages, each {stage, id,
        text}, id None where there is nothing to see, and which one to open; and the bytes of
        each id, "shared" being what report.js puts back into every message after its header.
    """
    pictures = sprite(scene.pictures)
    stages = range(1, scene.trace.config.stages + 1)
    seen = {(kind, s): _seen(scene, kind, s) for kind in KINDS for s in stages}
    there = {name: part for name, part in seen.items() if not isinstance(part, LookupError)}
    shares = share_out({name: _weight(part) for name, part in there.items()}, limit)
    references = _References(scene, made)
    told: dict[str, Any] = {}
    parts: dict[str, bytes] = {"shared": b""}
    for kind in KINDS:
        rows = []
        for stage in stages:
            found = seen[kind, stage]
            if isinstance(found, LookupError):
                rows.append({"stage": stage, "id": None, "text": _off(found)})
            else:
                room = shares[kind, stage] + len(pictures.picture) + _HEADER
                start = _start(found, kind, opening)
                about = {"stage": stage, "absent": ABSENT}
                if kind == "attention":
                    about |= of_heads(found, card, stage)
                    args = found, pictures, scene.times, references.of(found), start, about, room
                    message, block = attention_message(*args)
                else:
                    turned = rotation_of(scene.trace, stage)
                    args = found, pictures, scene.times, turned, start, about, room
                    message, block = buckets_message(*args)
                name = f"{kind}-{stage}"
                parts[name], parts["shared"] = _cut(message)
                text = _described(found, kind) + _held(block, found.frames)
                rows.append({"stage": stage, "id": name, "text": text})
            step()
        told[kind] = {"stages": rows, "open": _first(scene, kind, rows, opening)}
    return told, parts


def share_out(needs: dict[Any, int], room: int) -> dict[Any, int]:
    """What each may take so that all fit: the small ones all they need, the large ones alike."""
    out, left = {}, room
    for i, (name, need) in enumerate(sorted(needs.items(), key=lambda item: item[1])):
        out[name] = min(need, left // (len(needs) - i))
        left -= out[name]
    return out


def _seen(scene: Scene, kind: str, stage: int) -> ShiftedTrace | LSHTrace | LookupError:
    try:
        return scene.trace.shifted(stage) if kind == "attention" else scene.trace.lsh(stage)
    except LookupError as error:
        return error


def _weight(seen: ShiftedTrace | LSHTrace) -> int:
    """Bytes that a stage's message needs, besides pictures and header, to hold all frames."""
    if hasattr(seen, "matched"):
        q, groups = seen.matched.q[seen.clip], lags(seen)
        back = max(abs(t - f) for group in groups for t, f in enumerate(group))
        real = 5 * len(groups) * seen.frames * seen.grid**2  # motion, and whether it is known
        return 2 * (2 * q.numel() + back * q[0].numel()) + real
    qk, pieces = seen.qk[seen.clip], seen.grid**2 // seen.bucket_size
    turned = seen.rounds * qk[0, 0].numel() * pieces
    return 2 * qk.numel() + 4 * seen.hashed.buckets[seen.clip].numel() + turned


def _cut(message: bytes) -> tuple[bytes, bytes]:
    """A message without its pictures, and these: they come first, and are the same in all."""
    end = 8 + int.from_bytes(message[4:8], "little")
    start = end + -end % 8
    _, parts = unpack(message)
    size = 0
    for name in ("sprite", "colours"):
        body = len(bytes(parts[name]))
        size += body + -body % 8
    return message[:start] + message[start + size :], message[start : start + size]


def true_motion(scene: Scene, made: SyntheticClip | None) -> SyntheticBatch | None:
    """The made clip, where the model saw it at the size that it was made in."""
    fits = made is not None and made.frames.shape[1] == scene.seen.shape[1]
    return made.batch if fits else None


class _References:
    """What really moved, the flow between frames looked at once for all stages."""

    def __init__(self, scene: Scene, made: SyntheticClip | None):
        self.scene = scene
        self.made = true_motion(scene, made)
        self.flow = DenseFlow(scene.seen) if self.made is None else None

    def of(self, seen: ShiftedTrace) -> list[Reference]:
        frames, order = self.scene.seen, self.scene.trace.order
        return [
            reference(frames, before, seen.grid, seen.matched.side, self.made, order, self.flow)
            for before in lags(seen)
        ]


def _start(seen: ShiftedTrace | LSHTrace, kind: str, opening: Opening) -> dict[str, Any]:
    """The view that a player begins with, as its message says it."""
    look = opening.of(kind) or Look()
    side = seen.matched.side if kind == "attention" else seen.grid
    middle = seen.grid // side // 2 * side + side // 2
    row, column = look.token or (middle, middle)
    head: int | str = look.head if look.head is not None else 0
    if kind == "attention":
        head = look.head_of(seen)
        if head == "grounded" and len(seen.grounded) < 2:  # no mean of one is offered
            head = seen.grounded[0] if seen.grounded else "mean"
        mode = "motion" if opening.view == "motion" else "maps"
    else:
        mode = "buckets"
    return {
        "mode": mode,
        "frame": opening.frame,
        "head": str(head),
        "row": row,
        "column": column,
        "look": "out",
        "round": min(look.round, seen.rounds - 1) if kind == "buckets" else 0,
        "edit": 0,
    }


def _first(scene: Scene, kind: str, rows: list[dict], opening: Opening) -> int:
    """The stage to open: the one asked for, else the first in which there is most to see."""
    look = opening.of(kind)
    if look is not None:
        return look.stage
    there = [row["stage"] for row in rows if row["id"]]
    taught = [s for s in there if kind == "attention" and scene.trace.config.grounded_heads[s - 1]]
    return (taught or there or [1])[0]


def _described(seen: ShiftedTrace | LSHTrace, kind: str) -> str:
    text = f"{seen.grid} × {seen.grid} patches, {seen.heads} heads"
    if kind == "buckets":
        rounds = "1 hash round" if seen.rounds == 1 else f"{seen.rounds} hash rounds"
        buckets = "1 bucket" if seen.n_buckets == 1 else f"{seen.n_buckets} buckets"
        return f"{text}, {buckets}, {rounds}."
    if not seen.grounded:
        return f"{text}, none of them trained to follow motion."
    return f"{text}, {len(seen.grounded)} of them (◆) trained to follow motion."


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
