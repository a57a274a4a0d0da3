"""What a run learns from, and what it is tried on in between."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from sct.datasets.options import EvaluationOptions
from sct.errors import DataError
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.synthetic import clips
from sct.training.config import TrainConfig

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset
    from sct.datasets.loaders import Feed

VALIDATION_SEED = 1  # made clips of a validation; `evaluate` measures on those of seed 0


def open_dataset(config: TrainConfig, split: str = "train") -> Dataset | None:
    """The videos of a run, or None for made clips.

    Raises:
        DataError: they cannot be opened, or are of one class only.
    """
    if config.data == "motion":
        return None
    from sct.datasets import dataset as dataset_room

    dataset = dataset_room.open_dataset(config.data, split, config.read)
    if sum(count > 0 for count in dataset.counts.values()) < 2:
        raise DataError(
            f"{dataset.name} has clips of one class only for the split {split}; a classifier needs "
            "two or more."
        )
    return dataset


def labels(dataset: Dataset | None) -> tuple[str, ...]:
    """What the model learns to tell apart."""
    return dataset.labels if dataset else clips.LABELS


def describe(dataset: Dataset | None) -> str:
    """What a person reads about the clips of a run."""
    if dataset is None:
        return "made motion clips (sct.synthetic.clips)"
    return f"{len(dataset)} clips of {len(dataset.labels)} classes from {dataset.name}"


def fingerprint(dataset: Dataset | None) -> str:
    """Changes with the clips, their order or their labels; not with where they lie."""
    if dataset is None:
        return "motion"
    digest = hashlib.sha256(repr(dataset.labels).encode())
    for item in dataset.items:
        part = (item.path.name, item.label, item.group, item.start_s, item.end_s, item.box)
        digest.update(repr(part).encode())
    return digest.hexdigest()


def open_feed(
    config: TrainConfig, dataset: Dataset | None, size: int, device: torch.device, report: Path
) -> Feed:
    """Batches of frames of `size` pixels a side, on the device.

    Args:
        report: the file that names the videos that cannot be read.
    """
    from sct.datasets import loaders

    return loaders.open_feed(
        dataset,
        batch=config.batch,
        seed=config.seed,
        size=size,
        device=device,
        block=config.block,
        augment=config.augment,
        options=config.read,
        cache_mb=config.cache_mb,
        workers=config.workers or None,
        report=report,
    )


def open_validation(config: TrainConfig) -> Dataset | None:
    """The videos that the run is tried on; None for made clips, or if it is not tried.

    Raises:
        DataError: there are none, or of one class only.
    """
    if not config.validate_every or config.data == "motion":
        return None
    try:
        return open_dataset(config, "test")
    except DataError as error:
        raise DataError(f"{error} --validate-every 0 trains without a validation.") from None


def validate(
    model: SCT, config: TrainConfig, tested: Dataset | None, ablation: Ablation
) -> tuple[float, int]:
    """Accuracy on clips that the run does not learn from, and how many there were."""
    from sct.evaluation import accuracy

    found = accuracy.evaluate(
        model,
        tested or config.data,
        limit=config.validation_clips,
        seed=VALIDATION_SEED,
        ablation=ablation,
        options=EvaluationOptions(**asdict(config.read)),
    )
    return float(found["top1"]), int(found["n"])
