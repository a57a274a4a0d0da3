import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

import sct
from sct.errors import Busy, ClipError
from sct.samples.catalogue import samples
from sct.serving import decoder_answer, decoder_link, decoders
from sct.serving.decoder_link import Process
from sct.serving.decoders import Decoders, TooMuch
from sct.video.clip import read_clip, read_moments
from tests.sct.serving.outcomes import outcome

ROOT = Path(sct.__file__).parents[1]
SHARED = [f for d in ("odd", "bugs") for f in sorted((ROOT.parent / "shared" / d).glob("*.*"))]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files are passed as on Unix")


@pytest.fixture(scope="module")
def slow():
    """A small file of which all 24 frames take some three seconds to read."""
    side, file = 4096, io.BytesIO()
    first, *_ = pictures = [Image.new("L", (side, side), shade) for shade in range(24)]
    first.save(file, "gif", save_all=True, append_images=pictures[1:], duration=100)
    return file


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
