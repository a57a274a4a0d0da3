import json

import numpy as np
import pytest
from click.testing import CliRunner

import sct
from benchmarks.studies import classical_motion as classical
from benchmarks.studies.classical_motion import LABELS, Thresholds, components, decide, fit, score
from sct.checkpoint import io
from sct.evaluation.test_sets import EVALUATION_SEED
from sct.synthetic import clips

USUAL = Thresholds(shift=0.5, zoom=0.2, roll=0.15)


def found_in(labels, seed: int, **options) -> np.ndarray:
    made = clips.make_batch(labels, seed, frames=5, **options)
    return np.stack([components(clip.permute(0, 2, 3, 1).numpy()) for clip in made.frames])


def test_each_motion_moves_its_own_component():
    """Clean clips of half a token, four pixels, a frame."""
    found = found_in(list(LABELS[1:]), 11, clean=True, speed=0.5)
    for label, row in zip(LABELS[1:], found, strict=True):
        component = next(i for i, pair in enumerate(classical.SIGNS) if label in pair)
        sign = 1 if classical.SIGNS[component][0] == label else -1
        assert sign * row[component] == pytest.approx(4, rel=0.25), label
        others = np.delete(np.abs(row), component)
        assert (others < 1.5).all(), label


def test_clean_pans_are_named():
    labels = [label for label in LABELS if "pan" in label or "tilt" in label] * 8
    guesses = decide(found_in(labels, 5, clean=True), USUAL)
    result = score(guesses, np.array([LABELS.index(label) for label in labels]))
    assert result["n"] == 32 and result["top1"] > 0.9
    assert set(result["per_class"]) == set(labels)


def test_decide_by_hand():
    rows = [[0.4, 0, 0, 0], [0.6, 0, 0, 0], [-3, 0, 0, 0.2], [0, 2, -1, 0], [0, -2, 0, 0]]
    rows += [[0, 0, 0.3, 0], [0, 0, -0.3, 0], [0.9, 0, 0, 0.3], [0, 0, 0, -0.3]]
    said = [LABELS[i] for i in decide(np.array(rows, float), USUAL)]
    assert said == [
        *("static", "pan left", "pan right", "zoom out", "tilt down"),
        *("zoom in", "zoom out", "roll counter-clockwise", "roll clockwise"),
    ]


def test_frames_without_corners_are_static():
    frames = np.full((4, 64, 64, 3), 90, np.uint8)
    assert not components(frames).any()
    assert LABELS[decide(components(frames)[None], USUAL)[0]] == "static"


def test_fit_finds_thresholds_between_the_classes():
    rng = np.random.default_rng(0)
    found, labels = [], []
    for label, component in (("pan left", 0), ("tilt up", 1), ("zoom in", 2)):
        for _ in range(30):
            row = rng.uniform(-0.3, 0.3, 4)
            row[component] = rng.uniform(1.5, 4)
            found.append(row)
            labels.append(LABELS.index(label))
    for _ in range(30):
        found.append(rng.uniform(-0.3, 0.3, 4))
        labels.append(LABELS.index("static"))
    thresholds = fit(np.array(found), np.array(labels))
    assert all(0.3 < value < 1.5 for value in thresholds[:2]) and thresholds.roll > 0.3
    assert (decide(np.array(found), thresholds) == labels).all()


def test_thresholds_are_not_fitted_on_what_is_measured():
    assert classical.FIT_SEED + classical.FIT_CLIPS < EVALUATION_SEED


def test_the_command(tmp_path, monkeypatch):
    shape = {"image_size": 56, "frames": 3, "widths": (8, 16), "vilt_blocks": (1, 0)}
    shape |= {"heads": (2, 2), "clip_layers": 1, "num_classes": 17, "labels": clips.LABELS}
    model = sct.SCT(sct.SCTConfig(**shape))
    io.save(model, tmp_path / "mine", {})
    (tmp_path / "videos").mkdir()
    cells = np.random.default_rng(0).integers(0, 256, (20, 26, 3), np.uint8)
    still = cells.repeat(10, axis=0).repeat(10, axis=1)
    sct.video.clip.write_mp4(np.stack([still] * 4), tmp_path / "videos" / "a.mp4", fps=10)
    monkeypatch.setattr(classical, "FIT_CLIPS", 8)
    args = ["--model", str(tmp_path / "mine.safetensors"), "--limit", "9", "--device", "cpu"]
    args += ["--footage", str(tmp_path / "videos")]
    result = CliRunner().invoke(classical.main, [*args, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found["thresholds_px"]) == {"shift", "zoom", "roll"}
    for data in ("motion", "footage"):
        assert found[data]["classical"]["n"] == found[data]["model"]["n"] == 9
        assert list(found[data]["classical"]["per_class"]) == list(LABELS)
    thresholds = Thresholds(**found["thresholds_px"])
    classical.print_side_by_side("footage", "mine", found["footage"])
    assert thresholds.shift > 0
