"""The three pictures of the Shifted attention page and what is said below them."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.common import address, words
from pages.common.compute import Result, pictures
from pages.common.picking import into, patch_field
from pages.common.session import View
from sct.trace import ShiftedTrace
from viz import arrows, overlay
from viz.charts import percent
from viz.geometry import Token
from viz.panels import Key, Legend, Panel, mount, panels_data


def pick(seen: ShiftedTrace, stage: int) -> Token:
    """The picked patch; at first the middle of the window nearest to the picture's own."""
    side = seen.window((0, 0))[2]
    middle = (seen.grid // side // 2) * side + side // 2
    return patch_field(f"patch{stage}", seen.grid, (middle, middle))


def show(
    view: View,
    result: Result,
    seen: ShiftedTrace,
    stage: int,
    head: int | str,
    frame: int,
) -> None:
    order = result.trace.order
    frames = pictures(view.clip)
    first = head if isinstance(head, int) else seen.grounded[0] if head == "grounded" else 0
    before = seen.key_frame(frame, first)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        token = pick(seen, stage)
        gain = _gain()
        true, known = _truth(view, result, seen, frame, before)
        with_truth = true is not None and address.toggle(
            "True motion", "truth", help="Made clips know where every pixel came from."
        )
    previous, current = seen.maps(frame, token, head)
    top = float(max(previous.max(), current.max()))
    window = seen.window(token)
    moved = arrows.motion(seen.displacement(frame, head)) if before != frame else None
    view_side = seen.grid * seen.patch_pixels
    row, col = token
    here = {"grid": seen.grid, "selected": token, "window": window}
    shown = [
        Panel(
            picture=frames[order[frame]],
            alt=f"Frame {frame} with an arrow of motion on each patch. Click to pick a patch.",
            title=f"Frame {frame}: click a patch",
            note=f"Picked: row {row}, column {col}",
            pick=True,
            arrows=arrows.segments(moved, view_side, gain) if moved is not None else [],
            truth=arrows.segments(true, view_side, gain) if with_truth else [],
            **here,
        )
    ]
    mark = words.mark(head, seen.grounded)
    for name, weights, at in (("Previous", previous, before), ("Current", current, frame)):
        peak = tuple(int(i) for i in np.unravel_index(weights.argmax(), weights.shape))
        shown.append(
            Panel(
                picture=overlay.heat(frames[order[at]], weights, top, window),
                alt=f"{name} map over frame {at}, strongest at row {peak[0]}, column {peak[1]}",
                title=f"{mark} {name} map, over frame {at}",
                note=f"Peak {percent(float(weights[peak]))} at row {peak[0]}, column {peak[1]}",
                marks=[peak],
                values=weights,
                pick=True,
                **here,
            )
        )
    tokens = window[2] * window[3]
    keys = [
        Key("picked", "picked patch"),
        Key("window", f"what it can see: its {window[2]} × {window[3]} patches"),
        Key("marks", "strongest patch of a map"),
    ]
    if moved is not None:
        keys.append(Key("arrows", f"motion as attention reads it {mark}"))
    if with_truth:
        keys.append(Key("truth", "true motion"))
    mount(
        panels_data(shown, _legend(top, tokens), tuple(keys), least=230, most=440),
        key=f"maps{stage}",
        on_pick=into(f"patch{stage}"),
    )
    _words(view, moved, true, known, before == frame, order[frame] == 0)


def _gain() -> float:
    length = address.segments(
        "Arrow length",
        ["true to scale", "x2", "x4"],
        "arrows",
        "x2",
        help="Content moves only a few pixels a frame; longer arrows are easier to see.",
    )
    return {"true to scale": 1.0, "x2": 2.0, "x4": 4.0}[length]


def _legend(top: float, tokens: int) -> Legend:
    even = 1 / tokens
    ticks: list[dict[str, Any]] = [{"at": 0.0, "text": "0"}, {"at": 1.0, "text": percent(top)}]
    if 0.12 < even / top < 0.8:
        ticks.insert(1, {"at": even / top, "text": f"{percent(even)}, evenly spread"})
    return Legend(
        "Weight of the picked patch’s attention, one scale for both maps",
        overlay.heat_stops(),
        ticks,
    )


def _truth(
    view: View, result: Result, seen: ShiftedTrace, frame: int, before: int
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """True motion of each patch and whether its source is there to be seen; None where unknown."""
    order = result.trace.order
    made = view.made
    if made is None or order[frame] == 0 or order[before] != order[frame] - 1:
        return None, None
    if made.source.shape[1] != seen.grid * seen.patch_pixels:
        return None, None
    sources, valid = made.batch.token_sources(seen.grid), made.batch.token_valid(seen.grid)
    true = arrows.true_motion(sources[0, order[frame]].numpy(), seen.patch_pixels)
    known = arrows.in_sight(true, seen.patch_pixels, seen.window((0, 0))[2])
    return true, known & valid[0, order[frame]].numpy()


def _words(
    view: View,
    moved: np.ndarray | None,
    true: np.ndarray | None,
    known: np.ndarray | None,
    own: bool,
    first: bool,
) -> None:
    if own:
        st.caption(
            "The first frame has no frame before it: both maps look at the frame itself, and there "
            "is no motion to draw."
            if first
            else "Here both maps look at the same frame, so there is no motion to draw."
        )
        return
    if moved is not None and true is not None and known is not None:
        agrees = arrows.agreement(moved, true, known)
        if agrees is None:
            st.markdown(
                "Nothing moves by half a pixel or more in this frame, so there is no direction to "
                "compare."
            )
        else:
            with st.grid(3, min_column_width=150):
                st.metric(
                    "Direction agrees with the truth",
                    f"{agrees.direction:+.2f}",
                    help="Mean cosine between arrow and true motion: +1 the same way, "
                    "0 unrelated, -1 opposite.",
                )
                st.metric(
                    "Length read",
                    f"{agrees.length:.2f} of the truth",
                    help="Factor between arrow and true motion, by least squares.",
                )
                st.metric(
                    "Compared on",
                    f"{agrees.tokens} of {true.shape[0] ** 2} patches",
                    help="Those that moved by half a pixel or more and whose source is in sight "
                    "of their chunk and was not covered.",
                )
    st.caption(
        "Each arrow is minus the mean displacement of a patch’s previous map. Attention "
        "under-reads true motion: content that leaves its chunk has no partner to look at, and a "
        "map that spreads evenly points away from the middle of its chunk, whatever moves."
    )
