"""Errors on one line, options, bars and progress, which all commands share."""

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from sct.checkpoint import DEFAULT
from sct.numbers import cut

BAR_CELLS = 24


# -- errors ----------------------------------------------------------------------------------------


def explain(error: BaseException) -> tuple[str, int]:
    """Return the one line that a person gets about `error`, and its exit code."""
    from sct.errors import SCTError

    if isinstance(error, click.ClickException):
        text = " ".join(error.format_message().split()).rstrip(".")
        ctx = getattr(error, "ctx", None)
        return (f"{text}. See: {ctx.command_path} --help" if ctx else text), 2
    text = " ".join(str(error).split())
    # SCTError, ValueError and LookupError carry a sentence for the person. Their subclasses here
    # do not: where one of those surfaces, the fault is ours.
    ours = isinstance(error, (KeyError, IndexError, UnicodeError))
    if text and not ours and isinstance(error, (SCTError, ValueError, LookupError)):
        return text, 2
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename else ""), 2
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"unexpected {what} (set SCT_DEBUG=1 for the traceback)", 1


def run(call: Callable[[], Any], name: str) -> NoReturn:
    """Call a command and end the program; errors are one line on stderr, never a traceback.

    Exit codes: 0 done, 1 something unexpected, 2 bad input, 130 interrupted. SCT_DEBUG=1 lets
    tracebacks through. `name` begins the line.
    """
    try:
        code = call()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`| head`) has gone; the interpreter's last flush must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except click.Abort:
        click.echo(f"{name}: interrupted", err=True)
        code = 130
    except Exception as error:
        if os.environ.get("SCT_DEBUG") == "1" and not isinstance(error, click.ClickException):
            raise
        message, code = explain(error)
        click.echo(f"{name}: error: {message}", err=True)
    sys.exit(code if isinstance(code, int) else 0)


class Cli(click.Group):
    """A group whose errors, click's own included, are `run`'s."""

    def main(self, *args: Any, **kwargs: Any) -> None:
        kwargs["standalone_mode"] = False
        run(partial(super().main, *args, **kwargs), "sct")


# -- options ---------------------------------------------------------------------------------------


def finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Refuse NaN, which passes every range check of click, and infinity."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.", ctx=ctx, param=param)
    return value


def number(
    flag: str, kind: click.ParamType, default: float | None, text: str, metavar: str = "N"
) -> Any:
    """Make an option that takes a finite number; without a default `text` says what holds."""
    return click.option(
        flag,
        type=kind,
        default=default,
        show_default=default is not None,
        metavar=metavar,
        callback=finite,
        help=text,
    )


