"""The Motion lab: controls on the left; on the right the answer, and the player in motion mode."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.attention import player
from pages.cache import clips, inference
from pages.motion_lab import guess
from pages.shell import headings
from pages.state import lab_clip, url_widgets
from pages.state.view import View
from pages.widgets.markdown import sentence
from sct.evaluation.motion_sweep import matching_ranges
from sct.model.config import SCTConfig
from sct.synthetic.spec import ClipSpec
from viz.components import motionlab
from viz.html.prediction import answer
from viz.raster.encode import data_uri

CONTROLS, PLAYER = "lab_controls", "lab_player"
SIDE = 224  # pixels of a picture: two for each that the model sees, to be there sooner
_EDIT = "_lab_edit"


def filmed(view: View, shot: ClipSpec | None = None) -> View:
    """The same view of what the lab films now, or of another shot."""
    config = view.config
    text = str(shot or lab_clip.shot())
    made, clip = clips.filmed(text, config.frames, config.image_size)
    return replace(view, made=made, clip=clip)


def show(view: View) -> bool:
    """Draw the lab; whether all of it is to be seen, as nothing waits to be guessed."""
    guessing = url_widgets.toggle(
        "Guess first",
        "guess",
        help="You get clips that somebody else has made, and say what moves before the model does.",
    )
    hidden = guess.shot(view) if guessing else None
    shot = hidden or lab_clip.shot()
    cells = st.container(horizontal=True, gap="medium", key="lab_cells")
    with cells.container(width=CONTROLS_WIDTH):
        if guessing:
            guess.ask(view)
        else:
            _controls(view, shot)
    right = cells.container(width="stretch", key="lab_right")
    # What takes its time says so below, where it moves nothing.
    with st.container():
        shown = filmed(view, shot)
        result = shown.result()
    if guessing:
        guess.keep(shown, result)
    with right:
        if hidden is None:
            truth = shown.clip.truth
            st.html(answer(view.loaded.labels, result.probabilities, truth))
        _player(shown, result, veiled=hidden is not None)
    return hidden is None


CONTROLS_WIDTH = 330


def _controls(view: View, shot: ClipSpec) -> None:
    config = view.config
    picture = ""
    if shot.drawn:
        frames = filmed(view, shot).clip.frames
        picture = data_uri(frames[len(frames) // 2])
    data = motionlab.controls_data(
        shot,
        matching_ranges(config, view.maps_ablation),
        picture,
        st.session_state.get(_EDIT, 0),
        config.frames,
        config.image_size,
    )
    motionlab.mount(data, CONTROLS, _take)


def _take(told: object) -> None:
    """What the browser says; nonsense leaves the clip as it is."""
    try:
        shot, st.session_state[_EDIT] = motionlab.shot_of(told)
    except ValueError as error:
        url_widgets.notice(sentence(error))
        return
    lab_clip.put(shot)


def _player(view: View, result: inference.Result, veiled: bool) -> None:
    config = view.config
    taught = [s + 1 for s, heads in enumerate(config.grounded_heads) if heads]
    stages = [str(s + 1) for s in range(config.stages)]
    start = str((taught or [1])[0])
    stage = start if veiled else url_widgets.segments("Stage", stages, "stage", start)
    try:
        seen = result.trace.shifted(int(stage))
    except LookupError as error:
        headings.off(error, headings.HOW_ON)
        return
    player.play(
        view,
        result,
        seen,
        int(stage),
        key=PLAYER,
        mode_key="lab_mode",
        modes=("motion", "maps"),
        side=SIDE,
        veiled=veiled,
    )


def definition(view: View) -> None:
    """What exactly is filmed and swept."""
    config: SCTConfig = view.config
    found = matching_ranges(config, view.maps_ablation)
    windows = "; ".join(
        f"stage {s.stage}: "
        + (f"{s.leaves:g} pixels a frame" if s.leaves else "it looks at no earlier frame")
        for s in found
    )
    st.markdown(
        rf"""
**The clip** has {config.frames} frames of {config.image_size} × {config.image_size} pixels. Speed
is the mean length of the true motion, in pixels from one frame to the next: of the whole picture
where the camera moves, of the object (about its mean radius) where that does. A token of a stage
is as many pixels wide as the picture has over its grid. The truth of every pixel is known, as the
clip is computed from it. Stripes and checks repeat every 20 pixels or so: from half of that on, a
pattern that moved forwards looks like one that moved backwards. Noise has a normal distribution
and is drawn anew for each pixel; shake is, too, for each frame.

**The windows.** A patch looks for its match inside its window alone, one chunk of
{config.chunk} × {config.chunk} tokens. With $w$ pixels a window and an offset of $s$ frames, a pan
of $v$ pixels a frame moves content by $s v$ between query and key, so that a share of
$\max(0, 1 - s v / w)$ of all matches is still inside, and none from $v = w / s$ on
({windows or "this model has no shifted attention"}).

**The sweep** asks for $p_\text{{true}}$, the softmax probability of the true label, over
several scenes for each value; the line is their mean, the band goes from the least to the largest.
Matching is said to fail where the mean falls below 50%, read off between two speeds on the
logarithmic axis, above the speed at which it is highest (or below it, where too little moves). An
offset is an ablation: the trained model looks back by another number of frames.

**Axes.** Arrows as on the page Shifted attention, (row, column) in pixels of the picture.

**Source.** `sct/synthetic/spec.py`, `sct/synthetic/from_spec.py`, `sct/evaluation/motion_sweep.py`.
"""
    )
