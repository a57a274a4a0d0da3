"""Camera motion without learning: corners tracked by OpenCV, beside a trained model.

    python -m benchmarks.studies.classical_motion --footage DIR [--json]

From frame to frame, corners (Shi and Tomasi) are followed by Lucas and Kanade's method, and a
similarity (shift, scale, turn) is fitted to them with RANSAC. Each of the four components is given
as the mean distance in pixels that it alone would move the frame's points, a frame, so that they
compare; each is divided by a threshold, the largest names the motion, and none above 1 is "static".
The thresholds are fitted on synthetic clips of seeds that training uses, never on those measured
here. Model and baseline see the same frames, of the model's size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import click
import cv2
import numpy as np

from benchmarks.studies.common import run
from sct.cli import console
from sct.evaluation.footage import FootageTestSet, take_pictures
from sct.evaluation.statistics import wilson
from sct.evaluation.test_sets import BLOCK, MotionTestSet, SyntheticTestSet
from sct.numbers import cut
from sct.synthetic import clips
from sct.synthetic.camera import MEAN_RADIUS

LABELS = clips.CAMERA_LABELS
# The label of each component when it is above 0, and below: shift to the right, shift down, growth,
# turn clockwise, all of the picture.
SIGNS = (
    ("pan left", "pan right"),
    ("tilt up", "tilt down"),
    ("zoom in", "zoom out"),
    ("roll counter-clockwise", "roll clockwise"),
)
FIT_SEED = 1 << 39  # synthetic clips from here on only serve to fit thresholds
FIT_CLIPS = 450
LEAST_POINTS = 6


class Thresholds(NamedTuple):
    """Pixels a frame above which the picture shifts, grows or turns."""

    shift: float
    zoom: float
    roll: float


def components(frames: np.ndarray) -> np.ndarray:
    """Measure how the picture moves: float64 (right, down, growth, turn clockwise), pixels a frame.

    Args:
        frames: uint8 (T, S, S, 3), RGB.

    Growth and turn are given as the mean distance by which they move the points of the frame.
    Pairs of frames in which too little can be followed are left out; 0 if that is so for all.
    """
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    size = frames.shape[1]
    found = [_pair(a, b) for a, b in pairwise(grey)]
    found = [matrix for matrix in found if matrix is not None]
    if not found:
        return np.zeros(4)
    middle, radius = np.full(2, (size - 1) / 2), MEAN_RADIUS * size
    rows = []
    for matrix in found:
        shift = matrix[:, :2] @ middle + matrix[:, 2] - middle
        growth = 0.5 * np.log(max(np.linalg.det(matrix[:, :2]), 1e-6))
        turn = np.arctan2(matrix[1, 0], matrix[0, 0])  # y points down, so clockwise on the screen
        rows.append([*shift, growth * radius, turn * radius])
    return np.mean(rows, axis=0)


def _pair(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    """Return the similarity (2, 3) that takes points of one frame to the next, or None."""
    corners = cv2.goodFeaturesToTrack(before, 300, 0.01, 3, blockSize=5)
    if corners is None or len(corners) < LEAST_POINTS:
        return None
    moved, followed, _ = cv2.calcOpticalFlowPyrLK(
        before, after, corners, None, winSize=(15, 15), maxLevel=3
    )
    followed = followed.ravel() == 1
    if followed.sum() < LEAST_POINTS:
        return None
    cv2.setRNGSeed(0)  # RANSAC draws: the same frames give the same answer
    matrix, inliers = cv2.estimateAffinePartial2D(
        corners[followed], moved[followed], method=cv2.RANSAC, ransacReprojThreshold=1.0
    )
    if matrix is None or inliers.sum() < LEAST_POINTS:
        return None
    return matrix


def decide(found: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """Return places in `LABELS` of the motions (n, 4) that `components` found."""
    scaled = found / np.array([thresholds.shift, *thresholds])
    largest = np.abs(scaled).argmax(1)
    value = np.take_along_axis(scaled, largest[:, None], 1)[:, 0]
    table = np.array([[LABELS.index(label) for label in pair] for pair in SIGNS])
    named = table[largest, (value < 0).astype(int)]
    return np.where(np.abs(value) < 1, LABELS.index("static"), named)


def fit(found: np.ndarray, labels: np.ndarray) -> Thresholds:
    """Return the thresholds that are right most often; of several the ones in their middle."""
    tried = np.geomspace(0.03, 6, 18)
    grid = np.stack(np.meshgrid(tried, tried, tried, indexing="ij"), -1).reshape(-1, 3)
    right = np.array([(decide(found, Thresholds(*row)) == labels).sum() for row in grid])
    return Thresholds(*np.exp(np.log(grid[right == right.max()]).mean(0)).tolist())


def _components_of(
    test_set: SyntheticTestSet, progress: Callable[[int, int], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Return components (n, 4) and places in `LABELS` (n,) of the clips of a test set."""
    found: list[np.ndarray] = []
    labels: list[int] = []
    for batch in test_set.batches():
        found += [components(clip[0].permute(0, 2, 3, 1).numpy()) for clip in batch.frames]
        labels += [LABELS.index(test_set.labels[i]) for i in batch.labels.tolist()]
        progress(len(labels), len(test_set))
    return np.stack(found), np.array(labels)


