"""Says before any memory is taken how much a model will need, and refuses what is too much.

A card names the shape of a model, and whoever wrote it may ask for any. What a forward pass of one
clip with its trace takes follows from the shape.
"""

from __future__ import annotations

import os
from pathlib import Path

from sct.errors import ModelError
from sct.model.config import SCTConfig
from sct.profiling.layers import layer_costs

VARIABLE = "SCT_MAX_MODEL_GB"
SHARE = 0.25  # of the machine's memory: several results are held, and several people look
_FLOAT, _INT64, _GB = 4, 8, 1e9
# Measured: what the C library keeps beside a trace that is filled tile by tile, in traces; and
# what a tile of chunk attention holds, in grids.
_KEPT, _GRIDS = 0.75, 8
_SMALL = 40_000_000  # bytes of a pass of the smallest model
_GROUPS = Path("/proc/self/cgroup")
_MEMORY = Path("/proc/meminfo")
_MOUNTED = Path("/sys/fs/cgroup")
_FILES = {"": "memory.max", "memory": "memory.limit_in_bytes"}  # by controller; "" is version 2


def needed(config: SCTConfig, workers: int | None = None) -> int:
    """Estimate the bytes that a model and a traced pass of one clip take at their height, on a CPU.

    Args:
        config: of the model.
        workers: threads that work on tiles; those of PyTorch if None.
    """
    weights = weight_bytes(config)
    if workers is None:
        import torch

        workers = torch.get_num_threads()
    traced, tile = _trace(config), _tile(config) * min(workers, config.frames)
    clip = _FLOAT * config.frames * 3 * config.image_size**2
    # While it is loaded there is what was read beside what is made of it.
    return max(2 * weights, weights + int((1 + _KEPT) * traced) + tile + clip + _SMALL)


def weight_bytes(config: SCTConfig) -> int:
    """Count the bytes of a model's weights, as float32."""
    return _FLOAT * sum(part.parameters for part in layer_costs(config))


def _trace(config: SCTConfig) -> int:
    """Count the bytes of a trace: grids, queries and keys, and what hashing decided."""
    total = _FLOAT * config.frames * config.grids[-1] ** 2 * config.widths[-1]
    for stage, (grid, width, heads) in enumerate(
        zip(config.grids, config.widths, config.heads, strict=True)
    ):
        tokens = config.frames * grid**2
        after = config.frames * config.shifted_grids[stage] ** 2
        queries = 2 * after * config.shifted_widths[stage] * config.shifted_blocks
        total += _FLOAT * (2 * tokens * width + queries)
        total += _INT64 * 2 * tokens * heads * config.lsh_rounds
    return total


def _tile(config: SCTConfig) -> int:
    """Count the bytes of one frame on its way through the widest stage."""
    most = 0
    for grid, width, heads in zip(config.grids, config.widths, config.heads, strict=True):
        channels = width // heads
        rows = config.lsh_rounds * (8 * channels + 16)  # of one head: sorted, attended, put back
        most = max(most, grid**2 * (_GRIDS * width + rows))
    return _FLOAT * most


def machine_bytes() -> int | None:
    """Return how much memory this process may have: the machine's, or less where a cgroup says so.

    None where the system does not say.
    """
    found = [*_group_limits()]
    if (total := _of_machine("MemTotal")) is not None:
        found.append(total)
    return min(found, default=None)


def _of_machine(field: str) -> int | None:
    try:
        lines = _MEMORY.read_text().splitlines()
    except OSError:  # not Linux
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == field and value.split()[:1] and value.split()[0].isdigit():
            return int(value.split()[0]) * 1024
    return None


def _group_limits() -> list[int]:
    """List the limits of the control groups that hold this process, of both versions."""
    try:
        lines = _GROUPS.read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, place = [*line.split(":", 2), "", ""][:3]
        for controller in {"memory", ""} & set(controllers.split(",")):
            root = _MOUNTED / controller if controller else _MOUNTED
            own = root / place.lstrip("/")
            # In a container the path may be that of the host: then what is mounted is its own.
            for folder in {root, *(p for p in (own, *own.parents) if root in p.parents)}:
                try:
                    said = (folder / _FILES[controller]).read_text().strip()
                except OSError:
                    continue
                found += [int(said)] if said.isdigit() else []
    return found


def allowed() -> int | None:
    """Return the bytes that a model may need; None where nothing is known to bound it.

    Raises:
        ModelError: the variable that says it holds no number above 0.
    """
    said = os.environ.get(VARIABLE, "").strip()
    if said:
        try:
            most = float(said)
        except ValueError:
            most = 0.0
        if not 0 < most < 1e6:
            raise ModelError(f"{VARIABLE} must be gigabytes, a number above 0, not {said[:40]!r}.")
        return int(most * _GB)
    has = machine_bytes()
    return None if has is None else int(has * SHARE)


def check(config: SCTConfig, name: str) -> None:
    """Refuse a model that needs more memory than it may.

    Args:
        config: of the model.
        name: of its file, for the message.

    Raises:
        ModelError: says what it needs, what is allowed and what moves the limit.
    """
    most, needs = allowed(), needed(config)
    if most is not None and needs > most:
        raise ModelError(
            f"The model {name} needs about {needs / _GB:.2g} GB of memory for a clip of "
            f"{config.frames} x {config.image_size} x {config.image_size}, and {most / _GB:.2g} GB "
            f"are allowed: {VARIABLE} moves that limit."
        )
