"""The choice of the stage that a page of maps shows."""

from __future__ import annotations

from pages.state import url_widgets
from sct.model.config import SCTConfig


def first_grounded(config: SCTConfig) -> int:
    """Return the first stage (from 1) whose heads were taught to follow motion, 1 without any."""
    return next((s for s, heads in enumerate(config.grounded_heads, 1) if heads), 1)


def choose(config: SCTConfig, default: int = 1) -> int:
    """Draw a choice of stages, and return the one that is chosen (from 1)."""
    stages = [str(stage) for stage in range(1, config.stages + 1)]
    return int(url_widgets.segments("Stage", stages, "stage", str(default)))
