"""Attribution: which patches spoke for the answer, and whether a map that says so is right."""

import streamlit as st

from pages.shell import headings
from pages.shell.current import current

headings.heading(
    "Attribution",
    "Each patch is coloured by what it did for the answer, as the chosen method has it; the scale "
    "below says what light means, and a second method can be set beside it. "
    "Such a map can be wrong: the badge says whether its method passed its tests, and a button "
    "tests the very map that you see.",
)
view = current()
headings.banner(view)
result = view.result()

from pages.attribution import checks, player  # noqa: E402

asked = player.choices(view, result)
maps = player.make(view, asked)
if maps:
    player.player(view, result, maps)
    player.facts(maps)
    checks.show(view, maps)
    checks.ranking(view, maps[0])
with st.expander("Exact definition", icon=":material/function:"):
    player.definition(view)
