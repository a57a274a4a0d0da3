"""Makes the diagram's groups of boxes from a config, in the order of the forward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from viz.colors import ABLATED

# Of each kind of part: (mode, what it is called, what it means). The first is as trained.
MODES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "order": (
        ("as-is", "as is", "The frames in the order of the clip."),
        ("reversed", "reversed", "The clip runs backwards."),
        ("shuffled", "shuffled", "The frames in a drawn order; its seed stands below."),
        ("repeat-first", "first only", "Every frame is the first: nothing moves."),
    ),
    "vilt": (
        ("on", "on", "As trained."),
        ("off", "off", "All ViLT blocks of this stage are left out."),
    ),
    "lsh": (
        ("lsh", "hashed", "As trained: each patch sees those of its bucket."),
        ("full", "exact", "Every patch sees every other of its frame, which hashing approximates."),
        ("off", "off", "The layer is left out, its residual stays."),
    ),
    "shifted": (
        ("on", "on", "As trained: a frame looks at the one before."),
        ("self", "self", "A frame looks at itself: only the path of motion goes, the cost stays."),
        ("off", "off", "The block is left out, its residual stays."),
    ),
    "clip": (
        ("on", "on", "As trained."),
        ("mean", "mean", "The mean of the frames’ embeddings goes to the head instead."),
    ),
}
_PER_STAGE = ("vilt", "lsh", "shifted")


def diagram_data(
    config: SCTConfig,
    ablation: Ablation | None = None,
    *,
    switches: bool = False,
    notes: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    marked: Sequence[str] = (),
    edit: int = 0,
) -> dict[str, Any]:
    """Describes the model as JSON for the browser.

    Boxes have the keys "order" (the frames), "patch", "1.vilt", "1.lsh", "1.pool", "1.shifted"
    (stages from 1), "clip" and "head"; a part that the config lacks has no box.

    Args:
        ablation: shown on the boxes as their state.
        switches: whether the boxes that can be switched are.
        notes: (term, value) pairs under the box of each key, such as ("out", "8×14×14×96").
        marked: keys of boxes that stand out.
        edit: the last change that was taken over; see `switched`.
    """
    ablation = ablation or Ablation()
    groups = _groups(config)
    now = modes_of(config, ablation)
    for box in (box for group in groups for box in group["boxes"]):
        key = box["key"]
        kind = key.rpartition(".")[2]
        known = MODES.get(kind, ())
        box["glyph"] = kind
        box["mode"] = now.get(key, "")
        box["modes"] = [{"id": m, "text": text, "hint": hint} for m, text, hint in known]
        # What a click on the box itself chooses.
        box["away"] = known[1 if kind == "order" else -1][0] if known else ""
        box["also"] = _also(config, ablation, key) if known else ""
        box["notes"] = [[str(t), str(v)] for t, v in (notes or {}).get(key, ())]
        box["marked"] = key in marked
    return {"groups": groups, "switches": switches, "edit": edit, "changed": ABLATED}


def modes_of(config: SCTConfig, ablation: Ablation) -> dict[str, str]:
    """Gives the mode of each part that has modes, by the key of its box."""
    found = {"order": ablation.order.partition("(")[0]}
    for stage in range(config.stages):
        for field in _PER_STAGE:
            if _there(config, field, stage):
                modes = getattr(ablation, field)
                found[f"{stage + 1}.{field}"] = modes[0 if len(modes) == 1 else stage]
    return {**found, "clip": ablation.clip}


def switched(config: SCTConfig, ablation: Ablation, told: object) -> tuple[Ablation, int]:
    """Gives the ablation after what the browser told, and the number of its change.

    What is not a known mode of a part that is there stays as it was; so does everything else.
    """
    told = told if isinstance(told, dict) else {}
    asked = told.get("modes")
    asked = asked if isinstance(asked, dict) else {}
    now = modes_of(config, ablation)
    for key in now:
        if asked.get(key) in [mode for mode, *_ in MODES[key.rpartition(".")[2]]]:
            now[key] = asked[key]
    fields: dict[str, Any] = {
        field: tuple(now.get(f"{i + 1}.{field}", MODES[field][0][0]) for i in range(config.stages))
        for field in _PER_STAGE
    }
    if now["order"] != ablation.order.partition("(")[0]:
        fields["order"] = "shuffled(1)" if now["order"] == "shuffled" else now["order"]
    edit = told.get("edit")
    edit = int(edit) if isinstance(edit, (int, float)) and 0 <= edit < 1e9 else 0
    return replace(ablation, clip=now["clip"], **fields), edit


def _there(config: SCTConfig, field: str, stage: int) -> bool:
    if field == "shifted":
        return config.shifted_blocks > 0
    return field != "vilt" or config.vilt_blocks[stage] > 0


def _groups(config: SCTConfig) -> list[dict[str, Any]]:
    """Lists the groups in the order of the forward pass, each with its boxes."""
    size, patch, frames = config.image_size, config.patch, _count(config.frames, "frame")
    layers, heads = _count(config.clip_layers, "layer"), _count(config.heads[-1], "head")
    boxes = [
        ("order", "Frames", f"{config.frames} of {size}×{size} pixels"),
        ("patch", "Patch embedding", f"of {patch}×{patch} pixels"),
    ]
    groups = [("Input", frames, boxes)]
    for i, (grid, width) in enumerate(zip(config.grids, config.widths, strict=True)):
        about = f"{grid}×{grid} patches, {width} channels"
        groups.append((f"Stage {i + 1}", about, _stage(config, i)))
    boxes = [
        ("clip", "Clip encoder", f"{layers}, {heads}"),
        ("head", "Head", _count(config.num_classes, "class", "es")),
    ]
    groups.append(("Answer", f"{frames}, {config.widths[-1]} channels", boxes))
    return [
        {
            "title": title,
            "about": about,
            "boxes": [{"key": key, "title": name, "detail": detail} for key, name, detail in boxes],
        }
        for title, about, boxes in groups
    ]


def _stage(config: SCTConfig, i: int) -> list[tuple[str, str, str]]:
    number, grid, after = i + 1, config.grids[i], config.shifted_grids[i]
    heads, boxes = _count(config.heads[i], "head"), []
    if config.vilt_blocks[i]:
        blocks = _count(config.vilt_blocks[i], "ViLT block")
        what = f"{blocks}, chunks of {config.chunk}×{config.chunk}, {heads}"
        boxes.append((f"{number}.vilt", "Chunk attention", what))
    boxes.append((f"{number}.lsh", "LSH attention", f"whole frame, {heads}"))
    if after != grid:
        boxes.append((f"{number}.pool", "Pooling", f"{grid}×{grid} → {after}×{after}"))
    if config.shifted_blocks:
        back = ", ".join(map(str, config.shifted_offsets))
        blocks = f"{config.shifted_blocks} × " if config.shifted_blocks > 1 else ""
        what = f"{blocks}{back} frame back, {_count(config.shifted_heads[i], 'head')}"
        boxes.append((f"{number}.shifted", "Shifted attention", what))
    return boxes


def _also(config: SCTConfig, ablation: Ablation, key: str) -> str:
    """Say in a few words what else differs from training in this part; "" if nothing does."""
    stage, _, kind = key.rpartition(".")
    said = []
    if kind == "shifted":
        if ablation.offsets not in ((), config.shifted_offsets):
            said.append("offset " + ", ".join(map(str, ablation.offsets)))
        if ablation.window not in ("", config.shifted_window):
            said.append(f"window: {ablation.window}")
    if kind == "lsh":
        for field, text in (("rounds", "{} rounds"), ("bucket", "buckets of {}"),
                            ("seed", "seed {}")):  # fmt: skip
            value = getattr(ablation, field)
            if value not in (None, getattr(config, f"lsh_{field}")):
                said.append(text.format(value))
    off = [str(h) for s, part, h in ablation.heads_off if (str(s), part) == (stage, kind)]
    if off:
        said.append(f"head{'s' * (len(off) > 1)} {', '.join(off)} off")
    return " · ".join(said)


def _count(n: int, one: str, more: str = "s") -> str:
    return f"{n} {one}{'' if n == 1 else more}"
