"""Says what a mirror makes of a word, by the words for sides and turns of many languages.

Accents and capitals do not count, see `plain`: "höger" and "hoger" are one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from sct.datasets.mirrors.words import (
    BOTH,
    FORMS,
    MOVED,
    NO_AFFIX,
    NO_PARTNER,
    ORDINARY,
    PAIRS,
    PHRASES,
    SHORT_AFFIXES,
    STEMS,
)

AXES = ("horizontal", "vertical")

# Parts of words written together that mean a side wherever they stand, as all longer words do; and
# at either end only.
_LONG = 6  # letters
_ANYWHERE = {"horizontal": "left|right", "vertical": "^top(?=left|right)"}
_AT_AN_END = {"horizontal": "links linke lft rgt ccw cw", "vertical": "up down ccw cw"}
# So do l and r beside consonants with which no word begins or ends: lturn, kickr.
_LETTER = "^[lr](?=[bcdfgjkmnpqstvwx].*[aeiouy])|(?<=[aeiouy].[bcdfgkmnpqstvxz])[lr]$"
# Words in which these parts mean nothing, unless the same set has their mirror, as in upleft.
_MEANINGLESS = {
    "horizontal": re.compile(
        r"left(over|ist).*|cleft.*|lefts?|[bcs]link.*|.*(down|up|hyper|back)links?|dexter(ous|ity).*|alrighty|destroy.*"
        r"|right(s|ful(ly)?|eous(ly|ness)?|ly|en|ing|ed|o|ists?)"
        r"|(over|un|de)?bright(e[nr]s?|eners?|ened|ening|est|ly|ness|s)?|(a|stage)?fright(en.*|ful.*|s|ed)?"
        r"|((play|ship|wheel|cart|mill|wain|boat)?w|up|out|down|forth|birth|al|a|copy)right"
        r"(s|ed|ly|ness|ing|able)?"
    ),
    "vertical": re.compile(
        r"up(on|set|dat|load|grad|right|hold|hol|ris|scal|percut).*|down(load|town|right).*"
        r"|(tea|hic)?cup|(sub)?group|soup|ketchup|syrup|stirrup|(eye)?makeup|closeup|warmup|setup"
        r"|pup|roundup"
    ),
}
# Words in which they mean nothing even then.
_NEVER = {
    "horizontal": re.compile("ambidext.*"),
    "vertical": re.compile(
        r"(up|down)(load|grad|stream|link|dat|town|scal|siz|tim|trend|play|market|beat|hearted).*"
        r"|(upper|lower)(cas|class).*|(break|mark|lock|back|show|let|knock|shut|start)(up|down)s?"
    ),
}
# What tells a thing from its opposite, or from the next. Which of them a mirror exchanges, if any,
# nobody knows.
OPPOSITES = re.compile(
    r"\b(plus|minus|pos(itive)?|neg(ative)?|anti|counter|contra|gegen|invers[eo]?|正|反|逆|順|顺)"
    r"|(plus|minus|pos|neg|one|two|three)\b|\b(reversed?|im|with|against|the|den)\b"
)
# Words that count, as digits do.
NUMBER = re.compile(
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|fourth|fifth|hundred"
    "|(twen|thir|for|fif|six|seven|eigh|nine)ty|i{2,3}|i?v|vi{1,3}|ix|alpha|beta|gamma|delta"
    "|eins|zwei|drei|deux|trois|uno|dos|tres|[a-h]{2}"
)
_CONSONANTS = frozenset("bcdfghjkmnpqstvwxz")  # but l and r, beside which either could be a word
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "ı": "i"}
)


def plain(text: str) -> str:
    """Write `text` without accents, invisible characters and other forms of the same letters."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    kept = (c for c in apart if unicodedata.category(c) not in ("Mn", "Cf"))
    return unicodedata.normalize("NFC", "".join(kept))


Pair = tuple[str, str]
Swaps = dict[str, tuple[str, ...]]


def _pairs(*tables: str) -> list[Pair]:
    found = filter(str.strip, plain(",".join(tables)).lower().split(","))
    return [(one, other) for one, other in map(str.split, found)]


def _forms() -> list[Pair]:
    """Give the pairs of inflected forms; "ii=ei" are two endings, "-" is none."""
    pairs = []
    for line in plain(FORMS).splitlines():
        stems, endings = line.split(":")
        one, other = stems.split()
        for ending in endings.replace("-", "=").split():
            first, second = ending.split("=") if "=" in ending else (ending, ending)
            pairs.append((one + first, other + second))
    return pairs


def _swaps(pairs: list[Pair]) -> Swaps:
    found: Swaps = {}
    for one, other in pairs:
        for word, partner in ((one, other), (other, one)):
            found[word] = tuple(dict.fromkeys((*found.get(word, ()), partner)))
    return found


