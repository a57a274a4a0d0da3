"""Which frames of a video make a clip, and what is kept in memory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sct.datasets.augmentation import Transform, draw_transform
from sct.datasets.dataset import Item
from sct.datasets.options import Augment, EvaluationOptions, ReadOptions
from sct.datasets.sampling import ClipReader, Strip, cropped, load_views
from sct.errors import ClipError, DataError
from sct.video.mp4 import write_mp4

FPS = 10


def video(path, frames=40, height=48, width=64, low=20, step=5) -> Item:
    """A video whose frame i has the grey low + step * i."""
    greys = (low + step * np.arange(frames)).astype(np.uint8)
    write_mp4(np.broadcast_to(greys[:, None, None, None], (frames, height, width, 3)), path, FPS)
    return Item(Path(path), 0)


def shown(clip) -> np.ndarray:
    """The place in the video of each frame of (..., T, 3, S, S), by its grey."""
    return ((clip.float().mean((-3, -2, -1)) - 20) / 5).round().int().numpy()


@pytest.fixture(scope="module")
def item(tmp_path_factory) -> Item:
    return video(tmp_path_factory.mktemp("loading") / "grey.mp4")


# -- views -----------------------------------------------------------------------------------------


def test_spread_takes_the_middle_of_each_part(item):
    assert shown(load_views(item, 8, 16)).tolist() == [[2, 7, 12, 17, 22, 27, 32, 37]]
    assert shown(load_views(item, 4, 16)).tolist() == [[5, 15, 25, 35]]


def test_spread_views_lie_between_each_other(item):
    views = shown(load_views(item, 4, 16, EvaluationOptions(views=(5, 1))))
    assert views.tolist() == [[1 + 2 * v + 10 * i for i in range(4)] for v in range(5)]


def test_dense_keeps_its_stride(item):
    one = EvaluationOptions(sampling="dense", stride_s=0.2)
    assert shown(load_views(item, 8, 16, one)).tolist() == [[*range(12, 28, 2)]]
    views = shown(load_views(item, 8, 16, replace(one, views=(4, 1))))
    assert (np.diff(views) == 2).all()
    assert views[:, 0].tolist() == [0, 8, 16, 24]


def test_dense_holds_the_last_picture_of_a_short_video(tmp_path):
    short = video(tmp_path / "short.mp4", frames=4)
    views = shown(load_views(short, 8, 16, EvaluationOptions(sampling="dense")))
    assert views.tolist() == [[0, 1, 2, 3, 3, 3, 3, 3]]
    assert shown(load_views(short, 8, 16)).tolist() == [[0, 0, 1, 1, 2, 2, 3, 3]]


def test_a_part_of_a_video_is_as_good_as_a_video(item):
    part = Item(item.path, 0, start_s=1.0, end_s=2.0)
    assert shown(load_views(part, 5, 16)).tolist() == [[11, 13, 15, 17, 19]]
    late = Item(item.path, 0, start_s=3.0, end_s=99.0)
    assert shown(load_views(late, 5, 16)).tolist() == [[31, 33, 35, 37, 39]]
    with pytest.raises(ClipError, match="lasts 4 s, but the clip begins at 7 s"):
        load_views(Item(item.path, 0, start_s=7.0, end_s=9.0), 5, 16)


def test_a_part_of_the_picture_is_as_good_as_a_picture(tmp_path):
    ramp = np.broadcast_to(np.linspace(20, 220, 128).astype(np.uint8)[:, None], (6, 64, 128, 3))
    write_mp4(ramp, tmp_path / "ramp.mp4", FPS)
    part = Item(tmp_path / "ramp.mp4", 0, box=(0.5, 0.25, 0.75, 0.75))
    want = torch.linspace(20, 220, 128)[64:96].expand(32, 32)
    for clip in (
        load_views(part, 2, 32)[0],
        ClipReader(32).read(part, 2, Transform()),
    ):
        assert clip.shape == (2, 3, 32, 32)
        assert (clip.float() - want).abs().max() < 6


def test_squares_lie_along_the_long_side(tmp_path):
    ramp = np.broadcast_to(np.linspace(20, 220, 96).astype(np.uint8)[:, None], (6, 32, 96, 3))
    for turned in (False, True):
        frames = ramp.swapaxes(1, 2) if turned else ramp
        write_mp4(frames, tmp_path / "ramp.mp4", FPS)
        views = load_views(Item(tmp_path / "ramp.mp4", 0), 2, 32, EvaluationOptions(views=(2, 3)))
        assert views.shape == (6, 2, 3, 32, 32) and views.dtype == torch.uint8
        greys = views.float().mean((1, 2, 3, 4)).view(2, 3)
        assert torch.allclose(greys, torch.tensor([[53.0, 120.0, 187.0]] * 2), atol=3)
        middle = load_views(Item(tmp_path / "ramp.mp4", 0), 2, 32)
        assert middle.float().mean() == pytest.approx(120, abs=3)


def test_small_videos_are_enlarged(item):
    assert load_views(item, 2, 112).shape == (1, 2, 3, 112, 112)


def test_numbers_below_one_are_refused(item):
    with pytest.raises(DataError, match="frames 0: must be 1 or more"):
        load_views(item, 0, 16)
    for views in ((0, 1), (1, -1), (17, 1), (1.0, 1), (1,)):
        with pytest.raises(DataError, match="allowed: times x squares, each 1 to 16"):
            EvaluationOptions(views=views)


def test_another_sampling_is_refused():
    with pytest.raises(DataError, match="sampling='sparse': allowed: spread, dense"):
        ReadOptions(sampling="sparse")
    for stride in (0, -1, 5e-324, 11, float("nan")):
        with pytest.raises(DataError, match=r"stride_s=.*: must be from 0.001 to 10"):
            ReadOptions(sampling="dense", stride_s=stride)


# -- strips ----------------------------------------------------------------------------------------


def strip(count):
    return Strip(np.arange(count, dtype=np.uint8)[:, None, None, None], np.arange(count))


@pytest.mark.parametrize("kind", ["spread", "dense"])
@pytest.mark.parametrize("frames", [1, 2, 8, 16])
def test_clips_of_a_strip_run_forward_within_it(kind, frames):
    augment = Augment(temporal=0.4)
    for count in (1, 5, 24, 48):
        for i in range(200):
            draw = draw_transform(augment, np.random.default_rng(i), True)
            taken = strip(count).take(frames, kind, draw).ravel()
            assert len(taken) == frames and (np.diff(taken.astype(int)) >= 0).all()


def test_spread_covers_as_much_as_drawn():
    taken = strip(24).take(8, "spread", Transform()).ravel()
    assert taken.tolist() == [1, 4, 7, 10, 13, 16, 19, 22]
    taken = strip(24).take(8, "spread", Transform(begin=0.0, cover=0.7)).ravel()
    assert taken[0] == 1 and taken[-1] == 15
    taken = strip(24).take(8, "spread", Transform(begin=1.0, cover=0.7)).ravel()
    assert taken[0] == 8 and taken[-1] == 22


def test_dense_keeps_its_stride_wherever_it_begins():
    for begin in (0.0, 0.3, 0.9, 1.0):
        taken = strip(48).take(8, "dense", Transform(begin=begin)).ravel()
        assert (np.diff(taken) == 2).all()
    assert strip(48).take(8, "dense", Transform(begin=0.0)).ravel()[0] == 0
    assert strip(48).take(8, "dense", Transform(begin=1.0)).ravel()[-1] == 47
    slow = strip(48).take(8, "dense", Transform(begin=0.0, pace=1.5)).ravel()
    assert (np.diff(slow) == 3).all()
    # Too short for the stride: held at the end rather than slowed down.
    assert strip(6).take(8, "dense", Transform()).ravel().tolist() == [0, 2, 4, 5, 5, 5, 5, 5]


# -- the reader ------------------------------------------------------------------------------------


def test_a_reader_shows_what_views_show(item):
    reader = ClipReader(16)
    assert shown(reader.read(item, 8, Transform())).tolist() == [2, 7, 12, 17, 22, 27, 32, 37]
    dense = ClipReader(16, ReadOptions(sampling="dense", stride_s=0.2))
    found = shown(dense.read(item, 8, Transform()))
    assert (np.diff(found) == 2).all() and abs(found[0] - 12) <= 1


def test_the_windows_of_a_long_video_reach_its_ends(tmp_path):
    long = video(tmp_path / "long.mp4", frames=200, step=1)
    reader = ClipReader(16, ReadOptions(sampling="dense"))

    def starts(window, begin):
        clip = reader.read(long, 8, Transform(window=window, begin=begin))
        return int(clip[0].float().mean().round()) - 20

    assert starts(0.0, 0.0) == 0 and starts(0.999, 1.0) == 192
    found = [starts(window, 0.5) for window in np.linspace(0, 0.999, 30)]
    assert sorted(found) == found and len(set(found)) > 8
    assert max(np.diff(found)) <= 24  # one strip holds 24 strides, and they overlap


def test_what_fits_is_read_once_and_the_rest_looks_the_same(item, monkeypatch):
    from sct.datasets import sampling as sampling_room

    opened = []
    real = sampling_room.open_clip
    monkeypatch.setattr(
        sampling_room, "open_clip", lambda path, *rest: opened.append(path) or real(path, *rest)
    )
    keeps, drops = ClipReader(16), ClipReader(16, cache_mb=0.01)
    for i in range(5):
        draw = draw_transform(Augment(), np.random.default_rng(i), True)
        assert torch.equal(keeps.read(item, 8, draw), drops.read(item, 8, draw))
        assert torch.equal(keeps.read(item, 4, draw), drops.read(item, 4, draw))
    assert len(opened) == 2 + 11  # each asks once how long it is; one reads once, one ten times


@pytest.mark.parametrize("kind", ["spread", "dense"])
def test_clips_of_another_length_have_their_own_strips(item, kind):
    options = ReadOptions(sampling=kind)
    kept = ClipReader(16, options)
    for frames in (4, 8, 16, 24, 8):
        draw = Transform(begin=0.9, window=0.0)
        assert torch.equal(
            kept.read(item, frames, draw), ClipReader(16, options).read(item, frames, draw)
        )


def test_pictures_that_are_shown_twice_are_kept_once(tmp_path):
    short = video(tmp_path / "short.mp4", frames=5)
    reader = ClipReader(16)
    reader.read(short, 8, Transform())
    (kept,) = reader._strips.values()
    assert len(kept.pictures) == 5 and len(kept.moments) == 24
    assert kept.pictures.shape[1:] == (19, 25, 3)  # the short side a little above 16


def test_files_that_are_no_videos_raise(tmp_path):
    (tmp_path / "text.mp4").write_text("hello")
    reader = ClipReader(16)
    for path in (tmp_path / "text.mp4", tmp_path / "gone.mp4", tmp_path):
        with pytest.raises(ClipError):
            reader.read(Item(path, 0), 8, Transform())


def test_crops_and_mirrors():
    pictures = torch.zeros(2, 8, 16, 3, dtype=torch.uint8)
    pictures[:, :, :8] = 200
    pictures[:, :4] += 50
    whole = cropped(pictures, 8, Transform())
    assert whole.shape == (2, 3, 8, 8) and whole.is_contiguous()
    assert whole[0, 0, 0].tolist() == [250] * 4 + [50] * 4
    assert torch.equal(cropped(pictures, 8, Transform(flip=True)), whole.flip(-1))
    assert torch.equal(cropped(pictures, 8, Transform(flip_vertical=True)), whole.flip(-2))
    corner = cropped(pictures, 4, Transform(height=0.5, width=0.5, top=1.0, left=1.0))
    assert (corner == 0).all()
