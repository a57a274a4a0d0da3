"""Joins the processes that `torchrun` started for one training, and sums values over them."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sct.checkpoint.io import pick_device

# The others wait while the first process validates and saves.
_PATIENCE = timedelta(hours=2)
_AGAIN_S = 2.0  # torchrun passes one Ctrl-C on twice; a person's second one comes later
_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK")


@dataclass(frozen=True)
class World:
    """Holds the place of this process in a run: the `rank`-th of `size`, computing on `device`."""

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Say whether this process writes files and talks to the person."""
        return self.rank == 0

    @property
    def name(self) -> str:
        """Name what computes, for the card."""
        cuda = self.device.type == "cuda"
        name = torch.cuda.get_device_name(self.device) if cuda else "CPU"
        return name if self.size == 1 else f"{self.size} x {name}"

    def total(self, value: Tensor) -> Tensor:
        """Sum over all processes, without gradients; every process must ask at once."""
        value = value.detach().clone()
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def wrap(self, module: nn.Module, some_unused: bool) -> nn.Module:
        """Wrap a module, its gradients averaged over all processes in each backward pass.

        Args:
            module: its outputs must be plain tensors: what hides in other objects is not seen
                when the parameters without a gradient are looked for.
            some_unused: whether there may be such parameters.
        """
        if self.size == 1:
            return module
        return DistributedDataParallel(module, find_unused_parameters=some_unused)


@contextmanager
def join(device: str) -> Iterator[World]:
    """Give the world of this process: alone, or one of those that torchrun started.

    Args:
        device: "auto", "cpu" or "cuda"; each process on a machine takes a GPU of its own.

    Raises:
        ValueError: a device that is not there, or variables that torchrun would not set.
    """
    where = pick_device(device)
    if "WORLD_SIZE" not in os.environ or "RANK" not in os.environ:
        yield World(0, 1, where)
        return
    rank, size, local = (_variable(name) for name in _VARIABLES)
    if not rank < size:
        raise ValueError(f"RANK={rank}: must be below WORLD_SIZE={size}")
    if where.type == "cuda":
        if local >= torch.cuda.device_count():
            raise ValueError(
                f"LOCAL_RANK={local}: this machine has {torch.cuda.device_count()} GPUs, "
                "so start at most that many processes on it"
            )
        where = torch.device("cuda", local)
        torch.cuda.set_device(where)
    if not dist.is_initialized():
        # Its functions take the group there is when they are defined as a default, and so keep it.
        # DistributedDataParallel imports them: if it is the first, the group outlives `_leave`.
        from torch.distributed import nn as _  # noqa: F401

        # Until the process ends: processes of torchrun can meet only once.
        atexit.register(_leave)
        backend = "nccl" if where.type == "cuda" else "gloo"
        dist.init_process_group(backend, rank=rank, world_size=size, timeout=_PATIENCE)
    yield World(rank, size, where)


def _leave() -> None:
    """End the group and its threads, which must not run on while the interpreter is torn down."""
    if dist.is_initialized():
        gc.collect()  # a model in a cycle would keep them
        dist.destroy_process_group()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute with so many CPU threads inside; 0 changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def rank() -> int:
    """Return the place of this process, before it has joined the others."""
    return int(os.environ["RANK"]) if os.environ.get("RANK", "").isdigit() else 0


def _variable(name: str) -> int:
    text = os.environ.get(name, "")
    if not text.isdigit():
        raise ValueError(f"{name}={text!r}: torchrun sets a whole number")
    return int(text)


class Stop:
    """Turns Ctrl-C and SIGTERM into a wish that is met between two steps.

    A second Ctrl-C, some time later, interrupts at once; what was saved before is kept.
    """

    def __init__(self) -> None:
        self.wanted = False
        self._since = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():  # others get no signals
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler or signal.SIG_DFL)

    def _ask(self, number: int, frame: object) -> None:
        now = time.monotonic()
        if not self.wanted:
            self.wanted, self._since = True, now
        elif now - self._since > _AGAIN_S:
            raise KeyboardInterrupt
