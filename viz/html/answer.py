"""The answer to one question, with whether it is sure: HTML from numbers and names."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from viz.colors import BASELINE
from viz.text.numbers import percent

if TYPE_CHECKING:
    from sct.checkpoint.certainty import Answer

MOST = 3  # bars that stand open; the others unfold

_STYLE = """<style>
.sct-said{display:grid;gap:.3rem;font-size:.875rem;line-height:1.4;font-variant-numeric:tabular-nums}
.sct-said .asks{opacity:.75}
.sct-said .label{display:flex;flex-wrap:wrap;align-items:center;gap:.15rem .6rem;font-weight:650;
font-size:1.4rem;line-height:1.25}
.sct-said .label small{font-size:1rem;font-weight:400;opacity:.85}
.sct-said .badge{font-size:.75rem;font-weight:600;line-height:1.5;border-radius:1rem;
padding:.05rem .6rem;border:1px solid currentColor}
.sct-said .sure{color:light-dark(#0b6b45,#6fd6a6)}
.sct-said .unsure{color:light-dark(#8a4b00,#f3b562)}
.sct-said .wrong{color:light-dark(#a3271c,#ff9c92)}
.sct-said .row{display:grid;grid-template-columns:minmax(0,9.5rem) minmax(2.5rem,1fr) 3.6rem;
gap:.6rem;align-items:center}
.sct-said .bar{position:relative;height:.55rem;border-radius:.2rem;background:rgba(128,128,128,.22)}
.sct-said .bar i{display:block;height:100%;border-radius:inherit;background:COLOUR}
.sct-said .pale i{opacity:.5}
.sct-said .bar u{position:absolute;top:-.2rem;bottom:-.2rem;width:2px;background:currentColor}
.sct-said .value{text-align:right;font-weight:600}
.sct-said summary{cursor:pointer;opacity:.8;width:max-content}
.sct-said details .row{margin-top:.15rem}
</style>""".replace("COLOUR", BASELINE)


def answer(said: Answer, truth: str | None = None, note: str = "", folded: bool = True) -> str:
    """Write the likeliest label, how likely and how sure it is, and the likeliest few as bars.

    Args:
        said: labels may be any text.
        truth: the true label, always among the bars; None where it is not known.
        note: what else there is to say beside it, any text.
        folded: have the other labels there, to be unfolded.
    """
    shares, judged = said.probabilities, said.judged
    order = (-shares).argsort(kind="stable").tolist()
    best = said.best
    open_ = [i for i in order if i in order[:MOST] or said.labels[i] == truth]
    badges = [_badge(*_SURE[judged.sure])] if judged.sure is not None else []
    if truth is not None:
        right, unsure = said.labels[best] == truth, judged.sure is False
        # A guess that is right is not praised.
        praise = ("unsure", "right by a guess") if unsure else ("sure", "✓ right")
        badges.append(_badge(*praise) if right else _badge("wrong", f"✗ it is {truth}"))

    def row(i: int) -> str:
        own = i == best
        line = ""
        if own and judged.threshold is not None and not judged.unlike:
            said_from = f"An answer is sure from {judged.threshold:.0%}"
            line = f'<u style="left:{100 * judged.threshold:.1f}%" title="{said_from}"></u>'
        pale = " pale" if own and judged.sure is False else ""
        name = html.escape(said.labels[i])
        name = f"<b>{name}</b> (truth)" if said.labels[i] == truth else name
        share = float(shares[i])
        return (
            f'<div class="row"><span>{name}</span><span class="bar{pale}">'
            f'<i style="width:{100 * share:.1f}%"></i>{line}</span>'
            f'<span class="value">{html.escape(percent(share))}</span></div>'
        )

    asks = f"What does the {html.escape(said.question)} do?" if said.question else "The model says"
    rest = [i for i in order if i not in open_] if folded else []
    more = (
        f"<details><summary>{len(rest)} more</summary>{''.join(map(row, rest))}</details>"
        if rest
        else ""
    )
    notes = "".join(f"<div>{html.escape(text)}</div>" for text in (judged.sentence, note) if text)
    return (
        f'{_STYLE}<div class="sct-said">'
        f'<div class="asks" role="heading" aria-level="2">{asks}</div>'
        f'<div class="label">{html.escape(said.labels[best])} '
        f"<small>{html.escape(percent(float(shares[best])))}</small> {''.join(badges)}</div>"
        f"{notes}{''.join(map(row, open_))}{more}</div>"
    )


_SURE = {True: ("sure", "sure"), False: ("unsure", "not sure")}


def _badge(kind: str, text: str) -> str:
    return f'<span class="badge {kind}">{html.escape(text)}</span>'
