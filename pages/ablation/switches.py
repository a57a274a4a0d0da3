"""The switches of the Ablation page: the diagram's, and one for each number of `Ablation`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from pages.shell.switches import choose, chosen, lsh_numbers, widget_key, write
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig

_EDIT = "_diagram_edit"
_TRAINED = Ablation()
_NUMBERS = ("offsets", "window", "heads_off", "rounds", "bucket", "seed")


def diagram(ablation: Ablation, config: SCTConfig) -> None:
    """Draw the model, each part a switch."""
    from viz.components.diagram import diagram_data, mount, switched

    def on_switch(told: object) -> None:
        changed, st.session_state[_EDIT] = switched(config, ablation, told)
        write(changed)

    edit = st.session_state.get(_EDIT, 0)
    mount(diagram_data(config, ablation, switches=True, edit=edit), "ablation_diagram", on_switch)


def numbers(ablation: Ablation, config: SCTConfig) -> None:
    """Draw what has more values than the diagram has room for, open if any is not as trained."""
    changed = any(getattr(ablation, name) != getattr(_TRAINED, name) for name in _NUMBERS)
    changed = changed or ablation.order.startswith("shuffled")
    more = st.expander(
        "Single heads, frames back, window, hashing", expanded=changed, icon=":material/tune:"
    )
    with more, st.grid(3, min_column_width=160, gap="small"):
        if config.shifted_blocks:
            _offsets(ablation, config)
            _window(ablation, config)
        _heads(ablation, config)
        lsh_numbers(ablation, config)
        _shuffle(ablation)


def _offsets(ablation: Ablation, config: SCTConfig) -> None:
    def change(text: str | None) -> None:
        write(replace(ablation, offsets=tuple(map(int, text.split(","))) if text else ()))

    choose(
        "Frames from query to key",
        "offsets",
        config.shifted_offsets,
        [str(offset) for offset in range(config.frames)],
        ",".join(map(str, ablation.offsets)),
        change,
        help="How many frames back the previous map looks; 0 is the frame itself. One number a "
        "head (multi-scale) can be written in the text form.",
    )


def _window(ablation: Ablation, config: SCTConfig) -> None:
    def change() -> None:
        window = chosen("window")
        write(replace(ablation, window="" if window == config.shifted_window else window))

    st.segmented_control(
        "Shifted attention sees",
        ["chunk", "frame"],
        required=True,
        key=widget_key("window", ablation.window or config.shifted_window),
        format_func={"chunk": "chunk", "frame": "whole frame"}.get,
        on_change=change,
    )


def _shuffle(ablation: Ablation) -> None:
    mode, _, seed = ablation.order.partition("(")
    if mode != "shuffled":
        return

    def change() -> None:
        write(replace(ablation, order=f"shuffled({int(chosen('shuffle') or 0)})"))

    st.number_input(
        "Shuffle seed",
        0,
        999_999_999,
        step=1,
        key=widget_key("shuffle", int(seed.rstrip(")"))),
        on_change=change,
    )


def _heads(ablation: Ablation, config: SCTConfig) -> None:
    names: dict[Any, str] = {}
    for stage, (heads, shifted, grounded) in enumerate(
        zip(config.heads, config.shifted_heads, config.grounded_heads, strict=True), 1
    ):
        for part, count in (("vilt", heads), ("lsh", heads), ("shifted", shifted)):
            for head in range(count):
                kind = ""
                if part == "shifted" and grounded:
                    kind = " ◆ grounded" if head in grounded else " ○ free"
                names[(stage, part, head)] = f"Stage {stage} · {part} · head {head}{kind}"
    st.multiselect(
        "Heads whose output is zeroed",
        list(names),
        key=widget_key("heads", list(ablation.heads_off)),
        format_func=names.get,
        placeholder="none",
        on_change=lambda: write(replace(ablation, heads_off=tuple(chosen("heads")))),
    )
