"""Which checkpoints there are, and whether each can be used; weights stay on the disk."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.state.view import chosen
from sct.checkpoint.io import check
from sct.errors import ModelError
from sct.model.config import SCTConfig


@st.cache_data(max_entries=64, ttl=30, show_spinner=False)
def looked_at(name: str) -> tuple[dict[str, Any] | None, str]:
    """The card of a checkpoint whose weights fit it, or None and a sentence that says why not.

    For half a minute: the operator may put another file in its place.
    """
    try:
        return check(name), ""
    except ModelError as error:
        return None, str(error)


def config_of(card: dict[str, Any]) -> SCTConfig:
    return SCTConfig.from_dict(card["config"])


def mine() -> tuple[str, dict[str, Any] | None, str]:
    """The checkpoint that the sidebar chose: its name, its card or None, and what is wrong."""
    name = chosen().model
    if name is None:
        return "", None, "There is no trained model yet"
    return (name, *looked_at(name))
