"""The one place where commands write: what came from outside cannot steer the terminal.

Names of files and folders, labels and the texts of cards may hold anything: escape sequences that
move the cursor or retitle the window, newlines that forge a line, controls that reverse the order
of letters, bytes that are no text. `say` takes whole lines and writes what is not printable in them
as escapes, a newline within a line too.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from typing import Any

import click

from sct.errors import SCTError
from sct.validation import printable


class ReaderGone(Exception):
    """Whoever read the output has had enough (`| head`). No OSError, which click would answer."""


def say(*lines: object, err: bool = False) -> None:
    """Print each argument on a line of its own, to stdout or to stderr; none prints an empty line.

    Raises:
        SCTError: stdout is closed, or what it leads to is full.
        ReaderGone: whoever read it has gone.
    """
    text = "".join(f"{printable(str(line))}\n" for line in lines or ("",))
    _write(_encodable(text, err, "backslashreplace"), err)


def print_json(value: Any) -> None:
    """Print one JSON value: exact, with escapes for what is not printable. Raises as `say`."""
    text = _json(value, ensure_ascii=False)
    if _encodable(text, False, "ignore") != text:  # a terminal that has ASCII only, or Latin-1
        text = _json(value, ensure_ascii=True)
    _write(f"{text}\n", False)


def _json(value: Any, ensure_ascii: bool) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=ensure_ascii, allow_nan=False)
    # Outside of strings there are spaces and newlines only, and within them newlines are escaped.
    return re.sub(r"[^\n -~]", _in_json, text)


def _in_json(found: re.Match[str]) -> str:
    """Write a character as JSON's escapes, as two where it takes two, unless it prints."""
    if found[0].isprintable():
        return found[0]
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))


def _encodable(text: str, err: bool, errors: str) -> str:
    """Return `text` with what the stream's encoding lacks replaced, as `errors` has it."""
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, errors).decode(encoding)


def _write(text: str, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    if stream is None:  # it was closed before the program began
        if not err:
            raise SCTError("The result could not be printed: standard output is closed.")
        return
    try:
        click.echo(text, file=stream, nl=False)
    except BrokenPipeError:
        if not err:
            raise ReaderGone from None
    except OSError as error:
        if not err:
            discard(stream)
            raise SCTError(f"The result could not be printed: {error.strerror}.") from None


def discard(stream: Any) -> None:
    """Send to nowhere what a stream still holds, so that the interpreter's last flush is quiet."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
