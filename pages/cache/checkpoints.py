"""The checkpoints, and whether each can be used; weights stay on the disk."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.state.view import selected
from sct.checkpoint.io import check, stamp
from sct.checkpoint.pair import Stamp
from sct.errors import ModelError
from sct.model.config import SCTConfig


def card_of(name: str) -> tuple[dict[str, Any] | None, str]:
    """Return the card of a checkpoint whose weights are its own and fit, or None and why not."""
    try:
        return _checked(name, stamp(name))
    except ModelError as error:
        return None, str(error)


@st.cache_data(max_entries=256, show_spinner=False)
def _checked(name: str, stamp: Stamp) -> tuple[dict[str, Any] | None, str]:
    """Check a checkpoint once for as long as its files stay: the operator may replace them."""
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
