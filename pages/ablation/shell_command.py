"""How the analyses of the lab are repeated from the shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.state.view import View
from pages.widgets.markdown import file_argument
from sct.ablation_study import Variant
from sct.model.ablation import Ablation

if TYPE_CHECKING:
    from pages.ablation.question import Asked


def of_clip(asked: Asked, parts: str = "") -> None:
    """`parts`: what `--parts` is given; "" for each part."""
    view = asked.view
    words = ["clip.mp4"] if view.made is not None else [file_argument(view.clip.name)]
    words += ["--model", view.loaded.name]
    if view.made is None:
        words += ["--start", f"{view.clip.start:g}", "--stride", f"{view.clip.stride:g}"]
    words += ["--parts", parts] if parts else []
    if asked.target is not None:
        words += ["--target", view.loaded.labels[asked.target]]
    if asked.base != Ablation():
        words += ["--ablate", str(asked.base)]
    where = (
        "for a file of yours, as a sample has none" if view.made is not None else "for this clip"
    )
    _show(f"The same from the shell, {where}; `--json` for JSON:", words)


def of_data(view: View, data: str | None, limit: int, variants: Sequence[Variant] = ()) -> None:
    """`data`: a name in SCT_DATA, or None for made clips; no variants: each part."""
    words = [*_of(view, limit)]
    if variants:
        words += ["--variants", *(str(each.ablation) for each in variants)]
    _show(_MANY, words, data)


def of_sweep(view: View, data: str | None, limit: int, field: str) -> None:
    _show(_MANY, [*_of(view, limit), "--sweep", field], data)


_MANY = "The same from the shell; `--json` for JSON:"


def _of(view: View, limit: int) -> tuple[str, ...]:
    return "--model", view.loaded.name, "--limit", str(limit)


def _show(says: str, words: Sequence[str], data: str | None = "") -> None:
    start = ["python -m sct ablate"]
    if data is None:
        start.append("--data motion")
    elif data:
        start.append(f'--data "$SCT_DATA"/{shlex.quote(data)}')
    st.caption(says)
    st.code(" ".join([*start, *map(shlex.quote, words)]), language="bash", wrap_lines=True)
