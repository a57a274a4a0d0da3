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
    """Describes a column.

    Args:
        title: "" for the heading of a column of headings, which needs none.
        numbers: whether it holds numbers. wide_only: left out on a narrow screen.
        swatch: a CSS colour beside the title. hint: shown where one points at the title.
    """

    title: str
    numbers: bool = False
    wide_only: bool = False
    swatch: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Cell:
    """Describes a value, and under it what is drawn of it.

    Args:
        text: what is read.
        bar: share of the column's width, 0 to 1; None draws no bar.
        more: a second part of the bar, after the first, in another colour.
        note: fainter text beside the value.
        tick: a mark on the bar, 0 to 1.
        colour: of the bar, in CSS; that of `viz.colors.BASELINE` if empty.
        fill: per cent of that colour in the cell itself; 0 for none.
    """

    text: str
    bar: float | None = None
    more: float = 0.0
    note: str = ""
    tick: float | None = None
    colour: str = ""
    fill: int = 0


@dataclass(frozen=True)
class Style:
    """The look of a table: the class around it, and rules for that class."""

    name: str
    rules: str


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell | str]],
    caption: str,
    strong: Sequence[int] = (),
    style: Style | None = None,
) -> str:
    """Write a table; the first cell of each row is its heading.

    Args:
        caption: what the table is, for those who do not see it; not shown.
        strong: numbers of rows that stand out.
        style: how it looks, if not like most.
    """
    style, said = style or _PLAIN, _text(caption)
    head = "".join(map(_heading, columns))
    body = "".join(_row(columns, row, i in strong) for i, row in enumerate(rows))
    return (
        f"<style>{_SHARED}{style.rules}</style>"
        f'<div class="sct-cells {style.name}" tabindex="0" role="group" aria-label="{said}">'
        f"<table><caption>{said}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _heading(column: Column) -> str:
    if not column.title:
        return "<td></td>"
    swatch = f'<b style="background:{column.swatch}"></b>' if column.swatch else ""
    hint = f' title="{_text(column.hint)}"' if column.hint else ""
    return f'<th scope="col"{_class(column)}{hint}>{swatch}{_text(column.title)}</th>'


def _row(columns: Sequence[Column], row: Sequence[Cell | str], strong: bool) -> str:
    cells = []
    for i, (column, value) in enumerate(zip(columns, row, strict=True)):
        cell = Cell(value) if isinstance(value, str) else value
        said = (("v", cell.text), ("n", cell.note))
        inside = " ".join(f'<span class="{n}">{_text(t)}</span>' for n, t in said if t)
        if cell.bar is not None:
            inside += _bar(cell)
        tag = 'th scope="row"' if i == 0 else "td"
        mix = f"color-mix(in srgb,{cell.colour} {cell.fill}%,transparent)"
        fill = f' style="background:{mix}"' if cell.fill else ""
        cells.append(f"<{tag}{_class(column)}{fill}>{inside}</{tag[:2]}>")
    return f"<tr{' class=strong' if strong else ''}>{''.join(cells)}</tr>"


def _bar(cell: Cell) -> str:
    def part(name: str, share: float, more: str = "") -> str:
        return f'<i class="{name}" style="width:{_percent(share)}{more}"></i>'

    parts = part("a", cell.bar or 0, f";background:{cell.colour}" if cell.colour else "")
    if cell.more > 0:
        parts += part("b", cell.more)
    if cell.tick is not None:
        parts += f'<i class="t" style="left:{_percent(cell.tick)}"></i>'
    return f'<span class="bar" aria-hidden="true">{parts}</span>'


def _percent(share: float) -> str:
    return f"{min(max(share, 0), 1) * 100:.2f}%"


def _class(column: Column) -> str:
    names = [n for n, on in (("num", column.numbers), ("wide", column.wide_only)) if on]
    return f' class="{" ".join(names)}"' if names else ""


def _text(value: str) -> str:
    return html.escape(str(value), quote=True)


_SHARED = """
.sct-cells{overflow-x:auto}
.sct-cells table{border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums}
.sct-cells caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.sct-cells th,.sct-cells td{border:0;border-bottom:1px solid color-mix(in srgb,currentColor 12%,
transparent);text-align:left;font-weight:400}
"""
_PLAIN = Style(
    "sct-table",
    f"""
.sct-table{{border-radius:.4rem}}
.sct-table table{{width:100%;font-size:.9rem}}
.sct-table th,.sct-table td{{padding:.4rem .9rem .45rem 0;vertical-align:top}}
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
""",
)
