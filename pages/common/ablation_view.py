"""The outcome of an ablation: both answers, what changed, and how to get them elsewhere."""

from __future__ import annotations

import shlex

import numpy as np
import streamlit as st

from pages.common.session import View
from pages.common.text import plain
from sct.ablation import Ablation
from viz import charts
from viz.views import csv_of


def comparison(view: View) -> None:
    """Both predictions and the change of each class."""
    labels = view.loaded.labels
    before = view.result(Ablation()).probabilities
    after = view.result(view.ablation).probabilities
    was, now = int(before.argmax()), int(after.argmax())
    changed = str(view.ablation) != "none"
    st.subheader("As trained and ablated" if changed else "As trained")
    st.markdown(_sentence(view, labels, before, after) if changed else _NOTHING)
    truth = view.clip.truth
    if changed:
        figure = charts.comparison(labels, before, after, truth)
        text = f"{labels[was]} before, {labels[now]} under {view.ablation}"
    else:
        figure = charts.predictions(labels, before, truth)
        text = f"Most likely: {labels[was]}, {charts.percent(float(before[was]))}"
    st.plotly_chart(figure, key="ablation_bars", config={"displayModeBar": False}, alt=text)
    st.download_button(
        "Both predictions, CSV",
        lambda: _table(labels, before, after),
        file_name="ablation.csv",
        mime="text/csv",
        key="ablation_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _table(labels: tuple[str, ...], before: np.ndarray, after: np.ndarray) -> bytes:
    rows = zip(labels, before, after, strict=True)
    return csv_of(["class", "as_trained", "ablated"], rows).encode()


_NOTHING = "Nothing is switched off yet: choose a question above, or a switch."


def _sentence(view: View, labels: tuple[str, ...], before: np.ndarray, after: np.ndarray) -> str:
    was, now = int(before.argmax()), int(after.argmax())
    # Half the sum of absolute changes: the share of probability that moved to other classes.
    moved = float(np.abs(after - before).sum()) / 2
    p, q = (charts.percent(float(v)) for v in (before[was], after[now]))
    if was == now:
        start = f"The answer stays **{plain(labels[was])}**, {p} before and {q} now"
    else:
        start = (
            f"The answer turns from **{plain(labels[was])}** ({p}) "
            f"to **{plain(labels[now])}** ({q})"
        )
    truth = f" The truth is {plain(view.clip.truth)}." if view.clip.truth else ""
    return f"{start}; {charts.percent(moved)} of the probability moved to other classes.{truth}"


def commands(view: View) -> None:
    """The text form, and the command that does the same without the app."""
    text = str(view.ablation)
    st.markdown("**The same elsewhere**")
    st.caption("Text form, as in the address of this page and in reports:")
    st.code(text, language=None, wrap_lines=True)
    st.caption(_what(view))
    st.code(_command(view, text), language="bash", wrap_lines=True)


def _what(view: View) -> str:
    if view.made is not None:
        return "On the command line, over 1,000 made clips (a sample has no file):"
    return "On the command line, for this clip:"


def _command(view: View, text: str) -> str:
    model = shlex.quote(view.loaded.name)
    ablate = "" if text == "none" else f" --ablate {shlex.quote(text)}"
    if view.made is not None:
        return f"python -m sct evaluate --data motion --model {model}{ablate} --limit 1000"
    clip = view.clip
    # A name that begins with a dash would be read as an option.
    path = f"./{clip.name}" if clip.name.startswith("-") else clip.name
    return (
        f"python -m sct predict {shlex.quote(path)} --model {model} "
        f"--start {clip.start:g} --stride {clip.stride:g}{ablate}"
    )


def definition(view: View) -> None:
    """What exactly each switch changes."""
    config = view.config
    st.markdown(
        rf"""
Each bar is $\operatorname{{softmax}}(z)_c$ of one forward pass, $z$ the logits of the
{config.num_classes} classes; *change* is the difference of both bars in points, and the probability
that moved is $\tfrac12 \sum_c |p_c - q_c|$. The weights stay what training made them: this says
what the trained model rests on, not what a model trained without the part would do.

- **Shifted attention** *self*: $k_{{t-s}}$ becomes $k_t$, so that size and cost stay and only the
  motion path goes; *off*: the block is left out, its residual stays.
- **LSH attention** *exact*: softmax over all patches of a frame instead of hashed pieces; *off*:
  the layer is left out, its residual stays. Rounds, bucket size and seed are those of hashing.
- **Chunk attention** *off*: all ViLT blocks of that stage are left out.
- **Clip encoder** *mean of frames*: the mean of the frames’ embeddings goes to the head instead.
- **Frame order**: the frames are put in another order before anything is computed.
- **Single heads**: the head’s output is 0 before the projection that mixes heads.

**Axes.** Classes, the likeliest of either pass on top; probability from 0 to 1.

**Source.** Zha et al., NeurIPS 2021, table 5, ablates the same parts by training anew;
`sct/ablation.py`. What the parts are worth when models are trained without them is in
`docs/ablations.md`.
"""
    )
