"""Measures on request how long each part of an architecture takes on this server."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.cache.lru import LRUCache
from pages.widgets.markdown import sentence
from pages.widgets.turns import turn
from sct.model.config import SIZES, SCTConfig
from sct.profiling.layers import LayerCost
from viz.html.model import milliseconds

_TIMES, _REQUESTED = "_part_times", "_time_requested"
_BEGINNING = "Making the model …"
_SHOWN = "shown"  # requested: what is on the screen
_QUICK = 5e9  # multiply-adds up to which each part is timed five times


def _times() -> LRUCache:
    """Return the times of the session: config -> seconds by part, and of the whole."""
    return st.session_state.setdefault(_TIMES, LRUCache(8))


def measured(config: SCTConfig) -> dict[str, float] | None:
    """Return the seconds by part and of the "whole", once they were measured."""
    return _times().get(config)


def draw(name: str, config: SCTConfig, found: tuple[LayerCost, ...]) -> None:
    """Draw a button that measures the time of each part, and what it found.

    Args:
        name: of a checkpoint or a size. found: its parts.
    """
    known = measured(config)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Measure again" if known else "Measure time on this device",
            key="measure",
            icon=":material/timer:",
            help="Runs each part by itself on the server, in the order of the forward pass.",
            # Not which: a click during a run is answered by what the run before it had drawn.
            on_click=lambda: st.session_state.update({_REQUESTED: _SHOWN}),
        )
        place = st.empty()
    # Requested until it is there or cancelled: a browser may have the page run again meanwhile.
    if st.session_state.get(_REQUESTED) == _SHOWN:
        st.session_state[_REQUESTED] = config
    if st.session_state.get(_REQUESTED) == config:
        times = _measure(name, config, found, place)
        _forget()
        if times is not None:
            _times().put(config, times)
            st.rerun()  # the diagram above has its times, too
    if known:
        alone = sum(known[p.key] for p in found)
        place.caption(
            f"One clip takes {milliseconds(known['whole'])}; its parts, each by itself, add up to "
            f"{milliseconds(alone)}. The fastest of {_runs(found)} runs."
        )


def _forget() -> None:
    st.session_state.pop(_REQUESTED, None)


def _runs(found: tuple[LayerCost, ...]) -> int:
    return 5 if sum(p.macs for p in found) <= _QUICK else 2


def _measure(
    name: str, config: SCTConfig, found: tuple[LayerCost, ...], place: Any
) -> dict[str, float] | None:
    """Return seconds by part; None where it cannot be measured now, which is then said."""
    import torch

    from pages.cache.models import device, load
    from sct.errors import Busy
    from sct.kernels.allocator import out_of_memory
    from sct.model.sct import SCT
    from sct.profiling.layers import times

    box = place.container(horizontal=True, vertical_alignment="center", gap="small")
    bar = box.progress(0.0, _BEGINNING, width=320)
    box.button("Cancel", key="measure_cancel", on_click=_forget)
    names = [*(p.name for p in found), "The whole pass", "Done"]
    try:
        with turn(show=lambda text: bar.progress(0.0, text or _BEGINNING)) as mine:
            if name in SIZES:  # untrained weights take as long as any
                with torch.device(device().name):
                    model = SCT(config).eval()
            else:
                model = load(name).model
            frames = torch.randn(1, config.frames, 3, config.image_size, config.image_size)

            def progress(done: int, total: int) -> None:
                mine.give_way()  # between two parts, of which none is timed
                bar.progress(done / total, names[done * (len(found) + 1) // total])

            return times(model, frames.to(model.device), _runs(found), progress)
    except Busy as error:
        place.info(sentence(error))
        return None
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        place.error("There is not enough memory here to measure this size.")
        return None
