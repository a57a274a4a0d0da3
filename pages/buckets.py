"""LSH buckets: which patches hashing put together, and whom a patch can therefore attend to."""

import streamlit as st

from pages.common import address, words
from pages.common.session import current

words.heading(
    "LSH buckets",
    "Hashing sorts the patches of a frame into buckets, one colour each, and a patch attends only "
    "to patches sorted next to it. "
    "Click a patch: its bucket stays lit in the second picture, and the third shows where its "
    "attention went.",
)
view = current()
words.banner(view)
result = view.result()

from pages.common import buckets_view  # noqa: E402


@st.fragment
def explore() -> None:
    config = view.config
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        stage = int(
            address.segments("Stage", [str(s + 1) for s in range(config.stages)], "stage", "1")
        )
        try:
            seen = result.trace.lsh(stage)
        except LookupError as error:
            words.off(error, words.HOW_ON)
            return
        heads, rounds = (list(map(str, range(n))) for n in (seen.heads, seen.rounds))
        head = int(address.segments("Head", heads, "lsh_head", "0"))
        round_ = int(address.segments("Hash round", rounds, "round", "0"))
        frame = address.slide(
            "Frame", 0, seen.frames - 1, min(3, seen.frames - 1), "frame", width=240
        )
        token = buckets_view.pick(seen, stage)
    buckets_view.show(view, result, seen, stage, head, round_, frame, token)


explore()
