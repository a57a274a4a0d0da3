"""Shifted attention: where a patch looks in the frame before and its own, and what moved."""

import streamlit as st

from pages.common import address, words
from pages.common.session import current

words.heading(
    "Shifted attention",
    "Click a patch of the first picture: the other two show where it looks in the frame before "
    "and in its own frame, lighter where it looks more. "
    "The arrows say which way the content of every patch has moved since the frame before, as "
    "attention reads it.",
)
view = current()
words.banner(view)
result = view.result()

from pages.common import attention_view  # noqa: E402


@st.fragment
def explore() -> None:
    config = view.config
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        stages = [str(s + 1) for s in range(config.stages)]
        # First where something is to be seen: a stage whose maps were taught to follow motion.
        taught = [s for s, heads in zip(stages, config.grounded_heads, strict=True) if heads]
        stage = int(address.segments("Stage", stages, "stage", (taught or stages)[0]))
        try:
            seen = result.trace.shifted(stage)
        except LookupError as error:
            words.off(error, words.HOW_ON)
            return
        names = words.head_names(seen.heads, seen.grounded)
        head = names[address.segments("Head", list(names), "head", next(iter(names)))]
        frame = address.slide(
            "Frame", 0, seen.frames - 1, min(3, seen.frames - 1), "frame", width=240
        )
    measured = words.measured_heads(view.loaded.card, stage)
    st.markdown(words.head_sentence(head, seen.heads, seen.grounded, measured))
    attention_view.show(view, result, seen, stage, head, frame)


explore()
