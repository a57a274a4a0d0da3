import subprocess
import sys

import pytest

from sct.learning import memory

FAULTS = """
import resource, sys, torch
from sct.learning import memory

if sys.argv[1] == "keep" and not memory.keep():
    sys.exit("no GNU C library")
for _ in range(20):  # at first what lies between grows, too
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(12 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    """Pages that the system clears for the last of 20 tensors of 48 MB, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True)
    if "no GNU C library" in done.stderr:
        pytest.skip("this system has another C library")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_memory_that_was_freed_is_taken_again():
    given_back, kept = faults("as usual"), faults("keep")
    assert kept < 50 < given_back


def test_other_systems_go_on_as_usual(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert memory.keep() is False
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert memory.keep() is False
