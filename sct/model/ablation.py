"""The ablation of one forward pass: a frozen, validated value of what to switch off or change."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

import torch

from sct.limits import MOST
from sct.model.config import SCTConfig, divisors, in_turn
from sct.validation import CHOICE, check_whole, is_whole, short, wrong

PARTS = ("vilt", "lsh", "shifted")
MODES = {"shifted": ("on", "self", "off"), "lsh": ("lsh", "full", "off"), "vilt": ("on", "off")}
_WHOLE = {"window": ("", "chunk", "frame"), "clip": ("on", "mean")}  # for the model as a whole
_ORDER = re.compile(r"as-is|reversed|repeat-first|shuffled\((\d{1,9})\)")
_NUMBERS = ("rounds", "bucket", "seed")
_MOST = {"offsets": 64, **{name: MOST[f"lsh_{name}"] for name in _NUMBERS}}


@dataclass(frozen=True)
class StageSettings:
    """The settings of one stage in one forward pass, by the config and an ablation."""

    vilt: bool
    vilt_heads_off: tuple[int, ...]
    lsh: str
    lsh_heads_off: tuple[int, ...]
    rounds: int
    bucket: int
    seed: int
    shifted: str
    shifted_heads_off: tuple[int, ...]
    offsets: tuple[int, ...]
    window: str


@dataclass(frozen=True)
class Ablation:
    """The parts to switch off or change. The default is the model as trained.

    Stages count from 1, heads from 0. Where a field is a tuple of modes, one mode goes for all
    stages, or one is given for each.

    Args:
        shifted: shifted MSA: "on"; "self" (k_(t-1) becomes k_t: cost and parameters stay, only
            the motion path goes); "off" (the whole block is left out).
        offsets: frames from query to key, one for all heads or several that the heads of a stage
            take in turn; () is as trained.
        window: attention window of shifted MSA, "chunk" or "frame"; "" is as trained.
        lsh: LSH attention: "lsh", "full" (exact attention in its place) or "off".
        rounds, bucket, seed: of LSH; None is as trained.
        vilt: the ViLT blocks, "on" or "off".
        clip: clip encoder "on", or the "mean" of the frame embeddings in its place.
        order: of the frames: "as-is", "reversed", "shuffled(SEED)" or "repeat-first".
        heads_off: heads whose output is zeroed, as (stage, part, head); part is "vilt", "lsh" or
            "shifted".

    Raises:
        ValueError: names the field, the value and what is allowed.

    The text form round-trips: `Ablation.parse(str(a)) == a`; the default's is "none".
    """

    shifted: tuple[str, ...] = ("on",)
    offsets: tuple[int, ...] = ()
    window: str = ""
    lsh: tuple[str, ...] = ("lsh",)
    rounds: int | None = None
    bucket: int | None = None
    seed: int | None = None
    vilt: tuple[str, ...] = ("on",)
    clip: str = "on"
    order: str = "as-is"
    heads_off: tuple[tuple[int, str, int], ...] = ()

    def __post_init__(self) -> None:
        for name, allowed in MODES.items():
            modes = _as_tuple(getattr(self, name))
            if not modes or any(m not in allowed for m in modes):
                raise _wrong(name, ",".join(map(str, modes)), " | ".join(allowed))
            if len(set(modes)) == 1:  # "on,on,on" says no more than "on"
                modes = modes[:1]
            object.__setattr__(self, name, modes)
        offsets = _as_tuple(self.offsets)
        object.__setattr__(self, "offsets", tuple(_whole("offsets", v, 0) for v in offsets))
        for name, allowed in _WHOLE.items():
            if getattr(self, name) not in allowed:
                raise _wrong(name, getattr(self, name), " | ".join(filter(None, allowed)))
        if not isinstance(self.order, str) or not _ORDER.fullmatch(self.order):
            raise _wrong("order", self.order, "as-is | reversed | shuffled(SEED) | repeat-first")
        for name in _NUMBERS:
            if getattr(self, name) is not None:
                value = _whole(name, getattr(self, name), 0 if name == "seed" else 1)
                object.__setattr__(self, name, value)
        heads = {_head(head) for head in _as_tuple(self.heads_off)}
        object.__setattr__(self, "heads_off", tuple(sorted(heads)))

    def __str__(self) -> str:
        said = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            if field.name == "heads_off":
                value = "+".join(f"{stage}.{part}.{head}" for stage, part, head in value)
            elif isinstance(value, tuple):
                value = ",".join(map(str, value))
            said.append(f"{field.name.replace('_', '-')}={value}")
        return ";".join(said) or "none"

    @classmethod
    def parse(cls, text: str) -> Ablation:
        """Reads the text form, such as "shifted=self;lsh=full,lsh,lsh;heads-off=1.shifted.0".

        Raises:
            ValueError: names the field, the value and what is allowed.
        """
        names = {f.name.replace("_", "-"): f.name for f in fields(cls)}
        values: dict[str, object] = {}
        for item in text.split(";") if text.strip() not in ("", "none") else ():
            key, equals, value = (part.strip() for part in item.partition("="))
            if key not in names or not equals:
                raise ValueError(
                    f"ablation {short(item)}: expected FIELD=VALUE, "
                    f"where FIELD is one of {', '.join(names)}"
                )
            if names[key] in values:
                raise ValueError(f"ablation field {key} is given twice")
            values[names[key]] = _read(names[key], value)
        return cls(**values)

    def validate(self, config: SCTConfig) -> None:
        """Raises ValueError if this ablation does not fit a model of this config."""
        self.resolve(config, config.image_size)

    def resolve(self, config: SCTConfig, image_size: int) -> tuple[StageSettings, ...]:
        """Returns the settings of every stage. Raises ValueError as `validate` does."""
        modes = {name: self._per_stage(name, config.stages) for name in MODES}
        offsets = self.offsets or config.shifted_offsets
        said = ",".join(map(str, offsets))
        if any(heads % len(offsets) for heads in config.shifted_heads):
            numbers = ", ".join(map(str, config.shifted_heads))
            allowed = f"one number, or as many as divide the {numbers} heads of the stages"
            raise _wrong("offsets", said, allowed)
        if max(offsets) >= config.frames and self.offsets:
            raise _wrong("offsets", said, f"0 to {config.frames - 1}")
        off = self._heads_of_stages(config)
        bucket = config.lsh_bucket if self.bucket is None else self.bucket
        for stage, grid in enumerate(config.grids_for(image_size)):
            hashes = modes["lsh"][stage] == "lsh"
            fits = divisors(stage + 1, grid * grid, bucket) if hashes else ""
            if fits and self.bucket is None:
                raise ValueError(
                    f"image size {image_size}: lsh_bucket={bucket} of this model must be {fits}"
                )
            if fits:
                raise _wrong("bucket", bucket, fits)
        return tuple(
            StageSettings(
                vilt=modes["vilt"][i] == "on",
                lsh=modes["lsh"][i],
                shifted=modes["shifted"][i],
                rounds=config.lsh_rounds if self.rounds is None else self.rounds,
                bucket=bucket,
                seed=config.lsh_seed if self.seed is None else self.seed,
                offsets=in_turn(offsets, config.shifted_heads[i]),
                window=self.window or config.shifted_window,
                **{f"{part}_heads_off": tuple(off.get((i + 1, part), ())) for part in PARTS},
            )
            for i in range(config.stages)
        )

    def _heads_of_stages(self, config: SCTConfig) -> dict[tuple[int, str], list[int]]:
        """Returns the heads that are off by (stage, part). Raises ValueError as `validate` does."""
        off: dict[tuple[int, str], list[int]] = {}
        for stage, part, head in self.heads_off:
            said = f"{stage}.{part}.{head}"
            if not 1 <= stage <= config.stages:
                raise _wrong("heads-off", said, f"stages 1 to {config.stages}")
            heads = (config.shifted_heads if part == "shifted" else config.heads)[stage - 1]
            if head >= heads:
                raise _wrong("heads-off", said, f"heads 0 to {heads - 1} there")
            off.setdefault((stage, part), []).append(head)
        return off

    def _per_stage(self, name: str, stages: int) -> tuple[str, ...]:
        modes = getattr(self, name)
        if len(modes) not in (1, stages):
            raise _wrong(name, ",".join(modes), f"one mode, or {stages}, one a stage")
        return modes * stages if len(modes) == 1 else modes

    def frame_order(self, frames: int) -> tuple[int, ...]:
        """Returns for each place of the clip the frame that stands there."""
        if self.order == "reversed":
            return tuple(reversed(range(frames)))
        if self.order == "repeat-first":
            return (0,) * frames
        if self.order == "as-is":
            return tuple(range(frames))
        seed = int(_ORDER.fullmatch(self.order)[1])
        return tuple(torch.randperm(frames, generator=torch.Generator().manual_seed(seed)).tolist())


def _read(field: str, text: str) -> object:
    """Reads the text of a field. What is no number stays a text, which the checks then name."""

    def number(part: str) -> int | str:
        return int(part) if re.fullmatch(r"[0-9]{1,10}", part) else part

    if field == "heads_off":
        heads = (item.strip().split(".") for item in text.split("+"))
        return tuple(tuple(number(part) for part in head) for head in heads)
    if field == "offsets" or field in MODES:
        return tuple(number(part.strip()) for part in text.split(","))
    return number(text) if field in _NUMBERS else text


def _as_tuple(value: object) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _head(head: object) -> tuple[int, str, int]:
    """Returns (stage, part, head) if it has that form. Raises ValueError."""
    if isinstance(head, (list, tuple)) and len(head) == 3 and head[1] in PARTS:
        stage, part, number = head
        if is_whole(stage, 0, 999) and is_whole(number, 0, 9999):
            return int(stage), part, int(number)
    said = ".".join(map(str, head)) if isinstance(head, (list, tuple)) else head
    allowed = f"STAGE.PART.HEAD such as 1.shifted.0, PART is {' | '.join(PARTS)}"
    raise _wrong("heads-off", said, allowed)


def _whole(name: str, value: object, least: int) -> int:
    allowed = f"whole numbers from {least} to {_MOST[name]}"
    return check_whole(f"ablation {name}", value, least, _MOST[name], form=CHOICE, allowed=allowed)


def _wrong(field: str, value: object, allowed: str) -> ValueError:
    return wrong(f"ablation {field}", value, allowed, CHOICE)
