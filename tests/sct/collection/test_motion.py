"""What a row says of motion is what the pages and `rank_heads` say of the same clip."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import sct
from sct.analysis.head_motion import dense_flow, rank_heads
from sct.analysis.optical_flow import DenseFlow
from sct.collection.motion import agreement, columns, drawn, motions, moved, packed, shifts_of
from sct.model.ablation import Ablation
from sct.synthetic.clips import make_clip
from sct.video.clip import normalise

LABELS = ("pan right", "tilt up")


@pytest.fixture(scope="module")
def model():
    return sct.load("sct-motion", "cpu")


@pytest.fixture(scope="module")
def pixels():
    """Two made clips and one that stands still, uint8 (3, 8, 112, 112, 3)."""
    made = [make_clip(label, seed=i, size=112, frames=8).frames for i, label in enumerate(LABELS)]
    return np.stack([*made, np.repeat(made[0][:1], 8, axis=0)])


def trace_of(model, pixels, ablation=None):
    frames = normalise(torch.from_numpy(pixels).permute(0, 1, 4, 2, 3).contiguous())
    with torch.inference_mode():
        return model(frames, ablation, trace=True).trace


def test_motion_is_what_one_trace_says_of_each_clip(model, pixels):
    shifts, trace = shifts_of(model.config, Ablation()), trace_of(model, pixels)
    assert [one.stage for one in shifts] == [1, 2, 3]
    assert [one.heads for one in shifts] == [tuple(range(6)), (0, 1), (0, 1)]
    assert drawn(shifts, model.config).stage == 2
    for one in shifts:
        fields = moved(trace, one)
        for clip in range(3):
            seen = replace(trace.shifted(one.stage), clip=clip)
            heads = "grounded" if seen.grounded else "mean"
            assert one.frames == list(range(1, 8)) and not fields[clip, 0].any()
            for frame in one.frames:
                said = -seen.displacement(frame, heads)
                assert np.allclose(fields[clip, frame], said, atol=1e-4)


def test_directions_are_those_of_the_content(model, pixels):
    shifts, trace = shifts_of(model.config, Ablation()), trace_of(model, pixels)
    fields, expect = moved(trace, shifts[1]), (180.0, 270.0)  # what the camera turns from
    for clip, angle in enumerate(expect):
        row = columns(fields[clip], shifts[1], motions(pixels[clip], shifts)[1])
        assert abs((row["stage2_direction_deg"] - angle + 180) % 360 - 180) < 25
        assert row["stage2_shift_px"] > 0.5 and row["stage2_flow_r"] > 0.5
    still = columns(fields[2], shifts[1], motions(pixels[2], shifts)[1])
    assert still["stage2_shift_px"] == 0.0 and still["stage2_direction_deg"] is None
    assert still["stage2_flow_r"] is None


@pytest.mark.parametrize("clip", range(3))
def test_agreement_is_that_of_a_head_ranked_alone(model, pixels, clip):
    trace, flow = trace_of(model, pixels[clip : clip + 1]), DenseFlow(pixels[clip])
    ranked = rank_heads(trace, pixels[clip], dense_flow(flow))
    for one in shifts_of(model.config, Ablation()):
        for head in one.heads:
            alone = replace(one, heads=(head,))
            (motion,) = motions(pixels[clip], [alone])
            said = agreement(moved(trace, alone)[0], alone, motion)
            row = next(r for r in ranked if (r["stage"], r["head"]) == (one.stage, head))
            assert said == pytest.approx(row["correlation"], abs=1e-4)


def test_stages_follow_the_ablation_that_a_model_was_trained_with(model, pixels):
    off = Ablation.parse("shifted=on,off,self")
    shifts = shifts_of(model.config, off)
    assert [(one.stage, one.frames) for one in shifts] == [(1, list(range(1, 8))), (3, [])]
    trace = trace_of(model, pixels, off)
    field = moved(trace, shifts[1])
    assert not field.any()
    row = columns(field[0], shifts[1], motions(pixels[0], shifts)[1])
    assert set(row.values()) == {None}
    twice = shifts_of(model.config, Ablation.parse("offsets=2;window=frame"))
    assert twice[0].frames == list(range(2, 8)) and twice[0].side == twice[0].grid == 14


def test_arrows_are_in_eighths_of_a_pixel_and_none_where_nothing_moved(model, pixels):
    shifts, trace = shifts_of(model.config, Ablation()), trace_of(model, pixels)
    fields = moved(trace, shifts[1])
    for clip in (0, 2):
        motion = motions(pixels[clip], shifts)[1]
        arrows = np.frombuffer(packed(fields[clip], motion), np.int8).reshape(8, 7, 7, 2)
        for frame in range(8):
            kept = 0.0 if motion.still[frame] else fields[clip, frame]
            assert np.abs(arrows[frame] / 8 - np.clip(kept, -15.875, 15.875)).max() <= 1 / 16 + 1e-6
        assert arrows.any() == (clip == 0)
