"""One click for the questions that most people have."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.common import kept, switches
from pages.common.session import View
from sct.ablation import Ablation


@dataclass(frozen=True)
class Preset:
    """What is asked, in the text form of an ablation."""

    name: str
    text: str
    asks: str


PRESETS = (
    Preset("As trained", "none", "Everything on."),
    Preset("No motion path", "shifted=self", "Does it need to see where things were before?"),
    Preset("No shifted attention", "shifted=off", "What if the block is left out as a whole?"),
    Preset("Exact attention", "lsh=full", "Does hashing lose anything?"),
    Preset("No LSH", "lsh=off", "Does it need to look across the whole frame?"),
    Preset("No clip encoder", "clip=mean", "Does it need the order of frames in the end?"),
    Preset("First frame only", "order=repeat-first", "Can it tell without any motion?"),
    Preset("Reversed", "order=reversed", "Does the answer turn around with time?"),
    Preset("Shuffled", "order=shuffled(1)", "Does the order of frames matter?"),
)


def name_of(ablation: Ablation) -> str:
    """What a variant may be called."""
    text = str(ablation)
    return next((p.name.lower() for p in PRESETS if p.text == text), text[:40])


def draw(view: View) -> None:
    now = str(view.ablation)
    with st.container(horizontal=True, gap="xsmall"):
        for each in PRESETS:
            st.button(
                each.name,
                key=f"preset_{each.text}",
                type="primary" if now == each.text else "secondary",
                on_click=switches.write,
                args=(Ablation.parse(each.text),),
                help=each.asks,
            )
        st.button(
            "The paper’s table 5",
            key="preset_table5",
            icon=":material/view_column:",
            on_click=_table5,
            help="Keeps the rows that switches can make: no shifted MSA, and five frames back.",
        )


def _table5() -> None:
    switches.write(Ablation())
    kept.keep(
        (
            kept.Kept("no shifted MSA (0, 0)", Ablation(shifted=("off",))),
            kept.Kept("5 frames back (1, 5)", Ablation(offsets=(5,))),
        )
    )
