"""The model's answer for a clip, small enough to stand beside it: HTML from numbers and names."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from viz.colors import BASELINE
from viz.text.numbers import percent

_STYLE = """<style>
.sct-answer{display:grid;gap:.35rem;font-size:.9rem;font-variant-numeric:tabular-nums}
.sct-answer .said{font-size:1.25rem;font-weight:650;line-height:1.25}
.sct-answer .said small{font-size:.9rem;font-weight:400;opacity:.8;display:inline-block}
.sct-answer .doubt{opacity:.85}
.sct-answer ol{list-style:none;margin:0;padding:0;display:grid;gap:.15rem}
.sct-answer li{margin:0;padding:0;display:grid;gap:.6rem;align-items:center}
.sct-answer li{grid-template-columns:minmax(0,14rem) minmax(3rem,1fr) 3.6rem}
.sct-answer .bar{height:.55rem;border-radius:.2rem;background:rgba(128,128,128,.22)}
.sct-answer .bar i{display:block;height:100%;border-radius:inherit;background:COLOUR}
.sct-answer .value{text-align:right;font-weight:600}
</style>""".replace("COLOUR", BASELINE)


def answer(
    labels: Sequence[str],
    probabilities: np.ndarray,
    truth: str | None,
    most: int = 3,
    question: str = "",
    doubt: str = "",
) -> str:
    """Write the likeliest label, whether it is right, and the likeliest few with their bars.

    Args:
        labels: names of the classes, any text. probabilities: (class,), 0 to 1.
        truth: what is true, always among the bars if it is a class; None if nobody knows.
        most: how many bars there are at least.
        question: that is answered, of a model of several.
        doubt: why the answer is not sure; "" where it is.
    """
    order = np.argsort(-np.asarray(probabilities), kind="stable").tolist()
    shown = order[:most]
    if truth in labels and labels.index(truth) not in shown:
        shown.append(labels.index(truth))
    best = labels[order[0]]
    rows = "".join(_row(labels[i], float(probabilities[i]), labels[i] == truth) for i in shown)
    full = html.escape(f"{question} {best}".strip())
    said = f"The model says: {full} <small>{_verdict(best, truth, bool(doubt))}</small>"
    note = f'<div class="doubt">{html.escape(doubt)}</div>' if doubt else ""
    return (
        f'{_STYLE}<div class="sct-answer"><div class="said">{said}</div>{note}<ol>{rows}</ol></div>'
    )


def _verdict(best: str, truth: str | None, unsure: bool) -> str:
    if truth is None:
        return "· no label names this path"
    if best == truth and unsure:
        return "· right, but not sure"
    return "✓ right" if best == truth else f"✗ wrong, it is {html.escape(truth)}"


def _row(name: str, value: float, true: bool) -> str:
    text = f"<b>{html.escape(name)}</b> (truth)" if true else html.escape(name)
    return (
        f"<li><span>{text}</span>"
        f'<span class="bar"><i style="width:{100 * value:.1f}%"></i></span>'
        f'<span class="value">{html.escape(percent(value))}</span></li>'
    )
