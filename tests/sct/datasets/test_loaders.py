"""Loaders: pure functions of the step, whatever the processes, the threads and the history."""

from dataclasses import fields
from itertools import product

import numpy as np
import pytest
import torch

from sct.datasets.dataset import Dataset, Item
from sct.datasets.loaders import SyntheticLoader, VideoLoader
from sct.datasets.options import Augment, ReadOptions
from sct.errors import DataError
from sct.synthetic import clips as synthetic_clips
from sct.synthetic.batch import SyntheticBatch
from sct.training.config import TrainConfig
from sct.training.data import open_loader
from sct.video.mp4 import write_mp4

LABELS = ("look left", "look right", "stop")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten videos; number i has the grey 20 + 20 i, and is lighter on the side of its label."""
    folder = tmp_path_factory.mktemp("loaders")
    for i in range(10):
        frames = np.full((8, 32, 48, 3), 20 + 20 * i, np.uint8)
        side = {0: slice(0, 16), 1: slice(32, 48), 2: slice(0, 0)}[i % 3]
        frames[:, :, side] += 30
        frames[:, :4] += np.arange(0, 32, 4, dtype=np.uint8)[:, None, None, None]
        write_mp4(frames, folder / f"{i}.mp4", 10)
    return folder


@pytest.fixture
def dataset(folder):
    return Dataset("ten", LABELS, tuple(Item(folder / f"{i}.mp4", i % 3) for i in range(10)))


def numbers(batch):
    """Which video each clip shows, by its lower middle, which no label lightens."""
    middle = batch.frames[:, :, :, 12:, 6:10].float().mean((1, 2, 3, 4))
    return ((middle - 20) / 20).round().int().tolist()


def same(one, other):
    return torch.equal(one.frames, other.frames) and torch.equal(one.labels, other.labels)


# -- made clips ------------------------------------------------------------------------------------


@pytest.mark.parametrize("world", [2, 3, 6])
def test_made_parts_are_the_whole_also_within_blocks(world):
    loader = SyntheticLoader(batch=12, seed=3, size=32, block=8)
    whole = loader.batch(5, 3)
    parts = [loader.batch(5, 3, rank, world) for rank in range(world)]
    assert torch.equal(torch.cat([p.frames for p in parts]), whole.frames)
    assert torch.equal(torch.cat([p.labels for p in parts]), whole.labels)
    for field in fields(SyntheticBatch):
        if field.name != "seed":
            together = torch.cat([getattr(p.truth, field.name) for p in parts])
            assert torch.equal(together, getattr(whole.truth, field.name)), field.name
    sources = torch.cat([p.truth.token_sources(4) for p in parts])
    assert torch.equal(sources, whole.truth.token_sources(4))
    valid = torch.cat([p.truth.token_valid(4) for p in parts])
    assert torch.equal(valid, whole.truth.token_valid(4))
    assert len(whole.truth) == 12 and torch.equal(whole.truth.labels, whole.labels)


def test_made_batches_depend_on_the_step_and_the_seed_alone():
    one, other = (SyntheticLoader(batch=4, seed=1, size=16) for _ in range(2))
    one.batch(0, 2)
    torch.manual_seed(99)
    assert same(one.batch(7, 2), other.batch(7, 2))
    assert not same(one.batch(7, 2), one.batch(8, 2))
    assert not same(one.batch(7, 2), SyntheticLoader(batch=4, seed=2, size=16).batch(7, 2))
    assert one.batch(7, 5).frames.shape == (4, 5, 3, 16, 16)


def test_made_labels_are_in_balance(monkeypatch):
    asked = []
    made = synthetic_clips.make_batch([0], 0, 1, 16)
    monkeypatch.setattr(
        synthetic_clips, "make_batch", lambda labels, *_: asked.append(labels) or made
    )
    loader = SyntheticLoader(batch=24, size=16, block=8)
    for step in range(17):
        asked.clear()
        loader.batch(step, 1)
        counts = np.bincount(np.concatenate(asked), minlength=17)
        assert len(counts) == 17 and counts.max() - counts.min() <= 1
        if step == 0:
            assert asked[0] != sorted(asked[0])
    total = np.zeros(17, int)
    for step in range(17):
        total += np.bincount(loader._labels(step), minlength=17)
    assert (total == 24).all()


def test_no_two_made_blocks_share_a_seed_and_none_is_for_measuring(monkeypatch):
    seen = set()
    made = synthetic_clips.make_batch([0], 0, 1, 16)
    monkeypatch.setattr(
        synthetic_clips, "make_batch", lambda labels, seed, *rest: seen.add(seed) or made
    )
    monkeypatch.setattr("sct.datasets.loaders.joined", lambda parts: made)
    seeds, steps, blocks = (0, 1, 2, 1023), (0, 1, 2**20 - 1), 1024
    for seed, step in product(seeds, steps):
        SyntheticLoader(batch=blocks, seed=seed, size=16, block=1).batch(step, 1)
    assert len(seen) == len(seeds) * len(steps) * blocks
    assert min(seen) == 0 and max(seen) < 1 << 40


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch": 0}, "batch 0: must be 1 or more"),
        ({"batch": 8, "seed": 1024}, "seed 1024: allowed for made clips: 0 to 1023"),
        ({"batch": 8, "seed": -1}, "seed -1"),
        ({"batch": 8, "block": 0}, "block 0"),
        ({"batch": 1025, "block": 1}, "block 1: .*1024th of the batch"),
    ],
)
def test_made_feeds_refuse_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        SyntheticLoader(**arguments)


def test_parts_that_do_not_fit_are_refused(dataset):
    for loader in (SyntheticLoader(batch=6, size=16), VideoLoader(dataset, 6, size=16)):
        with pytest.raises(ValueError, match="batch 6: must be a multiple of the 4 processes"):
            loader.batch(0, 2, 0, 4)
        with pytest.raises(ValueError, match="rank 2 of 2"):
            loader.batch(0, 2, 2, 2)
        with pytest.raises(ValueError, match="step -1"):
            loader.batch(-1, 2)


# -- videos ----------------------------------------------------------------------------------------


def test_every_video_once_an_epoch_in_another_order(dataset):
    loader = VideoLoader(dataset, 4, size=16)
    found = [n for step in range(5) for n in numbers(loader.batch(step, 4))]
    assert sorted(found[:10]) == sorted(found[10:]) == list(range(10))
    assert found[:10] != found[10:] and found[:10] != list(range(10))
    other = VideoLoader(dataset, 4, seed=1, size=16)
    assert [n for step in range(5) for n in numbers(other.batch(step, 4))] != found


def test_a_batch_may_hold_several_epochs(dataset):
    batch = VideoLoader(dataset, 30, size=16).batch(0, 2)
    assert sorted(numbers(batch)) == sorted(list(range(10)) * 3)
    assert batch.labels.tolist() == [n % 3 for n in numbers(batch)]
    assert batch.truth is None


@pytest.mark.parametrize("kind", ["spread", "dense"])
def test_parts_of_videos_are_the_whole_whatever_came_before(dataset, kind):
    def loader(**options):
        read = ReadOptions(sampling=kind)
        return VideoLoader(dataset, 12, 5, 16, Augment(), options=read, **options)

    walked = loader(workers=3)
    steps = [walked.batch(step, 4) for step in range(4)]
    assert same(loader(workers=1, cache_mb=0).batch(3, 4), steps[3])
    assert same(walked.batch(1, 4), steps[1])  # back again, though read ahead for step 4
    for world in (2, 3, 12):
        parts = [loader().batch(3, 4, rank, world) for rank in range(world)]
        assert torch.equal(torch.cat([p.frames for p in parts]), steps[3].frames)
        assert torch.equal(torch.cat([p.labels for p in parts]), steps[3].labels)


def test_a_video_looks_different_in_every_epoch(dataset):
    for count in (1, 2):
        few = Dataset("few", LABELS, dataset.items[:count] * 2)
        loader = VideoLoader(few, count * 2, size=16, augment=Augment(flips=False))
        clips = torch.cat([loader.batch(step, 2).frames for step in range(3)])
        assert len({clip.numpy().tobytes() for clip in clips}) == len(clips)


def test_frames_may_change_from_step_to_step(dataset):
    loader, other = (VideoLoader(dataset, 4, size=16, augment=Augment()) for _ in range(2))
    assert loader.batch(0, 4).frames.shape == (4, 4, 3, 16, 16)
    assert same(loader.batch(1, 8), other.batch(1, 8))


def test_mirrored_clips_change_their_labels(dataset):
    augment = Augment(crop=(1.0, 1.0), aspect=1.0, colour=0.0)
    loader = VideoLoader(dataset, 60, size=24, augment=augment)
    batch = loader.batch(0, 2)
    wide = VideoLoader(dataset, 60, size=24, augment=Augment(flips=False)).batch(0, 2)
    low = batch.frames[:, 0, 0, 12:].float()
    # Crops lie anywhere along the picture: only those that show one end tell.
    tilt = low[:, :, :6].mean((1, 2)) - low[:, :, 18:].mean((1, 2))
    told = tilt.abs() > 15
    assert told.sum() > 15
    assert torch.equal(batch.labels[told], torch.where(tilt[told] > 0, 0, 1))
    changed = batch.labels != wide.labels
    assert 0.2 < changed[batch.labels != 2].float().mean() < 0.8
    assert not changed[wide.labels == 2].any()


def test_a_label_without_a_partner_is_never_mirrored(dataset):
    lonely = Dataset("two", ("look left", "stop"), tuple(i for i in dataset.items if i.label == 0))
    batch = VideoLoader(lonely, 40, size=16, augment=Augment(crop=(1.0, 1.0))).batch(0, 2)
    low = batch.frames[:, 0, 0, 12:].float()
    tilt = low[:, :, :4].mean((1, 2)) - low[:, :, 12:].mean((1, 2))
    assert (batch.labels == 0).all() and (tilt > -8).all() and (tilt > 8).any()


# -- unreadable files ------------------------------------------------------------------------------


@pytest.fixture
def damaged(dataset, tmp_path):
    """The ten videos, of which two cannot be read, and one more that was never there."""
    (tmp_path / "bad\n1.mp4").write_text("no video")
    (tmp_path / "bad2.mp4").write_bytes(b"")
    bad = (Item(tmp_path / "bad\n1.mp4", 0), Item(tmp_path / "bad2.mp4", 1))
    items = (bad[0], *dataset.items[1:6], bad[1], *dataset.items[7:])
    return Dataset("damaged", LABELS, items, (("gone.mp4", "there is no such file"),))


def test_unreadable_videos_are_replaced_counted_and_named(damaged, tmp_path):
    report = tmp_path / "unreadable.txt"
    loader = VideoLoader(damaged, 5, size=16, report=report)
    found = [numbers(loader.batch(step, 2)) for step in range(4)]
    assert {n for batch in found for n in batch} == {1, 2, 3, 4, 5, 7, 8, 9}
    assert all(len(batch) == 5 for batch in found)
    assert sorted(loader.unreadable) == sorted(
        str(i.path) for i in damaged.items if "bad" in str(i)
    )
    lines = report.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "gone.mp4\tthere is no such file"
    assert len(lines) == 3 and all(line.count("\t") == 1 for line in lines)
    assert any("bad\\n1.mp4\t" in line and "is text, not a video" in line for line in lines)
    assert any("bad2.mp4\t" in line and "is empty" in line for line in lines)

    # Another run that goes on with the same report: the same clips, and nobody named twice.
    again = VideoLoader(damaged, 5, size=16, report=report)
    assert numbers(again.batch(3, 2)) == found[3]
    assert [numbers(again.batch(step, 2)) for step in range(4)] == found
    assert report.read_text(encoding="utf-8").splitlines() == lines


def test_what_stands_in_is_the_same_for_any_number_of_processes(damaged):
    whole = VideoLoader(damaged, 10, size=16, augment=Augment()).batch(0, 2)
    parts = [
        VideoLoader(damaged, 10, size=16, augment=Augment()).batch(0, 2, rank, 5)
        for rank in range(5)
    ]
    assert torch.equal(torch.cat([p.frames for p in parts]), whole.frames)
    assert torch.equal(torch.cat([p.labels for p in parts]), whole.labels)


def test_all_unreadable_is_an_error_with_a_reason(tmp_path):
    for i in range(3):
        (tmp_path / f"{i}.mp4").write_text("no video")
    items = tuple(Item(tmp_path / f"{i}.mp4", i % 2) for i in range(3))
    loader = VideoLoader(Dataset("none", ("a", "b"), items), 2, size=16)
    with pytest.raises(DataError, match=r"None of the 3 clips can be read; .*is text"):
        loader.batch(0, 2)


def test_a_report_that_cannot_be_written_ends_no_training(damaged, tmp_path):
    loader = VideoLoader(damaged, 10, size=16, report=tmp_path / "no" / "such" / "folder.txt")
    assert len(loader.batch(0, 2).labels) == 10 and len(loader.unreadable) == 2


def test_a_run_loads_what_its_data_are(dataset, tmp_path):
    report, cpu = tmp_path / "left_out.txt", torch.device("cpu")
    made = open_loader(TrainConfig(batch=2), None, 16, cpu, report)
    assert isinstance(made, SyntheticLoader) and made.labels == synthetic_clips.LABELS
    config = TrainConfig(data="videos", batch=2, workers=1)
    videos = open_loader(config, dataset, 16, cpu, report)
    assert isinstance(videos, VideoLoader) and videos.labels == LABELS
    assert videos.batch(0, 2).frames.shape == (2, 2, 3, 16, 16)
    for loader in (made, videos):
        loader.close()


def test_a_gpu_makes_the_clips_of_a_step_at_once_and_a_cpu_a_few(monkeypatch):
    asked, make = [], synthetic_clips.make_batch

    def made(labels, seed, frames, size, device):
        asked.append((len(labels), str(device)))
        return make(labels, seed, frames, size, torch.device("cpu"))

    monkeypatch.setattr(synthetic_clips, "make_batch", made)
    for device in ("cpu", "cuda"):
        SyntheticLoader(batch=12, size=16, device=device).batch(0, 2)
    assert asked == [(8, "cpu"), (4, "cpu"), (12, "cuda")]
