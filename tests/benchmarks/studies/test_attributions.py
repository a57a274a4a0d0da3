"""The table of attributions: what it is made of, and that a run goes on where it was ended."""

import json

import pytest

import sct
from benchmarks.studies import attributions
from sct.attribution import METHODS
from sct.evaluation.statistics import mean_interval
from sct.synthetic.clips import LABELS
from sct.synthetic.composite import QUESTIONS


def row(clip, method, gain, **more):
    return {
        "weights": "w",
        "clip": clip,
        "label": "static",
        "seed": 1,
        "answer": "static",
        "method": method,
        "gain": gain,
        "deletion": 0.2,
        "insertion": 0.2 + gain,
        "random_gain": 0.1,
        "motion_gain": 0.4,
        "over_random": gain - 0.1,
        "over_motion": gain - 0.4,
        "randomised": 0.1,
        "infidelity": 0.5,
        "sensitivity": 0.1,
        "verdicts": {
            "random": gain > 0.1,
            "motion": False,
            "randomised": True,
            "infidelity": False,
            "sensitivity": True,
        },
        "facts": {"completeness_error": 0.001 * clip},
        "seconds": 1.0,
        **more,
    }


def rows(clips=3):
    return [
        row(clip, method.key, 0.05 * place + 0.01 * clip)
        for clip in range(clips)
        for place, method in enumerate(METHODS)
    ]


def test_means_by_hand():
    """Of 1, 2, 3: mean 2, deviation 1, so 4.303 / sqrt 3 either side."""
    mean, low, high = mean_interval([1, 2, 3])
    assert mean == 2 and high - mean == mean - low == pytest.approx(2.4843, abs=1e-3)


def test_the_table_is_ranked_and_judged_by_intervals():
    found = attributions.summary(rows())
    assert found["n"] == 3 and len(found["clips"]) == 3
    gains = [method["gain"]["mean"] for method in found["methods"]]
    assert gains == sorted(gains, reverse=True)
    assert [method["method"] for method in found["methods"]] == [m.key for m in METHODS][::-1]
    best, worst = found["methods"][0], found["methods"][-1]
    assert best["passed"] and best["verdicts"]["random"] and best["passed_clips"] == 3
    assert worst["passed"] is False and worst["verdicts"]["random"] is False
    # A mean of 0.06 over motion with an interval of 0.025 either side: it is beaten for sure.
    assert best["verdicts"]["motion"] and found["methods"][2]["verdicts"]["motion"] is False
    assert worst["completeness_error_most"] == pytest.approx(0.002)


def test_what_an_interval_leaves_open_is_open():
    """Gains of 0.05 and 0.25 with randoms of 0.1: 0.05 over them, give or take 1.27."""
    few = [row(clip, m.key, 0.05 + 0.2 * clip) for clip in range(2) for m in METHODS]
    found = attributions.summary(few)["methods"][0]
    assert found["verdicts"]["random"] is None and found["verdicts"]["sensitivity"] is True
    assert found["passed"] is None and found["passed_clips"] == 1


def test_clips_count_when_all_methods_are_done():
    some = rows() + [row(3, METHODS[0].key, 0.9)]
    assert attributions.summary(some)["n"] == 3
    with pytest.raises(ValueError, match="at least 2"):
        attributions.summary(rows(1))


def test_rows_of_other_weights_and_cut_lines_are_left_out(tmp_path):
    file = tmp_path / "rows.jsonl"
    assert attributions.read_rows(file, "w") == []
    lines = [row(0, "frames", 0.1), row(1, "frames", 0.1) | {"weights": "other"}]
    file.write_text("\n".join(map(json.dumps, lines)) + '\n{"weights": "w", "cl')
    assert [found["clip"] for found in attributions.read_rows(file, "w")] == [0]


def test_what_is_done_is_not_done_again(monkeypatch):
    done = {(clip, method.key) for clip in range(2) for method in METHODS}
    assert list(attributions.measure("sct-motion", "", 2, done, 1)) == []
    with pytest.raises(ValueError, match="questions are camera, subject"):
        next(attributions.measure("sct-scene", "light", 2, set(), 1))


@pytest.fixture(scope="module")
def small():
    return sct.build("sct_ti", frames=3)


def test_the_first_clips_hold_both_kinds_of_motion(small):
    labels = [attributions.clip_of(number, small, "")[0] for number in range(17)]
    assert sorted(labels) == sorted(LABELS)
    assert {label.startswith("object") for label in labels[:3]} == {True, False}


@pytest.mark.parametrize(("question", "labels"), QUESTIONS)
def test_the_clips_of_a_question_hold_each_answer_beside_several_of_the_other(
    question, labels, small
):
    place = [name for name, _ in QUESTIONS].index(question)
    beside = {label: set() for label in labels}
    for number in range(3 * len(labels)):
        label, seed, clip = attributions.clip_of(number, small, question)
        assert labels[int(clip.labels[0, place])] == label and clip.seed == seed
        beside[label].add(int(clip.labels[0, 1 - place]))
    assert all(len(others) == 3 for others in beside.values())
    with pytest.raises(ValueError, match="no made clip"):
        attributions.clip_of(0, small, "light")


def test_rows_of_another_question_are_left_out(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row(0, "frames", 0.1) | {"question": "subject"}))
    assert attributions.read_rows(file, "w") == []
    assert len(attributions.read_rows(file, "w", "subject")) == 1
