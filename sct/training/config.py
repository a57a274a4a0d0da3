"""The config that decides a training run, as one frozen, validated value."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from sct.datasets.options import ABOVE_0, BELOW_1, Augment, ReadOptions
from sct.kernels import PRECISIONS
from sct.model.config import SIZES, SCTConfig
from sct.validation import Range, check_fields, check_options, option, wrong

# What leaves the weights as they would be, but for rounding, and so may change on the way.
LOOSE = ("device", "threads", "workers", "cache_mb", "save_every", "log_every", "validate_every")
LOOSE += ("validation_clips",)
MOST_STEPS = 1 << 20  # each has synthetic clips of its own
_MODEL_FIELDS = {f.name: f.default for f in fields(SCTConfig)}
OPTIMIZERS = ("muon", "adamw")
_RATES = {"motion": {"lr": 1e-3, "muon_lr": 0.01}, "videos": {"lr": 5e-4, "muon_lr": 0.002}}
_FROM_DATA = ("num_classes", "labels", "questions")
PARTS = {"read": ReadOptions, "augment": Augment}  # fields of a config that have fields themselves
AT_LEAST_0, AT_LEAST_1 = Range(0, whole=True), Range(1, whole=True)


@dataclass(frozen=True)
class TrainConfig:
    """One training run, saved with its weights. Most fields say themselves what they are.

    Synthetic clips of the first `short_share` of the steps have `short_frames` frames, which halves
    their cost while the heads learn to match; the others have all frames. Videos always have all:
    a gesture seen four times is another gesture.

    Args:
        data: "motion", "composite", or what `sct.datasets.dataset.open_dataset` takes.
        photos: of composite clips: a folder of photographs to be scenes.
        footage: of composite clips: folders of videos before a standing camera, which the loader
            films; "DIR=LABEL" says what their subject does.
        read: how videos are divided and read.
        size: a named size; "" takes that of the checkpoint the run starts from.
        overrides: fields of `SCTConfig` in place of the size's, as "FIELD=VALUE".
        ablate: an `Ablation` as text that holds in training, so that the model is a twin without
            that part; whoever measures the twin must set it too.
        freeze: names of parts whose weights stay as they are, such as "patch" or "stages.0".
        lr, muon_lr: None takes what suits the data: at Muon's 0.01 for synthetic clips videos soon
            look alike to the clip encoder.
        augment: how videos are changed.
        device: "auto", "cpu" or "cuda".

    Raises:
        ValueError: names the field, its value and what is allowed.
    """

    data: str = "motion"
    photos: str = ""
    footage: tuple[str, ...] = ()
    read: ReadOptions = field(default_factory=ReadOptions)
    size: str = option("sct_ti", "A named size; sct_s, sct_m and sct_l need a GPU.", (*SIZES, ""))
    overrides: tuple[str, ...] = ()
    ablate: str = "none"
    freeze: tuple[str, ...] = ()
    steps: int = option(4800, "Steps of one batch each.", AT_LEAST_1)
    batch: int = option(24, "Clips in a step, of all processes together.", AT_LEAST_1)
    optimizer: str = option(
        "muon",
        "muon: for matrices inside blocks, and AdamW for all else; adamw: for all.",
        OPTIMIZERS,
    )
    lr: float | None = option(
        None, "Highest rate of AdamW: by default 0.001, on videos 0.0005.", ABOVE_0
    )
    muon_lr: float | None = option(
        None, "Highest rate of Muon: by default 0.01, on videos 0.002.", ABOVE_0
    )
    min_lr: float = option(0.01, "Share of them that is left at the end.", Range(0, 1))
    warmup: float = option(0.05, "Share of the steps over which they rise.", BELOW_1)
    weight_decay: float = option(0.05, "Of AdamW, on matrices only.", Range(0))
    betas: tuple[float, float] = option((0.9, 0.99), "Of AdamW.")
    clip_gradient: float = option(0.5, "Largest norm of the gradient.", ABOVE_0)
    ema: float = option(
        0.998,
        "Decay of the running mean of the weights, which is what is written; 0 writes the last "
        "ones.",
        BELOW_1,
    )
    label_smoothing: float = option(0.05, "Share of a target that goes to all labels.", BELOW_1)
    grounded: bool = option(
        True,
        "Teach half of the shifted attention heads of each stage but the first to follow the "
        "clips' true motion.",
    )
    grounding_weight: float = option(1.0, "Weight of that lesson in the loss.", Range(0))
    patch_weight: float = option(
        1.0,
        "Of composite clips: weight in the loss of how each patch of the last grid moves.",
        Range(0),
    )
    short_frames: int = option(4, "Frames of short clips.", AT_LEAST_1)
    short_share: float = option(
        0.75,
        "Share of the steps, the first ones, whose clips are short and so cost less.",
        BELOW_1,
    )
    block: int = option(
        0,
        "Clips that share a seed: a GPU makes large blocks faster. 0 is 8, and on a GPU all made "
        "clips of a step. Another number makes other clips.",
        AT_LEAST_0,
    )
    augment: Augment = field(default_factory=Augment)
    workers: int = option(0, "Threads that read videos; 0 takes one a core.", AT_LEAST_0)
    cache_mb: float = option(1500.0, "Memory for decoded pictures.", Range(0))
    seed: int = option(0, "Of weights and clips.", AT_LEAST_0)
    device: str = "cpu"
    threads: int = option(0, "CPU threads; 0 takes all.", AT_LEAST_0)
    precision: str = option(
        "auto",
        "Of matrix products; auto is bfloat16 on a GPU and float32 on a CPU.",
        PRECISIONS,
    )
    save_every: int = option(100, "Steps from one save to the next.", AT_LEAST_1)
    log_every: int = option(10, "Steps to a row of PATH.csv.", AT_LEAST_1)
    validate_every: int = option(
        500,
        "Steps from one validation on clips that are not trained on to the next; 0 leaves it out.",
        AT_LEAST_0,
    )
    validation_clips: int = option(200, "Clips of a validation.", AT_LEAST_1)

    def __post_init__(self) -> None:
        for name, rate in _RATES["motion" if self.synthetic else "videos"].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, rate)
        check_options(self)
        if self.steps > MOST_STEPS:
            raise ValueError(f"steps={self.steps}: must be at most {MOST_STEPS}")
        if len(self.betas) != 2 or not all(beta in BELOW_1 for beta in self.betas):
            raise wrong("betas", self.betas, "two numbers from 0 to below 1")
        if not self.data:
            raise ValueError('data: nothing is named; it is "motion", "composite" or a data set')
        if self.data.startswith("footage:"):
            raise ValueError(f"data={self.data!r}: footage is only for evaluate, not for training")
        object.__setattr__(self, "footage", tuple(self.footage))
        for name in ("photos", "footage"):
            if getattr(self, name) and self.data != "composite":
                raise ValueError(f"{name}: only composite clips take them, not data={self.data!r}")
        if not all(isinstance(name, str) and name for name in self.freeze):
            raise wrong("freeze", self.freeze, "names of parts")
        from sct.model.ablation import Ablation  # late: it brings torch, which --help can spare

        object.__setattr__(self, "ablate", str(Ablation.parse(self.ablate)))
        parse_overrides(self.overrides)
        if self.size:
            self.model_config()

    @property
    def synthetic(self) -> bool:
        """Say whether clips are made, with their true motion, and not read."""
        return self.data in ("motion", "composite")

    def model_config(self, base: SCTConfig | None = None) -> SCTConfig:
        """Return the model's config without its labels: `base`, or the size, with overrides.

        Raises:
            ValueError: values that do not fit together or an ablation that does not fit them.
        """
        from sct.model.ablation import Ablation

        values = (base or SIZES[self.size]).to_dict()
        changed = parse_overrides(self.overrides)
        if not base and "grounded_heads" not in changed:
            values["grounded_heads"] = ()  # as many stages as the overrides leave
        config = SCTConfig.from_dict({**values, **changed})
        Ablation.parse(self.ablate).validate(config)
        return config

    def rate(self, step: int) -> float:
        """Return the share of the highest rates: linear warm-up, then half a cosine to `min_lr`."""
        rise = max(1, round(self.warmup * self.steps))
        if step < rise:
            return (step + 1) / rise
        fall = (step - rise) / max(1, self.steps - rise)
        return self.min_lr + (1 - self.min_lr) * (1 + math.cos(math.pi * fall)) / 2

    def ema_decay(self, step: int) -> float:
        """Return the share of the running mean that stays in a step: little at first, then `ema`.

        Otherwise the untrained weights would weigh on the mean for thousands of steps.
        """
        return min(self.ema, (1 + step) / (10 + step))

    def frames(self, step: int, most: int) -> int:
        """Return the frames of a step's clips, for a model that takes `most`."""
        short = self.synthetic and step < self.short_share * self.steps
        return min(self.short_frames, most) if short else most

    def to_dict(self) -> dict[str, Any]:
        """Return all values by name, those of `read` and `augment` in one line with the others."""
        values: dict[str, Any] = {}
        for own in fields(self):
            value = getattr(self, own.name)
            values |= asdict(value) if own.name in PARTS else {own.name: value}
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TrainConfig:
        """Return the config of `to_dict`, also through JSON. Unknown fields raise ValueError."""
        rest = dict(values)
        parts = {}
        for name, kind in PARTS.items():
            given = {f.name: rest.pop(f.name) for f in fields(kind) if f.name in rest}
            parts[name] = kind(**given)
        check_fields(cls, rest, "training")
        return cls(**rest, **parts)

    def differences(self, saved: TrainConfig) -> list[str]:
        """Name what would change the course of a run, as "lr=0.1, was 0.2", in order of fields."""
        before = saved.to_dict()
        return [
            f"{name}={_said(value)}, was {_said(before[name])}"
            for name, value in self.to_dict().items()
            if name not in LOOSE and value != before[name]
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


def _said(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
