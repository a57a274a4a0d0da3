"""`python -m sct render`: what a model saw in a video, as video, picture, numbers or report."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from sct.cli import console
from viz.cli import render_options


@click.command()
@click.argument("clip", type=click.Path())
@click.option(
    "--view",
    type=click.Choice(render_options.VIEWS),
    help="attention: where one patch looks. motion: what moved, as attention reads it, beside "
    "OpenCV's dense flow. buckets: what LSH attention put together. figure4: frames, lit where "
    "the answer's attention falls. attribution: what each patch did for the answer. A .html has "
    "all but attribution and begins with the one asked for.",
)
@click.option(
    "-o",
    "--out",
    required=True,
    metavar="OUT",
    callback=render_options.out,
    help="Where to write; its ending says what: .mp4 (H.264) and .gif play all frames, .png is one "
    "picture, .npz the numbers, .html a report with everything that opens without a network.",
)
@console.model_option
@console.ablate_option
@click.option(
    "--stage",
    type=click.IntRange(min=1),
    metavar="N",
    help="From 1.  [default: the first with grounded heads; 1 of buckets]",
)
@click.option(
    "--head",
    callback=render_options.head,
    metavar="H",
    help="A number from 0 on; of attention and motion also mean, or grounded: the mean of those "
    "trained to follow motion.  [default: grounded where there are some, else mean; 0 of buckets]",
)
@click.option(
    "--frame",
    type=click.IntRange(min=0),
    metavar="N",
    help="The frame that a .png shows and a .html begins with, from 0.  [default: the middle; "
    "figure4: all; .html: 3]",
)
@click.option(
    "--token",
    callback=render_options.token,
    metavar="ROW,COLUMN",
    help="The patch that looks, from 0,0 at the top left.  [default: near the middle]",
)
@click.option(
    "--round",
    "round_",
    type=click.IntRange(min=0),
    metavar="N",
    help="Hash round of buckets, from 0.  [default: 0]",
)
@click.option(
    "--method",
    multiple=True,
    callback=render_options.methods,
    metavar="KEY",
    help="Of attribution, such as occlusion or saliency; given twice, both side by side.  "
    "[default: saliency]",
)
@click.option(
    "--target",
    metavar="CLASS",
    help="The class that attribution explains, by name or number.  [default: the most likely]",
)
@click.option(
    "--against",
    metavar="CLASS",
    help="Another class: why the one and not this one.  [default: none]",
)
@console.number(
    "--opacity", click.FloatRange(0, 1), 1.0, "Of what is drawn over the frames, 0 to 1."
)
@click.option(
    "--arrows",
    type=click.FloatRange(0, 20, min_open=True),
    metavar="N",
    help="How many times longer than true arrows are drawn.  [default: 2]",
)
@console.start_option
@console.stride_option
@console.number(
    "--fps", click.FloatRange(0, 50, min_open=True), 4.0, "Frames a second of a .mp4 or .gif."
)
@console.number("--side", click.IntRange(112, 1024), 480, "Pixels a side of each frame.")
@click.option("--overwrite", is_flag=True, help="Replace OUT if it is there.")
@console.device_option
@click.pass_context
def render(
    ctx: click.Context, clip: str, view: str | None, out: str, overwrite: bool, **asked: Any
) -> None:
    """Draw what a model saw in the video file CLIP.

    As many frames are taken as the model was made for, from --start on, one every --stride
    seconds. A video plays them at --fps, slower than life by default.

    \b
    Examples:
      python -m sct render clip.mp4 -o report.html
      python -m sct render clip.mp4 --view motion -o motion.mp4
      python -m sct render clip.mp4 --view figure4 -o figure4.png
      python -m sct render clip.mp4 --view attention --token 3,4 --head 0 -o looks.gif
      python -m sct render clip.mp4 --view buckets --stage 1 -o buckets.npz
      python -m sct render clip.mp4 --view attribution --method occlusion -o why.mp4
    """
    ending = Path(out).suffix.lower()
    render_options.check(ctx, view, ending, asked)
    if Path(out).exists() and not overwrite:
        raise click.UsageError(f"{out} is there already; --overwrite replaces it.")

    from viz import views

    begun = time.perf_counter()
    seen = _see(clip, view, asked)
    scene, look = seen.scene, _look(view, asked, seen.scene.trace.config)
    count = len(scene.times)
    try:
        found = views.numbers_of(scene, view, look) if view else {}
        if asked["frame"] is not None and asked["frame"] >= count:
            raise ValueError(f"frame {asked['frame']}: allowed: 0 to {count - 1}")
    except IndexError as error:  # it was asked for by a person, who is told the range
        raise ValueError(str(error)) from error
    if ending == ".html":
        data, what = _report(seen, view, look, asked["frame"]), "report"
    elif ending == ".npz":
        data, what = views.save_numbers(scene, view, look, found), "numbers"
    elif ending == ".png":
        data, what = _picture(scene, view, look, found, asked["frame"]), "picture"
    else:
        frames = []
        with console.progress("frames") as progress:
            for picture in views.frames_of(scene, view, look, found):
                frames.append(picture)
                progress(len(frames), count)
        data, what = _video(frames, ending, asked["fps"]), f"{count} frames"
    _save(data, out)
    click.echo(f"{out}: {what}, {len(data) / 1e6:.2f} MB, {time.perf_counter() - begun:.1f} s")


@dataclass(frozen=True)
class _Seen:
    """A clip, the model's pass over it, and the model's card."""

    clip: Any
    scene: Any
    probabilities: Any
    card: dict[str, Any]


def _see(clip: str, view: str | None, asked: dict[str, Any]) -> _Seen:
    import torch

    import sct
    from sct.analysis.head_motion import dense_flow
    from sct.analysis.optical_flow import DenseFlow
    from sct.analysis.rollout import rollout
    from sct.checkpoint import io
    from viz.views import Scene

    model, ablation = console.load(asked["name"], asked["device"], asked["ablate"])
    config = model.config
    video = sct.read_clip(clip, frames=config.frames, start=asked["start"], stride=asked["stride"])
    frames = sct.preprocess(video, config.image_size).to(model.device)
    with torch.inference_mode():
        logits, trace = model(frames, ablation, trace=True)
    scene = Scene.of(
        video, trace, asked["name"], asked["side"], rollout=lambda: rollout(model, trace)
    )
    if view == "motion":
        scene = replace(scene, flow=dense_flow(DenseFlow(scene.seen)))
    if view == "attribution":
        scene = replace(
            scene,
            attribute=_attributing(model, frames, ablation),
            verdict=_verdicts(asked["name"], str(ablation)),
        )
    probabilities = logits[0].float().softmax(-1).cpu().numpy()
    return _Seen(video, scene, probabilities, io.read_card(asked["name"]))


def _attributing(model: Any, frames: Any, ablation: Any) -> Any:
    from sct.attribution.attribute import attribute

    def make(method: str, target: int | None, against: int | None) -> Any:
        with console.progress("passes") as progress:
            return attribute(
                model, frames, method, target, against, ablation=ablation, progress=progress
            )

    return make


def _verdicts(name: str, ablation: str) -> Any:
    from sct.attribution.attribute import measured
    from viz.text.attribution import over_set

    # What was measured of the trained model says nothing of an ablated one.
    table = measured(name) if ablation == "none" else None
    return lambda method, target, against: over_set(table, method)


def _look(view: str | None, asked: dict[str, Any], config: Any) -> Any:
    """What is asked of the view."""
    from viz.text.attribution import label_place, labels_of
    from viz.views import Look

    taught, labels = config.grounded_heads, labels_of(config)
    grounded = [i + 1 for i, heads in enumerate(taught) if heads]
    first = grounded[0] if grounded and view != "buckets" else 1
    return Look(
        stage=first if asked["stage"] is None else asked["stage"],
        head=asked["head"],
        token=asked["token"],
        round=asked["round_"] or 0,
        opacity=asked["opacity"],
        gain=asked["arrows"] or 2.0,
        methods=asked["method"] or ("saliency",),
        target=None if asked["target"] is None else label_place(asked["target"], labels),
        against=None if asked["against"] is None else label_place(asked["against"], labels),
    )


def _report(seen: _Seen, view: str | None, look: Any, frame: int | None) -> bytes:
    from viz.report import build

    # A view that was not asked for must not fail because its stage is off.
    begins = {"view": view, "look": look} if view in ("attention", "motion", "buckets") else {}
    with console.progress("stages") as progress:
        return build(
            seen.scene, seen.clip, seen.probabilities, seen.card,
            frame=frame, progress=progress, **begins,
        )  # fmt: skip


def _picture(scene: Any, view: str, look: Any, found: dict, frame: int | None) -> bytes:
    from viz import views
    from viz.raster.encode import encode

    if frame is None and view == "figure4":
        return encode(views.still_of(scene, view, look, found, 0), "png")
    frame = len(scene.times) // 2 if frame is None else frame
    return encode(views.picture_of(scene, view, look, found, frame), "png")


def _video(frames: list, ending: str, fps: float) -> bytes:
    import numpy as np

    from sct.video.clip import write_mp4
    from sct.video.gif import write_gif

    return write_gif(frames, fps) if ending == ".gif" else write_mp4(np.stack(frames), fps=fps)


def _save(data: bytes, out: str) -> None:
    """Complete or not at all."""
    from sct.checkpoint.io import replace_files

    replace_files({Path(out): data})
