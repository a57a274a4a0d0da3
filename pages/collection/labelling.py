"""Labelling a run: the switch, the clips one by one, and the way to a training."""

from __future__ import annotations

import shlex
from dataclasses import replace

import streamlit as st

from pages.collection import keeping
from pages.collection.chosen import PLACE, Chosen
from pages.state import url_values, url_widgets
from pages.widgets.markdown import plain

_KEY, _WAS = "label", "_labelling"
_WRITTEN = "_list_written"


def switch() -> None:
    """Draw the switch between looking and labelling."""
    url_widgets.toggle(
        "Label by keys",
        _KEY,
        help="One clip at a time: a digit says what it shows, Enter that the model is right. What "
        "you say is kept beside the run, and can be trained on.",
    )


def on() -> bool:
    """Return whether clips are labelled; the switch is drawn further down."""
    return bool(st.session_state.get(_KEY, st.query_params.get(_KEY) == "true"))


def leave() -> None:
    """Forget where labelling was; whoever comes back begins at the first clip without a label."""
    st.session_state.pop(_WAS, None)


def intro(view: Chosen) -> None:
    """Say what has been labelled, and offer it as a data set."""
    from sct.collection.labels import path_of

    done = len(view.labels)
    path = path_of(view.run.path)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            f"**{done:,} labelled**  \n:small[Kept in {plain(path.name, 80)}, beside the run, as "
            "you go.]",
            width="stretch",
        )
        st.button(
            "First without a label",
            icon=":material/skip_next:",
            key="to_unlabelled",
            on_click=lambda: st.session_state.update({_WAS: None}),
        )
        if done:
            _export(view)
    if view.aside:
        st.caption(
            "1 label is of another moment than this run’s windows and is left aside."
            if view.aside == 1
            else f"{view.aside:,} labels are of other moments than this run’s windows and are left "
            "aside."
        )
    _say_written(view)


def _export(view: Chosen) -> None:
    """Draw what writes the labels as a list for training, beside the run."""
    st.button(
        "Write a list to train on",
        key="write_list",
        icon=":material/school:",
        on_click=_write,
        args=(view,),
        help="A list of the labelled windows for `python -m sct train`, beside the run. It is "
        "written there, and not handed over, as it names the videos by their places on the server.",
    )


def _write(view: Chosen) -> None:
    from pages.cache.collections import labels_of
    from sct.checkpoint.io import replace_files
    from sct.collection.labels import list_path, manifest
    from sct.errors import RunError, SCTError

    name = view.question.name
    try:
        data, left_out = manifest(view.rows, labels_of(view.run).get(name, {}))
        path = list_path(view.run.path, name)
        try:
            replace_files({path: data})
        except OSError as error:
            raise RunError(f"{path.name} cannot be written: {error.strerror}.") from None
    except SCTError as error:
        keeping.wrong(str(error))
    else:
        st.session_state[_WRITTEN] = path.name, len(left_out)


def _say_written(view: Chosen) -> None:
    name, missing = st.session_state.pop(_WRITTEN, ("", 0))
    if not name:
        return
    gone = f" {missing} files are not there any more, and are not in it." if missing else ""
    st.success(
        f"Written beside the run: {plain(name, 120)}.{gone} In the folder of the runs, this learns "
        "from it:",
        icon=":material/school:",
    )
    words = ["python", "-m", "sct", "train", "--data", name, "--init", view.run.header.model]
    st.code(shlex.join([*words, "--out", "mine"]), language=None, wrap_lines=True)


def show(view: Chosen, order: str) -> None:
    """Draw the clips of a page one by one, beginning with the first that has no label."""
    from pages.collection import grid
    from sct.collection.query import Rows
    from sct.errors import SCTError

    subject = view.run.name, view.question.name, str(view.filter), order
    known = st.session_state.get(_WAS)
    if known is None or known[0] != subject:
        # A filter by labels goes by those of the beginning: no clip leaves the list meanwhile.
        st.session_state[_WAS] = known = subject, dict(view.labels)
        try:
            first = view.rows.first_unlabelled(
                view.question.name, view.filter, order, view.ablation
            )
        except SCTError:
            first = 0  # the grid says what is wrong
        url_values.set_value(PLACE, first // grid.A_PAGE + 1)
    labels = {**view.rows.labels, view.question.name: known[1]}
    view = replace(view, rows=Rows(view.run, view.rows.other, labels))
    grid.show(view, order, labelling=True)
