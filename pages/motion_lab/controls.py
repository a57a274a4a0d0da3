"""The Motion lab: controls on the left; on the right the answer, and the player in motion mode."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.cache import clips, inference
from pages.cache.keys import Result
from pages.motion_lab import guess
from pages.shell import headings, stages
from pages.shell.attention_player import play
from pages.state import lab_clip, url_widgets
from pages.state.view import View
from pages.widgets.markdown import sentence
from sct.evaluation.motion_sweep import matching_ranges
from sct.synthetic.composite import answer_in
from sct.synthetic.spec import ClipSpec
from viz.components import motionlab
from viz.html.answer import answer
from viz.raster.encode import data_uri

CONTROLS, PLAYER = "lab_controls", "lab_player"
SIDE = 224  # pixels of a picture: two for each that the model sees, to be there sooner
WIDTH = 330  # pixels of the controls
_EDIT = "_lab_edit"


def show(view: View) -> bool:
    """Draw the lab, and return whether all of it is to be seen, as nothing waits to be guessed."""
    guessing = url_widgets.toggle(
        "Guess first",
        "guess",
        help="You get clips that somebody else has made, and say what moves before the model does.",
    )
    hidden = guess.hidden_spec(view) if guessing else None
    spec = hidden or lab_clip.spec()
    cells = st.container(horizontal=True, gap="medium", key="lab_cells")
    with cells.container(width=WIDTH):
        if guessing:
            guess.ask(view)
        else:
            _controls(view, spec)
    right = cells.container(width="stretch", key="lab_right")
    # What takes its time says so below, where it moves nothing.
    with st.container():
        shown = _with_clip(view, spec)
        result = inference.result_of(shown)
    if guessing:
        guess.store_answer(shown, result)
    with right:
        if hidden is None:
            for one in inference.answers(shown, result):
                truth = answer_in(shown.clip.truth, one.labels)
                note = "" if truth else "No label names what happens here."
                st.html(answer(one, truth, note, folded=False))
        _player(shown, result, veiled=hidden is not None)
    return hidden is None


def _with_clip(view: View, spec: ClipSpec) -> View:
    """Return the same view of the clip that a spec describes."""
    config = view.config
    synthetic, clip = clips.specified_clip(str(spec), config.frames, config.image_size)
    return replace(view, synthetic=synthetic, clip=clip)


def _controls(view: View, spec: ClipSpec) -> None:
    config = view.config
    picture = ""
    if spec.drawn:
        frames = _with_clip(view, spec).clip.frames
        picture = data_uri(frames[len(frames) // 2])
    data = motionlab.controls_data(
        spec,
        matching_ranges(config, view.maps_ablation),
        picture,
        st.session_state.get(_EDIT, 0),
        config.frames,
        config.image_size,
    )
    motionlab.mount(data, CONTROLS, _take)


def _take(told: object) -> None:
    """Take over what the browser says; nonsense leaves the clip as it is."""
    try:
        spec, st.session_state[_EDIT] = motionlab.shot_of(told)
    except ValueError as error:
        url_widgets.add_notice(sentence(error))
        return
    lab_clip.set_spec(spec)


def _player(view: View, result: Result, veiled: bool) -> None:
    start = stages.first_grounded(view.config)
    stage = start if veiled else stages.choose(view.config, start)
    try:
        seen = result.trace.shifted(stage)
    except LookupError as error:
        headings.off(error)
        return
    modes = "motion", "maps"
    lab = {"key": PLAYER, "mode_key": "lab_mode", "modes": modes, "side": SIDE}
    play(view, result, seen, stage, veiled=veiled, **lab)


def definition(view: View) -> None:
    """Say exactly what is shown and swept."""
    config = view.config
    windows = "; ".join(
        f"stage {s.stage}: "
        + (f"{s.leaves:g} pixels a frame" if s.leaves else "it looks at no earlier frame")
        for s in matching_ranges(config, view.maps_ablation)
    )
    headings.definition(
        "motion_lab",
        frames=config.frames,
        pixels=config.image_size,
        chunk=config.chunk,
        windows=windows or "this model has no shifted attention",
    )
