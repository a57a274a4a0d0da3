"""A check of every attribution method on a fixed set of clips, to know which to believe.

    python -m benchmarks.studies.attributions [--model NAME] [--question NAME] [--clips N]
        [--rows FILE] [--out FILE]
    python -m benchmarks.studies.attributions --memory sct_s

The set is synthetic clips that no training saw, all labels in turn, seeds fixed; in those of a
model of several questions the camera and a subject move at once. The target is what the model
answers. Each method is checked on each clip as `attribute.check` does, one after the
other. What was measured is stored in --rows, so that a run that was ended goes on where it was;
only clips that are done for all methods count. A clip takes about two minutes of a quiet core.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import torch

import sct
from benchmarks.studies import attribution_memory
from benchmarks.studies.common import run
from sct.attribution import METHODS, attribute, check, references, sanity_checks
from sct.checkpoint.io import fingerprint, replace_files
from sct.cli import console
from sct.evaluation.statistics import mean_interval, wilson
from sct.evaluation.test_sets import EVALUATION_SEED
from sct.model.sct import SCT
from sct.questions import asking
from sct.synthetic.batch import SyntheticBatch
from sct.synthetic.clips import LABELS, make_batch
from sct.synthetic.composite import QUESTIONS, make_composite
from sct.video.clip import normalise

ROWS = Path("runs/attributions.jsonl")
CLIPS = 17
FIRST_SEED = 7_000
STRIDE = 5  # through the labels, so that few clips, too, hold motions of camera and of objects
MEANS = (
    "gain",
    "deletion",
    "insertion",
    "over_random",
    "over_motion",
    "randomised",
    "infidelity",
    "sensitivity",
    "seconds",
)


def clip_of(number: int, model: SCT, question: str) -> tuple[str, int, SyntheticBatch]:
    """Return what is true, the seed and the clip itself, as a batch of one, of the set's clips.

    Args:
        model: whose frames the clip has.
        question: "" of a model that answers one.

    Raises:
        ValueError: a question about which no made clip says anything.
    """
    seed = EVALUATION_SEED + FIRST_SEED + number
    shape = model.config.frames, model.config.image_size
    if not question:
        label = _in_turn(LABELS, number)
        return label, seed, make_batch([label], seed, *shape)
    made = dict(QUESTIONS)
    if question not in made:
        raise ValueError(f"question {question[:60]!r}: no made clip answers it")
    # Nine answers and ten have no divisor in common, so that all pairs come.
    answers = [_in_turn(labels, number) for _, labels in QUESTIONS]
    return answers[list(made).index(question)], seed, make_composite([tuple(answers)], seed, *shape)


def _in_turn(labels: Sequence[str], number: int) -> str:
    stride = next(n for n in (STRIDE, STRIDE + 2) if len(labels) % n)
    return labels[(1 + stride * number) % len(labels)]


def measure(
    name: str, question: str, clips: int, done: set[tuple[int, str]], threads: int
) -> Iterator[dict[str, Any]]:
    """Measure each clip and method that is not done, and yield a row for it."""
    torch.set_num_threads(threads)
    model, weights = asking(sct.load(name, device="cpu"), question), fingerprint(name)
    for number in range(clips):
        todo = [method.key for method in METHODS if (number, method.key) not in done]
        if not todo:
            continue
        label, seed, clip = clip_of(number, model, question)
        frames = normalise(clip.frames)
        with torch.inference_mode():
            target = int(model(frames).logits.argmax())
        known = references(model, frames, target)
        for key in todo:
            began = time.perf_counter()
            found = attribute(model, frames, key, target)
            checked = check(model, frames, found, known=known)
            yield {
                "weights": weights,
                "question": question,
                "clip": number,
                "label": label,
                "seed": seed,
                "answer": model.config.labels[target],
                "method": key,
                "gain": checked.curve.gain,
                "deletion": checked.curve.deletion_auc,
                "insertion": checked.curve.insertion_auc,
                "random_gain": known.random.gain,
                "motion_gain": known.motion.gain,
                "over_random": checked.curve.gain - known.random.gain,
                "over_motion": checked.curve.gain - known.motion.gain,
                "randomised": checked.randomised,
                "infidelity": checked.infidelity,
                "sensitivity": checked.sensitivity,
                "verdicts": checked.verdicts,
                "facts": found.facts,
                "seconds": found.facts["seconds"],
                "check_seconds": time.perf_counter() - began,
            }


def read_rows(path: Path, weights: str, question: str = "") -> list[dict[str, Any]]:
    """Read what was measured of a model; lines that were cut off are left out."""
    rows = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row["weights"] == weights and row.get("question", "") == question:
            rows.append(row)
    return rows


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Average over the clips that all methods were checked on, the best method first."""
    by_method = {
        m.key: {row["clip"]: row for row in rows if row["method"] == m.key} for m in METHODS
    }
    clips = sorted(set.intersection(*(set(found) for found in by_method.values())))
    if len(clips) < 2:
        raise ValueError(f"{len(clips)} clips are done for all methods: at least 2 are needed")
    table = []
    for method in METHODS:
        found = [by_method[method.key][clip] for clip in clips]
        means = {what: interval([row[what] for row in found]) for what in MEANS}
        passed = sum(sanity_checks.passes(row["verdicts"]) for row in found)
        verdicts = judged(means)
        table.append(
            {
                "method": method.key,
                **means,
                "passed_clips": passed,
                "passed_ci95": list(wilson(passed, len(found))),
                "verdicts": verdicts,
                "passed": passed_over(verdicts),
            }
        )
        if method.key == "integrated-gradients":
            table[-1]["completeness_error_most"] = max(
                row["facts"]["completeness_error"] for row in found
            )
    table.sort(key=lambda row: -row["gain"]["mean"])
    one = [by_method[METHODS[0].key][clip] for clip in clips]
    return {
        "n": len(clips),
        "clips": [{key: row[key] for key in ("label", "seed", "answer")} for row in one],
        "random_gain": interval([row["random_gain"] for row in one]),
        "motion_gain": interval([row["motion_gain"] for row in one]),
        "methods": table,
    }


