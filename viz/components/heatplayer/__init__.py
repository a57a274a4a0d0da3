"""The heat player: a browser component that plays one or two heat maps over a clip, in step."""

from pathlib import Path

from viz.components import player
from viz.components.component import Component

_HERE = Path(__file__).parent
# It draws messages of `contents` and sends back the pinned view: by contract {frame, row, column,
# edit}.
COMPONENT = Component(
    "sct_heat_player",
    _HERE / "streamlit.js",
    player.STYLE,
    _HERE / "heatplayer.css",
    state="view",
    root="sct-player heatplayer",
)
mount = COMPONENT.mount
