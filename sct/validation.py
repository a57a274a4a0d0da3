"""Checks of single values. Each error is one sentence: the name, the value and what is allowed."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Iterable
from dataclasses import Field, dataclass, field, fields
from typing import Any

_LONGEST, _MOST_NAMED = 60, 5  # characters of a name, and names, in a message
# How a sentence is put. `{allowed}` says what the value must be, such as "from 0 to 1".
FIELD = "{name}={value}: must be {allowed}"
CHOICE = "{name}={value}: allowed: {allowed}"
ARGUMENT = "{name} {value}: allowed: {allowed}"
SENTENCE = "{name} must be {allowed}, not {value}"


@dataclass(frozen=True)
class Range:
    """The numbers from `least` to `most`, without the ends that are open.

    Attributes:
        least, most: the ends; infinite where there is none.
        open_least, open_most: whether the end itself is left out.
        whole: whole numbers only.
    """

    least: float = -math.inf
    most: float = math.inf
    open_least: bool = False
    open_most: bool = False
    whole: bool = False

    def __contains__(self, value: object) -> bool:
        if not (is_whole(value) if self.whole else is_number(value)):
            return False
        above = self.least < value if self.open_least else self.least <= value
        return above and (value < self.most if self.open_most else value <= self.most)

    def __str__(self) -> str:
        """Say the range, such as "above 0 and at most 10" or "a whole number from 1 to 3"."""
        least, most = f"{self.least:.15g}", f"{self.most:.15g}"
        below = f"below {most}" if self.open_most else f"at most {most}"
        if self.most == math.inf:
            said = f"above {least}" if self.open_least else f"{least} or more"
            return f"a whole number of {said}" if self.whole else said
        if self.open_least:
            return f"above {least} and {below}"
        said = f"from {least} to {below if self.open_most else most}"
        return f"a whole number {said}" if self.whole else said


def frozen(value: Any) -> Any:
    """Turn lists, those within others too, into tuples; anything else stays."""
    return tuple(map(frozen, value)) if isinstance(value, (list, tuple)) else value


def is_whole(value: object, least: float = -math.inf, most: float = math.inf) -> bool:
    """Say whether `value` is a whole number, NumPy's included and bool not, from least to most."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return whole and least <= value <= most


def is_number(value: object) -> bool:
    """Say whether `value` is a finite real number, NumPy's included and bool not."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:  # a whole number of hundreds of digits
        return False


def short(value: object, most: int = 60) -> str:
    """Write `value` for a message, in at most `most` characters: a card may hold anything."""
    if isinstance(value, int) and abs(value) > 10**20:
        return "a number of more than 20 digits"
    text = repr(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def printable(text: str) -> str:
    """Write `text` on one line, with what cannot be shown as escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def wrong(name: str, value: object, allowed: object, form: str = FIELD) -> ValueError:
    """Return the error that says that `value` is not among what is allowed for `name`."""
    return ValueError(form.format(name=name, value=short(value), allowed=allowed))


def check_whole(
    name: str,
    value: Any,
    least: int,
    most: float = math.inf,
    *,
    form: str = FIELD,
    allowed: str = "",
    error: type[Exception] = ValueError,
) -> int:
    """Return `value` as an int.

    Args:
        name: what the value is called in the message.
        value: what was given; a bool is no number.
        least, most: the range, ends included.
        form: how the sentence is put, such as `FIELD`.
        allowed: says the range in the message; "a whole number from 0 to 9" if empty.
        error: what is raised.

    Raises:
        ValueError, or `error`: not a whole number in the range.
    """
    if not is_whole(value, least, most):
        allowed = allowed or str(Range(least, most, whole=True))
        raise error(form.format(name=name, value=short(value), allowed=allowed))
    return int(value)


def check_range(name: str, value: Any, allowed: Range, form: str = FIELD) -> None:
    """Raise ValueError unless `value` is a number of the range."""
    if value not in allowed:
        raise wrong(name, value, allowed, form)


def check_choice(
    name: str, value: object, choices: Collection[str], form: str = CHOICE, joined: str = ", "
) -> None:
    """Raise ValueError unless `value` is one of the texts; the empty one is not named."""
    if not isinstance(value, str) or value not in choices:
        raise wrong(name, value, joined.join(filter(None, choices)), form)


def check_fields(kind: type, values: Iterable[object], what: str) -> None:
    """Raise ValueError where `values` names a field that the dataclass `kind` lacks.

    `what` says in the message whose fields they are, such as "config".
    """
    unknown = sorted(map(str, set(values) - {declared.name for declared in fields(kind)}))
    if unknown:
        some = ", ".join(printable(name[:_LONGEST]) for name in unknown[:_MOST_NAMED])
        more = len(unknown) - _MOST_NAMED
        raise ValueError(f"unknown {what} fields: {some}{f' and {more} more' * (more > 0)}")


# -- fields of dataclasses that are options, too ---------------------------------------------------


def option(default: Any, help: str, allowed: Any = None) -> Any:
    """Declare a dataclass field that is an option of a command.

    Args:
        default: its value; a tuple takes as many values, None a number to be filled in.
        help: what the command says of it.
        allowed: the `Range` of numbers or the tuple of texts that it may be; `bool` for true, false
            or None, which leaves it open.
    """
    return field(default=default, metadata={"help": help, "allowed": allowed})


def check_options(options: Any, error: type[ValueError] = ValueError) -> None:
    """Check each field of a dataclass against its declaration; lists become tuples.

    Raises:
        ValueError, or `error`: names the field, its value and what is allowed.
    """
    try:
        for declared in fields(options):
            _check_option(options, declared)
    except ValueError as wrong_value:
        raise error(str(wrong_value)) from None


def _check_option(options: Any, declared: Field) -> None:
    name, default, value = declared.name, declared.default, getattr(options, declared.name)
    allowed = declared.metadata.get("allowed")
    if isinstance(default, tuple):
        if not isinstance(value, (list, tuple)):
            raise wrong(name, value, "a list")
        object.__setattr__(options, name, tuple(value))  # JSON gives lists
    elif allowed is bool:
        if value is not None and not isinstance(value, bool):
            raise wrong(name, value, "true or false")
    elif isinstance(allowed, tuple):
        check_choice(name, value, allowed)
    elif allowed is not None:
        check_range(name, value, allowed)
    elif isinstance(default, bool) and not isinstance(value, bool):
        raise wrong(name, value, "true or false")
    elif isinstance(default, str) and not isinstance(value, str):
        raise wrong(name, value, "text")
