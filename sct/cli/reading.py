"""How commands read the frames of one video: the options, and the reading."""

from __future__ import annotations

import os
from typing import Any

import click

from sct.cli import console
from sct.video.strides import LEAST_STRIDE_S, MAX_STRIDE_S

start_option = console.number(
    "--start",
    click.FloatRange(min=0),
    0.0,
    "Where in the clip the first frame is taken, in seconds.",
    "S",
)
stride_option = console.number(
    "--stride",
    click.FloatRange(LEAST_STRIDE_S, MAX_STRIDE_S),
    0.1,
    f"Seconds from one frame to the next, {LEAST_STRIDE_S:g} to {MAX_STRIDE_S:g}.",
    "S",
)


def crop_option(*more: str) -> Any:
    """Make the option --crop; `more` are further words that a command takes."""

    def read(ctx: click.Context, param: click.Parameter, value: str) -> Any:
        from sct.video.crop import Crop

        if (word := value.strip().lower()) in more:
            return word
        try:
            return Crop.parse(value)
        except ValueError as error:
            raise click.BadParameter(f"{error}{or_}.", ctx=ctx, param=param) from None

    or_ = f", or {' or '.join(more)}" if more else ""
    views = "; or views (the mean of three squares)" if "views" in more else ""
    return click.option(
        "--crop",
        default="centre",
        show_default=True,
        metavar="CROP",
        callback=read,
        help="The part of each picture that the model sees: centre (the middle square); X,Y or "
        "X,Y,SIDE (a square by its middle, 0 to 1, and its side in short sides, 0.25 to 1); or fit "
        f"(the whole picture, squeezed){views}.",
    )


def rate_option(flag: str) -> Any:
    """Make the option that says how fast a clip plays that is a folder of pictures, as `fps`."""
    return console.number(
        flag,
        click.FloatRange(0, 1000, min_open=True),
        None,
        "Pictures a second of a CLIP that is a folder of them; a file says its own.  [default: 25]",
    )


def read_frames(
    model: Any, clip: str, start: float, stride: float, fps: float | None, crop: Any = None
) -> tuple[Any, Any, dict[str, Any]]:
    """Read the frames of a video that a model takes.

    Args:
        model: gives their number, size and device.
        clip: path of the video, or of a folder of numbered pictures.
        start: seconds at which the first frame is taken.
        stride: seconds from one to the next.
        fps: pictures a second of a folder; None for a file.
        crop: a `Crop`; None for the middle square.

    Returns:
        the `Clip`, the frames as the model takes them, and facts of the clip for JSON.

    Raises:
        ClipError: it cannot be read.
    """
    import sct

    video = sct.read_clip(clip, frames=model.config.frames, start=start, stride=stride, fps=fps)
    video = video if crop is None else video.cropped(crop)
    frames = sct.preprocess(video, model.config.image_size).to(model.device)
    names = ("width", "height", "fps", "duration_s", "held", "distinct", "notices")
    facts = {name: getattr(video, name) for name in names}
    path = os.fsdecode(clip)
    facts["crop"] = str(video.crop)
    return video, frames, {"path": path, **facts, "frames_used": len(video.frames)}
