"""Variants that a person keeps beside the model as trained: in the session and in the address.

The text in the address is "NAME~ABLATION|NAME~ABLATION"; it is read through one check, whoever
wrote it.
"""

from __future__ import annotations

import re

import streamlit as st

from pages.shell.switches import write
from pages.state import url_widgets
from pages.state.view import View
from pages.widgets.markdown import plain
from sct.ablation_study import PRESETS, Variant
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig

MOST = 4
_KEY = "kept"
_NAME_LENGTH, _TEXT_LENGTH = 40, 400
_SEPARATORS = re.compile(r"[|~\x00-\x1f\x7f-\x9f]+")


def variants_of(config: SCTConfig) -> tuple[Variant, ...]:
    """Return those of the session that fit a model, and put them into the address."""
    wanted = url_widgets.requested(_KEY)
    text = st.session_state.get(_KEY, "") if wanted is None else wanted
    found, problems = _parse(text, config)
    if wanted is not None:
        for problem in problems:
            url_widgets.add_notice(problem)
    if wanted is not None or not problems:  # those of another model wait until it is back
        st.session_state[_KEY] = _text(found)
    url_widgets.write_address(_KEY, st.session_state.get(_KEY, ""))
    return found


def store(variants: tuple[Variant, ...]) -> None:
    """Make the first `MOST` those of the session; equal names are told apart by a number."""
    taken: list[Variant] = []
    for each in variants[:MOST]:
        name = _clean(each.name) or str(each.ablation)[:_NAME_LENGTH]
        same = sum(re.fullmatch(re.escape(name) + r"( \d)?", v.name) is not None for v in taken)
        name = f"{name[: _NAME_LENGTH - 2]} {same + 1}" if same else name
        taken.append(Variant(name, each.ablation))
    st.session_state[_KEY] = _text(taken)


def _clean(name: str) -> str:
    """Return a name without what separates names in the address."""
    return " ".join(_SEPARATORS.sub(" ", name).split())[:_NAME_LENGTH]


def _text(variants: tuple[Variant, ...] | list[Variant]) -> str:
    return "|".join(f"{each.name}~{each.ablation}" for each in variants)


def _parse(text: str, config: SCTConfig) -> tuple[tuple[Variant, ...], list[str]]:
    """Return the variants that a text holds and that fit a model, and a sentence for each other."""
    found: list[Variant] = []
    problems: list[str] = []
    parts = [part for part in text.split("|") if part.strip()]
    for part in parts[:MOST]:
        name, _, says = part.partition("~")
        name = _clean(name)
        try:
            if len(says) > _TEXT_LENGTH:
                raise ValueError(f"an ablation has at most {_TEXT_LENGTH} characters")
            ablation = Ablation.parse(says)
            ablation.validate(config)
        except ValueError as error:
            problems.append(f"Variant “{plain(name, 60)}” was left out: {plain(error, 200)}.")
            continue
        found.append(Variant(name or str(ablation)[:_NAME_LENGTH], ablation))
    if len(parts) > MOST:
        problems.append(f"{len(parts)} variants were asked for, the first {MOST} are kept.")
    return tuple(found), problems


def name_of(ablation: Ablation) -> str:
    """Return what a variant may be called."""
    text = str(ablation)
    return next((p.name.lower() for p in PRESETS if p.text == text), text[:_NAME_LENGTH])


def keep(view: View, variants: tuple[Variant, ...]) -> None:
    """Draw a form that stores what the switches say, once they say something."""
    if str(view.ablation) == "none":
        return
    known = next((v.name for v in variants if v.ablation == view.ablation), None)
    suggested = known or name_of(view.ablation)

    def put() -> None:
        name = st.session_state.pop("kept_name", "") or suggested
        store((*variants, Variant(name, view.ablation)))

    why = None
    if known:
        why = f"This is kept already, as “{plain(known)}”."
    elif len(variants) == MOST:
        why = "There is room for four; remove one first."
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Name",
            key="kept_name",
            placeholder="" if why else suggested,
            max_chars=_NAME_LENGTH,
            disabled=bool(why),
        )
        st.button(
            "Keep beside",
            key="keep",
            icon=":material/add_column_right:",
            on_click=put,
            disabled=bool(why),
            help=f"Keeps this beside others, {MOST} at most: a table below has a column for each.",
        )
    if why:
        st.caption(why)


def rows(view: View, variants: tuple[Variant, ...]) -> None:
    """Draw the variants that are stored, each with its switches and a way to remove it."""
    title = f"Show or remove what is kept: {len(variants)} of {MOST}"
    with st.expander(title, icon=":material/view_column:"):
        for i in range(len(variants)):
            _row(view, variants, i)


def _row(view: View, variants: tuple[Variant, ...], i: int) -> None:
    each = variants[i]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(each.name)}**  \n{plain(each.ablation)}", width="stretch")
        st.button(
            "Show",
            key=f"kept_show_{i}",
            on_click=write,
            args=(each.ablation,),
            disabled=each.ablation == view.ablation,
            help="Set the switches to this variant.",
        )
        st.button(
            "Remove",
            key=f"kept_remove_{i}",
            on_click=store,
            args=((*variants[:i], *variants[i + 1 :]),),
        )
