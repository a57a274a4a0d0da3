"""The outcome of an ablation: both answers, and what changed for each class."""

from __future__ import annotations

import numpy as np
import streamlit as st

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
    # Half the sum of absolute changes: the share of probability that moved to other classes.
    moved = float(np.abs(q - p).sum()) / 2
    high, new = (numbers.percent(float(v)) for v in (p[was], q[now]))
    if was == now:
        start = f"The answer stays **{plain(labels[was])}**, {high} before and {new} now"
    else:
        start = (
            f"The answer turns from **{plain(labels[was])}** ({high}) "
            f"to **{plain(labels[now])}** ({new})"
        )
    truth = f" The truth is {plain(view.truth)}." if view.truth else ""
    return f"{start}; {numbers.percent(moved)} of the probability moved to other classes.{truth}"


def show(view: View, variants: tuple[Variant, ...]) -> None:
    """Draw the predictions of all variants, and the change of each class."""
    labels, truth = view.loaded.labels, view.truth
    shown = _shown(view, variants)
    probabilities = [prediction(view, each.ablation).probabilities for each in shown]
    was = labels[int(probabilities[0].argmax())]
    st.header("As trained" if len(shown) == 1 else "Side by side")
    if len(shown) == 1:
        figure = plots.predictions(labels, probabilities[0], truth)
        text = f"Most likely: {was}, {numbers.percent(float(probabilities[0].max()))}"
        chart(figure, "ablation_bars", text)
    elif not variants:
        now = labels[int(probabilities[1].argmax())]
        figure = plots.comparison(labels, *probabilities, truth)
        chart(figure, "ablation_bars", f"{was} before, {now} under {view.ablation}")
    if len(shown) > 1:
        _table(view, shown, bars=bool(variants))
    download(
        "All predictions, CSV" if variants else "Both predictions, CSV",
        lambda: _csv(labels, shown, probabilities),
        "ablation.csv",
        "ablation_csv",
    )


def _shown(view: View, variants: tuple[Variant, ...]) -> list[Variant]:
    """Return as trained, what the switches say unless it is among the variants, and these."""
    shown = [Variant("as trained", Ablation())]
    if view.ablation not in (Ablation(), *(each.ablation for each in variants)):
        shown.append(Variant("now", view.ablation))
    return [*shown, *variants]


def _table(view: View, shown: list[Variant], bars: bool) -> None:
    base = prediction(view, Ablation())
    others = iter(VARIANTS)
    columns = []
    for i, each in enumerate(shown):
        if i == 0:
            colour = BASELINE
        else:
            colour = ABLATED if each.ablation == view.ablation else next(others)
        found = prediction(view, each.ablation)
        facts = _facts(view, found, base, i == 0)
        columns.append(comparison_html.Column(each.name, colour, found.probabilities, facts))
    st.html(
        comparison_html.table(view.loaded.labels, columns, _FACTS, view.truth, 20 if bars else 0)
    )
    st.caption(
        "KL divergence of a variant from as trained, in nats. Multiply-adds are those of the "
        "layers, as `python -m sct sizes` counts them: without the products of attention."
    )


def _facts(view: View, found: Prediction, base: Prediction, first: bool) -> tuple[str, ...]:
    best = int(found.logs.argmax())
    label = f"{view.loaded.labels[best]}, {numbers.percent(float(found.probabilities[best]))}"
    gmacs = f"{found.gmacs:.3f} G"
    if first:
        return label, "–", gmacs
    return label, f"{base.kl(found):.3f}", f"{gmacs} ({_saved(found.gmacs, base.gmacs)})"


def _saved(now: float, before: float) -> str:
    share = round(100 * (now / before - 1))
    return "same" if share == 0 else f"{'+' if share > 0 else '−'}{abs(share)}%"


def _csv(labels: tuple[str, ...], shown: list[Variant], probabilities: list[np.ndarray]) -> bytes:
    names = {"as trained": "as_trained", "now": "ablated"}
    # What a person named is called so, whatever it is.
    first = [names.get(each.name, each.name) for each in shown[:2]]
    header = ["class", *first, *(each.name for each in shown[2:])]
    if len(shown) == 1:  # the columns stay what they were
        header, probabilities = [*header, "ablated"], probabilities * 2
    return csv_of(header, zip(labels, *probabilities, strict=True)).encode()
