"""The analyses of the Ablation page: one of them at a time, each with its chart, files, command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ablation.variants import Kept
from pages.cache.jobs import Task
from pages.state import url_widgets
from pages.state.view import View
from pages.widgets.progress import Progress
from sct.model.ablation import Ablation
from viz.plots import ablation
from viz.plots.ablation import Bars, Heat, Intervals

NAMES = ("One at a time", "Head by head", "Pairs", "Over many clips", "Sweep")
_ANY = "most likely"


@dataclass(frozen=True)
class Asked:
    """What an analysis of one clip is about: a class (None is the likeliest) and a base."""

    view: View
    target: int | None
    base: Ablation

    def task(
        self, name: str, about: str, compute: Callable[..., Any], settings: object = None
    ) -> Task:
        """`compute(model, frames, target, base, progress)` as a task."""
        view = self.view

        def run(progress: Progress) -> Any:
            from sct.video.clip import preprocess

            model = view.loaded.model
            frames = preprocess(view.clip, view.config.image_size).to(model.device)
            return compute(model, frames, self.target, self.base, progress)

        label = _ANY if self.target is None else view.loaded.labels[self.target]
        base = "" if self.base == Ablation() else f", on top of {self.base}"
        return Task(
            name,
            (view.clip.hash, view.loaded.name, view.loaded.device),
            (self.target, str(self.base), settings),
            f"{about}, class: {label}{base}",
            run,
        )


def show(view: View, variants: tuple[Kept, ...]) -> None:
    """A choice of analyses, and the one that was chosen."""
    from pages.ablation import many_clips, one_clip

    st.header("Which part does it rest on?")
    chosen = url_widgets.segments(
        "Analysis", NAMES, "analysis", NAMES[0], label_visibility="collapsed"
    )
    if chosen in NAMES[:3]:
        draw = (one_clip.one, one_clip.heads, one_clip.pairs)[NAMES.index(chosen)]
        draw(_asked(view))
    else:
        (many_clips.clips if chosen == NAMES[3] else many_clips.sweep)(view, variants)


def _asked(view: View) -> Asked:
    labels = list(view.loaded.labels)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        label = url_widgets.select(
            "Effect on the class",
            [_ANY, *labels],
            "class",
            _ANY,
            width=280,
            help="The class whose log-odds are watched: by default the one that the model as "
            "trained finds likeliest.",
        )
        over = False
        if view.ablation != Ablation():
            over = url_widgets.toggle(
                "On top of the switches above",
                "over",
                help="Off: each part is switched off in the model as trained.",
            )
    target = None if label == _ANY else labels.index(label)
    return Asked(view, target, view.ablation if over else Ablation())


def chart(drawn: Bars | Heat | Intervals, rows: Sequence[dict[str, object]], name: str) -> None:
    """A chart, the rows behind it, and both as files."""
    if isinstance(drawn, Heat):
        figure = ablation.heat(drawn, dark=st.context.theme.type == "dark")
    else:
        figure = (ablation.bars if isinstance(drawn, Bars) else ablation.intervals)(drawn)
    st.plotly_chart(
        figure,
        key=f"lab_{name}",
        config={"displayModeBar": False},
        alt=drawn.title,
    )
    with st.container(horizontal=True, gap="small"):
        for kind, mime, make in (
            ("csv", "text/csv", lambda: _csv(rows)),
            ("json", "application/json", lambda: json.dumps(list(rows), indent=2).encode()),
            ("png", "image/png", lambda: _png(drawn)),
        ):
            st.download_button(
                kind.upper(),
                make,
                file_name=f"ablation-{name}.{kind}",
                mime=mime,
                key=f"lab_{name}_{kind}",
                on_click="ignore",
                icon=":material/download:",
            )


def _png(drawn: Bars | Heat | Intervals) -> bytes:
    from viz.plots.ablation_png import png

    return png(drawn)


def _csv(rows: Sequence[dict[str, object]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
