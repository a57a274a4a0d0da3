"""The checkpoints that this server can load, on the Model page."""

from __future__ import annotations

import streamlit as st

from pages.common import shelf
from pages.common.session import chosen
from pages.common.text import plain, sentence
from sct import cards
from sct.measuring.parts import parts
from sct.weights import list_models, shipped
from viz.charts import millions
from viz.words import cut

_MOST = 100


def show() -> None:
    st.header("Checkpoints on this server")
    st.markdown(
        "Each is a `.safetensors` file with its `.json` card beside it. Whoever runs this server "
        "names a folder of them in the environment variable `SCT_MODELS`; the files appear here by "
        "themselves. `python -m sct train` writes such pairs."
    )
    names = list_models()
    if not names:
        st.info("There is none yet.", icon=":material/inventory_2:")
    for number, name in enumerate(names[:_MOST]):
        _line(number, name)
    if len(names) > _MOST:
        st.caption(f"{len(names) - _MOST} more can be chosen in the sidebar.")


def _line(number: int, name: str) -> None:
    card, problem = shelf.looked_at(name)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap="xsmall"):
            st.markdown(f"**{plain(name, 80)}**")
            if card is None:
                st.caption(f":material/error: {sentence(problem)}")
            else:
                st.caption(_about(name, card))
        loaded = name == chosen().model
        st.button(
            "Loaded" if loaded else "Load",
            key=f"load_{number}",
            disabled=loaded or card is None,
            help=f"Shows {plain(name, 80)} on every page." if not loaded else None,
            on_click=_load,
            args=(name,),
        )


def _load(name: str) -> None:
    st.session_state["model"] = name


def _about(name: str, card: dict) -> str:
    config = shelf.config_of(card)
    found = parts(config)
    said = [
        cards.text(card, "task") or f"{config.num_classes} classes",
        f"{millions(sum(p.parameters for p in found))} parameters",
        f"{config.frames} × {config.image_size} × {config.image_size}",
    ]
    measured = cards.exam(card, "made")
    said.append(f"right for {cut(measured.top1[0])}" if measured else "accuracy not measured")
    said.append("shipped" if shipped(name) else "from SCT_MODELS")
    return plain(" · ".join(said), 300)
