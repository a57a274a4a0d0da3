"""The attention player: a browser component that needs the server for nothing but new data."""

from pathlib import Path

from viz.components.component import Component

HERE = Path(__file__).parent
STYLE = HERE / "player.css"
# It draws messages of `contents` and sends back the pinned view: by contract {mode, frame, head,
# round, row, column, look, edit}.
COMPONENT = Component("sct_player", HERE / "streamlit.js", STYLE, state="view")
mount = COMPONENT.mount
