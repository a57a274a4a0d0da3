"""What is computed from a trace is cached by what that trace depends on."""

import numpy as np

import sct
from pages.cache import clips, inference
from pages.state.view import View
from sct.model.ablation import Ablation


def test_real_motion_is_that_of_the_frames_that_the_trace_looks_back_by():
    loaded = inference.load(sct.list_models()[0])
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
    loaded = inference.load(sct.list_models()[0])
    config = loaded.model.config
    synthetic, clip = clips.sample_clip("zoom in", 3, config.frames, config.image_size)
    view = View(loaded, clip, synthetic, Ablation(clip="mean"), None, everywhere=True)
    result = inference.result_of(view)
    assert inference.forward(loaded, clip, Ablation(clip="mean")) is result
    assert result.key == (clip.hash, loaded.key, "clip=mean")
    assert inference.attention_rollout(loaded, result) is inference.attention_rollout(
        loaded, result
    )
