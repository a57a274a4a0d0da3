import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sct
from sct.errors import Busy, ClipError
from sct.samples.catalogue import samples
from sct.serving import decoder_answer, decoder_link, decoders
from sct.serving.decoder_link import Process
from sct.serving.decoders import Decoders, TooMuch
from sct.video.clip import read_clip, read_moments, write_mp4
from sct.video.decoding import decode
from sct.video.elsewhere import read_by, reader
from sct.video.pictures import open_clip
from sct.video.sources import Limits, open_source

ROOT = Path(sct.__file__).parents[1]
SHARED = [f for d in ("odd", "bugs") for f in sorted((ROOT.parent / "shared" / d).glob("*.*"))]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files are passed as on Unix")


@pytest.fixture(scope="module")
def pool():
    made = Decoders()
    made.warm()
    yield made
    made.close()


@pytest.fixture
def video(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 255, (12, 96, 128, 3), np.uint8)
    write_mp4(pictures, tmp_path / "clip.mp4", fps=10)
    with open(tmp_path / "clip.mp4", "rb") as file:
        yield file


@pytest.fixture(scope="module")
def slow():
    """A small file of which all 24 frames take some three seconds to read."""
    side, file = 4096, io.BytesIO()
    first, *_ = pictures = [Image.new("L", (side, side), shade) for shade in range(24)]
    first.save(file, "gif", save_all=True, append_images=pictures[1:], duration=100)
    return file


def outcome(read, *given, **more):
    try:
        clip = read(*given, **more)
    except ClipError as error:
        return str(error)
    return clip.hash, clip.times, clip.name, clip.notes, clip.codec, clip.fps, clip.held


@pytest.mark.parametrize(
    "path", [s.file for s in samples().values() if s.group == "real"], ids=lambda path: path.name
)
def test_a_clip_is_the_same_and_costs_no_more_than_50_ms(pool, path):
    near, far = [], []
    with open(path, "rb") as file:
        for _ in range(7):
            for times, read in ((near, read_clip), (far, pool.read_clip)):
                begun = time.perf_counter()
                clip = read(file, frames=8, start=0.5, stride=0.1, name=path.name)
                times.append(time.perf_counter() - begun)
        assert outcome(pool.read_clip, file, name="x") == outcome(read_clip, file, name="x")
        given = file, [0.1, 0.7, 0.9]
        assert (
            outcome(pool.read_moments, *given, name="x")
            == outcome(read_moments, *given)[:2] + ("x",) + outcome(read_moments, *given)[3:]
        )
    assert not clip.frames.flags.writeable
    assert min(far) - min(near) < 0.05, "beside other work"


def test_every_odd_file_gives_the_same(pool):
    unlike = []
    for path in SHARED:
        if path.is_file():
            data = path.read_bytes()
            here = outcome(read_clip, data, name=path.name)
            there = outcome(pool.read_clip, io.BytesIO(data), name=path.name)
            if here != there:
                unlike.append((path.name, here, there))
    assert unlike == []


def test_what_is_asked_for_wrongly_is_said_as_ever(pool, video):
    for more in ({"frames": 0}, {"stride": -1.0}, {"start": float("nan")}):
        assert outcome(pool.read_clip, video, name="a", **more) == outcome(
            read_clip, video, name="a", **more
        )
    assert outcome(pool.read_moments, video, [2, 1], name="a").startswith("moments must be")


def test_a_file_opened_within_read_by_is_read_there(pool, video):
    path, asked = video.name, []

    class Read:
        def decode(self, path, wanted, side):
            asked.append(path)
            return pool.decode(path, wanted, side)

    limits = Limits.from_env()
    for wanted in ([0.0], [0.3, 0.3, 0.9], [i / 100 for i in range(100)]):
        with open_clip(path, None, limits) as file:
            here = decode(file, wanted, 64)
        with read_by(Read()), open_clip(path, None, limits) as file:
            there = decode(file, wanted, 64)
        assert np.array_equal(here.pop("frames"), there.pop("frames"))
        assert set(here) <= set(there)
        assert {name: tuple(v) if isinstance(v, list) else v for name, v in here.items()} == {
            name: there[name] for name in here
        }
    assert asked == [path] * 3 and reader() is None
    with pytest.raises(ClipError, match="2049 frames"):
        pool.decode(path, [0.0] * 2049, 64)


def test_what_is_no_file_is_said_at_once_and_as_here(pool, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")  # which has no other end: an open of it waits for one
    (tmp_path / "device.mp4").symlink_to("/dev/zero")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "ring.mp4").symlink_to("ring.mp4")
    (tmp_path / "empty.mp4").touch()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.mp4"))
    for path in (*tmp_path.iterdir(), tmp_path / "none.mp4"):
        with pytest.raises(ClipError) as there:
            pool.decode(str(path), [0.0], 64)
        with pytest.raises(ClipError) as here, open_source(path, None, Limits.from_env()):
            pass
        assert str(here.value) == str(there.value) and path.name in str(here.value)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "avif", "tga"])
