"""Shows what the model was given and what it says."""

import streamlit as st

from pages.shell import headings

view, result = headings.page(
    "Inspect",
    "These are the frames that the model was given and, below each, the same frame lit where the "
    "answer draws on it and dark where it does not. "
    "The bar below says how much the frame counts; then comes how likely the model finds each "
    "class.",
)

from pages.cache.inference import answers  # noqa: E402
from pages.inspect import filmstrip, timeline  # noqa: E402
from pages.widgets.figures import chart  # noqa: E402
from pages.widgets.markdown import plain  # noqa: E402
from sct.synthetic.composite import answer_in  # noqa: E402
from viz.plots.predictions import predictions  # noqa: E402
from viz.text import numbers  # noqa: E402
from viz.text.labels import accuracy, of_clip  # noqa: E402

clip = view.clip
filmstrip.show(view, result)
whole = st.container()  # filled last, as it reads all of the video

cells = st.grid(2, min_column_width=340, gap="large")
with cells.cell():
    st.header("Prediction")
    if clip.repeats:
        st.warning(" ".join(clip.repeats), icon=":material/content_copy:")
        timeline.differing(view)
    told = answers(view, result)
    for one in told:
        if one.question:
            st.subheader(f"What does the {one.question} do?", anchor=False)
        said, labels = one.judged, one.labels
        if said.sentence:
            st.warning(plain(said.sentence), icon=":material/help:")
        truth = answer_in(clip.truth, labels)
        share = numbers.percent(float(one.probabilities[one.best]))
        chart(
            predictions(labels, one.probabilities, truth, said.threshold, said.unlike),
            f"predictions {one.question}".strip(),
            f"Most likely: {labels[one.best]}, {share}",
        )
    if any(one.judged.sentence for one in told):
        title, where = "What this model cannot do", {"show": "Checkpoint"}
        icon = ":material/help:"
        st.page_link("../model/page.py", label=title, icon=icon, query_params=where)
    st.caption(accuracy(view.loaded.card, len(view.loaded.labels)))
with cells.cell():
    st.header("Clip")
    headings.facts(of_clip(clip, view.config.image_size))
    st.header("Time")
    with st.grid(2, min_column_width=120):
        st.metric(
            "Decode",
            f"{clip.decode_s * 1000:.0f} ms" if clip.from_file else "–",
            help="Reading and decoding the file. A made clip needs none.",
        )
        st.metric(
            "Forward",
            f"{result.seconds * 1000:.0f} ms",
            help="One traced pass through the model, on the device named in the sidebar.",
        )
with whole:
    timeline.show(view)
