"""Counts the clips that may go through a model at once within a limit of memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from sct.errors import OutOfMemory
from sct.kernels import allocator
from sct.kernels.allocator import out_of_memory
from sct.model.ablation import Ablation
from sct.model.sct import SCT

MEMORY = 1_500_000_000  # bytes by which a run may grow, unless told otherwise
MOST = 8  # clips at once: more fill a CPU's cache and take no less time
MOST_GRADIENTS = 4
_PICTURES = 6  # copies of a clip that Captum and perturbing hold
_GRIDS = 10  # of the widest grid that a forward pass without gradients holds, all frames
_BACK = 1.5  # what goes back through a pass, over what was kept for it


def kept_bytes(model: SCT, frames: Tensor, ablation: Ablation) -> int:
    """Measures what a pass with gradients keeps for one clip, on its first frame.

    Up to the clip encoder, which is small, frames take the same each.

    Args:
        frames: (1, frame, 3, size, size).
    """
    seen: dict[int, torch.UntypedStorage] = {}
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}

    def keep(x: Tensor) -> None:
        # Its memory, held until all is counted, for what is freed may come again at the same place.
        # Not x itself: the graph would hold what holds the graph, and none of it would ever go.
        memory = x.untyped_storage()
        if memory.data_ptr() not in weights:
            seen[memory.data_ptr()] = memory

    one = frames[:, :1].detach().clone().requires_grad_()
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, _never):
        model(one, ablation, precision="float32")
    return frames.shape[1] * sum(memory.nbytes() for memory in seen.values())


def _never(kept: None) -> Tensor:
    raise RuntimeError("nothing goes back through a pass that only counts")


def clip_bytes(model: SCT, frames: Tensor) -> int:
    """Estimates what a pass without gradients takes for one clip; frames as above."""
    config = model.config
    grids = config.grids_for(frames.shape[-1])
    widest = max(g * g * width for g, width in zip(grids, config.widths, strict=True))
    return 4 * (_PICTURES * frames.numel() + _GRIDS * frames.shape[1] * widest)


def at_once(limit: int, clip: int, most: int) -> int:
    """Counts the clips of so many bytes that stay below the limit: 0 if not even one does."""
    return min(most, limit // max(clip, 1))


def gradient_bytes(kept: int) -> int:
    """Estimates what a pass there and back takes at its height."""
    return int(kept * _BACK)


def frugal_bytes(own: SCT, frames: Tensor, ablation: Ablation, back: int) -> int:
    """Estimates the same for a copy that computes its blocks again: inputs, and one block's inside.

    Args:
        own: the copy.
        back: of the model itself; its first stage has the largest blocks.
    """
    first = own.stages[0]
    blocks = len(first.vilt) + 1
    return gradient_bytes(kept_bytes(own, frames, ablation)) + back // blocks


class Bound:
    """Returns memory that a run has freed to the system, as the C library would keep it.

    Called before each pass, and before each block that is computed again: where the process has
    grown by more than a third of the limit since the run began, what is free is handed back. Small
    models, which do not grow by so much, lose no time.
    """

    def __init__(self, limit: int):
        self.most = (allocator.resident() or 0) + limit // 3

    def __call__(self) -> None:
        now = allocator.resident()
        if now is not None and now > self.most:
            allocator.hand_back()


@contextmanager
def or_said() -> Iterator[None]:
    """Turns an allocation that fails inside into an `OutOfMemory`, which says what to do."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        raise OutOfMemory(
            "There is not enough memory to attribute this clip, even one pass at a time: take a "
            "smaller model or fewer frames, or close what else is running."
        ) from None
