"""A clip as a value: its hash and facts, and what the model sees of it."""

import hashlib
import json

import numpy as np
import pytest
import torch

from sct.errors import ClipError, SCTError
from sct.video.clip import MEAN, STD, Clip, clip_facts, normalise, preprocess, read_clip, view


def test_hash_tells_frames_and_sampling_apart(make_video):
    data = make_video(20)
    first = read_clip(data)
    assert len(first.hash) == 64 and first.hash == read_clip(data).hash
    others = [read_clip(data, start=0.1), read_clip(data, stride=0.2), read_clip(data, frames=7)]
    others.append(read_clip(make_video(20, pix_fmt="yuv444p", size=(48, 64))))
    assert len({first.hash, *(clip.hash for clip in others)}) == 5


def test_a_clip_cannot_be_changed(make_video):
    clip = read_clip(make_video(5))
    with pytest.raises(ValueError, match="read-only"):
        clip.frames[0] = 0
    with pytest.raises(AttributeError):
        clip.name = "other"


def test_clip_from_frames():
    frames = np.random.default_rng(0).integers(0, 256, (5, 6, 8, 3), np.uint8)
    clip = Clip.from_frames(frames, name="made", fps=4, truth="pan left")
    assert np.array_equal(clip.frames, frames)
    assert (clip.width, clip.height, clip.truth, clip.duration_s) == (8, 6, "pan left", 1.25)
    assert clip.times == (0, 0.25, 0.5, 0.75, 1.0) and clip.stride == 0.25
    for wrong in (frames[0], frames[..., :2], frames.astype(np.float32), frames[:0]):
        with pytest.raises(ValueError, match="uint8 of shape"):
            Clip.from_frames(wrong)
    with pytest.raises(ValueError, match="fps"):
        Clip.from_frames(frames, fps=0)


def test_facts_are_json(make_video):
    clip = read_clip(make_video(5), frames=4, name="facts.mp4")
    facts = json.loads(json.dumps(clip_facts(clip)))
    expected = {"path": "facts.mp4", "width": 64, "height": 48, "fps": 10, "frames_used": 4}
    assert facts | expected == facts
    assert facts["duration_s"] == pytest.approx(0.5) and facts["truth"] is None
    assert facts["hash"] == clip.hash and len(facts["times"]) == 4


LAST = "repeats of the last: the video ends there."


@pytest.mark.parametrize(
    ("asked", "held", "told"),
    [
        ({}, 0, ()),
        ({"start": 1.5}, 3, (f"3 of 8 frames are {LAST}",)),
        ({"start": 1.95}, 7, (f"7 of 8 frames are {LAST}",)),
        ({"stride": 0.28}, 0, ()),
        ({"stride": 0.285}, 0, ()),
        ({"stride": 0.3}, 1, ("1 of 8 frames is a repeat of the last: the video ends there.",)),
        ({"stride": 0.05}, 0, (
            "4 of 8 frames are repeats of the one before: the video shows nothing newer.",
        )),
        ({"start": 1.8, "stride": 0.05}, 4, (
            f"4 of 8 frames are {LAST}",
            "2 of 8 frames are repeats of the one before: the video shows nothing newer.",
        )),
    ],
)  # fmt: skip
def test_what_is_repeated_is_said(make_video, asked, held, told):
    clip = read_clip(make_video(20), **asked)
    assert clip.held == held and clip.repeats == clip.notices == told
    assert json.loads(json.dumps(clip_facts(clip)))["notices"] == list(told)


def test_view_shows_the_centre_square_of_the_short_side():
    frames = np.zeros((2, 40, 100, 3), np.uint8)
    frames[:, :, 30:70] = 200  # exactly the centre square
    clip = Clip.from_frames(frames)
    for size in (7, 20, 40, 112):
        seen = view(clip, size)
        assert seen.shape == (2, size, size, 3) and seen.dtype == np.uint8 and np.all(seen == 200)
    tall = Clip.from_frames(frames.transpose(0, 2, 1, 3))
    assert np.all(view(tall, 20) == 200)


def test_view_averages_areas_when_shrinking():
    checks = (np.indices((1, 64, 64, 1)).sum(0) % 2 * 200).astype(np.uint8).repeat(3, axis=3)
    assert np.all(view(Clip.from_frames(checks), 16) == 100)  # no aliasing


def test_preprocess_is_the_normalised_view(make_video):
    clip = read_clip(make_video(9), frames=3, start=0.4)
    tensor = preprocess(clip, 56)
    assert tensor.shape == (1, 3, 3, 56, 56) and tensor.dtype == torch.float32
    pixels = view(clip, 56).astype(np.float64).transpose(0, 3, 1, 2) / 255
    expected = (pixels - np.reshape(MEAN, (3, 1, 1))) / np.reshape(STD, (3, 1, 1))
    assert np.allclose(tensor[0].numpy(), expected, atol=1e-6)
    frames = torch.from_numpy(view(clip, 56)).permute(0, 3, 1, 2)
    assert torch.equal(normalise(frames), tensor[0])


@pytest.mark.parametrize("size", [0, -1, 4097, 1.5, "112", None])
def test_view_refuses_other_sizes(size):
    with pytest.raises(ValueError, match="image_size"):
        view(Clip.from_frames(np.zeros((1, 4, 4, 3), np.uint8)), size)


def test_normalise_refuses_other_tensors():
    for wrong in (torch.zeros(2, 3, 4, 4), torch.zeros(2, 4, 4, 3, dtype=torch.uint8)):
        with pytest.raises(ValueError, match="uint8"):
            normalise(wrong)


def test_errors_share_a_base_and_hash_is_sha256(make_video):
    assert issubclass(ClipError, SCTError) and issubclass(ClipError, ValueError)
    assert len(read_clip(make_video(2)).hash) == hashlib.sha256().digest_size * 2


def test_a_clip_knows_whether_it_was_read_from_a_file(make_video):
    assert read_clip(make_video(2)).from_file
    drawn = Clip.from_frames(np.zeros((1, 4, 4, 3), np.uint8))
    assert not drawn.from_file and drawn.credit == ()
