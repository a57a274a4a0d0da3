"""The bench: the switches, and beside them what they do, both in sight at once."""

from __future__ import annotations

from typing import Any

import streamlit as st

# `st.columns` stay beside each other until both are too narrow, and `st.grid` has equal columns.
# Where the two are stacked, the answer stays in sight above them, on the theme's background.
_STYLE = """<style>
.st-key-ablation_bench {
  display: grid; grid-template-columns: minmax(0, 1.6fr) minmax(0, 1fr); gap: 0 1.75rem;
  align-items: start;
}
@media (max-width: 1100px) {
  .st-key-ablation_bench { grid-template-columns: minmax(0, 1fr); row-gap: 1.25rem; }
  *:has(> .st-key-ablation_answer) {
    position: sticky; top: 3.5rem; z-index: 5; background: light-dark(#FCFDFD, #10151A);
  }
}
</style>"""


def bench() -> tuple[Any, Any, Any]:
    """Return the places of the answer, of the switches, and of what they do to the classes."""
    st.html(_STYLE)
    with st.container(key="ablation_area"):
        answer = st.container(key="ablation_answer")
        with st.container(key="ablation_bench"):
            return answer, st.container(), st.container(key="ablation_result")
