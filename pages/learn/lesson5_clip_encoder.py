"""The live parts of lesson 5: the clip encoder."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.learn.desk import Desk, shape
from pages.learn.live import Value, widget
from pages.state import url_values
from pages.state.url_values import one_of, whole
from pages.widgets.markdown import plain

SHOWN = 4  # classes of the chart: the likeliest


def show(desk: Desk) -> None:
    desk.step(1)
    _strip(desk, _layer(desk))
    desk.step(2)
    order = _reorder(desk)
    desk.step(3)
    if order is None:
        st.caption(desk.text("guess_first"))
    else:
        _without(desk, order)


def _layer(desk: Desk) -> int:
    count = desk.config.clip_layers
    layer = Value("clip_layer", "Layer", whole(1, count), count).get()
    if count > 1:
        label, layers = desk.text("layer"), range(1, count + 1)
        address = {"name": "layer", "value": layer, "field": "clip_layer"}
        widget(st.segmented_control, label, layers, **address, required=True)
    return layer


def _strip(desk: Desk, layer: int) -> None:
    from pages.cache.clips import pictures
    from viz.components.panels import Panel, mount, panels_data
    from viz.text.numbers import percent

    frames = pictures(desk.view.clip, 224)[list(desk.trace.order)]
    seen = desk.trace.clip(layer - 1)
    shares = seen.frames()
    strip = [
        Panel(
            picture=frame,
            alt=desk.text("panel", frame=t, share=percent(float(share))),
            note=f"frame {t}",
            share=float(share / shares.max()),
            share_note=percent(float(share)),
        )
        for t, (frame, share) in enumerate(zip(frames, shares, strict=True))
    ]
    mount(panels_data(strip, least=96, most=170), key="lesson_frames")
    desk.say(
        "shares",
        layer=layer,
        cls=percent(seen.cls()),
        even=percent(float(shares.mean())),
        frame=int(shares.argmax()),
        most=percent(float(shares.max())),
    )


def _reorder(desk: Desk) -> str | None:
    """Ask for an order and a guess; return the order, None until there is a guess."""
    orders, guesses = desk.lesson.choices["order"], list(desk.lesson.choices["guess"].values())
    others = list(orders)[1:]
    order = Value("order", "Order", one_of(*others), "reversed").get()
    guess = Value("guess5", "Guess", one_of("none", "0", "1"), "none").get()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        widget(
            st.segmented_control,
            desk.text("order"),
            others,
            name="order",
            value=order,
            field="order",
            # Another order is another question: the guess starts over.
            then=lambda: url_values.put("guess5", "none"),
            required=True,
            format_func=orders.get,
        )
        widget(
            st.segmented_control,
            desk.text("guess"),
            range(len(guesses)),
            name="guess",
            value=None if guess == "none" else int(guess),
            field="guess5",
            format_func=lambda i: guesses[i],
        )
    desk.say("sequence", frames=_sequence(desk, order))
    if guess == "none":
        st.caption(desk.text("make_a_guess"))
        return None
    _reveal(desk, order, int(guess))
    return order


def _sequence(desk: Desk, order: str) -> str:
    from sct.model.ablation import Ablation

    frames = Ablation.parse(f"order={order}").frame_order(len(desk.trace.order))
    return ", ".join(map(str, frames))


def _reveal(desk: Desk, order: str, guess: int) -> None:
    from viz.plots import base

    before, after = desk.probabilities("none"), desk.probabilities(f"order={order}")
    (was, p), (now, q) = desk.best(before), desk.best(after)
    guessed = "guessed_right" if (was != now) == bool(guess) else "guessed_otherwise"
    change = "stays" if was == now else "turns"
    desk.say(guessed, change, "pairs", was=plain(was), p=p, now=plain(now), q=q)
    shown = np.argsort(-np.maximum(before, after))[:SHOWN]
    labels, truth = [desk.view.loaded.labels[i] for i in shown], desk.view.clip.truth
    called = "in order", "reordered"
    figure = base.comparison(labels, before[shown], after[shown], truth, called)
    how = desk.lesson.choices["order"][order]
    desk.chart(figure, "orders", desk.text("orders", was=was, now=now, how=how), "stretch")


def _without(desk: Desk, chosen: str) -> None:
    def row(order: str) -> list[str]:
        cells = [desk.lesson.choices["order"][order]]
        for mode in ("on", "mean"):
            label, p = desk.best(desk.probabilities(f"clip={mode};order={order}"))
            cells.append(f"{plain(label)}, {p:.1%}")
        return cells

    desk.table("without", [row("as-is"), row(chosen)])
    desk.say("care")


def facts(desk: Desk) -> dict[str, object]:
    config = desk.config
    frames, width = len(desk.trace.order), config.widths[-1]
    row = desk.trace.clip().row[0]
    return {
        "frames": frames,
        "places": frames + 1,
        "positions": config.frames + 1,
        "width": width,
        "channels": width // row.shape[0],
        "row": shape(row, "heads", "places"),
    }