def checkpoint_path(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Cut .safetensors off; another ending would be lost on the way, so it is refused."""
    root, suffix = os.path.splitext(value)
    if suffix not in ("", ".safetensors") or not os.path.basename(root):
        raise click.BadParameter(
            f"{value!r} is no name for a checkpoint: use one without a dot, such as runs/mine.",
            ctx=ctx,
            param=param,
        )
    return root


model_option = click.option(
    "--model",
    "name",
    default=DEFAULT,
    show_default=True,
    metavar="NAME",
    help="A shipped model, or the path of a .safetensors file with its .json card beside it.",
)


def _named(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value == "":
        raise click.BadParameter("no question is called so.", ctx=ctx, param=param)
    return value


question_option = click.option(
    "--question",
    metavar="NAME",
    callback=_named,
    help="Of a model that answers several questions: which one; the first by default.",
)
ablate_option = click.option(
    "--ablate",
    default="none",
    show_default=True,
    metavar="TEXT",
    help="Parts to switch off or change, as field=value;..., for example "
    "'shifted=off', 'lsh=full', 'vilt=off,on,on', 'clip=mean', 'order=reversed', "
    "'heads-off=1.shifted.0'. Stages count from 1, heads from 0.",
)
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to compute; auto takes a GPU when there is one.",
)
start_option = number(
    "--start",
    click.FloatRange(min=0),
    0.0,
    "Where in the clip the first frame is taken, in seconds.",
    "S",
)
stride_option = number(
    "--stride",
    click.FloatRange(min=0, min_open=True),
    0.1,
    "Seconds from one frame to the next, at most 10.",
    "S",
)


def crop_option(*more: str) -> Any:
    """Make the option --crop; `more` are further words that a command takes."""

    def read(ctx: click.Context, param: click.Parameter, value: str) -> Any:
        from sct.video.crop import Crop

        return value if value in more else Crop.parse(value)

    return click.option(
        "--crop",
        default="centre",
        show_default=True,
        metavar="CROP",
        callback=read,
        help="The part of each picture that the model sees: centre (the middle square); X,Y or "
        "X,Y,SIDE (a square by its middle, 0 to 1, and its side in short sides, 0.25 to 1); fit "
        "(the whole picture, squeezed)" + ("; views (the mean of three squares)." * bool(more)),
    )


def rate_option(flag: str) -> Any:
    """Make the option that says how fast a clip plays that is a folder of pictures, as `fps`."""
    return number(
        flag,
        click.FloatRange(0, 1000, min_open=True),
        None,
        "Pictures a second of a CLIP that is a folder of them; a file says its own.  [default: 25]",
    )


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON value instead of a table."
)


def load(name: str, device: str, ablate: str, question: str | None = None) -> tuple[Any, Any]:
    """Load (model, ablation), the ablation checked against it. Raises SCTError, ValueError.

    With `question`, "" being the first, the model is that of this question alone.
    """
    import sct

    ablation = sct.Ablation.parse(ablate)
    model = sct.load(name, device=device)
    ablation.validate(model.config)
    return (model if question is None else of_question(model, question)), ablation


def of_question(model: Any, question: str | None) -> Any:
    """Return a model of one question, the first one unless it is named. Raises ValueError."""
    from sct.questions import asking, questions_of

    return asking(model, question or questions_of(model.config)[0].name)


def question_fact(config: Any) -> dict[str, str]:
    """Return what JSON says of the question that is asked; nothing where a model has but one."""
    return {"question": config.questions[0][0]} if config.questions else {}


def load_as_trained(name: str, device: str, ablate: str) -> tuple[Any, dict[str, Any], Any, bool]:
    """Load a model; one that was trained without some part is run without it.

    The option --ablate of the command at hand may say otherwise.

    Returns:
        model, card, ablation, and whether the ablation is that of the training.

    Raises:
        SCTError, ValueError: as a sentence for the person.
    """
    import sct

    given = click.get_current_context().get_parameter_source("ablate")
    sct.Ablation.parse(ablate)  # a mistake in it is said before a checkpoint is read
    model, card = sct.load_with_card(name, device)
    trained_with = card.get("trained_with", "none")
    as_trained = given == ParameterSource.DEFAULT and trained_with != "none"
    ablation = sct.Ablation.parse(str(trained_with) if as_trained else ablate)
    ablation.validate(model.config)
    return model, card, ablation, as_trained


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
    path = click.format_filename(clip)
    facts["crop"] = str(video.crop)
    return video, frames, {"path": path, **facts, "frames_used": len(video.frames)}


# -- output ----------------------------------------------------------------------------------------


@contextmanager
def progress(label: str) -> Iterator[Callable[..., None]]:
    """Give a callable (done, total, figures) that draws a bar on stderr, if that is a terminal."""
    shown: Any = None

    def show(done: int, total: int, figures: dict[str, float] | None = None) -> None:
        nonlocal shown
        if shown is None:
            shown = click.progressbar(
                length=total, label=label, file=sys.stderr, item_show_func=_figures
            )
            shown.__enter__()
        shown.update(done - shown.pos, figures)

    def ignore(done: int, total: int, figures: dict[str, float] | None = None) -> None:
        pass

    try:
        yield show if sys.stderr.isatty() else ignore
    finally:
        if shown is not None:
            shown.__exit__(None, None, None)


def _figures(figures: dict[str, float] | None) -> str:
    return "  ".join(f"{name} {value:.3g}" for name, value in (figures or {}).items())


def print_shares(shares: dict[str, float]) -> None:
    """Print a line for each label: the label, its share in percent, a bar."""
    width = max(map(len, shares))
    for label, share in shares.items():
        click.echo(f"  {label:<{width}}  {share:6.1%}  {bar(share)}".rstrip())


def print_table(rows: list[list[str]]) -> None:
    """Print aligned columns: the first and the last to the left, those between to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *middle, last in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(middle, widths[1:-1], strict=True)]
        click.echo("  ".join([f"{first:<{widths[0]}}", *cells, last]).rstrip())


def print_note(text: str) -> None:
    """Print a paragraph in lines of at most 100 characters, after a blank one."""
    click.echo("\n" + click.wrap_text(text, width=100))


def print_notices(notices: Iterable[str]) -> None:
    """Print what a person should know of a clip before the answer is read, a line each."""
    for notice in notices:
        click.echo(f"note: {notice}")


def bar(share: float) -> str:
    """Draw a share from 0 to 1."""
    return "█" * round(share * BAR_CELLS)


def interval(ends: list[float], form: str = "") -> str:
    """Write an interval, such as "92.1% to 95.6%"; shares are cut unless there is a form."""
    low, high = (f"{end:{form}}" if form else cut(end) for end in ends)
    return f"{low} to {high}"


def left_out(labels: list[str]) -> str:
    """Say which labels of the data a model lacks, at most ten by name."""
    more = f" and {len(labels) - 10} more" if len(labels) > 10 else ""
    return f"Left out, as the model has no such label: {', '.join(labels[:10])}{more}."


def print_json(value: Any) -> None:
    """Print one JSON value."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))
