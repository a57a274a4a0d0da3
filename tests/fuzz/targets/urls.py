"""Addresses that somebody wrote, and what a browser tells of a player: `pages.state`.

The functions that draw and read are the pages' own, in a page that has one of each.
"""

from __future__ import annotations

import importlib.metadata
import logging
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from streamlit.testing.v1 import AppTest

from tests.fuzz import mutators
from tests.fuzz.target import Target, require

_PAGE = str(Path(__file__).with_name("page.py"))
_GOOD = {
    "start": "1.5",
    "stride": "0.2",
    "from": "0.5",
    "every": "0.1",
    "crop": "0.2,0.5,0.5",
    "lab": "moves=object path;noise=10;path=10,50+90,50",
    "frame": "3",
    "patch": "3,4",
    "mode": "motion",
    "stage": "2",
    "model": "sct-scene",
    "scene": "8",
    "clips": "100",
    "pairs": "4",
    "everywhere": "true",
    "steps": "1ab.4c-",
}
_WORDS = (
    *_GOOD.values(),
    "nan",
    "-inf",
    "1e400",
    "views",
    "<script>",
    "TRUE",
    "None",
    "3.0",
    "0x1",
)
_TOLD: dict[str, Any] = {
    "mode": "maps", "frame": 3, "row": 1, "column": 2, "head": "0", "look": "in", "edit": 4
}  # fmt: skip


class Made(NamedTuple):
    """What the address asks for, and what the browser tells afterwards."""

    query: dict[str, str]
    told: Any


class Urls(Target):
    """Opens an address, and lets the browser tell something of its player."""

    expected = ()

    def __init__(self, folder: Path, work: Path):
        super().__init__(folder, work)
        # It finds that a test sets the session's state from outside of a run.
        name = "streamlit.runtime.scriptrunner_utils.script_run_context"
        logging.getLogger(name).disabled = True
        # It looks through all installed packages at each run; none has a part of the page.
        importlib.metadata.distributions = lambda **_: ()
        self.read(Made({}, None))  # loads what a first run loads

    def make(self, rng: Random) -> Made:
        query = {}
        for key in rng.sample(sorted(_GOOD), rng.choice((1, 2, 4, len(_GOOD)))):
            text = _GOOD[key]
            if rng.random() < 0.8:
                text = mutators.mutated_text(text, rng, _WORDS, r"[;=,.+ -]")
            # An address is UTF-8: a browser sends nothing else.
            query[key] = text.encode("utf-8", "replace").decode()
        told = mutators.mutated_json(_TOLD, rng) if rng.random() < 0.5 else None
        return Made(query, told)

    def read(self, made: Made) -> None:
        at = AppTest.from_file(_PAGE, default_timeout=15)
        for key, text in made.query.items():
            at.query_params[key] = text
        at.run()
        _stands(at)
        if made.told is not None:
            at.session_state["told"] = made.told
            at.run()
            _stands(at)


def _stands(at: AppTest) -> None:
    said = [f"{error.message} {error.stack_trace}" for error in at.exception]
    require(not said, f"the page ended: {' '.join(said)[-500:]}")
    for notice in at.warning:
        require(len(notice.value) < 6000, "a notice without end")
    require(at.selectbox(key="model").value in ("sct-scene", "sct-motion"), "no such model")
