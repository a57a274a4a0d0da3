import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import sct
from sct.checkpoint import io
from sct.limits import MOST

ROOT = Path(__file__).parents[3]


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = sct.build("sct_ti").eval()
    io.save(model, tmp_path / "mine", {"note": "a test"})
    return model, tmp_path / "mine.safetensors"


def test_round_trip(saved):
    model, path = saved
    again, card = sct.load_with_card(path, device="cpu")
    assert again.config == model.config and card["note"] == "a test" and not again.training
    frames = torch.randn(1, 2, 3, 112, 112)
    with torch.inference_mode():
        assert torch.equal(model(frames).logits, again(frames).logits)


def test_the_operator_can_add_a_folder(saved, monkeypatch):
    _, path = saved
    monkeypatch.setenv("SCT_MODELS", str(path.parent))
    assert "mine" in sct.list_models()
    assert sct.load("mine").config.image_size == 112


def test_the_fingerprint_is_that_of_the_weights_file(saved):
    _, path = saved
    assert io.fingerprint(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(sct.ModelError, match="no model named"):
        io.fingerprint("nothing")


def refuse(path, says):
    with pytest.raises(sct.ModelError, match=says) as error:
        sct.load(path)
    assert "\n" not in str(error.value)


def test_unknown_names_and_files(saved):
    refuse("no-such-model", "no model named")
    refuse("../mine", "no model named")
    refuse(saved[1].with_name("gone.safetensors"), "no checkpoint file")


CARDS = ("{", "[]", "{}", '{"config": {"widths": "x"}}', '{"config": {"a": 1}}')


@pytest.mark.parametrize("text", [*CARDS, '{"config": {"frames": -1}}', "[" * 100_000])
def test_damaged_cards(saved, text):
    saved[1].with_suffix(".json").write_text(text)
    refuse(saved[1], "damaged")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("image_size", 11_200_000, "image_size=11200000: must be a whole number from 1 to 4096"),
        (
            "image_size",
            4032,
            "frames=9, image_size=4032: 146,313,216 pixels a clip, allowed: 134,217,728",
        ),
        ("frames", 10**9, "frames=1000000000: "),
        ("num_classes", 10**12, "num_classes=1000000000000: "),
        ("vilt_blocks", [10**9, 1, 1], "vilt_blocks=1000000000: "),
        ("widths", [4] * 100_000, "100000 stages, allowed: 1 to 8"),
    ],
)
def test_a_card_that_asks_for_more_than_any_memory_holds(saved, field, value, told):
    path = saved[1].with_suffix(".json")
    card = json.loads(path.read_text())
    card["config"] |= {field: value, **({"frames": 9} if value == 4032 else {})}
    path.write_text(json.dumps(card))
    refuse(saved[1], told)


def test_missing_card(saved):
    saved[1].with_suffix(".json").unlink()
    refuse(saved[1], "no readable card")


@pytest.mark.parametrize("data", [b"", b"x" * 1000, (1 << 60).to_bytes(8, "little") + b"{}"])
def test_damaged_weights(saved, data):
    saved[1].write_bytes(data)
    refuse(saved[1], "damaged")


def test_truncated_weights(saved):
    saved[1].write_bytes(saved[1].read_bytes()[:-100])
    refuse(saved[1], "damaged")


def test_weights_of_another_config(saved):
    path = saved[1].with_suffix(".json")
    card = json.loads(path.read_text())
    card["config"]["clip_layers"] = 3
    path.write_text(json.dumps(card))
    refuse(saved[1], "do not fit")


@pytest.mark.parametrize("field", ["clip_layers", "mlp_ratio", "shifted_blocks", "frames"])
def test_a_card_that_asks_for_all_that_it_may_but_has_no_such_weights(saved, field):
    path = saved[1].with_suffix(".json")
    card = json.loads(path.read_text())
    card["config"][field] = MOST[field]
    path.write_text(json.dumps(card))
    refuse(saved[1], "do not fit")


def test_a_check_reads_no_weights_and_gives_the_card(saved):
    assert io.check(saved[1]) == io.read_card(saved[1])


def test_devices():
    assert io.pick_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="tpu"):
        io.pick_device("tpu")


def test_loading_imports_no_compiler():
    """PyTorch's Python decompositions on the meta device bring torch._dynamo: 0.7 s at start."""
    code = "import sys, sct; sct.load(device='cpu'); print('torch._dynamo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "False", done.stderr
