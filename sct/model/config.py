"""The configuration of a Shifted Chunk Transformer: one frozen dataclass, and the named sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sct import limits
from sct.questions import Questions, check_questions
from sct.validation import check_choice, check_fields, frozen, is_whole, short, wrong


@dataclass(frozen=True)
class SCTConfig:
    """The values that fix a model's parameters and its default behaviour.

    Stage `i` (counted from 0 in tuples, from 1 wherever a person reads it) works on `grids[i]` and
    then, except in the last stage, pools 2x2 tokens into one; shifted MSA follows the pooling and
    so works on `shifted_grids[i]`, in `shifted_widths[i]` channels and `shifted_heads[i]` heads.
    `sct.limits` bounds each number, and what they ask for together.

    Args:
        image_size: side of the square input, in pixels.
        frames: most frames the clip encoder has positions for.
        patch: side of a patch, in pixels (paper: 4).
        chunk: side of a chunk, in patches (paper: 7).
        widths: channels of each stage.
        vilt_blocks: ViLT blocks in each stage.
        heads: attention heads of ViLT and of LSH attention in each stage.
        clip_layers: transformer layers of the clip encoder (paper: 4).
        mlp_ratio: hidden width of every feed-forward layer over its width.
        num_classes: classes of the head.
        labels: names of the classes; empty for an untrained model.
        questions: (name, labels) of each question that has a softmax of its own; empty for one.
        lsh_rounds: hash rounds of LSH attention.
        lsh_bucket: tokens of a chunk of the sorted sequence; must divide the tokens of each stage
            that has more. A frame of n tokens has about n / lsh_bucket buckets.
        lsh_seed: seed of the rotations that hash.
        shifted_blocks: shifted MSA blocks a stage (table 5: "#shifted MSA"); 0 leaves them out.
        shifted_offsets: frames between query and key frame (table 5: "#shifted frames"): one number
            for every head, or several that the heads of a stage take in turn (multi-scale): with
            (1, 2) heads 0, 2, 4 ... look one frame back and heads 1, 3, 5 ... two.
        shifted_window: "chunk" (as figure 2 draws it) or "frame".
        merge: how the two maps are merged: "mean" of two softmaxes, or "joint", one softmax over
            both sets of logits.
        frame_embedding: "mean" of the last grid; or "mean+max", to which the strongest evidence of
            any token is added, so that something small counts as well as the whole picture.
        grounded_heads: for each stage, the shifted MSA heads that were trained to follow motion.

    Raises:
        ValueError: names the field, its value and what is allowed.
    """

    image_size: int = 112
    frames: int = 8
    patch: int = 4
    chunk: int = 7
    widths: tuple[int, ...] = (48, 96, 128)
    vilt_blocks: tuple[int, ...] = (1, 2, 3)
    heads: tuple[int, ...] = (3, 6, 4)
    clip_layers: int = 4
    mlp_ratio: int = 4
    num_classes: int = 17
    labels: tuple[str, ...] = ()
    questions: Questions = ()
    # reconstruction: the paper does not say how many rounds it hashes; option: any number.
    lsh_rounds: int = 1
    lsh_bucket: int = 49
    lsh_seed: int = 0
    shifted_blocks: int = 1
    shifted_offsets: tuple[int, ...] = (1,)
    # reconstruction: figure 2 is drawn chunk by chunk; option: "frame".
    shifted_window: str = "chunk"
    # reconstruction: figure 2 shows two maps over v_t and no formula; option: "joint".
    merge: str = "mean"
    # reconstruction: the paper says one vector a frame, not how it is made; option: "mean+max".
    frame_embedding: str = "mean"
    grounded_heads: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):  # JSON gives lists; a frozen config holds tuples
            object.__setattr__(self, field.name, frozen(getattr(self, field.name)))
        limits.check_kinds_of(self)
        if not self.grounded_heads:
            object.__setattr__(self, "grounded_heads", ((),) * self.stages)
        self._check()

    def _check(self) -> None:
        limits.check_fields_of(self)
        if any(width % heads for width, heads in zip(self.widths, self.heads, strict=True)):
            raise ValueError(f"heads={self.heads}: must divide widths={self.widths}")
        if self.widths[0] % 4:
            raise ValueError(f"widths={self.widths}: the first must be a multiple of 4")
        self.check_image_size(self.image_size)
        limits.check_size_of(self)
        for stage, grid in enumerate(self.grids, 1):
            if fits := divisors(stage, grid * grid, self.lsh_bucket):
                raise wrong("lsh_bucket", self.lsh_bucket, fits)
        check_choice("shifted_window", self.shifted_window, ("chunk", "frame"))
        check_choice("merge", self.merge, ("mean", "joint"))
        check_choice("frame_embedding", self.frame_embedding, ("mean", "mean+max"))
        offsets = self.shifted_offsets
        if any(h % len(offsets) for h in self.shifted_heads):
            raise ValueError(
                f"shifted_offsets={short(offsets)}: needs one number, or as many as divide each "
                f"of the {self.shifted_heads} shifted heads of the stages, which take them in turn"
            )
        check_questions(self)
        pairs = zip(self.grounded_heads, self.shifted_heads, strict=True)
        for stage, (heads, most) in enumerate(pairs, 1):
            if not (isinstance(heads, tuple) and all(is_whole(h, 0, most - 1) for h in heads)):
                said = f"grounded_heads={self.grounded_heads}"
                raise ValueError(f"{said}: heads of stage {stage} are 0 to {most - 1}")

    @property
    def stages(self) -> int:
        return len(self.widths)

    @property
    def image_step(self) -> int:
        """Returns the pixels that image sizes must be a multiple of."""
        return self.patch * self.chunk * 2 ** (self.stages - 1)

    @property
    def grids(self) -> tuple[int, ...]:
        """Returns the side of each stage's token grid, where ViLT and LSH attention work."""
        return self.grids_for(self.image_size)

    @property
    def shifted_grids(self) -> tuple[int, ...]:
        """Returns the side of each stage's grid after pooling, where shifted MSA works."""
        return self.after_pooling(self.grids)

    @property
    def shifted_widths(self) -> tuple[int, ...]:
        return self.after_pooling(self.widths)

    @property
    def shifted_heads(self) -> tuple[int, ...]:
        return self.after_pooling(self.heads)

    def grids_for(self, image_size: int) -> tuple[int, ...]:
        return tuple(image_size // self.patch // 2**i for i in range(self.stages))

    @staticmethod
    def after_pooling(values: tuple[int, ...]) -> tuple[int, ...]:
        """Returns the value of each shifted MSA: the next stage's, in the last stage its own."""
        return (*values[1:], values[-1])

    def check_image_size(self, size: int) -> None:
        step = self.image_step
        if size < step or size % step:
            raise ValueError(
                f"image size {size}: this model takes multiples of {step} pixels "
                f"({step}, {2 * step}, {3 * step}, ...)"
            )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SCTConfig:
        """Undoes `to_dict`, also through JSON. Unknown fields raise ValueError."""
        check_fields(cls, values, "config")
        return cls(**values)


def in_turn(offsets: Sequence[int], heads: int) -> tuple[int, ...]:
    """Returns the offset of each head of a shifted MSA, whose heads take these in turn."""
    return tuple(offsets[head % len(offsets)] for head in range(heads))


def divisors(stage: int, tokens: int, bucket: int) -> str:
    """Returns what a bucket size must be where it does not divide the tokens; else ""."""
    if tokens % min(bucket, tokens) == 0:
        return ""
    fits = ", ".join(str(n) for n in range(1, tokens + 1) if tokens % n == 0)
    return f"a divisor of the {tokens} tokens of stage {stage}: {fits}"


# reconstruction: the paper gives parameters and multiply-adds (table 4), not widths and depths;
# these reach both within 1.5% (`python -m sct sizes`).
_PAPER = SCTConfig(
    image_size=224,
    frames=24,
    widths=(72, 144, 288, 288),
    vilt_blocks=(5, 4, 5, 4),
    heads=(3, 6, 12, 12),
    num_classes=400,
)
_PAPER_WIDE = replace(_PAPER, widths=(96, 192, 384, 384))

SIZES: dict[str, SCTConfig] = {
    "sct_ti": SCTConfig(),
    # Multi-scale shifted MSA, which the paper leaves to future work.
    "sct_ti_ms": SCTConfig(shifted_offsets=(1, 2)),
    "sct_s": _PAPER,
    "sct_m": replace(_PAPER_WIDE, vilt_blocks=(5, 5, 5, 4)),
    "sct_l": replace(_PAPER_WIDE, vilt_blocks=(12, 12, 11, 11)),
}
