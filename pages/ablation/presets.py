"""One click for the questions that most people have."""

from __future__ import annotations

import streamlit as st

from pages.ablation import switches, variants
from pages.state.view import View
from sct.ablation_study import PRESETS, TABLE_5, Preset
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig

_TABLE_5 = "table 5"


def name_of(ablation: Ablation) -> str:
    """What a variant may be called."""
    text = str(ablation)
    return next((p.name.lower() for p in PRESETS if p.text == text), text[:40])


def draw(view: View) -> None:
    now, config = str(view.ablation), view.config
    with st.container(horizontal=True, gap="xsmall"):
        _button("As trained", "none", "Everything on.", now)
        for preset in PRESETS:
            if not preset.group and preset.fits(config):
                _button(preset.name, preset.text, preset.asks, now)
        if rows := _rows(config):
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
        on_click=switches.write,
        args=(Ablation.parse(text),),
        help=asks,
    )


def _rows(config: SCTConfig) -> tuple[Preset, ...]:
    """Of table 5, what this model can do and was not trained as."""
    return tuple(p for p in PRESETS if p.group == _TABLE_5 and p.fits(config))


def _beside(rows: tuple[Preset, ...]) -> None:
    switches.write(Ablation())
    variants.keep(tuple(variants.Kept(p.name, Ablation.parse(p.text)) for p in rows))
