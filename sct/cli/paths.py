"""Paths and names that a person gives: what can be none is refused before any work, as given."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sct.validation import short

_SHOWN = 80  # characters of what was given


def check_path(value: str) -> str:
    """Return `value`. Raises BadParameter where it is empty or no system has such a path."""
    if not value:
        raise click.BadParameter("'' names nothing.")
    if "\0" in value:
        raise click.BadParameter(f"{short(value, _SHOWN)} holds a NUL, which no path does.")
    try:
        os.lstat(value)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise click.BadParameter(
                f"{short(value, _SHOWN)} is too long for a path: {len(value):,} characters."
            ) from None
    return value


def check_output(value: str, endings: Sequence[str]) -> str:
    """Return the path of a file to be written; what cannot be is refused before the work.

    Raises BadParameter: another ending, a folder, or a folder that is not there.
    """
    check_path(value)
    path, shown = Path(value), short(value, _SHOWN)
    if path.suffix.lower() not in endings:
        *others, last = endings
        allowed = f"{', '.join(others)} or {last}" if others else last
        raise click.BadParameter(f"{shown}: must end in {allowed}.")
    if not path.absolute().parent.is_dir():
        raise click.BadParameter(f"{shown}: there is no such folder.")
    if path.is_dir():
        raise click.BadParameter(f"{shown}: is a folder.")
    return value


class PathType(click.Path):
    """A path, or a name that may be one; the arguments are those of `click.Path`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(check_path(os.fsdecode(value)), param, ctx)


class Output(click.ParamType):
    """The path of a file to be written, of which the ending says the kind."""

    name = "path"

    def __init__(self, *endings: str):
        self.endings = endings

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return check_output(os.fsdecode(value), self.endings)


class Source(click.ParamType):
    """Text that names data, such as motion, a path, or KIND:PATH; it may be longer than a path."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value:
            raise click.BadParameter("'' names nothing.")
        if "\0" in value:
            raise click.BadParameter(f"{short(value, _SHOWN)} holds a NUL, which no path does.")
        return value
