"""Loads what the package `viz` brings to the commands, by name: nothing in `sct` imports it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

GUESTS = {
    "render": ("viz.cli.render", "render"),
    "confusion": ("viz.plots.confusion", "save_confusion"),
    "curves": ("viz.plots.training_curves", "draw"),
}


def guest(name: str) -> Any | None:
    """Return the object that `GUESTS` names, or None where its package is not installed."""
    module, attribute = GUESTS[name]
    if not find_spec(module.partition(".")[0]):
        return None
    return getattr(import_module(module), attribute)
