"""The outcome of an ablation: both answers, what changed, and how to get them elsewhere."""

from __future__ import annotations

import shlex

import numpy as np
import streamlit as st

from pages.ablation import presets, switches
from pages.ablation import variants as variant_list
from pages.ablation.variants import MOST, Kept
from pages.cache.predictions import Outcome, outcome
from pages.state.view import View
from pages.widgets.markdown import file_argument, plain
from sct.ablation_study import nothing_left
from sct.model.ablation import Ablation
from viz.colors import ABLATED, BASELINE, VARIANTS
from viz.html import comparison as comparison_html
from viz.plots import predictions as plots
from viz.text import numbers
from viz.views import csv_of


def answer(view: View) -> None:
    """What became of the answer, in a sentence."""
    now = view.ablation
    if str(now) == "none":
        st.markdown(_NOTHING)
        return
    st.markdown(_sentence(view, outcome(view, Ablation()), outcome(view, now)))
    if empty := nothing_left(now, view.config):
        st.info(empty, icon=":material/power_settings_new:")


_NOTHING = "Nothing is switched off yet: choose a question above, or a switch below."


def _sentence(view: View, before: Outcome, after: Outcome) -> str:
    labels, p, q = view.loaded.labels, before.probabilities, after.probabilities
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
    truth = f" The truth is {plain(view.clip.truth)}." if view.clip.truth else ""
    return f"{start}; {numbers.percent(moved)} of the probability moved to other classes.{truth}"


def comparison(view: View, variants: tuple[Kept, ...]) -> None:
    """The predictions of all variants, and the change of each class."""
    labels, truth = view.loaded.labels, view.clip.truth
    shown = _shown(view, variants)
    probabilities = [outcome(view, each.ablation).probabilities for each in shown]
    was = labels[int(probabilities[0].argmax())]
    st.header("As trained" if len(shown) == 1 else "Side by side")
    if len(shown) == 1:
        figure = plots.predictions(labels, probabilities[0], truth)
        text = f"Most likely: {was}, {numbers.percent(float(probabilities[0].max()))}"
    elif not variants:
        figure = plots.comparison(labels, *probabilities, truth)
        now = labels[int(probabilities[1].argmax())]
        text = f"{was} before, {now} under {view.ablation}"
    if not variants:
        st.plotly_chart(figure, key="ablation_bars", config={"displayModeBar": False}, alt=text)
    if len(shown) > 1:
        _table(view, shown, bars=bool(variants))
    st.download_button(
        "All predictions, CSV" if variants else "Both predictions, CSV",
        lambda: _csv(labels, shown, probabilities),
        file_name="ablation.csv",
        mime="text/csv",
        key="ablation_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _shown(view: View, variants: tuple[Kept, ...]) -> list[Kept]:
    """As trained, what the switches say unless it is kept, and what is kept."""
    shown = [Kept("as trained", Ablation())]
    if view.ablation not in (Ablation(), *(each.ablation for each in variants)):
        shown.append(Kept("now", view.ablation))
    return [*shown, *variants]


_FACTS = ("most likely", "KL divergence", "multiply-adds", "time")


def _table(view: View, shown: list[Kept], bars: bool) -> None:
    base = outcome(view, Ablation())
    others = iter(VARIANTS)
    colours = {"as trained": BASELINE, "now": ABLATED}
    columns = []
    for i, each in enumerate(shown):
        is_own = i == 0 or each.ablation == view.ablation
        own = colours["as trained" if i == 0 else "now"] if is_own else next(others)
        found = outcome(view, each.ablation)
        columns.append(
            comparison_html.Column(
                each.name, own, found.probabilities, _facts(view, found, base, i == 0)
            )
        )
    st.html(
        comparison_html.table(
            view.loaded.labels, columns, _FACTS, view.clip.truth, 20 if bars else 0
        )
    )
    st.caption(
        "KL divergence of a variant from as trained, in nats. Multiply-adds are those of the "
        "layers, as `python -m sct sizes` counts them: without the products of attention. Time is "
        "the shorter of two passes here and now."
    )


def _facts(view: View, found: Outcome, base: Outcome, first: bool) -> tuple[str, ...]:
    best = int(found.logs.argmax())
    label = f"{view.loaded.labels[best]}, {numbers.percent(float(found.probabilities[best]))}"
    gmacs, ms = f"{found.gmacs:.3f} G", f"{found.seconds * 1e3:.0f} ms"
    if first:
        return label, "–", gmacs, ms
    return (
        label,
        f"{base.kl(found):.3f}",
        f"{gmacs} ({_saved(found.gmacs, base.gmacs)})",
        f"{ms} ({_saved(found.seconds, base.seconds)})",
    )


def _saved(now: float, before: float) -> str:
    share = round(100 * (now / before - 1))
    return "same" if share == 0 else f"{'+' if share > 0 else '−'}{abs(share)}%"


def _csv(labels: tuple[str, ...], shown: list[Kept], probabilities: list[np.ndarray]) -> bytes:
    names = {"as trained": "as_trained", "now": "ablated"}
    # What a person named is called so, whatever it is.
    first = [names.get(each.name, each.name) for each in shown[:2]]
    header = ["class", *first, *(each.name for each in shown[2:])]
    if len(shown) == 1:  # the columns stay what they were
        header, probabilities = [*header, "ablated"], probabilities * 2
    return csv_of(header, zip(labels, *probabilities, strict=True)).encode()


def keeping(view: View, variants: tuple[Kept, ...]) -> None:
    """Keep what the switches say as a variant; show and remove those that are kept."""
    with st.container(border=True):
        st.markdown(f"**Variants** · {len(variants)} of {MOST} kept")
        known = next((v.name for v in variants if v.ablation == view.ablation), None)
        suggested = known or presets.name_of(view.ablation)

        def put() -> None:
            name = st.session_state.pop("kept_name", "") or suggested
            variant_list.keep((*variants, Kept(name, view.ablation)))

        why = None
        if str(view.ablation) == "none":
            why = "Switch something off first: as trained is always shown."
        elif known:
            why = f"This is kept already, as “{plain(known)}”."
        elif len(variants) == MOST:
            why = "There is room for four; remove one first."
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.text_input(
                "Name",
                key="kept_name",
                placeholder="" if why else suggested,
                max_chars=40,
                disabled=bool(why),
            )
            st.button(
                "Keep beside",
                key="keep",
                icon=":material/add_column_right:",
                on_click=put,
                disabled=bool(why),
            )
        if why:
            st.caption(why)
        for i, each in enumerate(variants):
            _kept_row(view, variants, i, each)


def _kept_row(view: View, variants: tuple[Kept, ...], i: int, each: Kept) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(each.name)}**  \n{plain(each.ablation)}", width="stretch")
        st.button(
            "Show",
            key=f"kept_show_{i}",
            on_click=switches.write,
            args=(each.ablation,),
            disabled=each.ablation == view.ablation,
            help="Set the switches to this variant.",
        )
        st.button(
            "Remove",
            key=f"kept_remove_{i}",
            on_click=variant_list.keep,
            args=((*variants[:i], *variants[i + 1 :]),),
        )


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
    return (
        f"python -m sct predict {shlex.quote(file_argument(clip.name))} --model {model} "
        f"--start {clip.start:g} --stride {clip.stride:g}{ablate}"
    )


