"""Changes files and texts at random, as damage and malice do; `rng` alone says how."""

from __future__ import annotations

import copy
import json
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

# Values of fields that programs forget: ends of ranges, signs, and what is one beside them.
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000)
_HEAD = 2048  # bytes; most of what a reader believes stands there
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9 ]{3}")  # of a box or chunk: moov, RIFF, IHDR, ...
_TEXT = {
    "control": ["\0", "\x01", "\x1b[31m", "\x7f", "\x85", "\r", "\n", "\r\n", "\t", "\v", "\u2028"],
    "hidden": ["\u200b", "\u202e", "\ufeff", "\u2066", "\u00ad", "\ufe0f", "\u200d", "\u3164"],
    "odd": ["\ud800", "\udcff", "\U0010ffff", "\u0301" * 40, "é", "e\u0301", "ß", "İ", "ﬁ", "🎬"],
    "digits": ["١", "９", "²", "½", "Ⅷ", "1_0", "0x1f", "1e999", "1e-999", "nan", "-inf", "١٫٥"],
    "numbers": ["-1", "0", "-0", "00", "+1", "1.", ".5", "1,5", "9" * 30, "9" * 5000, "0.1e1"],
    "signs": ["'", '"', '""', "\\", "/", "../", "..\\", "C:\\", "~", "%00", "://", "<b>", "$(id)"],
    "runs": ["a" * 3000, " " * 3000, "(" * 500, "[" * 2000, "{" * 500, "left " * 400],
}
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, 1e308, -1e308, 5e-324, 10**400, 1 << 63, (1 << 53) + 1),
    *(float("nan"), float("inf"), float("-inf"), "", " ", "0", "nan", "\ud800", "\x1b[2J", "\0"),
    *("a\nb", "x" * 5000, "é", "\u202e", [], {}, [[]], [None], [0] * 50, {"": ""}),
    {"a": {"b": {}}},
)


def odd_text(rng: Random) -> str:
    """Return a text that few people write."""
    return rng.choice(_TEXT[rng.choice(sorted(_TEXT))])


def several(rng: Random, most: int = 6) -> int:
    """Return how many changes to make: one as a rule, sometimes more."""
    count = 1
    while count < most and rng.random() < 0.45:
        count += 1
    return count


# -- bytes -----------------------------------------------------------------------------------------


def mutated(data: bytes, rng: Random, others: Sequence[bytes] = ()) -> bytes:
    """Change a file in some places: bits, bytes, lengths, named parts; or cut or join it.

    Args:
        others: files from which parts may come.
    """
    changes = [*_CHANGES, *([_spliced] if others else [])]
    for _ in range(several(rng)):
        change = rng.choice(changes)
        data = _spliced(data, rng, others) if change is _spliced else change(data, rng)
    if data.startswith(b"\x89PNG") and rng.random() < 0.7:
        data = _summed_png(data)
    return data


def _place(data: bytes, rng: Random) -> int:
    """Return a place in `data`, often near its beginning."""
    most = min(len(data), _HEAD) if rng.random() < 0.6 else len(data)
    return rng.randrange(max(1, most))


def _part(data: bytes, rng: Random) -> tuple[int, int]:
    at = _place(data, rng)
    return at, min(len(data), at + int(2 ** rng.uniform(0, 12)))


def _flipped(data: bytes, rng: Random) -> bytes:
    out = bytearray(data or b"\0")
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        out[_place(out, rng)] ^= 1 << rng.randrange(8)
    return bytes(out)


def _overwritten(data: bytes, rng: Random) -> bytes:
    at, end = _part(data, rng)
    size = end - at
    fill = rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size)))
    return data[:at] + fill + data[end:]


def _cut(data: bytes, rng: Random) -> bytes:
    return data[: _place(data, rng)]


def _without(data: bytes, rng: Random) -> bytes:
    at, end = _part(data, rng)
    return data[:at] + data[end:]


def _doubled(data: bytes, rng: Random) -> bytes:
    at, end = _part(data, rng)
    return data[:end] + data[at:end] * rng.choice((1, 1, 2, 20)) + data[end:]


