"""Asks a run for rows, counts and tables, by DuckDB over its Parquet: never the whole in memory.

No text of a person is part of any SQL: values are bound, columns are those that the run's header
names. A connection can read the run's files and nothing else; sessions may ask at once from threads
of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sct.collection.database import connected
from sct.collection.filters import EVERYTHING, Filter, numbers_of
from sct.collection.runs import Run
from sct.collection.where import Clause, identifier, mine, right, where_of
from sct.errors import DataError
from sct.video.sources import quoted

Key = tuple[str, int]  # of a row: its file and window
SORTS = ("least sure", "most sure", "most changed", "most motion", "against the flow", "file")
_MOVES = {"most motion": "shift_px", "against the flow": "flow_r"}  # and the column of a stage
_PLACE = ("file", '"window"', "start_s", "end_s")  # of what two runs may say something of
_MOST_LABELS = 60  # of a matrix; rarer ones are left out


class Rows:
    """The rows of a run, to be asked for.

    Args:
        run: from `open_run`.
        other: another run over the same files, whose answers stand beside.
        labels: what a person said: (file, window) -> label, by question.
    """

    def __init__(
        self,
        run: Run,
        other: Run | None = None,
        labels: Mapping[str, Mapping[Key, str]] | None = None,
    ):
        self.run, self.other = run, other
        self.labels = {name: dict(own) for name, own in (labels or {}).items() if own}

    # -- what the grid shows -----------------------------------------------------------------------

    def facts(self) -> dict[str, int]:
        """Return how many windows, files that were read, and files that were not, there are."""
        select = (
            "SELECT count(*) FILTER (t.error IS NULL), "
            'count(*) FILTER (t.error IS NULL AND t."window" = 0), count(t.error)'
        )
        found = self._rows(select, Clause("true"))[0]
        return dict(zip(("windows", "files", "errors"), found, strict=True))

    def count(self, chosen: Filter = EVERYTHING) -> int:
        """Return how many rows a filter leaves."""
        return self._all("SELECT count(*)", chosen)[0][0]

    def page(
        self,
        question: str,
        chosen: Filter = EVERYTHING,
        sort: str = "least sure",
        offset: int = 0,
        limit: int = 24,
        ablation: int = 0,
    ) -> list[dict[str, Any]]:
        """Return some rows in order, without what is heavy.

        Args:
            question: whose answer is sorted by, and comes as label, probability, sure and so on.
            sort: one of `SORTS`; of motion in the last stage comes what is sorted, too, as by.
            ablation: whose effect is meant.
        """
        asked = self.run.question(question)
        names = {name: name for name in ("file", "window", "error", "shot", "start_s", "end_s")}
        for what in ("label", "probability", "sure", "unlike", "entropy", "known"):
            names[what] = asked.column(what)
        if self.run.header.ablations:
            names["effect"] = self.run.header.effect(ablation, asked)
        if sort in _MOVES and (by := self._motion(_MOVES[sort])):
            names["by"] = by
        select = ", ".join(f"t.{identifier(c)} AS {identifier(a)}" for a, c in names.items())
        end = f"ORDER BY {self._order(question, sort, ablation)} LIMIT ? OFFSET ?"
        found = self._all(f"SELECT {select}", chosen, end, [limit, offset])
        return [dict(zip(names, row, strict=True)) for row in found]

    def strips(self, keys: Sequence[Key]) -> dict[Key, tuple[bytes, bytes]]:
        """Return the pictures and arrows of some rows; b"" where a row has none."""
        if not keys:
            return {}
        files, windows = zip(*keys, strict=True)
        some = Clause('t.file IN (SELECT unnest(?)) AND t."window" IN (SELECT unnest(?))')
        some.params += [sorted(set(files)), sorted(set(windows))]
        found = self._rows('SELECT t.file, t."window", t.strip, t.arrows', some)
        wanted = set(keys)
        return {
            (file, window): (strip or b"", arrows or b"")
            for file, window, strip, arrows in found
            if (file, window) in wanted
        }

    def find(self, file: str, window: int) -> dict[str, Any] | None:
        """Return a row's file, window, start and end in seconds; None where there is none."""
        names = ("file", "window", "error", "start_s", "end_s")
        some = Clause('t.file = ? AND t."window" = ?', [file, window])
        select = ", ".join(f"t.{identifier(name)}" for name in names)
        found = self._rows(f"SELECT {select}", some, "LIMIT 1")
        return dict(zip(names, found[0], strict=True)) if found else None

    def has_file(self, file: str) -> bool:
        """Return whether a file is one of the run's that was read."""
        some = Clause("t.file = ? AND t.error IS NULL", [file])
        return bool(self._rows("SELECT 1", some, "LIMIT 1"))

    def parts(self, keys: Sequence[Key]) -> dict[Key, tuple[float, float]]:
        """Return from when to when, in seconds of their files, some rows are."""
        some = Clause("t.error IS NULL AND t.file IN (SELECT unnest(?::VARCHAR[]))")
        some.params.append(sorted({file for file, _ in keys}))
        found = self._rows(
            'SELECT t.file, t."window", t.start_s, least(t.end_s, t.duration_s)', some
        )
        wanted = set(keys)
        return {(f, w): (start, end) for f, w, start, end in found if (f, w) in wanted}

    def first_unlabelled(self, question: str, chosen: Filter, sort: str, ablation: int = 0) -> int:
        """Return the place, in order, of the first row without a label; the count if there is
        none."""
        clause = self._clause(chosen)
        clause.labels.add(self.run.question(question).name)
        # One more row than there are labels holds one without, if any does.
        end = f"ORDER BY {self._order(question, sort, ablation)} LIMIT ?"
        select = f"SELECT {mine(self.run.header, question)}"
        most = len(self.labels.get(question, ())) + 1
        found = [own for (own,) in self._rows(select, clause, end, [most])]
        return found.index(None) if None in found else len(found)

    # -- what the charts show ----------------------------------------------------------------------

    def bounds(self, columns: Sequence[str]) -> dict[str, tuple[float, float]]:
        """Return least and most of columns of numbers over all rows; (0, 1) of an empty one."""
        known = numbers_of(self.run.header)
        some = [identifier(name) for name in columns if name in known]
        select = ", ".join(f"min(t.{c}), max(t.{c})" for c in some)
        row = self._rows(f"SELECT {select}", Clause("true"))[0] if some else ()
        ends = {}
        for name, low, high in zip(columns, row[::2], row[1::2], strict=True):
            fine = low is not None and np.isfinite([low, high]).all()
            ends[name] = (float(low), float(high)) if fine else (0.0, 1.0)
        return ends

    def histogram(
        self, column: str, ends: tuple[float, float], bins: int, chosen: Filter = EVERYTHING
    ) -> np.ndarray:
        """Return how many rows fall into each of `bins` equal parts between the ends: int (bins,).

        Raises DataError of a column that is none of numbers.
        """
        if column not in numbers_of(self.run.header):
            raise DataError(f"The run {quoted(self.run.name)} has no numbers {quoted(column)}.")
        low, high = ends
        width = (high - low) / bins or 1.0
        name = identifier(column)
        place = f"least(greatest(floor((t.{name} - ?) / ?), 0), {int(bins) - 1})::INTEGER"
        clause = self._clause(chosen).also(f"t.{name} BETWEEN ? AND ?", low, high)
        found = self._rows(
            f"SELECT {place} AS bin, count(*)", clause, "GROUP BY bin", before=[low, width]
        )
        counts = np.zeros(bins, np.int64)
        for place, count in found:
            counts[place] = count
        return counts

    def label_counts(self, question: str, chosen: Filter = EVERYTHING) -> dict[str, int]:
        """Return how often each of a question's labels is the answer, in their order."""
        asked = self.run.question(question)
        name = identifier(asked.column("label"))
        found = dict(self._all(f"SELECT t.{name} AS said, count(*)", chosen, "GROUP BY said"))
        return {label: int(found.get(label, 0)) for label in asked.labels}

    def confusion(self, question: str, chosen: Filter = EVERYTHING) -> tuple[list[str], np.ndarray]:
        """Return the right answers, and how often each clip of one was answered how.

        What a person said is right; else what the source says.

        Returns:
            answers that are right for a clip, and int (right answer, label of the question).
        """
        asked = self.run.question(question)
        clause = self._clause(chosen)
        known = right(clause, self.run.header, asked, self.labels)
        clause.also(f"{known} IS NOT NULL")
        select = f"SELECT {known} AS a, t.{identifier(asked.column('label'))} AS b, count(*)"
        return _matrix(self._rows(select, clause, "GROUP BY a, b"), asked.labels)

    def agreement(self, question: str, chosen: Filter = EVERYTHING) -> tuple[list[str], np.ndarray]:
        """Return the same with the answers of the other run in place of what is known.

        Raises DataError: there is no other run, or it does not answer this question.
        """
        asked = self.run.question(question)
        said = identifier(asked.column("label"))
        clause = self._clause(chosen)
        clause.before = question
        clause.also("o.before IS NOT NULL")
        select = f"SELECT o.before AS a, t.{said} AS b, count(*)"
        return _matrix(self._rows(select, clause, "GROUP BY a, b"), asked.labels)

    def points(self, question: str, chosen: Filter = EVERYTHING, most: int = 5000) -> list[tuple]:
        """Return places on the map: (x, y, label, file, window), always the same ones if there are
        more than `most`."""
        name = identifier(self.run.question(question).column("label"))
        clause = self._clause(chosen).also("t.map_x IS NOT NULL AND t.map_y IS NOT NULL")
        return self._rows(
            f'SELECT t.map_x, t.map_y, t.{name}, t.file, t."window"',
            clause,
            'ORDER BY hash(t.file, t."window"), t.file, t."window" LIMIT ?',
            [int(most)],
        )

    # -- how it is asked ---------------------------------------------------------------------------

    def _order(self, question: str, sort: str, ablation: int) -> str:
        asked, header = self.run.question(question), self.run.header
        p = identifier(asked.column("probability"))
        by = {"least sure": f"t.{p} ASC NULLS LAST, ", "most sure": f"t.{p} DESC NULLS LAST, "}
        if 0 <= ablation < len(header.ablations):
            effect = identifier(header.effect(ablation, asked))
            by["most changed"] = f"abs(t.{effect}) DESC NULLS LAST, "
        for name, what in _MOVES.items():
            if column := self._motion(what):
                way = "ASC" if name == "against the flow" else "DESC"
                by[name] = f"t.{identifier(column)} {way} NULLS LAST, "
        return by.get(sort, "") + 't.file, t."window"'

    def _motion(self, what: str) -> str:
        """Return the column that says something of motion in the last stage; "" if none does."""
        stages = self.run.header.stages
        return f"stage{stages[-1]}_{what}" if stages else ""

    def _clause(self, chosen: Filter) -> Clause:
        return where_of(chosen, self.run.header, self.labels)

    def _all(
        self,
        select: str,
        chosen: Filter,
        end: str = "",
        more: Sequence[Any] = (),
    ) -> list[tuple]:
        return self._rows(select, self._clause(chosen), end, more)

    def _rows(
        self,
        select: str,
        clause: Clause,
        end: str = "",
        more: Sequence[Any] = (),
        before: Sequence[Any] = (),
    ) -> list[tuple]:
        """Ask: `select`, from the run (and what a clause joins to it), `clause`, `end`.

        Args:
            more: values of `end`. before: values of `select`.
        """
        source, given = self._source(clause)
        sql = f"{select} {source} WHERE {clause.sql} {end}"
        with connected(self.run, *[self.other] * bool(self.other)) as connection:
            return connection.execute(sql, [*before, *given, *clause.params, *more]).fetchall()

    def _source(self, clause: Clause) -> tuple[str, list[Any]]:
        read = "read_parquet(?, hive_partitioning = false)"
        sql, params = f"FROM {read} AS t", [list(self.run.files)]
        if clause.before is not None:
            if self.other is None:
                raise DataError("There is no other run to compare with.")
            asked = self.other.like(self.run.question(clause.before))
            name = identifier(asked.column("label"))
            # Runs that were cut otherwise have windows of the same number at other seconds.
            same = " AND ".join(f"o.{one} = t.{one}" for one in _PLACE)
            sql += (
                f" LEFT JOIN (FROM {read} SELECT {', '.join(_PLACE)}, {name} AS before) AS o"
                f" ON {same}"
            )
            params.append(list(self.other.files))
        for question in sorted(clause.labels):
            name = mine(self.run.header, question).removesuffix(".mine")
            sql += (
                ' LEFT JOIN (SELECT unnest(?::VARCHAR[]) AS file, unnest(?::INTEGER[]) AS "window",'
                f" unnest(?::VARCHAR[]) AS mine) AS {name}"
                f' ON {name}.file = t.file AND {name}."window" = t."window"'
            )
            own = self.labels.get(question, {})
            params += [[k[0] for k in own], [k[1] for k in own], list(own.values())]
        return sql, params


def _matrix(rows: Sequence[tuple], labels: Sequence[str]) -> tuple[list[str], np.ndarray]:
    totals: dict[str, int] = {}
    for first, _, count in rows:
        totals[first] = totals.get(first, 0) + count
    common = sorted(totals, key=lambda name: (-totals[name], name))[:_MOST_LABELS]
    own = [label for label in labels if label in common]
    names = own + sorted(name for name in common if name not in own)
    place = {name: i for i, name in enumerate(names)}
    answers = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(names), len(labels)), np.int64)
    for first, second, count in rows:
        if first in place and second in answers:
            counts[place[first], answers[second]] = count
    return names, counts
