import gc
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

import sct
from sct.errors import Busy, ClipError
from sct.serving.uploads import Uploads, most_bytes

ROOT = Path(sct.__file__).parents[1]
FILES = Path("/proc/self/fd")


def test_an_upload_reads_as_it_was_sent_by_many_at_once():
    data = bytes(range(256)) * 5000
    upload = Uploads(1 << 30).keep("a", "clip.mp4", memoryview(data))
    assert (upload.name, upload.size) == ("clip.mp4", len(data))

    def read(place):
        with upload.open() as file:
            file.seek(place)
            found = file.read(1000)
            assert file.seek(-10, os.SEEK_END) == len(data) - 10
            assert file.read() == data[-10:]
            with pytest.raises(OSError):
                file.seek(-1)
            return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(100))) == [data[i : i + 1000] for i in range(100)]
    assert upload.open().read() == data, "closing one leaves the others open"


def test_its_key_says_which_file_it_is():
    uploads = Uploads(1 << 30)
    keys = [uploads.keep("a", *given).key for given in ((n, d) for n in "xy" for d in (b"1", b"2"))]
    assert len(set(keys)) == 4
    assert uploads.keep("b", "x", b"1").key == keys[0]
    assert uploads.keep("b", "\udc80", b"1").key not in keys


def _identity(number):
    """Which file a descriptor is of; None where it is closed by now."""
    with suppress(OSError):
        found = os.fstat(number)
        return found.st_dev, found.st_ino


def test_what_nothing_refers_to_is_given_back():
    uploads = Uploads(1000)
    kept = [uploads.keep("a", "x", bytes(100)) for _ in range(2)]
    assert uploads.held == uploads.held_by("a") == 200
    files = {_identity(one._file.fileno()) for one in kept}
    assert len(files) == 2
    del kept
    gc.collect()
    assert uploads.held == 0 and not uploads._held
    if FILES.exists():
        assert not files & {_identity(number) for number in map(int, os.listdir(FILES))}


def test_a_session_may_keep_a_fourth_and_all_together_no_more_than_all():
    uploads = Uploads(1000)
    kept = [uploads.keep("a", "x", bytes(200))]
    with pytest.raises(Busy, match="take some out of the recent clips"):
        uploads.keep("a", "x", bytes(51))
    kept += [uploads.keep("a", "x", bytes(50))]
    kept += [uploads.keep(session, "x", bytes(240)) for session in "bcd"]
    with pytest.raises(Busy, match="SCT_MAX_UPLOADS_MB"):
        uploads.keep("e", "x", bytes(100))
    assert uploads.held == 970
    # One file may be larger than a share.
    del kept
    gc.collect()
    large = uploads.keep("a", "x", bytes(900))
    assert large.size == uploads.held


def test_many_threads_do_not_pass_the_bound():
    uploads = Uploads(10_000)

    def keep(session):
        try:
            return uploads.keep(session, "x", bytes(1000))
        except Busy:
            return None

    with ThreadPoolExecutor(16) as pool:
        kept = list(pool.map(keep, range(64)))
    assert sum(one is not None for one in kept) == 10
    assert uploads.held == 10_000


def test_a_full_disk_is_one_sentence_and_nothing_stays():
    code = """
import resource, signal, sys
from sct.errors import Busy
from sct.serving.uploads import Uploads
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
uploads = Uploads(1 << 30)
try:
    uploads.keep("a", "clip.mp4", bytes(5000))
except Busy as error:
    print(error, uploads.held)
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout == 'There is no room here to keep "clip.mp4". 0\n', ran.stderr


@pytest.mark.parametrize("text", ["x", "0", "-1", "nan", "inf", "1e10"])
def test_a_bound_that_is_none_is_said(monkeypatch, text):
    monkeypatch.setenv("SCT_MAX_UPLOADS_MB", text)
    with pytest.raises(ClipError, match="SCT_MAX_UPLOADS_MB"):
        most_bytes()


def test_the_bound_of_the_environment(monkeypatch):
    assert most_bytes() == 2048 << 20
    monkeypatch.setenv("SCT_MAX_UPLOADS_MB", "0.5")
    assert most_bytes() == 1 << 19
