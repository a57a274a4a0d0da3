"""Every kernel compiles for a card that is not here; a compiler takes less than an interpreter."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("triton")

# One form of each kernel, in a process whose kernels are not interpreted.
CODE = """
import json
from benchmarks.speed import compiled

found = compiled.launches("sct_ti", True, lsh_rounds=2, vilt_blocks=(1, 0, 0), frames=2)
first = {compiled.name_of(launch["kernel"]): launch for launch in reversed(found)}
rows = [compiled.compiled(launch, 90) for launch in first.values()]
names = [compiled.name_of(kernel) for _, _, kernel in compiled.kernels()]
print(json.dumps({"rows": rows, "names": names}))
"""


@pytest.fixture(scope="module")
def found():
    plain = {k: v for k, v in os.environ.items() if k not in ("TRITON_INTERPRET", "SCT_KERNELS")}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=plain, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_every_kernel_is_compiled(found):
    assert len(found["names"]) >= 10
    assert {row["kernel"] for row in found["rows"]} == set(found["names"])


def test_what_a_program_needs_fits_into_the_card(found):
    for row in found["rows"]:
        assert row["shared"] <= 227 * 1024 and row["registers"] <= 255, row
        assert row["spilled"] == 0, row
