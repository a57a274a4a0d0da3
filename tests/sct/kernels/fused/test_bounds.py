import signal
import subprocess
import sys

import pytest


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(("words", "ends"), [((), 0), (("too-far",), -signal.SIGSEGV)])
def test_no_kernel_touches_what_lies_beside_its_tensors(words, ends):
    command = [sys.executable, "-m", "tests.sct.kernels.fused.guarded", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == ends, done.stderr[-2000:]
    assert ("nothing was touched" in done.stdout) is (not words)
