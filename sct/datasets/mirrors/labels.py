"""Says what a mirror makes of a label: itself, another label, or nobody knows what.

A clip that is mirrored and keeps the label "turn left" teaches a model what is false. So words for
directions are known, in several languages and as abbreviations, and a label that tells nothing,
such as 3 or c01, is not mirrored unless somebody says that it may be.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from sct.datasets.mirrors.sides import (
    AXES,
    NUMBER,
    OPPOSITES,
    ORDINARY_SWAPS,
    WORDS,
    mirrored_word,
    plain,
    side_of,
    with_turns,
)
from sct.validation import ARGUMENT, check_choice
from sct.video.sources import quoted

# Letters that stand for directions if there are opposites among them: left, right, up, down, and
# front or forward, back, centre, none.
_LETTERS = frozenset("lrudfbcn")
_SIGNS = ("Sm", "So", "Sk", "Pd", "Pi", "Pf")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_IDEOGRAPH = "\u3400-\u9fff"
_NAMED = 3
_SHORT = 4  # letters
_MANY = 50  # words of a label


def mirrored_labels(
    labels: Sequence[str], axis: str = "horizontal", trusted: bool = False
) -> tuple[int, ...]:
    """Return for each label the place of the label that a mirrored clip has, -1 if none is known.

    Labels of synthetic clips are known. In any other, words such as left and right change places
    ("from left to right" becomes "from right to left"); capitals, hyphens, underscores and digits
    part words. A label without such words stays, unless it is one of `unclear_labels`. Where the
    mirrored label is not among `labels`, or is not known, a clip must not be mirrored.

    Args:
        labels: of all classes.
        axis: "horizontal" or "vertical".
        trusted: whether unclear labels stay, too, as somebody says that a mirror changes none.

    Raises:
        ValueError: another axis.
    """
    from sct.synthetic import clips  # late: labels of videos need none of it

    check_choice("axis", axis, AXES, ARGUMENT)
    found = _Labels(labels)
    unclear = set() if trusted else found.unclear
    common = Counter(found.texts)
    places = {text: i for i, text in enumerate(found.texts) if common[text] == 1}

    def partner(i: int) -> int:
        text = found.texts[i]
        if labels[i] in clips.LABELS:
            ways = ("".join(_words(clips.mirrored(labels[i], axis))),)
        else:
            ways = found.mirrored(i, axis)
        if ways[0] == text:
            return -1 if i in unclear else i
        return next((places[way] for way in ways if way in places), -1) if text in places else -1

    partners = [partner(i) for i in range(len(labels))]
    # A mirror of a mirror shows the clip itself.
    return tuple(j if j >= 0 and partners[j] == i else -1 for i, j in enumerate(partners))


def unclear_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that do not tell whether a mirror changes them.

    Those are numbers, single letters and codes such as 3, B or c01; labels that differ from another
    in such a one alone, as turn 1 from turn 2, or in a sign, an opposite or l and r, as yaw+ from
    yaw-, rot_pos from rot_neg and leye from reye; labels that differ in words for sides alone of
    which the table lacks the ending; and labels in scripts other than Latin and Chinese, or with
    arrows. L and R are clear, if both stand in one place and no letters that mean no direction.
    """
    return tuple(labels[i] for i in sorted(_Labels(labels).unclear))


def flips_note(labels: Sequence[str], flips: bool | None) -> str:
    """Say which clips are not mirrored as nobody asked for it; "" if that holds for none."""
    unclear = unclear_labels(labels) if flips is None else ()
    if not unclear:
        return ""
    named = ", ".join(map(quoted, unclear[:_NAMED]))
    more = f" and {len(unclear) - _NAMED} more" if len(unclear) > _NAMED else ""
    which = "Clips" if len(unclear) == len(labels) else "Some clips"
    return (
        f"{which} are not mirrored left and right, as their labels do not say whether that changes "
        f"them: {named}{more}; --flips mirrors them and keeps their labels."
    )


# -- words -----------------------------------------------------------------------------------------