def interval(values: Sequence[float]) -> dict[str, float]:
    return dict(zip(("mean", "low", "high"), mean_interval(values), strict=True))


def judged(means: dict[str, dict[str, float]]) -> dict[str, bool | None]:
    """Judge over the set; None where the 95% interval leaves a verdict open: too few clips yet."""
    alike = means["randomised"]
    apart = abs(alike["mean"]) < sanity_checks.MOST_ALIKE
    inside = max(abs(alike["low"]), abs(alike["high"])) < sanity_checks.MOST_ALIKE
    outside = alike["low"] > sanity_checks.MOST_ALIKE or alike["high"] < -sanity_checks.MOST_ALIKE
    return {
        "random": _above(means["over_random"], 0),
        "motion": _above(means["over_motion"], 0),
        "randomised": apart if inside or outside else None,
        "infidelity": _below(means["infidelity"], sanity_checks.MOST_UNEXPLAINED),
        "sensitivity": _below(means["sensitivity"], sanity_checks.MOST_CHANGE),
    }


def _above(found: dict[str, float], bound: float) -> bool | None:
    sure = found["low"] > bound or found["high"] < bound
    return found["mean"] > bound if sure else None


def _below(found: dict[str, float], bound: float) -> bool | None:
    above = _above(found, bound)
    return None if above is None else not above


def passed_over(verdicts: dict[str, bool | None]) -> bool | None:
    """Say whether all that a map needs holds over the set: None while that is open."""
    needed = [verdicts[name] for name in sanity_checks.NEEDED]
    return False if False in needed else None if None in needed else True


def versions() -> dict[str, str]:
    names = ("torch", "captum", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def print_table(found: dict[str, Any]) -> None:
    def shown(cell: dict[str, float]) -> str:
        return f"{cell['mean']:+.2f} ({cell['low']:+.2f} to {cell['high']:+.2f})"

    heads = ("gain", "over_random", "over_motion", "randomised", "infidelity", "sensitivity")
    rows = [["method", *heads, "passes"]]
    for row in found["methods"]:
        verdict = {True: "yes", False: "no", None: "open"}[row["passed"]]
        passed = f"{verdict}; {row['passed_clips']} of {found['n']} clips"
        rows.append([row["method"], *(shown(row[head]) for head in heads), passed])
    console.print_table(rows)


@click.command()
@click.option("--model", "name", default="sct-motion", show_default=True)
@click.option("--question", default="", help="Of a model that answers several.")
@click.option("--clips", type=click.IntRange(2, 1000), default=CLIPS, show_default=True)
@click.option("--rows", type=click.Path(path_type=Path), default=ROWS, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Where the table is written as JSON.")
@click.option("--threads", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--table-only", is_flag=True, help="Measure nothing; make the table.")
@click.option("--memory", "size", metavar="SIZE", help="Instead: by how much a process grows.")
def main(
    name: str,
    question: str,
    clips: int,
    rows: Path,
    out: Path | None,
    threads: int,
    table_only: bool,
    size: str | None,
) -> None:
    """Check every attribution on a fixed set of clips and rank them."""
    if size:
        attribution_memory.print_table(size, threads)
        return
    weights = fingerprint(name)
    known = read_rows(rows, weights, question)
    if not table_only:
        done = {(row["clip"], row["method"]) for row in known}
        rows.parent.mkdir(parents=True, exist_ok=True)
        with console.progress("clips x methods") as progress, open(rows, "a") as file:
            for row in measure(name, question, clips, done, threads):
                known.append(row)
                file.write(json.dumps(row) + "\n")
                file.flush()
                progress(len(known), clips * len(METHODS))
    about = f" --question {question}" if question else ""
    command = f"python -m benchmarks.studies.attributions --model {name}{about} --clips {clips}"
    found = {
        "model": name,
        "question": question,
        "weights": weights,
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions(),
        "threads": threads,
        **summary([row for row in known if row["clip"] < clips]),
    }
    if out:
        replace_files({out: json.dumps(found, indent=2).encode() + b"\n"})
    print_table(found)


if __name__ == "__main__":
    run(main, "attributions")
