"""The tray component: clips that were looked at, as thumbnails to go back to or to take out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from viz.components.component import Component
from viz.raster.encode import encode

_HERE = Path(__file__).parent
COMPONENT = Component("sct_tray", _HERE / "tray.js", _HERE / "tray.css", state="act")

SIDE = 72  # pixels of a thumbnail
_QUALITY = 60


def thumbnail(picture: np.ndarray) -> bytes:
    """Encode a square picture, uint8 (SIDE, SIDE, 3), as WebP of about a kilobyte."""
    return encode(picture, "webp", _QUALITY)


def mount(
    clips: Sequence[tuple[str, str, bytes]],
    shown: str,
    key: str,
    on_open: Callable[[str], None],
    on_drop: Callable[[str], None],
) -> None:
    """Put the tray on the page.

    Args:
        clips: key, name (any text) and WebP of each. shown: the key of the one that is looked at.
        key: of the component in the session.
        on_open, on_drop: called with a clip's key before the rerun that follows a click.
    """
    import base64

    known = {clip for clip, _, _ in clips}

    def told(act: object) -> None:
        # It comes from outside, and may be anything.
        if isinstance(act, dict) and act.get("clip") in known:
            (on_drop if act.get("drop") is True else on_open)(act["clip"])

    pictures = [base64.b64encode(picture).decode() for _, _, picture in clips]
    rows = [
        {"key": clip, "name": name, "src": f"data:image/webp;base64,{picture}"}
        for (clip, name, _), picture in zip(clips, pictures, strict=True)
    ]
    COMPONENT.mount({"clips": rows, "shown": shown}, key, told)