def test_pictures_of_a_folder_are_read_there_alike(pool, tmp_path, ending, monkeypatch):
    rng, asked = np.random.default_rng(0), []
    for i in range(5):
        pixels = rng.integers(0, 255, (48, 64, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"img_{i}.{ending}")

    class Read:
        def stills(self, files, title, side):
            asked.append(title)
            return pool.stills(files, title[1:-1], side)

    def read(by=None, **more):
        with read_by(by) if by else nullcontext():
            return outcome(read_clip, tmp_path, frames=4, stride=0.04, **more)

    here, there = read(), read(Read())
    assert not isinstance(here, str) and here == there
    assert read(fps=10.0) == read(Read(), fps=10.0)
    (tmp_path / f"img_2.{ending}").write_bytes(b"damaged")
    assert read() == read(Read()) and "could not be read" in read()
    Image.fromarray(pixels[:30]).save(tmp_path / f"img_2.{ending}")
    assert read() == read(Read()) and "differ in size" in read()
    assert set(asked) == {f'"{tmp_path.name}"'} and len(asked) == 4
    monkeypatch.setattr("sct.video.pictures.decoded", None)  # nothing is decoded here
    assert read(Read()) == read(Read()) != read()


def test_pictures_that_take_too_much_are_one_sentence():
    pool, big, small = Decoders(memory=60 << 20), io.BytesIO(), io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(big, "webp", lossless=True)
    Image.new("RGB", (40, 40)).save(small, "webp", lossless=True)
    with pytest.raises(ClipError, match=r'"(1\.webp" of )?"a" could not be read'):
        pool.stills([("1.webp", big.getvalue())], "a", 64)
    assert pool.stills([("1.webp", small.getvalue())], "a", 64)[0].shape == (1, 40, 40, 3)
    with pytest.raises(ClipError, match="too long names"):
        pool.stills([("x" * 250, b"")] * 300, "a", 64)
    pool.close()


def test_limits_of_the_environment_hold_there(video, monkeypatch):
    monkeypatch.setenv("SCT_MAX_SIDE", "64")
    with pytest.raises(ClipError, match=re.escape("(SCT_MAX_SIDE)")):
        Decoders().read_clip(video, name="a.mp4")


def test_a_file_that_takes_too_long_is_ended_and_the_next_is_read(slow, video):
    pool = Decoders(cpu_s=1)
    begun = time.monotonic()
    with pytest.raises(TooMuch, match=r'"slow.gif" takes more than 1 seconds'):
        pool.read_clip(slow, name="slow.gif", frames=24)
    assert time.monotonic() - begun < 15
    assert pool.read_clip(video, name="a").frames.shape == (8, 96, 128, 3)
    pool.close()


def test_a_file_that_takes_too_much_memory(slow, video):
    pool = Decoders(memory=100 << 20)
    with pytest.raises(TooMuch, match=r'^"slow.gif" .* needs more than 0.098 GB of memory'):
        pool.read_clip(slow, name="slow.gif")
    assert pool.read_clip(video, name="a").frames.shape == (8, 96, 128, 3)
    pool.close()


def killer(pool, number, times):
    """Signal the process that reads, so many times, each a moment after it began to."""
    begun, begin, killed = [], pool._begin, []

    def noted():
        begun.append(begin())
        return begun[-1]

    def reads(process):
        return process.owner is not None and process not in pool._free

    def work():
        end = time.monotonic() + 30
        while len(killed) < times and time.monotonic() < end:
            for each in [one for one in begun if reads(one) and one not in killed]:
                time.sleep(0.2)
                if reads(each):
                    os.kill(each.running.pid, number)
                    killed.append(each)
            time.sleep(0.01)

    pool._begin = noted
    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_decoder_that_crashes_is_one_sentence(slow, video, number):
    pool = Decoders()
    thread = killer(pool, number, times=2)
    with pytest.raises(TooMuch, match=r'^"a b.gif" could not be read: its decoder failed'):
        pool.read_clip(slow, name="a\nb.gif", frames=8)
    thread.join(10)
    assert pool.read_clip(video, name="a").frames.shape == (8, 96, 128, 3)
    pool.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_decoder_that_something_else_ends_is_no_fault_of_the_file(slow, number):
    pool = Decoders()
    thread = killer(pool, number, times=1)
    assert len(pool.read_clip(slow, name="slow.gif", frames=8).frames) == 8
    thread.join(10)
    pool.close()


def test_who_no_longer_waits_ends_the_reading(slow, video):
    class MovedOn(BaseException):
        pass

    def check():
        if time.monotonic() - begun > 0.3:
            raise MovedOn

    pool, begun = Decoders(most=1), time.monotonic()
    with pytest.raises(MovedOn):
        pool.read_clip(slow, name="slow.gif", frames=24, check=check)
    begun = time.monotonic()
    pool.read_clip(video, name="a")
    assert time.monotonic() - begun < 2, "nothing goes on that nobody waits for"
    pool.close()


def test_many_read_one_file_at_once(pool, video):
    expected = [read_clip(video, start=i / 10, name="a").hash for i in range(6)]
    with ThreadPoolExecutor(6) as threads:
        found = threads.map(lambda i: pool.read_clip(video, start=i / 10, name="a").hash, range(6))
        assert list(found) == expected


def test_more_than_there_are_processes_for_is_refused(video, monkeypatch):
    monkeypatch.setattr(decoders, "_PATIENCE_S", 0.2)
    pool = Decoders(most=1)
    with pool._process("", lambda: None), pytest.raises(Busy, match="try again"):
        pool.read_clip(video, name="a")
    pool.close()


def test_processes_are_kept_and_end_with_their_parent():
    code = """
from sct.serving.decoders import Decoders
import os, signal
pool = Decoders(); pool.warm(); pool.warm()
print(*(each.running.pid for each in pool._free), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    (pid,) = map(int, ran.stdout.split())
    end = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [8, 10, 10, 4]},
        {"shape": [0, 10, 10, 3]},
        {"shape": [8, 1 << 40, 10, 3]},
        {"shape": "all"},
        {"clip": {}},
        {"clip": None},
        *({"clip": {name: bad}} for name in ("times", "width", "notes") for bad in (None, "x")),
        {"clip": {"name": 3}},
        {"clip": {"codec": ["x"]}},
        {"clip": {"more": 1}},
        {"error": 7},
        {"error": None},
        {},
    ],
)  # fmt: skip
def test_an_answer_of_any_kind_is_a_sentence_and_the_process_ends(pool, video, change, monkeypatch):
    whole = {
        "clip": {
            **{name: 1 for name in decoder_answer.FACTS},
            **{"times": [0.0] * 8, "notes": [], "name": "a", "codec": "h264"},
        },
        "shape": [8, 10, 10, 3],
    }
    if isinstance(change.get("clip"), dict) and change["clip"]:
        change = {"clip": {**whole["clip"], **change["clip"]}}
    answer = {**whole, **change} if change else {}
    real = Process.answer

    def said(process, *rest):
        return json.dumps(answer).encode() if process.held else real(process, *rest)

    monkeypatch.setattr(Process, "answer", said)
    with pytest.raises(ClipError, match="decoder failed"):
        pool.read_clip(video, name="a")


def test_a_process_reads_the_files_of_one_owner_alone(video):
    pool, asked = Decoders(), []
    once = pool._once

    def noted(file, text, owner, check, most):
        with pool._lock:
            before = list(pool._free)
        clip = once(file, text, owner, check, most)
        asked.append((owner, {p.running.pid for p in pool._free if p.owner == owner}))
        assert not any(p.owner not in (None, owner) and p not in before for p in pool._free)
        return clip

    pool._once = noted
    for owner in ("a", "a", "b", "a"):
        pool.read_clip(video, name="x", owner=owner)
    pids = [pid for _, (pid,) in asked]
    assert pids[0] == pids[1] != pids[2]
    assert len(pool._free) <= 3, "and few wait"
    pool.close()


def test_what_is_said_unasked_ends_the_process(video):
    pool = Decoders()
    pool.read_clip(video, name="x")
    (process,) = [one for one in pool._free if one.owner == ""]
    process.more = lambda: True
    pool.read_clip(video, name="x")
    assert process.running.returncode is not None
    pool.close()


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), BlockingIOError(11, "fork")])
def test_a_process_that_cannot_begin_is_a_sentence_and_leaves_nothing_open(
    video, monkeypatch, error
):
    def fails(*given, **more):
        raise error

    monkeypatch.setattr(decoder_link.subprocess, "Popen", fails)
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    for _ in range(3):
        with pytest.raises(Busy, match="try again in a moment"):
            Decoders().read_clip(video, name="x")
    end = time.monotonic() + 10  # what other tests have begun in the background may come and go
    while before and len(os.listdir("/proc/self/fd")) > before:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_an_answer_larger_than_was_asked_for_is_none():
    facts = {name: 1 for name in decoder_answer.FACTS}
    facts |= {"times": [0.0] * 8, "notes": [], "name": "a", "codec": "h264"}

    def pixels(count):
        raise AssertionError(f"{count} bytes")

    for shape in ([9, 10, 10, 3], [8, 513, 513, 3], [8, 10, 2049, 3], [7, 10, 10, 3]):
        with pytest.raises(ValueError, match="no frames"):
            decoder_answer.clip_of({"clip": facts, "shape": shape}, pixels, 8, 512)


def test_no_thread_is_left(video):
    before = threading.active_count()
    pool = Decoders()
    pool.read_clip(video, name="a")
    end = time.monotonic() + 30
    while threading.active_count() > before:  # the one that begins the next process
        assert time.monotonic() < end
        time.sleep(0.01)
    pool.close()
