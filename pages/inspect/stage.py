"""The clip on Inspect: its pictures, the part that the model sees, one overlay at a time."""

from __future__ import annotations

import numpy as np

from pages.cache.inference import attention_rollout, own_correlations, references
from pages.cache.keys import Result
from pages.shell import stages
from pages.state import url_values, window
from pages.state.view import View, selected
from sct.model.trace import ShiftedTrace
from sct.video.crop import views
from viz.components import clipplayer
from viz.raster import arrows
from viz.text.labels import measured_heads, motion_sentence
from viz.views import figure4

_KEY = "clip_player"
_LIGHT = (
    "Light: where the answer draws on the frame more than evenly; a dim frame counts less than "
    "others."
)
_EVEN = "Attention falls evenly on every patch here, so none is lit before another."


def show(view: View, result: Result) -> int:
    """Draw the clip player, whose choices stand in the address; return the frame it rests on."""
    overlays = url_values.one_of(*clipplayer.OVERLAYS)
    overlay = url_values.value("overlay", "Over the clip", overlays, clipplayer.OVERLAYS[0])
    last = len(result.trace.order) - 1
    frame = min(3, last)
    if url_values.known("frame"):  # what nobody has chosen is left to other pages to choose
        frame = url_values.value("frame", "Frame", url_values.whole(0, last), frame)
    edit = url_values.edit_count(_KEY)
    crop = selected().crop
    start = {"frame": frame, "overlay": overlay, "crop": crop, "edit": edit}

    def make() -> tuple[bytes, range]:
        return _message(view, result, start)

    fields = {"frame": "frame", "overlay": "overlay", "crop": window.CROP}
    subject = result.key, view.several
    url_values.mount(clipplayer.mount, _KEY, subject, frame, make, fields)
    return frame


def _message(view: View, result: Result, start: dict[str, object]) -> tuple[bytes, range]:
    clip, order = view.clip, list(result.trace.order)
    found = attention_rollout(view.loaded, result)
    top, count = figure4.bright(found.patches), len(found.frames)
    each = zip(found.patches, found.frames, strict=True)
    lit = np.stack([figure4.lightness(p, float(f) * count, top) for p, f in each])
    stage = stages.first_grounded(view.config)
    moved, said = None, ""
    try:
        seen = result.trace.shifted(stage)
    except LookupError:  # it is switched off
        pass
    else:
        moved, said = _motion(view, result, seen, stage)
    even = figure4.is_even(found.patches)
    return clipplayer.clip_message(
        clip.frames[order],
        [clip.times[i] for i in order],
        start,
        lit,
        [] if found.cls is None else found.frames.tolist(),
        moved,
        side=view.config.image_size,
        crops=clip.from_file,
        views=[str(crop) for crop in views(*clip.frames.shape[1:3])],
        said={"answer": _EVEN if even else _LIGHT, "motion": said},
    )


def _motion(view: View, result: Result, seen: ShiftedTrace, stage: int) -> tuple[np.ndarray, str]:
    """Return the motion that attention follows, in pixels of the model's view, and what it is."""
    heads = "grounded" if seen.grounded else "mean"
    # Where nothing moves a map has no direction, and its arrows would mean nothing.
    still = references(view, result, seen, stage)[0].still
    moved = [
        arrows.motion(seen.displacement(t, heads)) * (not still[t]) for t in range(seen.frames)
    ]
    known = measured_heads(view.loaded.card, stage)
    own = own_correlations(view, result, stage)
    return np.stack(moved), motion_sentence(stage, seen.heads, seen.grounded, known, own)
