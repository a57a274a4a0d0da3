"""Attribution: which patches spoke for the answer, and whether a map that says so is right."""

import streamlit as st

from pages.common import words
from pages.common.session import current

words.heading(
    "Attribution",
    "Each patch is coloured by what it did for the answer, as the chosen method has it; the scale "
    "below says what light means, and a second method can be set beside it. "
    "Such a map can be wrong: the badge says whether its method passed its tests, and a button "
    "tests the very map that you see.",
)
view = current()
words.banner(view)
result = view.result()

from pages.common import attribution_check, attribution_view  # noqa: E402

asked = attribution_view.choices(view, result)
maps = attribution_view.make(view, asked)
if maps:
    attribution_view.player(view, result, maps)
    attribution_view.facts(maps)
    attribution_check.show(view, maps)
    attribution_check.ranking(view, maps[0])
with st.expander("Exact definition", icon=":material/function:"):
    attribution_view.definition(view)
