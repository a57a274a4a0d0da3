"""Does attention follow motion? Its displacement beside the true motion of made clips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from sct import motion
from sct.model import SCT
from sct.training import EVALUATION_SEED
from sct.video import normalise

FLOW_SEED = EVALUATION_SEED + (1 << 38)  # neither trained on nor used to measure accuracy


@torch.inference_mode()
def head_correlations(
    model: SCT,
    *,
    clips: int = 90,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, object]]:
    """Pearson correlation of attention displacement and true motion, head by head.

    Over all tokens of all frames but the first, rows and columns together, on made clips of all
    labels. The displacement is `ShiftedTrace.displacement`; the truth is where the token's content
    was one frame before, minus the token's place.

    Args:
        clips: made clips, the labels in turn.
        seed: another set of clips.
        progress: called with (clips done, clips).

    Returns:
        A row for each head of each stage: stage (from 1), head, grounded, correlation over tokens
        whose source lies in their own window (the others have no partner to find), and
        correlation_all over every token.

    Raises:
        ValueError: fewer than 1 clip.
    """
    if clips < 1:
        raise ValueError(f"clips {clips}: must be 1 or more")
    pairs: dict[tuple[int, int], list[np.ndarray]] = {}
    grounded: dict[tuple[int, int], bool] = {}
    for done in range(clips):
        made = motion.make_batch(
            [done % len(motion.LABELS)],
            seed=FLOW_SEED + (seed << 20) + done,
            frames=model.config.frames,
            size=model.config.image_size,
            device=model.device,
        )
        trace = model(normalise(made.frames), trace=True).trace
        for stage, blocks in trace.shifted_seen.items():
            seen = blocks[0]
            true, inside = _truth(made, seen)
            for head in range(seen.heads):
                said = np.stack([seen.displacement(t, head) for t in range(1, seen.frames)])
                grounded[stage, head] = head in seen.grounded
                rows = np.stack([said.ravel(), true.ravel(), inside.ravel()])
                pairs.setdefault((stage, head), []).append(rows)
        if progress:
            progress(done + 1, clips)
    rows = []
    for (stage, head), parts in sorted(pairs.items()):
        said, true, inside = np.concatenate(parts, axis=1)
        has = inside > 0
        rows.append(
            {
                "stage": stage,
                "head": head,
                "grounded": grounded[stage, head],
                "correlation": round(_pearson(said[has], true[has]), 3),
                "correlation_all": round(_pearson(said, true), 3),
            }
        )
    return rows


def _truth(made: motion.MotionBatch, seen) -> tuple[np.ndarray, np.ndarray]:
    """True displacement in pixels, and whether the source lies in the token's window."""
    sources = made.token_sources(seen.grid)[0, 1:].cpu().numpy()
    own = np.stack(np.mgrid[: seen.grid, : seen.grid], axis=-1)
    side = seen.matched.side
    local = sources - own // side * side
    inside = ((local >= 0) & (local <= side - 1)).all(-1, keepdims=True)
    return (sources - own) * seen.patch_pixels, np.broadcast_to(inside, sources.shape)


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
