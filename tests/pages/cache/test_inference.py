"""What is computed from a trace is cached by what that trace depends on."""

import numpy as np

import sct
from pages.cache import clips, inference, models
from pages.state.view import View
from sct.analysis.head_motion import rank_heads, true_flow
from sct.model.ablation import Ablation


def test_real_motion_is_that_of_the_frames_that_the_trace_looks_back_by():
    loaded = models.load(sct.list_models()[0])
    config = loaded.model.config
    synthetic, clip = clips.sample_clip("pan right", 8, config.frames, config.image_size)
    view = View(loaded, clip, synthetic, Ablation(), None, everywhere=False)
    motions = []
    for ablation in (Ablation(), Ablation(offsets=(2,))):  # one view, as lessons and pages share it
        result = inference.forward(loaded, clip, ablation)
        seen = result.trace.shifted(2)
        (known,) = inference.references(view, result, seen, 2)
        motions.append(np.nanmean(np.where(known.known, known.motion[..., 1], np.nan)[4:]))
    assert np.isclose(motions[1], 2 * motions[0], rtol=0.1)


def test_a_result_is_the_same_object_for_all_who_ask():
    loaded = models.load(sct.list_models()[0])
    config = loaded.model.config
    synthetic, clip = clips.sample_clip("zoom in", 3, config.frames, config.image_size)
    view = View(loaded, clip, synthetic, Ablation(clip="mean"), None, everywhere=True)
    result = inference.result_of(view)
    assert inference.forward(loaded, clip, Ablation(clip="mean")) is result
    assert result.key == (clip.hash, loaded.key, "clip=mean")
    assert inference.attention_rollout(loaded, result) is inference.attention_rollout(
        loaded, result
    )


def test_a_clip_has_its_own_correlations_of_one_stage_alone():
    loaded = models.load(sct.list_models()[0])
    config = loaded.model.config
    synthetic, clip = clips.sample_clip("object moves right", 8, config.frames, config.image_size)
    view = View(loaded, clip, synthetic, Ablation(), None, everywhere=False)
    result = inference.forward(loaded, clip, Ablation())
    every = rank_heads(
        result.trace, inference.pixels(clip, config.image_size), true_flow(synthetic)
    )
    name, found = inference.own_correlations(view, result, 3)
    assert name == "true motion"
    assert found == {row["head"]: row["correlation"] for row in every if row["stage"] == 3}
