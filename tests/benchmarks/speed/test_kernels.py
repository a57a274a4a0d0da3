"""The script for a GPU, as far as Triton's interpreter goes."""

import json

import pytest
import torch
from click.testing import CliRunner

pytest.importorskip("triton")

from benchmarks.speed import kernels


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """One check, one form of launch and no work, all of it in this process."""
    monkeypatch.setenv("SCT_KERNELS", "plain")
    monkeypatch.setattr(kernels, "in_new_process", lambda function, *given: function(*given))
    monkeypatch.setattr(kernels, "CHECKS", {"LayerNorm": kernels.CHECKS["LayerNorm"]})
    monkeypatch.setattr(kernels, "WORKS", {"nothing": lambda device, tiny: lambda: None})
    if torch.cuda.is_available():
        pytest.skip("the kernels are compiled here")


def run(tmp_path):
    out = tmp_path / "found.json"
    done = CliRunner().invoke(kernels.main, ["--device", "cpu", "--tiny", "--out", str(out)])
    assert done.exit_code == 0, done.output
    return json.loads(out.read_text()), done.output


def test_what_passes_is_told_with_its_error_and_the_best_form_of_launch(tmp_path):
    found, said = run(tmp_path)
    (check,) = found["checks"]
    assert check["passed"] and check["repeats"] and check["error"] < 1e-6
    assert [row["stage"] for row in found["launches"]] == [1, 2]
    assert all(row["error"] < 1e-5 and row["ms"] > 0 for row in found["launches"])
    assert [(row["work"], row["way"]) for row in found["times"]] == [
        ("nothing", "plain"), ("nothing", "fused"),
    ]  # fmt: skip
    assert "LayerNorm" in said and "stage 2" in said and said.splitlines()[-1].startswith("nothing")


def test_what_is_wrong_or_fails_is_said_and_the_rest_goes_on(tmp_path, monkeypatch):
    def off(device, dtype, tiny):
        return torch.ones(3), torch.full((3,), 1.5)

    def broken(*given):
        raise RuntimeError("an illegal address\nwas met")

    monkeypatch.setattr(kernels, "CHECKS", {"off": off, "broken": broken})
    found, said = run(tmp_path)
    wrong, failed = found["checks"]
    assert not wrong["passed"] and wrong["error"] == pytest.approx(1 / 3)
    assert failed["failed"] == "RuntimeError: an illegal address was met"
    assert "an illegal address was met" in said