def fit_thresholds(frames: int, size: int, progress: Callable[[int, int], None]) -> Thresholds:
    """Fit thresholds for clips of a shape, on clips of seeds below those for measuring."""
    found, labels = [], []
    for first in range(0, FIT_CLIPS, BLOCK):
        wanted = [i % len(LABELS) for i in range(first, first + BLOCK)]
        batch = clips.make_batch(wanted, FIT_SEED + first, frames, size)
        found += [components(clip.permute(0, 2, 3, 1).numpy()) for clip in batch.frames]
        labels += wanted
        progress(min(len(labels), FIT_CLIPS), FIT_CLIPS)
    return fit(np.stack(found), np.array(labels))


def score(guesses: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """Return n, top1, top1_ci95 and per_class, as `sct.evaluation.accuracy.evaluate` does."""

    def share(right: np.ndarray, interval: str) -> dict[str, object]:
        hits, n = int(right.sum()), len(right)
        return {"n": n, "top1": hits / n, interval: list(wilson(hits, n))}

    right = guesses == labels
    per_class = {LABELS[i]: share(right[labels == i], "ci95") for i in np.unique(labels)}
    return {**share(right, "top1_ci95"), "per_class": per_class}


def compare(
    model, test_set: SyntheticTestSet, thresholds: Thresholds, ablation, progress
) -> dict[str, object]:
    """Measure baseline and model on the same clips."""
    from sct.evaluation.accuracy import evaluate

    found, labels = _components_of(test_set, progress)
    baseline = score(decide(found, thresholds), labels)
    result = evaluate(model, test_set, ablation=ablation, progress=progress)
    facts = ("n", "top1", "top1_ci95", "per_class", "restricted")
    return {"classical": baseline, "model": {name: result[name] for name in facts}}


@click.command()
@click.option("--footage", metavar="DIR", help="A folder of real videos; without it, motion only.")
@console.model_option
@click.option("--limit", type=click.IntRange(min=1), default=900, show_default=True, metavar="N")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N")
@console.device_option
@console.json_option
def main(footage: str | None, name: str, limit: int, seed: int, device: str, as_json: bool) -> None:
    """Camera motion by corner tracking (OpenCV) and by a model, on the same clips."""
    from sct.checkpoint.io import load_with_card
    from sct.model.ablation import Ablation

    model, card = load_with_card(name, device)
    ablation = Ablation.parse(str(card.get("trained_with", "none")))
    frames, size = model.config.frames, model.config.image_size
    test_sets: list[SyntheticTestSet] = [MotionTestSet(LABELS, frames, size, limit, seed)]
    if footage is not None:
        taken = take_pictures(footage, size, seed)
        test_sets.append(FootageTestSet(LABELS, frames, size, limit, seed, taken))
    with console.progress("fit") as progress:
        thresholds = fit_thresholds(frames, size, progress)
    results = {}
    for test_set in test_sets:
        with console.progress(test_set.name) as progress:
            results[test_set.name] = compare(model, test_set, thresholds, ablation, progress)
    if as_json:
        facts = {"model": name, "thresholds_px": thresholds._asdict(), "opencv": cv2.__version__}
        console.print_json({**facts, **results})
        return
    console.say(
        "thresholds, fitted on made training clips, in pixels a frame: "
        + ", ".join(f"{key} {value:.2f}" for key, value in thresholds._asdict().items())
    )
    for data, result in results.items():
        print_side_by_side(data, name, result)


def print_side_by_side(data: str, name: str, result: dict[str, dict]) -> None:
    classical, model = result["classical"], result["model"]
    console.say("", f"{classical['n']} clips of {data}, the nine labels of the camera", "")
    rows = [["  label", "corner tracking", "", name, "", ""]]
    rows.append(["  all", *_cells(classical, "top1_ci95"), *_cells(model, "top1_ci95"), ""])
    only = model["restricted"]
    rows.append(["  all, model among these nine only", "", "", *_cells(only, "top1_ci95"), ""])
    for label, row in classical["per_class"].items():
        other = model["per_class"].get(label)
        rows.append([f"  {label}", *_cells(row), *(_cells(other) if other else ("-", "")), ""])
    console.print_table(rows)


def _cells(row: dict, interval: str = "ci95") -> Sequence[str]:
    low, high = row[interval]
    return cut(row["top1"]), f"({cut(low)} to {cut(high)})"


if __name__ == "__main__":
    run(main, "classical_motion")
