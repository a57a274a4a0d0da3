"""Errors of what was asked for, shown as the sentence that they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.widgets.markdown import sentence


@contextmanager
def said() -> Iterator[None]:
    """Show the sentence of an error that ends the block; a part of a page has to do so itself."""
    from sct.errors import SCTError

    try:
        yield
    except SCTError as error:
        st.error(sentence(error), icon=":material/error:")
