"""Switches for numbers of an ablation, for the pages that have some.

All are views of its text form, which stands in the address and is the only truth. Before each run
the switches are set from it, and a change of any switch writes a new text: so links, the text
field, presets and switches cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.state.view import View
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig

TEXT = "ablate"
# From a seventh of a chunk to a whole frame.
_BUCKETS = (7, 14, 28, 49, 98, 196, 392, 784, 1568, 3136)

Write = Callable[[Ablation], None]


def write(ablation: Ablation) -> None:
    """Make it the ablation of the session and of the address."""
    text = str(ablation)
    st.session_state[TEXT] = "" if text == "none" else text


def widget_key(name: str, value: Any) -> str:
    """Set a switch to a value, and return its key."""
    key = f"_sw_{name}"
    st.session_state[key] = value
    return key


def chosen(name: str) -> Any:
    """Return the value that a person has set a switch to."""
    return st.session_state[f"_sw_{name}"]


def choose(
    label: str,
    field: str,
    trained: Sequence[int],
    options: Sequence[str],
    now: str,
    change: Callable[[str | None], None],
    **more: Any,
) -> None:
    """Draw a select box of numbers, the first of which is that of the model as trained.

    Args:
        field: of `Ablation`. trained: its value in the model as trained.
        options: the texts of the others.
        now: the text that is chosen, "" for as trained.
        change: is given what a person chooses, None for as trained.
    """
    first = f"{', '.join(map(str, trained))} (trained)"
    texts, now = [first, *options], now or first
    st.selectbox(
        label,
        texts if now in texts else [*texts, now],
        key=widget_key(field, now),
        on_change=lambda: change(None if chosen(field) == first else chosen(field)),
        **more,
    )


def lsh_numbers(ablation: Ablation, config: SCTConfig, put: Write = write, **more: Any) -> None:
    """Draw a switch each for rounds, bucket size and seed of LSH attention.

    Args:
        put: is given the ablation after a change.
        more: goes to the widgets.
    """
    for field, label, options in (
        ("rounds", "Hash rounds", [str(n) for n in range(1, 9)]),
        ("bucket", "Bucket size", _bucket_sizes(ablation, config)),
        ("seed", "Hash seed", ["0", "1", "2", "3", "4"]),
    ):
        own, value = getattr(config, f"lsh_{field}"), getattr(ablation, field)
        others = [text for text in options if text != str(own)]
        now = "" if value in (None, own) else str(value)

        def change(text: str | None, field: str = field) -> None:
            put(replace(ablation, **{field: None if text is None else int(text)}))

        choose(label, field, (own,), others, now, change, **more)


def hashing(view: View) -> None:
    """Draw `lsh_numbers` for the page that shows buckets: a change applies there."""
    base = view.ablation
    if not view.everywhere:  # what the page shows is as trained
        base = replace(base, rounds=None, bucket=None, seed=None)

    def put(ablation: Ablation) -> None:
        write(ablation)
        st.session_state["everywhere"] = str(ablation) != "none"

    lsh_numbers(base, view.config, put, width=148)


def _bucket_sizes(ablation: Ablation, config: SCTConfig) -> list[str]:
    """Return the sizes that the stages of a model allow."""
    fits = []
    for size in _BUCKETS:
        try:
            replace(ablation, bucket=size).validate(config)
        except ValueError:
            continue
        fits.append(str(size))
    return fits
