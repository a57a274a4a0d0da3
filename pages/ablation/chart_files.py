"""Charts as files to take away."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import streamlit as st

from viz.plots.ablation import Chart


def chart(drawn: Chart, rows: Sequence[dict[str, object]], name: str) -> None:
    """A chart, the rows behind it, and both as files."""
    st.plotly_chart(
        drawn.figure(dark=st.context.theme.type == "dark"),
        key=f"lab_{name}",
        config={"displayModeBar": False},
        alt=drawn.title,
    )
    with st.container(horizontal=True, gap="small"):
        for kind, mime, make in (
            ("csv", "text/csv", lambda: _csv(rows)),
            ("json", "application/json", lambda: json.dumps(list(rows), indent=2).encode()),
            ("png", "image/png", drawn.png),
        ):
            st.download_button(
                kind.upper(),
                make,
                file_name=f"ablation-{name}.{kind}",
                mime=mime,
                key=f"lab_{name}_{kind}",
                on_click="ignore",
                icon=":material/download:",
            )


def _csv(rows: Sequence[dict[str, object]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
