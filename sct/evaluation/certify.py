"""Measures a checkpoint and writes the figures into its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sct.checkpoint import io
from sct.evaluation.accuracy import evaluate
from sct.evaluation.motion_agreement import attention_flow
from sct.evaluation.open import FOOTAGE_CLIPS
from sct.model.ablation import Ablation

# What a card says the model can do without: the path of motion, motion itself, and two parts.
CUTS = ("shifted=self", "order=repeat-first", "lsh=full", "clip=mean")


def certify(
    path: str | Path,
    *,
    footage: str | Path | None = None,
    limit: int = 2000,
    footage_clips: int = FOOTAGE_CLIPS,
    flow_clips: int = 500,
    cut_clips: int = 1020,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Measures a checkpoint on synthetic clips that it never saw, and writes that into its card.

    Adds `measured` (accuracy), `attention_follows_motion` (see `motion_agreement`), `ablated`
    (accuracy under each of `CUTS`) and, where there is a folder of videos, `footage` and
    `attention_follows_motion["footage"]`, each with the command that prints it. Twins are measured
    under what they were trained with.

    Args:
        path: the checkpoint.
        footage: a folder of real videos.
        limit, footage_clips, flow_clips, cut_clips: how many clips.

    Returns:
        The card.
    """
    path = Path(path).with_suffix(".safetensors")
    model, card = io.load_with_card(path, device)
    ablation = Ablation.parse(str(card.get("trained_with", "none")))

    def command(data: str, clips: int, more: str = "") -> str:
        # The folder's own place says nothing to anyone else: the result names the videos.
        data = data if data == "motion" else "footage:DIR"
        return f"python -m sct evaluate --data {data} --model {path.stem} --limit {clips}{more}"

    def measured(data: str, clips: int) -> dict[str, object]:
        found = evaluate(model, data, limit=clips, ablation=ablation, progress=progress)
        return {"command": command(data, clips), "ablation": str(ablation), **found}

    def followed(data: str) -> dict[str, object]:
        options = {"limit": flow_clips, "ablation": ablation, "progress": progress}
        try:
            found = attention_flow(model, data, **options)
        except LookupError as error:  # a twin without shifted MSA
            found = {"n": 0, "heads": [], "why": str(error)}
        how = {"command": command(data, flow_clips, " --flow"), "ablation": str(ablation)}
        return how | found

    card["measured"] = measured("motion", limit)
    follows = followed("motion")
    if footage is not None:
        card["footage"] = measured(f"footage:{footage}", footage_clips)
        follows["footage"] = followed(f"footage:{footage}")
    card["attention_follows_motion"] = follows
    card["ablated"] = {}
    for cut in CUTS:
        part = cut.partition("=")[0]
        without = replace(ablation, **{part: getattr(Ablation.parse(cut), part)})
        found = evaluate(model, limit=cut_clips, ablation=without, progress=progress)
        card["ablated"][cut] = {
            "command": command("motion", cut_clips, f" --ablate '{without}'"),
            **{name: found[name] for name in ("n", "top1", "top1_ci95")},
            "per_class": {label: row["top1"] for label, row in found["per_class"].items()},
        }
    io.save(model, path, card)
    return card
