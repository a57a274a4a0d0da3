"""The confusion matrix of a test set as an HTML table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viz.colors import ABLATED, BASELINE
from viz.html.table import Cell, Column, Style, table
from viz.text.confusion import shown

_STYLE = Style(
    "sct-confusion",
    """
.sct-confusion table{border-collapse:separate;border-spacing:2px;font-size:.8125rem}
.sct-confusion th,.sct-confusion td{border:0;padding:.18rem .1rem;text-align:center;
min-width:1.9rem}
.sct-confusion thead th{font-weight:600}
.sct-confusion tbody th{text-align:left;padding-right:.7rem;white-space:nowrap}
.sct-confusion tbody th .v{display:inline-block;min-width:1.5rem;font-weight:600}
.sct-confusion tbody td{border-radius:.2rem;
background:color-mix(in srgb,currentColor 4%,transparent)}
.sct-confusion tbody td .n{font-weight:650}
@media(max-width:640px){.sct-confusion tbody th{white-space:normal;min-width:7rem;
padding-left:1.6rem;text-indent:-1.6rem}
.sct-confusion tbody th,.sct-confusion thead td{position:sticky;left:0;
background:light-dark(#FCFDFD,#10151A)}
.sct-confusion::before{content:"Scroll sideways for all columns →";position:sticky;left:0;
font-size:.8125rem;opacity:.75}
.sct-confusion tbody th .v{text-indent:0}.sct-confusion tbody td{min-width:1.7rem}}
""",
)


def confusion(labels: Sequence[str], counts: np.ndarray | None, most: int = 40) -> str | None:
    """Write what was taken for what: a row for what the clips show, a column for what was said.

    Args:
        counts: int (label, label); None where nobody counted.

    Returns:
        HTML; None without counts, or with more than `most` labels.
    """
    if counts is None or len(labels) > most:
        return None
    found = shown(labels, counts)
    columns = [Column(""), *(Column(str(c + 1), hint=found.names[c]) for c in found.columns)]
    rows = []
    for r, row, shares in zip(found.rows, found.counts, found.shares, strict=True):
        cells = [
            _cell(int(n), share, r == c)
            for c, n, share in zip(found.columns, row, shares, strict=True)
        ]
        rows.append([Cell(str(r + 1), note=found.names[r]), *cells])
    caption = "Confusion matrix: rows say what the clips show, columns what the model said"
    return table(columns, rows, caption, style=_STYLE)


def _cell(n: int, share: float, right: bool) -> Cell | str:
    if not n:
        return ""
    # Single mistakes must be seen, too; the root lifts them.
    strength = round(18 + 52 * share**0.5)
    if right:
        return Cell(str(n), colour=BASELINE, fill=strength)
    return Cell("", note=str(n), colour=ABLATED, fill=strength)
