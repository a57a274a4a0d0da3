"""The least that a card needs for each part, by hand for one of them."""

import json

import pytest
import torch
from click.testing import CliRunner

import sct
from benchmarks.speed import roofline
from sct.profiling.layers import layer_costs


def test_a_part_takes_what_its_products_and_its_bytes_take():
    config, batch = sct.SIZES["sct_s"], 8
    rows = {row["part"]: row for row in roofline.bounds("sct_s", batch, "H100")}
    assert list(rows) == [cost.key for cost in layer_costs(config)]
    tokens, out = batch * 24 * 28 * 28, 144
    pool = rows["1.pool"]
    assert pool["gflop"] == pytest.approx(2 * tokens * 4 * 72 * out / 1e9)
    weights = 2 * (8 * 72 + 4 * 72 * out + out + 49 * out)
    assert pool["mb"] == pytest.approx((4 * tokens * 4 * 72 + 4 * tokens * out + weights) / 1e6)
    assert pool["compute_ms"] == pytest.approx(pool["gflop"] / 989)
    assert pool["memory_ms"] == pytest.approx(pool["mb"] / 3350)


def test_a_faster_memory_moves_the_same_bytes_in_less_time():
    slow, fast = (roofline.bounds("sct_ti", 1, card) for card in ("H100", "H200"))
    for a, b in zip(slow, fast, strict=True):
        assert a["mb"] == b["mb"] and a["memory_ms"] > b["memory_ms"]


def test_the_table_ends_with_the_sum(monkeypatch):
    monkeypatch.setattr(roofline, "measured", lambda size, batch: {"1.pool": 1.5, "whole": 9.0})
    done = CliRunner().invoke(roofline.main, ["--batch", "1", "--device", "cuda"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    (pool,) = (line for line in lines if line.startswith("1.pool"))
    assert pool.endswith("1.500") and lines[-1].startswith("all") and lines[-1].endswith("9.000")
    found = CliRunner().invoke(roofline.main, ["--size", "sct_ti", "--json"])
    rows = json.loads(found.output)["rows"]
    for row in rows:
        assert row["least_ms"] == max(row["compute_ms"], row["memory_ms"])
        assert row["measured_ms"] is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_no_part_is_faster_than_the_card_could_be():
    least = {row["part"]: max(row["compute_ms"], row["memory_ms"])
             for row in roofline.bounds("sct_ti", 8, "H200")}  # fmt: skip
    assert all(took >= least.get(part, 0) for part, took in roofline.measured("sct_ti", 8).items())
