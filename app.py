"""SCT Lens. Run with `streamlit run app.py`."""

import streamlit as st

# The script is not this very file, as Streamlit takes a folder `pages` beside a script for a list
# of its pages, and tells the first visitor of any other address that there is no such page.
app = st.App("pages/shell/main.py")
