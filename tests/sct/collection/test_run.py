"""A run's rows are the same whoever reads the videos and however many go at a time."""

import copy
import os
import shutil
import signal
import threading
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from sct.collection import reading, run, working
from sct.collection.looking import Looker, as_asked
from sct.collection.schema import check_schema
from sct.collection.sources import find
from sct.collection.store import Store
from sct.errors import ClipError, DataError, RunError
from sct.model.ablation import Ablation
from sct.questions import probabilities, questions_of
from sct.serving.decoder_link import Process
from sct.serving.decoders import Decoders
from sct.video.clip import preprocess, read_clip


def ran(looker, source, out, **given):
    """Return what a run has done, and its rows."""
    found = find(str(source), questions_of(looker.model.config))
    header = looker.header(found.root)
    store = Store(out, header, as_asked(looker.look, header))
    items = [item for item in found.items if item.name not in store.files]
    done = run.run(looker, items, store, **{"workers": 0, **given})
    return done, pq.read_table(out).to_pylist()


def assert_same(some, others):
    assert len(some) == len(others)
    for a, b in zip(some, others, strict=True):
        for name, value in a.items():
            if isinstance(value, float):
                assert b[name] == pytest.approx(value, abs=2e-4), (a["file"], a["window"], name)
            elif name == "arrows" and value:
                apart = np.frombuffer(value, np.int8).astype(int) - np.frombuffer(b[name], np.int8)
                assert np.abs(apart).max() <= 1
            elif isinstance(value, list) and name != "map":
                assert np.allclose(value, b[name], atol=2e-4), (a["file"], a["window"], name)
            else:
                assert b[name] == value, (a["file"], a["window"], name)


@pytest.fixture(scope="module")
def plain(looker, films, tmp_path_factory):
    return ran(looker, films, tmp_path_factory.mktemp("plain") / "run.parquet", batch=1)


def test_each_video_has_its_rows(plain, looker, films):
    done, rows = plain
    files = [row["file"] for row in rows]
    assert files == sorted(files) and len({(r["file"], r["window"]) for r in rows}) == len(rows)
    assert [f for f in files if f.startswith("f0")] == ["f0.mp4"] * 5
    errors = {row["file"]: row["error"] for row in rows if row["window"] < 0}
    assert set(errors) == {"empty.mp4", "text.mp4"}
    assert "is empty" in errors["empty.mp4"] and "is text" in errors["text.mp4"]
    assert (done.videos, done.errors, done.windows) == (8, 2, len(rows) - 2)
    cut = [row for row in rows if row["file"] == "cut.mp4"]
    assert [(r["start_s"], r["shot"], r["crosses_cut"]) for r in cut if r["start_s"] < 1.5] == [
        *((0.0, 0, False), (0.4, 0, False)),
        (1.1, 1, True),
        (1.4, 2, False),
    ]
    assert {r["camera_known"] for r in rows if r["file"].startswith("pan left/")} == {"pan left"}
    assert {r["subject_known"] for r in rows} == {None}


@pytest.mark.parametrize(("workers", "batch"), [(0, 7), (1, 8), (3, 3)])
def test_workers_and_batches_change_nothing(plain, looker, films, tmp_path, workers, batch):
    done, rows = ran(looker, films, tmp_path / "run.parquet", workers=workers, batch=batch)
    assert done.windows == plain[0].windows
    assert_same(rows, plain[1])


class Slow(Looker):
    """Takes long wherever `here` says so of a thread, and counts who looked."""

    def __init__(self, looker, here):
        vars(self).update(vars(looker))
        self.here, self.who = here, []

    def rows(self, windows):
        main = threading.current_thread() is threading.main_thread()
        self.who.append(main)
        time.sleep(0.3 if self.here(main) else 0)
        return super().rows(windows)


