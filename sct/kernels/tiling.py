"""A forward pass in pieces: as many as fit a CPU's cache, on all of its cores side by side.

Frames do not see each other within a stage, and chunks do not between frames. So on a CPU a pass
without gradients takes some of them at a time, each core its own: what a piece needs stays in the
core's cache, and no core waits for the others after each operation, as it does where the cores
share one. A GPU, and a pass that keeps all for its gradients, take all at once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import count
from typing import TypeVar

import torch
from torch import Tensor

_CACHE = 4 << 20  # bytes, about what a CPU's cache holds
_WORTH = 16 << 20  # bytes to be worked on, below which handing out parts takes longer than it saves

Result = TypeVar("Result")


def at_once(x: Tensor, most: int, floats: int) -> int:
    """How many of `most` things to work on at a time if each takes so many numbers on its way.

    A few stay in a CPU's cache; a GPU wants them all at once.
    """
    if x.device.type != "cpu":
        return most
    return min(most, max(1, _CACHE // (floats * x.element_size())))


def joined(parts: Sequence[Tensor], dim: int) -> Tensor:
    """`torch.cat` that does not copy a single part."""
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), dim=dim)


def in_pieces(work: Callable[[Tensor], Result], x: Tensor, floats: int) -> list[Result]:
    """`work` of the rows of x, some at a time, in order.

    On a CPU without gradients each core takes the next rows when it is done with some, and computes
    them alone. Elsewhere, with little to do, and inside of `work`, some come after the others.

    Args:
        work: is given rows, (some, ...).
        x: (rows, ...).
        floats: how many numbers a row takes on its way.
    """
    if x.device.type != "cpu":
        return [work(x)]
    rows, cores = len(x), torch.get_num_threads()  # one inside of `work`
    some = at_once(x, rows, floats)
    worth = rows * floats * x.element_size() >= _WORTH
    if torch.is_grad_enabled() or cores == 1 or not worth:
        return [work(part) for part in x.split(some)]
    parts = x.split(min(some, -(-rows // cores)))
    # What holds in this thread holds in no other one, unless it is said there too.
    inference = torch.is_inference_mode_enabled()
    low, kind = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")
    results: list[Result] = [None] * len(parts)
    places = count()

    def take() -> None:
        with (
            torch.inference_mode(inference),
            torch.no_grad(),
            torch.autocast("cpu", kind, enabled=low),
        ):
            while (place := next(places)) < len(parts):
                results[place] = work(parts[place])

    for done in [_crew(cores).submit(take) for _ in range(min(cores, len(parts)))]:
        done.result()
    return results


def ran_out(error: BaseException) -> bool:
    """Whether memory ran out: a GPU says so by a class of its own, a CPU in words."""
    said = isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
    return said or isinstance(error, (MemoryError, torch.OutOfMemoryError))


@lru_cache(maxsize=4)
def _crew(size: int) -> ThreadPoolExecutor:
    """Threads of which each computes alone, kept for the next pass."""
    together = threading.Barrier(size)

    def alone() -> None:
        torch.get_num_threads()  # a thread that has not asked yet would later take what others have
        torch.set_num_threads(1)
        together.wait()

    crew = ThreadPoolExecutor(size, "sct-pieces", initializer=alone)
    for ready in [crew.submit(together.wait) for _ in range(size)]:
        ready.result()
    # The last word holds for threads to come, too.
    torch.set_num_threads(size)
    return crew


if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_crew.cache_clear)
