"""The filmstrip of the Inspect page: the paper's figure 4, how it is computed, and as files."""

from __future__ import annotations

import streamlit as st

from pages.cache.clips import pictures
from pages.cache.inference import Result, rolled
from pages.shell import exports
from pages.state.view import View
from viz.components.panels import Legend, Panel, mount, panels_data
from viz.text.numbers import percent
from viz.views import Look, figure4

_HOW = r"""
**Within a frame** (*patch attention*). A layer's output for a token is half the token itself, by
the residual, and half what attention brings; so its matrix is $\tfrac12(I + A)$, with $A$ the mean
of its heads. All of them are multiplied, from the frame's embedding $e$ (the mean of its last
grid) back to its first patches:

$$p_t = e^\top\, M_S^{\text{shifted}}\, P_S\, M_S^{\text{LSH}}\, M_S^{\text{chunk}} \cdots
M_1^{\text{shifted}}\, P_1\, M_1^{\text{LSH}}\, M_1^{\text{chunk}},\qquad M = \tfrac12(I + A)$$

$P_s$ is the pooling of stage $s$, which takes a token's four in equal parts. Shifted attention has
two maps, over the keys of the frame before and of the frame itself; both weigh the values of the
frame *itself*, so $A$ is their mean, and nothing leaves the frame.

**Between frames** (*frame attention*). $c_t$ is what CLS gives to frame $t$ in the last layer of
the clip encoder, mean of heads, without what it gives itself, and sums to 1 over the frames. Light
is $p_t$ over an even share, dimmed by $\sqrt{T c_t}$ where a frame counts less than an even one.

**Axes.** $p$: frame × row × column of patches of {patch} × {patch} pixels, each frame's sum is 1;
$c$: frame. **Source.** Figure 4 of Zha et al. (NeurIPS 2021) shows such strips and gives no
formula; the one within a frame is attention rollout (Abnar and Zuidema, 2020).

**What it is not.** Rollout leaves out feed-forward layers and what the values hold, and weighs all
heads alike: it shows where the answer *could* draw on, not why it is what it is. Stripes along the
edges of chunks are a habit of chunk attention, whatever the clip shows.
"""


def show(view: View, result: Result) -> None:
    clip, trace = view.clip, result.trace
    frames = pictures(clip, 224)[list(trace.order)]
    found = rolled(view.loaded, clip, result)
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
    with st.expander("How this is computed", icon=":material/function:"):
        st.markdown(_HOW.replace("{patch}", str(view.config.patch)))
        if found.cls is not None:
            st.caption(f"Here CLS gives itself {percent(found.cls)} of its attention.")
    exports.show(view, result, "figure4", Look(), key="strip", frame=min(3, len(clip.times) - 1))
