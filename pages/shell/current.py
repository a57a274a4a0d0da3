"""The view that the sidebar chose, or a message in its place."""

from __future__ import annotations

import streamlit as st

from pages.state.view import Choice, NothingToShow, View, chosen
from pages.widgets.markdown import sentence


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
    from pages.cache import clips, inference
    from sct.errors import SCTError
    from sct.model.ablation import Ablation

    try:
        loaded = inference.load(choice.model)
        config = loaded.model.config
        made = None
        if choice.source == "Sample":
            made, clip = clips.made_clip(
                choice.label, choice.seed, config.frames, config.image_size
            )
        elif choice.source == "Lab":
            made, clip = clips.filmed(choice.shot, config.frames, config.image_size)
        else:
            clip = clips.uploaded_clip(
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
