"""Which run is looked at, beside which other one, about which question, through which filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.state import url_values, url_widgets
from pages.state.view import NothingToShow
from pages.widgets.markdown import plain, sentence

if TYPE_CHECKING:
    from sct.collection.filters import Filter
    from sct.collection.query import Key, Rows
    from sct.collection.runs import Run
    from sct.collection.schema import Question

WHERE, PLACE = "where", "p"
COMMAND = "python -m sct collection FOLDER --out RUNS/mine.parquet"


@dataclass(frozen=True, eq=False)
class Chosen:
    """What the page shows.

    Attributes:
        rows: of the run, with the other one and with what people said.
        labels: what people said about the question by now, which those of the rows may lag behind.
        aside: how many labels there are of windows that are none of the run's.
        question: which answer is meant.
        ablation: place of the ablation whose effect is meant.
        filter: which rows.
    """

    rows: Rows
    labels: Mapping[Key, str]
    aside: int
    question: Question
    ablation: int
    filter: Filter

    @property
    def run(self) -> Run:
        return self.rows.run

    @property
    def effect(self) -> str:
        """Return the ablation's text form; "" where the run tried none."""
        tried = self.run.header.ablations
        return tried[self.ablation] if self.ablation < len(tried) else ""

    def ask(self, what: str, *given: Any, **more: Any) -> Any:
        """Ask the rows; see `pages.cache.collections.ask`. Raises DataError."""
        from pages.cache.collections import ask

        return ask(self.rows, what, *given, **more)


def choose() -> Chosen:
    """Draw the choice of a run, and return what is to be shown.

    Raises NothingToShow where there is no run, or it cannot be read, which is said.
    """
    from pages.cache.collections import labels_of, left_aside, open_run
    from sct.collection.filters import EVERYTHING, MOST, Filter
    from sct.collection.query import Rows
    from sct.collection.runs import VARIABLE, folder, list_runs
    from sct.errors import DataError, SCTError
    from sct.video.sources import quoted

    where = folder()
    if where is None:
        st.info(
            f"`{COMMAND}` runs a model over every video of a folder. Name the folder of such runs "
            f"in the environment variable {VARIABLE} where the app is started, and they are shown "
            "here.",
            icon=":material/grid_view:",
        )
        raise NothingToShow
    try:
        names = list(list_runs(where))
        if not names:
            st.info(
                f"There is no run in the folder that {VARIABLE} names yet. `{COMMAND}` makes one "
                "of every video of a folder.",
                icon=":material/grid_view:",
            )
            raise NothingToShow
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            # A run that is gone stays chosen: what is done must not be done to another one.
            listed = url_widgets.and_gone(names, "run")
            name = url_widgets.select("Run", listed, "run", names[0], width=280)
            others = [one for one in url_widgets.and_gone(names, "beside") if one != name]
            beside = None
            if others:
                beside = url_widgets.select_any(
                    "Compare with", others, "beside", "nothing", width=240,
                    help="Another run over the same files, as of a model before it was fine-tuned: "
                    "*Two runs* then shows where their answers differ.",
                )  # fmt: skip
            for one in (name, beside):
                if one is not None and one not in names:
                    raise DataError(f"There is no run {quoted(one)} here any more: choose another.")
            run = open_run(name)
            question = _question(run)
            ablation = _ablation(run)
        other = _other(beside, question)
        said = {
            asked: {key: one.label for key, one in own.items()}
            for asked, own in labels_of(run).items()
            if asked in {one.name for one in run.header.questions}
        }
        aside = left_aside(run, question.name)
    except SCTError as error:
        st.error(sentence(error), icon=":material/error:")
        raise NothingToShow from None

    def read(text: str) -> Filter:
        found = Filter.parse(text).check(run.header)
        if found.moved and other is None:
            raise ValueError("no other run is compared")
        return found

    found = url_values.value(WHERE, "Filter", read, EVERYTHING, MOST)
    own = said.get(question.name, {})
    view = Chosen(Rows(run, other, said), own, aside, question, ablation, found)
    _facts(view)
    return view


def _question(run: Run) -> Question:
    questions = {one.name: one for one in run.header.questions}
    if len(questions) < 2:
        return run.header.questions[0]
    name = url_widgets.segments("Question", list(questions), "asks", next(iter(questions)))
    return questions[name]


def _ablation(run: Run) -> int:
    tried = list(run.header.ablations)
    if len(tried) < 2:
        return 0
    return tried.index(url_widgets.select("Switched off", tried, "off", tried[0], width=220))


def _other(name: str | None, question: Question) -> Run | None:
    """Open the other run; one that cannot be is said, and the page goes on without it."""
    from pages.cache.collections import open_run
    from sct.errors import SCTError

    if name is None:
        return None
    try:
        other = open_run(name)
        other.like(question)
        return other
    except SCTError as error:
        st.warning(sentence(error), icon=":material/compare:")
        return None


def _facts(view: Chosen) -> None:
    from pages.collection import opening
    from sct.errors import SCTError

    run, header = view.run, view.run.header
    try:
        facts = view.ask("facts")
    except SCTError as error:
        st.error(sentence(error), icon=":material/error:")
        raise NothingToShow from None
    said = [
        f"{facts['windows']:,} windows of {facts['files']:,} files",
        f"{plain(header.model, 60)}: {header.frames} frames, one every {header.stride:g} s",
    ]
    if header.ablations:
        said.append("switched off: " + ", ".join(plain(a, 60) for a in header.ablations))
    if facts["errors"]:
        several = "files" if facts["errors"] > 1 else "file"
        said.append(f"{facts['errors']:,} {several} could not be read")
    if view.labels:
        said.append(f"{len(view.labels):,} labelled")
    if not run.finished:
        said.append("still running: what is there so far")
    st.caption(" · ".join(said))
    opening.doubt(header)


def put(wanted: Filter) -> None:
    """Show another filter from the run on that follows, from its first page."""
    url_values.set_value(WHERE, wanted)
    url_values.set_value(PLACE, 1)
