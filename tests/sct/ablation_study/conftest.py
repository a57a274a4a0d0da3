import pytest

import sct
from sct.synthetic import clips
from sct.video.clip import normalise


@pytest.fixture(scope="package")
def model():
    return sct.load("sct-motion").eval()


@pytest.fixture(scope="package")
def clip():
    """A made clip, (1, 8, 3, 112, 112)."""
    return normalise(clips.make_batch(["pan left"], 5, 8, 112).frames)
