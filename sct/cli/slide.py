"""What `predict --slide` prints: the answers of a model all along one video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sct.cli import console

if TYPE_CHECKING:
    from sct.analysis.slide import Slide
    from sct.checkpoint.certainty import Answer
    from sct.model.config import SCTConfig


def as_json(slid: Slide, card: dict[str, Any], config: SCTConfig) -> dict[str, Any]:
    """Return a slide as values fit for JSON: each window with its answers."""
    return {
        "step": round(slid.step, 6),
        "windows": [
            {
                "start": round(start, 6),
                "end": round(start + slid.span, 6),
                **_rows(said, bool(config.questions)),
            }
            for start, said in zip(slid.starts, _answers(slid, card, config), strict=True)
        ],
    }


def _answers(slid: Slide, card: dict[str, Any], config: SCTConfig) -> list[tuple[Answer, ...]]:
    from sct.checkpoint.certainty import answers

    each = zip(slid.logits, slid.embeddings, strict=True)
    return [answers(card, slid.ablation, config, *one) for one in each]


def _rows(said: tuple[Answer, ...], named: bool) -> dict[str, Any]:
    rows = {
        one.question: {
            "probabilities": {
                label: float(share)
                for label, share in zip(one.labels, one.probabilities, strict=True)
            },
            "sure": one.judged.sure,
            "unlike": one.judged.unlike,
        }
        for one in said
    }
    return {"answers": rows} if named else rows[""]


def show(slid: Slide, card: dict[str, Any], config: SCTConfig, duration_s: float) -> None:
    """Print, for each question, from when to when a model gives which answer."""
    from sct.analysis.slide import stretches

    click.echo(
        f"{len(slid.starts)} windows of {slid.span:.2g} s, one every {slid.step:.2g} s; "
        "how likely the answer is: the mean over its windows\n"
    )
    for said in zip(*_answers(slid, card, config), strict=True):
        if said[0].question:
            click.echo(f"What does the {said[0].question} do?")
        best = [(one.labels[one.best], one.judged.sure, one.probabilities.max()) for one in said]
        found = stretches(slid, best, duration_s)
        width = max(len(one.label) for one in found)
        for one in found:
            doubt = "  not sure" if one.sure is False else ""
            when = f"{one.begin:7.2f} to {one.end:7.2f} s"
            click.echo(f"  {when}  {one.label:<{width}}  {one.probability:4.0%}{doubt}")


def run(
    model: Any,
    card: dict[str, Any],
    clip: str,
    duration_s: float,
    *,
    start: float,
    stride: float,
    fps: float | None,
    ablation: Any,
) -> Slide:
    """Slide a model over a video from `start` on, with a bar. Raises ClipError."""
    from sct.analysis.slide import slide

    with console.progress("Windows") as progress:
        return slide(
            model,
            clip,
            duration_s,
            stride=stride,
            first=start,
            ablation=ablation,
            fps=fps,
            progress=progress,
        )
