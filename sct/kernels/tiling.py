"""Runs a function on tiles of a tensor: as large as a CPU's cache, side by side on all its cores.

Frames do not see each other within a stage, and chunks do not between frames. So on a CPU a pass
without gradients takes some of them at a time, each core its own: what a tile needs stays in the
core's cache, and no core waits for the others after each operation. A GPU, and a pass that keeps
its activations for gradients, take all at once.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

import torch
from torch import Tensor

_CACHE = 4 << 20  # bytes, about what a CPU's cache holds
_WORTH = 16 << 20  # bytes to be worked on, below which handing out tiles takes longer than it saves

_EVERY_S = 0.05  # between two looks at whether a pass is still wanted

Result = TypeVar("Result")
_still_wanted: ContextVar[Callable[[], None] | None] = ContextVar("still_wanted", default=None)


@contextmanager
def cancelled_by(check: Callable[[], None]) -> Iterator[None]:
    """Has `check` called between tiles, in this thread; what it raises ends the pass inside.

    It is called twenty times a second at most. It holds for this thread (this context) alone.
    """
    last = time.monotonic()

    def now_and_then() -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= _EVERY_S:
            last = now
            check()

    before = _still_wanted.set(now_and_then)
    try:
        yield
    finally:
        _still_wanted.reset(before)


def _tiles(x: Tensor) -> bool:
    """Returns whether tiles pay: on a CPU, and not in an exported graph, which has no threads."""
    return x.device.type == "cpu" and not torch.compiler.is_exporting()


def tile_size(x: Tensor, most: int, floats: int) -> int:
    """Returns how many of `most` things to work on at a time.

    Args:
        x: has their device and type.
        most: how many there are, which is also what a GPU takes.
        floats: how many numbers one of them needs on its way.
    """
    if not _tiles(x):
        return most
    return min(most, max(1, _CACHE // (floats * x.element_size())))


def join(parts: Sequence[Any], dim: int) -> Any:
    """Concatenates the results of tiles, tensor by tensor.

    Args:
        parts: tensors, or tuples of such results alike in structure. A single part is not copied,
            and of what is no tensor (None, numbers) the first is taken.
        dim: the axis of every tensor.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    if isinstance(first, Tensor):
        return torch.cat(list(parts), dim=dim)
    if isinstance(first, tuple):
        fields = [join(each, dim) for each in zip(*parts, strict=True)]
        return type(first)(*fields) if hasattr(first, "_fields") else tuple(fields)
    return first


def tiled(
    function: Callable[..., Any],
    x: Tensor,
    dim: int,
    floats: int,
    step: int = 1,
    with_gradients: bool = False,
    beside: Sequence[Tensor | None] = (),
) -> Any:
    """Returns `function(x, *beside)`, computed tile by tile along an axis of independent parts.

    Args:
        function: from a tile of x to tensors, or tuples of tensors, with the same axis `dim`.
        x: any tensor.
        dim: the axis to cut.
        floats: how many numbers `step` of its entries need on their way.
        step: a tile is a multiple of so many entries.
        with_gradients: cut a pass with gradients too, where it keeps little of what it computes.
        beside: tensors of which `function` takes the same tiles after that of x; None stays.
    """
    if not _tiles(x) or (torch.is_grad_enabled() and not with_gradients):
        return function(x, *beside)
    return join(in_tiles(function, x, dim, floats, step, beside), dim)


def over_frames(
    function: Callable[..., Any],
    x: Tensor,
    floats: int,
    beside: Sequence[Tensor | None] = (),
) -> Any:
    """Returns `function(x, *beside)`, computed some frames at a time.

    Args:
        function: from (1, frame, ...) to tensors or tuples of tensors (1, frame, ...).
        x: (batch, frame, ...).
        floats: how many numbers a frame needs on its way.
        beside: as for `tiled`, (batch, frame, ...).

    Returns:
        The same structure, each tensor (batch, frame, ...).
    """

    def unflatten(found: Any) -> Any:
        if isinstance(found, Tensor):
            return found[0].unflatten(0, x.shape[:2])
        if isinstance(found, tuple):
            fields = [unflatten(each) for each in found]
            return type(found)(*fields) if hasattr(found, "_fields") else tuple(fields)
        return found

    x1, *flat = (None if each is None else each.flatten(0, 1)[None] for each in (x, *beside))
    return unflatten(tiled(function, x1, 1, floats, beside=flat))


def in_tiles(
    function: Callable[..., Result],
    x: Tensor,
    dim: int,
    floats: int,
    step: int = 1,
    beside: Sequence[Tensor | None] = (),
) -> list[Result]:
    """Returns what `function` makes of each tile, in order; arguments as for `tiled`.

    Without gradients each core takes the next tile when it is done with one, and computes it alone.
    With little to do, with gradients, and inside of `function`, one tile comes after the other. An
    error ends the work at the next tile and is raised, and so do an interrupt of the thread that
    waits for it and what the check of `cancelled_by` raises.
    """
    rows, cores = x.shape[dim] // step, torch.get_num_threads()  # one inside of `function`
    some = tile_size(x, rows, floats)
    worth = rows * floats * x.element_size() >= _WORTH
    alone = torch.is_grad_enabled() or cores == 1 or not worth
    tiles = _cut((x, *beside), (some if alone else min(some, -(-rows // cores))) * step, dim)
    check = _still_wanted.get() or _nothing
    if alone:
        return [(check(), function(*tile))[1] for tile in tiles]
    # What holds in this thread holds in no other one, unless it is said there too.
    inference = torch.is_inference_mode_enabled()
    low, kind = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")
    results: list[Result] = [None] * len(tiles)
    places, failed = count(), threading.Event()

    def take() -> None:
        with (
            torch.inference_mode(inference),
            torch.no_grad(),
            torch.autocast("cpu", kind, enabled=low),
        ):
            try:
                while not failed.is_set() and (place := next(places)) < len(tiles):
                    results[place] = function(*tiles[place])
            except BaseException:
                failed.set()
                raise

    workers = [_workers(cores).submit(take) for _ in range(min(cores, len(tiles)))]
    try:
        while wait(workers, _EVERY_S).not_done:
            check()
    finally:  # done, or else the crew is for the next pass
        failed.set()
    errors = [error for worker in workers if (error := worker.exception())]
    if errors:
        raise errors[0]
    return results


def _nothing() -> None:
    """Checks nothing."""


def _cut(together: Sequence[Tensor | None], some: int, dim: int) -> list[tuple[Tensor | None, ...]]:
    """Cuts tensors alike along an axis; the first is one."""
    first, *others = (None if x is None else x.split(some, dim) for x in together)
    alike = [[None] * len(first) if x is None else x for x in others]
    return list(zip(first, *alike, strict=True))


@lru_cache(maxsize=4)
def _workers(size: int) -> ThreadPoolExecutor:
    """Starts threads of which each computes alone; they are cached for the next pass."""
    together = threading.Barrier(size)

    def alone() -> None:
        torch.get_num_threads()  # a thread that has not asked yet would later take what others have
        torch.set_num_threads(1)
        together.wait()

    workers = ThreadPoolExecutor(size, "sct-tiles", initializer=alone)
    for ready in [workers.submit(together.wait) for _ in range(size)]:
        ready.result()
    # The last word holds for threads to come, too.
    torch.set_num_threads(size)
    return workers


if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_workers.cache_clear)
