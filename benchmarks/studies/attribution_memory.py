"""Growth of a process while it attributes one clip, each method in a process of its own."""

from __future__ import annotations

import torch

import sct
from benchmarks.harness.timing import MB, in_new_process, resident
from sct.attribution import METHODS, attribute, memory
from sct.attribution.model_copy import private
from sct.cli import console

ENOUGH = 24  # passes, after which a run grows no more: each is like the one before


class _Enough(Exception):
    pass


def growth(size: str, method: str, threads: int) -> tuple[float, int, bool]:
    """Measure this process in one run of a method on an untrained model and a clip of noise.

    Returns:
        MB by which it grew at its height, the passes of the run, and whether it had all of them.
    """
    torch.set_num_threads(threads)
    model = sct.build(size).eval().requires_grad_(False)
    config = model.config
    shape = (1, config.frames, 3, config.image_size, config.image_size)
    frames = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    passes = 0

    def count(done: int, total: int) -> None:
        nonlocal passes
        passes = done
        if done >= ENOUGH:
            raise _Enough

    before, whole = resident(), True
    try:
        attribute(model, frames, method, 0, progress=count)
    except _Enough:
        whole = False
    return (resident("VmHWM") - before) / MB, passes, whole


def estimates(size: str) -> dict[str, float]:
    """Return the MB that one pass takes, as `sct.attribution.memory` estimates them."""
    model = sct.build(size).eval().requires_grad_(False)
    config, plain = model.config, sct.Ablation()
    frames = torch.zeros(1, config.frames, 3, config.image_size, config.image_size)
    back = memory.gradient_bytes(memory.kept_bytes(model, frames, plain))
    again = memory.frugal_bytes(private(model, frugal=True), frames, plain, back)
    forward = memory.clip_bytes(model, frames)
    return {
        "without gradients": forward / MB,
        "with": back / MB,
        "with, computed again": again / MB,
    }


def print_table(size: str, threads: int) -> None:
    """Print what a pass is estimated to take, and what each method took."""
    for what, mb in estimates(size).items():
        console.say(f"{what}: {mb:.0f} MB")
    rows = [["method", "grown by, MB", "passes"]]
    for method in METHODS:
        mb, passes, whole = in_new_process(growth, size, method.key, threads)
        rows.append([method.key, f"{mb:.0f}", str(passes) if whole else f"the first {passes}"])
    console.print_table(rows)
