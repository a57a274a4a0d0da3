import shutil

import pytest
import torch

from benchmarks.speed.compiled_cpu import measure
from sct.model.attention import ChunkAttention


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling needs g++")
def test_a_compiled_block_gives_the_same():
    block = ChunkAttention(1, 16, 2, 2, 7).eval()
    with torch.inference_mode():
        row = measure(block, torch.randn(1, 1, 14, 14, 16), repeats=2)
    assert row.off < 1e-5 and min(row.plain, row.compiled, row.frozen) > 0
