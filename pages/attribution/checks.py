"""The check of a map on this clip, and the ranking of all methods."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.attribution import choices
from pages.cache import attributions
from pages.cache.verdicts import fixed_set, flaw
from pages.state.view import View
from pages.widgets import tables
from pages.widgets.figures import chart, download
from pages.widgets.markdown import plain, sentence
from pages.widgets.progress import running
from sct.attribution import METHODS, method_of
from sct.errors import SCTError
from viz.plots import attribution
from viz.text.attribution import order
from viz.views import csv_of

if TYPE_CHECKING:
    from sct.attribution import Attribution, Check

_REQUESTED, _PROBLEMS = "_attribution_check", "_attribution_problems"
_ABOUT = (
    "Patches are taken away and brought back in the order of the map: the answer must fall and "
    "rise sooner than in random orders. The same method is run on a model of shuffled weights, "
    "whose map must be another one, and on clips with noise that nobody sees, whose maps must be "
    "the same."
)


def show(view: View, maps: Sequence[Attribution]) -> None:
    """Draw for each map a button that checks it, or what was found."""
    one = len(maps) == 1
    st.header("Can this map be believed?" if one else "Can these maps be believed?")
    for problem in st.session_state.pop(_PROBLEMS, ()):
        st.error(problem, icon=":material/error:")
    slot = st.empty()
    target, against = maps[0].target, maps[0].against
    open_ = [a for a in maps if attributions.cached_check(view, a.method, target, against) is None]
    if open_:
        st.markdown(_ABOUT)
    cells = st.grid(len(maps), min_column_width=420, gap="large")
    for found in maps:
        with cells.cell():
            name = method_of(found.method).name
            known = attributions.cached_check(view, found.method, target, against)
            if known is not None:
                if not one:
                    st.markdown(f"**{name}**")
                _checked(known, found.method, flaw(view))
            else:
                label = "Check this map" if one else f"Check {name}"
                _button(label, f"check_{found.method}", [found.method], maps[0].method)
    _run_requested(view, slot, [found.method for found in open_], target, against)


def _button(label: str, key: str, methods: Sequence[str], keep: str = "") -> None:
    """Draw a button that requests checks; `keep` is the method whose map is to stay on the page."""

    def request() -> None:
        st.session_state[_REQUESTED] = tuple(methods)
        if keep:
            choices.keep(keep)

    st.button(label, key=key, icon=":material/fact_check:", on_click=request)


def _run_requested(
    view: View, slot: Any, here: Sequence[str], target: int, against: int | None
) -> None:
    """Run what a button has requested, if it is among these methods."""
    requested = st.session_state.get(_REQUESTED)
    if requested and set(requested) <= set(here):
        del st.session_state[_REQUESTED]
        _run(view, slot, requested, target, against)


def _run(view: View, slot: Any, methods: Sequence[str], target: int, against: int | None) -> None:
    """Check maps, computing those that are missing; then draw the page anew, badges and all."""
    problems = []
    with running(slot, "cancel_check", lambda: None) as told:
        for i, key in enumerate(methods):
            name = method_of(key).name
            count = f", {i + 1} of {len(methods)}" if len(methods) > 1 else ""
            try:
                found = attributions.attribution(
                    view, key, target, against, told(f"Making {name}{count}")
                )
                attributions.check(view, found, told(f"Checking {name}{count}"))
            except (SCTError, LookupError, ValueError) as error:
                problems.append(f"{name}: {sentence(error)}")
    st.session_state[_PROBLEMS] = problems
    st.rerun()


def _checked(check: Check, method: str, but: str) -> None:
    """Draw what a check found: in a sentence, in five numbers, and as curves.

    `but` is what is wrong with the answer, which a map that passes does not make any better.
    """
    icon = ":material/verified:" if check.passed else ":material/gpp_bad:"
    if check.passed and but:
        st.info(f"{plain(check.why)} The answer itself is {but}.", icon=icon)
    else:
        (st.success if check.passed else st.error)(plain(check.why), icon=icon)
    with st.grid(5, min_column_width=118):
        for name, (title, shown, said) in _figures(check).items():
            mark = "✓" if check.verdicts[name] else "✕"
            st.metric(f"{mark} {title}", shown, help=said)
    cells = st.grid(2, min_column_width=330, gap="medium")
    for kind, title in (
        ("deletion", "Taken away: the answer should fall early"),
        ("insertion", "Brought back: the answer should rise early"),
    ):
        curve, luck = (getattr(x, f"{kind}_auc") for x in (check.curve, check.random))
        with cells.cell():
            st.markdown(f"**{title}**")
            chart(
                attribution.curve(check, kind),
                f"{kind}_{method}",
                f"{title}. Area {curve:.2f} in its order, {luck:.2f} in random orders",
            )


def _figures(check: Check) -> dict[str, tuple[str, str, str]]:
    """Return for each verdict a title, the number it rests on, and what that means."""
    gain, motion = check.curve.gain, check.motion.gain
    return {
        "random": (
            "Beats random orders",
            order(gain),
            "Area under insertion less that under deletion; must be above that of every random "
            f"order, whose mean is {order(check.random.gain)}.",
        ),
        "randomised": (
            "Not for any weights",
            "no number" if isnan(check.randomised) else order(check.randomised),
            "Rank correlation with the map that a model of shuffled weights gets; must lie near 0 "
            "(Adebayo et al. 2018).",
        ),
        "sensitivity": (
            "Stands noise",
            "no number" if isnan(check.sensitivity) else f"{check.sensitivity:.0%}",
            "Largest change of the map under noise of two grey levels, over its own size "
            "(sensitivity-max, Yeh et al. 2019); must stay below 100%.",
        ),
        "motion": (
            "Beats motion energy",
            order(gain - motion),
            f"By how much it is above the same of motion energy, {order(motion)}. Not needed "
            "to pass: an answer may rest on all that moves.",
        ),
        "infidelity": (
            "Holds as amounts",
            f"{max(0.0, 1 - check.infidelity):.0%}",
            "Share of the effects of replacing random boxes that the values explain, scaled as "
            "well as can be (infidelity, Yeh et al. 2019). Not needed to pass: it says whether "
            "values may be read as amounts, and not as an order alone.",
        ),
    }


def ranking(view: View, shown: Attribution) -> None:
    """Rank all methods: on a fixed set, as shipped, or on this clip, when asked for."""
    st.header("Which method to believe")
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
    known = {m.key: attributions.cached_check(view, m.key, target, against) for m in METHODS}
    missing = [key for key, check in known.items() if check is None]
    if missing:
        st.caption(
            f"{len(METHODS) - len(missing)} of {len(METHODS)} methods are checked for this clip "
            "and this question. Those that take many passes may take a minute each; what is done "
            "when you cancel is kept."
        )
        _button("Check all methods", "check_all", missing)
        _run_requested(view, slot, missing, target, against)
    rows = [(key, check) for key, check in known.items() if check is not None]
    if rows:
        rows.sort(key=lambda row: -row[1].curve.gain)
        _table([_row(key, check) for key, check in rows], "attributions")


def _row(key: str, check: Check) -> dict[str, Any]:
    return {
        "method": method_of(key).name,
        "verdict": _VERDICTS[check.passed],
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
    found = fixed_set(view.loaded)
    if found is None:
        st.caption(
            "The methods were not measured for this model. "
            "`python -m benchmarks.studies.attributions` "
            "measures them for the shipped ones; “on this clip” works for every model."
        )
        return
    luck, motion = (found[f"{name}_gain"]["mean"] for name in ("random", "motion"))
    st.caption(
        f"Means over {found['n']} made clips that no training saw, as `{found['command']}` prints "
        "them with 95% intervals; a method passes where the whole interval is on the right side of "
        "each test, fails where it is on the wrong side of one, and is open otherwise. "
        f"Random orders reach {order(luck)}, motion energy {order(motion)}."
    )
    _table([_fixed_row(row, found["n"]) for row in found["methods"]], "attributions-fixed-set")


def _fixed_row(row: dict[str, Any], clips: int) -> dict[str, Any]:
    mean = {
        key: value["mean"]
        for key, value in row.items()
        if isinstance(value, dict) and "mean" in value
    }
    return {
        "method": method_of(row["method"]).name,
        "verdict": _VERDICTS[row["passed"]],
        "gain": mean["gain"],
        "low": row["gain"]["low"],
        "high": row["gain"]["high"],
        "deletion": mean["deletion"],
        "insertion": mean["insertion"],
        "randomised": mean["randomised"],
        "explains": max(0.0, 1 - mean["infidelity"]),
        "sensitivity": mean["sensitivity"],
        "passed": f"{row['passed_clips']} of {clips}",
    }


def _table(rows: Sequence[dict[str, Any]], name: str) -> None:
    table = {key: [row[key] for row in rows] for key in _COLUMNS if key in rows[0]}
    shown = {key: [_rounded(value) for value in column] for key, column in table.items()}
    tables.show(shown, _COLUMNS)
    download(
        "CSV",
        lambda: csv_of(list(table), zip(*table.values(), strict=True)).encode(),
        f"{name}.csv",
        f"{name}_csv",
    )


def _rounded(value: Any) -> Any:
    """Round to two digits, which is what these means are worth; never a zero with a minus."""
    return round(value, 2) + 0.0 if isinstance(value, float) else value


_VERDICTS = {True: "✓ passes", False: "✕ fails", None: "? open"}
_COLUMNS = {
    "method": ("Method", "", ""),
    "verdict": ("Verdict", "", "Beats random orders, is not had from any weights, stands noise."),
    "gain": ("Order", "%+.2f", "Area under insertion less that under deletion: higher is better."),
    "low": ("from", "%+.2f", "Lower end of its 95% interval."),
    "high": ("to", "%+.2f", "Upper end of its 95% interval."),
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
    "passed": ("Single clips", "", "Clips of the set on which it passes by itself."),
    "sensitivity": ("Under noise", "percent", "How far noise changes the map: lower is better."),
}
