"""The Attribution page: what is asked, the maps, and their player."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.cache import attributions
from pages.cache.clips import sprite
from pages.cache.inference import Result
from pages.cache.verdicts import fixed_set, verdict
from pages.shell import exports
from pages.state import url_values
from pages.state.view import View
from pages.widgets.markdown import plain, sentence
from pages.widgets.progress import running
from sct.attribution import METHODS, Attribution, Method, method_of
from sct.errors import SCTError
from viz.components.heatplayer import mount
from viz.components.heatplayer.contents import heat_message
from viz.components.heatplayer.from_attribution import heat_map
from viz.text.attribution import label_place, question
from viz.text.numbers import percent
from viz.views import Look

PLAYER = "heat_player"
FAST = ("saliency", "input-x-gradient", "grad-cam", "rollout")  # of one pass
_NONE = "none"
_LAST = "_attribution_shown"
_FIELDS = ("method", "method2", "target", "against")


@dataclass(frozen=True)
class Asked:
    """What a person wants to know, by which one or two methods."""

    methods: tuple[Method, ...]
    target: int
    against: int | None


class Label(int):
    """The place of a class, whose text is its name where no other has it."""

    def __new__(cls, place: int, text: str) -> Label:
        self = super().__new__(cls, place)
        self.text = text
        return self

    def __str__(self) -> str:
        return self.text


def label_of(labels: tuple[str, ...], otherwise: Label):
    """Reads a class as a link has it: by its name or by its number, or what stands for none."""

    def read(text: str) -> Label:
        if text == str(otherwise):
            return otherwise
        place = label_place(text, labels)
        name = labels[place]
        clear = labels.count(name) == 1 and name != str(otherwise)
        return Label(place, name if clear else str(place))

    return read


def choices(view: View, result: Result) -> Asked:
    """The four questions: by which method, beside which other, why what, and why not what."""
    keys = [method.key for method in METHODS]
    labels, best = view.loaded.labels, int(result.probabilities.argmax())
    likeliest, nothing = Label(-1, "most likely"), Label(-1, _NONE)
    default = first_choice(view)
    st.session_state.setdefault(_LAST, {"method": default, "method2": _NONE})
    first = url_values.value("method", "Method", url_values.one_of(*keys), default)
    second = url_values.value("method2", "Second method", url_values.one_of(_NONE, *keys), _NONE)
    target = url_values.value("target", "Class", label_of(labels, likeliest), likeliest)
    against = url_values.value("against", "And not", label_of(labels, nothing), nothing)
    if second == first:
        second = _reset("method2")
    why = best if target < 0 else int(target)
    if int(against) == why:
        against = nothing
        _reset("against")

    def name(key: str) -> str:
        if key == _NONE:
            return "the clip as it is"
        method = method_of(key)
        found = verdict(view, key, why, None if against < 0 else int(against))
        return f"{method.name}{' ✕' if found.passed is False else ''}"

    def chance(place: int) -> str:
        return f"{labels[place]} · {percent(float(result.probabilities[place]))}"

    order = np.argsort(-result.probabilities, kind="stable").tolist()
    cells = st.grid(4, min_column_width=200)
    with cells.cell():
        _select("Method", "method", keys, first, name, help=_METHODS_HELP)
    with cells.cell():
        others = [key for key in keys if key != first]
        _select("Beside it", "method2", [_NONE, *others], second, name)
    with cells.cell():
        _select(
            "Why this class",
            "target",
            ["most likely", *map(str, order)],
            "most likely" if target < 0 else str(int(target)),
            lambda x: f"most likely: {chance(best)}" if x == "most likely" else chance(int(x)),
        )
    with cells.cell():
        rest = [str(i) for i in order if i != why]
        _select(
            "and not",
            "against",
            [_NONE, *rest],
            _NONE if against < 0 else str(int(against)),
            lambda x: "–" if x == _NONE else chance(int(x)),
            help="Asks for the difference of both logits: what made the model prefer the one class "
            "to the other.",
        )
    methods = tuple(method_of(key) for key in (first, second) if key != _NONE)
    return Asked(methods, why, None if against < 0 else int(against))


def first_choice(view: View) -> str:
    """What a visitor sees at once: the best of the fast methods over the fixed set.

    One that passed, if any did, else one of which the set leaves open whether it can be believed.
    """
    table = fixed_set(view.loaded.name)
    rows = [row for row in table["methods"] if row["method"] in FAST] if table else []
    for wanted in (True, None):
        for row in rows:
            if row["passed"] is wanted:
                return row["method"]
    return FAST[0]


_METHODS_HELP = (
    "Gradient methods ask how the answer reacts to tiny changes, perturbation methods what happens "
    "when parts are taken away, attention methods where attention went. ✕ marks those that did not "
    "stand their test."
)


def _reset(key: str) -> str:
    url_values.put(key, _NONE)
    st.query_params.pop(key, None)
    return _NONE


def _select(label: str, key: str, options: list[str], value: str, shown: Any, **more: Any) -> None:
    """A box that shows what is pinned and pins what is chosen."""
    widget = f"_attribution_{key}"
    st.session_state[widget] = value
    st.selectbox(
        label,
        options,
        key=widget,
        format_func=shown,
        on_change=lambda: url_values.put(key, st.session_state[widget]),
        **more,
    )


def make(view: View, asked: Asked) -> list[Attribution]:
    """The maps, from the shelf or made with a bar; a sentence in place of one that cannot be."""
    # One place for however many sentences: what follows must keep its own while a map is made, or
    # the page would not be seen as it was.
    with st.container():
        _introduce(view, asked)
    slot = st.empty()
    ask = asked.target, asked.against
    made = []
    for method in asked.methods:
        known = attributions.kept(view, method.key, *ask)
        if known is None:
            try:
                with running(slot, f"cancel_{method.key}", _back) as told:
                    bar = told(f"{method.name}: asking the model")
                    known = attributions.attribution(view, method.key, *ask, progress=bar)
            except (SCTError, LookupError, ValueError) as error:
                st.error(f"{method.name}: {sentence(error)}", icon=":material/error:")
                continue
        made.append(known)
    if made:
        st.session_state[_LAST] = {key: url_values.text(key) for key in _FIELDS}
    return made


def _back() -> None:
    """The page as it was before what is cancelled was asked for."""
    for key, text in st.session_state[_LAST].items():
        if text is not None:
            url_values.put(key, text)


def _introduce(view: View, asked: Asked) -> None:
    """The question, and of each method what it does and whether it can be believed."""
    labels = view.loaded.labels
    st.header(plain(question(labels, asked.target, asked.against)))
    for method in asked.methods:
        found = verdict(view, method.key, asked.target, asked.against)
        colour = {"open": "gray", "passed": "green", "failed": "red"}[found.kind]
        st.markdown(
            f"**{method.name}** ({method.family}) :{colour}-badge[{found.mark} {found.badge}] "
            f"{method.what} {plain(found.why) if found.passed is False else ''}"
        )


@st.fragment
def player(view: View, result: Result, maps: list[Attribution]) -> None:
    """Plays the maps over the clip, and hands them over as files."""
    order, labels = result.trace.order, view.loaded.labels
    shown = [
        heat_map(
            a, method_of(a.method), labels, order, verdict(view, a.method, a.target, a.against)
        )
        for a in maps
    ]
    size = np.abs(shown[0].values)
    count, grid, _ = size.shape
    start = int(size.sum((1, 2)).argmax())
    frame = url_values.value("frame", "Frame", url_values.whole(0, count - 1), start)
    strongest = np.unravel_index(size[frame].argmax(), (grid, grid))
    middle = url_values.Patch(int(i) for i in strongest)
    patch = url_values.value("patch", "Patch", url_values.patch(grid), middle)
    pin = {"frame": frame, "row": patch[0], "column": patch[1], "edit": url_values.edit(PLAYER)}

    def message() -> tuple[bytes, range]:
        times = [view.clip.times[i] for i in order]
        given = shown, pin, view.config.patch
        return heat_message(sprite(view.clip, order), times, *given), range(count)

    about = [(a.method, a.target, a.against, m.verdict) for a, m in zip(maps, shown, strict=True)]
    of = (view.clip.hash, view.loaded.name, str(view.maps_ablation), *about)
    fields = {"frame": "frame", "patch": "patch"}
    mount(
        url_values.message(PLAYER, of, frame, message),
        key=PLAYER,
        on_change=lambda told: url_values.keep(PLAYER, told, fields),
    )
    look = Look(
        methods=tuple(a.method for a in maps), target=maps[0].target, against=maps[0].against
    )
    exports.show(view, result, "attribution", look, key="attribution_files", frame=frame)


def facts(maps: list[Attribution]) -> None:
    """What each run took, and how far its values add up to what they are to explain."""
    for found in maps:
        told = found.facts
        many = "one pass" if told["passes"] == 1 else f"{told['passes']:.0f} passes"
        said = f"{many} through the model in {told['seconds']:.1f} s"
        if "completeness_error" in told:
            said += f"; completeness error {told['completeness_error']:.2%}"
        st.caption(f"**{method_of(found.method).name}**: {said}.")


def definition(view: View) -> None:
    """What exactly each method computes, and each check."""
    st.markdown(_DEFINITION.replace("{patch}", str(view.config.patch)))


_DEFINITION = r"""
$f$ is the logit of the class in question, before softmax, or with *and not* the difference
$z_A - z_B$ of two; $x$ the normalised pixels of the clip, $x'$ the same clip **stood still**: each
pixel is its mean over time, so that texture stays and motion goes. A value of a patch is the sum
over its {patch} × {patch} pixels and their colours; what a method says of a larger part is spread
evenly over its patches.

