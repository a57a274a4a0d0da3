from dataclasses import dataclass
from functools import partial

import pytest
import torch

import sct
from benchmarks.harness import rows, timing
from benchmarks.harness.timing import Settings
from benchmarks.speed import trace
from benchmarks.speed.model import untrained

SETTINGS = Settings(threads=1)


def test_the_rows_are_those_that_were_promised():
    found = [c.row() for group in trace.groups(SETTINGS) for c in group]
    assert [(row.name, row.peer, row.goal, row.unit) for row in found] == [
        ("sct_ti with trace", "without", "at most 1.1", "s"),
        ("sct_s with trace", "without", "at most 1.1", "s"),
        ("memory of a trace, sct_ti", "", "", "mb"),
        ("memory of a trace, sct_s", "600 MB", "at most 1", "mb"),
    ]


def test_a_storage_counts_once_and_as_a_whole():
    @dataclass
    class Seen:
        part: torch.Tensor
        others: dict

    whole = torch.zeros(100)
    seen = Seen(whole[:3], {1: (whole[50:], [torch.zeros(7, dtype=torch.int64)]), "name": "x"})
    assert trace.held_bytes(seen) == 100 * 4 + 7 * 8
    assert trace.held_bytes(None) == 0


def test_only_with_trace_something_is_kept(monkeypatch):
    shape = {"image_size": 56, "frames": 2, "widths": (8, 16), "vilt_blocks": (1, 0)}
    config = sct.SCTConfig(**shape, heads=(2, 2), clip_layers=1)
    monkeypatch.setitem(sct.SIZES, "sct_s", config)
    monkeypatch.setattr(timing, "LEAST_S", 0.0)
    kept = trace.held_mb(partial(untrained, "sct_s"), SETTINGS)()
    # Stage 1 alone: query-keys of LSH, 2 frames x 196 tokens x 8 channels of float32.
    assert 2 * 196 * 8 * 4 / 1e6 < kept < 2
    memory, with_trace = rows.measure(trace.groups(SETTINGS), SETTINGS, only="sct_s")[::-1]
    assert memory.ours == pytest.approx(kept) and memory.met is True
    assert with_trace.ratio > 0 and with_trace.repeats == 5
