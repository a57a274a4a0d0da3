"""The views that are taken away: their numbers against the trace, and their pictures."""

import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

import sct
from sct.analysis.head_motion import dense_flow, rank_heads, true_flow
from sct.analysis.optical_flow import DenseFlow
from sct.analysis.rollout import Rollout, rollout
from sct.synthetic.clips import make_clip
from sct.video.clip import Clip
from viz.raster import canvas
from viz.views import (
    Look,
    Scene,
    figure4,
    render,
)


@pytest.fixture(scope="module")
def model():
    return sct.load("sct-motion", "cpu")


def scene_of(model, clip, text="none", **more):
    with torch.inference_mode():
        frames = sct.preprocess(clip, model.config.image_size)
        trace = model(frames, sct.Ablation.parse(text), trace=True).trace
    return Scene.of(clip, trace, "a model", 224, rollout=lambda: rollout(model, trace), **more)


@pytest.fixture(scope="module")
def made():
    return make_clip("pan right", 8)


@pytest.fixture(scope="module")
def scene(model, made):
    found = scene_of(model, made.as_clip())
    return replace(found, flow=true_flow(made))


def test_numbers_are_those_of_the_trace(scene):
    look = Look(2, 0, (1, 5), gain=1.0)
    found = render(scene, "attention", look).numbers
    seen = scene.trace.shifted(2)
    for frame in (0, 5):
        for name, want in zip(("previous", "current"), seen.maps(frame, (1, 5), 0), strict=True):
            np.testing.assert_array_equal(found[name][frame], want)
    assert found["previous_frame"].tolist() == [0, 0, 1, 2, 3, 4, 5, 6]
    found = render(scene, "motion", look).numbers
    np.testing.assert_array_equal(found["read"][4], -seen.displacement(4, 0))
    found = render(scene, "buckets", Look(1, 2, (3, 4))).numbers
    lsh = scene.trace.lsh(1)
    np.testing.assert_array_equal(found["buckets"][6], lsh.buckets(6, 2, 0))
    np.testing.assert_array_equal(found["attended"][6], lsh.attended(6, (3, 4), 2, 0))
    found = render(scene, "figure4", Look()).numbers
    np.testing.assert_allclose(found["share"], found["frames"][:, None, None] * found["patches"])
    assert found["share"].sum() == pytest.approx(1, abs=1e-4)


def test_the_flow_of_a_pan_is_one_way_and_attention_agrees(scene):
    found = render(scene, "motion", Look(2)).numbers
    flow = found["flow"][3][found["known"][3]]
    assert (flow[:, 1] < -1).all()  # the camera turns right, so the picture moves left
    assert found["agreement"][1:, 0].min() > 0.7
    assert np.isnan(found["agreement"][0, 0]) and found["agreement"][0, 1] == 0


def test_dense_flow_is_near_the_truth(made):
    true, dense = true_flow(made).of(14, 1), dense_flow(DenseFlow(made.frames)).of(14, 1)
    both = (true.valid & dense.valid)[:, 1:]
    assert both.float().mean() > 0.6 and not dense.valid[:, 0].any()
    off = (true.displacement - dense.displacement)[:, 1:][both].norm(dim=-1) * 8  # pixels
    assert off.median() < 0.3


def test_grounded_heads_of_the_shipped_model_follow_a_pan_best(scene):
    rows = rank_heads(scene.trace, scene.seen, scene.flow)
    assert len(rows) == 14
    assert all(row["grounded"] for row in rows[:4])
    assert all(row["correlation"] > 0.9 for row in rows[:4])
    values = [row["correlation"] for row in rows]
    assert values == sorted(values, reverse=True)


def moving(frame):
    """How many pixels of the picture have an arrow's colour."""
    return int((np.abs(frame.astype(int) - (255, 200, 61)).max(-1) < 12).sum())


