"""The Shifted Chunk Transformer (Zha et al., NeurIPS 2021): one pure function of a clip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from einops import rearrange
from torch import Tensor, nn

from sct.kernels.copies import Copies
from sct.kernels.graphs import Graphs
from sct.kernels.layers import patches
from sct.kernels.precision import matrix_products
from sct.kernels.tiling import over_frames, tiled
from sct.model.ablation import Ablation, StageSettings
from sct.model.attention import Block, ChunkAttention
from sct.model.chunks import ChunkPositions, LinearPooling, Pooling
from sct.model.config import SIZES, SCTConfig
from sct.model.hashing import rotations
from sct.model.lsh import LSHAttention
from sct.model.patching import Patching, Tap
from sct.model.shifted import ShiftedBlock
from sct.model.trace import ClipTrace, Trace
from sct.sites import STREAM, Site


@dataclass(frozen=True)
class Output:
    """What a forward pass gives; as a pair it is (logits, trace).

    Attributes:
        logits: (batch, class), float32.
        trace: of the pass, if it was asked for.
        embedding: (batch, width), float32: of each clip, which the head reads.
        activations: of each `Site` that was to be recorded.
    """

    logits: Tensor
    trace: Trace | None
    embedding: Tensor
    activations: tuple[Tensor, ...] = ()

    def __iter__(self) -> Iterator[Tensor | Trace | None]:
        return iter((self.logits, self.trace))


torch.export.register_dataclass(Output)  # so that an exported graph gives one, too


class Stage(nn.Module):
    """One stage of figure 1: ViLT blocks, image LSH attention, linear pooling, shifted MSA."""

    def __init__(self, config: SCTConfig, index: int):
        super().__init__()
        width, heads, ratio = config.widths[index], config.heads[index], config.mlp_ratio
        out, shifted_heads = config.shifted_widths[index], config.shifted_heads[index]
        self.number, self.side, self.mlp_ratio = index + 1, config.chunk, ratio
        self.space_heads, self.heads = heads, shifted_heads
        self.vilt = ChunkAttention(config.vilt_blocks[index], width, heads, ratio, config.chunk)
        self.lsh = LSHAttention(width, heads, self.number)
        # A pooled grid is new, so it gets positions of its own; the last stage keeps its grid.
        last = index == config.stages - 1
        pool = () if last else (LinearPooling(width, out), ChunkPositions(config.chunk, out))
        self.pool = Pooling(*pool)
        self.shifted = nn.ModuleList(
            ShiftedBlock(out, shifted_heads, ratio, config.merge)
            for _ in range(config.shifted_blocks)
        )

    def forward(self, x: Tensor, use: StageSettings, *passing: Trace | Patching | None) -> Tensor:
        """Computes vilt -> lsh -> pool -> shifted; x is (batch, frame, grid, grid, channel)."""
        return self.temporal(self.spatial(x, use, *passing), use, *passing)

    def spatial(
        self, x: Tensor, use: StageSettings, seen: Trace | None = None, taps: Patching | None = None
    ) -> Tensor:
        """Computes vilt -> lsh -> pool, one frame at a time; x as in `forward`."""

        def one(x: Tensor, *swaps: Tensor | None) -> tuple[Any, ...]:
            qk = hashed = None
            vilt, lsh = map(Tap, swaps)
            if use.vilt:
                x = self.vilt(x, use.vilt_heads_off, vilt)
            if use.lsh != "off":
                x, qk, hashed = self.lsh(x, use, lsh)
            return self.pool(x), *((qk, hashed) if seen else (None, None)), vilt.kept, lsh.kept

        if seen:
            seen.entered[self.number] = x.detach()
        taps, heads, floats = taps or Patching(), self.space_heads, x[0, 0].numel() * self.mlp_ratio
        swaps = [taps.swap(self.number, "vilt", x, heads, len(self.vilt))]
        swaps += [taps.swap(self.number, "lsh", x, heads)]
        x, qk, hashed, vilt, lsh = over_frames(one, x, floats, swaps)
        if qk is not None:
            seen.saw_lsh(self.number, qk, hashed, use.bucket)
        taps.keep(self.number, "vilt", vilt, heads)
        taps.keep(self.number, "lsh", lsh, heads)
        return x

    def temporal(
        self, x: Tensor, use: StageSettings, seen: Trace | None = None, taps: Patching | None = None
    ) -> Tensor:
        """Computes shifted, from frame to frame, by rows of windows; x as in `forward`."""

        def one(i: int, x: Tensor, swap: Tensor | None) -> tuple[Any, ...]:
            tap = Tap(swap, i)
            return *self.shifted[i](x, use, side, tap), tap.kept

        b, t, grid, _, width = x.shape
        side = self.side if use.window == "chunk" else grid
        taps, kept, floats = taps or Patching(), (), b * t * side * grid * width * self.mlp_ratio
        beside = [taps.swap(self.number, "shifted", x, self.heads, len(self.shifted))]
        for i in range(len(self.shifted) if use.shifted != "off" else 0):
            x, matched, out = tiled(partial(one, i), x, 2, floats, side, beside=beside)
            kept += out
            if seen:
                seen.saw_shifted(self.number, grid, matched)
        taps.keep(self.number, "shifted", kept, self.heads)
        stream = Tap(taps.swap(self.number, STREAM, x, 1))
        x = stream(x)
        taps.keep(self.number, STREAM, stream.kept, 1)
        return x


class Strongest(nn.Module):
    """The strongest evidence of any token of a frame, which adds nothing until it is trained."""

    def __init__(self, dim: int):
        super().__init__()
        self.evidence = nn.Linear(dim, dim)
        self.add = nn.Linear(dim, dim, bias=False)
        nn.init.zeros_(self.add.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Computes (batch, frame, dim) from normalised tokens (batch, frame, grid, grid, dim)."""
        return self.add(self.evidence(x).amax((2, 3)))


