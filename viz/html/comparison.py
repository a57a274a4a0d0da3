"""Predictions of several variants beside each other, as an HTML table with bars in its cells."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.text.numbers import change, percent

_STYLE = (
    "<style>.sct-beside{overflow-x:auto;padding-bottom:.4rem}"
    ".sct-beside table{border-collapse:collapse;width:100%;font-size:.875rem;"
    "font-variant-numeric:tabular-nums;margin:0;border:0}"
    ".sct-beside th,.sct-beside td{text-align:left;vertical-align:middle;padding:.28rem .55rem;"
    "border:0;border-bottom:1px solid color-mix(in srgb,currentColor 12%,transparent);"
    "font-weight:400}"
    ".sct-beside thead th{font-weight:600;vertical-align:bottom;min-width:6.5rem}"
    ".sct-beside tbody th{min-width:6.5rem;max-width:14rem;overflow-wrap:anywhere}"
    ".sct-beside .rule th,.sct-beside .rule td{"
    "border-bottom:2px solid color-mix(in srgb,currentColor 30%,transparent)}"
    ".sct-beside i{display:block;height:.4rem;border-radius:.2rem;min-width:1px}"
    ".sct-beside small{opacity:.8;white-space:nowrap;font-size:.75rem;margin-left:.3rem}"
    ".sct-beside b{display:inline-block;width:.7rem;height:.7rem;border-radius:.15rem;"
    "margin-right:.35rem}"
    ".sct-beside .dim{opacity:.7}</style>"
)


@dataclass(frozen=True, eq=False)
class Column:
    """A variant: its name, a CSS colour, probabilities (class,) and facts, one text a row."""

    name: str
    colour: str
    probabilities: np.ndarray
    facts: tuple[str, ...]


def table(
    labels: Sequence[str],
    columns: Sequence[Column],
    facts: Sequence[str],
    truth: str | None = None,
    most: int | None = None,
) -> str:
    """The first column is what the others are compared with.

    Args:
        labels: of the classes. facts: what each row of the columns' facts is called.
        most: rows of classes, the likeliest under any variant; 0 for none, None for all.
    """
    head = "".join(
        f"<th scope='col'><b style='background:{c.colour}'></b>{_text(c.name)}</th>"
        for c in columns
    )
    body = []
    for i, name in enumerate(facts):
        cells = "".join(f"<td>{_text(c.facts[i])}</td>" for c in columns)
        last = " class='rule'" if i == len(facts) - 1 and most != 0 else ""
        body.append(f"<tr{last}><th scope='row' class='dim'>{_text(name)}</th>{cells}</tr>")
    highest = np.max([c.probabilities for c in columns], axis=0)
    for i in np.argsort(-highest, kind="stable")[:most]:
        name = f"<strong>{_text(labels[i])}</strong> (truth)" if labels[i] == truth else None
        cells = "".join(_cell(c, columns[0], int(i)) for c in columns)
        body.append(f"<tr><th scope='row'>{name or _text(labels[i])}</th>{cells}</tr>")
    return (
        f"{_STYLE}<div class='sct-beside' role='region' tabindex='0' "
        "aria-label='Variants beside each other'>"
        f"<table><thead><tr><th scope='col' class='dim'>variant</th>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _cell(column: Column, first: Column, i: int) -> str:
    p = float(column.probabilities[i])
    moved = ""
    if column is not first:
        moved = f"<small>{change(p - float(first.probabilities[i]))}</small>"
    bar = f"<i style='width:{100 * p:.1f}%;background:{column.colour}'></i>"
    return f"<td>{percent(p)}{moved}{bar}</td>"


def _text(value: str) -> str:
    return html.escape(value)