def test_a_still_clip_has_no_arrows_and_says_so(model):
    texture = np.random.default_rng(0).integers(0, 255, (14, 14, 3), np.uint8)
    frame = texture.repeat(8, 0).repeat(8, 1)
    still = Clip.from_frames(np.repeat(frame[None], 8, 0))
    scene = scene_of(model, still)
    scene = replace(scene, flow=dense_flow(DenseFlow(scene.seen)))
    drawn = render(scene, "motion", Look(2))
    found = drawn.numbers
    assert np.abs(found["read"]).max() > 0.05  # attention alone would have drawn something
    assert not found["changed"].any() and not found["agreement"][:, 1].any()
    assert "nothing moved" in drawn.note(3)
    none = drawn.picture(3)
    drawn.numbers["changed"] = ~found["changed"]
    every = drawn.picture(3)
    # The legend has an arrow in both, and the clip's own pixels may have its colour.
    assert moving(every) > moving(none) + 100
    assert moving(none) <= moving(scene.pictures[3]) + moving(drawn.picture(0))
    rows = rank_heads(scene.trace, scene.seen, scene.flow)
    assert all(row["correlation"] is None and row["moving"] == 0 for row in rows)


def test_a_clip_of_one_frame(model):
    one = Clip.from_frames(make_clip("static", 0).frames[:1])
    scene = scene_of(model, one)
    scene = replace(scene, flow=dense_flow(DenseFlow(scene.seen)))
    for name in ("attention", "motion", "buckets", "figure4"):
        look = Look(2 if name != "buckets" else 1)
        drawn = render(scene, name, look)
        assert len(list(drawn.pictures())) == 1 and drawn.still(0).ndim == 3
    assert all(r["correlation"] is None for r in rank_heads(scene.trace, scene.seen, scene.flow))


@pytest.mark.parametrize("name", ["attention", "motion", "buckets", "figure4"])
def test_all_frames_of_a_view_are_one_size_even_and_differ(scene, name):
    look = Look(2 if name != "buckets" else 1)
    drawn = render(scene, name, look)
    frames = list(drawn.pictures())
    assert {f.shape for f in frames} == {frames[0].shape} and len(frames) == 8
    assert frames[0].dtype == np.uint8 and not any(s % 2 for s in frames[0].shape[:2])
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    faint = render(scene, name, replace(look, opacity=0.2)).picture(4)
    assert (faint != frames[4]).any() or name == "figure4"
    with pytest.raises(IndexError, match="0 to 7"):
        drawn.picture(8)


def test_the_light_falls_where_attention_does():
    picture = np.full((112, 112, 3), 120, np.uint8)
    patches = np.full((28, 28), 1.0)
    patches[4:8, 20:24] = 6
    patches /= patches.sum()
    lit = figure4.light(picture, patches, 1.0, figure4.bright(patches[None]))
    assert lit[16:32, 80:96].mean() > 2.5 * lit[60:100, 10:60].mean()
    dim = figure4.light(picture, patches, 0.1, figure4.bright(patches[None]))
    assert dim[16:32, 80:96].mean() < 0.7 * lit[16:32, 80:96].mean()


def test_an_even_map_is_even_and_said_to_be():
    picture = np.full((112, 112, 3), 120, np.uint8)
    even = np.full((3, 28, 28), 1 / 784)
    assert figure4.is_even(even) and not figure4.is_even(even * np.linspace(0.5, 1.5, 28))
    assert np.ptp(figure4.light(picture, even[0], 1.0, figure4.bright(even))) == 0


def test_an_even_attention_map_is_not_drawn_as_a_peak(scene, monkeypatch):
    seen = scene.trace.shifted(2)
    q = seen.matched.q.clone() * 0
    flat = replace(seen, matched=seen.matched._replace(q=q))
    trace = replace(scene.trace, shifted_seen={2: (flat,)})
    said = []
    monkeypatch.setattr(
        canvas, "fit", lambda text, *a, **k: said.append(str(text)) or str(text)[:40]
    )
    scene = replace(scene, trace=trace)
    look = Look(2, "mean")
    render(scene, "attention", look).picture(3)
    assert "evenly to every patch" in said
    assert "4.1%" in said  # the top of the scale: twice an even share of 49


