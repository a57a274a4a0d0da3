"""Whether a map can be believed: its check on this clip, and all methods ranked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.common import attributing
from pages.common.attribution_verdict import fixed_set
from pages.common.running import running
from pages.common.session import View
from pages.common.text import plain, sentence
from sct.attribution import METHODS, method_of
from sct.errors import SCTError
from viz import attributioncharts
from viz.views import csv_of

if TYPE_CHECKING:
    from sct.attribution import Attribution, Check

_BARE = {"displayModeBar": False}
_ASK = (
    "Patches are taken away and brought back in the order of the map: the answer must fall and "
    "rise sooner than in random orders. The same method is run on a model of shuffled weights, "
    "whose map must be another one, and on clips with noise that nobody sees, whose maps must be "
    "the same."
)


def show(view: View, maps: Sequence[Attribution]) -> None:
    """For each map a button that checks it, or what was found."""
    one = len(maps) == 1
    st.subheader("Can this map be believed?" if one else "Can these maps be believed?")
    slot = st.empty()
    target, against = maps[0].target, maps[0].against
    open_ = [a for a in maps if attributing.checked(view, a.method, target, against) is None]
    if open_:
        st.markdown(_ASK)
    cells = st.grid(len(maps), min_column_width=420, gap="large")
    for found in maps:
        with cells.cell():
            name = method_of(found.method).name
            known = attributing.checked(view, found.method, target, against)
            if known is not None:
                if not one:
                    st.markdown(f"**{name}**")
                _checked(known, found.method)
            elif st.button(
                "Check this map" if one else f"Check {name}",
                key=f"check_{found.method}",
                icon=":material/fact_check:",
            ):
                _run(view, slot, [found.method], target, against)


def _run(view: View, slot: Any, methods: Sequence[str], target: int, against: int | None) -> None:
    """Check maps, making those that are missing; then draw the page anew, badges and all."""
    problems = []
    with running(slot, "cancel_check", lambda: None) as told:
        for i, key in enumerate(methods):
            name = method_of(key).name
            count = f", {i + 1} of {len(methods)}" if len(methods) > 1 else ""
            asked = key, target, against
            try:
                found = attributing.attribution(view, *asked, told(f"Making {name}{count}"))
                attributing.check(view, found, told(f"Checking {name}{count}"))
            except (SCTError, LookupError, ValueError) as error:
                problems.append(f"{name}: {sentence(error)}")
    if not problems:
        st.rerun()
    for problem in problems:
        st.error(problem, icon=":material/error:")


def _checked(check: Check, method: str) -> None:
    """What a check found: in a sentence, in five numbers, and as curves."""
    tell = st.success if check.passed else st.error
    tell(plain(check.why), icon=":material/verified:" if check.passed else ":material/gpp_bad:")
    with st.grid(5, min_column_width=118):
        for name, (title, shown, said) in _figures(check).items():
            mark = "✓" if check.verdicts[name] else "✕"
            st.metric(f"{mark} {title}", shown, help=said)
    for kind, title in (
        ("deletion", "Taken away: the answer should fall early"),
        ("insertion", "Brought back: the answer should rise early"),
    ):
        st.markdown(f"**{title}**")
        curve, luck = (getattr(x, f"{kind}_auc") for x in (check.curve, check.random))
        st.plotly_chart(
            attributioncharts.curve(check, kind),
            key=f"{kind}_{method}",
            config=_BARE,
            alt=f"{title}. Area {curve:.2f} in the order of the map, {luck:.2f} in random orders",
        )


def _figures(check: Check) -> dict[str, tuple[str, str, str]]:
    """Of each verdict a title, the number it rests on, and what that means."""
    gain, motion = check.curve.gain, check.motion.gain
    return {
        "random": (
            "Beats random orders",
            _signed(gain),
            "Area under insertion less that under deletion; must be above that of every random "
            f"order, whose mean is {_signed(check.random.gain)}.",
        ),
        "motion": (
            "Beats motion energy",
            _signed(gain - motion),
            f"By how much it is above the same of motion energy, {_signed(motion)}. Not needed "
            "to pass: an answer may rest on all that moves.",
        ),
        "randomised": (
            "Not for any weights",
            _signed(check.randomised),
            "Rank correlation with the map that a model of shuffled weights gets; must lie near 0 "
            "(Adebayo et al. 2018).",
        ),
        "infidelity": (
            "Explains boxes",
            f"{max(0.0, 1 - check.infidelity):.0%}",
            "Share of the effects of replacing random boxes that the values explain, scaled as "
            "well as can be (infidelity, Yeh et al. 2019).",
        ),
        "sensitivity": (
            "Stands noise",
            f"{check.sensitivity:.0%}",
            "Largest change of the map under noise of two grey levels, over its own size "
            "(sensitivity-max, Yeh et al. 2019); must stay below 100%.",
        ),
    }


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def ranking(view: View, shown: Attribution) -> None:
    """All methods, best first: on a fixed set, as shipped, and on this clip, when asked for."""
    st.subheader("Which method to believe")
    where = st.segmented_control(
        "Ranked",
        ["over a fixed set of clips", "on this clip"],
        default="over a fixed set of clips",
        required=True,
        key="attribution_ranked",
        label_visibility="collapsed",
    )
    if where == "on this clip":
        _ranked_here(view, shown.target, shown.against)
    else:
        _ranked_fixed(view)


def _ranked_here(view: View, target: int, against: int | None) -> None:
    slot = st.empty()
    known = {m.key: attributing.checked(view, m.key, target, against) for m in METHODS}
    missing = [key for key, check in known.items() if check is None]
    if missing:
        st.caption(
            f"{len(METHODS) - len(missing)} of {len(METHODS)} methods are checked for this clip "
            "and this question. Those that take many passes may take a minute each; what is done "
            "when you cancel is kept."
        )
        if st.button("Check all methods", key="check_all", icon=":material/fact_check:"):
            _run(view, slot, missing, target, against)
    rows = [(key, check) for key, check in known.items() if check is not None]
    if rows:
        rows.sort(key=lambda row: -row[1].curve.gain)
        _table([_row(key, check) for key, check in rows], "attributions")


def _row(key: str, check: Check) -> dict[str, Any]:
    return {
        "method": method_of(key).name,
        "verdict": "✓ passes" if check.passed else "✕ fails",
        "gain": check.curve.gain,
        "deletion": check.curve.deletion_auc,
        "insertion": check.curve.insertion_auc,
        "random": check.random.gain,
        "motion": check.motion.gain,
        "randomised": check.randomised,
        "explains": max(0.0, 1 - check.infidelity),
        "sensitivity": check.sensitivity,
    }


def _ranked_fixed(view: View) -> None:
    found = fixed_set(view.loaded.name)
    if found is None:
        st.caption(
            "The methods were not measured for this model. `python -m benchmarks.attributions` "
            "measures them for the shipped ones; “on this clip” works for every model."
        )
        return
    rows, said = found
    st.caption(said)
    _table(rows, "attributions-fixed-set")


def _table(rows: Sequence[dict[str, Any]], name: str) -> None:
    columns = {
        key: st.column_config.NumberColumn(title, format=form, help=said)
        if form
        else st.column_config.TextColumn(title, help=said or None)
        for key, (title, form, said) in _COLUMNS.items()
        if key in rows[0]
    }
    table = {key: [row[key] for row in rows] for key in columns}
    st.dataframe(table, hide_index=True, height="content", column_config=columns)
    st.download_button(
        "CSV",
        lambda: csv_of(list(table), zip(*table.values(), strict=True)).encode(),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"{name}_csv",
        on_click="ignore",
        icon=":material/download:",
    )


_COLUMNS = {
    "method": ("Method", "", ""),
    "verdict": ("Verdict", "", "Whether it passes all tests but that against motion energy."),
    "gain": ("Order", "%+.2f", "Area under insertion less that under deletion: higher is better."),
    "deletion": ("Deletion", "%.2f", "Area under the answer while patches go: lower is better."),
    "insertion": ("Insertion", "%.2f", "Area while they come back: higher is better."),
    "random": ("Random", "%+.2f", "The order’s value, of random orders."),
    "motion": ("Motion", "%+.2f", "The same of motion energy."),
    "randomised": (
        "Other weights",
        "%+.2f",
        "Rank correlation with the map of a model of shuffled weights: near 0 is right.",
    ),
    "explains": ("Explains", "percent", "Share of what replacing boxes does: higher is better."),
    "sensitivity": ("Under noise", "percent", "How far noise changes the map: lower is better."),
}
