"""Knows words for sides and turns: which word a mirror makes of which, in many languages.

Accents and capitals do not count, see `plain`: "höger" and "hoger" are one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

AXES = ("horizontal", "vertical")

# Words that a mirror exchanges. A word may have several partners: the one that there is counts.
_BOTH = """clockwise counterclockwise, cw ccw, cw acw, horaire antihoraire, horario antihorario,
    orario antiorario, medurs moturs, medsols motsols, deasil widdershins, clk anticlk,
    clk aclk, clkwise anticlkwise, 順 逆, 顺 逆"""
_PAIRS = {
    "horizontal": """left right, left rigth, leftward rightward, leftwards rightwards,
    leftmost rightmost, lefty righty, leftie rightie, lhs rhs, lh rh, lt rt, lft rgt, lft rght,
    ltr rtl, lr rl, l r, east west, eastward westward, eastwards westwards, eastern western,
    easterly westerly, eastbound westbound, northeast northwest, southeast southwest,
    northeastern northwestern, southeastern southwestern, ne nw, se sw, ene wnw, ese wsw,
    nne nnw, sse ssw, eb wb, port starboard, larboard starboard, portside starboardside,
    babord tribord, babord styrbord, bakbord styrbord, backbord steuerbord, bakboord stuurboord,
    babor estribor, bombordo estibordo, sinister dexter, sinistral dextral, levo dextro, sx dx,
    links rechts, linke rechte, linker rechter, linkes rechtes, linken rechten,
    linksum rechtsum, linksom rechtsom, linksaf rechtsaf, linkerhand rechterhand,
    linkshänder rechtshänder, links regs, linker regter, gauche droite, gauche droit,
    gaucher droitier, gauchère droitière, izquierda derecha, izquierdo derecho, izq der,
    izq dcha, izqda dcha, izda dcha, izdo dcho, izqdo dcho, zurdo diestro, zurda diestra,
    siniestra diestra, esquerda direita, esquerdo direito, canhoto destro, esquerda dereita,
    esquerra dreta, esquerre dret, ezker eskuin, ezkerra eskuina, sinistra destra,
    sinistro destro, stânga dreapta, stângul dreptul, stâng drept, lewo prawo, lewa prawa,
    lewy prawy, lewej prawej, vlevo vpravo, doleva doprava, nalevo napravo, zleva zprava,
    levá pravá, levý pravý, vľavo vpravo, doľava doprava, naľavo napravo, lijevo desno,
    levo desno, levo pravo, lijeva desna, leva desna, ulijevo udesno, vänster höger,
    vaenster hoeger, vänstra högra, venstre høyre, venstre højre, venstre hoejre,
    venstre hoeyre, vinstri hægri, vasen oikea, vasemmalle oikealle, vasemmalta oikealta,
    vasempaan oikeaan, vasak parem, vasakule paremale, kreisi labi, kairė dešinė,
    kairėn dešinėn, balra jobbra, sol sağ, sola sağa, soldan sağdan, kiri kanan, kaliwa kanan,
    trái phải, kushoto kulia, majtas djathtas, hidari migi, aristera dexia, smol yamin,
    port stbd, bayen dayen, baye daye, oenjjok oreunjjok, xellug lemin, maldekstre dekstre,
    livoruch pravoruch, aristera deksia, smola yamina, yasar yamin, 左 右, 東 西, 东 西, лево право,
    влево вправо, налево направо, слева справа, левый правый, левая правая, левой правой,
    левое правое, sleva sprava, levyy pravyy, levaya pravaya, osten westen, nordost nordwest,
    südost südwest, ouest est, nordest nordouest, nordeste noroeste, oeste este, oeste leste,
    ovest est, öster väster, itä länsi, doğu batı, timur barat, higashi nishi, vostok zapad,
    východ západ, wschód zachód, kelet nyugat, восток запад""",
    "vertical": """up down, up dn, pgup pgdn, upward downward, upwards downwards, upper lower,
    uppermost lowermost, upstairs downstairs, uphill downhill, top bottom, above below, u d,
    north south, northward southward, northwards southwards, northern southern,
    northbound southbound, northeast southeast, northwest southwest, northeastern southeastern,
    northwestern southwestern, ne se, nw sw, oben unten, hoch runter, hinauf hinunter,
    aufwärts abwärts, haut bas, arriba abajo, cima baixo, omhoog omlaag, upp ner, 上 下,
    вверх вниз""",
}
# Ordinary words, and slips: they count if their partner is a word of the same set of labels.
_ORDINARY = {
    "horizontal": """dir esq, dta esq, bal jobb, zuo you, le ri, lf rg, lava prava, chap rast,
    dong xi, ost west, öst väst, øst vest, est vest, southpaw orthodox, goofy regular, lef rig,
    lef right, leff right, lft right, left rig, left rihgt, li re, lks rts, gau dro, iz de,
    esq dto, sin des, sin dx, sn ds, lew praw, lev prav, vas oik, va ho, ve ho, sai khwa,
    chwith dde, cle deas, left rigt, left rgt""",
    "vertical": "",
}
# Turns and sides that are told by other words, as with the clock: their mirror is not known.
_NO_PARTNER = """uhrzeigersinn uzs urzeigersinn aiguilles manecillas agujas klok uret wskazówek
    nearside offside"""
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
        r"left(over|ist).*|cleft.*|lefts?|[bcs]link.*|destroy.*"
        r"|right(s|ful(ly)?|eous(ly|ness)?|ly|en|ing|ed|o|ists?)"
        r"|(over|un|de)?bright(e[nr]s?|ened|ening|est|ly|ness|s)?|(a|stage)?fright(en.*|ful.*|s|ed)?"
        r"|((play|ship|wheel|cart|mill|wain|boat)?w|up|out|down|forth|birth|al|a|copy)right"
        r"(s|ed|ly|ness|ing|able)?"
    ),
    "vertical": re.compile(
        r"up(on|set|dat|load|grad|right|hold|hol|ris|scal|percut).*|down(load|town|right).*"
        r"|(tea|hic)?cup|(sub)?group|soup|ketchup|syrup|stirrup|(eye)?makeup|closeup|warmup|setup"
        r"|pup|roundup"
    ),
}
# What tells a thing from its opposite, or from the next. Which of them a mirror exchanges, if any,
# nobody knows.
OPPOSITES = re.compile(
    r"\b(plus|minus|pos(itive)?|neg(ative)?|anti|counter|contra|gegen|invers[eo]?|正|反)"
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


def _swaps(pairs: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for pair in filter(str.strip, plain(pairs).lower().split(",")):
        one, other = pair.split()
        for word, partner in ((one, other), (other, one)):
            found[word] = (*found.get(word, ()), partner)
    return found


_UNKNOWN: dict[str, tuple[str, ...]] = {word: () for word in plain(_NO_PARTNER).split()}
SWAPS = {axis: _UNKNOWN | _swaps(f"{_PAIRS[axis]}, {_BOTH}") for axis in AXES}
WORDS = frozenset(word for swaps in SWAPS.values() for word in swaps)
_ALL = {axis: _swaps(f"{_PAIRS[axis]}, {_BOTH}, {_ORDINARY[axis]}") for axis in AXES}
_LONGEST = max(map(len, WORDS))


def _part(axis: str) -> re.Pattern:
    """Match the parts of words that mean a side or a turn."""
    known = sorted((word for word, others in SWAPS[axis].items() if others), key=len, reverse=True)
    long = "|".join(word for word in known if len(word) >= _LONG)
    ends = "|".join(_AT_AN_END[axis].split())
    letter = f"|{_LETTER}" * (axis == "horizontal")
    return re.compile(f"{long}|{_ANYWHERE[axis]}|^({ends})(?=..)|(?<=..)({ends})${letter}")


_PART = {axis: _part(axis) for axis in AXES}


def mirrored_word(word: str, axis: str, among: frozenset[str]) -> tuple[str, ...]:
    """Return what a mirror may make of a word: itself if it means no side, () if nobody knows.

    Args:
        word: without accents and capitals.
        axis: "horizontal" or "vertical".
        among: all words of the set of labels, and all of its labels without spaces.
    """
    there = {a: tuple(dict.fromkeys(w for w in _likely(word, a) if w in among)) for a in AXES}
    if word in WORDS:
        return SWAPS[axis].get(word, (word,)) + there[axis]
    if there[axis]:
        return there[axis]
    if _MEANINGLESS[axis].fullmatch(word) and not any(there.values()):
        return (word,)
    return (_exchanged(word, axis),)


def _exchanged(word: str, axis: str) -> str:
    """Write a word with all its parts exchanged that mean sides."""
    return _PART[axis].sub(lambda part: (*SWAPS[axis][part[0]], part[0])[0], word)


def _likely(word: str, axis: str) -> Iterator[str]:
    """Give the words that a word may become if it has a side at its beginning or end."""
    swaps = _ALL[axis]
    yield from swaps.get(word, ())
    if (exchanged := _exchanged(word, axis)) != word:
        yield exchanged
    for cut in range(1, min(len(word), _LONGEST + 1)):
        head, rest = word[:cut], word[cut:]
        for other in swaps.get(head, ()):
            if max(len(head), len(other)) > 2 or rest[0] in _CONSONANTS:  # not lock and rock
                yield other + rest
        rest, tail = word[:-cut], word[-cut:]
        for other in swaps.get(tail, ()):
            if max(len(tail), len(other)) > 2 or rest[-1] in _CONSONANTS:
                yield rest + other
