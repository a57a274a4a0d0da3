"""What `predict --slide` prints: the answers of a model all along one video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sct.cli import console
from sct.validation import printable

if TYPE_CHECKING:
    from sct.evaluation.slide import Slide
    from sct.model.config import SCTConfig


def show(slid: Slide, card: dict[str, Any], config: SCTConfig, duration_s: float) -> None:
    """Print, for each question, from when to when a model gives which answer."""
    from sct.evaluation.slide import stretches

    count = len(slid.starts)
    console.say(
        f"{count} {'window' if count == 1 else 'windows'} of {slid.span:.2g} s, one every "
        f"{slid.step:.2g} s; "
        "how likely the answer is: the mean over its windows",
        "",
    )
    for said in zip(*slid.answers(card, config), strict=True):
        if said[0].question:
            console.say(f"What does the {said[0].question} do?")
        found = stretches(slid, said, duration_s)
        width = max(len(printable(one.label)) for one in found)
        for one in found:
            doubt = "  not sure" if one.sure is False else ""
            when = f"{one.begin:7.2f} to {one.end:7.2f} s"
            console.say(f"  {when}  {printable(one.label):<{width}}  {one.probability:4.0%}{doubt}")


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
    crop: Any,
) -> Slide:
    """Slide a model over a video from `start` on, with a bar. Raises ClipError."""
    from sct.evaluation.slide import slide

    with console.progress("Windows") as progress:
        return slide(
            model,
            clip,
            duration_s,
            stride=stride,
            first=start,
            ablation=ablation,
            crop=crop,
            fps=fps,
            progress=progress,
        )
