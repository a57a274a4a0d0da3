import pytest

from pages.cache import decoding
from sct.errors import ClipError
from sct.serving.decoders import TooMuch
from sct.serving.uploads import Uploads


class Pool:
    """Decoders that refuse, and count how often they are asked."""

    def __init__(self, error):
        self.error, self.asked = error, []

    def read_clip(self, file, **asked):
        self.asked.append(asked["start"])
        raise self.error


@pytest.fixture
def refusing(monkeypatch):
    def put(error):
        pool = Pool(error)
        monkeypatch.setattr(decoding, "_decoders", lambda: pool)
        decoding._refused.clear()
        return pool

    return put


@pytest.mark.parametrize(("error", "asked"), [(TooMuch, [0.0]), (ClipError, [0.0, 1.0])])
def test_what_cannot_be_read_is_tried_but_once(refusing, error, asked):
    pool = refusing(error("no"))
    upload = Uploads(1 << 20).keep("a", "x.gif", b"GIF89a")
    for start in (0.0, 0.0, 1.0, 1.0):  # one that takes too much does so wherever it begins
        with pytest.raises(ClipError, match=r"^no$"):
            decoding.read_clip(upload, 8, start, 0.1)
    assert pool.asked == asked
    again = Uploads(1 << 20).keep("b", "x.gif", b"GIF89a")  # somebody else sends the same file
    with pytest.raises(ClipError, match=r"^no$"):
        decoding.read_clip(again, 8, 0.0, 0.1)
    assert pool.asked == asked


def test_a_refusal_that_may_be_the_machine_s_is_looked_into_again(refusing, monkeypatch):
    pool = refusing(ClipError("Decoding took longer"))
    monkeypatch.setattr(decoding, "_AGAIN_S", 0.0)
    upload = Uploads(1 << 20).keep("a", "x.gif", b"GIF89a")
    for _ in range(2):
        with pytest.raises(ClipError):
            decoding.read_clip(upload, 8, 0.0, 0.1)
    assert pool.asked == [0.0, 0.0]
