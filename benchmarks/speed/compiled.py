"""Compiles the kernels for a GPU that need not be here, as SCT-S launches them, and weighs them.

    python -m benchmarks.speed.compiled [--capability 90] [--out compiled.json]

What the compiler says of each launch: registers a thread (255 at most), bytes that did not fit
into them and went to memory, and the shared memory of a program (227 KiB at most on an H100). How
fast a kernel is only a GPU can say.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import torch

from sct.cli import console

KINDS = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.int32: "i32", torch.int64: "i64"}


class Recorded:
    """Stands for a kernel: what it is launched with is written down, and nothing computed."""

    def __init__(self, kernel: Any, launches: dict[tuple[Any, ...], dict[str, Any]]):
        self.kernel, self.launches = kernel, launches

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        def launch(*given: Any, num_warps: int = 4, num_stages: int = 3, **sizes: Any) -> None:
            values = dict(zip(self.kernel.arg_names, given, strict=False)) | sizes
            options = {"num_warps": num_warps, "num_stages": num_stages}
            types = {name: self._type(name, value) for name, value in values.items()}
            fixed = {n: value for n, value in values.items() if types[n] == "constexpr"}
            key = (name_of(self.kernel), *types.items(), *fixed.items(), *options.items())
            launch = {"kernel": self.kernel, "types": types, "fixed": fixed, "options": options}
            self.launches[key] = launch

        return launch

    def _type(self, name: str, value: Any) -> str:
        place = self.kernel.arg_names.index(name)
        if place in self.kernel.constexprs:
            return "constexpr"
        if torch.is_tensor(value):
            return "*" + KINDS[value.dtype]
        return "fp32" if isinstance(value, float) else "i32"


@contextmanager
def recording() -> Iterator[dict[tuple[Any, ...], dict[str, Any]]]:
    """Have all kernels write down their launches instead of computing."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    own = kernels()
    asked = {name: os.environ.get(name) for name in ("SCT_KERNELS", "TRITON_INTERPRET")}
    # The rooms are imported: what is written here chooses the kernels and interprets none.
    os.environ.update(SCT_KERNELS="fused", TRITON_INTERPRET="1")
    for room, name, kernel in own:
        setattr(room, name, Recorded(kernel, found))
    try:
        yield found
    finally:
        for room, name, kernel in own:
            setattr(room, name, kernel)
        for name, value in asked.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def kernels() -> list[tuple[Any, str, Any]]:
    """Return each kernel with the room that launches it, and its name there."""
    from sct.kernels.fused import chunk_attention, chunk_blocks, feed_forward, linear, lsh, rows

    rooms = (chunk_attention, chunk_blocks, feed_forward, linear, lsh, rows)
    named = [(room, name, kernel) for room in rooms for name, kernel in vars(room).items()]
    launched = r"\b%s\["
    return [
        (room, name, kernel)
        for room, name, kernel in named
        if hasattr(kernel, "arg_names") and re.search(launched % name, inspect.getsource(room))
    ]


def name_of(kernel: Any) -> str:
    """Return the name of a kernel with that of its room."""
    return f"{kernel.fn.__module__.rsplit('.', 1)[-1]}.{kernel.fn.__name__.lstrip('_')}"


def launches(size: str, learn: bool, **overrides: Any) -> list[dict[str, Any]]:
    """Return what one clip through a model launches, and a training step if it is to learn."""
    import sct

    model = sct.build(size, **overrides)
    config = model.config
    frames = torch.zeros(1, config.frames, 3, config.image_size, config.image_size)
    with recording() as found:
        with torch.inference_mode():
            model.eval()(frames, precision="bfloat16")
        if learn:
            model.train()(frames, precision="bfloat16").logits.sum().backward()
    return list(found.values())


def compiled(launch: dict[str, Any], capability: int) -> dict[str, Any]:
    """Compile one launch, and return what the compiler says of it."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    kernel = launch["kernel"]
    names = kernel.arg_names
    types = {name: launch["types"][name] for name in names}
    tensors = [names.index(name) for name, kind in types.items() if kind.startswith("*")]
    attributes = {(place,): [["tt.divisibility", 16]] for place in tensors}  # of their addresses
    source = ASTSource(kernel, types, launch["fixed"], attributes)
    target = GPUTarget("cuda", capability, 32)
    made = triton.compile(source, target=target, options=launch["options"])
    said = _assembled(made.asm["ptx"], capability)
    widths = ("C", "D", "K", "N", "H", "L")
    return {
        "kernel": name_of(kernel), "sizes": {n: launch["fixed"][n] for n in widths if n in names},
        **launch["options"], "shared": made.metadata.shared, **said,
    }  # fmt: skip


def _assembled(ptx: str, capability: int) -> dict[str, int]:
    """Return the registers of a thread and the bytes that it keeps in memory instead."""
    from triton import knobs

    with tempfile.TemporaryDirectory() as room:
        file = Path(room, "kernel.ptx")
        file.write_text(ptx)
        name = f"sm_{capability}a" if capability == 90 else f"sm_{capability}"
        command = [knobs.nvidia.ptxas.path, "-v", f"--gpu-name={name}", str(file), "-o", os.devnull]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    registers, spilled = (re.search(rf"(\d+) {what}", said) for what in
                          ("registers", "bytes spill stores"))  # fmt: skip
    return {"registers": int(registers[1]), "spilled": int(spilled[1])}


@click.command()
@click.option("--capability", default=90, show_default=True, help="90 is an H100 or H200.")
@click.option("--size", default="sct_s", show_default=True)
@click.option("--no-step", is_flag=True, help="Leave out the kernels of a training step.")
@click.option("--out", type=click.Path(path_type=Path), help="Where all of it is written as JSON.")
def main(capability: int, size: str, no_step: bool, out: Path | None) -> None:
    """Compile what a model launches, and print what the compiler says of it."""
    found = [compiled(launch, capability) for launch in launches(size, not no_step)]
    if out:
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    names = ("num_warps", "registers", "spilled", "shared")
    table = [["kernel", "", "warps", "registers", "spilled", "shared"]]
    for row in found:
        sizes = " ".join(f"{name}={value}" for name, value in row["sizes"].items())
        table.append([row["kernel"], sizes, *(str(row[name]) for name in names)])
    console.print_table(table)


if __name__ == "__main__":
    console.run(partial(main, standalone_mode=False), "compiled")
