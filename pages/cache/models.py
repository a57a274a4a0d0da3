"""Models, each loaded once for all sessions, and the device that they are on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.state.view import LoadedModel
from sct.checkpoint.io import load_with_card, pick_device, stamp, version
from sct.checkpoint.pair import Stamp
from sct.model.sct import SCT
from sct.questions import asking
from sct.serving.device import Device


@st.cache_resource(max_entries=1, show_spinner=False)
def device() -> Device:
    """Return the device of all models."""
    return Device(pick_device("auto").type)


@st.cache_resource(max_entries=3, show_spinner="Loading the model …")
def _whole(name: str, stamp: Stamp, device: str) -> tuple[SCT, dict[str, Any], str]:
    """Load a checkpoint whose files have this stamp: the operator may put others in their place."""
    model, card = load_with_card(name, device)
    return model, card, version(card)


def load(name: str, question: str = "") -> LoadedModel:
    """Load a checkpoint as a model of one question, its first one if it has none of that name.

    Raises ModelError.
    """
    return load_on(name, device().name, question)


def load_on(name: str, device: str, question: str = "") -> LoadedModel:
    """Load a checkpoint as `load` does, on "cpu" or "cuda"."""
    model, card, which = _whole(name, stamp(name), device)
    names = tuple(asked for asked, _ in model.config.questions)
    question = question if question in names else (*names, "")[0]
    return LoadedModel(name, asking(model, question), card, question, names, model, which)