@pytest.mark.parametrize("slow", [lambda main: main, lambda main: not main], ids=["main", "help"])
def test_whoever_has_read_helps_to_look_and_nothing_is_lost(
    plain, looker, films, tmp_path, monkeypatch, slow
):
    monkeypatch.setattr(working, "_MOST_BATCHES", 1)
    slowed = Slow(looker, slow)
    done, rows = ran(slowed, films, tmp_path / "run.parquet", workers=2, batch=2)
    assert set(slowed.who) == {True, False}
    assert (done.videos, done.windows) == (8, plain[0].windows)
    assert_same(rows, plain[1])


@pytest.mark.parametrize("error", [RunError("Enough."), KeyboardInterrupt()], ids=repr)
def test_what_fails_anywhere_ends_all(looker, films, tmp_path, error):
    """The disk is full where a helper hands in its rows; or who waits is interrupted."""

    class Broken(Slow):
        def rows(self, windows):
            if isinstance(error, RunError) != (
                threading.current_thread() is threading.main_thread()
            ):
                raise error
            return super().rows(windows)

    before, begun = threading.active_count(), time.monotonic()
    with pytest.raises(type(error)):
        ran(Broken(looker, bool), films, tmp_path / "run.parquet", workers=2, batch=1)
    assert time.monotonic() - begun < 20
    assert threading.active_count() <= before
    assert torch.get_num_threads() >= 1 and not (tmp_path / "run.parquet").exists()


def test_an_interrupt_ends_all_though_a_file_is_waited_for(looker, films, tmp_path, monkeypatch):
    """Storage that hangs answers no open, and no program can end the wait for it."""

    class Interrupted(Slow):
        def rows(self, windows):
            raise KeyboardInterrupt

    decode, hung = Decoders.decode, threading.Event()

    def stuck(self, path, *given):
        return hung.wait(60) if path.endswith("f0.mp4") else decode(self, path, *given)

    monkeypatch.setattr(Decoders, "decode", stuck)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ran(Interrupted(looker, lambda _: False), films, tmp_path / "run.parquet", workers=2)
    assert time.monotonic() - begun < 20
    hung.set()


@pytest.mark.skipif(os.name != "posix", reason="files of Unix")
@pytest.mark.parametrize("workers", [0, 2])
def test_what_is_no_file_is_a_row(looker, films, tmp_path, workers):
    folder = tmp_path / "odd"
    folder.mkdir()
    shutil.copy(films / "f0.mp4", folder)
    os.mkfifo(folder / "pipe.mp4")
    (folder / "device.mp4").symlink_to("/dev/zero")
    (folder / "gone.mp4").symlink_to("nowhere")
    (folder / "folder.mp4").mkdir()
    done, rows = ran(looker, folder, tmp_path / "run.parquet", workers=workers)
    assert {row["file"]: row["error"] for row in rows if row["window"] < 0} == {
        "device.mp4": '"device.mp4" is not a file.',
        "folder.mp4": 'The folder "folder.mp4" holds no numbered pictures; a clip is two or more '
        "such as img_00001.jpg, img_00002.jpg.",
        "gone.mp4": 'There is no file "gone.mp4".',
        "pipe.mp4": '"pipe.mp4" is not a file.',
    }
    assert (done.videos, done.errors) == (5, 4)


def test_a_row_says_what_the_model_says_of_that_clip(plain, looker, films):
    model = looker.model
    asked = questions_of(model.config)
    rows = [row for row in plain[1] if row["window"] in (0, 3)]
    for row in rows:
        clip = read_clip(films / row["file"], frames=4, start=row["start_s"], stride=0.1)
        frames = preprocess(clip, 56)
        with torch.inference_mode():
            found = model(frames)
            shares = probabilities(model.config, found.logits[0])
            for i, text in enumerate(("shifted=self", "clip=mean")):
                other = probabilities(model.config, model(frames, Ablation.parse(text)).logits[0])
                for one in asked:
                    best = one.start + int(shares[one.classes].argmax())
                    change = float(other[best] - shares[best])
                    assert row[f"effect_{i}_{one.name}"] == pytest.approx(change, abs=2e-4)
        assert np.allclose(row["embedding"], found.embedding[0].numpy(), atol=2e-4)
        for one in asked:
            own = shares[one.classes]
            assert row[f"{one.name}_label"] == one.labels[int(own.argmax())]
            assert row[f"{one.name}_probability"] == pytest.approx(float(own.max()), abs=2e-4)
            bits = -float((own * own.clamp_min(1e-30).log2()).sum())
            assert row[f"{one.name}_entropy"] == pytest.approx(bits, abs=1e-3)
            assert row[f"{one.name}_sure"] is None  # the card does not say


