"""Tables of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

# Of a column: its title, the form of its numbers ("" where it holds words), and its help.
Columns = Mapping[str, tuple[str, str, str]]


def show(table: Mapping[str, Sequence], columns: Columns, height: int | str = "content") -> None:
    """Draw a table, one list a column; of `columns` those that it has are used."""
    configured = {
        name: st.column_config.NumberColumn(title, format=form, help=said)
        if form
        else st.column_config.TextColumn(title, help=said or None)
        for name, (title, form, said) in columns.items()
        if name in table
    }
    st.dataframe(table, hide_index=True, height=height, column_config=configured)
