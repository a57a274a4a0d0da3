"""The shipped model: sums that are complete, a thing that is found, figures that are measured."""

import json

import numpy as np
import pytest

import sct
from sct.attribution import attribute, measured
from sct.evaluation.test_sets import EVALUATION_SEED
from sct.synthetic import clips


@pytest.fixture(scope="module")
def model():
    return sct.load("sct-motion", device="cpu")


def made(label, seed, **options):
    clip = clips.make_clip(label, EVALUATION_SEED + seed, **options)
    return clip, sct.preprocess(clip.as_clip(), 112)


@pytest.mark.parametrize(("label", "frames"), [("zoom in", 4), ("object spins clockwise", 3)])
def test_integrated_gradients_are_complete(model, label, frames):
    """Their sum, with what sorting anew does, is the difference of two plain forward passes."""
    _, frames = made(label, 5, frames=frames)
    found = attribute(model, frames, "integrated-gradients")
    still = frames.mean(1, keepdim=True).expand_as(frames)
    clip, base = (float(model(x).logits[0, found.target]) for x in (frames, still))
    total = found.values.sum(dtype=np.float64) + found.facts["resorting"]
    assert abs(clip - base) > 1
    assert total == pytest.approx(clip - base, rel=0.02)
    assert found.facts["completeness_error"] < 0.02
    assert abs(found.facts["resorting"]) < 0.1 * abs(clip - base)


@pytest.mark.parametrize(
    ("label", "seed"), [("object moves right", 6), ("object spins clockwise", 9)]
)
def test_occlusion_finds_the_only_thing_that_moves(model, label, seed):
    """As many patches as the thing passes over, those of the highest values, are mostly its own."""
    clip, frames = made(label, seed, clean=True)
    thing = (clip.batch.shown[0].numpy() > 0).reshape(8, 28, 4, 28, 4).mean((2, 4))
    passed = thing.max(0) >= 0.5
    values = attribute(model, frames, "occlusion", target=clip.index).values.sum(0)
    best = np.argsort(-values.ravel(), kind="stable")[: passed.sum()]
    found = np.zeros(passed.size, bool)
    found[best] = True
    found = found.reshape(passed.shape)
    assert (found & passed).sum() / (found | passed).sum() > 0.5


def test_what_was_measured_is_read_for_these_weights_only(tmp_path, monkeypatch):
    assert measured("no such model") is None
    assert measured("../sct-motion") is None
    assert measured("sct-motion", "../sct-motion") is None
    weights = sct.checkpoint.io.fingerprint("sct-motion")
    monkeypatch.setattr("sct.attribution.sanity_checks.SHIPPED", tmp_path)
    assert measured("sct-motion") is None
    file = tmp_path / "sct-motion.attributions.json"
    file.write_text(json.dumps({"weights": weights, "n": 3}))
    assert measured("sct-motion")["n"] == 3
    assert measured("sct-motion", "camera") is None
    (tmp_path / "sct-motion.camera.attributions.json").write_text(file.read_text())
    assert measured("sct-motion", "camera")["n"] == 3
    file.write_text(json.dumps({"weights": "others", "n": 3}))
    assert measured("sct-motion") is None
