"""The question that an analysis of one clip answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pages.cache.jobs import Task
from pages.state.view import View
from pages.widgets.progress import Progress
from sct.model.ablation import Ablation

MOST_LIKELY = "most likely"


@dataclass(frozen=True)
class Question:
    """A class (None is the likeliest), and the ablation on top of which parts are switched off."""

    view: View
    target: int | None
    base: Ablation

    def task(
        self, name: str, about: str, compute: Callable[..., Any], settings: object = None
    ) -> Task:
        """Return `compute(model, frames, target, base, progress)` as a task."""
        view = self.view

        def run(progress: Progress) -> Any:
            from sct.video.clip import preprocess

            model = view.loaded.model
            frames = preprocess(view.clip, view.config.image_size).to(model.device)
            return compute(model, frames, self.target, self.base, progress)

        label = MOST_LIKELY if self.target is None else view.loaded.labels[self.target]
        base = "" if self.base == Ablation() else f", on top of {self.base}"
        return Task(
            name,
            (view.clip.hash, *view.loaded.key),
            (self.target, str(self.base), settings),
            f"{about}, class: {label}{base}",
            run,
        )
