"""The strip below the lab: the probability of the truth as speed, noise or offset changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.cache import inference
from pages.cache.lru import LRUCache
from pages.state import lab_clip, url_widgets
from pages.state.view import View
from pages.widgets.markdown import sentence
from sct.evaluation.motion_sweep import (
    FIELDS,
    SCENES,
    Point,
    matching_ranges,
    recognised_speeds,
    values,
)
from sct.model.ablation import Ablation
from sct.synthetic.composite import answer_in
from sct.synthetic.spec import ClipSpec
from viz.plots.sweep import curve, here

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CURVES, _REQUESTED = "_sweeps", "_sweep_requested"
_QUESTIONS = {
    "speed": "How slow and how fast can it be?",
    "noise": "How much noise can there be?",
    "offset": "How many frames back should it look? Try a slow motion, and a fast one.",
}
_DASHED = (
    " From a dashed line on, everything has left the window of a stage between the two frames that "
    "it compares."
)


@dataclass(frozen=True)
class Sweep:
    """The chosen sweep, and the places where it is drawn."""

    view: View
    spec: ClipSpec
    field: str
    ablation: Ablation
    places: tuple[float, ...]
    chart: Any
    verdict: Any


def show(view: View) -> Sweep | None:
    """Draw what to sweep, and the known curves; return None where there is nothing to sweep."""
    spec = lab_clip.spec()
    st.header("Where does it fail?")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        field = url_widgets.segments("Change", list(FIELDS), "sweep", "speed")
        offset = _offset(view) if field == "speed" else 0
    ablation = view.maps_ablation
    if offset:
        ablation = replace(ablation, offsets=(offset,))
    marks = _marks(view, spec, field, ablation)
    st.caption(f"{_QUESTIONS[field]}{_DASHED if marks else ''} {SCENES} scenes for each value.")
    try:
        places = values(field, spec, view.config)
    except ValueError as error:
        st.info(f"{sentence(error)}.", icon=":material/info:")
        return None
    if answer_in(spec.label, view.loaded.labels) is None:
        st.info("No label names this path, so there is no true one to ask for.")
        return None
    st.html(here(field, places, marks, _now(view, spec, field)))
    sweep = Sweep(view, spec, field, ablation, places, st.empty(), st.empty())
    _draw(sweep, None)
    return sweep


def _offset(view: View) -> int:
    trained = ", ".join(map(str, view.config.shifted_offsets))
    shown = {"0": f"{trained} (trained)"}
    options = ["0", *(str(o) for o in (2, 4) if o < view.config.frames)]
    return int(
        url_widgets.segments("Frames looked back", options, "back", "0", lambda o: shown.get(o, o))
    )


def buttons(sweep: Sweep | None) -> None:
    """Draw Sweep and Cancel, and run the sweep.

    They must not be part of a fragment: a click inside one waits until what runs has ended.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Sweep", type="primary", key="sweep_run", icon=":material/show_chart:", on_click=_ask
        )
        cancel, progress = st.empty(), st.empty()
    if st.session_state.pop(_REQUESTED, False) and sweep is not None:
        _run(sweep, cancel, progress)


def _ask() -> None:
    st.session_state[_REQUESTED] = True


def _run(sweep: Sweep, cancel: Any, progress: Any) -> None:
    """Evaluate point by point. A click on Cancel ends it; the points so far stay cached."""
    view, total, found = sweep.view, len(sweep.places), []
    cancel.button("Cancel", key="sweep_cancel", icon=":material/close:")
    bar = progress.progress(0.0, f"0 of {total} values", width=260)
    for value in sweep.places:
        try:
            found.append(
                inference.sweep_point(view.loaded, sweep.spec, sweep.field, value, sweep.ablation)
            )
        except ValueError as error:
            st.error(f"{sentence(error)}.", icon=":material/error:")
            break
        bar.progress(len(found) / total, f"{len(found)} of {total} values")
        _draw(sweep, found)
    cancel.empty()
    progress.empty()
    if len(found) < total:
        return
    _curves().put(_key(sweep, sweep.ablation), tuple(found))


def _curves() -> LRUCache:
    """Return the curves of the session: tuples of points, by their key."""
    return st.session_state.setdefault(_CURVES, LRUCache(24))


def _key(sweep: Sweep, ablation: Ablation) -> tuple[str, ...]:
    """Return what a curve depends on: the spec but for what is swept, model and ablation."""
    field, spec, loaded = sweep.field, sweep.spec, sweep.view.loaded
    same = replace(spec, **{field: 0.0}) if field in ("speed", "noise") else spec
    base = replace(ablation, offsets=()) if field == "offset" else ablation
    return field, str(same), *loaded.key, str(base)


