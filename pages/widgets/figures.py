"""Charts, and buttons that hand files over."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

_MIME = {
    "csv": "text/csv",
    "gif": "image/gif",
    "html": "text/html",
    "json": "application/json",
    "mp4": "video/mp4",
    "npz": "application/zip",
    "png": "image/png",
}


def chart(figure: Any, key: str, alt: str) -> None:
    """Draw a Plotly figure without its toolbar; `alt` says in words what it shows."""
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)


def download(label: str, data: bytes | Callable[[], bytes], file_name: str, key: str) -> None:
    """Draw a button that hands a file over; data that is a function is called on a click."""
    st.download_button(
        label,
        data,
        file_name=file_name,
        mime=_MIME[file_name.rpartition(".")[2]],
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )


def csv_bytes(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Write rows that have the same columns as CSV; there is at least one."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
