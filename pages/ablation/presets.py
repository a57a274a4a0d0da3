"""Buttons for the questions that most people have."""

from __future__ import annotations

import streamlit as st

from pages.ablation import variants
from pages.shell.switches import write
from pages.state.view import View
from sct.ablation_study import PRESETS, TABLE_5, Preset, Variant
from sct.model.ablation import Ablation

_TABLE_5 = "table 5"


def draw(view: View) -> None:
    """Draw a button for each preset that fits the model."""
    now = str(view.ablation)
    fitting = [p for p in PRESETS if p.fits(view.config)]
    with st.container(horizontal=True, gap="xsmall"):
        _button("As trained", "none", "Everything on.", now)
        for preset in fitting:
            if not preset.group:
                _button(preset.name, preset.text, preset.asks, now)
        if rows := [p for p in fitting if p.group == _TABLE_5]:
            st.button(
                "The paper’s table 5",
                key="preset_table5",
                icon=":material/view_column:",
                on_click=_beside,
                args=(rows,),
                help=TABLE_5,
            )


def _button(name: str, text: str, asks: str, now: str) -> None:
    st.button(
        name,
        key=f"preset_{text}",
        type="primary" if now == text else "secondary",
        on_click=write,
        args=(Ablation.parse(text),),
        help=asks,
    )


def _beside(rows: list[Preset]) -> None:
    write(Ablation())
    variants.store(tuple(Variant(p.name, Ablation.parse(p.text)) for p in rows))
