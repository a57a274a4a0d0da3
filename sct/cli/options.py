"""Click options made from the fields of dataclasses that declare default, help and range."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any

import click

from sct.cli import console
from sct.validation import Range


def declared(*kinds: type) -> dict[str, Field]:
    """Return the fields of dataclasses that are options, by name."""
    return {f.name: f for kind in kinds for f in fields(kind) if "help" in f.metadata}


def option_of(field: Field, help: str = "", unset: bool = False) -> Callable[..., Any]:
    """Make the option of a field, such as --test-share of `test_share`.

    Args:
        field: one of `declared`.
        help: in place of the field's own.
        unset: whether the option has no default: it is then None unless it is given.
    """
    flag = "--" + field.name.replace("_", "-")
    allowed, default = field.metadata["allowed"], field.default
    given: dict[str, Any] = {
        "default": None if unset else default,
        "show_default": not unset and default is not None,
        "help": help or field.metadata["help"],
    }
    if isinstance(allowed, Range):
        given |= {"type": _number(allowed), "metavar": "N", "callback": console.finite}
    elif isinstance(allowed, tuple):
        given["type"] = click.Choice([choice for choice in allowed if choice])
    elif isinstance(default, tuple):
        given |= {"type": (float,) * len(default), "metavar": " ".join("N" for _ in default)}
    elif isinstance(default, bool) or allowed is bool:
        flag = f"{flag}/{flag.replace('--', '--no-')}"
    elif unset:
        given["metavar"] = "NAME"
    return click.option(flag, **given)


def _number(allowed: Range) -> click.ParamType:
    kind = click.IntRange if allowed.whole else click.FloatRange
    ends = (None if math.isinf(end) else end for end in (allowed.least, allowed.most))
    return kind(*ends, min_open=allowed.open_least, max_open=allowed.open_most)


def with_options(options: list[Callable[..., Any]]) -> Callable[..., Any]:
    """Return a decorator that gives a command these options, in this order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate
