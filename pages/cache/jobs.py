"""Long computations of the lab: a bar, a way to cancel, and a shelf of what was computed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import streamlit as st

from pages.widgets.markdown import sentence
from pages.widgets.progress import Progress, running

_LAST, _ASKED, _STOPPED = "_lab_last", "_lab_asked", "_lab_stopped"
_FAILED = "_lab_failed"


@dataclass(frozen=True)
class Task:
    """Something to compute.

    Args:
        name: of the analysis, unique on the page.
        of: what it is about, such as clip and model; a result about something else is not shown.
        settings: what else decides the result.
        about: the settings, for people.
        compute: gives the result; calls what it is given between small steps.
    """

    name: str
    of: Hashable
    settings: Hashable
    about: str
    compute: Callable[[Progress], Any]

    @property
    def key(self) -> Hashable:
        return self.name, self.of, self.settings


class _Shelf:
    """The results that were used last, of all sessions."""

    def __init__(self, most: int):
        self._most, self._lock = most, Lock()
        self._held: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Hashable, result: Any) -> None:
        with self._lock:
            self._held[key] = result
            while len(self._held) > self._most:
                self._held.popitem(last=False)


@st.cache_resource(max_entries=1, show_spinner=False)
def _shelf() -> _Shelf:
    return _Shelf(64)


def result_of(task: Task, *, label: str, auto: bool = False) -> Any:
    """The result, once it was asked for and is whole; until then the last one, or None.

    A click on anything ends a run, as Streamlit raises in the callback of its progress: then
    nothing was kept, and what was shown before the run is shown again.

    Args:
        label: of the button that starts it.
        auto: start without a click, unless it was cancelled or has just failed.
    """
    found = _known(task)
    if found is not None:
        return found
    stopped = st.session_state.get(_STOPPED) == task.key
    failed, problem = st.session_state.pop(_FAILED, (None, ""))
    failed = failed == task.key
    slot = st.empty()
    with slot.container():
        st.button(
            label,
            key=f"{task.name}_run",
            type="primary",
            icon=":material/play_arrow:",
            on_click=lambda: st.session_state.update({_ASKED: task.key}),
        )
    asked = st.session_state.pop(_ASKED, None) == task.key
    if asked or (auto and not stopped and not failed):
        slot.empty()
        return _run(task, slot)
    if failed:
        st.error(problem, icon=":material/error:")
    elif stopped:
        st.caption("Cancelled; nothing was changed.")
    return _last(task)


def _known(task: Task) -> Any:
    last = st.session_state.setdefault(_LAST, {})
    if task.name in last and last[task.name][0] == task.key:
        return last[task.name][2]
    found = _shelf().get(task.key)
    if found is not None:
        last[task.name] = (task.key, task.about, found)
    return found


def _last(task: Task) -> Any:
    """What was computed before with other settings, which is said."""
    known = st.session_state.setdefault(_LAST, {}).get(task.name)
    if known is None or known[0][:2] != task.key[:2]:
        return None
    st.caption(f"Still shown: {known[1]}. The settings have changed since.")
    return known[2]


def _run(task: Task, slot: Any) -> Any:
    from sct.errors import SCTError

    def cancel() -> None:
        st.session_state[_STOPPED] = task.key

    try:
        with running(slot, f"{task.name}_cancel", cancel) as told:
            found = task.compute(lambda done, total: told(f"{done} of {total} steps")(done, total))
    except (SCTError, ValueError) as error:
        st.session_state[_FAILED] = task.key, sentence(error)
        st.rerun()  # which brings back the button that starts it
    _shelf().put(task.key, found)
    st.session_state[_LAST][task.name] = (task.key, task.about, found)
    st.session_state.pop(_STOPPED, None)
    return found
