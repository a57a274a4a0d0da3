"""Analyses of the clip on the screen: parts one at a time, single heads, and pairs of parts."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.ablation import shell_command
from pages.ablation.chart_files import chart
from pages.ablation.question import Question
from pages.cache.jobs import Task, run_task
from pages.state import url_widgets
from pages.widgets.markdown import plain
from pages.widgets.progress import Progress
from sct import ablation_study
from sct.ablation_study import Effects, Pairs
from sct.model.config import SCTConfig
from sct.questions import in_full
from viz.plots.ablation import GAINS, LOSES, Bars, Heat, signed
from viz.text.numbers import percent

_UNIT = "change of log-odds"
_KINDS = {"vilt": "chunk", "lsh": "LSH", "shifted": "shifted"}


def one(question: Question) -> None:
    """Switch off each part in turn. It takes a second or two, so it needs no button."""
    task = question.task("one", "each part in turn", ablation_study.one_at_a_time)
    found = _effects(question, task, "part", "Switch off each part in turn", auto=True)
    if found is None:
        return
    ranked, target = found.ranked(), in_full(question.view.config, found.label)
    chart(
        Bars(
            f"{_UNIT.capitalize()} of “{target}” without each part",
            [e.component.name for e in ranked],
            [e.log_odds for e in ranked],
            [f"then most likely: {e.label}, KL {e.kl:.3f} nats" for e in ranked],
            f"{_UNIT} of {target}",
        ),
        found.table(),
        "one-at-a-time",
    )
    st.caption(
        "Log-odds are log(p / (1 − p)): a change of −2.3 makes the odds ten times as long. Parts "
        "are switched off after training, one at a time, in this clip alone."
    )
    shell_command.of_clip(question)


def heads(question: Question) -> None:
    """Switch off each head of each stage in turn."""
    task = question.task("heads", "each head in turn", ablation_study.head_by_head)
    found = _effects(question, task, "head", "Switch off each head in turn")
    if found is None:
        return
    chart(_grid(question.view.config, found), found.table(), "head-by-head")
    st.caption("◆ was trained to follow motion (*grounded*); the others are as training left them.")
    shell_command.of_clip(question, "heads")


def _effects(
    question: Question, task: Task, what: str, label: str, auto: bool = False
) -> Effects | None:
    """Run a task and say what moves most; return None where there is nothing to be drawn."""
    found: Effects | None = run_task(task, label=label, auto=auto)
    if found is None:
        return None
    if not found.effects:
        st.caption("Everything is off already: nothing is left to be switched off.")
        return None
    most, target = found.ranked()[0], plain(in_full(question.view.config, found.label))
    if abs(most.log_odds) < 0.01:
        st.markdown(f"No {what} moves the log-odds of **{target}** by as much as 0.01.")
        return found
    st.markdown(
        f"**{plain(most.component.name)}** moves most: without it the log-odds of **{target}** "
        f"{'fall' if most.log_odds < 0 else 'rise'} by {abs(most.log_odds):.2f}, its probability "
        f"is {percent(most.probability)}, and the answer is {plain(most.label)}."
    )
    return found


def _grid(config: SCTConfig, found: Effects) -> Heat:
    """Return the effects as a table of kind and stage by head."""
    by_key = {e.component.key: e for e in found.effects}
    known = {key.rpartition(".")[0] for key in by_key}
    rows = [(s, k) for s in range(1, config.stages + 1) for k in _KINDS if f"{s}.{k}" in known]
    most = max(int(key.rpartition(".")[2]) for key in by_key) + 1
    values = np.full((len(rows), most), np.nan)
    grounded = np.zeros(values.shape, bool)
    for i, (stage, kind) in enumerate(rows):
        for head in range(most):
            if effect := by_key.get(f"{stage}.{kind}.{head}"):
                values[i, head] = effect.log_odds
                own = kind == "shifted" and head in config.grounded_heads[stage - 1]
                grounded[i, head] = own
    return Heat(
        f"{_UNIT.capitalize()} of “{in_full(config, found.label)}” without each head (◆ grounded)",
        [f"Stage {stage} · {_KINDS[kind]}" for stage, kind in rows],
        [str(head) for head in range(most)],
        values,
        f"class {LOSES}",
        f"class {GAINS}",
        grounded,
        across="head",
    )


def pairs(question: Question) -> None:
    """Switch off the parts with the largest effects, two at a time."""
    count = len(ablation_study.list_components(question.view.config))
    n = url_widgets.slide("Parts, those with the largest effect", 2, min(count, 10), 5, "pairs")

    def compute(model, frames, target, base, progress: Progress) -> Pairs:
        # The ranking is one short pass of everything; what it takes is a small part of the pairs.
        ranked = ablation_study.one_at_a_time(model, frames, target, base).ranked()
        top = [effect.component for effect in ranked[:n]]
        return ablation_study.pairs(model, frames, top, target, base, progress)

    task = question.task("pairs", f"the top {n} parts, two at a time", compute, n)
    found: Pairs | None = run_task(task, label="Switch off two at a time")
    if found is None:
        return
    names = [part.name.replace(" attention", "") for part in found.components]
    letters = [chr(ord("A") + i) for i in range(len(names))]  # columns have no room for names
    target = in_full(question.view.config, found.label)
    st.markdown(_strongest(found, target))
    shown = found.interaction.copy()
    np.fill_diagonal(shown, np.nan)
    chart(
        Heat(
            f"Interaction of pairs on the log-odds of “{target}”",
            [
                f"{letter}  {name} ({signed(alone)})"
                for letter, name, alone in zip(letters, names, found.single, strict=True)
            ],
            letters,
            shown,
            "stand in for each other",
            "work through each other",
            across="together with",
        ),
        _pair_rows(found),
        "pairs",
    )
    st.caption(
        "Both off, less each alone; in brackets what the part does alone. Below 0 the two stand in "
        "for each other; above 0 they work through each other, so that with one gone the other "
        "had less to lose."
    )
    shell_command.of_clip(question, "pairs")


def _pair_rows(found: Pairs) -> list[dict[str, object]]:
    return [
        {
            "part": found.components[i].key,
            "other": found.components[j].key,
            "target": found.label,
            "alone": float(found.single[i]),
            "other_alone": float(found.single[j]),
            "both": float(found.both[i, j]),
            "interaction": float(found.interaction[i, j]),
        }
        for i, j in zip(*np.triu_indices(len(found.components), 1), strict=True)
    ]


def _strongest(found: Pairs, target: str) -> str:
    """Say which two parts interact most."""
    at = np.abs(found.interaction).argmax()
    i, j = (int(k) for k in np.unravel_index(at, found.interaction.shape))
    one, other = (plain(found.components[k].name) for k in (i, j))
    way = "stand in for each other" if found.interaction[i, j] < 0 else "work through each other"
    return (
        f"**{one}** and **{other}** interact most: both off change the log-odds of "
        f"**{plain(target)}** by {signed(float(found.both[i, j]))}, where "
        f"{signed(float(found.single[i] + found.single[j]))} would be their sum; they {way}."
    )
