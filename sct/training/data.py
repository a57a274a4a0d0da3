"""The clips of a run: those it trains on, and those it is validated on."""

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
from sct.questions import Questions
from sct.synthetic import clips, composite
from sct.training.config import TrainConfig

if TYPE_CHECKING:
    from sct.datasets.dataset import Dataset
    from sct.datasets.loaders import Loader

VALIDATION_SEED = 1  # of synthetic clips; `evaluate` measures on those of seed 0


def open_dataset(config: TrainConfig, split: str = "train") -> Dataset | None:
    """Open the videos of a run; None stands for synthetic clips.

    Raises:
        DataError: they cannot be opened, or are of one class only.
    """
    if config.synthetic:
        return None
    from sct.datasets import dataset as dataset_room

    dataset = dataset_room.open_dataset(config.data, split, config.read)
    if sum(count > 0 for count in dataset.counts.values()) < 2:
        raise DataError(
            f"{dataset.name} has clips of one class only for the split {split}; a classifier needs "
            "two or more."
        )
    return dataset


def open_validation(config: TrainConfig) -> Dataset | None:
    """Open the videos of a run's validation; None for synthetic clips, or without a validation.

    Raises:
        DataError: there are none, or of one class only.
    """
    if not config.validate_every or config.synthetic:
        return None
    try:
        return open_dataset(config, "test")
    except DataError as error:
        raise DataError(f"{error} --validate-every 0 trains without a validation.") from None


def labels(config: TrainConfig, dataset: Dataset | None) -> tuple[str, ...]:
    """Return the names of the classes."""
    if config.data == "composite":
        return tuple(label for _, some in composite.QUESTIONS for label in some)
    return dataset.labels if dataset else clips.LABELS


def questions(config: TrainConfig) -> Questions:
    """Return the questions of a run's model; none stands for one question."""
    return composite.QUESTIONS if config.data == "composite" else ()


def describe(config: TrainConfig, dataset: Dataset | None) -> str:
    """Say in the card what a run trained on."""
    if config.data == "composite":
        more = "; photographs as scenes" if config.photos else ""
        more += "; real movement under drawn camera paths" if config.footage else ""
        return f"made composite clips (sct.synthetic.composite){more}"
    if dataset is None:
        return "made motion clips (sct.synthetic.clips)"
    return f"{len(dataset)} clips of {len(dataset.labels)} classes from {dataset.name}"


def notes(config: TrainConfig, dataset: Dataset | None) -> tuple[str, ...]:
    """Return what was assumed about the clips of a run, a sentence each."""
    if dataset is None:
        return ()
    from sct.datasets.mirrors.labels import flips_note

    flips = flips_note(dataset.labels, config.augment.flips)
    return (*dataset.notes, *filter(None, [flips]))


def fingerprint(config: TrainConfig, dataset: Dataset | None) -> str:
    """Return what changes with the clips, their order or their labels, but not with their place."""
    if dataset is None:
        return config.data
    digest = hashlib.sha256(repr(dataset.labels).encode())
    for item in dataset.items:
        part = (item.path.name, item.label, item.group, item.start_s, item.end_s, item.box)
        digest.update(repr(part).encode())
    return digest.hexdigest()


def open_loader(
    config: TrainConfig, dataset: Dataset | None, size: int, device: torch.device, report: Path
) -> Loader:
    """Open the loader of a run's batches.

    Args:
        config: of the run.
        dataset: the videos; None loads synthetic clips.
        size: pixels a side.
        device: where batches go.
        report: the file that names the videos that cannot be read.
    """
    from sct.datasets.loaders import BLOCK, SyntheticLoader, VideoLoader

    if config.data == "composite":
        from sct.datasets.made.composite import CompositeLoader

        common = config.batch, config.seed, size, device, config.block or BLOCK
        return CompositeLoader(*common, photos=config.photos, footage=config.footage)
    if dataset is None:
        return SyntheticLoader(config.batch, config.seed, size, device, config.block or None)
    return VideoLoader(
        dataset,
        config.batch,
        config.seed,
        size,
        config.augment,
        device,
        options=config.read,
        cache_mb=config.cache_mb,
        workers=config.workers or None,
        report=report,
    )


def validate(
    model: SCT, config: TrainConfig, dataset: Dataset | None, ablation: Ablation
) -> tuple[float, int]:
    """Return the accuracy on clips that the run does not train on, and how many there were."""
    from sct.evaluation import accuracy

    found = accuracy.evaluate(
        model,
        dataset or config.data,
        limit=config.validation_clips,
        seed=VALIDATION_SEED,
        ablation=ablation,
        options=EvaluationOptions(**asdict(config.read)),
    )
    return float(found["top1"]), int(found["n"])
