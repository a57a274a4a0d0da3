"""What models compute: once for all sessions, in turn, and on the CPU where the GPU fails."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.cache.lru import LRUCache
from pages.cache.models import device, load_on
from pages.state.view import LoadedModel
from pages.widgets.session import context, session_id
from pages.widgets.turns import Sign, queue, turn
from sct.errors import OutOfMemory
from sct.model.sct import SCT
from sct.serving.device import fault, free_memory

MOST_TOGETHER = 8  # clips of several sessions in one pass on a GPU; on a CPU it would gain nothing
_SMALLER = "take a smaller model, or close what else is running."

Result = TypeVar("Result")


@st.cache_resource(max_entries=32, show_spinner=False)
def _results(kind: str, most: int) -> LRUCache:
    return LRUCache(most)


def computed(
    kind: str,
    most: int,
    key: Hashable,
    compute: Callable[[], Result],
    text: str = "Running the model …",
) -> Result:
    """Return a result, computed in a turn at the device unless it is known.

    Args:
        kind, most: which results are kept together, and how many of them.
        key: what the result depends on.
        text: of the spinner.

    Raises:
        Busy: too many wait already; and whatever `compute` raises.
    """
    known = _results(kind, most)
    if (found := known.get(key)) is not None:
        return found
    with turn(text):
        if (found := known.get(key)) is None:  # or somebody else wanted the same
            found = compute()
            known.put(key, found)
    return found


def computed_together(
    kind: str,
    most: int,
    key: Hashable,
    alike: Hashable,
    item: Any,
    compute: Callable[[Sequence[Any]], Sequence[Result]],
) -> Result:
    """Return a result; on a GPU it is computed together with others that wait and are `alike`.

    Args:
        kind, most, key: as above.
        item: what the result is computed from.
        compute: from items to results.
    """
    if device().name == "cpu":
        return computed(kind, most, key, lambda: compute([item])[0])
    known = _results(kind, most)
    if (found := known.get(key)) is None:
        sign = Sign()
        try:
            given = session_id(), (kind, alike), item, compute, MOST_TOGETHER
            found = queue().together(*given, waiting=sign)
        finally:
            sign.close()
        known.put(key, found)
    return found


def on_device(
    loaded: LoadedModel, work: Callable[[SCT], Result], whole: bool = True, alone: bool = True
) -> Result:
    """Return `work(model)`, on the CPU where the GPU has too little memory or fails.

    Args:
        whole: whether it is the model of all questions.
        alone: whether the work is as small as it can be; else memory that runs out is an error.

    Raises:
        OutOfMemory: there is too little memory on the CPU, too.
    """
    model = (loaded.whole if whole else None) or loaded.model
    where = model.device.type
    try:
        return work(model)
    except (RuntimeError, MemoryError) as error:
        why = fault(error)
        if not why:
            raise
    if where == "cpu" or not alone:
        free_memory(where)
        raise OutOfMemory(f"There is not enough memory to run this model: {_SMALLER}")
    if why == "lost":
        device().lose()
        if context() is not None:
            st.rerun()  # with all that is loaded on the CPU
    free_memory(where)
    if context() is not None:
        st.toast(
            "This needs more memory than the GPU has, so the CPU computed it.",
            icon=":material/memory:",
        )
    spare = load_on(loaded.name, "cpu", loaded.question)
    return work((spare.whole if whole else None) or spare.model)
