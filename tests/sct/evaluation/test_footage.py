from collections import Counter

import numpy as np
import pytest
import torch

from sct.errors import DataError
from sct.evaluation import footage
from sct.evaluation.footage import FootageTestSet, take_pictures, usable
from sct.synthetic import clips as synthetic_clips
from sct.video.clip import write_mp4

SIZE = 32  # its scenes have 128 pixels a side


def textured(seed: int) -> np.ndarray:
    """Four seconds of a still texture that grows brighter: uint8 (40, 150, 200, 3)."""
    cells = np.random.default_rng(seed).integers(0, 120, (15, 20, 3))
    picture = cells.repeat(10, axis=0).repeat(10, axis=1)
    return np.stack([picture + 3 * t for t in range(40)]).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos, one of them in a folder; one black, one that is black at first, one broken; a
    text."""
    root = tmp_path_factory.mktemp("videos")
    (root / "deeper").mkdir()
    one, two, late = (textured(seed) for seed in range(3))
    black = np.zeros_like(one)
    write_mp4(one, root / "one.mp4", fps=10)
    write_mp4(two, root / "deeper" / "two.MP4", fps=10)
    write_mp4(black, root / "black.mp4", fps=10)
    write_mp4(np.concatenate([black[:20], late[:20]]), root / "late.mp4", fps=10)
    (root / "broken.avi").write_bytes(b"RIFF" + bytes(200))
    (root / "notes.txt").write_text("not a video")
    return root


@pytest.fixture(scope="module")
def pictures(folder):
    return take_pictures(folder, SIZE)


def test_pictures_are_spread_over_each_video(pictures):
    assert pictures.videos == ("deeper/two.MP4", "late.mp4", "one.mp4")
    two, late, one = pictures.squares
    assert one.shape == two.shape == (16, 3, 128, 128) and one.dtype == torch.uint8
    # The texture's brightness rises from frame to frame, so each picture tells its time.
    means = one.float().mean((1, 2, 3))
    assert (means.diff() > 0).all() and means[-1] - means[0] > 30
    assert len(late) == 8, "the black half is left out"


def test_what_is_left_out_is_counted(pictures):
    assert pictures.plain == 16 + 8
    ((name, why),) = pictures.unreadable
    assert name == "broken.avi" and "broken.avi" in why


def test_the_same_pictures_each_time(folder, pictures):
    again = take_pictures(folder, SIZE)
    assert again.videos == pictures.videos
    for a, b in zip(again.squares, pictures.squares, strict=True):
        assert torch.equal(a, b)
    other = take_pictures(folder, SIZE, seed=1)
    assert not torch.equal(other.squares[2], pictures.squares[2]), "squares lie elsewhere"


def test_what_counts_as_plain():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (128, 128, 3), np.uint8)
    assert usable(noise)
    assert not usable(np.full_like(noise, 200)) and not usable(noise // 64)
    ramp = np.broadcast_to(np.arange(128, dtype=np.uint8)[:, None, None], noise.shape).copy()
    assert ramp.std() / 255 > footage.FLAT and not usable(ramp), "a sky: bright to dark, no detail"
    corner = np.full_like(noise, 128)
    corner[:48, :64] = noise[:48, :64]
    assert not usable(corner), "too little of it has detail"


def motion_test_set(pictures, limit: int, labels=synthetic_clips.CAMERA_LABELS) -> FootageTestSet:
    return FootageTestSet(labels, 3, SIZE, limit, 0, pictures)


def test_balance(pictures):
    one = motion_test_set(pictures, 108)
    pieces = list(one.batches())
    labels = torch.cat([p.labels for p in pieces]).tolist()
    groups = [g for p in pieces for g in p.groups]
    assert set(Counter(labels).values()) == {12} and set(Counter(groups).values()) == {36}
    assert set(Counter(zip(labels, groups, strict=True)).values()) == {4}
    used = Counter(one.picture(i).numpy().tobytes() for i in range(108))
    assert len(used) == 12 + 8 + 12 and max(used.values()) <= 5


def test_the_clips_show_the_pictures(pictures):
    """Deterministic, the same at the start of a longer test set, and as bright as their picture."""
    clips, again, longer = (
        torch.cat([p.frames[:, 0] for p in motion_test_set(pictures, n).batches()])
        for n in (9, 9, 20)
    )
    assert torch.equal(clips, again) and torch.equal(clips, longer[:9])
    assert clips.shape == (9, 3, 3, SIZE, SIZE)
    one = motion_test_set(pictures, 9)
    for i, clip in enumerate(clips):
        assert abs(clip.float().mean() - one.picture(i).float().mean()) < 40
    facts = one.facts()
    assert facts["pictures"] == 40 and facts["plain_pictures_left_out"] == 24
    assert facts["unreadable"][0]["path"] == "broken.avi"


def test_some_labels_only(pictures):
    one = motion_test_set(pictures, 8, labels=("zoom in", "static"))
    assert one.left_out == tuple(x for x in synthetic_clips.CAMERA_LABELS if x not in one.labels)
    assert torch.equal(torch.cat([p.labels for p in one.batches()]), torch.arange(8) % 2)


def test_many_videos_share_the_pictures(folder, monkeypatch):
    monkeypatch.setattr(footage, "MOST_PICTURES", 20)
    assert len(take_pictures(folder, SIZE).squares[0]) == 4
    monkeypatch.setattr(footage, "MOST_VIDEOS", 2)
    assert len(take_pictures(folder, SIZE).videos) <= 2


def test_long_videos_are_sought(tmp_path, monkeypatch):
    write_mp4(textured(0), tmp_path / "one.mp4", fps=10)
    whole = take_pictures(tmp_path, SIZE)
    monkeypatch.setattr(footage, "MAX_STRIDE_S", 0.1)
    sought = take_pictures(tmp_path, SIZE)
    assert torch.equal(whole.squares[0], sought.squares[0])


def test_folders_that_cannot_be_used(tmp_path):
    with pytest.raises(DataError, match=r"no folder.*nowhere"):
        take_pictures(tmp_path / "nowhere", SIZE)
    with pytest.raises(DataError, match="no videos"):
        take_pictures(tmp_path, SIZE)
    write_mp4(np.zeros_like(textured(0)), tmp_path / "black.mp4", fps=10)
    (tmp_path / "x.mp4").write_bytes(b"x")
    with pytest.raises(DataError, match=r"Of 2 videos.*1 could not be read"):
        take_pictures(tmp_path, SIZE)
