"""The Shifted Chunk Transformer (Zha et al., NeurIPS 2021): one pure function of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn

from sct.kernels.tiling import in_pieces, joined
from sct.model.ablation import Ablation, StageSettings
from sct.model.attention import Block, matrix_products
from sct.model.chunks import ChunkPositions, LinearPooling, merge, partition
from sct.model.config import SIZES, SCTConfig
from sct.model.hashing import Hashed
from sct.model.lsh import LSHAttention
from sct.model.shifted import Matched, ShiftedBlock, joined_chunks
from sct.model.trace import Trace
from sct.model.trace_builder import TraceBuilder


class Output(NamedTuple):
    """Logits (batch, class), and what the forward pass saw if it was asked to keep it."""

    logits: Tensor
    trace: Trace | None


class Stage(nn.Module):
    """Image chunk self-attention (ViLT blocks, LSH attention, pooling), then shifted MSA."""

    def __init__(self, config: SCTConfig, index: int):
        super().__init__()
        width, heads = config.widths[index], config.heads[index]
        out, shifted_heads = config.shifted_widths[index], config.shifted_heads[index]
        self.number, self.side, self.mlp_ratio = index + 1, config.chunk, config.mlp_ratio
        self.vilt = nn.ModuleList(
            Block(width, heads, config.mlp_ratio) for _ in range(config.vilt_blocks[index])
        )
        self.lsh = LSHAttention(width, heads, self.number)
        # A pooled grid is new, so it gets positions of its own; the last stage keeps its grid.
        last = index == config.stages - 1
        pool = () if last else (LinearPooling(width, out), ChunkPositions(config.chunk, out))
        self.pool = nn.Sequential(*pool)
        self.shifted = nn.ModuleList(
            ShiftedBlock(out, shifted_heads, config.mlp_ratio, config.merge)
            for _ in range(config.shifted_blocks)
        )

    def forward(self, x: Tensor, use: StageSettings, seen: TraceBuilder | None = None) -> Tensor:
        """x is (batch, frame, grid, grid, channel), before and after."""
        return self.look_back(self.look_within(x, use, seen), use, seen)

    def look_within(
        self, x: Tensor, use: StageSettings, seen: TraceBuilder | None = None
    ) -> Tensor:
        """The first half, one frame at a time: ViLT, LSH attention, pooling; x as in `forward`."""
        b, t, g, _, width = x.shape
        if seen:
            seen.saw_stage(self.number, x)
        frames = x.flatten(0, 1)

        def look(some: Tensor) -> tuple[Tensor, Tensor | None, Hashed | None]:
            return self._within(some[None], use, bool(seen))

        if torch.is_grad_enabled():  # each operation keeps what it saw: pieces would save nothing
            parts = [look(frames)]
        else:
            parts = in_pieces(look, frames, g * g * width * self.mlp_ratio)
        x = joined([part for part, _, _ in parts], 1)[0].unflatten(0, (b, t))
        if seen and use.lsh != "off":
            qk = joined([qk for _, qk, _ in parts], 1)[0].unflatten(0, (b, t))
            hashed = None
            if use.lsh == "lsh":
                buckets = joined([hashed.buckets for _, _, hashed in parts], 1)[0]
                order = joined([hashed.order for _, _, hashed in parts], 1)[0]
                hashed = Hashed(buckets.unflatten(0, (b, t)), order.unflatten(0, (b, t)))
            seen.saw_lsh(self.number, g, qk, hashed, min(use.bucket, g * g))
        return x

    def look_back(self, x: Tensor, use: StageSettings, seen: TraceBuilder | None = None) -> Tensor:
        """The second half, from frame to frame: shifted MSA; x as in `forward`."""
        if use.shifted != "off":
            for block in self.shifted:
                x, matched = self._back(block, x, use)
                if seen:
                    seen.saw_shifted(self.number, x.shape[2], joined_chunks(matched))
        return x

    def _back(
        self, block: ShiftedBlock, x: Tensor, use: StageSettings
    ) -> tuple[Tensor, list[Matched]]:
        """Shifted MSA and its feed-forward; x as in `forward`, before and after.

        Returns what was matched in parts, each of some rows of chunks.
        """
        b, t, g, _, width = x.shape
        side = self.side if use.window == "chunk" else g

        def look(rows: Tensor) -> tuple[Tensor, Matched]:
            some = rows.movedim(0, 2).flatten(2, 3)
            return block(some, side, use.offsets, use.shifted, use.shifted_heads_off)

        rows = x.unflatten(2, (-1, side)).movedim(2, 0)  # of chunks, which do not see each other
        if torch.is_grad_enabled():
            parts = [look(rows)]
        else:
            parts = in_pieces(look, rows, b * t * side * g * width * self.mlp_ratio)
        return joined([out for out, _ in parts], 2), [matched for _, matched in parts]

    def _within(
        self, x: Tensor, use: StageSettings, keep: bool
    ) -> tuple[Tensor, Tensor | None, Hashed | None]:
        """`look_within` of some frames.

        Returns the new frames and, to keep, the query-keys and hashes of LSH attention.
        """
        b, t, g, _, _ = x.shape
        qk = hashed = None
        if use.vilt:
            chunks = partition(x, self.side).flatten(0, 2)
            for block in self.vilt:
                chunks, _ = block(chunks, use.vilt_heads_off)
            x = merge(chunks.unflatten(0, (b, t, -1)), self.side, g)
        if use.lsh != "off":
            x, qk, hashed = self.lsh(
                x, use.lsh, use.rounds, use.bucket, use.seed, use.lsh_heads_off
            )
        return self.pool(x), *((qk, hashed) if keep else (None, None))


class ClipEncoder(nn.Module):
    """Transformer layers over [CLS, frame 1 ... frame T] with positions 0..T."""

    def __init__(self, config: SCTConfig):
        super().__init__()
        dim, heads = config.widths[-1], config.heads[-1]
        self.cls = nn.Parameter(torch.zeros(dim))
        self.positions = nn.Parameter(torch.randn(config.frames + 1, dim).mul_(0.02))
        self.layers = nn.ModuleList(
            Block(dim, heads, config.mlp_ratio) for _ in range(config.clip_layers)
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, frames: Tensor, mode: str, seen: TraceBuilder | None) -> Tensor:
        """(batch, frame, dim) -> (batch, dim); mode "mean" leaves the layers out."""
        if mode == "mean":
            return self.norm(frames.mean(1))
        cls = self.cls.expand(len(frames), 1, -1).to(frames.dtype)
        x = torch.cat([cls, frames], dim=1)
        x = x + self.positions[: x.shape[1]]
        for layer in self.layers:
            x, row = layer(x, first_row=seen is not None)
            if seen:
                seen.saw_clip(row)
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
        # reconstruction: one vector a frame is the mean of the last grid; option: none.
        self.frame_norm = nn.LayerNorm(config.widths[-1])
        self.clip = ClipEncoder(config)
        width = config.widths[-1]
        # reconstruction: an "MLP head" of no given width; half the embedding's, option: none.
        self.head = nn.Sequential(
            nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, config.num_classes)
        )

    @property
    def device(self) -> torch.device:
        return self.patch.weight.device

    def forward(
        self,
        frames: Tensor,
        ablation: Ablation | None = None,
        trace: bool = False,
        precision: str = "auto",
    ) -> Output:
        """Classify clips.

        Args:
            frames: (batch, frame, 3, size, size) normalised floats; see `sct.preprocess`.
            ablation: what to switch off or change; the default is the model as trained.
            trace: keep what is needed to ask later where attention went.
            precision: "float32"; "bfloat16", in which matrix products are computed; or "auto",
                which is bfloat16 on a GPU and float32 elsewhere.

        Returns:
            Output(logits (batch, class) in float32, Trace or None).

        Raises:
            ValueError: a shape, size or ablation that this model does not take; says which do.
        """
        self.check(frames)
        config, size = self.config, frames.shape[-1]
        ablation = ablation or Ablation()
        settings = ablation.resolve(config, size)
        order = ablation.frame_order(frames.shape[1])
        seen = TraceBuilder(config, ablation, order, size) if trace else None
        with matrix_products(frames, precision):
            x = self.embed(frames, order)
            for stage, use in zip(self.stages, settings, strict=True):
                x = stage(x, use, seen)
            logits = self.answer(x, ablation.clip, seen)
        return Output(logits, seen.done() if seen else None)

    def embed(self, frames: Tensor, order: Sequence[int]) -> Tensor:
        """The patches of the frames in this order: (batch, frame, grid, grid, channel)."""
        if tuple(order) != tuple(range(frames.shape[1])):
            frames = torch.stack([frames[:, frame] for frame in order], dim=1)
        x = self.patch(frames.flatten(0, 1))
        return self.positions(rearrange(x, "(b t) c i j -> b t i j c", b=len(frames)))

    def answer(self, x: Tensor, clip: str, seen: TraceBuilder | None = None) -> Tensor:
        """From the last grid to logits (batch, class) in float32; `clip` as in `ClipEncoder`."""
        x = self.clip(self.frame_norm(x.mean((2, 3))), clip, seen)
        return self.head(x).float()

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
    """A new, untrained model of a named size (sct_ti, sct_ti_ms, sct_s, sct_m, sct_l).

    Args:
        name: the size.
        overrides: any field of `SCTConfig`, such as num_classes=400.

    Raises:
        ValueError: unknown size or field, or values that do not fit together.
    """
    if name not in SIZES:
        raise ValueError(f"unknown size {name!r}: one of {', '.join(SIZES)}")
    return SCT(SCTConfig.from_dict({**SIZES[name].to_dict(), **overrides}))