def test_the_table_is_of_the_form_that_pages_read(plain, looker, films, tmp_path):
    ran(looker, films, tmp_path / "run.parquet")
    header = check_schema(pq.read_schema(tmp_path / "run.parquet"))
    assert header.root == str(films) and header.ablations == ("shifted=self", "clip=mean")
    assert (header.frames, header.every, header.grids) == (4, 0.4, (7, 7))


def test_a_run_that_broke_goes_on_with_what_is_left(plain, looker, films, tmp_path, monkeypatch):
    out, seen = tmp_path / "run.parquet", []
    monkeypatch.setattr(run, "_PART_ROWS", 1)

    class Broken(type(looker)):
        def __init__(self):
            vars(self).update(vars(looker))

        def rows(self, windows):
            seen.extend((one.facts["file"], one.facts["window"]) for one in windows)
            if len(seen) > 14:
                raise RunError("Enough.")
            return super().rows(windows)

    with pytest.raises(RunError, match=r"Enough\."):
        ran(Broken(), films, out, workers=1, batch=2)
    assert not out.exists() and (tmp_path / "run.parquet.parts").is_dir()
    parts = (tmp_path / "run.parquet.parts").glob("*.parquet")
    kept = {name for part in parts for name in pq.read_table(part)["file"].to_pylist()}
    assert 0 < len(kept) < 8
    done, rows = ran(looker, films, out, workers=1)
    assert done.videos == 8 - len(kept)
    assert_same(rows, plain[1])


def test_a_decoder_that_crashes_is_a_row(plain, looker, films, tmp_path, monkeypatch):
    """Its process is ended each time it is asked for one of the videos."""
    once, answer, at = Decoders._once, Process.answer, []

    def asked(self, file, text, *given):
        at[:] = [b'"f2.mp4"' in text]
        return once(self, file, text, *given)

    def answered(self, *given):
        if at[:1] == [True] and self.held:  # it has begun
            os.kill(self.running.pid, signal.SIGKILL)
        return answer(self, *given)

    monkeypatch.setattr(Decoders, "_once", asked)
    monkeypatch.setattr(Process, "answer", answered)
    done, rows = ran(looker, films, tmp_path / "run.parquet", workers=1)
    (row,) = [row for row in rows if row["file"] == "f2.mp4"]
    assert row["window"] == -1 and "its decoder failed" in row["error"]
    assert done.errors == 3
    others = [row for row in plain[1] if row["file"] != "f2.mp4"]
    assert [r["file"] for r in rows if r["file"] != "f2.mp4"] == [r["file"] for r in others]


def test_a_fault_in_the_middle_of_a_video_is_a_row_beside_its_windows(
    looker, films, tmp_path, monkeypatch
):
    monkeypatch.setattr(reading, "_FIRST", 10)

    def broken(path, wanted, size):
        if wanted[0] > 0:
            raise ClipError("It broke.")
        return reading.decode_here(path, wanted, size)

    monkeypatch.setattr(working, "decode_here", broken)
    _, rows = ran(looker, films / "f0.mp4", tmp_path / "run.parquet")
    assert [(row["window"], row["error"]) for row in rows] == [
        *((-1, "It broke."), (0, None), (1, None))
    ]


def test_a_model_that_answers_with_no_number_ends_the_run(looker, films, tmp_path):
    broken = copy.copy(looker)
    broken.model = copy.deepcopy(looker.model)
    with torch.no_grad():
        broken.model.head[-1].bias.fill_(float("nan"))
    with pytest.raises(DataError, match="answers with what is no number"):
        ran(broken, films, tmp_path / "run.parquet", workers=2)
