"""The outcome of an ablation: both answers, and what changed for each class."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from pages.ablation import classes
from pages.cache.predictions import Prediction, prediction
from pages.state.view import View
from pages.widgets.figures import chart, download
from pages.widgets.markdown import plain
from sct.ablation_study import Variant, nothing_left
from sct.model.ablation import Ablation
from viz.colors import ABLATED, BASELINE, VARIANTS
from viz.html import comparison as comparison_html
from viz.plots import predictions as plots
from viz.text import numbers
from viz.views import csv_of

_FACTS = ("most likely", "KL divergence", "multiply-adds")
_UNITS = (
    "KL divergence from as trained, in nats. Multiply-adds are those of the layers, as "
    "`python -m sct sizes` counts them: without the products of attention."
)


def answer(view: View) -> None:
    """Say in a sentence what became of the answer."""
    now = view.ablation
    if str(now) == "none":
        st.markdown("Nothing is switched off yet: choose a question above, or a switch below.")
        return
    st.markdown(_sentence(view, prediction(view, Ablation()), prediction(view, now)))
    if empty := nothing_left(now, view.config):
        st.info(empty, icon=":material/power_settings_new:")


def _sentence(view: View, before: Prediction, after: Prediction) -> str:
    labels, p, q = view.loaded.full_labels, before.probabilities, after.probabilities
    was, now = int(p.argmax()), int(q.argmax())
    # Half the sum of absolute changes: the share of probability that went from some to others.
    moved = float(np.abs(q - p).sum()) / 2
    high, new = (numbers.percent(float(v)) for v in (p[was], q[now]))
    if was == now:
        start = f"The answer stays **{plain(labels[was])}**, {high} before and {new} now"
    else:
        start = (
            f"The answer turns from **{plain(labels[was])}** ({high}) "
            f"to **{plain(labels[now])}** ({new})"
        )
    gained = was == now and bool(q[now] > p[was])
    way = "moved to it from other classes" if gained else "moved to other classes"
    truth = f" The truth is {plain(view.truth)}." if view.truth else ""
    return f"{start}; {numbers.percent(moved)} of the probability {way}.{truth}"


def show(view: View) -> None:
    """Draw the classes that the switches change, before and now, and fold the others up."""
    labels, truth = view.loaded.labels, view.truth
    shown = _shown(view, ())
    probabilities = [prediction(view, each.ablation).probabilities for each in shown]
    picked = classes.pick(probabilities, _place(view))
    was = labels[int(probabilities[0].argmax())]
    names, values = [labels[i] for i in picked.shown], [p[picked.shown] for p in probabilities]
    if len(shown) == 1:
        st.markdown("**As trained**")
        figure = plots.predictions(names, values[0], truth)
        text = f"Most likely: {was}, {numbers.percent(float(probabilities[0].max()))}"
    else:
        st.markdown("**What changes**")
        figure = plots.comparison(names, *values, truth, called=("as trained", "now"))
        now = labels[int(probabilities[1].argmax())]
        text = f"{was} before, {now} under {view.ablation}"
    chart(figure, "ablation_bars", text)
    _others(view, shown, picked, "ablation_others")
    if len(shown) > 1:
        base, now = (prediction(view, each.ablation) for each in shown)
        _, kl, gmacs = _facts(view, now, base, False)
        st.caption(f"KL divergence {kl} nats · multiply-adds {gmacs}", help=_UNITS)
    _download(view, shown, "All classes, CSV", "ablation_csv")


def beside(view: View, variants: tuple[Variant, ...]) -> None:
    """Draw the predictions of all variants that are kept beside each other."""
    shown = _shown(view, variants)
    probabilities = [prediction(view, each.ablation).probabilities for each in shown]
    picked = classes.pick(probabilities, _place(view))
    st.header("Side by side")
    st.html(_table(view, shown, picked.shown, _FACTS))
    _others(view, shown, picked, "beside_others")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _download(view, shown, "All classes and variants, CSV", "variants_csv")
        st.caption(_UNITS, width="stretch")


def _place(view: View) -> int | None:
    """Return the place of the true class, where it is known."""
    return view.loaded.labels.index(view.truth) if view.truth else None


def _others(view: View, shown: list[Variant], picked: classes.Picked, key: str) -> None:
    """Draw the classes that have no bar, folded up."""
    if count := len(picked.others):  # never 1
        with st.expander(f"and {count} others {picked.about}", key=key):
            st.html(_table(view, shown, picked.others, ()))


def _shown(view: View, variants: tuple[Variant, ...]) -> list[Variant]:
    """Return as trained, what the switches say unless it is among the variants, and these."""
    shown = [Variant("as trained", Ablation())]
    if view.ablation not in (Ablation(), *(each.ablation for each in variants)):
        shown.append(Variant("now", view.ablation))
    return [*shown, *variants]


def _table(view: View, shown: list[Variant], rows: np.ndarray, facts: tuple[str, ...]) -> str:
    """Return some of the classes as a table with a column a variant, after the facts of each."""
    base = prediction(view, Ablation())
    others = iter(VARIANTS)
    columns = []
    for i, each in enumerate(shown):
        if i == 0:
            colour = BASELINE
        else:
            colour = ABLATED if each.ablation == view.ablation else next(others)
        found = prediction(view, each.ablation)
        said = _facts(view, found, base, i == 0) if facts else ()
        columns.append(comparison_html.Column(each.name, colour, found.probabilities[rows], said))
    labels = [view.loaded.labels[i] for i in rows]
    return comparison_html.table(labels, columns, facts, view.truth)


def _facts(view: View, found: Prediction, base: Prediction, first: bool) -> tuple[str, ...]:
    best = int(found.logs.argmax())
    label = f"{view.loaded.labels[best]}, {numbers.percent(float(found.probabilities[best]))}"
    gmacs = f"{found.gmacs:.3f} G"
    if first:
        return label, "–", gmacs
    return label, f"{base.kl(found):.3f}", f"{gmacs} ({_saved(found.gmacs, base.gmacs)})"


def _saved(now: float, before: float) -> str:
    change = 100 * (now / before - 1)
    share = math.trunc(10 * abs(change)) / 10  # cut, so that no saving is rounded up
    return "same" if share == 0 else f"{'+' if change > 0 else '−'}{share}%"


def _download(view: View, shown: list[Variant], label: str, key: str) -> None:
    probabilities = [prediction(view, each.ablation).probabilities for each in shown]
    download(label, lambda: _csv(view.loaded.labels, shown, probabilities), "ablation.csv", key)


def _csv(labels: tuple[str, ...], shown: list[Variant], probabilities: list[np.ndarray]) -> bytes:
    names = {"as trained": "as_trained", "now": "ablated"}
    # What a person named is called so, whatever it is.
    first = [names.get(each.name, each.name) for each in shown[:2]]
    header = ["class", *first, *(each.name for each in shown[2:])]
    if len(shown) == 1:  # the columns stay what they were
        header, probabilities = [*header, "ablated"], probabilities * 2
    return csv_of(header, zip(labels, *probabilities, strict=True)).encode()
