"""The analysis that takes one part's activations after the other from another clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from pages.ablation import shell_command
from pages.ablation.chart_files import chart
from pages.ablation.question import Question
from pages.cache import clips
from pages.cache.jobs import run_task
from pages.shell.current import load
from pages.state import tray, url_widgets
from pages.state.view import Selection, View, selected
from pages.widgets import tables
from pages.widgets.markdown import plain
from pages.widgets.progress import Progress
from sct import ablation_study
from sct.ablation_study import Patched
from sct.ablation_study.components import NAMES
from sct.model.config import SCTConfig
from sct.numbers import cut
from sct.questions import in_full
from sct.samples.catalogue import SCENE, samples
from sct.sites import STREAM, Site
from viz.plots.ablation import Heat, signed

REVERSED, ITS_ANSWER = "This clip, reversed", "what the model sees in the source"
_GRIDS = {"Heads": "heads", "Frames": "frames"}
_MATCH = {"Same picture": "picture", "Same place in time": "place"}
_SHORT = {"vilt": "chunk", "lsh": "LSH", "shifted": "shifted", STREAM: "output"}
_SHOWN = 8  # rows of the table; the files have all


def take(question: Question) -> None:
    """Let a source be chosen, and show what each part, head or frame brings along from it."""
    st.markdown(
        "The model sees this clip, but one part gives what it gave for **another clip**; all that "
        "comes after is computed from that. If the answer moves to that of the other clip, the "
        "part carries what tells the two apart (*activation patching*)."
    )
    recent = _recent(question.view)
    name, match, rival, grid, seeds = _choose(question, recent)
    source = name if name in recent else _source(name)
    labels, config = list(question.view.loaded.labels), question.view.config
    against = None if rival == ITS_ANSWER else labels.index(rival)
    reverse, known = name == REVERSED, samples().get(name)
    # One stride for both, as in the shell.
    window = (known.start, question.view.clip.stride) if known and known.file else None
    other = load(recent[name]).clip if name in recent else None

    def compute(model, frames, target, base, progress: Progress) -> Patched:
        from sct.video.clip import preprocess

        if reverse:
            source = ablation_study.reversed_clip(frames, match == "picture", base)
        else:
            clip = other
            if clip is None:
                _, clip = clips.sample_clip(name, SCENE, config.frames, config.image_size, window)
            source = ablation_study.Source(preprocess(clip, config.image_size).to(frames.device))
        some = ablation_study.list_sites(config, grid, frames.shape[1])
        numbers = range(seeds) if seeds > 1 else ()
        return ablation_study.patch_sites(
            model, frames, source, some, target, against, base, numbers, progress
        )

    about = f"{grid} taken from {source}" + (f", {seeds} seeds" if seeds > 1 else "")
    which = other.hash if other else name
    task = question.task("patching", about, compute, (which, match, rival, grid, seeds))
    found: Patched | None = run_task(task, label=f"Take {grid} from {plain(source)}")
    if found is not None:
        _show(config, found, plain(source))
    words = ["--from", "reversed" if reverse else "other.mp4", "--grid", grid]
    if window:
        words[1:2] = [f"sct/samples/{name}.mp4", "--from-start", f"{window[0]:g}"]
    words += ["--from-start", f"{other.start:g}"] if other and other.from_file else []
    words += ["--match", match] if reverse and match != "picture" else []
    words += ["--against", rival] if against is not None else []
    words += ["--seeds", str(seeds)] if seeds > 1 else []
    shell_command.of_patching(question, words)


def _recent(view: View) -> dict[str, Selection]:
    """Return the uploads, and the clip of the lab, that the session looked at last, by a title."""
    found: dict[str, Selection] = {}
    own = selected()
    for one in tray.recents():
        if one.key == tray.key_of(own) or one.selection.source == "Sample":
            continue
        title = f"“{one.name}”, looked at before"
        while title in found:  # two files may have one name
            title += " ·"
        every = {"stride": view.clip.stride} if one.selection.from_file else {}
        settings = {"model": own.model, "question": own.question, "ablation": own.ablation}
        found[title] = replace(one.selection, **settings, **every)
    return found


def _choose(question: Question, recent: Iterable[str]) -> tuple[str, str, str, str, int]:
    """Draw the settings; return source, match, rival class, grid and the number of seeds."""
    by_title = {REVERSED: REVERSED, **{title: title for title in recent}}
    by_title |= {sample.title: name for name, sample in samples().items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        title = url_widgets.select(
            "Take from",
            list(by_title),
            "taken",
            REVERSED,
            width=280,
            help="Another sample, an upload that you have looked at before, or this clip with its "
            "frames in the opposite order.",
        )
        rival = url_widgets.select(
            "Against the class",
            [ITS_ANSWER, *question.view.loaded.labels],
            "rival",
            ITS_ANSWER,
            width=280,
            help="What the class above is held against: the log-odds between these two are "
            "followed.",
        )
        grid = _GRIDS[url_widgets.segments("In turn", list(_GRIDS), "taking", "Heads")]
        name, match = by_title[title], "picture"
        if name == REVERSED:
            chosen = url_widgets.segments(
                "A frame takes from",
                list(_MATCH),
                "matched",
                "Same picture",
                help="Where the reversed clip shows the same picture nothing differs but what came "
                "before it: the direction alone.",
            )
            match = _MATCH[chosen]
        seeds = url_widgets.number(
            "Seeds of LSH",
            1,
            10,
            1,
            1,
            "hashings",
            width=140,
            help="More than one: all of it again with other random rotations, for mean and spread.",
        )
    return name, match, rival, grid, int(seeds)


def _source(name: str) -> str:
    return "the reversed clip" if name == REVERSED else f"“{samples()[name].title}”"


def _show(config: SCTConfig, found: Patched, source: str) -> None:
    asked = f"“{in_full(config, found.label)}” against “{found.other}”"
    st.markdown(_finding(config, found, source))
    if agree := _agree(found, source):
        st.info(agree, icon=":material/equal:")
    chart(_heat(config, found, asked), found.table(config), "patching")
    _table(config, found)
    ends = [signed(float(end[:, 1].mean())) for end in (found.clip, found.source)]
    words = (
        f"Changes of the log-odds of {asked}, log(p / p′): {ends[0]} in this clip, {ends[1]} in "
        "the source. *Recovery* is the share of the way from one to the other: 0% leaves the "
        "answer as it is, 100% makes it the source’s. "
    )
    words += (
        "A head gives its output before the heads of its part are projected together; *all* takes "
        "all heads of a part at once. Where *all* does much and no head alone does, the heads "
        "carry it together. ◆ was trained to follow motion (*grounded*). "
        if found.sites[0].frame is None
        else "Frames count from 0, as the model is shown them; all heads are taken at once. "
    )
    words += "A stage’s *output* is all tokens that leave it."
    st.caption(words)


def _agree(found: Patched, source: str) -> str:
    """Say that clip and source get the same answer, so that there is little to be carried."""
    if np.isnan(found.recovery).all():
        return (
            f"This clip and {source} hardly differ in this, so there is no recovery to speak of: "
            "choose another source or another class."
        )
    if found.answer != found.source_answer:
        return ""
    return (
        f"The model answers {plain(found.answer)} to {source} as well, so the parts have little to "
        "tell apart. Choose a clip or a source that gets another answer, such as a pan."
    )


def _name(site: Site) -> str:
    """Name a site as a sentence does."""
    if site.part == STREAM:
        name = f"stage {site.stage}’s output"
    else:
        name = f"stage {site.stage}’s {NAMES[site.part]}"
        name = name if site.head is None else f"head {site.head} of {name}"
    return name if site.frame is None else f"{name} in frame {site.frame}"


def _finding(config: SCTConfig, found: Patched, source: str) -> str:
    """Say which part goes furthest to the source, and which single head."""
    change, recovery = found.difference.mean(0), found.recovery.mean(0)
    # Towards the source; where clip and source agree there is no such way, and size counts.
    far = np.abs(change) if np.isnan(recovery).all() else recovery

    def furthest(single: bool) -> int | None:
        some = [
            i
            for i, site in enumerate(found.sites)
            if site.part != STREAM and (site.head is not None) == single
        ]
        return max(some, key=lambda i: far[i], default=None)

    part, head = furthest(single=False), furthest(single=True)
    if np.abs(change).max() < 0.01:
        return f"No part moves the answer when it is taken from {source}."
    stays = found.answers[part] == found.answer
    said = (
        f"**{_capital(_name(found.sites[part]))}** carries most: with it taken from {source} the "
        f"log-odds of **{plain(in_full(config, found.label))}** against **{plain(found.other)}** "
        f"{'fall' if change[part] < 0 else 'rise'} by {abs(change[part]):.2f}"
        f"{_spread(found, part)}{_share(recovery[part])}; "
        f"the answer {'stays' if stays else 'is then'} {plain(found.answers[part])}."
    )
    if head is None:
        return said
    kind = " (grounded)" if ablation_study.grounded(config, found.sites[head]) else ""
    name = f"**{_name(found.sites[head])}**{kind}"
    value = f"{signed(float(change[head]))}{_spread(found, head)}{_share(recovery[head])}"
    if far[head] > far[part] / 4:
        return f"{said} Of single heads {name} carries most: {value}."
    return (
        f"{said} No single head carries it alone: the furthest goes {name} with {value}. "
        "The others stand in for it."
    )


def _share(recovery: float) -> str:
    return "" if np.isnan(recovery) else f", {_percent(recovery)} of the way to the source"


def _spread(found: Patched, i: int) -> str:
    if len(found.seeds) == 1:
        return ""
    return f" ± {found.difference[:, i].std(ddof=1):.2f} over {len(found.seeds)} seeds"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _percent(value: float) -> str:
    return cut(abs(value)) if value >= 0 else f"−{cut(abs(value))}"


def _heat(config: SCTConfig, found: Patched, asked: str) -> Heat:
    """Return the changes as a table of stage and part by head, or by frame."""
    axis = "head" if found.sites[0].frame is None else "frame"
    rows = list(dict.fromkeys((site.stage, site.part) for site in found.sites))
    columns: Sequence[int | None] = sorted(
        {getattr(site, axis) for site in found.sites}, key=lambda n: -1 if n is None else n
    )
    values = np.full((len(rows), len(columns)), np.nan)
    marks = np.zeros(values.shape, bool)
    for site, value in zip(found.sites, found.difference.mean(0), strict=True):
        at = rows.index((site.stage, site.part)), columns.index(getattr(site, axis))
        values[at], marks[at] = value, ablation_study.grounded(config, site)
    return Heat(
        f"Change of the log-odds of {asked}, by what is taken from the source"
        + (" (◆ grounded)" if axis == "head" else ""),
        [f"Stage {stage} · {_SHORT[part]}" for stage, part in rows],
        ["all" if n is None else str(n) for n in columns],
        values,
        f"towards {found.other}",
        f"towards {found.label}",
        marks,
        across=axis,
        digits=2 if len(columns) < 8 else 1 if len(columns) < 13 else None,
    )


def _table(config: SCTConfig, found: Patched) -> None:
    rows = found.table(config)[:_SHOWN]
    several = len(found.seeds) > 1
    shown = {
        "name": [
            _capital(_name(Site(r["stage"], r["part"], r["head"], r["frame"])))
            + (" ◆" if r["grounded"] else "")
            for r in rows
        ],
        "change": [r["difference_change"] for r in rows],
        "sd": [r["difference_change_sd"] for r in rows],
        "recovery": ["–" if r["recovery"] is None else _percent(r["recovery"]) for r in rows],
        "answer": [r["answer"] for r in rows],
    }
    if not several:
        del shown["sd"]
    tables.show(
        shown,
        {
            "name": ("taken from the source", "", ""),
            "change": ("change of log-odds", "%+.2f", "Mean over the seeds."),
            "sd": ("± over seeds", "%.2f", "Standard deviation over seeds of LSH."),
            "recovery": ("recovery", "", "Share of the way from this clip to the source."),
            "answer": ("answer then", "", ""),
        },
    )
