"""`python -m sct render`: what a model saw in one video, as a video, a picture or numbers."""

import time
from pathlib import Path
from typing import Any

import click

from sct import console

VIEWS = ("attention", "motion", "buckets", "figure4")
ENDINGS = (".mp4", ".gif", ".png", ".npz")
_NEEDS = {  # the views that an option belongs to
    "stage": ("attention", "motion", "buckets"),
    "head": ("attention", "motion", "buckets"),
    "token": ("attention", "buckets"),
    "round_": ("buckets",),
    "arrows": ("motion",),
}


def _head(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
    if value is None or value in ("mean", "grounded", "max"):
        return value
    if not (value.isascii() and value.isdigit() and len(value) < 5):
        raise click.BadParameter(
            f"{value!r}: a number from 0 on, mean, grounded or max.", ctx=ctx, param=param
        )
    return int(value)


def _token(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    parts = value.replace(" ", "").split(",")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 6 for p in parts):
        raise click.BadParameter(f"{value!r}: row,column such as 3,4.", ctx=ctx, param=param)
    return int(parts[0]), int(parts[1])


def _out(ctx: click.Context, param: click.Parameter, value: str) -> str:
    # Before the work: what cannot be written is said at once.
    path = Path(value)
    if path.suffix.lower() not in ENDINGS:
        raise click.BadParameter(
            f"{value!r}: must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.",
            ctx=ctx, param=param,
        )  # fmt: skip
    if not path.absolute().parent.is_dir():
        raise click.BadParameter(f"{value!r}: there is no such folder.", ctx=ctx, param=param)
    if path.is_dir():
        raise click.BadParameter(f"{value!r}: is a folder.", ctx=ctx, param=param)
    return value


@click.command()
@click.argument("clip", type=click.Path())
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    required=True,
    help="attention: where one patch looks. motion: what moved, as attention reads it, beside "
    "OpenCV's dense flow. buckets: what LSH attention put together. figure4: frames, lit where "
    "the answer's attention falls.",
)
@click.option(
    "-o",
    "--out",
    required=True,
    metavar="OUT",
    callback=_out,
    help="Where to write; its ending says what: .mp4 (H.264) and .gif play all frames, .png is one "
    "picture, .npz the numbers.",
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
    callback=_head,
    metavar="H",
    help="A number from 0 on; of attention and motion also mean, or grounded: the mean of those "
    "trained to follow motion.  [default: grounded where there are some, else mean; 0 of buckets]",
)
@click.option(
    "--frame",
    type=click.IntRange(min=0),
    metavar="N",
    help="The frame that a .png shows, from 0.  [default: the middle; figure4: all]",
)
@click.option(
    "--token",
    callback=_token,
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
def render(clip: str, view: str, out: str, overwrite: bool, **asked: Any) -> None:
    """Draw what a model saw in the video file CLIP.

    As many frames are taken as the model was made for, from --start on, one every --stride
    seconds. A video plays them at --fps, slower than life by default.

    \b
    Examples:
      python -m sct render clip.mp4 --view motion -o motion.mp4
      python -m sct render clip.mp4 --view figure4 -o figure4.png
      python -m sct render clip.mp4 --view attention --token 3,4 --head 0 -o looks.gif
      python -m sct render clip.mp4 --view buckets --stage 1 -o buckets.npz
    """
    ending = Path(out).suffix.lower()
    for option, views in _NEEDS.items():
        if asked[option] is not None and view not in views:
            raise click.UsageError(
                f"--{option.rstrip('_')} says nothing of {view}, only of {', '.join(views)}."
            )
    if asked["frame"] is not None and ending != ".png":
        raise click.UsageError(f"--frame picks one for a .png; {ending} has all frames.")
    if Path(out).exists() and not overwrite:
        raise click.UsageError(f"{out} is there already; --overwrite replaces it.")

    from viz import views

    begun = time.perf_counter()
    scene, look = _scene(clip, view, asked)
    try:
        found = views.numbers_of(scene, view, look)
        if asked["frame"] is not None and asked["frame"] >= len(scene.times):
            raise ValueError(f"frame {asked['frame']}: allowed: 0 to {len(scene.times) - 1}")
    except IndexError as error:  # it was asked for by a person, who is told the range
        raise ValueError(str(error)) from error
    count = len(scene.times)
    if ending == ".npz":
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


def _scene(clip: str, view: str, asked: dict[str, Any]) -> tuple[Any, Any]:
    """The model's pass over the clip, and what is asked of it."""
    from dataclasses import replace

    import torch

    import sct
    from sct.measuring.dense import DenseFlow
    from sct.measuring.following import dense_flow
    from sct.measuring.rollout import rollout
    from viz.views import Look, Scene

    model, ablation = console.load(asked["name"], asked["device"], asked["ablate"])
    config = model.config
    video = sct.read_clip(clip, frames=config.frames, start=asked["start"], stride=asked["stride"])
    frames = sct.preprocess(video, config.image_size).to(model.device)
    with torch.inference_mode():
        trace = model(frames, ablation, trace=True).trace
    scene = Scene.of(
        video, trace, asked["name"], asked["side"], rollout=lambda: rollout(model, trace)
    )
    if view == "motion":
        scene = replace(scene, flow=dense_flow(DenseFlow(scene.seen)))
    grounded = [i + 1 for i, heads in enumerate(config.grounded_heads) if heads]
    first = grounded[0] if grounded and view != "buckets" else 1
    look = Look(
        stage=first if asked["stage"] is None else asked["stage"],
        head=asked["head"],
        token=asked["token"],
        round=asked["round_"] or 0,
        opacity=asked["opacity"],
        gain=asked["arrows"] or 2.0,
    )
    return scene, look


def _picture(scene: Any, view: str, look: Any, found: dict, frame: int | None) -> bytes:
    from viz import views
    from viz.encode import encode

    if frame is None and view == "figure4":
        return encode(views.still_of(scene, view, look, found, 0), "png")
    frame = len(scene.times) // 2 if frame is None else frame
    return encode(views.picture_of(scene, view, look, found, frame), "png")


def _video(frames: list, ending: str, fps: float) -> bytes:
    import numpy as np

    from sct.media.gif import write_gif
    from sct.video import write_mp4

    return write_gif(frames, fps) if ending == ".gif" else write_mp4(np.stack(frames), fps=fps)


def _save(data: bytes, out: str) -> None:
    """Complete or not at all."""
    from sct.weights import replace_files

    replace_files({Path(out): data})
