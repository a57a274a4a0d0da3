"""The timeline component: a whole video, the window in use, and what a model answers all along."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sct.evaluation.slide import stretches
from viz.colors import answer_colours
from viz.components.component import Component
from viz.raster.encode import data_uri
from viz.text.numbers import percent

if TYPE_CHECKING:
    from sct.checkpoint.certainty import Answer
    from sct.evaluation.slide import Slide

_HERE = Path(__file__).parent
# It draws `timeline_data` and sends back a window, read by `window_of`.
COMPONENT = Component("sct_timeline", _HERE / "timeline.js", _HERE / "timeline.css", state="window")
mount = COMPONENT.mount

_MOST_SAID = 40  # stretches that are read out
_LARGE = 0.2  # share of the bands
_MOST_S, _MOST_STRIDE_S = 86_400.0, 10.0


def timeline_data(
    subject: str,
    duration_s: float,
    frames: int,
    window: tuple[float, float],
    thumbs: Sequence[np.ndarray],
    slid: Slide | None = None,
    answers: Sequence[tuple[Answer, ...]] = (),
    edit: int = 0,
) -> dict[str, Any]:
    """Return the data that the browser gets.

    Args:
        subject: what the video is called here; another one makes the browser forget the window.
        duration_s: of the video.
        frames: of a window.
        window: its start and stride in seconds.
        thumbs: uint8 (S, S, 3), pictures of the video, evenly far apart.
        slid, answers: what a model answers all along: to each window, to each question. Nothing
            where it was not asked.
        edit: the number of changes made in the browser that this answers.
    """
    start, stride = window
    rows = (
        []
        if slid is None
        else [_row(slid, list(one), duration_s) for one in zip(*answers, strict=True)]
    )
    return {
        "subject": subject,
        "duration": duration_s,
        "frames": frames,
        "start": start,
        "stride": stride,
        "edit": edit,
        "thumbs": [data_uri(picture) for picture in thumbs],
        "starts": [] if slid is None else list(slid.starts),
        "span": 0 if slid is None else slid.span,
        "slid": stride if slid is None else slid.span / frames,
        "rows": rows,
    }


def _row(slid: Slide, said: list[Answer], duration_s: float) -> dict[str, Any]:
    name, labels = said[0].question, said[0].labels
    best = [one.best for one in said]
    found = stretches(slid, said, duration_s)
    words = [
        f"{one.begin:.1f} to {one.end:.1f} s {one.label} {percent(one.probability)}"
        f"{', not sure' if one.sure is False else ''}"
        for one in found[:_MOST_SAID]
    ]
    return {
        "name": name,
        "title": f"What does the {name} do?" if name else "What the model says",
        "labels": list(labels),
        "colours": answer_colours(len(labels)),
        "shares": [[round(float(share), 4) for share in one.probabilities] for one in said],
        "best": best,
        "shown": sorted({*best, *_large(said)}),
        "sure": [one.judged.sure for one in said],
        "said": "; ".join(words) + ("; and so on" if len(found) > _MOST_SAID else ""),
    }


def _large(said: list[Answer]) -> list[int]:
    """Return the labels that anywhere fill enough of the bands to be asked about."""
    most = np.max([one.probabilities for one in said], axis=0)
    return np.flatnonzero(most >= _LARGE).tolist()


def window_of(told: object) -> tuple[float, float, int]:
    """Read start and stride in seconds, and the count of changes; what is sent may be anything.

    Raises:
        ValueError: it is no window.
    """
    if not isinstance(told, dict):
        raise ValueError("the timeline sent no window")
    start, stride, edit = told.get("start"), told.get("stride"), told.get("edit")
    numbers = all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in (start, stride))
    if not (numbers and 0 <= start <= _MOST_S and 0 < stride <= _MOST_STRIDE_S):
        raise ValueError("the timeline sent a window that no video has")
    edit = int(edit) if isinstance(edit, (int, float)) and 0 <= edit < 1e9 else 0
    return float(start), float(stride), edit
