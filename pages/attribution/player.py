"""The maps of the Attribution page, and their player."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.attribution import choices
from pages.attribution.choices import Question
from pages.cache import attributions as cache
from pages.cache.clips import sprite
from pages.cache.keys import Result, view_key
from pages.cache.verdicts import verdict
from pages.shell import exports
from pages.state import url_values
from pages.state.view import View
from pages.widgets.markdown import plain, sentence
from pages.widgets.progress import running
from sct.attribution import Attribution, method_of
from sct.errors import SCTError
from viz.components.heatplayer import mount
from viz.components.heatplayer.contents import heat_message
from viz.components.heatplayer.from_attribution import heat_map
from viz.text.attribution import question as question_text
from viz.views import Look

PLAYER = "heat_player"


def introduce(view: View, question: Question, first: Question | None) -> None:
    """Draw the question, and of each method what it does and whether it can be believed.

    Args:
        first: what is shown until what was asked for is there, if anything.
    """
    classes = question.target, question.against
    # One place for however many sentences: what follows must keep its own while a map is computed,
    # or the page would not be seen as it was.
    with st.container():
        st.header(plain(question_text(view.loaded.full_labels, *classes)))
        for method in (first or question).methods:
            found = verdict(view, method.key, *classes)
            colour = {"open": "gray", "passed": "green", "failed": "red"}[found.kind]
            st.markdown(
                f"**{method.name}** ({method.family}) :{colour}-badge[{found.mark} {found.badge}] "
                f"{method.what} {plain(found.why) if found.passed is False else ''}"
            )
        if first:
            (best,), (quick,) = question.methods, first.methods
            st.markdown(
                f":material/hourglass_top: This map was there at once and ranks "
                f"{choices.rank_of(view, quick.key)}. **{best.name}**, "
                f"{choices.rank_of(view, best.key)}, takes longer and then replaces it; "
                "Cancel keeps this one."
            )


def attributions(view: View, question: Question, slot: Any) -> list[Attribution]:
    """Return the maps, cached or computed with a bar; say why instead of one that cannot be.

    Args:
        slot: an `st.empty()` for the bar.
    """
    classes = question.target, question.against
    maps = []
    for method in question.methods:
        found = cache.cached_attribution(view, method.key, *classes)
        if found is None:
            try:
                with running(slot, f"cancel_{method.key}", choices.back) as told:
                    bar = told(method.name, most=True)
                    found = cache.attribution(view, method.key, *classes, progress=bar)
            except (SCTError, LookupError, ValueError) as error:
                st.error(f"{method.name}: {sentence(error)}", icon=":material/error:")
                continue
        maps.append(found)
    if maps:
        choices.remember()
    return maps


def replace(view: View, question: Question, first: Question, slot: Any) -> None:
    """Compute the map that is to replace a first one, while that is shown; then draw the page anew.

    A click that needs the whole page ends this run; the next one begins it again.
    """
    (best,), (quick,) = question.methods, first.methods
    try:
        with running(slot, "cancel_best", lambda: choices.keep(quick.key)) as told:
            bar = told(best.name, most=True)
            cache.attribution(view, best.key, question.target, question.against, progress=bar)
    except (SCTError, LookupError, ValueError) as error:
        choices.keep(quick.key)
        slot.error(f"{best.name}: {sentence(error)}", icon=":material/error:")
        return
    url_values.forget_defaults("frame", "patch")  # of the first map; the other has its own
    st.rerun()


@st.fragment
def play(view: View, result: Result, maps: list[Attribution]) -> None:
    """Play the maps over the clip, and hand them over as files."""
    order, labels = result.trace.order, view.loaded.full_labels
    shown = [
        heat_map(
            a, method_of(a.method), labels, order, verdict(view, a.method, a.target, a.against)
        )
        for a in maps
    ]
    size = np.abs(shown[0].values)
    count, grid, _ = size.shape
    start = int(size.sum((1, 2)).argmax())
    frame = url_values.value("frame", "Frame", url_values.whole(0, count - 1), start)
    strongest = np.unravel_index(size[frame].argmax(), (grid, grid))
    middle = url_values.Patch(int(i) for i in strongest)
    patch = url_values.value("patch", "Patch", url_values.patch(grid), middle)
    at = url_values.view_of(PLAYER, frame, patch, pinned="patch" in st.query_params)

    def message() -> tuple[bytes, range]:
        times = [view.clip.times[i] for i in order]
        given = shown, at, view.config.patch
        return heat_message(sprite(view.clip, order), times, *given), range(count)

    about = [(a.method, a.target, a.against, m.verdict) for a, m in zip(maps, shown, strict=True)]
    subject = (view_key(view), *about)
    fields = {"frame": "frame", "patch": "patch"}
    url_values.mount(mount, PLAYER, subject, frame, message, fields)
    look = Look(
        methods=tuple(a.method for a in maps), target=maps[0].target, against=maps[0].against
    )
    exports.show(view, result, "attribution", look, key="attribution_files", frame=frame)


def facts(maps: list[Attribution]) -> None:
    """Say what each run took, and how far its values add up to what they are to explain."""
    for found in maps:
        told = found.facts
        many = "one pass" if told["passes"] == 1 else f"{told['passes']:.0f} passes"
        said = f"{many} through the model in {told['seconds']:.1f} s"
        if "completeness_error" in told:
            said += f"; completeness error {told['completeness_error']:.2%}"
        st.caption(f"**{method_of(found.method).name}**: {said}.")
