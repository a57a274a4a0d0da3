"""Shows which patches spoke for the answer, and whether a map that says so is right."""

import streamlit as st

from pages.shell import headings

view, result = headings.page(
    "Attribution",
    "Each patch is coloured by what it did for the answer, as the chosen method has it; the scale "
    "below says what light means, and a second method can be set beside it. "
    "Such a map can be wrong: the badge says whether its method passed its tests, and a button "
    "tests the very map that you see.",
)

from pages.attribution import checks, choices, player  # noqa: E402

headings.doubt(result)
question = choices.draw(view, result)
first = choices.meanwhile(view, question)
player.introduce(view, question, first)
slot = st.empty()
maps = player.attributions(view, first or question, slot)
if maps:
    player.play(view, result, maps)
    player.facts(maps)
    checks.show(view, maps)
    checks.ranking(view, maps[0])
headings.definition("attribution", patch=view.config.patch)
if first:  # last, as all of the page is to be there while this runs
    player.replace(view, question, first, slot)
