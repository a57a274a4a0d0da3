"""What lessons work with, and how their steps look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.state.view import View

WIDTH = 760  # pixels of a line of text that is read with ease


@dataclass(frozen=True, eq=False)
class Desk:
    """What a lesson works with: the view of the sidebar, and a pass of the model as trained."""

    view: View
    result: Any

    @classmethod
    def of(cls, view: View) -> Desk:
        return cls(view, view.result(type(view.ablation)()))

    @property
    def config(self) -> Any:
        return self.view.config

    @property
    def trace(self) -> Any:
        return self.result.trace


def say(text: str) -> None:
    """Markdown in lines that are not too long."""
    st.markdown(text, width=WIDTH)


@contextmanager
def step(number: int, title: str, text: str) -> Iterator[None]:
    """One step: what to do and see, then the live piece that is drawn inside."""
    st.subheader(f"Step {number}. {title}", anchor=f"step-{number}")
    say(text)
    yield


def shape(tensor: Any, *names: str) -> str:
    """The shape of a tensor in words: "8 frames × 16 chunks"."""
    sizes = tuple(tensor) if isinstance(tensor, (tuple, list)) else tuple(tensor.shape)
    parts = zip(sizes, names, strict=True)
    return " × ".join(f"{n} {name if n != 1 else name.removesuffix('s')}" for n, name in parts)
