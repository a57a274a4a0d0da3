"""What is on the screen: the model, the clip and the ablation that the sidebar chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Choice:
    """What the sidebar says, before anything was loaded."""

    model: str | None
    source: str  # "Sample", "Upload" or "Lab"
    label: str
    seed: int
    file: Any  # an UploadedFile, or None
    start: float
    stride: float
    ablation: str
    everywhere: bool
    shot: str = ""  # of the Motion lab, as text


@dataclass(frozen=True, eq=False)
class View:
    """The same, loaded: `made` is there for what was made here, whose true motion is known."""

    loaded: Any
    clip: Any
    made: Any
    ablation: Any
    ablation_error: str | None
    everywhere: bool

    @property
    def config(self) -> Any:
        return self.loaded.model.config

    @property
    def maps_ablation(self) -> Any:
        """The ablation under which pages other than Ablation show the model."""
        return self.ablation if self.everywhere else type(self.ablation)()

    def result(self, ablation: Any = None) -> Any:
        """The forward pass that this page shows."""
        from pages.cache.inference import forward

        return forward(self.loaded, self.clip, ablation or self.maps_ablation)


class NothingToShow(Exception):
    """Ends a page that has said why it is empty; app.py goes on."""


def remember(choice: Choice) -> None:
    st.session_state["_choice"] = choice


def chosen() -> Choice:
    """What the sidebar says, for a page that needs neither clip nor weights."""
    return st.session_state["_choice"]
