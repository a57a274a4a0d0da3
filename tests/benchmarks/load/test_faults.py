import shutil
import sys

import pytest

import sct
from benchmarks.load import faults

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.skipif(not shutil.which("prlimit"), reason="no prlimit"),
    pytest.mark.skipif("sct-scene" not in sct.list_models(), reason="the default model is missing"),
]


@pytest.mark.parametrize("fault", faults.FAULTS.values(), ids=faults.FAULTS)
def test_nothing_is_lost_and_samples_answer(fault):
    found = fault()
    if found["well"] is None:
        pytest.skip(found["said"])
    assert found["well"], found
