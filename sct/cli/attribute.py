"""The command `attribute`, which measures what each patch of a video did for the answer."""

import math
from pathlib import Path
from typing import Any

import click

from sct.attribution.result import BASELINES, KEYS
from sct.cli import console, reading
from sct.cli.paths import Output, PathType
from sct.labels import names_of, place_of
from sct.questions import in_full


@click.command()
@click.argument("clip", type=PathType())
@console.model_option
@console.question_option
@click.option(
    "--method",
    type=click.Choice(KEYS),
    default="integrated-gradients",
    show_default=True,
    help="How it is found out.",
)
@click.option("--target", metavar="LABEL", help="What is asked for; the most likely if left out.")
@click.option("--against", metavar="LABEL", help="Why the target and not this.")
@click.option(
    "--base", type=click.Choice(BASELINES), default="still", show_default=True,
    help="What parts of the clip are replaced by: its mean over time, or grey.",
)  # fmt: skip
@click.option("--check", "checking", is_flag=True, help="Say whether the map can be believed.")
@console.number("--seed", click.IntRange(min=0), 0, "Of all that is drawn.", "N")
@reading.start_option
@reading.stride_option
@reading.crop_option()
@reading.rate_option("--fps")
@console.ablate_option
@console.device_option
@console.json_option
@click.option("-o", "--out", type=Output(".npz"), help="Write the values, as .npz.")
def attribute(
    clip: str,
    name: str,
    question: str | None,
    method: str,
    target: str | None,
    against: str | None,
    base: str,
    checking: bool,
    seed: int,
    start: float,
    stride: float,
    crop: Any,
    fps: float | None,
    ablate: str,
    device: str,
    as_json: bool,
    out: str | None,
) -> None:
    """Say what each patch of the video CLIP did for the model's answer.

    Prints totals of the frames; -o keeps the value of every patch of every frame. A LABEL is a name
    or its number, from 0; where names are numbers themselves, a number is a name.

    \b
    Examples:
      python -m sct attribute clip.mp4
      python -m sct attribute clip.mp4 --method occlusion --target 'pan left' --against 'pan right'
      python -m sct attribute clip.mp4 --method grad-cam --check --json
      python -m sct attribute clip.mp4 -o values.npz
    """
    from sct import attribution

    model, ablation = console.load(name, device, ablate, question or "")
    names = names_of(model.config)
    asked = [
        None if label is None else place_of(label, names, name)
        for name, label in (("target", target), ("against", against))
    ]
    _, frames, video = reading.read_frames(model, clip, start, stride, fps, crop)
    with console.progress(method) as progress:
        found = attribution.attribute(
            model, frames, method, *asked, ablation=ablation, base=base, seed=seed,
            progress=progress,
        )  # fmt: skip
    checked = None
    if checking:
        with console.progress("check") as progress:
            checked = attribution.check(model, frames, found, seed=seed, progress=progress)
    if out is not None:
        _write(Path(out), found)
    labels = [None if i is None else names[i] for i in (found.target, found.against)]
    if as_json:
        facts = _facts(name, video, labels, found, checked)
        console.print_json(console.question_fact(model.config) | facts)
        return
    said = [in_full(model.config, label) for label in labels if label]
    why = " and not ".join(said)
    console.say(
        f"{attribution.method_of(method).name} of {video['path']}: why {why} "
        f"({found.facts['score']:+.3f}), {found.facts['seconds']:.1f} s",
        "",
    )
    console.print_notices(video["notices"])
    width = len(str(len(found.frames)))
    for number, total in enumerate(found.frames.tolist(), 1):
        console.say(f"  frame {number:>{width}}  {total:+.4g}")
    if checked:
        console.say("", f"{'passes' if checked.passed else 'fails'}: {checked.why}")


def _write(path: Path, found) -> None:
    import io

    import numpy as np

    from sct.checkpoint.io import replace_files

    data = io.BytesIO()
    np.savez_compressed(data, values=found.values, frames=found.frames)
    replace_files({path: data.getvalue()})


def _facts(name: str, clip: dict, labels: list[str | None], found, checked) -> dict[str, object]:
    """Return what --json prints."""
    facts: dict[str, object] = {
        "model": name,
        "clip": clip["path"],
        "notices": clip["notices"],
        "method": found.method,
        "target": labels[0],
        "against": labels[1],
        "ablation": found.ablation,
        "options": found.options,
        "frames": found.frames.tolist(),
        "facts": found.facts,
    }
    if checked:
        facts["check"] = {
            "passed": checked.passed,
            "why": checked.why,
            "verdicts": checked.verdicts,
            "gain": checked.curve.gain,
            "deletion_auc": checked.curve.deletion_auc,
            "insertion_auc": checked.curve.insertion_auc,
            "random_gain": checked.random.gain,
            "motion_gain": checked.motion.gain,
            **{
                name: _number(getattr(checked, name))
                for name in ("randomised", "infidelity", "sensitivity")
            },
        }
    return facts


def _number(value: float) -> float | None:
    """Gives the value as JSON can hold it: NaN is null."""
    return None if math.isnan(value) else value
