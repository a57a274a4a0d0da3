"""The live parts of lesson 5: the clip encoder."""

from __future__ import annotations

from collections import Counter

import numpy as np
import streamlit as st

from pages.learn.lesson_page import LessonPage, shape
from pages.learn.live import UrlValue, widget
from pages.state import url_values
from pages.state.url_values import one_of, whole
from pages.widgets.markdown import plain

SHOWN = 4  # classes of the chart: the likeliest
SHUFFLES = 8


def show(page: LessonPage) -> None:
    with page.step(1):
        _strip(page, _layer(page))
    with page.step(2):
        order = _reorder(page)
    with page.step(3):
        if order is None:
            st.caption(page.text("guess_first"))
        else:
            _without(page, order)


def _layer(page: LessonPage) -> int:
    count = page.config.clip_layers
    value = UrlValue("clip_layer", "Layer", whole(1, count), count)
    if count == 1:
        return value.get()
    label, layers = page.text("layer"), range(1, count + 1)
    return widget(st.segmented_control, label, layers, name="layer", value=value, required=True)


def _strip(page: LessonPage, layer: int) -> None:
    from pages.cache.clips import pictures
    from viz.components.panels import Panel, mount, panels_data
    from viz.text.numbers import percent

    frames = pictures(page.view.clip, 224)[list(page.trace.order)]
    seen = page.trace.clip(layer - 1)
    shares = seen.frames()
    strip = [
        Panel(
            picture=frame,
            alt=page.text("panel", frame=t, share=percent(float(share))),
            note=f"frame {t}",
            share=float(share / shares.max()),
            share_note=percent(float(share)),
        )
        for t, (frame, share) in enumerate(zip(frames, shares, strict=True))
    ]
    mount(panels_data(strip, least=80, most=170), key="lesson_frames")
    page.say(
        "shares",
        layer=layer,
        cls=percent(seen.cls()),
        even=percent(float(shares.mean())),
        frame=int(shares.argmax()),
        most=percent(float(shares.max())),
    )


def _reorder(page: LessonPage) -> str | None:
    """Ask for an order and a guess; return the order, None until there is a guess."""
    orders, guesses = page.lesson.choices["order"], list(page.lesson.choices["guess"].values())
    others = list(orders)[1:]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        order = widget(
            st.segmented_control,
            page.text("order"),
            others,
            name="order",
            value=UrlValue("order", "Order", one_of(*others), "reversed"),
            # Another order is another question: the guess starts over.
            then=lambda: url_values.set_value("guess5", "none"),
            required=True,
            format_func=orders.get,
        )
        guess = widget(
            st.segmented_control,
            page.text("guess"),
            range(len(guesses)),
            name="guess",
            value=UrlValue("guess5", "Guess", one_of("none", "0", "1"), "none"),
            shown=lambda found: None if found == "none" else int(found),
            format_func=lambda i: guesses[i],
        )
    page.say("sequence", frames=_sequence(page, order))
    if guess == "none":
        st.caption(page.text("make_a_guess"))
        return None
    _reveal(page, order, int(guess))
    return order


def _sequence(page: LessonPage, order: str) -> str:
    from sct.model.ablation import Ablation

    frames = Ablation.parse(f"order={order}").frame_order(len(page.trace.order))
    return ", ".join(map(str, frames))


def _reveal(page: LessonPage, order: str, guess: int) -> None:
    from viz.plots import predictions

    before, after = page.probabilities("none"), page.probabilities(f"order={order}")
    (was, p), (now, q) = page.best(before), page.best(after)
    guessed = "guessed_right" if (was != now) == bool(guess) else "guessed_otherwise"
    change = "stays" if was == now else "turns"
    page.say(guessed, change, was=plain(was), p=p, now=plain(now), q=q)
    if order.startswith("shuffled"):
        _spread(page, was)
    shown = np.argsort(-np.maximum(before, after))[:SHOWN]
    labels, truth = [page.view.loaded.labels[i] for i in shown], page.view.truth
    called = "in order", "reordered"
    figure = predictions.comparison(labels, before[shown], after[shown], truth, called)
    how = page.lesson.choices["order"][order]
    page.chart(figure, "orders", page.text("orders", was=was, now=now, how=how), "stretch")
    parts = page.lesson.choices["part"].items()
    page.table("parts", [(part, *said.split(" | ")) for part, said in parts])


def _spread(page: LessonPage, was: str) -> None:
    """Say what the answer is to several shuffles, and how likely the one to the order is."""
    shuffles = [page.probabilities(f"order=shuffled({seed})") for seed in range(1, SHUFFLES + 1)]
    counts = Counter(page.best(each)[0] for each in shuffles)
    said = [page.text("times", label=plain(k), count=n) for k, n in counts.most_common()]
    place = int(page.probabilities("none").argmax())
    shares = [float(each[place]) for each in shuffles]
    about = {"answers": ", ".join(said), "low": min(shares), "high": max(shares)}
    page.say("spread", count=SHUFFLES, was=plain(was), **about)


def _without(page: LessonPage, chosen: str) -> None:
    def row(order: str) -> list[str]:
        cells = [page.lesson.choices["order"][order]]
        for mode in ("on", "mean"):
            label, p = page.best(page.probabilities(f"clip={mode};order={order}"))
            cells.append(f"{plain(label)}, {p:.1%}")
        return cells

    page.table("without", [row("as-is"), row(chosen)])
    page.say("care")


def facts(page: LessonPage) -> dict[str, object]:
    config = page.config
    frames, width = len(page.trace.order), config.widths[-1]
    row = page.trace.clip().row[0]
    return {
        "frames": frames,
        "places": frames + 1,
        "positions": config.frames + 1,
        "width": width,
        "channels": width // row.shape[0],
        "row": shape(row, "heads", "places"),
    }
