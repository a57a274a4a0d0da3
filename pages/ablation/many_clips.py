"""Analyses over many clips: accuracy of variants, and of one number that is swept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.ablation import shell_command
from pages.ablation.chart_files import chart
from pages.ablation.data import Data, choose
from pages.ablation.own_set import reasons
from pages.cache.jobs import Task, run_task
from pages.state import url_widgets
from pages.state.view import View
from pages.widgets.markdown import plain, sentence
from pages.widgets.progress import Progress
from sct import ablation_study
from sct.ablation_study import Variant
from sct.model.ablation import Ablation
from sct.numbers import cut
from viz.plots.ablation import Intervals

_EACH, _STORED = "Each part switched off", "The variants above"
# What is swept: the field of the core, and what its values are.
SWEPT = {
    "Offset": ("offsets", "frames from query to key"),
    "Rounds": ("rounds", "hash rounds"),
    "Frames": ("frames", "frames of the clip"),
}


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Args:
        clips: what the clips are called after their number, such as "made clips".
        scores: of the variants.
        unreadable: (name, reason) of files that could not be read.
        notes: what was assumed of the data, a sentence each.
    """

    clips: str
    scores: tuple[ablation_study.Score, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def _measure(view: View, data: Data, variants: Sequence[Variant], progress: Progress) -> Outcome:
    with data.open() as source:
        found = ablation_study.compare(
            view.loaded.model,
            source,
            variants,
            data.limit,
            progress=progress,
            options=data.options(view),
        )
    # With their folders, which are the classes, and without what lies above.
    files = tuple(("/".join(Path(e["path"]).parts[-2:]), e["why"]) for e in found.unreadable)
    left_out = getattr(source, "left_out", ())  # of an own set, which says these beforehand
    return Outcome(data.clips, found.scores, files[: len(files) - len(left_out)], found.notes)


def clips(view: View, variants: tuple[Variant, ...]) -> None:
    """Compare variants on the very same clips, with intervals and McNemar's test."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        what = url_widgets.segments("Compare", (_EACH, _STORED), "compare", _EACH)
    data = choose(view)
    compared = [Variant("as trained", Ablation())]
    if what == _EACH:
        compared += [Variant(p.name, p.off) for p in ablation_study.list_components(view.config)]
    else:
        for each in (*variants, Variant("now", view.ablation)):
            if each.ablation not in [v.ablation for v in compared]:
                compared.append(each)
    if len(compared) == 1:
        st.caption("Switch something off above, or keep variants, to have something to compare.")
        return
    if data is None:
        return
    settings = (data.key, data.limit, tuple((v.name, str(v.ablation)) for v in compared))
    about = f"{data.limit} {data.clips}"
    task = Task(
        "clips",
        _subject(view),
        settings,
        f"{about}, {what.lower()}",
        lambda progress: _measure(view, data, compared, progress),
    )
    found = run_task(task, label=f"Run {len(compared)} variants on {plain(about)}")
    if found is not None:
        _scores(found)
    shell_command.of_clips(view, data, compared if what == _STORED else ())


def _scores(found: Outcome) -> None:
    first, *others = scores = found.scores
    st.markdown(
        f"As trained the model is right for **{first.right} of {first.n} {plain(found.clips)}**. "
        f"{_verdict(others)}"
    )
    _unreadable(found)
    drawn = Intervals(
        f"Accuracy on {first.n} {found.clips}, 95% intervals",
        [s.name for s in scores],
        [s.accuracy for s in scores],
        [s.ci95[0] for s in scores],
        [s.ci95[1] for s in scores],
        [cut(first.accuracy), *(f"{cut(s.accuracy)}, {_p(s.p_holm)}" for s in others)],
        chance=first.guessing,
    )
    chart(drawn, [_row(s) for s in scores], "over-clips")
    st.caption(
        "Bars are Wilson’s 95% intervals; p is McNemar’s exact test on the clips that only one of "
        "the two, as trained and the variant, got right"
        + (f", adjusted for the {len(others)} variants compared (Holm)" if len(others) > 1 else "")
        + ". The dotted line is chance: what naming the commonest class would be right for."
    )


def _unreadable(found: Outcome) -> None:
    """Say which files were no clips, and what was assumed of the data."""
    said = [sentence(note) for note in found.notes]
    if count := len(found.unreadable):
        files = "1 file" if count == 1 else f"{count} files"
        said.insert(0, f"Not counted, as unreadable: {files}, {reasons(found.unreadable)}.")
    if said:
        st.caption("  \n".join(said))


def _verdict(others: Sequence[ablation_study.Score]) -> str:
    """Say which of the variants differ from the model as trained by more than chance."""
    lowest = min(others, key=lambda s: s.accuracy)
    name = f"**{plain(lowest.name)}**"
    apart = [f"**{plain(s.name)}**" for s in others if s.p_holm < 0.05]
    if not apart:
        return (
            f"No variant is told apart from that by so few clips; the lowest is {name} with "
            f"{lowest.right} ({_p(lowest.p_holm)})."
        )
    return (
        f"Told apart from that: {len(apart)} of {len(others)}, {', '.join(apart)}. The lowest is "
        f"{name} with {lowest.right}: {lowest.losses} are lost and {lowest.gains} gained "
        f"({_p(lowest.p_holm)})."
    )


def _row(score: ablation_study.Score) -> dict[str, object]:
    return {
        "variant": score.name,
        "right": score.right,
        "n": score.n,
        "accuracy": score.accuracy,
        "ci95_low": score.ci95[0],
        "ci95_high": score.ci95[1],
        "gains": score.gains,
        "losses": score.losses,
        "mcnemar_p": score.p,
        "mcnemar_p_holm": score.p_holm,
    }


def sweep(view: View, variants: tuple[Variant, ...]) -> None:
    """Draw the accuracy as one number goes through its values."""
    del variants  # a sweep is of the model as trained
    config = view.config
    names = [name for name in SWEPT if name != "Offset" or config.shifted_blocks]
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        name = url_widgets.segments("Sweep", names, "swept", names[0])
    data = choose(view)
    if data is None:
        return
    field, title = SWEPT[name]
    values = sorted(ablation_study.usual_values(config, field))

    variants = [Variant("as is", Ablation())]
    variants += ablation_study.swept(config, field, values, Ablation())
    about = f"{data.limit} {data.clips}"
    task = Task(
        "sweep",
        _subject(view),
        (data.key, data.limit, field),
        f"{title}, {about}",
        lambda progress: _measure(view, data, variants, progress),
    )
    found = run_task(task, label=f"Run {len(values)} values on {plain(about)}")
    if found is not None:
        _line(view, found, title)
    shell_command.of_clips(view, data, sweep=field)


def _line(view: View, found: Outcome, title: str) -> None:
    config, scores = view.config, found.scores[1:]  # the first is what the others are held against
    trained = {
        "offsets": config.shifted_offsets[0] if len(config.shifted_offsets) == 1 else None,
        "rounds": config.lsh_rounds,
        "frames": config.frames,
    }
    steps = [int(score.name.rpartition("=")[2]) for score in scores]
    field = scores[0].name.rpartition("=")[0]
    most = max(score.right for score in scores)
    best = ", ".join(str(v) for v, s in zip(steps, scores, strict=True) if s.right == most)
    st.markdown(
        f"{title.capitalize()}: most are right at **{best}** "
        f"({most} of {scores[0].n} {plain(found.clips)})."
    )
    _unreadable(found)
    drawn = Intervals(
        f"Accuracy by {title}, {scores[0].n} {found.clips}",
        [title],
        [s.accuracy for s in scores],
        [s.ci95[0] for s in scores],
        [s.ci95[1] for s in scores],
        steps=steps,
        marked=trained.get(field),
        chance=scores[0].guessing,
    )
    chart(drawn, [{"value": v, **_row(s)} for v, s in zip(steps, scores, strict=True)], "sweep")
    st.caption("The model was trained at the marked value alone; all values see the same clips.")


def _subject(view: View) -> tuple[str, ...]:
    return view.loaded.key


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
