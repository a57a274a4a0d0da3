"""Measures a checkpoint and writes the figures into its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sct.checkpoint import io
from sct.checkpoint.certainty import sure_from
from sct.evaluation.accepted import evaluate_accepted
from sct.evaluation.accuracy import evaluate
from sct.evaluation.motion_agreement import attention_flow
from sct.evaluation.open import FOOTAGE_CLIPS, MOVING, made_data
from sct.labels import names_of
from sct.model.ablation import Ablation
from sct.questions import questions_of

# What a card says the model can do without: the path of motion, motion itself, and two parts.
CUTS = ("shifted=self", "order=repeat-first", "lsh=full", "clip=mean")
_SHORT = ("n", "top1", "top1_ci95")


def certify(
    path: str | Path,
    *,
    footage: str | Path | None = None,
    moving: str = "",
    accepted: Mapping[str, str | Path] = MappingProxyType({}),
    limit: int = 2000,
    footage_clips: int = FOOTAGE_CLIPS,
    flow_clips: int = 500,
    cut_clips: int = 1020,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Measures a checkpoint on clips that it never saw, and writes that into its card.

    Adds `measured` (accuracy on made clips of its kind), `attention_follows_motion` (see
    `motion_agreement`), `ablated` (accuracy under each of `CUTS`); where there is a folder of
    videos `footage` and `attention_follows_motion["footage"]`; and of a model of several questions
    `footage_moving` and `accepted`. Each has the command that prints it. Twins are measured under
    what they were trained with.

    Args:
        path: the checkpoint.
        footage: a folder of real videos.
        moving: folders of videos of a standing camera, as "footage-moving:" takes them.
        accepted: what tables of accepted answers hold, in a few words, and where they are; see
            `evaluate_accepted`.
        limit, footage_clips, flow_clips, cut_clips: how many clips.

    Returns:
        The card.
    """
    path = Path(path).with_suffix(".safetensors")
    model, card = io.load_with_card(path, device)
    ablation = Ablation.parse(str(card.get("trained_with", "none")))
    made = made_data(names_of(model.config)) or "motion"
    thresholds = {one.name: sure_from(card, one.name) for one in questions_of(model.config)}
    common: dict[str, Any] = {"ablation": ablation, "progress": progress}

    def command(data: str, clips: int = 0, more: str = "") -> str:
        # A folder's own place says nothing to anyone else: the result names the videos.
        kind, colon, _ = data.partition(":")
        data = f"{kind}:{'FILE.tsv' if kind == 'accepted' else 'DIR'}" if colon else data
        count = f" --limit {clips}" if clips else ""
        return f"python -m sct evaluate --data {data} --model {path.stem}{count}{more}"

    def measured(data: str, clips: int) -> dict[str, object]:
        found = evaluate(model, data, limit=clips, sure_from=thresholds, **common)
        return {"command": command(data, clips), "ablation": str(ablation), **found}

    def followed(data: str) -> dict[str, object]:
        try:
            found = attention_flow(model, data, limit=flow_clips, **common)
        except LookupError as error:  # a twin without shifted MSA
            found = {"n": 0, "heads": [], "why": str(error)}
        how = {"command": command(data, flow_clips, " --flow"), "ablation": str(ablation)}
        return how | found

    card["measured"] = measured(made, limit)
    follows = followed("motion")
    if footage is not None:
        card["footage"] = measured(f"footage:{footage}", footage_clips)
        follows["footage"] = followed(f"footage:{footage}")
    card["attention_follows_motion"] = follows
    if moving:
        card["footage_moving"] = measured(MOVING + moving, footage_clips)
    if accepted:
        card["accepted"] = {
            about: {"command": command("accepted:"), **evaluate_accepted(model, table, card)}
            for about, table in accepted.items()
        }
    card["ablated"] = {}
    for cut in CUTS:
        part = cut.partition("=")[0]
        without = replace(ablation, **{part: getattr(Ablation.parse(cut), part)})
        found = evaluate(model, made, limit=cut_clips, ablation=without, progress=progress)
        card["ablated"][cut] = {
            "command": command(made, cut_clips, f" --ablate '{without}'"),
            **{name: found[name] for name in _SHORT},
            **_by_part(found),
        }
    io.save(model, path, card)
    return card


def _by_part(found: Mapping[str, Any]) -> dict[str, object]:
    """Returns the figures of each question where there are several, else of each label."""
    if "questions" in found:
        questions = found["questions"].items()
        return {"questions": {name: {k: row[k] for k in _SHORT} for name, row in questions}}
    return {"per_class": {label: row["top1"] for label, row in found["per_class"].items()}}
