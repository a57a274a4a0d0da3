"""Lesson 5: the clip encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.cache.predictions import answer, best
from pages.learn.content import Code, Lesson, Option, Question, Symbol
from pages.learn.context import Desk, say, shape, step
from pages.state import url_values
from pages.widgets.markdown import plain

ORDERS = {
    "as-is": "as it is",
    "reversed": "reversed",
    "shuffled(1)": "shuffled",
    "repeat-first": "first frame only",
}
SHOWN = 4  # classes of the chart: the likeliest
GUESSES = ("stays as it is", "turns into another one")


def _steps(desk: Desk) -> None:
    with step(
        1,
        "See which frames count",
        "So far each frame has met at most the one before it; nothing has looked at the *whole* "
        "clip. The **clip encoder** adds that: each frame is boiled down to one vector, a learned "
        "vector called **CLS** is put before them, and attention runs over that row. What CLS has "
        "gathered in the end goes to the head, which names the class. The weight that CLS gives to "
        "each frame:",
    ):
        layer = _layer(desk)
        _strip(desk, layer)
    with step(
        2,
        "Shuffle time",
        "Put the frames in another order before the model sees anything. Guess first: what happens "
        "to the answer?",
    ):
        order = _reorder(desk)
    with step(
        3,
        "Take the encoder out",
        "Now the plain mean of the frames’ vectors goes to the head instead. A mean does not know "
        "which vector came first. Does that matter?",
    ):
        if order is None:
            st.caption(":material/visibility: Guess in step 2 first: this would give it away.")
        else:
            _without(desk, order)


def _layer(desk: Desk) -> int:
    count = desk.config.clip_layers
    layer = url_values.value("clip_layer", "Layer", url_values.whole(1, count), count)
    if count == 1:
        return 1
    st.session_state["lesson_layer"] = layer
    st.segmented_control(
        "Layer of the clip encoder",
        range(1, count + 1),
        key="lesson_layer",
        required=True,
        on_change=lambda: url_values.put("clip_layer", str(st.session_state["lesson_layer"])),
    )
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
            alt=f"Frame {t}, which CLS gives {percent(float(share))}",
            note=f"frame {t}",
            share=float(share / shares.max()),
            share_note=percent(float(share)),
        )
        for t, (frame, share) in enumerate(zip(frames, shares, strict=True))
    ]
    mount(panels_data(strip, least=96, most=170), key="lesson_frames")
    most = int(shares.argmax())
    say(
        f"In layer {layer} CLS keeps {percent(seen.cls())} for itself. The rest, shared evenly, "
        f"would be {percent(float(shares.mean()))} a frame; frame {most} gets the most, "
        f"{percent(float(shares[most]))}."
    )


def _reorder(desk: Desk) -> str | None:
    """The order that was chosen; None until there is a guess."""
    order = url_values.value("order", "Order", url_values.one_of(*list(ORDERS)[1:]), "reversed")
    guess = url_values.value("guess5", "Guess", url_values.one_of("none", "0", "1"), "none")
    st.session_state["lesson_order"] = order
    st.session_state["lesson_guess"] = None if guess == "none" else int(guess)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.segmented_control(
            "Order of the frames",
            list(ORDERS)[1:],
            key="lesson_order",
            required=True,
            format_func=ORDERS.get,
            on_change=_picked,
        )
        st.segmented_control(
            "My guess: the answer …",
            range(len(GUESSES)),
            key="lesson_guess",
            format_func=lambda i: GUESSES[i],
            on_change=lambda: url_values.put("guess5", _text(st.session_state["lesson_guess"])),
        )
    say(f"The model gets the frames as **{_sequence(desk, order)}**.")
    if guess == "none":
        st.caption("Make a guess, and the model answers.")
        return None
    _reveal(desk, order, int(guess))
    return order


def _sequence(desk: Desk, order: str) -> str:
    from sct.model.ablation import Ablation

    frames = Ablation.parse(f"order={order}").frame_order(len(desk.trace.order))
    return ", ".join(map(str, frames))


def _text(guess: int | None) -> str:
    return "none" if guess is None else str(guess)


def _picked() -> None:
    """Another order is another question: the guess starts over."""
    url_values.put("order", st.session_state["lesson_order"])
    url_values.put("guess5", "none")


def _reveal(desk: Desk, order: str, guess: int) -> None:
    from viz.plots import base

    before, after = answer(desk, "none"), answer(desk, f"order={order}")
    (was, p), (now, q) = best(desk, before), best(desk, after)
    right = (was != now) == bool(guess)
    turned = f"turns from **{plain(was)}** ({p:.1%}) into **{plain(now)}** ({q:.1%})"
    stays = f"stays **{plain(was)}**, {p:.1%} sure before and {q:.1%} now"
    start = "You guessed right: the" if right else "You guessed otherwise: the"
    say(
        f"{start} answer {stays if was == now else turned}. What moves is read from each frame and "
        "the one that *now* stands before it."
    )
    shown = np.argsort(-np.maximum(before, after))[:SHOWN]
    labels, truth = [desk.view.loaded.labels[i] for i in shown], desk.view.clip.truth
    called = "in order", "reordered"
    figure = base.comparison(labels, before[shown], after[shown], truth, called)
    text = f"{was} in order, {now} when {ORDERS[order]}"
    st.plotly_chart(figure, key="lesson_orders", config={"displayModeBar": False}, alt=text)


def _without(desk: Desk, chosen: str) -> None:
    rows = ""
    for order in ("as-is", chosen):
        name, cells = ORDERS[order], []
        for mode in ("on", "mean"):
            text = f"clip={mode};order={order}"
            label, p = best(desk, answer(desk, text))
            cells.append(f"{plain(label)}, {p:.1%}")
        rows += f"| {name} | {' | '.join(cells)} |\n"
    say(f"| frames | with the clip encoder | with the mean |\n|---|---|---|\n{rows}")
    say(
        "Read this with care. The head was trained on what the encoder makes of a clip; handed a "
        "plain mean it may be lost, whatever the order, and is then unsure. That shows that the "
        "*trained* model needs its encoder. What a model would do that never had one is another "
        "experiment, with other weights: `docs/ablations.md` has it."
    )


def _symbols(desk: Desk) -> Sequence[Symbol]:
    config = desk.config
    frames, width = len(desk.trace.order), config.widths[-1]
    row = desk.trace.clip().row[0]
    rows = f"{shape(row, 'heads', 'places')} (CLS, then the frames)"
    return (
        Symbol("f_t", "vector of frame $t$", f"{frames} frames × {width} channels"),
        Symbol("T", "frames", f"{frames}"),
        Symbol("c", "CLS, learned", f"{width} channels"),
        Symbol("e_0, e_t, e_T", "positions in time", f"{config.frames + 1} × {width} channels"),
        Symbol("x", "what the encoder is given", f"{frames + 1} × {width}"),
        Symbol("q_0, k_t", "query of CLS, key of place $t$", f"{width // row.shape[0]} a head"),
        Symbol("d", "channels of a head", f"{width // row.shape[0]}"),
        Symbol("a_t", "what CLS gives to place $t$, in each layer", rows),
    )


FRAMES = Lesson(
    key="frames",
    title="The clip encoder",
    asks="How do single frames become one answer, and does their order count?",
    goal="You can say what the clip encoder adds, and how to find out whether it uses order.",
    minutes=5,
    steps=_steps,
    formulas=r"""
