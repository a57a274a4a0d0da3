"""By how much a process grows while it attributes one clip, each method in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import click

from sct.cli import console

MB = 1e6  # bytes
ENOUGH = 24  # passes, after which a run grows no more: each is like the one before


@dataclass(frozen=True)
class Grown:
    """MB by which a process grew at its height, in so many passes, of which the run had `whole`."""

    mb: float
    passes: int
    whole: bool


class _Enough(Exception):
    pass


def grown(size: str, method: str, threads: int) -> Grown:
    """Of this process, in one run of a method on an untrained model and a clip of noise.

    Raises:
        OSError: the system does not say.
    """
    import torch

    import sct
    from sct.attribution.attribute import attribute
    from sct.kernels import allocator

    torch.set_num_threads(threads)
    model = sct.build(size).eval().requires_grad_(False)
    config = model.config
    dice = torch.Generator().manual_seed(0)
    shape = (1, config.frames, 3, config.image_size, config.image_size)
    frames = torch.randn(shape, generator=dice)
    passes = 0

    def tell(done: int, total: int) -> None:
        nonlocal passes
        passes = done
        if done >= ENOUGH:
            raise _Enough

    before, whole = allocator.resident(), True
    try:
        attribute(model, frames, method, 0, progress=tell)
    except _Enough:
        whole = False
    height = allocator.resident("VmHWM")
    if before is None or height is None:
        raise OSError("this system does not say how much memory a process holds")
    return Grown((height - before) / MB, passes, whole)


def reckoned(size: str) -> dict[str, float]:
    """MB that one pass takes, as `sct.attribution.memory` reckons."""
    import torch

    import sct
    from sct.attribution import memory
    from sct.attribution.model_copy import private

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
    from sct.attribution.attribute import METHODS

    for what, mb in reckoned(size).items():
        click.echo(f"{what}: {mb:.0f} MB")
    rows = [["method", "grown by, MB", "passes"]]
    for method in METHODS:
        command = [sys.executable, "-m", __spec__.name, size, method.key, str(threads)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise OSError(done.stderr.strip().splitlines()[-1])
        mb, passes, whole = done.stdout.split()
        rows.append([method.key, mb, passes if whole == "True" else f"the first {passes}"])
    console.print_table(rows)


if __name__ == "__main__":
    found = grown(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    print(f"{found.mb:.0f} {found.passes} {found.whole}")