| method | value | source |
|---|---|---|
| Saliency | $\lvert \partial f / \partial x \rvert$ | Simonyan et al. 2013 |
| Input × gradient | $x \, \partial f / \partial x$ | Shrikumar et al. 2016 |
| SmoothGrad | $\lvert \tfrac1n \sum_i \partial f / \partial x \, (x + \varepsilon_i) \rvert$, $\varepsilon_i$ normal noise | Smilkov et al. 2017 |
| Integrated gradients | $(x - x') \int_0^1 \partial f / \partial x \, (x' + a (x - x')) \, da$ | Sundararajan et al. 2017 |
| Layer Grad-CAM | $\sum_c \alpha_c h_c$, $h$ the output of the last stage, $\alpha_c$ the mean of $\partial f / \partial h_c$ | Selvaraju et al. 2017 |
| Occlusion | $f(x) - f(x_B)$, $x_B$ with a box $B$ of space and time from $x'$; mean over the boxes of a patch | Zeiler and Fergus 2014 |
| Chunk, frame ablation | $f(x) - f(x_B)$, $B$ one chunk of one frame, or one frame | Kokhlikyan et al. 2020 |
| Shapley values | mean over orders in which frames join $x'$ of what a frame adds to $f$ | Castro et al. 2009 |
| Attention rollout | product of all $\tfrac12 (I + A)$, see Inspect; the same for every class | Abnar and Zuidema 2020 |

All but rollout are computed by Captum (Kokhlikyan et al. 2020). **Completeness error** is what the
values of integrated gradients leave open of $f(x) - f(x')$, as a share of it, on a way on which
tokens stay sorted into the buckets of LSH attention that the clip has.

**Checks.** *Deletion* replaces patches of $x$ by those of $x'$, the highest values first, and
*insertion* brings them back into $x'$; the curves are the probability of the class, or with *and
not* its share of both, and the areas under them are means over the share of patches (Petsiuk et
al. 2018). *Random orders* are five seeded ones; *motion energy* orders patches by how much their
pixels change from frame to frame. *Other weights* is Spearman’s rank correlation with the map for a
model whose weights were shuffled (Adebayo et al. 2018). *Infidelity* and *sensitivity-max* are Yeh
et al. 2019, the first over that of an empty map. A map **passes** where its order beats every
random one, that correlation stays below 0.5 in size, and noise of two grey levels changes it by
less than its own size; it can then be read as an order. Whether values can be read as amounts, too,
is for infidelity to say, and motion energy may well be what an answer rests on: neither is needed.

**Axes and colours.** Frame × row × column of patches, all from 0; rows count down. One colour scale
a map for the whole clip, whose end 0.5% of its patches pass. *Share* is a value’s size over the sum
of all sizes, whatever their sign; an *even share* is one over the number of patches.

**Source.** `sct/attribution/attribute.py`, `sct/attribution/`; `docs/attributions.md` has more, and
`benchmarks/studies/attributions.py` measures the fixed set.
"""  # noqa: E501
