"""What people do in the app: seeded walks from view to view, with pauses as a person makes them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from benchmarks.load.client import Client, Page

PAUSE_S = 1.0, 5.0
SAMPLES = (
    "car", "worker", "heads", "pan left", "zoom in", "object moves up", "black frames",
    "barber pole",
)  # fmt: skip
REAL = ("car", "worker", "heads")
_WINDOWS = ((0.5, 0.1), (1.0, 0.15))
_ABLATIONS = ("", "", "", "shifted=self")
_FRAMES = ("", "2")
# The first page most of all; those that compute for seconds behind a bar are rarer.
_PAGES = ("", "", "", "attention", "attention", "buckets", "compare", "motion_lab", "learn",
          "model", "ablation")  # fmt: skip
_LAB = "motion_lab"
_PLAYERS = ("attention", "buckets")  # which show the frame that the address names
UPLOADS = ("one.mp4", "two.mp4", "three.mp4")


@dataclass(frozen=True)
class View:
    """What somebody looks at.

    Args:
        page: its address. sample: its name; "" for an upload.
        window: start and stride in seconds of a real sample, where they were changed.
        ablation: its text, applied to all pages. frame: in the address of a player.
        upload: name of the file, one of `UPLOADS`.
    """

    page: str = ""
    sample: str = "car"
    window: tuple[float, float] | None = None
    ablation: str = ""
    frame: str = ""
    upload: str = ""

    def query(self) -> dict[str, str]:
        """Return what the address of the view holds."""
        found = {"source": "Upload"} if self.upload else {"sample": self.sample}
        if self.window:
            found |= {"from": str(self.window[0]), "every": str(self.window[1])}
        if self.ablation:
            found |= {"ablate": self.ablation, "everywhere": "true"}
        if self.frame:
            found["frame"] = self.frame
        return found


@cache
def video(name: str) -> bytes:
    """Make a small video, of other texture for every name: a view of 96 x 96 that pans."""
    import tempfile
    from pathlib import Path

    import cv2

    from sct.video.clip import write_mp4

    rng = np.random.default_rng(UPLOADS.index(name) if name in UPLOADS else len(name))
    noise = rng.integers(0, 255, (12, 40, 3), np.uint8)
    scene = cv2.resize(noise, (320, 96), interpolation=cv2.INTER_CUBIC)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write_mp4(np.stack([scene[:, 5 * i : 5 * i + 96] for i in range(24)]), path)
        return path.read_bytes()


def visit(client: Client, view: View) -> tuple[Page, ...]:
    """Open a view by its link, and return the pages on the way; the last one shows it."""
    if not view.upload:
        return (client.open(view.page, **view.query()),)
    first = client.open("", **view.query())
    sent = client.upload(view.upload, video(view.upload))
    return (first, sent) if view.page == "" else (first, sent, client.go(view.page))


class Person:
    """One visitor and what they do next.

    Args:
        client: their browser. seed: of all their choices.
    """

    def __init__(self, client: Client, seed: int):
        self._client, self._random = client, random.Random(seed)
        self.view, self.by_link = View(), True

    def pause(self) -> float:
        """Return how long they look at what is there, in seconds."""
        return self._random.uniform(*PAUSE_S)

    def act(self) -> tuple[Page, ...]:
        """Do one thing, after which `view` says what is looked at; return the pages that came.

        Raises whatever the connection raises.
        """
        may: Mapping[str, int] = {"link": 30, "page": 25, "sample": 20, "window": 12, "send": 8}
        todo = [what for what in may if self._can(what)]
        (what,) = self._random.choices(todo, [may[one] for one in todo])
        self.by_link = what in ("link", "send")
        return getattr(self, f"_{what}")()

    def _can(self, what: str) -> bool:
        if what in ("link", "send"):
            return True
        # Who was in the lab takes its clip along to other pages: they leave it by a link.
        if not self._client.session or self.view.page == _LAB:
            return False
        return {
            "page": True,
            "sample": self._client.has("gallery"),
            "window": self._client.has("timeline") and self.view.sample in REAL,
        }[what]

    def _one(self, of: tuple) -> object:
        return self._random.choice(of)

    def _link(self) -> tuple[Page, ...]:
        page, sample = self._one(_PAGES), self._one(SAMPLES)
        window = self._one((None, None, *_WINDOWS)) if sample in REAL else None
        frame = self._one(_FRAMES) if page in _PLAYERS else ""
        self.view = View(page, sample, window, self._one(_ABLATIONS), frame)
        return visit(self._client, self.view)

    def _send(self) -> tuple[Page, ...]:
        self.view = View(sample="", upload=self._one(UPLOADS))
        return visit(self._client, self.view)

    def _page(self) -> tuple[Page, ...]:
        page = self._one(tuple(page for page in _PAGES if page not in (self.view.page, _LAB)))
        self.view = replace(self.view, page=page, frame="")
        return (self._client.go(page),)

    def _sample(self) -> tuple[Page, ...]:
        sample = self._one(tuple(one for one in SAMPLES if one != self.view.sample))
        self.view = replace(self.view, sample=sample, window=None)
        return (self._client.set("gallery", "json_value", {"sample": sample}),)

    def _window(self) -> tuple[Page, ...]:
        start, stride = self._one(tuple(one for one in _WINDOWS if one != self.view.window))
        self.view = replace(self.view, window=(start, stride))
        told = {"start": start, "stride": stride, "edit": self._random.randrange(1, 10**6)}
        return (self._client.set("timeline", "json_value", {"window": told}),)
