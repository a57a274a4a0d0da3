"""The cost of a trace: time beside a forward pass without one, and memory."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import partial

from torch import Tensor

from benchmarks.harness.rows import Comparison, Group, Limit
from benchmarks.harness.timing import MB, Contestant, Settings, Work
from benchmarks.speed.model import shipped, untrained


def groups(settings: Settings) -> list[Group]:
    """Return the rows, those timed together in one list."""
    sizes = {"sct_ti": shipped, "sct_s": partial(untrained, "sct_s")}
    timed = [
        Comparison(
            f"{size} with trace",
            Contestant(f"{size} with", partial(build, trace=True)),
            Contestant(f"{size} without", build),
            target=1.10,
            peer_name="without",
        )
        for size, build in sizes.items()
    ]
    memory = [
        Comparison(
            f"memory of a trace, {size}",
            Contestant(f"{size} trace", partial(held_mb, build)),
            limit,
            target=1.0 if limit else None,
            measure="value",
        )
        for (size, build), limit in zip(sizes.items(), (None, Limit("600 MB", 600)), strict=True)
    ]
    return [[row] for row in (*timed, *memory)]


def held_mb(build, settings: Settings) -> Work:
    """Make a call that returns the MB that the trace of a forward pass keeps from being freed."""
    forward = build(settings, trace=True)
    return lambda: held_bytes(forward().trace) / MB


def held_bytes(value: object) -> int:
    """Count the bytes of the storages of all tensors in a value, each storage once.

    A tensor that shows a part of another keeps all of it.
    """
    storages = {}
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, Tensor):
            storage = item.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
        elif is_dataclass(item):
            todo += [getattr(item, field.name) for field in fields(item)]
        elif isinstance(item, dict):
            todo += item.values()
        elif isinstance(item, (list, tuple)):
            todo += item
    return sum(storages.values())
