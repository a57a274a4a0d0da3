"""Tables of the Model page: costs of parts, sizes beside the paper's, and a card's measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sct.numbers import cut, signed
from viz.html.table import Cell, Column, table
from viz.text.numbers import millions
from viz.text.numbers import share as percent

if TYPE_CHECKING:
    from sct.checkpoint.model_card import Measurement, MotionAgreement, Share
    from sct.profiling.layers import LayerCost


def milliseconds(seconds: float) -> str:
    """Write a time with three digits."""
    value, unit = (seconds * 1000, "ms") if seconds < 1 else (seconds, "s")
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"


def shape(sides: Sequence[int]) -> str:
    """Write the sides of a tensor."""
    return "×".join(map(str, sides))


def answers(
    rows: Sequence[tuple[str, int, Mapping[str, Share], Share | None]], questions: Sequence[str]
) -> str:
    """Write how often each question of a model is answered right.

    Args:
        rows: of each set of clips what they are, how many, the share of right answers to each
            question that has a known one, and the share of clips without a wrong answer.
        questions: of the model.
    """
    columns = [Column("Measured on"), *(Column(name, numbers=True) for name in questions)]
    columns += [Column("all right", numbers=True), Column("clips", numbers=True, wide_only=True)]

    def cell(share: Share | None) -> Cell | str:
        if share is None:
            return "–"
        return Cell(cut(share[0]), share[0], note=interval(share))

    body = [
        [what, *(cell(shares.get(name)) for name in questions), cell(every), f"{n:,}"]
        for what, n, shares, every in rows
    ]
    return table(columns, body, "How often the answers are right")


class _Cost(NamedTuple):
    """Holds one cost of all parts: how it is called and written, and two summands of each part."""

    title: str
    short: str
    write: Callable[[float], str]
    layers: list[float]
    attention: list[float]

    def shares(self) -> list[tuple[str, str]]:
        """Write the cost of each part, and its share of all."""
        each = list(map(sum, zip(self.layers, self.attention, strict=True)))
        total = sum(each)
        return [(self.write(v), percent(v / total if total else 0.0)) for v in each]


def _costs(parts: Sequence[LayerCost], seconds: Mapping[str, float] | None) -> list[_Cost]:
    none = [0.0] * len(parts)
    macs, own = [p.macs for p in parts], [p.attention_macs for p in parts]
    found = [
        _Cost("Parameters", "params", millions, [p.parameters for p in parts], none),
        _Cost("Multiply-adds", "MACs", millions, macs, own),
    ]
    if seconds:
        found.append(_Cost("Time", "time", milliseconds, [seconds[p.key] for p in parts], none))
    return found


def notes(
    parts: Sequence[LayerCost], seconds: Mapping[str, float] | None = None
) -> dict[str, list[tuple[str, str]]]:
    """Say what stands under each box of the diagram: terms and values by the keys of the parts."""
    found = {part.key: [("out", shape(part.gives))] for part in parts}
    for cost in _costs(parts, seconds):
        for rows, words in zip(found.values(), cost.shares(), strict=True):
            rows.append((cost.short, " · ".join(words)))
    return found


def costs(parts: Sequence[LayerCost], seconds: Mapping[str, float] | None = None) -> str:
    """Write a row for each part: shape, parameters, multiply-adds and time, and shares; HTML.

    Args:
        seconds: of each part, by its key; None leaves the column out.
    """
    columns = [Column("Part"), Column("Gives", wide_only=True)]
    rows = [
        [Cell(p.name, note=f"× {p.blocks}" if p.blocks > 1 else ""), shape(p.gives)] for p in parts
    ]
    last: list[Cell | str] = ["All parts", ""]
    for cost in _costs(parts, seconds):
        columns.append(Column(cost.title, numbers=True))
        # Bars are as long as the largest of their column.
        most = max(a + b for a, b in zip(cost.layers, cost.attention, strict=True))
        each = zip(rows, cost.layers, cost.attention, cost.shares(), strict=True)
        for row, layers, own, (text, part) in each:
            row.append(Cell(text, layers / most, own / most, part))
        layers, own = sum(cost.layers), sum(cost.attention)
        note = f"{cost.write(layers)} + {cost.write(own)}" if own else ""
        last.append(Cell(cost.write(layers + own), note=note))
    caption = "Shape, parameters, multiply-adds and time of each part, and its share of all"
    return table(columns, [*rows, last], caption, strong=[len(rows)])


def sizes(rows: Sequence[Mapping[str, object]], strong: Sequence[int] = ()) -> str:
    """Write the named sizes and the paper's rows as a table, HTML.

    Args:
        rows: name, clip, and in millions and thousands of millions params, gmacs and the paper's
            paper_params, paper_gmacs, top1; None where there is none.
    """
    titles = ("Parameters, M", "paper", "GMACs", "paper", "Top-1 on K400, paper")
    columns = [Column("Model"), Column("Clip", wide_only=True)]
    columns += [Column(title, numbers=True) for title in titles]
    body = []
    for row in rows:
        cells: list[Cell | str] = [str(row["name"]), str(row["clip"])]
        for what in ("params", "gmacs"):
            ours, theirs = row[what], row[f"paper_{what}"]
            off = ""
            if ours is not None and theirs is not None:
                off = f"{100 * (ours / theirs - 1):+.2f}%".replace("-", "−")
            cells += [_or_dash(ours, "{:.2f}"), Cell(_or_dash(theirs, "{:.2f}"), note=off)]
        body.append([*cells, _or_dash(row["top1"], "{:.2f}%")])
    caption = "Parameters and multiply-adds of the named sizes beside the paper's figures"
    return table(columns, body, caption, strong)


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def per_class(found: Measurement) -> str:
    """Write how often each class was recognised, with its interval; HTML."""
    columns = [
        Column("What the clips show"),
        Column("Right", numbers=True),
        Column("95% interval"),
        Column("Clips", numbers=True, wide_only=True),
    ]
    rows = [
        [label, Cell(cut(share[0]), share[0]), interval(share), f"{n:,}"]
        for label, n, share in sorted(found.per_class, key=lambda row: row[2][0])
    ]
    return table(columns, rows, "How often each class was recognised, the worst first")


def interval(share: Share) -> str:
    """Write the interval of a measured share."""
    return f"{cut(share[1])} to {cut(share[2])}"


def following(heads: Sequence[MotionAgreement]) -> str:
    """Write how far each head follows true motion, r drawn beside what an even map gets; HTML."""
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
        sign, kind = ("◆", "grounded") if head.grounded else ("○", "free")
        rows.append(
            [
                f"{sign} Stage {head.stage} · head {head.head}",
                kind,
                Cell(signed(r), max(r, 0.0), tick=head.chance),
                f"{signed(low)} to {signed(high)}",
                "–" if head.chance is None else signed(head.chance),
                "–" if head.direction is None else cut(head.direction),
            ]
        )
    strong = [i for i, head in enumerate(heads) if head.grounded]
    return table(columns, rows, "How far each head of shifted attention follows motion", strong)
