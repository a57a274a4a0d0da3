"""The strip below the lab: the probability of the truth as speed, noise or offset changes."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.common import address, compute
from pages.common.lab import shot as lab_shot
from pages.common.session import View
from pages.common.text import sentence
from sct.ablation import Ablation
from sct.shot import Shot
from sct.sweep import FIELDS, SCENES, Point, sights, values
from viz.sweeps import curve

_RESULTS = "_sweeps"
_ASKED = "_sweep_asked"
_KEPT = 24  # curves of a session
_ASKS = {
    "speed": "How fast can it be? The dashed lines say where everything has left a window.",
    "noise": "How much noise can there be?",
    "offset": "How many frames back should it look? Try a slow motion, and a fast one.",
}


def show(view: View) -> None:
    shot, asked = lab_shot(), st.session_state.pop(_ASKED, False)
    st.subheader("Where does it fail?")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        field = address.segments("Change", list(FIELDS), "sweep", "speed")
        offset = 0
        if field == "speed":
            trained = ", ".join(map(str, view.config.shifted_offsets))
            shown = {"0": f"{trained} (trained)"}
            options = ["0", *(str(o) for o in (2, 4) if o < view.config.frames)]
            offset = int(
                address.segments(
                    "Frames looked back", options, "back", "0", lambda o: shown.get(o, o)
                )
            )
        st.button(
            "Sweep", type="primary", key="sweep_run", icon=":material/show_chart:", on_click=_ask
        )
        cancel = st.empty()
    ablation = view.maps_ablation
    if offset:
        ablation = replace(ablation, offsets=(offset,))
    st.caption(f"{_ASKS[field]} {SCENES} scenes for each value.")
    try:
        places = values(field, shot, view.config)
    except ValueError as error:
        st.info(f"{sentence(error)}.", icon=":material/info:")
        return
    if shot.label not in view.loaded.labels:
        st.info("No label names this path, so there is no true one to ask for.")
        return
    chart = st.empty()
    _draw(chart, view, shot, field, ablation, places, None)
    if asked:
        _run(chart, cancel, view, shot, field, ablation, places)


def _ask() -> None:
    st.session_state[_ASKED] = True


def _run(chart, cancel, view: View, shot: Shot, field: str, ablation: Ablation, places) -> None:
    """Ask point by point. A click on any widget ends it; what was asked is not asked again."""
    cancel.button("Cancel", key="sweep_cancel", icon=":material/close:")
    bar = st.progress(0.0, f"0 of {len(places)} values")
    found: list[Point] = []
    for value in places:
        try:
            found.append(compute.swept(view.loaded, shot, field, value, ablation))
        except ValueError as error:
            st.error(f"{sentence(error)}.", icon=":material/error:")
            return
        bar.progress(len(found) / len(places), f"{len(found)} of {len(places)} values")
        _draw(chart, view, shot, field, ablation, places, found)
    bar.empty()
    cancel.empty()
    kept = st.session_state.setdefault(_RESULTS, {})
    kept[_key(view, shot, field, ablation)] = tuple(found)
    while len(kept) > _KEPT:
        del kept[next(iter(kept))]


def _key(view: View, shot: Shot, field: str, ablation: Ablation) -> tuple[str, ...]:
    """What a curve is of: the shot but for what is swept, and what it was asked of."""
    same = replace(shot, **{field: 0.0}) if field in ("speed", "noise") else shot
    moves = shot.moves if field == "speed" else ""
    return field, moves, str(same), view.loaded.name, str(ablation), view.loaded.device


def _draw(slot, view: View, shot: Shot, field: str, ablation: Ablation, places, fresh) -> None:
    """The curves that are known of this shot: the chosen one, and those of other offsets beside
    it."""
    kept = st.session_state.get(_RESULTS, {})
    trained = view.config.shifted_offsets
    curves: dict[str, tuple[Point, ...]] = {}
    for offsets in ((), (2,), (4,)) if field == "speed" else (ablation.offsets,):
        each = replace(view.maps_ablation, offsets=offsets or view.maps_ablation.offsets)
        back = ", ".join(map(str, each.offsets or trained))
        points = kept.get(_key(view, shot, field, each))
        if fresh is not None and str(each) == str(ablation):
            points = tuple(fresh)
        if points:
            curves[f"looks back by {back}" if field == "speed" else "true label"] = points
    now = {"speed": shot.pace(view.config.frames, view.config.image_size), "noise": shot.noise}
    marks = _marks(view, shot, ablation) if field == "speed" else ()
    chosen = now.get(field, (ablation.offsets or trained)[0])
    figure = curve(curves, field, places, marks, chosen)
    slot.plotly_chart(figure, key=None, config={"displayModeBar": False}, alt=_alt(field, curves))


def _marks(view: View, shot: Shot, ablation: Ablation) -> tuple[tuple[float, str], ...]:
    """Where each stage's window is left, by a motion that carries everything along one axis."""
    if not shot.moves.startswith(("pan", "tilt")):
        return ()
    by: dict[float, list[int]] = {}
    for each in sights(view.config, ablation):
        if each.leaves:
            by.setdefault(each.leaves, []).append(each.stage)
    return tuple(
        (speed, f"out of the window of stage {' and '.join(map(str, stages))}")
        for speed, stages in sorted(by.items())
    )


def _alt(field: str, curves: dict[str, tuple[Point, ...]]) -> str:
    if not curves:
        return f"Probability of the true label by {field}: not asked yet"
    said = "; ".join(
        f"{name}: " + ", ".join(f"{p.value:g}: {p.mean:.0%}" for p in points)
        for name, points in curves.items()
    )
    return f"Probability of the true label by {field}: {said}"
