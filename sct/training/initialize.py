"""Initialises the weights of a run, anew or from a checkpoint, and freezes parts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.questions import Questions
from sct.synthetic import clips
from sct.training.config import TrainConfig

POSITIONS = "clip.positions"
STRONGEST = "frame_max."  # of a frame embedding of "mean+max", which adds nothing at first
HEAD = "head.2."  # the layer that names the classes; a model with other labels gets a new one


def new_model(
    config: TrainConfig, labels: Sequence[str] = clips.LABELS, questions: Questions = ()
) -> SCT:
    """Build the untrained model of a run, on the CPU.

    On synthetic clips half of the shifted heads of stages after the first are grounded, unless the
    config says otherwise: videos come without the truth that would ground them.

    Raises:
        ValueError: heads to be grounded that cannot be.
    """
    named = {"num_classes": len(labels), "labels": tuple(labels), "questions": questions}
    shape = replace(config.model_config(), **named)
    wanted = config.grounded and config.synthetic
    if wanted and not any(shape.grounded_heads):
        heads = [tuple(range(h // 2)) for h in shape.shifted_heads]
        if len(heads) > 1:
            # A token of the first stage knows little of what is around it. Taught all the same, its
            # maps follow motion at r = 0.6, and those of the later stages are the worse for it.
            heads[0] = ()
        shape = replace(shape, grounded_heads=tuple(heads))
    if wanted:
        check_grounding(shape, config)
    return _seeded(shape, config.seed)


def from_checkpoint(
    config: TrainConfig, init: str | Path, labels: Sequence[str], questions: Questions = ()
) -> SCT:
    """Build the model of a run with the weights of a checkpoint, on the CPU.

    Where the labels differ from the checkpoint's the last layer is new and starts at zero, as the
    trained layers before it would make random weights cry out wrong answers. For another number of
    frames the positions of the clip encoder are drawn out or pressed together. All else stays.

    Raises:
        ModelError: no such checkpoint, or a damaged one.
        ValueError: overrides that its weights do not fit, or heads that cannot be grounded.
    """
    from sct.checkpoint import io

    given, _ = io.load_with_card(init, device="cpu")
    labels = tuple(labels)
    named = {"num_classes": len(labels), "labels": labels, "questions": questions}
    shape = replace(given.config, **named)
    shape = config.model_config(shape)
    if config.grounded and config.synthetic and any(shape.grounded_heads):
        check_grounding(shape, config)
    model = _seeded(shape, config.seed)
    old, state = given.state_dict(), model.state_dict()
    old[POSITIONS] = resize_positions(old[POSITIONS], shape.frames)
    new_head = given.config.labels != labels
    for name in {**old, **state}:
        if (new_head and name.startswith(HEAD)) or (name.startswith(STRONGEST) and name not in old):
            continue
        if name not in state or name not in old or state[name].shape != old[name].shape:
            raise ValueError(
                f"config {', '.join(config.overrides)}: the weights of {init} do not fit ({name})"
            )
        state[name] = old[name]
    model.load_state_dict(state)
    if new_head:
        torch.nn.init.zeros_(model.head[2].weight)
        torch.nn.init.zeros_(model.head[2].bias)
    return model


def resize_positions(positions: Tensor, frames: int) -> Tensor:
    """Interpolate positions (1 + T, dim) of CLS and T frames linearly to another number."""
    cls, line = positions[:1], positions[1:]
    if len(line) == frames:
        return positions
    line = F.interpolate(line.T[None], size=frames, mode="linear", align_corners=True)[0].T
    return torch.cat([cls, line])


def check_grounding(shape: SCTConfig, config: TrainConfig) -> None:
    """Raise ValueError where the grounding loss does not fit what the grounded heads compute.

    It teaches the map from a frame to an earlier one inside a chunk, so a head that looks elsewhere
    would learn it in vain and be called grounded all the same.
    """
    ablation = Ablation.parse(config.ablate)
    if shape.shifted_blocks == 0:
        raise ValueError("grounded: shifted_blocks=0 leaves no shifted heads to ground")
    if ablation.order != "as-is":
        raise ValueError(f"grounded: heads cannot follow motion in order={ablation.order}")
    for heads, use in zip(
        shape.grounded_heads, ablation.resolve(shape, shape.image_size), strict=True
    ):
        if not heads:
            continue
        for said, wrong in (
            (f"shifted={use.shifted}", use.shifted != "on"),
            (f"window={use.window}", use.window != "chunk"),
            (f"offsets={','.join(map(str, use.offsets))}", 0 in {use.offsets[h] for h in heads}),
        ):
            if wrong:
                raise ValueError(
                    f"grounded: heads that follow motion look one or more frames back inside a "
                    f"chunk, so {said} needs grounded=false (--no-grounded)"
                )


def freeze(model: SCT, names: Sequence[str]) -> None:
    """Let everything learn but the parts of these names, such as "patch" or "stages.0".

    Raises:
        ValueError: a name that no part has, or nothing left to learn.
    """
    parameters = dict(model.named_parameters())
    model.requires_grad_(True)
    for name in names:
        part = [p for full, p in parameters.items() if (full + ".").startswith(name + ".")]
        if not part:
            raise ValueError(
                f"freeze {name[:60]!r}: no part has that name; there are "
                f"{', '.join(part_names(model))} and what they contain, such as stages.0.shifted"
            )
        for parameter in part:
            parameter.requires_grad_(False)
    if not any(p.requires_grad for p in parameters.values()):
        raise ValueError(f"freeze {', '.join(names)}: nothing is left to train")


def part_names(model: SCT) -> list[str]:
    """Name the largest parts that can be frozen, in the order of the forward pass."""
    names = []
    for name, _ in model.named_children():
        if name == "stages":
            names += [f"stages.{i}" for i in range(len(model.stages))]
        else:
            names.append(name)
    return names


def _seeded(shape: SCTConfig, seed: int) -> SCT:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SCT(shape)
