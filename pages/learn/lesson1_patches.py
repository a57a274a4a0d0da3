"""Lesson 1: patches and chunks."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.learn.components import one_frame, patch_piece
from pages.learn.content import Code, Lesson, Option, Question, Symbol
from pages.learn.context import Desk, say, shape, step

PIECE = "lesson_patches"


def _steps(desk: Desk) -> None:
    config = desk.config
    with step(
        1,
        "Cut the frame into patches",
        "Drag the marked patch over the frame. Close up it is a handful of pixels. One linear map "
        "turns them into a list of numbers, the **token**; from here on the model knows only "
        "tokens. A position is added, so that a token also says where in its square it stands.",
    ):
        frame = one_frame(desk)
        patch_piece(desk, PIECE, frame)
    with step(
        2,
        "See why tiny patches are dear",
        "**Attention** lets each patch take in something from others; for that it must be compared "
        "with them (lesson 2 shows how). In *full* attention every patch is compared with every "
        "patch: $n$ patches make $n^2$ pairs. Smaller patches show finer things. Make them smaller "
        "and watch what that costs.",
    ):
        _pairs(desk)
    with step(
        3,
        "Stay inside a chunk",
        f"So the model first compares patches only within a **chunk** of {config.chunk} × "
        f"{config.chunk}, the white square above. The price: a patch at the rim of its chunk does "
        "not see its neighbour across the border. After each stage 2 × 2 tokens become one, so the "
        "same chunk covers more of the picture:",
    ):
        _stages(desk)


def _pairs(desk: Desk) -> None:
    config = desk.config
    size, chunk = config.image_size, config.chunk
    sides = [p for p in (1, 2, 4, 8, 16, 32) if size % (p * chunk) == 0]
    side = st.select_slider(
        "Side of a patch, in pixels", sides[::-1], config.patch, key="lesson_patch", width=420
    )
    n = (size // side) ** 2
    with st.grid(3, min_column_width=170):
        st.metric("Patches in a frame", f"{n:,}")
        st.metric("Pairs, all with all", f"{n * n:,}", help="Patches times patches.")
        st.metric(
            "Pairs within chunks",
            f"{n * chunk * chunk:,}",
            help=f"Each patch with the {chunk * chunk} of its chunk.",
        )
    say(f"{_beside(config.patch, side)} {_saved(n // (chunk * chunk))}")


def _beside(own: int, side: int) -> str:
    """All pairs of patches of this side against those of the model's own."""
    if side == own:
        return f"This is the model’s own patch, {own} × {own} pixels."
    times = max(own / side, side / own) ** 4
    fewer = "times as many pairs as" if side < own else "times fewer pairs than"
    return f"That is {times:,.0f} {fewer} with the model’s own patch of {own} × {own} pixels."


def _saved(ratio: int) -> str:
    if ratio > 1:
        return f"Chunks, which come next, need {ratio:,} times fewer pairs than all with all."
    return "One chunk holds the whole frame, so chunks save nothing."


def _stages(desk: Desk) -> None:
    config, rows = desk.config, ""
    for i, grid in enumerate(config.grids):
        token = config.image_size // grid
        many = (grid // config.chunk) ** 2
        rows += f"| {i + 1} | {grid} × {grid} | {token} px | {many} | {config.chunk * token} px |\n"
    say("| stage | tokens | side of one | chunks | side of one |\n|---|---|---|---|---|\n" + rows)


def _symbols(desk: Desk) -> Sequence[Symbol]:
    config, x = desk.config, desk.trace.entered[1][0]
    n, patch, width, chunk = config.grids[0] ** 2, config.patch, config.widths[0], config.chunk
    numbers = 3 * patch * patch
    return (
        Symbol("x_i", "pixels of patch $i$", f"{patch} × {patch} × 3 = {numbers} numbers"),
        Symbol("W, b", "what training has set: the linear map", f"{width} × {numbers} and {width}"),
        Symbol(r"\pi(i)", "place of patch $i$ in its chunk", f"one of {chunk**2}"),
        Symbol(r"e_{\pi(i)}", "position, learned for each place", f"{chunk**2} × {width} channels"),
        Symbol("z_i", "the token", shape(x, "frames", "rows", "columns", "channels")),
        Symbol("n", "patches of a frame", f"{n}"),
        Symbol("c", "side of a chunk", f"{chunk} patches"),
    )


PATCHES = Lesson(
    key="patches",
    title="Patches and chunks",
    asks="What does the model see of a frame, and why are tiny patches dear?",
    goal="You can say what a patch, a token and a chunk are, and what chunks save.",
    minutes=5,
    steps=_steps,
    formulas=r"""
$$
z_i = W x_i + b + e_{\pi(i)}
$$

$$
\text{pairs in full} = n^2
$$

$$
\text{pairs within chunks} = n\,c^2
$$
""",
    symbols=_symbols,
    code=(
        Code(
            "The patch embedding is one convolution whose step is as wide as the patch.",
            "sct.model.sct:SCT.__init__",
            "self.patch =",
            "self.positions =",
        ),
        Code("A frame's tokens are sorted into chunks.", "sct.model.chunks:partition"),
    ),
    questions=(
        Question(
            "You halve the side of the patches. How many pairs does full attention compare now?",
            (
                Option(
                    "Twice as many.",
                    "Halving the side makes four patches out of one, and pairs grow with the "
                    "square of the patches.",
                ),
                Option(
                    "Four times as many.",
                    "That is how many more *patches* there are. Each of them is compared with all "
                    "others, so the pairs grow with the square of that.",
                ),
                Option(
                    "Sixteen times as many.",
                    "Four times as many patches, each compared with four times as many: "
                    "4 × 4 = 16. Within chunks it would be four times.",
                ),
            ),
            2,
        ),
        Question(
            "A patch lies at the right rim of its chunk. Which patches can it attend to in chunk "
            "attention?",
            (
                Option(
                    "All those of its own chunk, and no others.",
                    "The border is hard: the next patch to the right is in the next chunk. "
                    "LSH attention (lesson 3) and pooling carry news across it.",
                ),
                Option(
                    "Its neighbours on all sides.",
                    "That would be a window that moves along with the patch. A chunk stands still: "
                    "where it ends, chunk attention ends.",
                ),
                Option(
                    "All patches of the frame.",
                    "That is full attention, and what chunks save us from.",
                ),
            ),
            0,
        ),
    ),
)
