import numpy as np
import pytest

from sct.serving.decoders import Decoders
from sct.video.clip import write_mp4


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
