"""What a terminal would obey, in names of files, classes and labels, and how to find it."""

import os
import unicodedata

# Title, clear screen, a forged line, reversed letters, C1 and DEL, a carriage return.
EVIL = "a\x1b]0;t\x07\x1b[2J\nFORGED: ok\u202eb\u2066c\x9b31m\x7f\r\u2028d"
# The same in a file's name, with bytes that are no text.
EVIL_NAME = os.fsdecode(b"clip\xff\x1b[2J\nFORGED: ok\xe2\x80\xae\xc2\x9b\x7f\r")


def assert_harmless(text: str) -> None:
    """Lines of printable text, none of them made by a newline from outside."""
    bad = {c for c in text if c != "\n" and (not c.isprintable() or unicodedata.bidirectional(c)
                                             in ("RLO", "LRO", "RLI", "LRI"))}  # fmt: skip
    assert not bad, sorted(map(ascii, bad))
    assert not any(line.lstrip().startswith("FORGED") for line in text.splitlines()), text
    text.encode("utf-8")
