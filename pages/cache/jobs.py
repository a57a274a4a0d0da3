"""Long computations: a button that starts one, a bar, a way to cancel, and cached results."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.cache.lru import LRUCache
from pages.widgets.markdown import sentence
from pages.widgets.progress import Progress, running

# In the session: what each analysis showed last, and the keys of the tasks that were requested,
# cancelled, and failed (with why).
_SHOWN, _REQUESTED, _CANCELLED = "_task_shown", "_task_requested", "_task_cancelled"
_FAILED = "_task_failed"


@dataclass(frozen=True)
class Task:
    """A long computation.

    Args:
        name: of the analysis, unique on the page.
        subject: clip, model and the like; a result about another subject is not shown.
        settings: what else decides the result.
        about: the settings, for people.
        compute: returns the result; calls the `progress` that it is given between small steps.
    """

    name: str
    subject: Hashable
    settings: Hashable
    about: str
    compute: Callable[[Progress], Any]

    @property
    def key(self) -> Hashable:
        return self.name, self.subject, self.settings


@st.cache_resource(max_entries=1, show_spinner=False)
def _cache() -> LRUCache:
    return LRUCache(64)


def run_task(task: Task, *, label: str, auto: bool = False) -> Any:
    """Return the result, once it was requested and is complete; until then the last one, or None.

    A click on anything ends a run, as Streamlit raises in the callback of its progress: then
    nothing was cached, and what was shown before the run is shown again.

    Args:
        label: of the button that starts it.
        auto: start without a click, unless it was cancelled or has just failed.
    """
    found = _cached(task)
    if found is not None:
        return found
    cancelled = st.session_state.get(_CANCELLED) == task.key
    failed, problem = st.session_state.pop(_FAILED, (None, ""))
    failed = failed == task.key
    slot = st.empty()
    with slot.container():
        st.button(
            label,
            key=f"{task.name}_run",
            type="primary",
            icon=":material/play_arrow:",
            on_click=lambda: st.session_state.update({_REQUESTED: task.key}),
        )
    requested = st.session_state.pop(_REQUESTED, None) == task.key
    if requested or (auto and not cancelled and not failed):
        slot.empty()
        return _run(task, slot)
    if failed:
        st.error(problem, icon=":material/error:")
    elif cancelled:
        st.caption("Cancelled; nothing was changed.")
    return _previous(task)


def _shown() -> dict[str, tuple[Hashable, str, Any]]:
    """Return key, description and result of what each analysis showed last."""
    return st.session_state.setdefault(_SHOWN, {})


def _cached(task: Task) -> Any:
    key, _, result = _shown().get(task.name, (None, "", None))
    if key == task.key:
        return result
    found = _cache().get(task.key)
    if found is not None:
        _shown()[task.name] = (task.key, task.about, found)
    return found


def _previous(task: Task) -> Any:
    """Return what was computed with other settings, and say so."""
    key, about, result = _shown().get(task.name, (None, "", None))
    if key is None or key[:2] != task.key[:2]:
        return None
    st.caption(f"Still shown: {about}. The settings have changed since.")
    return result


def _run(task: Task, slot: Any) -> Any:
    from sct.errors import SCTError

    def cancel() -> None:
        st.session_state[_CANCELLED] = task.key

    try:
        with running(slot, f"{task.name}_cancel", cancel) as bar:
            found = task.compute(bar())
    except (SCTError, ValueError) as error:
        st.session_state[_FAILED] = task.key, sentence(error)
        st.rerun()  # which brings back the button that starts it
    _cache().put(task.key, found)
    _shown()[task.name] = (task.key, task.about, found)
    st.session_state.pop(_CANCELLED, None)
    return found
