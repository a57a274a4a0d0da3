"""`seal` writes into a card which weights it is of, and refuses those that are not fit."""

import json

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

import sct
from sct.checkpoint import io, pair
from sct.cli.seal import seal

SHAPE = {"image_size": 28, "frames": 2, "widths": (8,), "vilt_blocks": (1,), "heads": (1,)}


@pytest.fixture
def older(tmp_path):
    path = tmp_path / "mine.safetensors"
    io.save(sct.SCT(sct.SCTConfig(**SHAPE, clip_layers=1)), path, {"task": "a test"})
    card = json.loads(path.with_suffix(".json").read_text())
    del card[pair.KEY]
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def test_an_older_checkpoint_loads_once_it_is_sealed(older):
    weights = older.read_bytes()
    done = CliRunner().invoke(seal, [str(older)])
    assert done.exit_code == 0 and done.output.split() == [io.fingerprint(older), str(older)]
    assert io.check(older)["task"] == "a test" and older.read_bytes() == weights


def test_what_cannot_be_used_is_not_sealed(older):
    card = older.with_suffix(".json").read_bytes()
    save_file({"head": torch.zeros(1)}, older)
    done = CliRunner().invoke(seal, [str(older)])
    assert isinstance(done.exception, sct.ModelError)
    assert older.with_suffix(".json").read_bytes() == card
    assert CliRunner().invoke(seal, ["mine.pt"]).exit_code == 2
