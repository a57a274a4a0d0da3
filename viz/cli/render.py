"""`python -m sct render`: what a model saw in a video, as video, picture, numbers or report."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from sct.cli import console, reading
from sct.cli.paths import Output, PathType
from sct.labels import names_of, place_of
from viz.raster.geometry import read_token

VIEWS = ("attention", "motion", "buckets", "figure4", "attribution")  # of `viz.views`, unimported
ENDINGS = (".mp4", ".gif", ".png", ".npz", ".html")
_NEEDS = {  # the views that an option belongs to
    "stage": ("attention", "motion", "buckets"),
    "head": ("attention", "motion", "buckets"),
    "token": ("attention", "buckets"),
    "round": ("buckets",),
    "arrows": ("motion",),
    "method": ("attribution",),
    "target": ("attribution",),
    "against": ("attribution",),
}
_DRAWN = ("opacity", "arrows", "fps")  # what a report's reader sets in its player


def _head(value: str) -> int | str:
    if value in ("mean", "grounded", "max"):
        return value
    if not (value.isascii() and value.isdigit() and len(value) < 5):
        raise click.BadParameter(f"{value!r}: a number from 0 on, mean, grounded or max.")
    return int(value)


def _token(value: str) -> tuple[int, int]:
    token = read_token(value)
    if token is None:
        raise click.BadParameter(f"{value!r}: row,column such as 3,4.")
    return token


def _methods(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...] | None:
    from sct.attribution.result import KEYS  # light: no torch

    for each in value:
        if each not in KEYS:
            raise click.BadParameter(f"{each[:40]!r}: one of {', '.join(KEYS)}.")
    if len(value) > 2 or len(set(value)) < len(value):
        raise click.BadParameter("one method, or two different ones.")
    return value or None


def _check(ctx: click.Context, view: str | None, ending: str, asked: dict[str, Any]) -> None:
    """Refuse options that do not go together, before the work."""
    if view is None and ending != ".html":
        raise click.UsageError(f"{ending} needs --view, one of {', '.join(VIEWS)}.")
    for option, views in _NEEDS.items():
        if asked[option] is None:
            continue
        allowed = ", ".join(views)
        if view is None:
            raise click.UsageError(f"--{option} needs --view, one of {allowed}.")
        if view not in views:
            raise click.UsageError(f"--{option} says nothing of {view}, only of {allowed}.")
    if ending == ".html":
        if view == "attribution":
            raise click.UsageError("a .html has no attribution; .mp4, .gif, .png and .npz have.")
        given = click.core.ParameterSource.COMMANDLINE
        for option in _DRAWN:
            if ctx.get_parameter_source(option) is given:
                raise click.UsageError(f"--{option} says nothing of a .html: its player has it.")
    elif asked["frame"] is not None and ending != ".png":
        raise click.UsageError(f"--frame picks one for a .png; {ending} has all frames.")


@click.command()
@click.argument("clip", type=PathType())
@click.option(
    "--view",
    type=click.Choice(VIEWS),
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
    type=Output(*ENDINGS),
    help="Where to write; its ending says what: .mp4 (H.264) and .gif play all frames, .png is one "
    "picture, .npz the numbers, .html a report with everything that opens without a network.",
)
@console.model_option
@console.question_option
@console.ablate_option
@click.option(
    "--stage",
    type=click.IntRange(min=1),
    metavar="N",
    help="From 1.  [default: the first with grounded heads; 1 of buckets]",
)
@click.option(
    "--head",
    type=_head,
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
    type=_token,
    metavar="ROW,COLUMN",
    help="The patch that looks, from 0,0 at the top left.  [default: near the middle]",
)
@click.option(
    "--round",
    type=click.IntRange(min=0),
    metavar="N",
    help="Hash round of buckets, from 0.  [default: 0]",
)
@click.option(
    "--method",
    multiple=True,
    callback=_methods,
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
@console.number(
    "--arrows",
    click.FloatRange(0, 20, min_open=True),
    None,
    "How many times longer than true arrows are drawn.  [default: 2]",
)
@reading.start_option
@reading.stride_option
@reading.crop_option()
@reading.rate_option("--clip-fps")
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
    """Draw what a model saw in the video CLIP, a file or a folder of numbered pictures.

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
    begun = time.perf_counter()
    ending = Path(out).suffix.lower()
    _check(ctx, view, ending, asked)
    if Path(out).exists() and not overwrite:
        raise click.UsageError(f"{out} is there already; --overwrite replaces it.")
    try:
        data, what = _rendered(clip, view, ending, asked)
    except IndexError as error:  # it was asked for by a person, who is told the range
        raise ValueError(str(error)) from error
    from sct.checkpoint.io import replace_files

    replace_files({Path(out): data})
    seconds = time.perf_counter() - begun
    console.say(f"{out}: {what}, {len(data) / 1e6:.2f} MB, {seconds:.1f} s")


