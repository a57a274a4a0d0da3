"""Analyses over many clips: accuracy of variants, and of one number that is swept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from pages.ablation import shell_command
from pages.ablation.chart_files import chart
from pages.cache.jobs import Task, run_task
from pages.state import url_widgets
from pages.state.view import View
from pages.widgets.markdown import plain
from pages.widgets.progress import Progress
from sct import ablation_study
from sct.ablation_study import Variant
from sct.errors import DataError, SCTError
from sct.evaluation.open import made_data
from sct.model.ablation import Ablation
from viz.plots.ablation import Intervals
from viz.text.numbers import percent

MADE = "made clips"
_MOST_FOLDERS = 100
_EACH, _STORED = "Each part switched off", "The variants above"
# What is swept: the field of the core, and what its values are.
SWEPT = {
    "Offset": ("offsets", "frames from query to key"),
    "Rounds": ("rounds", "hash rounds"),
    "Frames": ("frames", "frames of the clip"),
}


def folders() -> dict[str, Path]:
    """Return the data that the operator lets everyone use: what lies in SCT_DATA, by name.

    A browser's user chooses among these names and can give no path. What a link inside leads out
    of the folder to is not offered.
    """
    root = os.environ.get("SCT_DATA", "")
    if not root:
        return {}
    found: dict[str, Path] = {}
    try:
        top = Path(root).resolve(strict=True)
        for entry in sorted(top.iterdir())[: 10 * _MOST_FOLDERS]:
            place = entry.resolve()
            usable = place.is_dir() or place.suffix.lower() == ".csv"
            if usable and place.is_relative_to(top) and not entry.name.startswith("."):
                found[entry.name] = place
    except (OSError, RuntimeError):
        return {}
    return dict(list(found.items())[:_MOST_FOLDERS])


def clips(view: View, variants: tuple[Variant, ...]) -> None:
    """Compare variants on the very same clips, with intervals and McNemar's test."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        what = url_widgets.segments("Compare", (_EACH, _STORED), "compare", _EACH)
        data, limit = _data()
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

    def compute(progress: Progress) -> tuple[ablation_study.Score, ...]:
        with _nameless(view, data) as place:
            return ablation_study.over_clips(
                view.loaded.model, place, compared, limit, progress=progress
            )

    settings = (data, limit, tuple((v.name, str(v.ablation)) for v in compared))
    task = Task("clips", _subject(view), settings, f"{limit} clips of {data}, {what.lower()}",
                compute)  # fmt: skip
    found = run_task(task, label=f"Run {len(compared)} variants on {limit} clips")
    if found is not None:
        _scores(view, found)
    shell_command.of_clips(view, _folder(data), limit, compared if what == _STORED else ())


def _scores(view: View, found: tuple[ablation_study.Score, ...]) -> None:
    first, *others = found
    st.markdown(
        f"As trained the model is right for **{first.right} of {first.n}** clips. "
        f"{_verdict(others)}"
    )
    drawn = Intervals(
        f"Accuracy on {first.n} clips, 95% intervals",
        [s.name for s in found],
        [s.accuracy for s in found],
        [s.ci95[0] for s in found],
        [s.ci95[1] for s in found],
        [percent(first.accuracy), *(f"{percent(s.accuracy)}, {_p(s.p_holm)}" for s in others)],
        chance=first.guessing,
    )
    chart(drawn, [_row(s) for s in found], "over-clips")
    st.caption(
        "Bars are Wilson’s 95% intervals; p is McNemar’s exact test on the clips that only one of "
        "the two, as trained and the variant, got right"
        + (f", adjusted for the {len(others)} variants compared (Holm)" if len(others) > 1 else "")
        + ". The dotted line is chance: what naming the commonest class would be right for."
    )


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
        data, limit = _data()
    field, title = SWEPT[name]
    values = sorted(ablation_study.usual_values(config, field))

    def compute(progress: Progress) -> tuple[ablation_study.Score, ...]:
        with _nameless(view, data) as place:
            return ablation_study.sweep(
                view.loaded.model, place, field, values, limit, progress=progress
            )

    task = Task("sweep", _subject(view), (data, limit, field),
                f"{title}, {limit} clips of {data}", compute)  # fmt: skip
    found = run_task(task, label=f"Run {len(values)} values on {limit} clips")
    if found is not None:
        _line(view, found, title)
    shell_command.of_clips(view, _folder(data), limit, sweep=field)


def _line(view: View, found: tuple[ablation_study.Score, ...], title: str) -> None:
    config = view.config
    trained = {
        "offsets": config.shifted_offsets[0] if len(config.shifted_offsets) == 1 else None,
        "rounds": config.lsh_rounds,
        "frames": config.frames,
    }
    steps = [int(score.name.rpartition("=")[2]) for score in found]
    field = found[0].name.rpartition("=")[0]
    most = max(score.right for score in found)
    best = ", ".join(str(v) for v, s in zip(steps, found, strict=True) if s.right == most)
    st.markdown(
        f"{title.capitalize()}: most are right at **{best}** ({most} of {found[0].n} clips)."
    )
    drawn = Intervals(
        f"Accuracy by {title}, {found[0].n} clips",
        [title],
        [s.accuracy for s in found],
        [s.ci95[0] for s in found],
        [s.ci95[1] for s in found],
        steps=steps,
        marked=trained.get(field),
        chance=found[0].guessing,
    )
    chart(drawn, [{"value": v, **_row(s)} for v, s in zip(steps, found, strict=True)], "sweep")
    st.caption("The model was trained at the marked value alone; all values see the same clips.")


def _data() -> tuple[str, int]:
    known = folders()
    data = MADE
    if known:
        data = url_widgets.select("Clips", [MADE, *known], "data", MADE, width=220)
    limit = url_widgets.number("How many clips", 10, 2000, 100, 10, "clips", width=160)
    return data, int(limit)


@contextmanager
def _nameless(view: View, data: str) -> Iterator[str]:
    """Yield where the data lies; errors about it come without the server's paths."""
    if data == MADE:
        yield made_data(view.loaded.labels) or "motion"
        return
    place = folders().get(data)
    if place is None:
        raise DataError(f"{data} is no longer there.")
    try:
        yield str(place)
    except (SCTError, ValueError) as error:
        raise DataError(str(error).replace(str(place), data)) from None


def _folder(data: str) -> str | None:
    return None if data == MADE else data


def _subject(view: View) -> tuple[str, ...]:
    return view.loaded.key


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
