"""The larger sizes on a GPU: one clip and several, forward and learning, and what speeds them up.

A forward pass of one clip is so short there that it waits for Python. A CUDA graph leaves Python
out; `torch.compile` also joins operations into fewer.
"""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F

import sct
from benchmarks.harness.rows import Comparison, Group, Limit
from benchmarks.harness.timing import Contestant, Settings, Unavailable, Work
from benchmarks.speed.model import (
    SIZE,
    classify,
    forward,
    hugging_face,
    new_model,
    random_clips,
)
from sct.model.attention import Block
from sct.model.chunks import LinearPooling
from sct.model.shifted import ShiftedBlock

SIZES, BATCHES = ("sct_s", "sct_m", "sct_l"), (1, 8)
PEERS = (("TimeSformer-B", 8), ("VideoMAE-B", 16), ("ViViT-B", 32))
COMPILER = "torch.compile"
GOAL = Limit("15 ms", 0.015)  # of one clip


def groups(settings: Settings) -> list[Group]:
    """Return the rows, those timed together in one list."""
    return [group for size in SIZES for batch in BATCHES for group in _of(size, batch)]


def _of(size: str, batch: int) -> list[Group]:
    name = f"{size}, batch {batch}"
    plain = Contestant(name, partial(predicting, size, batch))
    graph = Contestant(f"{name}, CUDA graph", partial(replaying, size, batch))
    compiled_plain = Contestant(
        f"{name}, compiled", partial(predicting, size, batch, compiled=True), COMPILER
    )
    step = Contestant(f"{name}, step", partial(learning, size, batch))
    compiled_step = Contestant(
        f"{name}, compiled step", partial(learning, size, batch, compiled=True), COMPILER
    )

    def gain(what: str, ours: Contestant, without: Contestant) -> Comparison:
        return Comparison(f"{name}, {what}", ours, without, faster=True, peer_name="without")

    passes = [Comparison(name, plain)]
    if name == "sct_s, batch 1":
        passes = [Comparison(c.name, c, GOAL, target=1.0, on="cuda") for c in (plain, graph)]
    passes.append(gain("CUDA graph", graph, plain))
    passes.append(gain("torch.compile", compiled_plain, plain))
    learn = [gain("step with torch.compile", compiled_step, step)]
    for peer, frames in PEERS if size == "sct_s" else ():
        classifying = hugging_face(peer, frames, partial(classify, batch=batch))
        training = hugging_face(peer, frames, partial(peer_learning, batch))
        passes.append(Comparison(name, plain, classifying, faster=True))
        learn.append(Comparison(step.name, step, training, faster=True))
    peaks = [
        Comparison(f"{kind} memory, {name}", of, measure="total")
        for kind, of in (("peak", plain), ("peak step", step))
    ]
    return [passes, learn, peaks]


def compile_blocks(model: sct.SCT) -> None:
    """Have `torch.compile` make of each transformer block what it can.

    Hashing stays as it is: what draws numbers and sorts gains nothing and takes long to compile.
    """
    from torch._functorch import config

    torch.compiler.reset()  # it gives up on code that it has compiled for many shapes
    # The cache brings back the shapes of views as wild numbers: pytorch/pytorch#185630.
    config.enable_autograd_cache = False
    for module in model.modules():
        if isinstance(module, (Block, ShiftedBlock, LinearPooling)):
            module.compile(dynamic=False)


# -- contestants -----------------------------------------------------------------------------------


def _model(size: str, settings: Settings, compiled: bool) -> sct.SCT:
    model = new_model(size, settings)
    if compiled:
        compile_blocks(model)
    return model


def predicting(size: str, batch: int, settings: Settings, compiled: bool = False) -> Work:
    """Make forward passes of a new model over so many clips."""
    return forward(_model(size, settings, compiled), settings, batch)


def replaying(size: str, batch: int, settings: Settings) -> Work:
    """Make the same passes, of which the second is recorded and then replayed by the GPU alone.

    Raises:
        Unavailable: there is no GPU.
    """
    if settings.device != "cuda":
        raise Unavailable("CUDA graphs want a GPU")
    return forward(_model(size, settings, compiled=False), settings, batch, graph=True)


def learning(size: str, batch: int, settings: Settings, compiled: bool = False) -> Work:
    """Make training steps of a new model on so many random clips."""
    model = _model(size, settings, compiled).train()
    clips = random_clips(model.config, settings, batch)
    return _steps(model, lambda: model(clips, precision=settings.precision).logits, batch, settings)


def peer_learning(batch: int, model: torch.nn.Module, frames: int, settings: Settings) -> Work:
    """Make training steps of a peer; as in ours, weights are in float32 and products are not."""
    model.to(settings.device).train()
    clips = torch.randn(batch, frames, 3, SIZE, SIZE).to(settings.device)

    def logits() -> torch.Tensor:
        with torch.autocast(settings.device, settings.dtype, enabled=settings.device == "cuda"):
            return model(clips).logits

    return _steps(model, logits, batch, settings)


def _steps(model: torch.nn.Module, logits, batch: int, settings: Settings) -> Work:
    labels = torch.arange(batch, device=settings.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=settings.device == "cuda")

    def work() -> None:
        loss = F.cross_entropy(logits().float(), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return work
