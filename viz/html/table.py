"""Tables as HTML: numbers with bars under them, which a screen reader reads as a table.

Everything that goes in is text, whatever it contains; colours are the page's and those of
`viz.colors`. Wide tables scroll by themselves, and a column can be left out on a narrow screen.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from viz.colors import ABLATED, BASELINE


@dataclass(frozen=True)
class Column:
    """A column: its title, and what of it is said on a narrow screen ("" leaves it out)."""

    title: str
    numbers: bool = False
    wide_only: bool = False


@dataclass(frozen=True)
class Cell:
    """A value, and under it what is drawn of it.

    Args:
        text: what is read.
        bar: share of the column's width, 0 to 1; None draws no bar.
        more: a second part of the bar, after the first, in another colour.
        note: fainter text beside the value.
        tick: a mark on the bar, 0 to 1.
    """

    text: str
    bar: float | None = None
    more: float = 0.0
    note: str = ""
    tick: float | None = None


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell | str]],
    caption: str,
    strong: Sequence[int] = (),
) -> str:
    """A table; the first cell of each row is its heading.

    Args:
        caption: what the table is, for those who do not see it; not shown.
        strong: numbers of rows that stand out.
    """
    head = "".join(_heading(c) for c in columns)
    body = "".join(_row(columns, row, i in strong) for i, row in enumerate(rows))
    return (
        f"<style>{_STYLE}</style>"
        f'<div class="sct-table" tabindex="0" role="group" aria-label="{_text(caption)}">'
        f"<table><caption>{_text(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _heading(column: Column) -> str:
    return f'<th scope="col"{_class(column)}>{_text(column.title)}</th>'


def _row(columns: Sequence[Column], row: Sequence[Cell | str], strong: bool) -> str:
    cells = []
    for i, (column, value) in enumerate(zip(columns, row, strict=True)):
        cell = Cell(value) if isinstance(value, str) else value
        inside = f'<span class="v">{_text(cell.text)}</span>'
        if cell.note:
            inside += f' <span class="n">{_text(cell.note)}</span>'
        if cell.bar is not None:
            inside += _bar(cell)
        tag = 'th scope="row"' if i == 0 else "td"
        cells.append(f"<{tag}{_class(column)}>{inside}</{tag[:2]}>")
    return f"<tr{' class=strong' if strong else ''}>{''.join(cells)}</tr>"


def _bar(cell: Cell) -> str:
    def part(name: str, share: float) -> str:
        return f'<i class="{name}" style="width:{min(max(share, 0), 1) * 100:.2f}%"></i>'

    parts = part("a", cell.bar or 0)
    if cell.more > 0:
        parts += part("b", cell.more)
    if cell.tick is not None:
        parts += f'<i class="t" style="left:{min(max(cell.tick, 0), 1) * 100:.2f}%"></i>'
    return f'<span class="bar" aria-hidden="true">{parts}</span>'


def _class(column: Column) -> str:
    names = [n for n, on in (("num", column.numbers), ("wide", column.wide_only)) if on]
    return f' class="{" ".join(names)}"' if names else ""


def _text(value: str) -> str:
    return html.escape(str(value), quote=True)


_STYLE = f"""
.sct-table{{overflow-x:auto;border-radius:.4rem}}
.sct-table table{{border-collapse:collapse;width:100%;margin:0;font-size:.9rem;
font-variant-numeric:tabular-nums}}
.sct-table caption{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
.sct-table th,.sct-table td{{border:0;border-bottom:1px solid color-mix(in srgb,currentColor 12%,
transparent);padding:.4rem .9rem .45rem 0;text-align:left;vertical-align:top;font-weight:400}}
.sct-table thead th{{font-size:.8125rem;vertical-align:bottom;opacity:.75;white-space:nowrap}}
.sct-table .strong th,.sct-table .strong td{{font-weight:650}}
.sct-table tbody tr:last-child>*{{border-bottom:0}}
.sct-table .num{{min-width:5.2rem}}
.sct-table .v{{white-space:nowrap}}
.sct-table th .v,.sct-table td:not(.num) .v{{white-space:normal}}
.sct-table .n{{opacity:.72;font-size:.8125rem;font-weight:400;white-space:nowrap}}
.sct-table .bar{{position:relative;display:flex;height:.28rem;margin-top:.25rem;
border-radius:.14rem;background:color-mix(in srgb,currentColor 10%,transparent)}}
.sct-table .bar i{{display:block;height:100%;border-radius:inherit}}
.sct-table .a{{background:{BASELINE}}}
.sct-table .b{{background:{ABLATED}}}
.sct-table .t{{position:absolute;top:-.15rem;width:2px;height:.58rem!important;
background:currentColor}}
@media(max-width:640px){{.sct-table .wide{{display:none}}
.sct-table table{{font-size:.84rem}}.sct-table th,.sct-table td{{padding-right:.55rem}}
.sct-table .num{{min-width:3.4rem}}.sct-table thead th{{white-space:normal}}}}
"""
