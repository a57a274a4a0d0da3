"""The strip below the lab: the probability of the truth as speed, noise or offset changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.cache import inference
from pages.state import url_widgets
from pages.state.lab_clip import shot as lab_shot
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
from sct.synthetic.spec import ClipSpec
from viz.plots.sweep import curve, here

if TYPE_CHECKING:
    import plotly.graph_objects as go

_RESULTS = "_sweeps"
_ASKED = "_sweep_asked"
_KEPT = 24  # curves of a session
_ASKS = {
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
    """What is chosen to be swept, and where it is drawn."""

    view: View
    shot: ClipSpec
    field: str
    ablation: Ablation
    places: tuple[float, ...]
    chart: Any
    verdict: Any


def show(view: View) -> Sweep | None:
    """What to sweep, and the curves that are known; None where there is nothing to ask."""
    shot = lab_shot()
    st.header("Where does it fail?")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        field = url_widgets.segments("Change", list(FIELDS), "sweep", "speed")
        offset = _offset(view) if field == "speed" else 0
    ablation = view.maps_ablation
    if offset:
        ablation = replace(ablation, offsets=(offset,))
    marks = _marks(view, shot, field, ablation)
    st.caption(f"{_ASKS[field]}{_DASHED if marks else ''} {SCENES} scenes for each value.")
    try:
        places = values(field, shot, view.config)
    except ValueError as error:
        st.info(f"{sentence(error)}.", icon=":material/info:")
        return None
    if shot.label not in view.loaded.labels:
        st.info("No label names this path, so there is no true one to ask for.")
        return None
    st.html(here(field, places, marks, _now(view, shot, field)))
    sweep = Sweep(view, shot, field, ablation, places, st.empty(), st.empty())
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
    """Sweep and Cancel, and the run itself.

    They must not be part of a fragment: a click inside one waits until what runs has ended.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Sweep", type="primary", key="sweep_run", icon=":material/show_chart:", on_click=_ask
        )
        cancel, progress = st.empty(), st.empty()
    if st.session_state.pop(_ASKED, False) and sweep is not None:
        _run(sweep, cancel, progress)


def _ask() -> None:
    st.session_state[_ASKED] = True


def _run(sweep: Sweep, cancel: Any, progress: Any) -> None:
    """Ask point by point. A click on Cancel ends it; what was asked is not asked again."""
    view, total, found = sweep.view, len(sweep.places), []
    cancel.button("Cancel", key="sweep_cancel", icon=":material/close:")
    bar = progress.progress(0.0, f"0 of {total} values", width=260)
    for value in sweep.places:
        try:
            found.append(
                inference.swept(view.loaded, sweep.shot, sweep.field, value, sweep.ablation)
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
    kept = st.session_state.setdefault(_RESULTS, {})
    kept[_key(sweep, sweep.ablation)] = tuple(found)
    while len(kept) > _KEPT:
        del kept[next(iter(kept))]


def _key(sweep: Sweep, ablation: Ablation) -> tuple[str, ...]:
    """What a curve is of: the shot but for what is swept, and what it was asked of."""
    field, shot, loaded = sweep.field, sweep.shot, sweep.view.loaded
    same = replace(shot, **{field: 0.0}) if field in ("speed", "noise") else shot
    asked = replace(ablation, offsets=()) if field == "offset" else ablation
    return field, str(same), loaded.name, str(asked), loaded.device


def _draw(sweep: Sweep, fresh: Sequence[Point] | None) -> None:
    """The curves that are known of this shot: the chosen one, and those of other offsets beside
    it."""
    kept, view, field = st.session_state.get(_RESULTS, {}), sweep.view, sweep.field
    own, trained = view.maps_ablation.offsets, view.config.shifted_offsets
    curves: dict[str, Sequence[Point]] = {}
    for offsets in (own, (2,), (4,)) if field == "speed" else (own,):
        each = replace(view.maps_ablation, offsets=offsets)
        points = kept.get(_key(sweep, each))
        if fresh is not None and each == sweep.ablation:
            points = fresh
        if points:
            back = ", ".join(map(str, offsets or trained))
            curves[f"looks back by {back}" if field == "speed" else "true label"] = points
    drawn = tuple((name, tuple(points)) for name, points in curves.items())
    marks = _marks(view, sweep.shot, field, sweep.ablation)
    figure = _figure(drawn, field, sweep.places, marks)
    sweep.chart.plotly_chart(figure, config={"displayModeBar": False}, alt=_alt(field, curves))
    if field == "speed":
        points = kept.get(_key(sweep, sweep.ablation)) if fresh is None else fresh
        sweep.verdict.markdown(_verdict(sweep, points or ()))


@lru_cache(maxsize=32)
def _figure(
    curves: tuple[tuple[str, tuple[Point, ...]], ...],
    field: str,
    places: tuple[float, ...],
    marks: tuple[tuple[float, str], ...],
) -> go.Figure:
    """To make one takes longer than to film a clip, and a slider seldom changes it."""
    return curve(dict(curves), field, places, marks)


def _now(view: View, shot: ClipSpec, field: str) -> float:
    """The value of the clip on the page."""
    if field == "offset":
        return float((view.maps_ablation.offsets or view.config.shifted_offsets)[0])
    config = view.config
    return shot.noise if field == "noise" else shot.pace(config.frames, config.image_size)


def _verdict(sweep: Sweep, points: Sequence[Point]) -> str:
    """In a sentence or two: from where on the truth is lost, beside what a patch looks at."""
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
    view: View, shot: ClipSpec, field: str, ablation: Ablation
) -> tuple[tuple[float, str], ...]:
    """Where each stage's window is left, by a motion that carries everything along one axis."""
    if field != "speed" or not shot.moves.startswith(("pan", "tilt")):
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
