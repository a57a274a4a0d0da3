"""What is named by its path is read by limited processes as it would be here."""

import io
import os
import socket
from contextlib import nullcontext

import numpy as np
import pytest
from PIL import Image

from sct.errors import ClipError
from sct.serving.decoders import Decoders
from sct.video.clip import read_clip
from sct.video.decoding import decode
from sct.video.elsewhere import read_by, reader
from sct.video.pictures import open_clip
from sct.video.sources import Limits, open_source
from tests.sct.serving.outcomes import outcome

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files are passed as on Unix")


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
