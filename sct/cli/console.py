"""Errors on one line, options, bars and progress, which all commands share."""

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
from sct.cli import terminal
from sct.cli.paths import PathType
from sct.cli.terminal import print_json, say
from sct.numbers import cut
from sct.validation import printable, short

__all__ = ["print_json", "say"]

BAR_CELLS = 24


# -- errors ----------------------------------------------------------------------------------------


# What takes less memory, by command.
_SMALLER = {
    "train": "a smaller --batch, --size or --cache-mb, fewer or smaller frames (--config frames=4, "
    "--config image_size=56) or --precision bfloat16",
    "evaluate": "a smaller --batch or a smaller --model",
    "collection": "a smaller --batch, fewer --workers or a smaller --model",
    "export": "smaller --frames, --size or --batch",
    "render": "a smaller --side, a smaller --model or a video of smaller pictures",
    "": "a smaller model, fewer frames or a video of smaller pictures",
}


def memory_ran_out(command: str | None) -> str:
    """Return the sentence that says what helps when a command's memory has run out."""
    helps = _SMALLER.get(command or "", _SMALLER[""])
    return f"Memory ran out; what helps is {helps}, or closing what else is running."


def explain(error: BaseException) -> tuple[str, int]:
    """Return the one line that a person gets about `error`, and its exit code."""
    from sct.errors import SCTError, out_of_memory

    if isinstance(error, click.ClickException):
        text = " ".join(error.format_message().split()).rstrip(".")
        ctx = getattr(error, "ctx", None)
        return (f"{text}. See: {ctx.command_path} --help" if ctx else text), 2
    if out_of_memory(error):
        return memory_ran_out(None), 2
    text = " ".join(str(error).split())
    # SCTError, ValueError and LookupError carry a sentence for the person. Their subclasses here
    # do not: where one of those surfaces, the fault is ours.
    ours = isinstance(error, (KeyError, IndexError, UnicodeError))
    if text and not ours and isinstance(error, (SCTError, ValueError, LookupError)):
        return text, 2
    if isinstance(error, OSError) and error.strerror:
        named = f": {short(os.fsdecode(error.filename), 200)}" if _named_file(error) else ""
        return f"{error.strerror}{named}", 2
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"unexpected {what} (set SCT_DEBUG=1 for the traceback)", 1


def _named_file(error: OSError) -> bool:
    return isinstance(error.filename, (str, bytes)) and bool(error.filename)


def run(call: Callable[[], Any], name: str) -> NoReturn:
    """Call a command and end the program; errors are one line on stderr, never a traceback.

    Exit codes: 0 done, 1 something unexpected, 2 bad input, 130 interrupted. SCT_DEBUG=1 lets
    tracebacks through. `name` begins the line.
    """
    try:
        code = call()
    except terminal.ReaderGone:
        code = 0
    except (click.Abort, KeyboardInterrupt):
        say(f"{name}: interrupted", err=True)
        code = 130
    except Exception as error:
        if os.environ.get("SCT_DEBUG") == "1" and not isinstance(error, click.ClickException):
            raise
        message, code = explain(error)
        say(f"{name}: error: {message}", err=True)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # nobody is there to be told
            terminal.discard(stream)
    sys.exit(code if isinstance(code, int) else 0)


class Cli(click.Group):
    """A group whose errors, click's own included, are `run`'s."""

    def main(self, *args: Any, **kwargs: Any) -> None:
        kwargs["standalone_mode"] = False
        run(partial(super().main, *args, **kwargs), "sct")

    def invoke(self, ctx: click.Context) -> Any:
        from sct.errors import OutOfMemory, out_of_memory

        try:
            return super().invoke(ctx)
        except click.ClickException:
            raise
        except Exception as error:
            if os.environ.get("SCT_DEBUG") == "1" or not out_of_memory(error):
                raise
            raise OutOfMemory(memory_ran_out(ctx.invoked_subcommand)) from None


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
    if suffix not in ("", ".safetensors") or not os.path.basename(root).strip():
        raise click.BadParameter(
            f"{short(value, 80)} is no name for a checkpoint: use one without a dot, such as "
            "runs/mine.",
            ctx=ctx,
            param=param,
        )
    return root


model_option = click.option(
    "--model",
    "name",
    type=PathType(),
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
    labels = {label: printable(label) for label in shares}
    width = max(map(len, labels.values()))
    for label, share in shares.items():
        say(f"  {labels[label]:<{width}}  {share:6.1%}  {bar(share)}".rstrip())


def print_table(rows: list[list[str]]) -> None:
    """Print aligned columns: the first and the last to the left, those between to the right."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *middle, last in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(middle, widths[1:-1], strict=True)]
        say("  ".join([f"{first:<{widths[0]}}", *cells, last]).rstrip())


def print_wrapped(text: str) -> None:
    """Print a paragraph in lines of at most 100 characters."""
    say(*click.wrap_text(printable(text), width=100).split("\n"))


def print_note(text: str) -> None:
    """Print a paragraph after a blank line."""
    say()
    print_wrapped(text)


def print_notices(notices: Iterable[str]) -> None:
    """Print what a person should know of a clip before the answer is read, a line each."""
    for notice in notices:
        say(f"note: {notice}")


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
