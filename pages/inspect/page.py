"""Inspect: what the model was given and what it says."""

import streamlit as st

from pages.shell import headings
from pages.shell.current import current

headings.heading(
    "Inspect",
    "These are the frames that the model was given and, below each, the same frame lit where the "
    "answer draws on it and dark where it does not. "
    "The bar below says how much the frame counts; then comes how likely the model finds each "
    "class.",
)
view = current()
headings.banner(view)
result = view.result()

from pages.inspect import filmstrip  # noqa: E402
from viz.plots.predictions import predictions  # noqa: E402
from viz.text import numbers  # noqa: E402
from viz.text.labels import of_clip  # noqa: E402

clip = view.clip
filmstrip.show(view, result)

cells = st.grid(2, min_column_width=340, gap="large")
with cells.cell():
    st.header("Prediction")
    figure = predictions(view.loaded.labels, result.probabilities, clip.truth)
    best = int(result.probabilities.argmax())
    st.plotly_chart(
        figure,
        key="predictions",
        config={"displayModeBar": False},
        alt=f"Most likely: {view.loaded.labels[best]}, "
        f"{numbers.percent(float(result.probabilities[best]))}",
    )
    st.caption(headings.accuracy(view.loaded.card, len(view.loaded.labels)))
with cells.cell():
    st.header("Clip")
    headings.facts(of_clip(clip, view.config.image_size))
    st.header("Time")
    with st.grid(2, min_column_width=120):
        made = view.made is not None
        st.metric(
            "Decode",
            "–" if made else f"{clip.decode_s * 1000:.0f} ms",
            help="Reading and decoding the file. A made clip needs none.",
        )
        st.metric(
            "Forward",
            f"{result.seconds * 1000:.0f} ms",
            help="One traced pass through the model, on the device named in the sidebar.",
        )