_UNKNOWN: Swaps = {word: () for word in plain(NO_PARTNER).split()}
_TABLE = {axis: _pairs(PAIRS[axis], BOTH) for axis in AXES}
_FORMS = {"horizontal": _forms(), "vertical": []}
_PARTS = {axis: _swaps(_TABLE[axis]) for axis in AXES}
SWAPS = {axis: _UNKNOWN | _swaps(_TABLE[axis] + _FORMS[axis]) for axis in AXES}
WORDS = frozenset(word for swaps in SWAPS.values() for word in swaps)
ORDINARY_SWAPS = {axis: _swaps(_pairs(ORDINARY[axis])) for axis in AXES}
_WHOLE = {axis: _swaps(_TABLE[axis] + _FORMS[axis] + _pairs(ORDINARY[axis])) for axis in AXES}
_AFFIX = 3  # letters
_REST = 4
_AFFIXES = {
    axis: _swaps(
        [
            pair
            for pair in _TABLE[axis]
            if min(map(len, pair)) >= _AFFIX and not set(pair) & set(NO_AFFIX.split())
        ]
        + _pairs(SHORT_AFFIXES[axis])
    )
    for axis in AXES
}
_MOVED = frozenset(MOVED.split())
_LONGEST = max(map(len, WORDS))
_PHRASES = [
    (re.compile(rf"\b(?:{'|'.join(ways).replace(' ', ' ?')})\b"), turn)
    for turn, ways in PHRASES.items()
]
# A group for the left of each language and one for its right.
_STEM = re.compile(
    "|".join(f"({'|'.join(stems.split())})" for stems in re.split(r"[|\n]", plain(STEMS)))
)


def _part(axis: str) -> re.Pattern:
    """Match the parts of words that mean a side or a turn."""
    known = sorted(_PARTS[axis], key=len, reverse=True)
    long = "|".join(word for word in known if len(word) >= _LONG)
    ends = "|".join(_AT_AN_END[axis].split())
    letter = f"|{_LETTER}" * (axis == "horizontal")
    return re.compile(f"{long}|{_ANYWHERE[axis]}|^({ends})(?=..)|(?<=..)({ends})${letter}")


_PART = {axis: _part(axis) for axis in AXES}


def with_turns(text: str) -> str:
    """Write turns that `text` tells by several words, as with the clock, in one English word."""
    for phrase, turn in _PHRASES:
        text = phrase.sub(turn, text)
    return text


def side_of(word: str) -> tuple[int, int] | None:
    """Say which language's word for which side begins `word`: a line of `STEMS`, 0 or 1."""
    found = _STEM.match(word)
    return divmod((found.lastindex or 1) - 1, 2) if found else None


def mirrored_word(word: str, axis: str, among: frozenset[str]) -> tuple[str, ...]:
    """Return what a mirror may make of a word: itself if it means no side, () if nobody knows.

    Args:
        word: without accents and capitals.
        axis: "horizontal" or "vertical".
        among: all words of the set of labels, and all of its labels without spaces.
    """
    there: Swaps = {
        a: tuple(dict.fromkeys(w for w in _likely(word, a) if w in among))
        for a in AXES
        if not _NEVER[a].fullmatch(word)
    }
    if axis not in there:
        return (word,)
    if word in WORDS:
        return SWAPS[axis].get(word, (word,)) + there[axis]
    if there[axis]:
        return there[axis]
    if _MEANINGLESS[axis].fullmatch(word) and not any(there.values()):
        return (word,)
    return (_exchanged(word, axis),)


def _exchanged(word: str, axis: str) -> str:
    """Write a word with all its parts exchanged that mean sides."""
    return _PART[axis].sub(lambda part: _PARTS[axis].get(part[0], (part[0],))[0], word)


def _likely(word: str, axis: str) -> Iterator[str]:
    """Give the words that a word may become if it has a side at its beginning or end."""
    yield from _WHOLE[axis].get(word, ())
    if (exchanged := _exchanged(word, axis)) != word:
        yield exchanged
    for cut in range(1, min(len(word), _LONGEST + 1)):
        head, rest = word[:cut], word[cut:]
        for other in (_WHOLE if rest in _MOVED else _AFFIXES)[axis].get(head, ()):
            if _apart(head + other, rest[0], rest):
                yield other + rest
        rest, tail = word[:-cut], word[-cut:]
        for other in (_WHOLE if rest in _MOVED else _AFFIXES)[axis].get(tail, ()):
            if _apart(tail + other, rest[-1], rest):
                yield rest + other


def _apart(sides: str, beside: str, rest: str) -> bool:
    """Say whether a short word for a side can be no part of the word `rest`, as in lock or menu.

    Args:
        sides: the word and its opposite.
        beside: the letter of the rest that stands beside it.
        rest: of the word.
    """
    if len(sides) >= 2 * _AFFIX - 1 or (len(sides) > 2 and rest in _MOVED):
        return True
    return beside in _CONSONANTS and (sides not in ("ud", "du") or len(rest) >= _REST)
