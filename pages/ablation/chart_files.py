"""Charts of the analyses, with the rows behind them, and both as files."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from pages.widgets import figures
from viz.plots.ablation import Chart


def chart(drawn: Chart, rows: Sequence[dict[str, object]], name: str) -> None:
    """Draw a chart, and buttons that hand it over as CSV, JSON and PNG.

    Args:
        rows: the table behind the chart, at least one.
        name: of the analysis, for keys and files.
    """
    figure = drawn.figure(dark=st.context.theme.type == "dark")
    figures.chart(figure, f"lab_{name}", drawn.title)
    with st.container(horizontal=True, gap="small"):
        for kind, make in (
            ("csv", lambda: figures.csv_bytes(rows)),
            ("json", lambda: json.dumps(list(rows), indent=2).encode()),
            ("png", drawn.png),
        ):
            figures.download(kind.upper(), make, f"ablation-{name}.{kind}", f"lab_{name}_{kind}")
