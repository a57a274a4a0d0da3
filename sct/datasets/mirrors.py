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

from sct.validation import ARGUMENT, check_choice
from sct.video.sources import quoted

AXES = ("horizontal", "vertical")

# Words that a mirror exchanges. A word may have several partners: the one that there is counts.
_BOTH = """clockwise counterclockwise, cw ccw, cw acw, horaire antihoraire, horario antihorario,
    orario antiorario, 順 逆, 顺 逆"""
_PAIRS = {
    "horizontal": """left right, leftward rightward, leftwards rightwards, leftmost rightmost,
    lefty righty, lhs rhs, lh rh, lt rt, lft rgt, ltr rtl, l r, east west, eastward westward,
    eastwards westwards, eastern western, eastbound westbound, northeast northwest,
    southeast southwest, ne nw, se sw, port starboard, larboard starboard,
    links rechts, linke rechte, linker rechter, linkes rechtes, linken rechten, linksum rechtsum,
    linksom rechtsom, linkerhand rechterhand, gauche droite, gauche droit,
    izquierda derecha, izquierdo derecho, esquerda direita, esquerdo direito, sinistra destra,
    sinistro destro, stânga dreapta, lewo prawo, lewa prawa, lewy prawy, vlevo vpravo,
    doleva doprava, levá pravá, vänster höger, vänstra högra, venstre høyre, venstre højre,
    vasen oikea, vasemmalle oikealle, balra jobbra, sol sağ, sola sağa, kiri kanan, trái phải,
    hidari migi, 左 右, 東 西, 东 西, лево право, влево вправо, налево направо, слева справа,
    левый правый, левая правая, левой правой""",
    "vertical": """up down, upward downward, upwards downwards, upper lower, uppermost lowermost,
    upstairs downstairs, uphill downhill, top bottom, above below, u d, north south,
    northward southward, northwards southwards, northern southern, northeast southeast,
    northwest southwest, ne se, nw sw, oben unten, hoch runter, hinauf hinunter, aufwärts abwärts,
    haut bas, arriba abajo, cima baixo, omhoog omlaag, upp ner, 上 下, вверх вниз""",
}
# Parts of words written together, such as leftturn or armup, and words in which they mean nothing.
_GLUED = {
    "horizontal": ("left", "right", "counterclockwise", "clockwise", "ccw", "cw"),
    "vertical": ("up", "down", "counterclockwise", "clockwise", "ccw", "cw"),
}
_NOT_GLUED = re.compile(
    r"left(over|ist|s$).*|right(s|ful|eous|ly|en|ing|ed|o).*|cleft"
    r"|(b|f|w|.*w|up|copy|out|down|forth|birth|al|a)right"
    r"|up(on|set|dat|load|grad|right|hold|ris|scal).*|down(load|town).*"
    r"|.*(cup|group|soup|ketchup|syrup|makeup|closeup|warmup|setup|pup|roundup)"
)
# Letters that stand for directions if no others stand in their place: left, right, up, down, and
# front or forward, back, centre, none.
_TELLING, _LETTERS = frozenset("lrud"), frozenset("lrudfbcn")
_NO_PARTNER = {"uhrzeigersinn": ()}  # with and against the clock are told by other words
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_IDEOGRAPH = "\u3400-\u9fff"
_NAMED = 3


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
    forms, codes = [_form(label) for label in labels], _codes(labels)
    unclear = set() if trusted else set(unclear_labels(labels))
    common = Counter(forms)
    places = {form: i for i, form in enumerate(forms) if common[form] == 1}
    most = max(map(len, _SWAPS[axis].values()))

    def partner(i: int) -> int:
        if labels[i] in clips.LABELS:
            ways = [_form(clips.mirrored(labels[i], axis))]
        else:
            ways = [_swapped(forms[i], axis, way, bool(codes[i])) for way in range(most)]
        if ways[0] == forms[i]:
            return -1 if labels[i] in unclear else i
        return (
            next((places[way] for way in ways if way in places), -1) if forms[i] in places else -1
        )

    return tuple(partner(i) for i in range(len(labels)))


