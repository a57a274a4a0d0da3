"""The kernels for a GPU: held against their definitions, tuned, and timed beside plain PyTorch.

    python -m benchmarks.speed.kernels --device cuda --out kernels.json

Each check and each launch form runs in a process of its own, since a kernel that touches what it
may not spoils its process. Where all checks pass, the card's compute capability may be added to
`sct.kernels.choice.CHECKED`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import click
import torch

from benchmarks.harness.table import facts
from benchmarks.harness.timing import Settings, Unavailable, in_new_process
from sct.cli import console

BOUND = {"float32": 2e-4, "bfloat16": 2e-2}  # of the largest value
SIZE, BATCH = "sct_s", 8
LAUNCHES = tuple(product((1, 2), (4, 8), (32, 64), (1, 2, 3)))
_REPEATS, _WARM = 20, 3


# -- each runs in a process of its own -------------------------------------------------------------


def checked(name: str, kind: str, device: str, tiny: bool) -> dict[str, Any]:
    """Hold one kernel against its definition, twice."""
    dtype = getattr(torch, kind)
    with torch.inference_mode():
        found, wanted = CHECKS[name](device, dtype, tiny)
        again, _ = CHECKS[name](device, dtype, tiny)
    error = float((found.float() - wanted.float()).abs().max() / wanted.float().abs().max())
    same = bool(torch.equal(found, again))
    passed = same and error < BOUND[kind] and bool(found.isfinite().all())
    return {"check": name, "kind": kind, "error": error, "repeats": same, "passed": passed}


def tuned(stage: int, launch: tuple[int, ...], device: str, tiny: bool) -> dict[str, Any]:
    """Time the blocks of a stage of SCT-S under one form of launch, and hold them to account."""
    from sct.kernels.fused import chunk_blocks as kernel

    form = kernel.Launch(launch[0], launch[1], launch[2], launch[3])
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    with torch.inference_mode():
        module, x = _stage(stage, device, tiny)
        packed = kernel.pack(list(module), dtype, form)
        run = partial(kernel.chunk_blocks, x, module.side, packed, (), form)
        wanted = _plain(lambda: module(x), dtype, device)
        error = float((run() - wanted).abs().max() / wanted.abs().max())
        return {"stage": stage, **form._asdict(), "error": error, "ms": _ms(run, device)}


def timed(name: str, way: str, device: str, tiny: bool) -> dict[str, Any]:
    """Time one work by the kernels or without them."""
    os.environ["SCT_KERNELS"] = way
    with torch.inference_mode():
        return {"work": name, "way": way, "ms": _ms(WORKS[name](device, tiny), device)}


# -- what is checked -------------------------------------------------------------------------------


def _plain(work: Callable[[], torch.Tensor], dtype: torch.dtype, device: str) -> torch.Tensor:
    os.environ["SCT_KERNELS"] = "plain"
    with torch.autocast(device, dtype, enabled=dtype != torch.float32):
        return work()


def _fused(work: Callable[[], torch.Tensor], dtype: torch.dtype, device: str) -> torch.Tensor:
    from sct.kernels.choice import fused

    os.environ["SCT_KERNELS"] = "fused"
    assert fused(torch.empty(1, device=device)), "no kernel would be used"
    with torch.autocast(device, dtype, enabled=dtype != torch.float32):
        return work()


def _stage(stage: int, device: str, tiny: bool) -> tuple[Any, torch.Tensor]:
    """Return the ViLT blocks of a stage of SCT-S, and the grids of so many clips."""
    import sct
    from sct.model.attention import ChunkAttention

    config = sct.SIZES[SIZE]
    width, heads = config.widths[stage - 1], config.heads[stage - 1]
    torch.manual_seed(stage)
    blocks = 1 if tiny else config.vilt_blocks[stage - 1]
    module = ChunkAttention(blocks, width, heads, config.mlp_ratio, config.chunk).to(device).eval()
    frames, grid = (1, config.chunk) if tiny else (config.frames, config.grids[stage - 1])
    clips = 1 if tiny else BATCH
    return module, torch.randn(clips, frames, grid, grid, width, device=device)


def _blocks(stage: int, device: str, dtype: torch.dtype, tiny: bool) -> tuple[Any, Any]:
    from sct.kernels.fused import chunk_blocks as kernel

    module, x = _stage(stage, device, tiny)
    found = kernel.chunk_blocks(x, module.side, kernel.pack(list(module), dtype))
    return found, _plain(lambda: module(x), dtype, device)


def _attention(device: str, dtype: torch.dtype, tiny: bool, shifted: bool) -> tuple[Any, Any]:
    from sct.kernels.fused.chunk_attention import attend
    from sct.model.ablation import Ablation
    from sct.model.attention import SelfAttention
    from sct.model.config import SCTConfig
    from sct.model.shifted import ShiftedMSA, key_frames

    torch.manual_seed(0)
    frames, grid = (2, 7) if tiny else (24, 28)
    if not shifted:
        module = SelfAttention(144, 6).to(device, dtype).eval()
        x = torch.randn(frames * 16, 49, 144, device=device, dtype=dtype)
        found = module.proj(attend(module.qkv(x)[:, None], 6, (1, 49))[:, 0])
        return found, _plain(lambda: module(x)[0], torch.float32, device)
    module = ShiftedMSA(144, 6, "mean").to(device, dtype).eval()
    x = torch.randn(1, frames, grid, grid, 144, device=device, dtype=dtype)
    use = Ablation().resolve(SCTConfig(), 112)[0]
    table = (key_frames(frames, use.offsets[0], "on"),) * 6
    found = module.proj(attend(module.qkv(x), 6, (7, 7), (), table))
    return found, _plain(lambda: module(x, use, 7)[0], torch.float32, device)


def _lsh(device: str, dtype: torch.dtype, tiny: bool) -> tuple[Any, Any]:
    from sct.kernels.fused.lsh import lsh_attention
    from sct.model.hashing import rotations
    from sct.model.lsh import reference_attention

    tokens, frames = (98, 1) if tiny else (3136, 4)
    torch.manual_seed(0)
    qkv = torch.randn(1, frames, tokens, 3, 48, device=device, dtype=dtype)
    turn = rotations(0, 1, 2, 3, 24, tokens // 49, torch.device(device))
    found, _ = lsh_attention(qkv, turn, 49)
    return found.transpose(2, 3), reference_attention(qkv.float(), turn, 49)


def _norm(device: str, dtype: torch.dtype, tiny: bool) -> tuple[Any, Any]:
    from sct.kernels.fused.rows import layer_norm

    torch.manual_seed(0)
    norm = torch.nn.LayerNorm(72).to(device)
    x = torch.randn(20 if tiny else 600_000, 72, device=device)
    return layer_norm(x, norm, dtype), norm(x)


def _feed_forward(width: int, device: str, dtype: torch.dtype, tiny: bool) -> tuple[Any, Any]:
    from sct.kernels.layers import add_and_feed_forward
    from sct.kernels.norm import LayerNorm
    from sct.model.attention import FeedForward

    torch.manual_seed(0)
    norm, mlp = LayerNorm(width).to(device), FeedForward(width, 4).to(device)
    x, branch = torch.randn(2, 20 if tiny else 150_528, width, device=device)
    wanted = _plain(lambda: add_and_feed_forward(x, branch.clone(), norm, mlp), dtype, device)
    return _fused(lambda: add_and_feed_forward(x, branch, norm, mlp), dtype, device), wanted


def _pooling(device: str, dtype: torch.dtype, tiny: bool) -> tuple[Any, Any]:
    from sct.model.chunks import ChunkPositions, LinearPooling, Pooling

    torch.manual_seed(0)
    pooling = Pooling(LinearPooling(72, 144), ChunkPositions(7, 144)).to(device)
    x = torch.randn(1, *((1, 14, 14) if tiny else (24, 56, 56)), 72, device=device)
    return _fused(lambda: pooling(x), dtype, device), _plain(lambda: pooling(x), dtype, device)


def _patches(device: str, dtype: torch.dtype, tiny: bool) -> tuple[Any, Any]:
    import sct

    torch.manual_seed(0)
    model = sct.build(SIZE).to(device)
    frames = torch.randn(1, 1 if tiny else 24, 3, 224, 224, device=device)
    order = range(frames.shape[1])
    found = _fused(lambda: model.embed(frames, order), dtype, device)
    return found, _plain(lambda: model.embed(frames, order), dtype, device)


CHECKS = {
    "blocks of stage 1": partial(_blocks, 1),
    "blocks of stage 2": partial(_blocks, 2),
    "attention in chunks": partial(_attention, shifted=False),
    "shifted attention": partial(_attention, shifted=True),
    "LSH attention": _lsh,
    "LayerNorm": _norm,
    "feed-forward, 144 channels": partial(_feed_forward, 144),
    "feed-forward, 288 channels": partial(_feed_forward, 288),
    "pooling": _pooling,
    "patches": _patches,
}


# -- what is timed ---------------------------------------------------------------------------------


def _model(size: str, batch: int, device: str, tiny: bool) -> Callable[[], Any]:
    import sct

    shape = {"frames": 1, "image_size": 112} if tiny else {}
    model = sct.build("sct_ti" if tiny else size, **shape).to(device).eval()
    config = model.config
    shape = (config.frames, 3, config.image_size, config.image_size)
    return partial(model, torch.randn(1 if tiny else batch, *shape, device=device))


def _replayed(size: str, batch: int, device: str, tiny: bool) -> Callable[[], Any]:
    return partial(_model(size, batch, device, tiny), graph=True)


def _lsh_alone(tokens: int, device: str, tiny: bool) -> Callable[[], Any]:
    from benchmarks.speed import lsh

    settings = Settings(device=device)
    return lsh.our_attention(98 if tiny else tokens, settings)


def _exact_alone(tokens: int, device: str, tiny: bool) -> Callable[[], Any]:
    from benchmarks.speed import lsh

    return lsh.exact_attention(98 if tiny else tokens, Settings(device=device))


WORKS = {
    f"{SIZE}, batch {BATCH}": partial(_model, SIZE, BATCH),
    f"{SIZE}, batch 1, graph": partial(_replayed, SIZE, 1),
    f"sct_l, batch {BATCH}": partial(_model, "sct_l", BATCH),
    "LSH attention, 3136 tokens": partial(_lsh_alone, 3136),
    "LSH attention, 12544 tokens": partial(_lsh_alone, 12544),
    "exact attention, 3136 tokens": partial(_exact_alone, 3136),
    "exact attention, 12544 tokens": partial(_exact_alone, 12544),
}


def _ms(work: Callable[[], Any], device: str) -> float:
    """Measure the median milliseconds of a call, by the card's own clock where there is one."""
    for _ in range(1 if device == "cpu" else _WARM):
        work()
    spent = []
    for _ in range(1 if device == "cpu" else _REPEATS):
        if device == "cpu":
            began = time.perf_counter()
            work()
            spent.append(1000 * (time.perf_counter() - began))
            continue
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        end.record()
        end.synchronize()
        spent.append(start.elapsed_time(end))
    return sorted(spent)[len(spent) // 2]


# -- the run ---------------------------------------------------------------------------------------


def safely(function: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    """Return what a function finds in a process of its own, or what it failed with."""
    try:
        return in_new_process(function, *given)
    except (Unavailable, Exception) as error:  # whatever it is belongs into the table
        said = " ".join(str(error).split())[:200]
        return {"of": [str(each) for each in given], "failed": f"{type(error).__name__}: {said}"}


@click.command()
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cuda", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Where all of it is written as JSON.")
@click.option("--tiny", is_flag=True, help="Small shapes, to try this script itself.")
def main(device: str, out: Path | None, tiny: bool) -> None:
    """Check every kernel, try every form of launch, and time the model with and without them."""
    found = {**facts("kernels", Settings(device=device)), "tiny": tiny}
    kinds = ("float32",) if device == "cpu" else ("float32", "bfloat16")
    found["checks"] = [safely(checked, n, k, device, tiny) for n in CHECKS for k in kinds]
    forms = LAUNCHES[:1] if tiny else LAUNCHES
    found["launches"] = [safely(tuned, stage, f, device, tiny) for stage in (1, 2) for f in forms]
    ways = ("plain", "fused")
    works = list(WORKS)[:1] if tiny else list(WORKS)
    found["times"] = [safely(timed, name, way, device, tiny) for name in works for way in ways]
    if out:
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    _print(found)


def _print(found: dict[str, Any]) -> None:
    table = [["check", "kind", "error", "repeats", "passed"]]
    for row in found["checks"]:
        if "failed" in row:
            table.append([*row["of"][:2], "", "", row["failed"]])
        else:
            table.append([row["check"], row["kind"], f"{row['error']:.1e}", str(row["repeats"]),
                          str(row["passed"])])  # fmt: skip
    console.print_table(table)
    table = [["", "chunks", "warps", "hidden", "stages", "ms"]]
    for stage in (1, 2):
        rows = [row for row in found["launches"] if row.get("stage") == stage]
        for row in sorted(rows, key=lambda row: row["ms"])[:3]:
            forms = [str(row[name]) for name in ("chunks", "warps", "hidden", "stages")]
            table.append([f"stage {stage}", *forms, f"{row['ms']:.2f}"])
    failed = sum("failed" in row for row in found["launches"])
    console.print_table(table)
    if failed:
        console.print_note(f"{failed} of {len(found['launches'])} forms of launch failed.")
    table = [["work", "plain, ms", "fused, ms", "ratio"]]
    rows = iter(found["times"])
    for plain, fused in zip(rows, rows, strict=True):
        if "failed" in plain or "failed" in fused:
            table.append([plain.get("work", fused.get("work", "?")), "", "", "failed"])
        else:
            ratio = plain["ms"] / fused["ms"]
            table.append(
                [plain["work"], f"{plain['ms']:.2f}", f"{fused['ms']:.2f}", f"{ratio:.2f}x"]
            )
    console.print_table(table)


if __name__ == "__main__":
    console.run(partial(main, standalone_mode=False), "kernels")
