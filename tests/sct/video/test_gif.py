import io

import av
import numpy as np
import pytest

from sct.synthetic.clips import make_clip
from sct.video.gif import write_gif


def test_frames_times_and_colours_come_back():
    frames = np.zeros((5, 40, 64, 3), np.uint8)
    for i in range(5):
        frames[i, :, : 8 + 10 * i] = 250, 40, 30
        frames[i, :, 8 + 10 * i :] = 20, 60, 240
    data = write_gif(frames, 4)
    assert data[:6] == b"GIF89a" and b"NETSCAPE2.0" in data  # loops
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        found = list(container.decode(video=0))
        assert (stream.width, stream.height, len(found)) == (64, 40, 5)
        assert [round(f.time, 2) for f in found] == [0, 0.25, 0.5, 0.75, 1.0]
        back = np.stack([f.to_ndarray(format="rgb24") for f in found])
    assert np.abs(back.astype(int) - frames).max() <= 8


def test_one_frame_is_a_gif_too():
    data = write_gif([np.full((10, 12, 3), 90, np.uint8)])
    with av.open(io.BytesIO(data)) as container:
        assert len(list(container.decode(video=0))) == 1


def test_frame_times_fall_on_the_nearest_hundredths_and_equal_frames_are_shown_for_longer():
    frames = np.repeat(np.arange(0, 240, 60, np.uint8), 2)[:, None, None, None]
    data = write_gif(np.broadcast_to(frames, (8, 12, 10, 3)), 29.97)
    with av.open(io.BytesIO(data)) as container:
        found = list(container.decode(video=0))
        assert [round(f.time, 2) for f in found] == [0, 0.07, 0.13, 0.2]
        assert [f.to_ndarray(format="rgb24")[0, 0, 0] for f in found] == [0, 60, 120, 180]


def test_real_pictures_keep_their_colours_within_a_few_levels():
    clip = make_clip("pan left", 3, 6)
    with av.open(io.BytesIO(write_gif(clip.frames))) as container:
        found = np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])
    assert found.shape == clip.frames.shape
    error = np.abs(found.astype(int) - clip.frames)
    assert error.mean() < 4 and np.quantile(error, 0.99) <= 20


def test_what_stands_still_costs_next_to_nothing():
    picture = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
    frames = np.repeat(picture[None], 6, axis=0)
    for i in range(6):
        frames[i, 4:8, 8 * i : 8 * i + 4] = 255, 0, 0
        frames[i, 56:60, 40 - 8 * i : 44 - 8 * i] = 255, 0, 0
    assert len(write_gif(frames)) < 1.5 * len(write_gif(frames[:1]))


@pytest.mark.parametrize(
    ("frames", "fps", "says"),
    [
        ([], 4, "at least one"),
        ([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 6, 3), np.uint8)], 4, "one size"),
        ([np.zeros((4, 4, 3))], 4, "uint8"),
        ([np.zeros((4, 4), np.uint8)], 4, "uint8"),
        ([np.zeros((4, 4, 3), np.uint8)], 0, "fps"),
        ([np.zeros((4, 4, 3), np.uint8)], float("nan"), "fps"),
    ],
)
def test_bad_arguments_are_named(frames, fps, says):
    with pytest.raises(ValueError, match=says):
        write_gif(frames, fps)
