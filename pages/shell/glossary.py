"""The words that the app uses, each explained once, and where to see what it means."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Term:
    """A word, what it means (Markdown), and the address within the app where it can be seen."""

    word: str
    meaning: str
    see: str = ""


TERMS: tuple[Term, ...] = (
    Term(
        "ablation",
        "Switching a part off, or changing it, to find out what it was worth.",
        "learn?lesson=ablation",
    ),
    Term(
        "attention",
        "Each token adds up values of others, weighted by how well its query meets their keys.",
        "learn?lesson=inside",
    ),
    Term(
        "bucket",
        "The patches that one hash round put together, as their numbers point the same way.",
        "buckets",
    ),
    Term("channel", "One of the numbers that a token consists of."),
    Term(
        "chunk",
        "A square of patches within which chunk attention and shifted attention work.",
        "learn?lesson=patches",
    ),
    Term("class", "One of the answers that a model can give."),
    Term("clip", "The frames that a model is given, evenly spaced in time."),
    Term(
        "clip encoder",
        "The last layers: they look over the vectors of all frames and make one answer of them.",
        "learn?lesson=frames",
    ),
    Term(
        "CLS",
        "A learned vector before the frames; what it has gathered at the end is the answer.",
        "learn?lesson=frames",
    ),
    Term(
        "confidence interval",
        "A range around a measured number. Of 95% intervals, 95 in 100 hold the true one.",
        "learn?lesson=ablation",
    ),
    Term("displacement", "From a patch to the mean place of its map over the frame before."),
    Term(
        "entropy",
        "How spread out weights are: 0 if one has all, greatest if all are alike.",
        "learn?lesson=inside",
    ),
    Term(
        "grounded head ◆, free head ○",
        "Grounded heads were taught, on made clips, to look where the content came from. Free ones "
        "were not, and their maps need not mean motion.",
        "learn?lesson=explanation",
    ),
    Term("head", "One of several attentions side by side, each with channels of its own."),
    Term("key", "What a token offers to be found by.", "learn?lesson=inside"),
    Term("logit", "A class’s score before softmax makes probabilities of all scores."),
    Term(
        "LSH",
        "Locality-sensitive hashing: like vectors mostly fall into one bucket, without comparing "
        "all pairs.",
        "learn?lesson=hashing",
    ),
    Term(
        "multiply-add, MAC",
        "One multiplication and one addition; GMACs are thousands of millions of them.",
    ),
    Term("optical flow", "An estimate of how each point of a picture moved to the next."),
    Term(
        "patch",
        "A small square of pixels, the model’s smallest piece of a frame.",
        "learn?lesson=patches",
    ),
    Term(
        "piece",
        "A stretch of the sorted row of patches; a patch sees its own and the one before.",
        "buckets",
    ),
    Term("pooling", "Between stages, 2 × 2 tokens become one."),
    Term("query", "What a token looks for in the keys of others.", "learn?lesson=inside"),
    Term(
        "recall",
        "Share of exact attention’s weight that hashing keeps.",
        "learn?lesson=hashing",
    ),
    Term("rollout", "Attention of all layers multiplied: where the answer could draw on."),
    Term("round", "One draw of random directions, and so of buckets.", "learn?lesson=hashing"),
    Term(
        "shifted attention, shifted MSA",
        "Attention whose queries meet the keys of the frame before and those of their own.",
        "learn?lesson=shifted",
    ),
    Term("softmax", "Makes weights that sum to 1 out of scores.", "learn?lesson=inside"),
    Term("stage", "Chunk attention, LSH attention, pooling, shifted attention: once round."),
    Term(
        "temperature",
        "Divides scores before softmax: low makes the largest take all, high makes all alike.",
        "learn?lesson=inside",
    ),
    Term("token", "The list of numbers that stands for a patch.", "learn?lesson=patches"),
    Term("trace", "What a pass through the model keeps, to answer questions afterwards."),
    Term("value", "What a token hands over to those who attend to it.", "learn?lesson=inside"),
    Term("ViLT block", "A transformer block that works inside chunks: chunk attention."),
)


def button() -> None:
    """A small button that opens all words; they are drawn when it is open."""
    with st.popover(
        "Words",
        type="tertiary",
        icon=":material/menu_book:",
        help="What the words on these pages mean",
        key="glossary",
        on_change="rerun",
    ) as opened:
        if opened.open:
            show()


def show() -> None:
    lines = []
    for term in TERMS:
        # A new tab: the view that is open stays as it is, uploads and all.
        see = f' <a href="{term.see}" target="_blank" title="See it">↗</a>' if term.see else ""
        lines.append(f"<dt>{term.word}{see}</dt><dd>{term.meaning}</dd>")
    st.html(
        "<style>.sct-words dt{font-weight:600;margin-top:.55rem}.sct-words dd{margin:0;opacity:.85}"
        ".sct-words{max-width:30rem;margin:0!important;padding:0!important}"
        ".sct-words a{color:inherit}</style>"
        f'<dl class="sct-words">{"".join(lines)}</dl>'
    )
