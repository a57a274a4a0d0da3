"""Timing of works in turn, and peak memory of each in a process of its own.

All that is compared is timed in turn, again and again, in one process, so that what else the
machine does falls on all alike.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from sct.kernels import allocator

Work = Callable[[], object]
MB = 1e6  # bytes
RESAMPLES = 2000
LEAST_S, MOST_ROUNDS = 3.0, 100  # what is short is timed more often, since it varies more
_CLEAR = Path("/proc/self/clear_refs")


class Unavailable(Exception):
    """Something cannot be measured here; the message says why, for the table."""


@dataclass(frozen=True)
class Settings:
    """The settings of a run: least timed repeats, CPU threads, and "cpu" or "cuda"."""

    repeats: int = 5
    threads: int = 2
    device: str = "cpu"

    @property
    def dtype(self) -> torch.dtype:
        """Return the type in which all contestants compute unless a row says otherwise."""
        return torch.bfloat16 if self.device == "cuda" else torch.float32

    @property
    def precision(self) -> str:
        """Return the name of `dtype` as `SCT.forward` takes it."""
        return str(self.dtype).removeprefix("torch.")


@dataclass(frozen=True)
class Contestant:
    """A piece of work to be measured.

    Args:
        name: tells contestants apart.
        build: makes the inputs and returns a call without arguments that does the work once. It
            must be picklable, as memory is measured in another process.
        package: makes it a peer that needs a package: where it cannot run, the table says so.
    """

    name: str
    build: Callable[[Settings], Work]
    package: str = ""


class Memory(NamedTuple):
    """Peak memory of one call in MB: above what was held before it, and of the whole process."""

    growth_mb: float
    total_mb: float


# -- seconds ---------------------------------------------------------------------------------------


def need(module: str, package: str):
    """Import a peer's module. Raises Unavailable where its package is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Unavailable(
            f"{package} cannot be imported ({error}); see benchmarks/requirements.txt"
        ) from error


def prepare(contestant: Contestant, settings: Settings) -> Work:
    """Build a contestant and let it warm up with one call.

    Raises:
        Unavailable: it cannot be measured here. Of a peer any error means that.
    """
    try:
        work = contestant.build(settings)
        seconds(work, settings)
    except Exception as error:
        if contestant.package and not isinstance(error, Unavailable):
            text = " ".join(str(error).split())[:120]
            raise Unavailable(f"it failed with {type(error).__name__}: {text}") from error
        raise
    return work


def seconds(work: Work, settings: Settings) -> float:
    """Measure the wall-clock seconds of one call."""
    wait = torch.cuda.synchronize if settings.device == "cuda" else lambda: None
    wait()
    began = time.perf_counter()
    work()
    wait()
    return time.perf_counter() - began


def side_by_side(works: Mapping[str, Work], settings: Settings) -> dict[str, list[float]]:
    """Seconds of every repeat of all works, which are warm already.

    Each round runs all of them once, and each round begins with another one.
    """
    names, taken = list(works), {name: [] for name in works}
    rounds, spent = 0, 0.0
    gc.collect()
    gc.disable()  # a collection would fall on whoever happens to be running
    try:
        while rounds < settings.repeats or (spent < LEAST_S and rounds < MOST_ROUNDS):
            first = rounds % len(names)
            for name in names[first:] + names[:first]:
                taken[name].append(seconds(works[name], settings))
                spent += taken[name][-1]
            rounds += 1
    finally:
        gc.enable()
    return taken


def ratio_of_medians(above: Sequence[float], below: Sequence[float]) -> float:
    return float(np.median(above) / np.median(below))


def ratio_interval(above: Sequence[float], below: Sequence[float]) -> tuple[float, float]:
    """Return the 95% bootstrap interval of the ratio of medians.

    Repeats are drawn as pairs, since what disturbs the machine in a round disturbs both.
    """
    pairs = np.array([above, below], dtype=float)  # (2, repeat)
    draws = np.random.default_rng(0).integers(pairs.shape[1], size=(RESAMPLES, pairs.shape[1]))
    medians = np.median(pairs[:, draws], axis=-1)  # (2, resample)
    low, high = np.quantile(medians[0] / medians[1], [0.025, 0.975])
    return float(low), float(high)


# -- memory ---------------------------------------------------------------------------------------


def in_new_process(function: Callable, *args: object) -> object:
    """Call a function in a fresh process and return what it returns, or raise what it raises.

    Raises:
        Unavailable: the process ended before it answered.
    """
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(function, *args).result()
    except BrokenProcessPool:
        raise Unavailable("its process ended before it could be measured") from None


def peak_memory(contestant: Contestant, settings: Settings) -> Memory:
    """Measure the peak memory of one warm call.

    On a CPU it is resident memory, in a process of its own; on a GPU what PyTorch's allocator
    handed out for it.

    Raises:
        Unavailable: it cannot be measured here.
    """
    if settings.device == "cuda":
        return _on_gpu(contestant, settings)
    try:
        return in_new_process(_on_cpu, contestant, settings)
    except Unavailable:
        raise
    except Exception as error:
        raise RuntimeError(f"{contestant.name}: {type(error).__name__}: {error}") from error


def _on_gpu(contestant: Contestant, settings: Settings) -> Memory:
    gc.collect()
    others = torch.cuda.memory_allocated()
    work = prepare(contestant, settings)
    gc.collect()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    work()
    torch.cuda.synchronize()
    peak = torch.cuda.max_memory_allocated()
    return Memory((peak - before) / MB, (peak - others) / MB)


def _on_cpu(contestant: Contestant, settings: Settings) -> Memory:
    if not os.access(_CLEAR, os.W_OK):
        raise Unavailable("peak memory on a CPU is read from /proc, which Linux has")
    torch.set_num_threads(settings.threads)
    with redirect_stdout(sys.stderr):
        work = prepare(contestant, settings)
        gc.collect()
        # What the warm-up freed may still lie in the heap, where a peak could hide in it.
        allocator.hand_back()
        _CLEAR.write_text("5")  # the high-water mark starts again from what is held now
        before = resident()
        work()
        peak = resident("VmHWM")
    return Memory((peak - before) / MB, peak / MB)


def resident(field: str = "VmRSS") -> int:
    """Return the bytes that this process holds, or with "VmHWM" the most that it ever held.

    Raises:
        Unavailable: the system does not say.
    """
    found = allocator.resident(field)
    if found is None:
        raise Unavailable("this system does not say how much memory a process holds")
    return found
