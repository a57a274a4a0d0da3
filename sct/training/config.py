"""TrainConfig: everything that decides a training run, as one frozen, validated value."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sct.model.ablation import Ablation
from sct.model.config import OPTIMIZERS, SIZES, SCTConfig, check_precision

# What leaves the weights as they would be, but for rounding, and so may change on the way.
LOOSE = ("device", "threads", "workers", "cache_mb", "save_every", "log_every", "validate_every")
LOOSE += ("validation_clips",)
MOST_STEPS = 1 << 20  # each has made clips of its own
_MODEL_FIELDS = {f.name: f.default for f in fields(SCTConfig)}
_RATES = {"motion": {"lr": 1e-3, "muon_lr": 0.01}, "videos": {"lr": 5e-4, "muon_lr": 0.002}}
_FROM_DATA = ("num_classes", "labels")


@dataclass(frozen=True)
class TrainConfig:
    """One training run, saved with its weights.

    Made clips of the first `short_share` of the steps have `short_frames` frames, which halves
    their cost while the heads learn to match; the others have all frames. Videos always have all:
    a gesture seen four times is another gesture.

    Args:
        data: "motion", or what `sct.datasets.dataset.open_dataset` takes.
        label_column, group_column: names in a .csv manifest.
        test_share: share held out where the data has no split of its own.
        split_seed: draws that split; apart from `seed`, so that runs share it.
        fold: which official division of UCF101 and HMDB51, 1 to 3.
        size: a named size; "" takes that of the checkpoint the run starts from.
        overrides: fields of `SCTConfig` in place of the size's, as "FIELD=VALUE".
        ablate: an `Ablation` as text that holds in training, so that the model is a twin without
            that part; whoever measures the twin must set it too.
        freeze: names of parts whose weights stay as they are, such as "patch" or "stages.0".
        steps: steps of one batch each.
        batch: clips in a step, over all processes together.
        optimizer: "muon" for the matrices inside blocks and AdamW for all else, or "adamw" for all.
        lr: highest learning rate of AdamW; None takes 1e-3 for made clips and 5e-4 for videos.
        muon_lr: highest learning rate of Muon; None takes 0.01 for made clips and 0.002 for videos,
            where at 0.01 all clips soon look alike to the clip encoder.
        min_lr: share of both that is left in the last step.
        warmup: share of the steps over which the rate rises.
        weight_decay: of AdamW, on matrices only; Muon decays at the same pace.
        betas: of AdamW.
        clip_gradient: largest norm of the gradient.
        ema: decay of the running mean of the weights, which is what is shipped; 0 ships the last.
        label_smoothing: share of each target spread over all labels.
        grounded: teach half of the shifted heads of each stage but the first to follow motion (made
            clips); `overrides` may name others.
        grounding_weight: of that lesson in the loss.
        short_frames, short_share: the curriculum of made clips, see above.
        block: made clips that share a seed; a GPU makes large blocks faster. Another number makes
            other clips.
        sampling, stride_s: see `sct.datasets.sampling.Sampling`; for videos, as all to `cache_mb`.
        flips, flips_vertical, crop, aspect, colour, temporal: see `augmentation.Augment`.
        workers: threads that decode; 0 takes as many as there are cores.
        cache_mb: most megabytes of decoded pictures kept.
        seed: of new weights and of the order and look of the clips.
        device: "auto", "cpu" or "cuda".
        threads: of the CPU; 0 takes all.
        precision: of matrix products, see `SCT.forward`. On a CPU that has it bfloat16 takes a
            little over half of the time of float32.
        save_every, log_every: steps from one saved state, and one row of the table, to the next.
        validate_every: steps from one validation to the next; 0 never validates.
        validation_clips: clips of a validation.

    Raises:
        ValueError: names the field, its value and what is allowed.
    """

    data: str = "motion"
    label_column: str = "label"
    group_column: str = "group"
    test_share: float = 0.2
    split_seed: int = 0
    fold: int = 1
    size: str = "sct_ti"
    overrides: tuple[str, ...] = ()
    ablate: str = "none"
    freeze: tuple[str, ...] = ()
    steps: int = 4800
    batch: int = 24
    optimizer: str = "muon"
    lr: float | None = None
    muon_lr: float | None = None
    min_lr: float = 0.01
    warmup: float = 0.05
    weight_decay: float = 0.05
    betas: tuple[float, float] = (0.9, 0.99)
    clip_gradient: float = 0.5
    ema: float = 0.998
    label_smoothing: float = 0.05
    grounded: bool = True
    grounding_weight: float = 1.0
    short_frames: int = 4
    short_share: float = 0.75
    block: int = 8
    sampling: str = "spread"
    stride_s: float = 0.1
    flips: bool = True
    flips_vertical: bool = False
    crop: tuple[float, float] = (0.5, 1.0)
    aspect: float = 1.2
    colour: float = 0.3
    temporal: float = 0.3
    workers: int = 0
    cache_mb: float = 1500.0
    seed: int = 0
    device: str = "cpu"
    threads: int = 0
    precision: str = "auto"
    save_every: int = 100
    log_every: int = 10
    validate_every: int = 500
    validation_clips: int = 200

    def __post_init__(self) -> None:
        for field in fields(self):  # JSON gives lists; a frozen config holds tuples
            if isinstance(field.default, tuple):
                value = getattr(self, field.name)
                if not isinstance(value, (list, tuple)):
                    raise ValueError(f"{field.name}={value!r}: must be a list")
                object.__setattr__(self, field.name, tuple(value))
        rates = _RATES["motion" if self.data == "motion" else "videos"]
        for name, rate in rates.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, rate)
        for name in ("steps", "batch", "short_frames", "save_every", "log_every"):
            self._whole(name, 1)
        for name in ("validation_clips", "fold", "block"):
            self._whole(name, 1)
        for name in ("seed", "split_seed", "threads", "validate_every", "workers"):
            self._whole(name, 0)
        if self.steps > MOST_STEPS:
            raise ValueError(f"steps={self.steps}: must be at most {MOST_STEPS}")
        for name in ("lr", "muon_lr", "clip_gradient"):
            self._number(name, lambda v: 0 < v < math.inf, "above 0")
        for name in ("weight_decay", "grounding_weight", "cache_mb"):
            self._number(name, lambda v: 0 <= v < math.inf, "0 or more")
        for name in ("warmup", "short_share", "label_smoothing", "ema", "colour", "temporal"):
            self._number(name, lambda v: 0 <= v < 1, "from 0 to below 1")
        self._number("min_lr", lambda v: 0 <= v <= 1, "from 0 to 1")
        self._number("test_share", lambda v: 0 < v < 1, "above 0 and below 1")
        if len(self.betas) != 2 or not all(_is_number(b) and 0 <= b < 1 for b in self.betas):
            raise ValueError(f"betas={self.betas}: must be two numbers from 0 to below 1")
        if (
            len(self.crop) != 2
            or not all(map(_is_number, self.crop))
            or not 0 < self.crop[0] <= self.crop[1] <= 1
        ):
            raise ValueError(f"crop={self.crop}: must be two rising shares above 0, at most 1")
        self._number("aspect", lambda v: 1 <= v <= 2, "from 1 to 2")
        self._number("stride_s", lambda v: 0 < v <= 10, "above 0 and at most 10")
        if self.sampling not in ("spread", "dense"):
            raise ValueError(f"sampling={self.sampling!r}: allowed: spread, dense")
        for name in ("grounded", "flips", "flips_vertical"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}={getattr(self, name)!r}: must be true or false")
        for name in ("data", "label_column", "group_column", "size", "ablate", "device"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name}={getattr(self, name)!r}: must be text")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer={self.optimizer!r}: allowed: {', '.join(OPTIMIZERS)}")
        if not self.data or self.data.startswith("footage:"):
            raise ValueError(f"data={self.data!r}: footage is only for evaluate, not for training")
        if self.size and self.size not in SIZES:
            raise ValueError(f"size={self.size!r}: one of {', '.join(SIZES)}")
        check_precision(self.precision)
        if not all(isinstance(name, str) and name for name in self.freeze):
            raise ValueError(f"freeze={self.freeze}: must be names of parts")
        object.__setattr__(self, "ablate", str(Ablation.parse(self.ablate)))
        parse_overrides(self.overrides)
        if self.size:
            self.model_config()

    def _whole(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name}={value!r}: must be a whole number of {least} or more")

    def _number(self, name: str, fits: Any, allowed: str) -> None:
        value = getattr(self, name)
        if not _is_number(value) or not fits(value):
            raise ValueError(f"{name}={value!r}: must be {allowed}")

    def model_config(self, base: SCTConfig | None = None) -> SCTConfig:
        """The shape of the model before it knows its labels: `base`, or the size, overridden.

        Raises:
            ValueError: values that do not fit together or an ablation that does not fit them.
        """
        values = (base or SIZES[self.size]).to_dict()
        changed = parse_overrides(self.overrides)
        if not base and "grounded_heads" not in changed:
            values["grounded_heads"] = ()  # as many stages as the overrides leave
        config = SCTConfig.from_dict({**values, **changed})
        Ablation.parse(self.ablate).validate(config)
        return config

    def rate(self, step: int) -> float:
        """Share of the highest rates: linear warm-up, then half a cosine down to `min_lr`."""
        rise = max(1, round(self.warmup * self.steps))
        if step < rise:
            return (step + 1) / rise
        fall = (step - rise) / max(1, self.steps - rise)
        return self.min_lr + (1 - self.min_lr) * (1 + math.cos(math.pi * fall)) / 2

    def ema_decay(self, step: int) -> float:
        """The share of the running mean that stays in a step: little at first, then `ema`.

        Otherwise the untrained weights would weigh on the mean for thousands of steps.
        """
        return min(self.ema, (1 + step) / (10 + step))

    def frames(self, step: int, most: int) -> int:
        """Frames of the clips of a step, for a model that takes `most`."""
        short = self.data == "motion" and step < self.short_share * self.steps
        return min(self.short_frames, most) if short else most

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TrainConfig:
        """The inverse of `to_dict`, also through JSON. Unknown fields raise ValueError."""
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"unknown training fields: {', '.join(sorted(map(str, unknown)))}")
        return cls(**values)

    def differences(self, saved: TrainConfig) -> list[str]:
        """What would change the course of a run, as "lr=0.1, was 0.2", in the order of fields."""
        return [
            f"{field.name}={_said(getattr(self, field.name))}, "
            f"was {_said(getattr(saved, field.name))}"
            for field in fields(self)
            if field.name not in LOOSE and getattr(self, field.name) != getattr(saved, field.name)
        ]


def parse_overrides(items: Sequence[str]) -> dict[str, Any]:
    """Read "FIELD=VALUE" texts into fields of `SCTConfig`.

    A value is JSON, a bare word, or for a list also "32,64,128".

    Raises:
        ValueError: an unknown field, one that the data decides, or one given twice.
    """
    known = [name for name in _MODEL_FIELDS if name not in _FROM_DATA]
    values: dict[str, Any] = {}
    for item in items:
        name, equals, text = (part.strip() for part in str(item).partition("="))
        if not equals or name not in known:
            raise ValueError(
                f"config {str(item)[:60]!r}: expected FIELD=VALUE, where FIELD is one of "
                + ", ".join(known)
            )
        if name in values:
            raise ValueError(f"config {name} is given twice")
        values[name] = _value(name, text)
    return values


def _value(name: str, text: str) -> Any:
    many = isinstance(_MODEL_FIELDS[name], tuple)
    try:
        value = json.loads(f"[{text}]" if many and not text.startswith("[") else text)
    except (ValueError, RecursionError):
        if many or isinstance(_MODEL_FIELDS[name], int):
            raise ValueError(f"config {name}={text[:60]!r}: expected whole numbers") from None
        return text
    flat = [v for row in value for v in (row if isinstance(row, list) else [row])] if many else []
    if any(not isinstance(v, int) or isinstance(v, bool) for v in flat):
        raise ValueError(f"config {name}={text[:60]!r}: expected whole numbers")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _said(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
