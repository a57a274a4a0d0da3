import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.studies import real_data
from benchmarks.studies.real_data import COLOURS, TASKS, manifest, options, table
from sct.datasets.dataset import open_dataset
from sct.video.mp4 import write_mp4


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "grid").mkdir()
    frames = np.random.default_rng(0).integers(0, 255, (12, 32, 40, 3), np.uint8)
    for colour in COLOURS:
        for take in range(5):
            write_mp4(frames, tmp_path / "grid" / f"b{colour}a{take}zn.mp4", 6.0)
    return tmp_path


def test_the_manifest_names_the_colour_when_and_where_it_is_said(folder):
    found = open_dataset(manifest(TASKS[1], folder, folder))
    assert found.counts == dict.fromkeys(("blue", "green", "red", "white"), 5)
    for item in found.items:
        assert found.labels[item.label][0] == item.path.name[1]
        assert (item.start_s, item.end_s, *item.box) == real_data.WHERE


def test_a_model_is_trained_once_and_measured_on_what_was_held_out(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(real_data, "TASKS", (replace(TASKS[1], steps=1),))
    monkeypatch.setattr(real_data, "USUAL", ("--batch", "2", "--validate-every", "0"))
    words = [str(folder), "--out", str(tmp_path / "out"), "--only", "colour-scratch"]
    done = CliRunner().invoke(real_data.main, [*words, "--json"])
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert row["n"] == 4 and row["chance"] == 0.25 and 0 <= row["top1"] <= 1
    written = (tmp_path / "out" / "colour-scratch.safetensors").stat().st_mtime_ns
    done = CliRunner().invoke(real_data.main, words)
    assert (tmp_path / "out" / "colour-scratch.safetensors").stat().st_mtime_ns == written
    assert "| colour-scratch |" in done.stdout and "--data" in done.stdout


def test_without_the_videos_it_says_so(tmp_path):
    done = CliRunner().invoke(real_data.main, [str(tmp_path), "--only", "colour-tuned"])
    assert done.exit_code and "no videos" in str(done.exception)


def test_the_table_sets_accuracy_beside_guessing():
    row = {"name": "a", "what": "b", "n": 40, "top1": 0.5, "top1_ci95": [0.25, 0.75]}
    said = table([{**row, "chance": 0.25, "majority": 0.3}], ["a: python"])
    assert "| a | b | 40 | 50.0 (25.0 to 75.0) | 25.0 | 30.0 |" in said


def test_tuning_and_training_anew_differ_in_the_start_only(tmp_path):
    for task in TASKS:
        tuned, anew = (options(task, start, tmp_path) for start in ("tuned", "scratch"))
        assert list(tuned) == [*anew[:2], "--init", "sct-motion", *anew[2:]]
