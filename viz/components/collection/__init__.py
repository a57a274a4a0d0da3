"""The grid of a collection: clips that play under the pointer, opened by a click, labelled by keys.

`contents` says what is sent and what comes back.
"""

from pathlib import Path

from viz.components.component import Component

_HERE = Path(__file__).parent
COMPONENT = Component(
    "sct_collection", _HERE / "collection.js", _HERE / "collection.css", state="told"
)
mount = COMPONENT.mount
