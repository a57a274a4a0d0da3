"""Libraries under the reader have words of their own on damaged pictures: none reach stderr."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]
# In a process of its own: pytest has its own say on warnings, logs and what is printed.
READ = """
import sys
from sct.errors import ClipError
from sct.video.clip import read_clip
try:
    read_clip(sys.argv[1])
except ClipError as error:
    print(error)
"""


def written(kind, **more):
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(noise).save(file, kind, **more)
    return file.getvalue()


def exif_cut():
    """A JPEG whose EXIF data say that there is more of them than there is."""
    exif = Image.Exif()
    exif[0x112] = 6
    data = bytearray(written("JPEG", exif=exif))
    at = data.index(b"Exif\0\0") + 6
    data[at + 8 : at + 10] = b"\0\7"  # as many entries, of one
    return bytes(data)


def tag_beyond_the_file():
    """A TIFF one of whose tags lies beyond its end: it needs its bits a sample from there."""
    data = bytearray(written("TIFF"))
    at = data.index(b"\x02\x01\x03\x00\x03\x00\x00\x00") + 8
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    return bytes(data)


def zip_broken():
    """A TIFF whose compressed pixels are damaged, of which libtiff itself tells."""
    data = bytearray(written("TIFF", compression="tiff_adobe_deflate", tiffinfo={317: 2}))
    data[8:200] = bytes(192)
    return bytes(data)


def many_samples():
    """A TIFF of more colours than there can be, of which Pillow logs an error."""
    data = bytearray(written("TIFF"))
    at = data.index(b"\x15\x01\x03\x00\x01\x00\x00\x00") + 8
    data[at : at + 2] = b"\xff\x00"
    return bytes(data)


MADE = {
    "exif": (exif_cut, "jpg"),
    "tag": (tag_beyond_the_file, "tif"),
    "libtiff": (zip_broken, "tif"),
    "log": (many_samples, "tif"),
}


@pytest.mark.parametrize("case", MADE)
def test_a_damaged_picture_prints_nothing_of_its_own(case, tmp_path):
    make, ending = MADE[case]
    for i in range(2):
        (tmp_path / f"{i}.{ending}").write_bytes(make())
    run = [sys.executable, "-W", "always", "-c", READ, str(tmp_path)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == (case != "exif")
