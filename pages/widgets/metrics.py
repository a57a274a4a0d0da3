"""The numbers of this server, for whoever runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from sct.serving.metrics import Metrics


@st.cache_resource(max_entries=1, show_spinner=False)
def metrics() -> Metrics:
    """Return the numbers of this server."""
    from sct.serving.metrics import Metrics

    return Metrics()