$$
x = [\,c + e_0,\; f_1 + e_1,\; \dots,\; f_T + e_T\,]
$$

$$
a_t = \operatorname{softmax}_t\!\Big(\frac{q_0 \cdot k_t}{\sqrt d}\Big)
$$
""",
    symbols=_symbols,
    code=(
        Code("CLS and positions, then the layers.", "sct.model.sct:ClipEncoder.forward"),
        Code("What an order does to the frames.", "sct.model.ablation:Ablation.frame_order"),
    ),
    questions=(
        Question(
            "A clip of a pan to the right is played backwards. What should a model that sees "
            "motion say?",
            (
                Option(
                    "Pan right: the frames are the same.",
                    "The set of frames is, but what comes after what is not. A model that sees "
                    "motion must notice.",
                ),
                Option(
                    "Nothing certain: it never saw such a clip.",
                    "It has: a pan backwards looks like a pan the other way.",
                ),
                Option(
                    "Pan left: reversed time turns motion round.",
                    "Step 2 lets you check that this model does say so. An answer that stays would "
                    "tell you that it does not look at motion.",
                ),
            ),
            2,
        ),
        Question(
            "Frame 5 gets most of CLS’s attention. What may you conclude?",
            (
                Option(
                    "Without frame 5 the answer would be another one.",
                    "Perhaps, but the weight does not say so: the other frames may carry the same "
                    "news. Take the frame away and look; that is an experiment.",
                ),
                Option(
                    "In that layer, frame 5 contributes the most to CLS by weight, and no more "
                    "than that.",
                    "A weight is how much is taken, not what it does to the answer. Lesson 6 shows "
                    "how to find that out.",
                ),
                Option(
                    "Frame 5 shows the motion best.",
                    "Nothing in the weight is about motion. It may be large for other reasons.",
                ),
            ),
            1,
        ),
    ),
)
