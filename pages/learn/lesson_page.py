"""The page of a lesson, which gives its live parts their data and draws their findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.cache.inference import forward
from pages.cache.predictions import prediction
from pages.learn.lesson import Lesson
from pages.state.view import View
from sct.model.ablation import Ablation

WIDTH = 760  # pixels of a line of text that is read with ease


@dataclass(frozen=True, eq=False)
class LessonPage:
    """Holds a lesson's texts, the view of the sidebar, and a forward pass of the model as trained.

    Texts, metrics and choices are asked for by their names in the lesson's file; `facts` are what
    their names in braces stand for.
    """

    lesson: Lesson
    view: View
    result: Any

    @classmethod
    def of(cls, lesson: Lesson, view: View) -> LessonPage:
        return cls(lesson, view, forward(view.loaded, view.clip, Ablation()))

    @property
    def config(self) -> Any:
        return self.view.config

    @property
    def trace(self) -> Any:
        return self.result.trace

    @contextmanager
    def step(self, number: int, **facts: object) -> Iterator[None]:
        """Show title and text of a step (from 1); what is drawn within is its live part."""
        step = self.lesson.steps[number - 1]
        with st.container(key=f"panel_{number}"):
            with st.container(key=f"words_{number}"):
                st.subheader(f"Step {number}. {step.title}", anchor=f"step-{number}")
                say(step.text.format(**facts))
            with st.container(key=f"live_{number}"):
                yield

    def text(self, *names: str, **facts: object) -> str:
        """Return texts of the lesson, one after the other."""
        return " ".join(self.lesson.texts[name].format(**facts) for name in names)

    def say(self, *names: str, **facts: object) -> None:
        """Show texts of the lesson as one paragraph."""
        say(self.text(*names, **facts))

    def table(self, name: str, rows: Iterable[Sequence[object]], **facts: object) -> None:
        """Show a table; the last paragraph of text `name` has the titles of its columns."""
        *before, titles = self.text(name, **facts).split("\n\n")
        say("\n\n".join([*before, table(titles.split(" | "), rows)]))

    def metrics(self, least: int, values: dict[str, str], **facts: object) -> None:
        """Show numbers side by side: name -> value. Each is at least `least` pixels wide."""
        with st.grid(len(values), min_column_width=least):
            for name, value in values.items():
                metric = self.lesson.metrics[name]
                st.metric(metric.label, value, help=metric.help.format(**facts) or None)

    def chart(self, figure: Any, key: str, alt: str, width: int | str = WIDTH) -> None:
        """Show a Plotly figure; `alt` says in words what is to be seen in it."""
        bare = {"displayModeBar": False}
        st.plotly_chart(figure, key=f"lesson_{key}", config=bare, width=width, alt=alt)

    def probabilities(self, ablation: str) -> np.ndarray:
        """Return the probabilities (class,) of the clip under an ablation in its text form."""
        return prediction(self.view, Ablation.parse(ablation)).probabilities

    def best(self, probabilities: np.ndarray) -> tuple[str, float]:
        """Return the likeliest class and its probability."""
        at = int(probabilities.argmax())
        return self.view.loaded.full_labels[at], float(probabilities[at])


def say(text: str) -> None:
    """Show Markdown in lines that are not too long."""
    st.markdown(text, width=WIDTH)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [titles, *rows]
    head, *body = (f"| {' | '.join(map(str, cells))} |\n" for cells in lines)
    return f"{head}|{'---|' * len(titles)}\n{''.join(body)}"


def shape(tensor: Any, *names: str) -> str:
    """Say the shape of a tensor in words: "8 frames × 16 chunks"."""
    sizes = tuple(tensor) if isinstance(tensor, (tuple, list)) else tuple(tensor.shape)
    parts = zip(sizes, names, strict=True)
    return " × ".join(f"{n} {name if n != 1 else name.removesuffix('s')}" for n, name in parts)