class ClipEncoder(nn.Module):
    """The clip encoder: transformer layers over [CLS, frame 1 ... frame T], positions 0..T."""

    def __init__(self, config: SCTConfig):
        super().__init__()
        dim, heads = config.widths[-1], config.heads[-1]
        self.cls = nn.Parameter(torch.zeros(dim))
        self.positions = nn.Parameter(torch.randn(config.frames + 1, dim).mul_(0.02))
        self.layers = nn.ModuleList(
            Block(dim, heads, config.mlp_ratio) for _ in range(config.clip_layers)
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, frames: Tensor, mode: str, seen: Trace | None) -> Tensor:
        """Computes (batch, dim) from (batch, frame, dim); mode "mean" leaves the layers out."""
        if mode == "mean":
            return self.norm(frames.mean(1))
        cls = self.cls.expand(len(frames), 1, -1).to(frames.dtype)
        x = torch.cat([cls, frames], dim=1) + self.positions[: frames.shape[1] + 1]
        for layer in self.layers:
            x, row = layer(x, first_row=seen is not None)
            if seen:
                seen.clip_seen.append(ClipTrace(row))
        return self.norm(x[:, 0])


class SCT(nn.Module):
    """Shifted Chunk Transformer.

    `model(frames, ablation, trace)` is pure: what a caller wants changed or recorded is an
    argument, what it gets is in the returned `Output`, and nothing is left on the model. One
    model may serve many threads at once.
    """

    def __init__(self, config: SCTConfig):
        super().__init__()
        self.config = config
        self.patch = nn.Conv2d(3, config.widths[0], config.patch, config.patch)
        self.positions = ChunkPositions(config.chunk, config.widths[0])
        self.stages = nn.ModuleList(Stage(config, i) for i in range(config.stages))
        self.frame_norm = nn.LayerNorm(config.widths[-1])
        if config.frame_embedding == "mean+max":
            self.frame_max = Strongest(config.widths[-1])
        self.clip, self.graphs = ClipEncoder(config), Graphs()
        width = config.widths[-1]
        # reconstruction: an "MLP head" of no given width; half the embedding's, option: none.
        self.head = nn.Sequential(
            nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, config.num_classes)
        )

    @property
    def device(self) -> torch.device:
        return self.patch.weight.device

    def _held(self) -> list[Any]:
        """Returns what passes read besides the parameters, which a CUDA graph has to hold."""
        inside = (part for module in self.modules() for part in vars(module).values())
        return [rotations.held(), [part.value for part in inside if isinstance(part, Copies)]]

    def forward(
        self,
        frames: Tensor,
        ablation: Ablation | None = None,
        trace: bool = False,
        precision: str = "auto",
        record: Sequence[Site] = (),
        patch: Sequence[tuple[Site, Tensor]] = (),
        graph: bool = False,
    ) -> Output:
        """Classifies clips.

        Args:
            frames: (batch, frame, 3, size, size) normalised floats; see `sct.preprocess`.
            ablation: what to switch off or change; the default is the model as trained.
            trace: keep what is needed to ask later where attention went.
            precision: "float32"; "bfloat16", in which matrix products are computed; or "auto",
                which is bfloat16 on a GPU and float32 elsewhere.
            record: sites whose activations are returned; see `Site` for their shapes.
            patch: sites and activations that take the place of what this pass computes there, of
                as many clips or of one; where two meet the last holds. Not with a trace.
            graph: on a GPU, record the second pass over clips of a shape as a CUDA graph, and
                replay it from then on, which takes less time for few clips and keeps the memory of
                a pass. Passes under ablations, and those that record or patch, are not recorded.

        Returns:
            Output(logits (batch, class) in float32, Trace or None, embedding (batch, width),
            activations in the order of `record`).

        Raises:
            ValueError: a shape, size, ablation or site that this model does not take; says why.
        """
        if graph and ablation in (None, Ablation()) and not (record or patch):
            work = partial(self, trace=trace, precision=precision)
            own = tuple(self.parameters())
            return self.graphs.run(work, frames, (trace, precision), own, self._held)
        self.check(frames)
        config, size = self.config, frames.shape[-1]
        ablation = ablation or Ablation()
        settings = ablation.resolve(config, size)
        order = ablation.frame_order(frames.shape[1])
        seen = Trace(config, ablation, order, size) if trace else None
        taps = Patching(record, patch)
        if trace and patch:
            raise ValueError("trace=True, patch: a pass takes one of them")
        for site in (*record, *(site for site, _ in patch)):
            site.check(config, settings, frames.shape[1])
        with matrix_products(frames, precision):
            x = self.embed(frames, order)
            for stage, use in zip(self.stages, settings, strict=True):
                x = stage(x, use, seen, taps)
            embedding = self.embed_clip(x, ablation.clip, seen)
            logits = self.head(embedding)
        return Output(logits.float(), seen, embedding.float(), taps.recorded())

    def embed(self, frames: Tensor, order: Sequence[int]) -> Tensor:
        """Computes the patches of frames in this order: (batch, frame, grid, grid, channel)."""
        if tuple(order) != tuple(range(frames.shape[1])):
            frames = torch.stack([frames[:, frame] for frame in order], dim=1)
        found = patches(frames, self.patch, self.positions.table)
        if found is not None:
            return found
        x = self.patch(frames.flatten(0, 1).to(self.patch.weight.dtype))
        return self.positions(rearrange(x, "(b t) c i j -> b t i j c", b=len(frames)))

    def answer(self, x: Tensor, clip: str) -> Tensor:
        """Computes logits (batch, class) of the last grid; `clip` as in `ClipEncoder`."""
        return self.head(self.embed_clip(x, clip)).float()

    def embed_clip(self, x: Tensor, clip: str, seen: Trace | None = None) -> Tensor:
        """Computes one vector a clip (batch, channel) of the last grid, which the head reads."""
        if seen:
            seen.entered[len(self.stages) + 1] = x
        return self.clip(self.embed_frames(x), clip, seen)

    def embed_frames(self, x: Tensor) -> Tensor:
        """Computes one vector a frame (batch, frame, channel) of the last grid."""
        frames = self.frame_norm(x.mean((2, 3)))
        if self.config.frame_embedding == "mean+max":
            frames = frames + self.frame_max(self.frame_norm(x))
        return frames

    def check(self, frames: Tensor) -> None:
        """Raises ValueError unless `frames` are what `forward` takes."""
        config, shape = self.config, tuple(frames.shape)
        if len(shape) != 5 or shape[2] != 3 or shape[3] != shape[4]:
            raise ValueError(f"frames {shape}: expected (batch, frame, 3, size, size)")
        if not frames.is_floating_point():
            raise ValueError(f"frames are {frames.dtype}: expected normalised floats")
        if not 1 <= shape[1] <= config.frames:
            raise ValueError(f"{shape[1]} frames: this model takes 1 to {config.frames}")
        config.check_image_size(shape[-1])


def build(name: str = "sct_ti", **overrides: object) -> SCT:
    """Makes a new, untrained model of a named size (sct_ti, sct_ti_ms, sct_s, sct_m, sct_l).

    Args:
        name: the size.
        overrides: any field of `SCTConfig`, such as num_classes=400.

    Raises:
        ValueError: unknown size or field, or values that do not fit together.
    """
    if name not in SIZES:
        raise ValueError(f"unknown size {name!r}: one of {', '.join(SIZES)}")
    return SCT(SCTConfig.from_dict({**SIZES[name].to_dict(), **overrides}))
