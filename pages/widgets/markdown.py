"""Text from outside (file names, addresses, error sentences) as text and nothing else."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_SHORTCODE = re.compile(r":(?=[\w+/-]+:)")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def sentence(error: BaseException | str) -> str:
    """Return an error's message as a sentence that begins with a capital, as literal Markdown."""
    text = str(error).strip()
    return plain(text[:1].upper() + text[1:])


def plain(text: object, most: int = 400) -> str:
    """Return Markdown that shows `text` literally, on one line, at most `most` characters long."""
    line = " ".join(_UNPRINTABLE.sub(" ", str(text)).split())
    if len(line) > most:
        line = line[: most - 1] + "…"
    # Emoji and icon shortcodes are replaced after escapes are read: break them up from within.
    line = _SHORTCODE.sub(":\u2060", line)
    return _PUNCTUATION.sub(r"\\\1", line)


def file_argument(name: str) -> str:
    """Return a file's name as a word of a command line, where a dash must not begin an option."""
    return f"./{name}" if name.startswith("-") else name