def definition(view: View) -> None:
    """What exactly each switch changes."""
    config = view.config
    st.markdown(
        rf"""
Each bar is $\operatorname{{softmax}}(z)_c$ of one forward pass, $z$ the logits of the
{config.num_classes} classes; *change* is the difference of both bars in points, and the probability
that moved is $\tfrac12 \sum_c |p_c - q_c|$; the KL divergence of a variant is
$\sum_c p_c \ln (p_c / q_c)$. The weights stay what training made them: this says
what the trained model rests on, not what a model trained without the part would do.

- **Shifted attention** *self*: $k_{{t-s}}$ becomes $k_t$, so that size and cost stay and only the
  motion path goes; *off*: the block is left out, its residual stays.
- **LSH attention** *exact*: softmax over all patches of a frame instead of hashed pieces; *off*:
  the layer is left out, its residual stays. Rounds, bucket size and seed are those of hashing.
- **Chunk attention** *off*: all ViLT blocks of that stage are left out.
- **Clip encoder** *mean of frames*: the mean of the frames’ embeddings goes to the head instead.
- **Frame order**: the frames are put in another order before anything is computed.
- **Single heads**: the head’s output is 0 before the projection that mixes heads.

The analyses watch the log-odds of one class, $\ell = \ln \frac{{p_c}}{{1 - p_c}}$. The effect of a
part is $\Delta_i = \ell_{{\setminus i}} - \ell$, and the interaction of two is
$\Delta_{{ij}} - \Delta_i - \Delta_j$. Over many clips each variant sees the very same ones;
intervals are Wilson’s at 95%, and McNemar’s exact test asks whether the clips that only one of two
variants has right are split more unevenly than a fair coin would split them, its p adjusted for
the number of variants compared (Holm, 1979).

**Axes.** Classes, the likeliest of either pass on top; probability from 0 to 1.

**Source.** Zha et al., NeurIPS 2021, table 5, ablates the same parts by training anew;
`sct/model/ablation.py`. What the parts are worth when models are trained without them is in
`docs/ablations.md`.
"""
    )
