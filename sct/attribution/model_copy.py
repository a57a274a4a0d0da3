"""Copies a model at no cost of memory: new modules around the shared parameters.

Captum's layer methods put hooks on modules, and some runs need modules that answer otherwise. One
model serves many threads, so neither may ever touch it: they get a copy, whose modules nobody else
knows and whose parameters are the same memory. Making one takes milliseconds.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from sct.model.ablation import Ablation
from sct.model.hashing import Hashed
from sct.model.sct import SCT


def private(model: SCT, frugal: bool = False, before: Callable[[], None] | None = None) -> SCT:
    """Makes new modules over the memory of the model's parameters, which ask for no gradients.

    With `frugal` each block of a stage keeps its input alone and is computed again on the way back:
    a third more time, and the memory of one block in place of all. `before` is then called before
    each block, each time that it is computed.
    """
    shared = {id(p): nn.Parameter(p.detach(), requires_grad=False) for p in model.parameters()} | {
        id(b): b for b in model.buffers()
    }
    own = copy.deepcopy(model, shared).eval()
    if frugal:
        for stage in own.stages:
            stage.lsh, stage.pool = Again(stage.lsh, before), Again(stage.pool, before)
            for blocks in (stage.vilt, stage.shifted):
                for number, block in enumerate(blocks):
                    blocks[number] = Again(block, before)
    return own


class Again(nn.Module):
    """Runs `inner`, and runs it once more when gradients are asked for."""

    def __init__(self, inner: nn.Module, before: Callable[[], None] | None = None):
        super().__init__()
        self.inner, self.before = inner, before

    def forward(self, *args: object, **named: object) -> object:
        # Nothing in a forward pass is drawn at random, so there is no state to bring back.
        return checkpoint(self.run, *args, use_reentrant=False, preserve_rng_state=False, **named)

    def run(self, *args: object, **named: object) -> object:
        if self.before:
            self.before()
        return self.inner(*args, **named)


class Tapped(nn.Module):
    """A stage whose output passes a layer, `tap`, with channels where Captum looks for them."""

    def __init__(self, stage: nn.Module):
        super().__init__()
        self.stage, self.tap = stage, nn.Identity()

    def forward(self, x: Tensor, *args: object) -> Tensor:
        x = self.tap(rearrange(self.stage(x, *args), "b t i j c -> b c t i j"))
        return rearrange(x, "b c t i j -> b t i j c")


class Held(nn.Module):
    """LSH attention whose tokens stay in the buckets that they were in before.

    With gradients enabled only, when a stage hands over all frames of its clips at once.
    """

    def __init__(self, lsh: nn.Module, held: Hashed):
        super().__init__()
        self.lsh = lsh
        self.buckets, self.order = held.buckets[0], held.order[0]  # (frame, head, round, token)

    def forward(self, x: Tensor, *args: object) -> object:
        clips = x.shape[0] * x.shape[1] // len(self.order)
        both = (self.buckets, self.order)
        all_clips = (e.repeat(clips, 1, 1, 1).unflatten(0, x.shape[:2]) for e in both)
        return self.lsh(x, *args, hashed=Hashed(*all_clips))


def held(model: SCT, frames: Tensor, ablation: Ablation) -> SCT:
    """Makes a private model in which LSH attention sorts every clip as it sorts this one.

    Where tokens change buckets an answer jumps, which no gradient shows; held, it is smooth.

    Args:
        frames: (1, frame, 3, size, size).
    """
    with torch.no_grad():
        trace = model(frames, ablation, trace=True, precision="float32").trace
    own = private(model)
    for number, seen in trace.lsh_seen.items():
        if seen.hashed is not None:
            stage = own.stages[number - 1]
            stage.lsh = Held(stage.lsh, seen.hashed)
    return own


def shuffled(model: SCT, seed: int) -> SCT:
    """Makes a private model that has learned nothing: each tensor's numbers in random order.

    Sizes of weights stay as training left them, so that answers stay as large and only what was
    learned is gone (full randomisation of Adebayo et al. 2018, all layers at once).
    """
    rng = torch.Generator("cpu").manual_seed(seed)
    own = copy.deepcopy(model).requires_grad_(False).eval()
    for parameter in own.parameters():
        order = torch.randperm(parameter.numel(), generator=rng).to(parameter.device)
        parameter.copy_(parameter.flatten()[order].view_as(parameter))
    return own
