"""What the Model page draws: costs of parts, sizes beside the paper's, and what a card measured."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from viz.colors import ABLATED, BASELINE
from viz.html.table import Cell, Column, table
from viz.text.labels import cut
from viz.text.numbers import millions

if TYPE_CHECKING:
    from sct.checkpoint.model_card import Exam, Following, Share
    from sct.profiling.layers import Part

_GRID = "rgba(128,128,128,.25)"


def milliseconds(seconds: float) -> str:
    return f"{_three(seconds * 1000)} ms" if seconds < 1 else f"{_three(seconds)} s"


def _three(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def shape(sides: Sequence[int]) -> str:
    return "×".join(map(str, sides))


def notes(
    parts: Sequence[Part], seconds: Mapping[str, float] | None = None
) -> dict[str, list[tuple[str, str]]]:
    """What stands under each box of the diagram: terms and values by the keys of the parts."""
    total = _totals(parts, seconds)
    found = {}
    for part in parts:
        macs = part.macs + part.attention_macs
        rows = [
            ("out", shape(part.gives)),
            ("params", _of(millions(part.parameters), part.parameters, total[0])),
            ("MACs", _of(millions(macs), macs, total[1])),
        ]
        if seconds and part.key in seconds:
            spent = seconds[part.key]
            rows.append(("time", _of(milliseconds(spent), spent, total[2])))
        found[part.key] = rows
    return found


def costs(parts: Sequence[Part], seconds: Mapping[str, float] | None = None) -> str:
    """A row for each part: shapes, parameters, multiply-adds and time, with their shares; HTML.

    Args:
        seconds: of each part, by its key; None leaves the column out.
    """
    total = _totals(parts, seconds)
    columns = [
        Column("Part"),
        Column("Gives", wide_only=True),
        Column("Parameters", numbers=True),
        Column("Multiply-adds", numbers=True),
    ]
    columns += [Column("Time", numbers=True)] if seconds else []
    # Bars are as long as the largest of their column.
    most = [max(column) for column in zip(*(_three_of(p, seconds) for p in parts), strict=True)]
    rows = []
    for part in parts:
        name = Cell(part.name, note=f"× {part.blocks}" if part.blocks > 1 else "")
        macs = part.macs + part.attention_macs
        row = [
            name,
            shape(part.gives),
            Cell(
                millions(part.parameters),
                part.parameters / most[0],
                note=_percent(part.parameters, total[0]),
            ),
            Cell(
                millions(macs),
                part.macs / most[1],
                part.attention_macs / most[1],
                _percent(macs, total[1]),
            ),
        ]
        if seconds:
            spent = seconds[part.key]
            note = _percent(spent, total[2])
            row.append(Cell(milliseconds(spent), spent / most[2], note=note))
        rows.append(row)
    layers, own = (sum(p.macs for p in parts), sum(p.attention_macs for p in parts))
    both = Cell(millions(total[1]), note=f"{millions(layers)} + {millions(own)}")
    last: list[Cell | str] = ["All parts", "", millions(total[0]), both]
    rows.append([*last, milliseconds(total[2])] if seconds else last)
    caption = "Shape, parameters, multiply-adds and time of each part, and its share of all"
    return table(columns, rows, caption, strong=[len(rows) - 1])


def _three_of(part: Part, seconds: Mapping[str, float] | None) -> tuple[float, float, float]:
    spent = seconds[part.key] if seconds else 0.0
    return part.parameters, part.macs + part.attention_macs, spent


def _totals(parts: Sequence[Part], seconds: Mapping[str, float] | None) -> tuple[float, ...]:
    return tuple(map(sum, zip(*(_three_of(p, seconds) for p in parts), strict=True)))


def _percent(value: float, total: float) -> str:
    share = value / total if total else 0.0
    return "<0.1%" if 0 < share < 0.001 else f"{share:.1%}"


def _of(said: str, value: float, total: float) -> str:
    return f"{said} · {_percent(value, total)}"


def sizes(rows: Sequence[Mapping[str, object]], strong: Sequence[int] = ()) -> str:
    """The named sizes and the paper's rows as a table, HTML.

    Args:
        rows: name, clip, and in millions and thousands of millions params, gmacs and the paper's
            paper_params, paper_gmacs, top1; None where there is none.
    """
    columns = [
        Column("Model"),
        Column("Clip", wide_only=True),
        Column("Parameters, M", numbers=True),
        Column("paper", numbers=True),
        Column("GMACs", numbers=True),
        Column("paper", numbers=True),
        Column("Top-1 on K400, paper", numbers=True),
    ]

    def off(row: Mapping, what: str) -> Cell:
        ours, theirs = row[what], row[f"paper_{what}"]
        if theirs is None:
            return Cell("–")
        note = f"{100 * (ours / theirs - 1):+.2f}%".replace("-", "−") if ours is not None else ""
        return Cell(f"{theirs:.2f}", note=note)

    def own(row: Mapping, what: str) -> str:
        return "–" if row[what] is None else f"{row[what]:.2f}"

    body = [
        [
            str(row["name"]),
            str(row["clip"]),
            own(row, "params"),
            off(row, "params"),
            own(row, "gmacs"),
            off(row, "gmacs"),
            "–" if row["top1"] is None else f"{row['top1']:.2f}%",
        ]
        for row in rows
    ]
    caption = "Parameters and multiply-adds of the named sizes beside the paper's figures"
    return table(columns, body, caption, strong)


def per_class(exam: Exam) -> str:
    """How often each class was recognised, with its interval; HTML."""
    columns = [
        Column("What the clips show"),
        Column("Right", numbers=True),
        Column("95% interval"),
        Column("Clips", numbers=True, wide_only=True),
    ]
    rows = []
    for label, n, share in sorted(exam.per_class, key=lambda row: row[2][0]):
        rows.append([label, Cell(cut(share[0]), share[0]), interval(share), f"{n:,}"])
    return table(columns, rows, "How often each class was recognised, the worst first")


def interval(share: Share) -> str:
    return f"{cut(share[1])} to {cut(share[2])}"


def confusion(exam: Exam, most: int = 40) -> str | None:
    """What was taken for what: a row for what the clips show, a column for what was said; HTML.

    None where there is none, or where it has more than `most` classes.
    """
    if exam.confusion is None or len(exam.labels) > most:
        return None
    counts = exam.confusion
    rows = np.flatnonzero(counts.any(1))
    columns = np.flatnonzero(counts.any(0) | counts.any(1))
    head = "".join(
        f'<th scope="col" title="{_label(exam.labels[c])}">{c + 1}</th>' for c in columns
    )
    body = []
    for r in rows:
        total = int(counts[r].sum())
        cells = "".join(_confused(int(counts[r, c]), total, r == c) for c in columns)
        name = f"<b>{r + 1}</b> {_label(exam.labels[r])}"
        body.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    caption = "Confusion matrix: rows say what the clips show, columns what the model said"
    return (
        f"<style>{_CONFUSION}</style>"
        f'<div class="sct-confusion" tabindex="0" role="group" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _label(name: str, most: int = 40) -> str:
    return html.escape(name if len(name) <= most else name[: most - 1] + "…")


def _confused(n: int, total: int, right: bool) -> str:
    if not n:
        return "<td></td>"
    # Single mistakes must be seen, too; the root lifts them.
    strength = round(18 + 52 * (n / total) ** 0.5)
    return f'<td class="{"r" if right else "w"}" style="--s:{strength}%">{n}</td>'


_CONFUSION = f"""
.sct-confusion{{overflow-x:auto}}
.sct-confusion table{{border-collapse:separate;border-spacing:2px;margin:0;font-size:.8125rem;
font-variant-numeric:tabular-nums}}
.sct-confusion caption{{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%)}}
.sct-confusion th,.sct-confusion td{{border:0;padding:.18rem .1rem;text-align:center;
font-weight:400;min-width:1.9rem}}
.sct-confusion tbody th{{text-align:left;padding-right:.7rem;white-space:nowrap}}
.sct-confusion tbody th b{{display:inline-block;min-width:1.5rem;font-weight:600}}
.sct-confusion thead th{{font-weight:600}}
.sct-confusion tbody td{{border-radius:.2rem;
background:color-mix(in srgb,currentColor 4%,transparent)}}
.sct-confusion tbody td.r{{background:color-mix(in srgb,{BASELINE} var(--s),transparent)}}
.sct-confusion tbody td.w{{font-weight:650;
background:color-mix(in srgb,{ABLATED} var(--s),transparent)}}
@media(max-width:640px){{.sct-confusion tbody th{{white-space:normal;min-width:7rem;
padding-left:1.6rem;text-indent:-1.6rem}}
.sct-confusion tbody th,.sct-confusion thead td{{position:sticky;left:0;
background:light-dark(#FCFDFD,#10151A)}}
.sct-confusion::before{{content:"Scroll sideways for all columns →";position:sticky;left:0;
font-size:.8125rem;opacity:.75}}
.sct-confusion tbody th b{{text-indent:0}}.sct-confusion tbody td{{min-width:1.7rem}}}}
"""


def following(heads: Sequence[Following]) -> str:
    """How far each head follows true motion, r drawn beside what an even map gets; HTML."""
    columns = [
        Column("Head"),
        Column("Kind", wide_only=True),
        Column("r with true motion", numbers=True),
        Column("95% interval", wide_only=True),
        Column("An even map", numbers=True, wide_only=True),
        Column("Direction right", numbers=True),
    ]
    rows = []
    for head in heads:
        r, low, high = head.r
        rows.append(
            [
                f"{'◆' if head.grounded else '○'} Stage {head.stage} · head {head.head}",
                "grounded" if head.grounded else "free",
                Cell(_signed(r), max(r, 0.0), tick=head.chance),
                f"{_signed(low)} to {_signed(high)}",
                "–" if head.chance is None else _signed(head.chance),
                "–" if head.direction is None else cut(head.direction),
            ]
        )
    strong = [i for i, head in enumerate(heads) if head.grounded]
    return table(columns, rows, "How far each head of shifted attention follows motion", strong)


def _signed(value: float) -> str:
    # Towards zero: no claim is rounded up.
    return f"{np.trunc(value * 100) / 100:+.2f}".replace("-", "−")