def _inserted(data: bytes, rng: Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + rng.randbytes(rng.choice((1, 2, 4, 16, 300))) + data[at:]


def _numbered(data: bytes, rng: Random, at: int | None = None) -> bytes:
    """Change a number of 1 to 8 bytes, wherever that is."""
    at = _place(data, rng) if at is None else at
    width, order = rng.choice((1, 2, 3, 4, 4, 8)), rng.choice(("big", "little"))
    field = data[at : at + width]
    now = int.from_bytes(field, order)
    new = rng.choice((*EDGES, now + 1, now - 1, now * 2, now // 2, now << 8, len(data), -1))
    return (
        data[:at] + (new % (1 << 8 * len(field))).to_bytes(len(field), order) + data[at + width :]
    )


def _resized(data: bytes, rng: Random) -> bytes:
    """Change a length or another number beside the name of a part."""
    names = [found.start() for found in _NAME.finditer(data)]
    if not names:
        return _numbered(data, rng)
    return _numbered(data, rng, max(0, rng.choice(names) + rng.choice((-4, 4, 8, 12, 16, 20, 24))))


def _rearranged(data: bytes, rng: Random) -> bytes:
    """Take out, double, rename or move the part that begins at a name."""
    names = [max(0, found.start() - rng.choice((0, 4))) for found in _NAME.finditer(data)]
    if len(names) < 3:
        return _without(data, rng)
    begin, end, other = sorted(rng.sample(names, 3))
    part = data[begin:end]
    return rng.choice(
        (
            data[:begin] + data[end:],
            data[:end] + part + data[end:],
            data[:begin] + data[end:other] + part + data[other:],
            data[: begin + 4] + data[other : other + 4] + data[begin + 8 :],
        )
    )


def _spliced(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Join the beginning of one file and the end of another, or put a part of it in."""
    other = rng.choice(others)
    at, (begin, end) = _place(data, rng), _part(other, rng)
    return data[:at] + rng.choice((other[begin:], other[begin:end] + data[at:]))


_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(_flipped, _overwritten, _cut, _without, _doubled, _inserted, _numbered, _resized, _resized),
    _rearranged,
)


def _summed_png(data: bytes) -> bytes:
    """Put right the checksums of a PNG, without which nothing of it is looked at."""
    out, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + size > len(data):
            break
        body = data[at + 4 : at + 8 + size]
        out += data[at : at + 4] + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + size
    return bytes(out) + data[at:]


# -- text ------------------------------------------------------------------------------------------


def mutated_text(text: str, rng: Random, words: Sequence[str] = (), divides: str = r"\W") -> str:
    """Change a text of a small language, word by word.

    Args:
        words: of the language, which may come in anywhere.
        divides: what stands between words, as a regular expression for one character.
    """
    for _ in range(several(rng)):
        parts = [part for part in re.split(f"({divides})", text) if part] or [""]
        i, j = rng.randrange(len(parts)), rng.randrange(len(parts))
        new = rng.choice(words) if words and rng.random() < 0.6 else odd_text(rng)
        number = rng.choice(EDGES)
        text = rng.choice(
            (
                [*parts[:i], *parts[i + 1 :]],
                [*parts[:i], new, *parts[i + 1 :]],
                [*parts[:i], new, *parts[i:]],
                [*parts[:i], parts[j], *parts[i + 1 :]],
                [*parts[:i], *parts[min(i, j) : max(i, j) + 1], *parts[i:]],
                [*parts[:i], str(number), *parts[i + 1 :]],
                [*parts[:i], parts[i] * rng.choice((2, 3, 200)), *parts[i + 1 :]],
                [*parts[:i], parts[i].swapcase(), *parts[i + 1 :]],
                parts[:i],
            )
        )
        text = "".join(text)[:20_000]
    return text


# -- JSON ------------------------------------------------------------------------------------------


def mutated_json(value: Any, rng: Random) -> Any:
    """Change a JSON value: what stands at some places in it, and which places there are."""
    root = [copy.deepcopy(value)]
    for _ in range(several(rng)):
        places = list(_places(root))
        table, key = _chosen(places, rng)
        other, far = _chosen(places, rng)
        change = rng.randrange(8)
        if change == 0 and table is not root:
            del table[key]
        elif change == 1 and isinstance(table, dict):
            table[rng.choice((odd_text(rng), str(far)))] = table.pop(key)
        elif change == 2:
            table[key] = copy.deepcopy(other[far])
        elif change == 3 and isinstance(table[key], (int, float)):
            table[key] = rng.choice((table[key] + 1, table[key] - 1, -table[key], str(table[key])))
        elif change == 4:
            table[key] = rng.choice(([table[key]], {"a": table[key]}, [table[key]] * 3))
        elif change == 5 and isinstance(table[key], str):
            table[key] = mutated_text(table[key], rng)
        else:
            table[key] = copy.deepcopy(rng.choice(_VALUES))
    return root[0]


def mutated_json_text(value: Any, rng: Random) -> bytes:
    """Return a changed JSON value as a file, in one of four damaged also as text."""
    data = json.dumps(mutated_json(value, rng)).encode()
    how = rng.random()
    if how < 0.1:
        return mutated_text(data.decode(), rng).encode("utf-8", "surrogatepass")
    if how < 0.2:
        return mutated(data, rng)
    if how < 0.25:
        return data.decode().encode(rng.choice(("utf-8-sig", "utf-16", "utf-32", "latin-1")))
    return data


def _chosen(places: list[tuple[Any, Any]], rng: Random) -> tuple[Any, Any]:
    """Return a place, whose depth is drawn first: long lists are not to take most of the turns."""
    return places[int(len(places) * rng.random() ** rng.choice((1, 3)))]


def _places(value: Any, most: int = 400) -> Any:
    """Yield each (table or list, key or index) in a value, of long lists the first ones."""
    keys = list(value) if isinstance(value, dict) else range(min(len(value), most))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key], 20)
