"""Messages to the player about a stage: one for shifted attention, and one for LSH."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from sct.model.hashing import rotations, within_reach
from viz.colors import palette, scale
from viz.components.player.message import LIMIT, Part, Sprite, block_of, half, pack

if TYPE_CHECKING:
    from sct.analysis.ground_truth import Reference
    from sct.model.trace import LSHTrace, ShiftedTrace, Trace

SCALES = ("inferno", "viridis")
TOPS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)  # ends of the colour scale that can be chosen
_WORDS = 1 << 16  # bytes that are enough for the header of a message


def pictures_of(pictures: Sprite) -> tuple[dict[str, Any], dict[str, Part]]:
    """Gives what messages about one clip share, as header and parts: frames and colour scales."""
    colours = np.stack([scale(name) for name in SCALES])
    shown = {"side": pictures.side, "across": pictures.across}
    return shown, {"sprite": pictures.picture, "colours": colours}


def attention_message(
    seen: ShiftedTrace,
    pictures: Sprite | None,
    times: Sequence[float],
    references: Sequence[Reference],
    view: dict[str, Any],
    about: dict[str, Any],
    limit: int = LIMIT,
) -> tuple[bytes, range]:
    """Packs shifted attention of one stage: queries and keys, from which every map follows.

    Queries and keys as float16 take less than maps as uint8 where heads are narrow, and are exact
    to a few thousandths of a map's largest weight, which uint8 is not.

    Args:
        seen: the stage.
        pictures: the frames in the model's order; None if they are sent apart, see `pictures_of`.
        times: the second in the clip of each frame.
        references: what really moved, one for each entry of `lags(seen)`.
        view: what to show at first; its "frame" says which frames to send if not all fit.
        about: further words and numbers for the header, such as measured correlations. Where no
            server can send more, "absent" is a sentence on frames whose attention is not held.
        limit: bytes of the whole message.

    Returns:
        the message, and the frames whose attention it holds.
    """
    matched, groups = seen.matched, lags(seen)
    header, parts = _begun("attention", seen, pictures, times, view, about)
    q, k = matched.q[seen.clip], matched.k[seen.clip]
    parts["motion"] = np.stack([r.motion for r in references]).astype(np.float16)
    parts["known"] = np.stack([r.known for r in references]).astype(np.uint8)
    room = limit - _size(parts) - _WORDS
    # Besides its own keys a block may need, for each lag, those before it.
    one = 2 * k[0].numel()
    block = block_of(view["frame"], seen.frames, 2 * one, room - farthest(groups) * one)
    keys = sorted({*block, *(g[t] for g in groups for t in block)})
    header |= {
        "window": matched.side,
        "channels": q.shape[-1],
        "merge": matched.merge,
        "grounded": list(seen.grounded),
        "keyFrames": [list(g) for g in matched.key_frames],
        "group": [groups.index(g) for g in matched.key_frames],
        "block": [block.start, block.stop],
        "keys": keys,
        "top": _top(seen),
        "kind_of": [list(r.kind) for r in references],
        "still": [list(r.still) for r in references],
        "checked": [[round(float(share), 3) for share in r.checked] for r in references],
    }
    parts |= {"q": half(q[block.start : block.stop]), "k": half(k[keys])}
    return pack(header, parts), block


def buckets_message(
    seen: LSHTrace,
    pictures: Sprite | None,
    times: Sequence[float],
    rotation: torch.Tensor,
    view: dict[str, Any],
    about: dict[str, Any],
    limit: int = LIMIT,
) -> tuple[bytes, range]:
    """Packs LSH attention of one stage: query-keys, and each round's buckets and sorted order.

    Args:
        rotation: (head, channel, round, half the buckets), by which it was hashed; see
            `rotation_of`.
        others, and what is returned: as for `attention_message`.
    """
    hashed = seen.hashed
    if hashed is None:
        raise LookupError("LSH attention of this stage was replaced by full attention")
    header, parts = _begun("buckets", seen, pictures, times, view, about)
    qk, ids, order = seen.qk[seen.clip], hashed.buckets[seen.clip], hashed.order[seen.clip]
    room = limit - _size(parts) - _WORDS - 2 * rotation.numel()
    one = 2 * qk[0].numel() + 4 * ids[0].numel()
    block = block_of(view["frame"], seen.frames, one, room)
    rows = slice(block.start, block.stop)
    header |= {
        "rounds": seen.rounds,
        "channels": qk.shape[-1],
        "bucketSize": seen.bucket_size,
        "reach": reach(seen.grid**2 // seen.bucket_size),
        "buckets": seen.n_buckets,
        "top": _end(torch.from_numpy(_sampled(seen, order))),
        "block": [block.start, block.stop],
    }
    parts |= {
        "qk": half(qk[rows]),
        "ids": ids[rows].cpu().numpy().astype(np.uint16),
        "order": order[rows].cpu().numpy().astype(np.uint16),
        "rotation": half(rotation),
        "palette": np.ascontiguousarray(palette(seen.n_buckets)),
    }
    return pack(header, parts), block


def reach(chunks: int) -> list[list[int]]:
    """Lists, for each chunk of the sorted tokens, the chunks that it attends to, itself last."""
    allowed = within_reach(torch.arange(chunks), 1).tolist()
    return [[*(j for j in range(chunks) if row[j] and j != i), i] for i, row in enumerate(allowed)]


def lags(seen: ShiftedTrace) -> list[tuple[int, ...]]:
    """Gives the different rows of key frames that the heads of a stage have."""
    return sorted(set(seen.matched.key_frames), reverse=True)


def farthest(groups: list[tuple[int, ...]]) -> int:
    """Gives the most frames that any head looks back."""
    return max((abs(t - f) for g in groups for t, f in enumerate(g)), default=0)


def _begun(
    kind: str,
    seen: ShiftedTrace | LSHTrace,
    pictures: Sprite | None,
    times: Sequence[float],
    view: dict[str, Any],
    about: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, Part]]:
    """Gives header and parts that both kinds of message have."""
    shown, parts = pictures_of(pictures) if pictures else ({}, {})
    header = {
        **about,
        **shown,
        "kind": kind,
        "frames": seen.frames,
        "grid": seen.grid,
        "patch": seen.patch_pixels,
        "heads": seen.heads,
        "times": [round(float(t), 4) for t in times],
        "view": view,
        "scales": list(SCALES),
        "tops": list(TOPS),
    }
    return header, parts


def _size(parts: dict[str, Part]) -> int:
    return sum(len(p) if isinstance(p, bytes) else p.nbytes for p in parts.values())


def _top(seen: ShiftedTrace) -> float:
    """Picks an end of the colour scale that few maps of this stage pass, the same for all."""
    last = seen.frames - 1
    return _end(torch.cat([seen.weights(last, h).amax(-1).flatten() for h in range(seen.heads)]))


def _sampled(seen: LSHTrace, order: torch.Tensor, tokens: int = 48) -> np.ndarray:
    """Gives the largest weight of some tokens of the middle frame in the first round.

    Args:
        order: (frame, head, round, token), the sorted rows.

    Returns:
        float (head, token).
    """
    frame, n = seen.frames // 2, seen.grid**2
    x = seen.qk[seen.clip, frame].detach().float().cpu().numpy()  # (token, head, channel)
    picked = np.linspace(0, n - 1, tokens).astype(int)
    length = np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)
    scores = np.einsum("ihd,jhd->hij", x[picked], x / length) * x.shape[-1] ** -0.5
    rows = torch.from_numpy(picked)
    allowed = [within_reach(o, seen.bucket_size, rows) for o in order[frame, :, 0].cpu()]
    scores = np.where(torch.stack(allowed).numpy(), scores, -np.inf)
    scores -= scores.max(-1, keepdims=True)
    return 1 / np.exp(scores).sum(-1)


def _end(largest: torch.Tensor) -> float:
    high = float(largest.float().quantile(0.9))
    return next((top for top in TOPS if top >= high), TOPS[-1])


def hash_seed(trace: Trace) -> int:
    """Gives the seed that the rotations of a pass were drawn with."""
    asked = trace.ablation.seed
    return trace.config.lsh_seed if asked is None else asked


def rotation_of(trace: Trace, stage: int, rounds: int | None = None) -> torch.Tensor:
    """Gives what a stage (from 1) was hashed by: see `sct.model.hashing.rotations`.

    Of so many rounds, which may be more than the pass had; of those that it had if left out.
    Raises LookupError when its LSH attention was switched off or replaced.
    """
    seen = trace.lsh(stage)
    chunks = seen.grid**2 // seen.bucket_size
    channels, rounds = seen.qk.shape[-1], rounds or seen.rounds
    return rotations(hash_seed(trace), stage, rounds, seen.heads, channels, chunks)