def _rendered(clip: str, view: str | None, ending: str, asked: dict[str, Any]) -> tuple[bytes, str]:
    """Run the model over a clip and draw it: the file, and a word for what is in it."""
    import torch

    import sct
    from sct.analysis.rollout import rollout
    from sct.checkpoint.certainty import answers
    from sct.checkpoint.io import read_card
    from viz import views

    whole, ablation = console.load(asked["name"], asked["device"], asked["ablate"])
    model = console.of_question(whole, asked["question"])
    count, frame, look = model.config.frames, asked["frame"], _look(view, asked, model.config)
    if frame is not None and frame >= count:
        raise ValueError(f"frame {frame}: allowed: 0 to {count - 1}")
    sampling = {"start": asked["start"], "stride": asked["stride"], "fps": asked["clip_fps"]}
    video = sct.read_clip(clip, frames=count, **sampling).cropped(asked["crop"])
    console.print_notices(video.notices)
    frames = sct.preprocess(video, model.config.image_size).to(model.device)
    with torch.inference_mode():
        output = whole(frames, ablation, trace=True)
    trace = replace(output.trace, config=model.config)
    scene = views.Scene.of(
        video, trace, asked["name"], asked["side"], rollout=lambda: rollout(model, trace)
    )
    if view == "motion":
        scene = _with_flow(scene)
    if view == "attribution":
        scene = _with_attribution(scene, model, frames, ablation)
    drawn = views.render(scene, view, look) if view else None
    if ending == ".html":
        card, (logits,) = read_card(asked["name"]), output.logits
        said = answers(card, ablation, whole.config, logits, output.embedding[0])
        return _report(scene, video, said, view, look, frame), "report"
    if ending == ".npz":
        return drawn.npz(), "numbers"
    if ending == ".png":
        from viz.raster.encode import encode

        whole = frame is None and view == "figure4"
        frame = count // 2 if frame is None else frame
        return encode(drawn.still(frame) if whole else drawn.picture(frame), "png"), "picture"
    return _video(drawn.pictures(), count, ending, asked["fps"]), f"{count} frames"


def _look(view: str | None, asked: dict[str, Any], config: Any) -> Any:
    """Read what is looked at from the options."""
    from viz.views import Look

    taught = [i for i, heads in enumerate(config.grounded_heads, 1) if heads]
    first = taught[0] if taught and view != "buckets" else 1
    labels = {}
    if view == "attribution":
        given = {key: asked[key] for key in ("target", "against") if asked[key] is not None}
        labels = {key: place_of(text, names_of(config), key) for key, text in given.items()}
    return Look(
        stage=first if asked["stage"] is None else asked["stage"],
        head=asked["head"],
        token=asked["token"],
        round=asked["round"] or 0,
        opacity=asked["opacity"],
        gain=asked["arrows"] or 2.0,
        methods=asked["method"] or ("saliency",),
        **labels,
    )


def _with_flow(scene: Any) -> Any:
    """Add OpenCV's dense flow, which arrows of motion are set beside."""
    from sct.analysis.head_motion import dense_flow
    from sct.analysis.optical_flow import DenseFlow

    return replace(scene, flow=dense_flow(DenseFlow(scene.seen)))


def _with_attribution(scene: Any, model: Any, frames: Any, ablation: Any) -> Any:
    """Add what attributes an answer, and what was measured of the methods."""
    from sct.attribution import attribute, measured
    from sct.questions import questions_of
    from viz.text.attribution import over_set

    def run(method: str, target: int | None, against: int | None) -> Any:
        with console.progress("passes") as told:
            return attribute(
                model, frames, method, target, against, ablation=ablation, progress=told
            )

    # What was measured of the trained model says nothing of an ablated one.
    question = questions_of(model.config)[0].name
    table = measured(scene.model, question) if str(ablation) == "none" else None
    return replace(scene, attribute=run, verdict=lambda method, *_: over_set(table, method))


def _report(
    scene: Any, video: Any, said: Any, view: str | None, look: Any, frame: int | None
) -> bytes:
    """Build a report; `said` is what the model answers to all of its questions."""
    from sct.checkpoint.io import read_card
    from viz.report import build

    # A view that was not asked for must not fail because its stage is off.
    begins = {"view": view, "look": look} if view in ("attention", "motion", "buckets") else {}
    begins |= {"frame": frame, "answers": said}
    asked = scene.trace.config.questions
    about = next(one for one in said if not asked or one.question == asked[0][0])
    with console.progress("stages") as told:
        card = read_card(scene.model)
        return build(scene, video, about.probabilities, card, progress=told, **begins)


def _video(pictures: Any, count: int, ending: str, fps: float) -> bytes:
    frames = []
    with console.progress("frames") as told:
        for picture in pictures:
            frames.append(picture)
            told(len(frames), count)
    if ending == ".gif":
        from sct.video.gif import write_gif

        return write_gif(frames, fps)
    import numpy as np

    from sct.video.mp4 import write_mp4

    return write_mp4(np.stack(frames), fps=fps)
