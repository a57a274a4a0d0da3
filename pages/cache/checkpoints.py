"""The checkpoints, and whether each can be used; weights stay on the disk."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.state.view import selected
from sct.checkpoint.io import check
from sct.errors import ModelError
from sct.model.config import SCTConfig


@st.cache_data(max_entries=64, ttl=30, show_spinner=False)
def card_of(name: str) -> tuple[dict[str, Any] | None, str]:
    """Return the card of a checkpoint whose weights fit it, or None and why they do not.

    For half a minute: the operator may put another file in its place.
    """
    try:
        return check(name), ""
    except ModelError as error:
        return None, str(error)


def config_of(card: dict[str, Any]) -> SCTConfig:
    """Read the configuration on a card."""
    return SCTConfig.from_dict(card["config"])


def selected_card() -> tuple[str, dict[str, Any] | None, str]:
    """Return the name of the selected checkpoint, its card or None, and what is wrong with it."""
    name = selected().model
    if name is None:
        return "", None, "There is no trained model yet"
    return (name, *card_of(name))
