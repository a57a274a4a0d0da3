"""Turns a filter into the condition of a query: SQL without values, and the values beside it."""

from __future__ import annotations

from collections.abc import Collection
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
        labels: questions of which what a person said is asked for; see `mine`.
        before: the question of which another run's answer, `o.before`, is; None for none.
    """

    sql: str
    params: list[Any] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    before: str | None = None

    def also(self, sql: str, *params: Any) -> Clause:
        """Add a condition, and return it."""
        self.sql += f" AND ({sql})"
        self.params += params
        return self


def mine(header: Header, question: str) -> str:
    """Return what a person said of a question, as SQL; NULL where nobody did."""
    return f"l{[one.name for one in header.questions].index(question)}.mine"


def right(clause: Clause, header: Header, question: Question, labelled: Collection[str]) -> str:
    """Return a question's right answer, as SQL: what a person said, else what the source says.

    Args:
        clause: is told which labels this asks for.
        labelled: questions of which a person said something.
    """
    source = f"t.{identifier(question.column('known'))}"
    if question.name not in labelled:
        return source
    clause.labels.add(question.name)
    return f"coalesce({mine(header, question.name)}, {source})"


def identifier(name: str) -> str:
    """Return a name as SQL has it, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'


def where_of(chosen: Filter, header: Header, labelled: Collection[str] = ()) -> Clause:
    """Return a filter's condition.

    Args:
        labelled: questions of which a person said something.

    Raises DataError where the filter names what the run lacks.
    """
    try:
        chosen.check(header)
    except ValueError as error:
        raise DataError(f"This filter is of another run: {error}.") from None
    asked = {one.name: one for one in header.questions}
    clause = Clause("t.error IS NOT NULL" if chosen.errors else "t.error IS NULL")

    def said(name: str) -> str:
        return f"t.{identifier(asked[name].column('label'))}"

    def known(name: str) -> str:
        return right(clause, header, asked[name], labelled)

    for sql_of, named in ((said, chosen.said), (known, chosen.known)):
        for name in dict.fromkeys(q for q, _ in named):
            labels = [label for q, label in named if q == name]
            clause.also(f"{sql_of(name)} IN (SELECT unnest(?))", labels)
    if chosen.pairs:
        _any(clause, [(f"{known(q)} = ? AND {said(q)} = ?", [a, b]) for q, a, b in chosen.pairs])
    if chosen.moved:
        if len(names := {q for q, _, _ in chosen.moved}) > 1:
            raise DataError("Two runs are compared by one question at a time.")
        (clause.before,) = names
        _any(clause, [(f"o.before = ? AND {said(q)} = ?", [a, b]) for q, a, b in chosen.moved])
    for column, low, high in chosen.ranges:
        clause.also(f"t.{identifier(column)} BETWEEN ? AND ?", low, high)
    for column, which in chosen.facts:
        clause.also(f"t.{identifier(column)} IS NOT DISTINCT FROM ?", which)
    if chosen.name:
        clause.also("contains(lower(t.file), lower(?))", chosen.name)
    if chosen.area:
        _inside(clause, chosen.area)
    for name, which in chosen.labelled:
        clause.labels.add(name)
        own = mine(header, name)
        clause.also({
            "yes": f"{own} IS NOT NULL",
            "no": f"{own} IS NULL",
            "corrected": f"{own} IS DISTINCT FROM {said(name)} AND {own} IS NOT NULL",
        }[which])  # fmt: skip
    return clause


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
