"""Predictions of several variants beside each other, as an HTML table with bars in its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.html import table as cells
from viz.text.numbers import change, percent

# The rows of facts come first: a line below the last of them, their names fainter.
_STYLE = cells.Style(
    "sct-beside",
    """
.sct-beside{padding-bottom:.4rem}
.sct-beside table{width:100%;font-size:.875rem;border:0}
.sct-beside th,.sct-beside td{vertical-align:middle;padding:.28rem .55rem}
.sct-beside thead th{font-weight:600;vertical-align:bottom;min-width:6.5rem}
.sct-beside thead th:first-child{opacity:.7}
.sct-beside tbody th{min-width:6.5rem;max-width:14rem;overflow-wrap:anywhere}
.sct-beside .bar,.sct-beside i{display:block}
.sct-beside i{height:.4rem;border-radius:.2rem;min-width:1px}
.sct-beside td .n{opacity:.8;white-space:nowrap;font-size:.75rem;margin-left:.125rem}
.sct-beside b{display:inline-block;width:.7rem;height:.7rem;border-radius:.15rem;
margin-right:.35rem}
.sct-beside .strong th .v{font-weight:bolder}
""",
)


@dataclass(frozen=True, eq=False)
class Column:
    """Holds a variant: name, CSS colour, probabilities (class,) and facts, one text a row."""

    name: str
    colour: str
    probabilities: np.ndarray
    facts: tuple[str, ...]


def table(
    labels: Sequence[str],
    columns: Sequence[Column],
    facts: Sequence[str],
    truth: str | None = None,
) -> str:
    """Set variants beside each other; the first is what the others are compared with.

    Args:
        labels: of the classes. facts: what each row of the columns' facts is called; without any
            the table is of what another leaves out.
    """
    heads = [cells.Column("variant"), *(cells.Column(c.name, swatch=c.colour) for c in columns)]
    rows = [[name, *(c.facts[i] for c in columns)] for i, name in enumerate(facts)]
    highest = np.max([c.probabilities for c in columns], axis=0)
    shown = np.argsort(-highest, kind="stable")
    true = [len(rows) + at for at, i in enumerate(shown) if labels[i] == truth]
    for i in shown:
        base = float(columns[0].probabilities[i])
        row = [cells.Cell(labels[i], note="(truth)" if labels[i] == truth else "")]
        for column in columns:
            p = float(column.probabilities[i])
            moved = "" if column is columns[0] else change(p - base)
            row.append(cells.Cell(percent(p), p, note=moved, colour=column.colour))
        rows.append(row)
    if not facts:
        name = "sct-others"
        style = cells.Style(name, _STYLE.rules.replace(_STYLE.name, name))
        return cells.table(heads, rows, "The other classes", true, style)
    line = f".sct-beside tbody tr:nth-child({len(facts)})>*" if len(shown) else ".none"
    rules = f"""{_STYLE.rules}
.sct-beside tbody tr:nth-child(-n+{len(facts)}) th{{opacity:.7}}
{line}{{border-bottom:2px solid color-mix(in srgb,currentColor 30%,transparent)}}
"""
    style = cells.Style(_STYLE.name, rules)
    return cells.table(heads, rows, "Variants beside each other", true, style)
