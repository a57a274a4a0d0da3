"""Shows what the model was given and what it says: clip, answers and timeline on one screen."""

import streamlit as st

from pages.inspect import welcome
from pages.shell import headings
from pages.shell.current import current
from pages.state import url_widgets

welcome.show()
view = current()
headings.banner(view)

from pages.cache.inference import answers as all_answers  # noqa: E402
from pages.cache.inference import result_of  # noqa: E402
from pages.inspect import answers, filmstrip, stage, timeline  # noqa: E402
from pages.shell import exports  # noqa: E402
from viz.text.labels import accuracy, of_clip  # noqa: E402
from viz.views import Look  # noqa: E402

result, clip = result_of(view), view.clip
cells = st.grid(5, min_column_width=150, gap="medium")
with cells.cell(column_span=3), st.container(key="clip"):
    frame = stage.show(view, result)
with cells.cell(column_span=2), st.container(key="answers", gap="small"):
    told = all_answers(view, result)
    answers.show(view, result, told)
    menu = st.container(horizontal=True, vertical_alignment="center")  # filled last
with st.container(key="whole"):
    files = timeline.show(view)
with menu:
    note = ": every frame, and where the answer draws on it"
    exports.show(view, result, "figure4", Look(), key="strip", frame=frame, note=note, more=files)
    answers.caution(told)
st.caption(accuracy(view.loaded.card, len(view.loaded.labels)))
with st.expander(
    "Every frame, and how much it counts",
    icon=":material/view_column:",
    key="frames",
    on_change="rerun",
    **url_widgets.BOUND,
) as strip:
    if strip.open:  # what nobody looks at is not computed
        filmstrip.show(view, result)
with st.expander("About this clip", icon=":material/info:"):
    headings.facts(of_clip(clip, view.config.image_size, result.seconds))
