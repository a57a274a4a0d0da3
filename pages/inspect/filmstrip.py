"""The filmstrip of the Inspect page: the paper's figure 4, how it is computed, and as files."""

from __future__ import annotations

import streamlit as st

from pages.cache.clips import pictures
from pages.cache.inference import attention_rollout
from pages.cache.keys import Result
from pages.shell import headings
from pages.state.view import View
from viz.components.panels import Legend, Panel, mount, panels_data
from viz.text.numbers import percent
from viz.views import figure4


def show(view: View, result: Result) -> None:
    """Draw each frame, lit where the answer draws on it, and how much the frame counts."""
    clip, trace = view.clip, result.trace
    frames = pictures(clip, 224)[list(trace.order)]
    found = attention_rollout(view.loaded, result)
    lit = figure4.lit_frames(frames, found.patches, found.frames)
    best = float(found.frames.max())
    strip = []
    for place, i in enumerate(trace.order):
        share = float(found.frames[place])
        when = f"{clip.times[i]:.2f} s"
        strip.append(
            Panel(
                picture=frames[place],
                alt=f"Frame {place} of the clip, at {clip.times[i]:.2f} seconds",
                note=f"{place} · {when}",
                below=lit[place],
                below_alt=f"Frame {place}, lit where the answer draws on it",
                share=share / best,
                share_note=percent(share),
            )
        )
    scale = figure4.legend(found.patches)
    stops = [f"rgb({r} {g} {b})" for r, g, b in scale.colours.tolist()]
    ticks = [{"at": at, "text": text} for at, text in scale.ticks]
    legend = Legend(
        "Light: a patch’s share of its frame’s attention. Bar and percentage: the frame’s share "
        "of the answer’s attention.",
        stops,
        ticks,
    )
    mount(panels_data(strip, legend, least=96, most=224), key="filmstrip")
    if figure4.is_even(found.patches):
        st.caption("Attention falls evenly on every patch here, so none is lit before another.")
    if found.cls is None:
        st.caption("The clip encoder is off: every frame counts the same.")
    own = "" if found.cls is None else percent(found.cls)
    note = f"Here CLS gives itself {own} of its attention." if own else ""
    headings.definition("inspect", "How this is computed", note, patch=view.config.patch)
