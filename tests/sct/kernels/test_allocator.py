import os
import subprocess
import sys

import pytest

from sct.kernels import allocator

FREED = """
import torch
from sct.kernels import allocator

many = [torch.ones(1 << 16) for _ in range(400)]  # 100 MB in blocks that the library keeps
rest = many[::40]
before = allocator.resident()
del many
kept = allocator.resident()
allocator.hand_back()
print(before, kept, allocator.resident(), allocator.resident("VmHWM"))
"""


def test_what_was_freed_is_handed_back():
    if not allocator.resident() or not allocator.hand_back():
        pytest.skip("this system has another C library")
    # By default what the library keeps depends on what came before: here it keeps all.
    tell = {"MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
    command = [sys.executable, "-c", FREED]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | tell)
    assert done.returncode == 0, done.stderr
    before, kept, after, height = (int(word) / 1e6 for word in done.stdout.split())
    assert kept > before - 20
    assert after < before - 60
    assert height > before - 5


def test_other_systems_go_on_as_usual(monkeypatch, tmp_path):
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())
    assert allocator.hand_back() is False
    monkeypatch.setattr(allocator, "_STATUS", tmp_path / "none")
    assert allocator.resident() is None
    (tmp_path / "status").write_text("Name:\tx\nVmRSS:\t  12 kB\n")
    monkeypatch.setattr(allocator, "_STATUS", tmp_path / "status")
    assert allocator.resident() == 12 * 1024 and allocator.resident("VmHWM") is None


FAULTS = """
import resource, sys, torch
from sct.kernels import allocator

if sys.argv[1] == "keep" and not allocator.keep():
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


def test_other_systems_keep_as_usual(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert allocator.keep() is False
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())
    assert allocator.keep() is False
