"""The checkpoints that this server can load, on the Model page."""

from __future__ import annotations

import streamlit as st

from pages.cache import checkpoints
from pages.state.view import selected
from pages.widgets.markdown import plain, sentence
from sct.checkpoint import model_card
from sct.checkpoint.io import list_models, shipped
from sct.numbers import cut
from sct.profiling.layers import layer_costs
from viz.text.numbers import millions

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
    card, problem = checkpoints.card_of(name)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap="xsmall"):
            st.markdown(f"**{plain(name, 80)}**")
            if card is None:
                st.caption(f":material/error: {sentence(problem)}")
            else:
                st.caption(_about(name, card))
        loaded = name == selected().model
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
    config = checkpoints.config_of(card)
    found = layer_costs(config)
    said = [
        model_card.text(card, "task") or f"{config.num_classes} classes",
        f"{millions(sum(p.parameters for p in found))} parameters",
        f"{config.frames} × {config.image_size} × {config.image_size}",
    ]
    measured = model_card.measurement(card, "synthetic")
    said.append(f"right for {cut(measured.top1[0])}" if measured else "accuracy not measured")
    said.append("shipped" if shipped(name) else "from SCT_MODELS")
    return plain(" · ".join(said), 300)
