"""What is on the screen: the model, the clip and the ablation that the sidebar chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.widgets.markdown import sentence


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


def current() -> View:
    """The view, or a clear message in its place; then raises NothingToShow."""
    choice = chosen()
    if choice.model is None:
        st.info(
            "There is no trained model yet. Put a checkpoint (.safetensors and .json) into "
            "sct/checkpoints, or name a folder of them in the environment variable SCT_MODELS.",
            icon=":material/inventory_2:",
        )
        raise NothingToShow
    if choice.source == "Upload" and choice.file is None:
        st.info(
            "Choose a video in the sidebar: mp4, mov, m4v, avi, mkv, webm or gif. "
            "A link cannot carry an upload, so one that was made with it asks for it again.",
            icon=":material/upload_file:",
        )
        raise NothingToShow
    return _load(choice)


def _load(choice: Choice) -> View:
    from pages.cache import inference
    from sct.errors import SCTError
    from sct.model.ablation import Ablation

    try:
        loaded = inference.load(choice.model)
        config = loaded.model.config
        made = None
        if choice.source == "Sample":
            made, clip = inference.made_clip(
                choice.label, choice.seed, config.frames, config.image_size
            )
        elif choice.source == "Lab":
            made, clip = inference.filmed(choice.shot, config.frames, config.image_size)
        else:
            clip = inference.uploaded_clip(
                choice.file.file_id, config.frames, choice.start, choice.stride, choice.file
            )
    except SCTError as error:
        st.error(sentence(error), icon=":material/error:")
        raise NothingToShow from None
    ablation, problem = Ablation(), None
    try:
        ablation = Ablation.parse(choice.ablation)
        ablation.validate(config)
    except ValueError as error:
        ablation, problem = Ablation(), str(error)
    return View(loaded, clip, made, ablation, problem, choice.everywhere)
