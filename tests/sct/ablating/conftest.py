import pytest

import sct
from sct import motion
from sct.video import normalise


@pytest.fixture(scope="package")
def model():
    return sct.load("sct-motion").eval()


@pytest.fixture(scope="package")
def clip():
    """A made clip, (1, 8, 3, 112, 112)."""
    return normalise(motion.make_batch(["pan left"], 5, 8, 112).frames)
