"""Lists the components that can be switched off, and combines ablations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from sct.ablation_study.shared_forward import spatial_key, temporal_key
from sct.model.ablation import PARTS, Ablation
from sct.model.config import SCTConfig

NAMES = {"vilt": "chunk attention", "lsh": "LSH attention", "shifted": "shifted attention"}
PER_STAGE = ("shifted", "lsh", "vilt")
NOTHING_LEFT = (
    "Nothing is left of the stages: no patch looked at any other one, neither in its own frame nor "
    "in the one before. The head still answers, from patches that were only pooled."
)


@dataclass(frozen=True)
class Component:
    """A part of a model that can be switched off.

    Args:
        key: "1.vilt", "2.shifted", "clip"; of a head "2.shifted.0". Stages count from 1, heads from
            0.
        name: for people.
        off: the ablation that switches off this and nothing else.
    """

    key: str
    name: str
    off: Ablation


def list_components(config: SCTConfig) -> tuple[Component, ...]:
    """Lists the components that a model of this config has, in the order of the forward pass."""
    found = []
    for stage, kind in kinds(config):
        modes = ["off" if i == stage else getattr(Ablation(), kind)[0] for i in _stages(config)]
        name = f"Stage {stage} · {NAMES[kind]}"
        found.append(Component(f"{stage}.{kind}", name, Ablation(**{kind: tuple(modes)})))
    return (*found, Component("clip", "Clip encoder", Ablation(clip="mean")))


def list_heads(config: SCTConfig) -> tuple[Component, ...]:
    """Lists all single heads of the stages, in the order of the forward pass."""
    found = []
    for stage, kind in kinds(config):
        counts = config.shifted_heads if kind == "shifted" else config.heads
        for head in range(counts[stage - 1]):
            name = f"Stage {stage} · {NAMES[kind]} · head {head}"
            off = Ablation(heads_off=((stage, kind, head),))
            found.append(Component(f"{stage}.{kind}.{head}", name, off))
    return tuple(found)


def pick_components(config: SCTConfig, keys: Iterable[str]) -> tuple[Component, ...]:
    """Picks the components and heads of these keys, each once, in the order given.

    A stage's number stands for all of its components.

    Raises:
        ValueError: a key that this model has no component for.
    """
    components = list_components(config)
    known = {each.key: each for each in (*components, *list_heads(config))}
    found: dict[str, Component] = {}
    for key in keys:
        chosen = [k for k in known if k == key or (k.count(".") == 1 and k.split(".")[0] == key)]
        if not chosen:
            raise ValueError(
                f"part {key[:40]!r}: this model has {', '.join(each.key for each in components)}, "
                "single heads such as 1.lsh.0, and all of a stage as its number, 1 to "
                f"{config.stages}"
            )
        found |= {k: known[k] for k in chosen}
    return tuple(found.values())


def combined(config: SCTConfig, *ablations: Ablation) -> Ablation:
    """Combines ablations, all of them at once.

    Raises:
        ValueError: two of them want different things of one field (and stage), or the whole does
            not fit the config.
    """
    whole = Ablation()
    for ablation in ablations:
        whole = _added(config, whole, ablation, strict=True)
    whole.validate(config)
    return whole


def laid_over(config: SCTConfig, base: Ablation, more: Ablation) -> Ablation:
    """Lays `more` over `base`: where both say something, `more` holds."""
    return _added(config, base, more, strict=False)


def same(config: SCTConfig, one: Ablation, other: Ablation) -> bool:
    """Tells whether two ablations compute the same in a model of this config."""

    def settings(ablation: Ablation) -> list[object]:
        uses = ablation.resolve(config, config.image_size)
        return [ablation.frame_order(config.frames), ablation.clip] + [
            (spatial_key(use), temporal_key(use) if config.shifted_blocks else None) for use in uses
        ]

    return settings(one) == settings(other)


def nothing_left(ablation: Ablation, config: SCTConfig) -> str:
    """Says in a sentence that no attention is left in any stage; "" where some is."""
    uses = ablation.resolve(config, config.image_size)
    for i, use in enumerate(uses):
        left = (
            use.vilt and config.vilt_blocks[i] and len(use.vilt_heads_off) < config.heads[i],
            use.lsh != "off" and len(use.lsh_heads_off) < config.heads[i],
            use.shifted != "off"
            and config.shifted_blocks
            and len(use.shifted_heads_off) < config.shifted_heads[i],
        )
        if any(left):
            return ""
    return NOTHING_LEFT


def _stages(config: SCTConfig) -> range:
    return range(1, config.stages + 1)


def kinds(config: SCTConfig) -> list[tuple[int, str]]:
    """Lists (stage, kind) of all attention that there is, in the order of the forward pass."""
    return [
        (stage, kind)
        for stage in _stages(config)
        for kind in PARTS
        if {"vilt": config.vilt_blocks[stage - 1], "shifted": config.shifted_blocks}.get(kind, 1)
    ]


def _added(config: SCTConfig, base: Ablation, more: Ablation, strict: bool) -> Ablation:
    plain, values = Ablation(), {}
    for field in fields(Ablation):
        name = field.name
        ours, theirs, usual = (getattr(each, name) for each in (base, more, plain))
        if name == "heads_off":
            values[name] = (*ours, *theirs)
        elif name in PER_STAGE:
            ours, theirs = (
                each * config.stages if len(each) == 1 else each for each in (ours, theirs)
            )
            if len(ours) == len(theirs):
                values[name] = tuple(
                    _one(f"{name} of stage {i}", *pair, usual[0], strict)
                    for i, pair in enumerate(zip(ours, theirs, strict=True), 1)
                )
            else:  # too many or too few for this config: `resolve` says so
                values[name] = theirs if theirs != usual else ours
        else:
            values[name] = _one(name, ours, theirs, usual, strict)
    return replace(base, **values)


def _one(name: str, ours: object, theirs: object, usual: object, strict: bool) -> object:
    """Merges two values of one setting; `usual` is the value where an ablation says nothing."""
    if theirs == usual:
        return ours
    if strict and ours not in (usual, theirs):
        raise ValueError(
            f"ablations contradict each other: {name} cannot be both {_text(ours)} and "
            f"{_text(theirs)}"
        )
    return theirs


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