def unclear_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that do not tell whether a mirror changes them.

    Those are numbers, single letters and codes such as 3, B or c01; labels that differ from another
    in such a one alone, as turn 1 from turn 2; and labels in scripts other than Latin and Chinese.
    L and R are clear, if no other letters stand in their place.
    """
    from sct.synthetic import clips

    found = []
    for label, means in zip(labels, _codes(labels), strict=True):
        form = _form(label)
        turned = any(_swapped(form, axis, 0, bool(means)) != form for axis in AXES)
        foreign = any(c.isalpha() and not _is_known_script(c) for c in label)
        if (means is False or foreign) and not turned and label not in clips.LABELS:
            found.append(label)
    return tuple(found)


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


def _form(label: str) -> str:
    """Write `label` as words in small letters, counterclockwise being one of them."""
    words = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", label).lower()
    words = re.sub(r"\b\w['’](?=\w)|(?<=\w)['’]\w\b", " ", words)  # of l'eau and player's
    words = re.sub(rf"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[{_IDEOGRAPH}])", " ", words)
    words = re.sub(rf"(?=[{_IDEOGRAPH}])|[\s_-]+", " ", words)
    return re.sub(r"(counter|anti) ?clockwise\b", "counterclockwise", " ".join(words.split()))


def _swaps(axis: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = dict(_NO_PARTNER)
    for pair in f"{_PAIRS[axis]}, {_BOTH}".split(","):
        one, other = pair.split()
        for word, partner in ((one, other), (other, one)):
            found[word] = (*found.get(word, ()), partner)
    return found


_SWAPS = {axis: _swaps(axis) for axis in AXES}
_GLUE = {
    axis: re.compile(f"^({'|'.join(parts)})(?=...)|(?<=..)({'|'.join(parts)})$")
    for axis, parts in _GLUED.items()
}
_KNOWN = {word for swaps in _SWAPS.values() for word in swaps if len(word) > 1}


def _swapped(form: str, axis: str, way: int, letters: bool) -> str:
    """Write a label's words as a mirror has them.

    Args:
        form: of the label.
        axis: of the mirror.
        way: which partner words with several get.
        letters: whether letters such as L and R are directions.
    """
    swaps = _SWAPS[axis]

    def swap(found: re.Match) -> str:
        word = found[0]
        if len(word) == 1 and word in _LETTERS and not letters:
            return word
        if word in _KNOWN or word in swaps:
            partners = swaps.get(word, (word,)) or (f"other {word}",)
            return partners[min(way, len(partners) - 1)]
        if _NOT_GLUED.fullmatch(word):
            return word
        return _GLUE[axis].sub(lambda part: swaps[part[0]][0], word, count=1)

    return _TOKEN.sub(swap, form)


def _codes(labels: Sequence[str]) -> list[bool | None]:
    """Say for each label what its numbers, letters and codes are.

    True for directions, as in turn L; False if they tell labels apart and nobody knows how, or
    there is nothing else in the label; None if there are none, or they tell nothing apart.
    """
    forms = [_TOKEN.findall(_form(label)) for label in labels]
    rests = [tuple("" if _is_code(word) else word for word in words) for words in forms]
    common = Counter(rests)
    meant: dict[tuple[str, ...], set[str]] = {}
    for words, rest in zip(forms, rests, strict=True):
        letters = {w for w, kept in zip(words, rest, strict=True) if not kept and not w.isdigit()}
        meant.setdefault(rest, set()).update(letters)

    def means(words: list[str], rest: tuple[str, ...]) -> bool | None:
        own = {w for w, kept in zip(words, rest, strict=True) if not kept}
        letters = {w for w in own if not w.isdigit()}
        if letters and meant[rest] <= _LETTERS and meant[rest] & _TELLING:
            return True
        return False if not any(rest) or (own and common[rest] > 1) else None

    return [means(words, rest) for words, rest in zip(forms, rests, strict=True)]


def _is_code(word: str) -> bool:
    """Say whether a word is none: a number, a letter, or letters that nobody can pronounce."""
    if word in _KNOWN or re.match(f"[{_IDEOGRAPH}]", word):
        return False
    return word.isdigit() or len(word) == 1 or (word.isascii() and not re.search("[aeiouy]", word))


def _is_known_script(letter: str) -> bool:
    """Say whether the words for directions are known that are written with a letter."""
    return "LATIN" in unicodedata.name(letter, "") or bool(re.match(f"[{_IDEOGRAPH}]", letter))
