import json

import pytest
from click.testing import CliRunner

import sct
from benchmarks.studies import twins
from benchmarks.studies.twins import TWINS, options, table
from sct.training.config import TrainConfig
from sct.training.initialize import new_model


def test_every_twin_can_be_built_and_lacks_its_part():
    built = {}
    for twin in TWINS:
        words = iter(twin.options)
        values = {"overrides": (), "ablate": "none", "grounded": True}
        for word in words:
            if word == "--config":
                values["overrides"] += (next(words),)
            elif word == "--ablate":
                values["ablate"] = next(words)
            else:
                assert word == "--no-grounded"
                values["grounded"] = False
        built[twin.name] = new_model(TrainConfig(**values)).config, values["ablate"]
    shape = {name: config for name, (config, _) in built.items()}
    assert shape["no-shifted"].shifted_blocks == 0 and shape["two-shifted"].shifted_blocks == 2
    assert shape["offset-3"].shifted_offsets == (3,) and not any(shape["free"].grounded_heads)
    assert any(shape["base"].grounded_heads)
    settings = {name: sct.Ablation.parse(text) for name, (_, text) in built.items()}
    assert settings["plain"].shifted != settings["base"].shifted
    assert settings["clip-mean"].clip == "mean" and settings["full"].lsh != settings["base"].lsh


def test_a_twin_is_trained_once_and_measured(tmp_path):
    words = [
        "--out",
        str(tmp_path),
        "--only",
        "no-shifted",
        "--steps",
        "1",
        "--batch",
        "2",
        "--limit",
        "17",
    ]
    done = CliRunner().invoke(twins.main, [*words, "--json"])
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert row["clips"] == 2 and 0 <= row["top1"] <= 1 and row["grounded_r"] is None
    written = (tmp_path / "no-shifted.safetensors").stat().st_mtime_ns
    done = CliRunner().invoke(twins.main, words)
    assert (tmp_path / "no-shifted.safetensors").stat().st_mtime_ns == written
    assert "| no shifted MSA |" in done.stdout and "shifted_blocks=0" in done.stdout


def test_table():
    row = {"name": "free", "what": "no grounded heads", "paper": "", "free_r": 0.123}
    row |= {"top1": 0.5, "top1_ci95": [0.4, 0.6], "grounded_r": None}
    row |= {"moving_camera": 0.25, "moving_camera_ci95": [0.2, 0.3]}
    asked = {"free": options(TWINS[-1], 7, 48, "cuda")}
    said = table([row], twins.Path("runs"), asked).splitlines()
    assert "| no grounded heads | 50.0 (40.0 to 60.0) | 25.0 (20.0 to 30.0) | – | 0.12 |  |" in said
    assert said[-1].startswith("free: python -m sct train --out runs/free --steps 7")
    assert said[-1].endswith("--batch 48 --device cuda --block 48 --no-grounded")


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_commands_differ(twin):
    assert options(twin, 1) not in [options(other, 1) for other in TWINS if other is not twin]
