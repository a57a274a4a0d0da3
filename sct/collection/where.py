"""Turns a filter into the condition of a query: SQL without values, and the values beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sct.collection.filters import Filter
from sct.collection.schema import Header, Question
from sct.errors import DataError


@dataclass
class Clause:
    """A condition on rows `t` of a run.

    Attributes:
        sql: with a "?" for each value. params: the values.
        labels: whether what a person said, `l.mine`, is asked for.
        before: the question of which another run's answer, `o.before`, is; None for none.
    """

    sql: str
    params: list[Any] = field(default_factory=list)
    labels: bool = False
    before: str | None = None

    def also(self, sql: str, *params: Any) -> Clause:
        """Add a condition, and return it."""
        self.sql += f" AND ({sql})"
        self.params += params
        return self


def identifier(name: str) -> str:
    """Return a name as SQL has it, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'


def where_of(chosen: Filter, header: Header, question: str = "") -> Clause:
    """Return a filter's condition.

    Args:
        question: whose answer a person's labels are of.

    Raises DataError where the filter names what the run lacks.
    """
    try:
        chosen.check(header)
    except ValueError as error:
        raise DataError(f"This filter is of another run: {error}.") from None
    asked = {one.name: one for one in header.questions}
    clause = Clause("t.error IS NOT NULL" if chosen.errors else "t.error IS NULL")
    for what, named in (("label", chosen.said), ("known", chosen.known)):
        for name in dict.fromkeys(q for q, _ in named):
            labels = [label for q, label in named if q == name]
            clause.also(f"t.{_column(asked[name], what)} IN (SELECT unnest(?))", labels)
    if chosen.pairs:
        _any(clause, [
            (f"t.{_column(asked[q], 'known')} = ? AND t.{_column(asked[q], 'label')} = ?", [a, b])
            for q, a, b in chosen.pairs
        ])  # fmt: skip
    if chosen.moved:
        if len(names := {q for q, _, _ in chosen.moved}) > 1:
            raise DataError("Two runs are compared by one question at a time.")
        (clause.before,) = names
        _any(clause, [
            (f"o.before = ? AND t.{_column(asked[q], 'label')} = ?", [a, b])
            for q, a, b in chosen.moved
        ])  # fmt: skip
    for column, low, high in chosen.ranges:
        clause.also(f"t.{identifier(column)} BETWEEN ? AND ?", low, high)
    for column, which in chosen.facts:
        clause.also(f"t.{identifier(column)} IS NOT DISTINCT FROM ?", which)
    if chosen.name:
        clause.also("contains(lower(t.file), lower(?))", chosen.name)
    if chosen.area:
        _inside(clause, chosen.area)
    if chosen.labelled:
        clause.labels = True
        name = question if question in asked else header.questions[0].name
        said = _column(asked[name], "label")
        clause.also({
            "yes": "l.mine IS NOT NULL",
            "no": "l.mine IS NULL",
            "corrected": f"l.mine IS DISTINCT FROM t.{said} AND l.mine IS NOT NULL",
        }[chosen.labelled])  # fmt: skip
    return clause


def _column(question: Question, what: str) -> str:
    return identifier(question.column(what))


def _any(clause: Clause, parts: list[tuple[str, list[Any]]]) -> None:
    clause.also(" OR ".join(f"({sql})" for sql, _ in parts), *(v for _, own in parts for v in own))


def _inside(clause: Clause, corners: tuple[tuple[float, float], ...]) -> None:
    """Ask for places inside an outline: a ray from one crosses its sides an odd number of times."""
    xs, ys = ([at[i] for at in corners] for i in (0, 1))
    # The box around it first, which spares most rows the sides.
    clause.also("t.map_x BETWEEN ? AND ? AND t.map_y BETWEEN ? AND ?",
                min(xs), max(xs), min(ys), max(ys))  # fmt: skip
    crossed, values = [], []
    for i, (x, y) in enumerate(corners):
        to_x, to_y = corners[(i + 1) % len(corners)]
        if y == to_y:
            continue  # a level side is never crossed
        crossed.append("((? > t.map_y) <> (? > t.map_y) AND t.map_x < ? * (t.map_y - ?) + ?)::INT")
        values += [y, to_y, (to_x - x) / (to_y - y), y, x]
    clause.also(f"({' + '.join(crossed)}) % 2 = 1" if crossed else "false", *values)