class _Labels:
    """Knows the words of a set of labels, and what a mirror makes of them."""

    def __init__(self, labels: Sequence[str]):
        self.labels = labels
        self.words = [_words(label) for label in labels]
        self.texts = ["".join(words) for words in self.words]
        among = {word for words in (*self.words, self.texts) for word in words}
        self._among = frozenset(among - self._ordinary(among))
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def _ordinary(self, among: set[str]) -> set[str]:
        """Return the words that could be sides, but are none in these labels.

        They are if their opposite is there and is one for certain, or makes one label of another.
        """
        swaps = {word: others for axis in AXES for word, others in ORDINARY_SWAPS[axis].items()}
        there = {
            word: [other for other in others if other in among]
            for word, others in swaps.items()
            if word in among
        }
        texts, sides = set(self.texts), set()
        for words in self.words:
            for word in set(words) & there.keys():
                for other in there[word]:
                    swap = {word: other, other: word}
                    if other in WORDS or "".join(swap.get(w, w) for w in words) in texts:
                        sides |= {word, other}
        return there.keys() - sides - WORDS

    def mirrored(self, i: int, axis: str) -> tuple[str, ...]:
        """Write the text of label `i` as a mirror has it, in one or more ways."""
        options = [self._options(word, i, axis) for word in self.words[i]]
        return tuple(
            "".join(words[min(way, len(words) - 1)] for words in options)
            for way in range(max(map(len, options), default=1))
        )

    def _options(self, word: str, i: int, axis: str) -> tuple[str, ...]:
        if len(word) == 1 and word in _LETTERS and self._codes[i] is False:
            return (word,)
        if (word, axis) not in self._known:
            found = mirrored_word(word, axis, self._among)
            self._known[word, axis] = found or (f"other {word}",)
        return self._known[word, axis]

    @cached_property
    def unclear(self) -> set[int]:
        """The places of the labels that do not tell whether a mirror changes them."""
        from sct.synthetic import clips

        keys = [_keys(words) for words in self.words]
        texts = {
            (key, text, _signs(label))
            for own, text, label in zip(keys, self.texts, self.labels, strict=True)
            for key in own
        }
        alike = Counter(key for key, *_ in texts)
        opposed = self._opposed

        def doubtful(i: int) -> bool:
            if any(alike[key] > 1 or not key for key in keys[i]):
                return True
            if i in opposed or self._codes[i] is False:
                return True
            label = self.labels[i]
            return not label.isascii() and any(map(_is_foreign, label))

        return {
            i
            for i, label in enumerate(self.labels)
            if doubtful(i)
            and label not in clips.LABELS
            and self.mirrored(i, AXES[0])[0] == self.texts[i]
        }

    @property
    def _opposed(self) -> set[int]:
        """The places of labels that differ in one word alone, for a side, however inflected."""
        found: dict[tuple, list[set[int]]] = {}
        for i, words in enumerate(self.words):
            for k, word in enumerate(words[:_MANY]):
                if known := side_of(word):
                    rest = (k, known[0], *words[:k], *words[k + 1 : _MANY])
                    found.setdefault(rest, [set(), set()])[known[1]].add(i)
        return {i for left, right in found.values() if left and right for i in left | right}

    @cached_property
    def _codes(self) -> list[bool | None]:
        """Say for each label what its numbers, letters and codes are.

        True for directions, as in turn L; False if they tell labels apart and nobody knows how, or
        there is nothing else in the label; None if there are none, or they tell nothing apart.
        """
        rests = [tuple("" if _is_code(word) else word for word in words) for words in self.words]
        common = Counter(rests)
        own = [
            {word for word, kept in zip(words, rest, strict=True) if not kept}
            for words, rest in zip(self.words, rests, strict=True)
        ]
        meant: dict[tuple[str, ...], set[str]] = {}
        for codes, rest in zip(own, rests, strict=True):
            meant.setdefault(rest, set()).update(c for c in codes if not c.isdigit())

        def means(codes: set[str], rest: tuple[str, ...]) -> bool | None:
            letters = meant[rest]
            if letters & codes and (letters == set("ud") or set("lr") <= letters <= _LETTERS):
                return True
            return False if not any(rest) or (codes and common[rest] > 1) else None

        return [means(codes, rest) for codes, rest in zip(own, rests, strict=True)]


def _words(label: str) -> list[str]:
    """Return the words of `label` in small letters, counterclockwise being one of them."""
    words = plain(label)
    words = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", words).lower()
    words = re.sub(r"\b\w['’](?=\w)|(?<=\w)['’]\w\b", " ", words)  # of l'eau and player's
    words = re.sub(
        "(?<![順顺逆反半正])(?=[時时][計针針](?:方向|回|周|廻))|正(?=[時时][計针針])", "順", words
    )
    words = re.sub("[反半](?=[時时][計针針])", "逆", words)
    words = re.sub(rf"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[{_IDEOGRAPH}])", " ", words)
    words = re.sub(rf"(?=[{_IDEOGRAPH}])|[\s_-]+", " ", words)
    words = re.sub(r"\b(driver|passenger) ?s? ?(side|(?=door))", r"\1side ", words)
    words = re.sub(r"clock ?wise\b", "clockwise", " ".join(words.split()))
    words = re.sub(r"(counter|anti|contra) ?clockwise\b", "counterclockwise", words)
    words = re.sub(r"\banti (?=hor|orar)", "anti", words)
    return _WORD.findall(with_turns(words))


def _keys(words: list[str]) -> set[str]:
    """Write a label without that by which it could differ from the label of its mirrored clip.

    That is opposites, l and r, which become one, and the last letter of a long label, as in typea.
    """
    text = "".join(words)
    keys = {"".join(OPPOSITES.sub("", " ".join(words)).split()).replace("r", "l")}
    return keys | {f"{text[:-1]}."} if len(text) > _SHORT and len(words[-1]) > 1 else keys


def _signs(label: str) -> str:
    """Return the signs of `label`, such as + and arrows; a hyphen within words is none."""
    bare = re.sub(r"(?<=\w)[-–—](?=\w)|['’](?=\w)", "", label)
    return "".join(c for c in bare if unicodedata.category(c) in _SIGNS or c in "'’/\\")


def _is_code(word: str) -> bool:
    """Say whether a word is none: a number, a letter, or letters that nobody can pronounce."""
    if NUMBER.fullmatch(word):
        return True
    if (len(word) > 1 and word in WORDS) or re.match(f"[{_IDEOGRAPH}]", word):
        return False
    return word.isdigit() or len(word) == 1 or (word.isascii() and not re.search("[aeiouy]", word))


def _is_foreign(character: str) -> bool:
    """Say whether words for directions are unknown that have this letter, arrow or picture."""
    if not character.isalpha():
        return character > "\u2000" and unicodedata.category(character) in ("Sm", "So")
    known = "LATIN" in unicodedata.name(character, "") or re.match(f"[{_IDEOGRAPH}]", character)
    return not known
