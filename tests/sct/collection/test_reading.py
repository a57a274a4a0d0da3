"""A window holds what `read_clip` reads at its start, however the video is read."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from sct.collection import reading
from sct.collection.reading import Plan, decode_here, read_windows
from sct.collection.sources import Item, Part
from sct.errors import ClipError
from sct.serving.decoders import Decoders
from sct.video.clip import read_clip, view
from tests.sct.collection.films import sliding, write_film

PLAN = Plan(8, 0.1, 8, 56, shots=False, strips=False, shifts=(), order=tuple(range(8)))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film(tmp_path_factory.mktemp("film") / "a.mp4", 1, 95)


def item(path, *parts):
    return Item(path.name, str(path), parts or (Part(),))


def assert_as_predict_reads(windows, path, plan):
    for one in windows:
        clip = read_clip(path, frames=plan.frames, start=one.facts["start_s"], stride=plan.stride)
        assert np.array_equal(one.pixels, view(clip, plan.image_size)), one.facts
        assert one.facts["held"] == clip.held
        facts = ("width", "height", "fps", "duration_s", "codec")
        assert [one.facts[name] for name in facts] == [getattr(clip, name) for name in facts]


@pytest.mark.parametrize("stride", [0.1, 0.04, 0.37])
@pytest.mark.parametrize("step", [3, 8, 20])
def test_windows_are_what_predict_reads_there(film, stride, step):
    plan = replace(PLAN, stride=stride, step=step)
    windows = list(read_windows(item(film), plan))
    assert_as_predict_reads(windows, film, plan)
    starts = [one.facts["start_s"] for one in windows]
    every = np.arange(0, 9.5 - 7 * stride - 1e-6, step * stride)  # all frames before the end
    assert starts == pytest.approx(every if len(every) else [0.0])
    assert [one.facts["window"] for one in windows] == list(range(len(windows)))


def test_stretches_leave_no_seam(film, monkeypatch):
    whole = list(read_windows(item(film), PLAN))
    for first, least in ((1, 1), (7, 3), (64, 64)):
        monkeypatch.setattr(reading, "_FIRST", first)
        monkeypatch.setattr(reading, "_LEAST", least)
        monkeypatch.setattr(reading, "_AIM_S", 1e-9)
        asked = []

        def decode(path, wanted, size, asked=asked):
            asked.append(len(wanted))
            return decode_here(path, wanted, size)

        found = list(read_windows(item(film), PLAN, decode))
        assert max(asked) <= max(first, least) + 1 and len(asked) > 1
        assert [one.facts for one in found] == [one.facts for one in whole]
        for a, b in zip(found, whole, strict=True):
            assert np.array_equal(a.pixels, b.pixels)


def test_what_is_shorter_than_a_window_is_one(tmp_path):
    short = write_film(tmp_path / "short.mp4", 2, 5)
    (one,) = read_windows(item(short), PLAN)
    assert one.facts["held"] == 3 and not one.facts["crosses_cut"]
    assert_as_predict_reads([one], short, PLAN)


def test_parts_are_read_by_themselves(film):
    parts = (Part(1.25, 3.0, ("static", None)), Part(8.9, None), Part(4.0, 4.2))
    windows = list(read_windows(item(film, *parts), PLAN))
    starts = [one.facts["start_s"] for one in windows]
    assert starts == [1.25, 2.05, 8.9, 4.0]
    assert [one.facts["window"] for one in windows] == [0, 1, 2, 3]
    assert [one.facts["shot"] for one in windows] == [0, 0, 1, 2]
    assert [one.known for one in windows] == [("static", None)] * 2 + [(), ()]
    assert_as_predict_reads(windows, film, PLAN)


def test_no_window_reaches_over_a_cut_but_one_of_a_short_shot(tmp_path):
    cut = write_film(tmp_path / "cut.mp4", 3, 46, (20, 25))
    windows = list(read_windows(item(cut), replace(PLAN, shots=True)))
    said = [(w.facts["start_s"], w.facts["shot"], w.facts["crosses_cut"]) for w in windows]
    assert said == [
        *((0.0, 0, False), (0.8, 0, False)),
        (2.0, 1, True),
        *((2.5, 2, False), (3.3, 2, False)),
    ]
    assert_as_predict_reads(windows, cut, PLAN)


def test_an_animated_webp_is_read_like_a_video(tmp_path):
    pictures = [Image.fromarray(frame) for frame in sliding(0, 20)]
    path = tmp_path / "a.webp"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, lossless=True)
    windows = list(read_windows(item(path), PLAN))
    assert len(windows) == 2
    assert_as_predict_reads(windows, path, PLAN)


def test_a_folder_of_pictures_is_read_like_a_video(tmp_path):
    for i, frame in enumerate(sliding(0, 40)):
        Image.fromarray(frame).save(tmp_path / f"img_{i:03d}.png")
    plan = replace(PLAN, stride=0.04)
    windows = list(read_windows(item(tmp_path), plan, None))
    assert len(windows) == 5
    assert_as_predict_reads(windows, tmp_path, plan)


def test_decoder_processes_give_the_same_and_their_crash_is_an_error(film):
    pool = Decoders(1)
    try:

        def decode(path, wanted, size):
            return pool.decode(path, wanted, 512, image_size=size)

        for a, b in zip(
            read_windows(item(film), PLAN, decode), read_windows(item(film), PLAN), strict=True
        ):
            assert np.array_equal(a.pixels, b.pixels) and a.facts == b.facts
    finally:
        pool.close()


def test_a_fault_in_the_middle_leaves_what_came_before(film, monkeypatch):
    monkeypatch.setattr(reading, "_FIRST", 20)
    calls = []

    def decode(path, wanted, size):
        calls.append(1)
        if len(calls) > 1:
            raise ClipError("It broke.")
        return decode_here(path, wanted, size)

    found = []
    with pytest.raises(ClipError, match=r"It broke\."):
        found.extend(read_windows(item(film), PLAN, decode))
    assert [one.facts["start_s"] for one in found] == [0.0, 0.8]


def test_a_header_that_claims_too_much_ends_where_the_pictures_do(film):
    def decode(path, wanted, size):
        return {**decode_here(path, wanted, size), "duration_s": 500.0}

    plain = list(read_windows(item(film), PLAN))
    found = list(read_windows(item(film), PLAN, decode))
    assert [w.facts["start_s"] for w in found] == [w.facts["start_s"] for w in plain]


def test_strips_are_what_the_model_saw(film):
    one = next(read_windows(item(film), replace(PLAN, strips=True)))
    row = cv2.imdecode(np.frombuffer(one.facts["strip"], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert row.shape == (56, 8 * 56, 3)
    assert np.abs(row - np.concatenate(list(one.pixels), 1).astype(int)).mean() < 12