def test_the_numbers_come_back_without_pickle(scene):
    look = Look(2)
    drawn = render(scene, "motion", look)
    with np.load(io.BytesIO(drawn.npz()), allow_pickle=False) as loaded:
        np.testing.assert_array_equal(loaded["read"], drawn.numbers["read"])
        assert '"stage": 2' in str(loaded["about"])
        assert loaded["times"].tolist() == pytest.approx(scene.times)


def test_the_table_has_a_row_for_each_patch_of_each_frame(scene):
    drawn = render(scene, "buckets", Look(1))
    lines = drawn.csv().splitlines()
    assert lines[0] == "frame,seconds,row,column,bucket,attended"
    assert len(lines) == 1 + 8 * 28 * 28
    frame, _, row, column, bucket, _ = lines[1 + 784 + 29].split(",")
    assert (frame, row, column) == ("1", "1", "1")
    assert int(bucket) == drawn.numbers["buckets"][1, 1, 1]


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("shifted=off", "attention", "shifted MSA of stage 2 is off"),
        ("shifted=off", "motion", "shifted MSA of stage 2 is off"),
        ("lsh=full", "buckets", "replaced by full attention"),
    ],
)
def test_what_is_off_is_said(model, made, text, name, says):
    scene = scene_of(model, made.as_clip(), text)
    with pytest.raises(LookupError, match=says):
        render(scene, name, Look(2))


def test_a_name_with_markup_is_only_text(scene):
    hostile = replace(scene, name="<img src=x onerror=alert(1)>\u202e.mp4", model="$(rm)")
    look = Look(2)
    plain = render(scene, "motion", look).picture(2)
    drawn = render(hostile, "motion", look).picture(2)
    changed = np.argwhere((plain != drawn).any(-1))
    assert len(changed) and changed[:, 0].min() > drawn.shape[0] - 60  # only the caption


def test_the_strip_shows_each_frame_twice(scene):
    patches = np.full((8, 28, 28), 1 / 784, np.float32)
    stub = Rollout(patches, np.full(8, 1 / 8, np.float32), None)
    found = render(replace(scene, rollout=lambda: stub), "figure4", Look())
    sheet = found.still(0)
    assert sheet.shape[1] > 8 * 232 and sheet.shape[0] > 2 * 232
    assert found.numbers["frames"].sum() == pytest.approx(1)


def test_the_largest_of_all_heads_is_taken_patch_by_patch(scene):
    drawn = render(scene, "attention", Look(2, "max", (1, 5)))
    seen = scene.trace.shifted(2)
    each = [seen.maps(4, (1, 5), h)[0] for h in range(seen.heads)]
    assert np.array_equal(drawn.numbers["previous"][4], np.max(each, axis=0))
    assert drawn.picture(4).dtype == np.uint8


def test_merged_rounds_attend_as_the_model_does(model, made):
    scene = scene_of(model, made.as_clip(), "rounds=3")
    look = Look(1, 1, (9, 20), round=-1)
    drawn, seen = render(scene, "buckets", look), scene.trace.lsh(1)
    found = drawn.numbers
    assert np.array_equal(found["attended"][2], seen.attended(2, (9, 20), 1))
    assert np.array_equal(found["buckets"][2], seen.buckets(2, 1, 0))
    assert drawn.picture(2).any()


@pytest.mark.parametrize("name", ["attention", "motion", "buckets", "figure4"])
def test_frames_are_drawn_from_what_was_prepared(scene, name):
    drawn = render(scene, name, Look(2 if name != "buckets" else 1))
    before = drawn.picture(4)
    # Nothing but the pictures is asked for again, so a frame costs no way back to the model.
    drawn.scene = replace(scene, trace=None, seen=None, flow=None, rollout=None)
    assert np.array_equal(drawn.picture(4), before)
