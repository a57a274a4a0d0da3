"""Attributions in words and as files: questions, labels, frames that are seen anew, pictures."""

import io
import itertools
import json

import numpy as np
import pytest
import torch

import sct
from sct.attribution import METHODS, Attribution, method_of
from sct.synthetic.clips import make_clip
from sct.video.clip import Clip
from viz.components.heatplayer.from_attribution import as_seen, heat_map, says
from viz.text.attribution import Verdict, order, over_set, question
from viz.views import Look, Scene, render

LABELS = ("left", "right", "still")


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.key)
def test_every_method_says_what_its_colours_mean(method):
    meaning, up, down = says(method, LABELS, 1, None)
    assert ("right" in meaning) is method.signed and bool(down) is method.signed and up
    meaning, up, down = says(method, LABELS, 1, 0)
    assert ("for right, orange for left" in meaning) is method.signed
    assert ("right rather than left" in up) is method.signed
    assert not method.signed or "left instead" in down
    assert question(LABELS, 1, None) == "Why right?"
    assert question(LABELS, 1, 0) == "Why right and not left?"


def test_frames_that_are_seen_anew_keep_the_sum():
    values = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    np.testing.assert_array_equal(as_seen(values, (2, 1, 0)), values[::-1])
    first = values * np.array([1, 0, 0], np.float32)[:, None, None]
    again = as_seen(first, (0, 0, 0))
    np.testing.assert_allclose(again.sum(0), first.sum(0), rtol=1e-6)
    np.testing.assert_array_equal(as_seen(values.sum((1, 2)), (1, 0, 2)), [92, 28, 156])


def found(method, frames=8, target=1, against=None, seed=0):
    values = np.random.default_rng(seed).normal(size=(frames, 28, 28)).astype(np.float32)
    values = values if method_of(method).signed else np.abs(values)
    return Attribution(method, target, against, "none", values, values.sum((1, 2)), {})


def test_the_player_is_told_the_verdict():
    verdict = Verdict(False, "fails its check", "it is no better than chance")
    shown = heat_map(found("occlusion"), method_of("occlusion"), LABELS, range(8), verdict)
    assert (shown.verdict, shown.badge, shown.why) == ("failed", verdict.badge, verdict.why)
    assert shown.signed and shown.up == "speaks for right"
    np.testing.assert_array_equal(shown.frames, found("occlusion").frames)


@pytest.fixture(scope="module")
def scene():
    model = sct.build("sct_ti").eval()
    clip = make_clip("pan right", 8).as_clip()
    with torch.inference_mode():
        trace = model(sct.preprocess(clip, 112), trace=True).trace
    make = lambda method, target, against: found(method, 8, target or 1, against)  # noqa: E731
    return Scene.of(clip, trace, "a model", 224, attribute=make)


ONE, TWO = ("occlusion",), ("saliency", "shapley")


@pytest.mark.parametrize("methods", [ONE, TWO, ("saliency",)])
def test_pictures_are_of_one_size_and_differ(scene, methods):
    look = Look(methods=methods, target=2, against=0)
    frames = list(render(scene, "attribution", look).pictures())
    assert {f.shape for f in frames} == {frames[0].shape} and len(frames) == 8
    assert frames[0].shape[1] > 2 * 224 and not any(s % 2 for s in frames[0].shape[:2])
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    faint = Look(methods=methods, target=2, against=0, opacity=0.1)
    assert (render(scene, "attribution", faint).picture(3) != frames[3]).any()


def test_a_method_that_failed_is_marked_in_its_picture(scene, monkeypatch):
    from dataclasses import replace

    from viz.raster import canvas

    said = []
    monkeypatch.setattr(canvas, "fit", lambda text, *a, **k: said.append(str(text)) or "x")
    table = {
        "n": 17,
        "methods": [
            {
                "method": "saliency",
                "passed": False,
                "passed_clips": 4,
                "verdicts": {"random": False, "randomised": True, "infidelity": True,
                             "sensitivity": False},
            }
        ],
    }  # fmt: skip
    told = over_set(table, "saliency")
    assert told.passed is False and "4 of 17" in told.why
    assert "random" in told.why and "noise" in told.why and "shuffled" not in told.why
    left = {"n": 17, "methods": [{**table["methods"][0], "passed": None}]}
    assert over_set(left, "saliency").badge == "map open on the fixed set"
    assert over_set(table, "rollout").passed is None and over_set(None, "rollout").passed is None
    asked = []
    marked = replace(scene, verdict=lambda *a: asked.append(a) or over_set(table, a[0]))
    look = Look(methods=TWO, target=2, against=0)
    render(marked, "attribution", look).picture(3)
    assert asked == [("saliency", 2, 0), ("shapley", 2, 0)]
    assert any(text.endswith("map fails on the fixed set") for text in said)
    assert any(text.endswith("not checked") for text in said)


def test_numbers_and_table_have_a_column_for_each_method(scene):
    look = Look(methods=TWO, target=2, against=0)
    drawn = render(scene, "attribution", look)
    numbers = drawn.numbers
    np.testing.assert_array_equal(numbers["shapley"], found("shapley").values)
    lines = drawn.csv().splitlines()
    assert lines[0] == "frame,seconds,row,column,saliency,shapley" and len(lines) == 1 + 8 * 784
    with np.load(io.BytesIO(drawn.npz())) as loaded:
        assert (int(loaded["target"]), int(loaded["against"])) == (2, 0)
        assert json.loads(str(loaded["about"]))["methods"] == list(TWO)
        np.testing.assert_array_equal(loaded["saliency"], numbers["saliency"])


def test_a_map_of_nothing_and_a_clip_of_one_frame_can_be_drawn():
    model = sct.build("sct_ti", frames=1).eval()
    clip = Clip.from_frames(make_clip("static", 0).frames[:1])
    with torch.inference_mode():
        trace = model(sct.preprocess(clip, 112), trace=True).trace
    nothing = Attribution("frames", 0, None, "none", np.zeros((1, 28, 28), np.float32), [0.0], {})
    scene = Scene.of(clip, trace, "a model", 224, attribute=lambda *asked: nothing)
    look = Look(methods=("frames",))
    assert len(list(render(scene, "attribution", look).pictures())) == 1


def test_a_scene_without_a_model_says_so(scene):
    from dataclasses import replace

    with pytest.raises(LookupError, match="no model"):
        render(replace(scene, attribute=None), "attribution", Look(methods=ONE))


def test_a_checked_map_of_an_unsure_answer_is_not_green():
    checked = Verdict(True, "map checked on this clip", "Over the fixed set it passes.")
    assert (checked.kind, checked.mark) == ("passed", "✓")
    assert checked.of_answer("") is checked
    doubted = checked.of_answer("not sure")
    assert (doubted.kind, doubted.mark) == ("open", "?")
    assert doubted.badge == "map checked on this clip, but the answer is not sure"
    failed = Verdict(False, "map fails its check on this clip", "No better than chance.")
    assert failed.of_answer("wrong") is failed


def test_an_order_is_written_as_in_the_tables():
    assert [order(gain) for gain in (0.0977, -0.03, 0.0)] == ["+0.10", "−0.03", "+0.00"]
