"""Sweeps: the numbers are those of the model, and the marks those of its windows."""

from dataclasses import replace

import pytest
import torch

import sct
from sct.evaluation.motion_sweep import (
    MatchingRange,
    Point,
    matching_ranges,
    point,
    recognised_speeds,
    values,
)
from sct.model.ablation import Ablation
from sct.synthetic.from_spec import render_spec
from sct.synthetic.spec import ClipSpec


@pytest.fixture(scope="module")
def model():
    if not sct.list_models():
        pytest.skip("needs a trained model")
    return sct.load("sct-motion")


def test_content_leaves_a_window_of_so_many_pixels():
    config = sct.SCTConfig()
    assert matching_ranges(config) == (
        MatchingRange(1, 8, 56, 56.0),
        MatchingRange(2, 16, 112, 112.0),
        MatchingRange(3, 16, 112, 112.0),
    )
    assert [s.leaves for s in matching_ranges(config, Ablation(offsets=(2,)))] == [28, 56, 56]
    assert matching_ranges(config, Ablation(window="frame"))[0].leaves == 112
    own = matching_ranges(config, Ablation(shifted=("self", "off", "on")))
    assert own == (MatchingRange(1, 8, 56, None), MatchingRange(3, 16, 112, 112.0))
    assert matching_ranges(replace(config, shifted_blocks=0)) == ()
    wide = sct.SCTConfig(image_size=224, shifted_offsets=(2,))
    assert [s.leaves for s in matching_ranges(wide)] == [28, 56, 112 / 2]


def test_values_go_up_to_the_fastest_and_offsets_through_all_frames():
    config = sct.SCTConfig()
    speeds = values("speed", ClipSpec("pan left"), config)
    assert speeds[0] == 0.25 and speeds[-1] == 120 and list(speeds) == sorted(set(speeds))
    assert sum(speed <= 4 for speed in speeds) >= 6
    noise = values("noise", ClipSpec(), config)
    assert noise[0] == 0 and noise[-1] == 80
    assert values("offset", ClipSpec(), config) == (1, 2, 3, 4, 5, 6, 7)
    for field, shot in (("speed", ClipSpec("static")), ("colour", ClipSpec())):
        with pytest.raises(ValueError, match="sweep"):
            values(field, shot, config)


def row(*means):
    return [Point(2.0**i, "pan left", (m, m), 0) for i, m in enumerate(means)]


def test_a_motion_is_told_between_the_speeds_at_which_the_truth_is_as_likely_as_not():
    slowest, fastest = recognised_speeds(row(0.1, 0.3, 0.7, 0.9, 0.6, 0.2, 0.8))
    assert slowest == pytest.approx(2 * 2**0.5)  # halfway from 2 to 4, by their logarithms
    assert fastest == pytest.approx(16 * 2**0.25)  # what comes after it was lost once is luck
    assert recognised_speeds(row(0.9, 0.8, 0.6)) == (None, None)
    assert recognised_speeds(row(0.9, 0.1)) == (None, pytest.approx(2**0.5))
    assert recognised_speeds(row(0.3, 0.4)) is None and recognised_speeds([]) is None
    nan = float("nan")  # is not told, though no number is above it
    assert recognised_speeds(row(nan, nan)) is None and recognised_speeds(row(nan, 0.3)) is None
    assert recognised_speeds(row(nan, 0.75, nan)) == (
        pytest.approx(2 ** (1 - 1 / 3)),
        pytest.approx(2 ** (4 / 3)),
    )


def test_a_point_is_what_the_model_says_of_each_scene(model):
    shot = ClipSpec("tilt up", 4, seed=999_999)
    found = point(model, shot, "noise", 12, scenes=2)
    with torch.inference_mode():
        for i, seed in enumerate((999_999, 0)):
            clip = render_spec(replace(shot, noise=12, seed=seed)).as_clip()
            logits = model(sct.preprocess(clip, 112)).logits[0]
            assert found.probability[i] == pytest.approx(float(logits.softmax(-1)[3]), abs=1e-4)
    assert found.truth == "tilt up" and found.value == 12


def test_an_offset_is_an_ablation_and_lets_slow_motion_be_seen(model):
    """What the page lets a student find: over four frames a slow pan has gone far enough."""
    shot = ClipSpec("pan left", 0.6)
    asked = point(model, shot, "offset", 4, scenes=2)
    told = point(model, shot, "speed", 0.6, Ablation(offsets=(4,)), scenes=2)
    assert asked.probability == pytest.approx(told.probability, abs=1e-5)
    assert asked.mean > 0.8 > 0.2 > point(model, shot, "offset", 1, scenes=2).mean


def test_what_stands_still_is_static(model):
    assert point(model, ClipSpec("pan left"), "speed", 0, scenes=1).truth == "static"


def test_a_pan_that_leaves_every_window_is_no_longer_told(model):
    """What the page lets a student find: sure at 4 pixels a frame, lost past the frame's width."""
    slow, fast = (point(model, ClipSpec("pan left"), "speed", v, scenes=6) for v in (4, 115))
    assert slow.mean > 0.9 and slow.right == 6
    assert fast.mean < 0.5


def test_what_cannot_be_asked_is_said(model):
    bent = ClipSpec("object path", path=((10, 50), (90, 50), (10, 50)))
    for arguments in ((bent, "noise", 3), (ClipSpec(), "speed", 200), (ClipSpec(), "colour", 1)):
        with pytest.raises(ValueError, match=r"sweep|shot speed"):
            point(model, *arguments, scenes=1)