def _draw(sweep: Sweep, fresh: Sequence[Point] | None) -> None:
    """Draw the known curves of this clip: the chosen one, and those of other offsets beside it."""
    view, field = sweep.view, sweep.field
    own, trained = view.maps_ablation.offsets, view.config.shifted_offsets
    curves: dict[str, Sequence[Point]] = {}
    for offsets in (own, (2,), (4,)) if field == "speed" else (own,):
        each = replace(view.maps_ablation, offsets=offsets)
        points = _curves().get(_key(sweep, each))
        if fresh is not None and each == sweep.ablation:
            points = fresh
        if points:
            back = ", ".join(map(str, offsets or trained))
            curves[f"looks back by {back}" if field == "speed" else "true label"] = points
    drawn = tuple((name, tuple(points)) for name, points in curves.items())
    marks = _marks(view, sweep.spec, field, sweep.ablation)
    figure = _figure(drawn, field, sweep.places, marks)
    sweep.chart.plotly_chart(figure, config={"displayModeBar": False}, alt=_alt(field, curves))
    if field == "speed":
        points = _curves().get(_key(sweep, sweep.ablation)) if fresh is None else fresh
        sweep.verdict.markdown(_verdict(sweep, points or ()))


@lru_cache(maxsize=32)
def _figure(
    curves: tuple[tuple[str, tuple[Point, ...]], ...],
    field: str,
    places: tuple[float, ...],
    marks: tuple[tuple[float, str], ...],
) -> go.Figure:
    """Draw the curves, which takes longer than to make a clip; a slider seldom changes them."""
    return curve(dict(curves), field, places, marks)


def _now(view: View, spec: ClipSpec, field: str) -> float:
    """Return the value of the clip on the page."""
    if field == "offset":
        return float((view.maps_ablation.offsets or view.config.shifted_offsets)[0])
    config = view.config
    return spec.noise if field == "noise" else spec.pace(config.frames, config.image_size)


def _verdict(sweep: Sweep, points: Sequence[Point]) -> str:
    """Say from where on the truth is lost, beside what a patch looks at."""
    seen = [s for s in matching_ranges(sweep.view.config, sweep.ablation) if s.leaves]
    if not seen:
        return "No stage looks at an earlier frame, so there is nothing to match a patch with."
    first = min(seen, key=lambda s: s.leaves)
    back = round(first.window / first.leaves)
    window = "chunk" if first.window < sweep.view.config.image_size else "window"
    wide = f"a {window} of stage {first.stage} ({first.window} pixels)"
    if len(points) < len(sweep.places):
        return (
            f"In stage {first.stage} a patch looks for its match within its {window}, "
            f"{first.window} pixels wide, {back} frame{'s' * (back > 1)} back. Press Sweep to see "
            "at what share of that this model begins to fail."
        )
    found = recognised_speeds(points)
    if found is None:
        return "**Matching fails at every speed**: the truth is nowhere likelier than 50%."
    slowest, fastest = found
    low = (
        f" Below {slowest:.2g} pixels a frame it fails, too, as too little moves."
        if slowest
        else ""
    )
    if fastest is None:
        most = points[-1].value
        share = f"{back * most / first.window:.2f} times the width of {wide}"
        return f"**Matching holds** up to {most:g} pixels a frame, the fastest: {share}.{low}"
    gone = back * fastest
    return (
        f"**Matching begins to fail at {fastest:.2g} pixels a frame**, where the truth falls below "
        f"50%. Between the two frames compared things then move {gone:.2g} pixels, "
        f"{gone / first.window:.2f} times the width of {wide}.{low}"
    )


def _marks(
    view: View, spec: ClipSpec, field: str, ablation: Ablation
) -> tuple[tuple[float, str], ...]:
    """Return where each stage's window is left, if everything moves along one axis."""
    if field != "speed" or not spec.moves.startswith(("pan", "tilt")):
        return ()
    by: dict[float, list[int]] = {}
    for each in matching_ranges(view.config, ablation):
        if each.leaves:
            by.setdefault(each.leaves, []).append(each.stage)
    return tuple(
        (speed, f"stage{'s' * (len(stages) > 1)} {_listed(stages)}")
        for speed, stages in sorted(by.items())
    )


def _listed(stages: list[int]) -> str:
    *first, last = map(str, stages)
    return f"{', '.join(first)} and {last}" if first else last


def _alt(field: str, curves: dict[str, Sequence[Point]]) -> str:
    if not curves:
        return f"Probability of the true label by {field}: not asked yet"
    said = "; ".join(
        f"{name}: " + ", ".join(f"{p.value:g}: {p.mean:.0%}" for p in points)
        for name, points in curves.items()
    )
    return f"Probability of the true label by {field}: {said}"
