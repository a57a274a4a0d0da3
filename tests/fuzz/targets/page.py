"""A page that draws and reads one of each kind, as the app's pages do; `urls` opens it."""

import streamlit as st

from pages.learn import progress
from pages.state import lab_clip, url_values, url_widgets, window

if (told := st.session_state.pop("told", None)) is not None:
    url_values.store("player", told, {**dict.fromkeys(("mode", "frame"), "x"), "patch": "patch"})
notices = st.empty()
window.fields("Sample", 0.0, 0.1)
window.crop()
lab_clip.spec()
url_values.value("frame", "Frame", url_values.whole(0, 7), 3)
patch = url_values.value("patch", "Patch", url_values.patch(28), url_values.Patch((13, 14)))
url_values.value("mode", "Mode", url_values.one_of("maps", "motion"), "maps")
url_values.value("x", "What a player told", url_values.whole(0, 7), 3)
url_values.view_of("player", 3, patch, pinned=True)
progress.answers()
url_widgets.segments("Stage", ("1", "2", "3"), "stage", "2")
url_widgets.select("Model", ("sct-scene", "sct-motion"), "model", "sct-scene")
url_widgets.number("Clips", 10, 2000, 100, 10, "clips")
url_widgets.slide("Pairs", 2, 10, 5, "pairs")
url_widgets.toggle("Everywhere", "everywhere")
url_widgets.show_notices(notices)
