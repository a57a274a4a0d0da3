"""The options of `render`: how each is read, and which do not go together."""

from pathlib import Path
from typing import Any

import click

VIEWS = ("attention", "motion", "buckets", "figure4", "attribution")
ENDINGS = (".mp4", ".gif", ".png", ".npz", ".html")
_NEEDS = {  # the views that an option belongs to
    "stage": ("attention", "motion", "buckets"),
    "head": ("attention", "motion", "buckets"),
    "token": ("attention", "buckets"),
    "round_": ("buckets",),
    "arrows": ("motion",),
    "method": ("attribution",),
    "target": ("attribution",),
    "against": ("attribution",),
}
_DRAWN = ("opacity", "arrows", "fps")  # what a report's reader sets in its player


def head(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
    if value is None or value in ("mean", "grounded", "max"):
        return value
    if not (value.isascii() and value.isdigit() and len(value) < 5):
        raise click.BadParameter(f"{value!r}: a number from 0 on, mean, grounded or max.")
    return int(value)


def token(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    parts = value.replace(" ", "").split(",")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 6 for p in parts):
        raise click.BadParameter(f"{value!r}: row,column such as 3,4.")
    return int(parts[0]), int(parts[1])


def methods(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...] | None:
    from sct.attribution.result import KEYS  # light: no torch

    for each in value:
        if each not in KEYS:
            raise click.BadParameter(f"{each[:40]!r}: one of {', '.join(KEYS)}.")
    if len(value) > 2 or len(set(value)) < len(value):
        raise click.BadParameter("one method, or two different ones.")
    return value or None


def out(ctx: click.Context, param: click.Parameter, value: str) -> str:
    # Before the work: what cannot be written is said at once.
    path = Path(value)
    if path.suffix.lower() not in ENDINGS:
        raise click.BadParameter(
            f"{value!r}: must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}."
        )
    if not path.absolute().parent.is_dir():
        raise click.BadParameter(f"{value!r}: there is no such folder.")
    if path.is_dir():
        raise click.BadParameter(f"{value!r}: is a folder.")
    return value


def check(ctx: click.Context, view: str | None, ending: str, asked: dict[str, Any]) -> None:
    """Options that do not go together, before the work."""
    if view is None and ending != ".html":
        raise click.UsageError(f"{ending} needs --view, one of {', '.join(VIEWS)}.")
    for option, views in _NEEDS.items():
        if asked[option] is None:
            continue
        name = f"--{option.rstrip('_')}"
        if view is None:
            raise click.UsageError(f"{name} needs --view, one of {', '.join(views)}.")
        if view not in views:
            raise click.UsageError(f"{name} says nothing of {view}, only of {', '.join(views)}.")
    if ending == ".html":
        if view == "attribution":
            raise click.UsageError("a .html has no attribution; .mp4, .gif, .png and .npz have.")
        given = click.core.ParameterSource.COMMANDLINE
        for option in _DRAWN:
            if ctx.get_parameter_source(option) is given:
                raise click.UsageError(f"--{option} says nothing of a .html: its player has it.")
    elif asked["frame"] is not None and ending != ".png":
        raise click.UsageError(f"--frame picks one for a .png; {ending} has all frames.")
