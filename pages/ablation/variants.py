"""Variants that a person keeps beside the model as trained: in the session and in the address.

The text in the address is "NAME~ABLATION|NAME~ABLATION"; it is read through one check, whoever
wrote it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from pages.state import url_widgets
from pages.widgets.markdown import plain
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig

MOST = 4
_KEY = "kept"
_NAME_LENGTH, _TEXT_LENGTH = 40, 400
_SEPARATORS = re.compile(r"[|~\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True)
class Kept:
    """A variant: what a person calls it, and what it switches off or changes."""

    name: str
    ablation: Ablation


def kept(config: SCTConfig) -> tuple[Kept, ...]:
    """Those of this session that fit the model, which then stand in the address."""
    wanted = url_widgets.asked(_KEY)
    text = st.session_state.get(_KEY, "") if wanted is None else wanted
    found, problems = _read(text, config)
    if wanted is not None:
        for problem in problems:
            url_widgets.notice(problem)
    if wanted is not None or not problems:  # those of another model wait until it is back
        st.session_state[_KEY] = _written(found)
    _into_address()
    return found


def keep(variants: tuple[Kept, ...]) -> None:
    """Make them those of the session, the first `MOST`; equal names are told apart by a number."""
    taken: list[Kept] = []
    for each in variants[:MOST]:
        name = clean(each.name) or str(each.ablation)[:_NAME_LENGTH]
        same = sum(re.fullmatch(re.escape(name) + r"( \d)?", k.name) is not None for k in taken)
        taken.append(
            Kept(f"{name[: _NAME_LENGTH - 2]} {same + 1}" if same else name, each.ablation)
        )
    st.session_state[_KEY] = _written(tuple(taken))


def clean(name: str) -> str:
    """A name without what separates names in the address."""
    return " ".join(_SEPARATORS.sub(" ", name).split())[:_NAME_LENGTH]


def _written(variants: tuple[Kept, ...]) -> str:
    return "|".join(f"{each.name}~{each.ablation}" for each in variants)


def _into_address() -> None:
    text = st.session_state.get(_KEY, "")
    if not text:
        st.query_params.pop(_KEY, None)
    elif st.query_params.get(_KEY) != text:
        st.query_params[_KEY] = text


def _read(text: str, config: SCTConfig) -> tuple[tuple[Kept, ...], list[str]]:
    found: list[Kept] = []
    problems: list[str] = []
    parts = [part for part in text.split("|") if part.strip()]
    for part in parts[:MOST]:
        name, _, says = part.partition("~")
        name = clean(name)
        try:
            if len(says) > _TEXT_LENGTH:
                raise ValueError(f"an ablation has at most {_TEXT_LENGTH} characters")
            ablation = Ablation.parse(says)
            ablation.validate(config)
        except ValueError as error:
            problems.append(f"Variant “{plain(name, 60)}” was left out: {plain(error, 200)}.")
            continue
        found.append(Kept(name or str(ablation)[:_NAME_LENGTH], ablation))
    if len(parts) > MOST:
        problems.append(f"{len(parts)} variants were asked for, the first {MOST} are kept.")
    return tuple(found), problems
