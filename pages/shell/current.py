"""The view that the sidebar selects, or a message in its place."""

from __future__ import annotations

import streamlit as st

from pages.state import collection_clip, lab_clip, tray
from pages.state.view import CLIP, NothingToShow, Selection, View, selected
from pages.state.window import VIEWS
from pages.widgets.markdown import sentence


def current() -> View:
    """Return the view; if there is none, say why and raise NothingToShow."""
    selection = selected()
    if selection.model is None:
        st.info(
            "There is no trained model yet. Put a checkpoint (.safetensors and .json) into "
            "sct/checkpoints, or name a folder of them in the environment variable SCT_MODELS.",
            icon=":material/inventory_2:",
        )
        raise NothingToShow
    if selection.source == "Upload" and selection.file is None:
        st.info(
            "Choose a video in the sidebar: mp4, mov, m4v, avi, mkv, webm or gif. "
            "A link cannot carry an upload, so one that was made with it asks for it again.",
            icon=":material/upload_file:",
        )
        raise NothingToShow
    if selection.source == collection_clip.SOURCE and selection.file is None:
        st.error(sentence(st.session_state.get(collection_clip.GONE, "")), icon=":material/error:")
        raise NothingToShow
    view = load(selection)
    tray.note(selection, view)
    return view


def load(selection: Selection) -> View:
    """Load what is selected; if that cannot be, say why and raise NothingToShow."""
    from pages.cache import clips, models
    from sct.errors import SCTError
    from sct.model.ablation import Ablation

    try:
        loaded = models.load(selection.model, selection.question)
        config = loaded.model.config
        shape = config.frames, config.image_size
        synthetic = None
        if selection.source == "Sample":
            window = (selection.start, selection.stride) if selection.real else None
            synthetic, clip = clips.sample_clip(selection.sample, selection.seed, *shape, window)
        elif selection.source == lab_clip.SOURCE:
            synthetic, clip = clips.specified_clip(selection.spec, *shape)
        else:
            sampling = config.frames, selection.start, selection.stride
            clip = clips.uploaded_clip(selection.file, *sampling)
        several = selection.crop == VIEWS
        if not several:
            clip = clips.cropped(clip, selection.crop)
        st.session_state[CLIP] = clip.hash
    except SCTError as error:
        st.error(sentence(error), icon=":material/error:")
        raise NothingToShow from None
    ablation, problem = Ablation(), None
    try:
        ablation = Ablation.parse(selection.ablation)
        ablation.validate(config)
    except ValueError as error:
        ablation, problem = Ablation(), str(error)
    return View(loaded, clip, synthetic, ablation, problem, selection.everywhere, several)
