"""The messages to the demos of the lessons; see `viz.components.player.message` for the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from sct.analysis.chunk_attention import ChunkQKV
from viz.colors import palette, scale
from viz.components.player.contents import reach
from viz.components.player.message import Part, Sprite, half, pack

if TYPE_CHECKING:
    from sct.model.trace import ShiftedTrace


def _frame(
    picture: Sprite, view: dict[str, Any], about: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Part]]:
    header = {**about, "side": picture.side, "across": picture.across, "view": view}
    return header, {"sprite": picture.picture, "colours": scale("inferno")}


def patches_message(
    picture: Sprite, pixels: np.ndarray, vectors: torch.Tensor, chunk: int, view: dict[str, Any]
) -> bytes:
    """Make the message of lesson 1: a frame as patches.

    Args:
        picture: the frame, alone. pixels: uint8 (S, S, 3), as the model sees it.
        vectors: (grid, grid, channel), what the first stage is given.
        chunk: side of a chunk in patches.
        view: what to show at first: row, column, edit.
    """
    grid, channels = vectors.shape[0], vectors.shape[-1]
    about = {"grid": grid, "patch": len(pixels) // grid, "chunk": chunk, "channels": channels}
    header, parts = _frame(picture, view, about)
    return pack(header, {**parts, "pixels": pixels, "vectors": half(vectors)})


def inside_message(picture: Sprite, within: ChunkQKV, view: dict[str, Any]) -> bytes:
    """Make the message of lesson 2: queries, keys and values inside the chunks of one frame.

    Args:
        picture: the frame, alone.
        within: of this one frame.
        view: row, column, head, heat (the logarithm to base 10 of the temperature), edit.
    """
    heads, _, channels = within.q.shape[2:]
    about = {"grid": within.grid, "chunk": within.side, "heads": heads, "channels": channels}
    header, parts = _frame(picture, view, about)
    arrays = {name: half(getattr(within, name)[0]) for name in ("q", "k", "v")}
    return pack(header, {**parts, **arrays})


def hashing_message(
    picture: Sprite,
    qk: torch.Tensor,
    rotation: torch.Tensor,
    bucket_size: int,
    view: dict[str, Any],
) -> bytes:
    """Make the message of lesson 3: what one frame is hashed from, and which chunk sees which.

    Args:
        picture: the frame, alone.
        qk: (token, head, channel), shared queries and keys.
        rotation: (head, channel, direction), the random directions of one round.
        bucket_size: tokens of a chunk of the sorted row.
        view: row, column, head, turn (degrees), lines (directions that are used; 0 is all), edit.
    """
    tokens, heads, channels = qk.shape
    directions = rotation.shape[-1]
    about = {
        "grid": round(tokens**0.5),
        "heads": heads,
        "channels": channels,
        "directions": directions,
        "bucketSize": bucket_size,
        "reach": reach(tokens // bucket_size),
    }
    header, parts = _frame(picture, view, about)
    qk = qk.detach().float().cpu()
    arrays = {
        # In full, so that the buckets drawn are the model's to the last patch.
        "qk": qk.numpy(),
        "projected": projected(qk, rotation).numpy(),
        "palette": np.ascontiguousarray(palette(2 * directions)),
    }
    return pack(header, {**parts, **arrays})


def projected(qk: torch.Tensor, rotation: torch.Tensor) -> torch.Tensor:
    """Return xR of every head, float32 (head, token, direction); arguments as above."""
    qk, rotation = (x.detach().float().cpu() for x in (qk, rotation))
    return torch.einsum("nhc,hcm->hnm", qk, rotation)


def twins_message(
    pictures: Sprite, seen: Sequence[ShiftedTrace], frame: int, view: dict[str, Any]
) -> bytes:
    """Make the message of lesson 7: maps over the frame before of models named A, B, ...

    Args:
        pictures: two: the frame before, and the frame.
        seen: of each model, the same stage. frame: of the queries.
        view: row, column, head (the number of heads stands for their mean), edit.
    """
    one = seen[0]
    maps = []
    for each in seen:
        heads = torch.stack([each.weights(frame, head)[0] for head in range(each.heads)])
        maps.append(torch.cat([heads, heads.mean(0, keepdim=True)]))
    about = {
        "grid": one.grid,
        "window": one.matched.side,
        "heads": one.heads,
        "frame": frame,
        "before": one.key_frame(frame),
        "names": [chr(ord("A") + i) for i in range(len(seen))],
    }
    header, parts = _frame(pictures, view, about)
    return pack(header, {**parts, "maps": half(torch.stack(maps))})
