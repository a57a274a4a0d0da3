import csv
import json
import signal

import pytest
import torch

import sct
from sct.datasets.loaders import Batch
from sct.synthetic import clips
from sct.training import data as training_data
from sct.training import run_state, trainer
from sct.training.initialize import new_model
from sct.training.loss import TrainingLoss
from sct.training.trainer import Stopped, TrainConfig, train
from sct.video.clip import normalise

TINY = ("image_size=28", "frames=4", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1")


def tiny(**values) -> TrainConfig:
    shown = {"overrides": TINY, "steps": 4, "batch": 4, "short_frames": 2, "log_every": 1}
    return TrainConfig.from_dict({**shown, **values})


def rows(path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class OneBatch:
    """The same clips at every step."""

    labels = clips.LABELS

    def __init__(self, with_truth: bool = True):
        made = clips.make_batch(4, seed=3, frames=4, size=28)
        self.held = Batch(made.frames, made.labels, made if with_truth else None)

    def batch(self, step: int, frames: int, rank: int = 0, world: int = 1) -> Batch:
        return self.held

    def close(self) -> None:
        pass


@pytest.fixture
def one_batch(monkeypatch):
    monkeypatch.setattr(training_data, "open_loader", lambda *args: OneBatch())


def test_train_writes_a_loadable_checkpoint(tmp_path):
    seen = []
    config = tiny(steps=3, save_every=2, log_every=2)
    card = train(config, tmp_path / "a.safetensors", progress=lambda *args: seen.append(args))
    assert [done for done, _, _ in seen] == [0, 1, 2, 3] and card["clips"] == 12
    assert {"loss", "accuracy", "clips_per_s"} <= set(seen[-1][2])
    model, saved = sct.load_with_card(tmp_path / "a.safetensors", device="cpu")
    assert model.config.labels == clips.LABELS and model.config.grounded_heads == ((0,),)
    assert saved["training"]["batch"] == 4 and saved["trained_with"] == "none"
    own = ("config", "weights_sha256")
    assert json.loads(json.dumps(card)) == {k: v for k, v in saved.items() if k not in own}
    table = rows(tmp_path / "a.csv")
    assert [row["step"] for row in table] == ["2", "3"] and float(table[-1]["loss"]) > 0
    assert tuple(table[0]) == trainer.COLUMNS and table[0]["val_accuracy"] == ""
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"a.safetensors", "a.json", "a.csv", "a.run.safetensors"}


def test_it_learns(tmp_path, one_batch):
    train(tiny(steps=60, lr=5e-3, label_smoothing=0.0), tmp_path / "a")
    table = rows(tmp_path / "a.csv")
    assert float(table[0]["loss"]) > 2.5 > 1.0 > float(table[-1]["loss"])
    assert float(table[-1]["grounding"]) < float(table[0]["grounding"]) - 0.05
    model = sct.load(tmp_path / "a.safetensors", device="cpu")
    held = OneBatch().held
    with torch.inference_mode():
        right = model(normalise(held.frames)).logits.argmax(1) == held.labels
    assert right.all()


def test_without_the_truth_there_is_no_grounding(tmp_path, monkeypatch):
    monkeypatch.setattr(training_data, "open_loader", lambda *args: OneBatch(with_truth=False))
    train(tiny(steps=1), tmp_path / "a")
    assert float(rows(tmp_path / "a.csv")[0]["grounding"]) == 0


def test_what_is_shipped_is_the_running_mean(tmp_path, one_batch):
    saved = []  # a save follows each call, so that a call sees the weights of the step before
    train(
        tiny(ema=0.9, save_every=1),
        tmp_path / "a",
        progress=lambda *args: saved.append(run_state.read(tmp_path / "a").weights),
    )
    weights = [*saved[1:], run_state.read(tmp_path / "a").weights]
    expected = {name: value.double() for name, value in weights[0].items()}
    for step, learned in enumerate(weights[1:]):
        decay = min(0.9, (1 + step) / (10 + step))
        for name, value in learned.items():
            expected[name] = decay * expected[name] + (1 - decay) * value.double()
    shipped = sct.load(tmp_path / "a.safetensors", device="cpu")
    for name, value in shipped.named_parameters():
        torch.testing.assert_close(value.double(), expected[name], rtol=1e-5, atol=1e-7)
        assert not torch.equal(value, weights[-1][name])


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A checkpoint with the motion labels, and its model."""
    from sct.checkpoint import io

    path = tmp_path_factory.mktemp("start") / "start.safetensors"
    io.save(new_model(tiny(seed=9)), path, {})
    return path, sct.load(path, device="cpu")


def test_frozen_parts_stay_and_the_others_move(tmp_path, start, one_batch):
    path, old = start
    config = tiny(size="", overrides=(), freeze=("patch", "stages.0"), ema=0.0)
    card = train(config, tmp_path / "a", init=path)
    new = sct.load(tmp_path / "a.safetensors", device="cpu").state_dict()
    for name, value in old.state_dict().items():
        assert torch.equal(value, new[name]) == name.startswith(("patch.", "stages.0.")), name
    assert card["init"] == str(path)


def test_hashing_differs_from_step_to_step(tmp_path, one_batch, monkeypatch):
    seen = []

    class Watched(TrainingLoss):
        def forward(self, batch, ablation):
            seen.append(str(ablation))
            return super().forward(batch, ablation)

    monkeypatch.setattr(trainer, "TrainingLoss", Watched)
    train(tiny(ablate="lsh=lsh;clip=mean", steps=2), tmp_path / "a")
    assert seen == ["seed=0;clip=mean", "seed=1;clip=mean"]


def test_a_twin_learns_without_the_part(tmp_path, one_batch):
    card = train(tiny(ablate="clip=mean", steps=2, ema=0.0), tmp_path / "a")
    assert card["trained_with"] == "clip=mean"
    new, old = sct.load(tmp_path / "a.safetensors", device="cpu"), new_model(tiny())
    assert torch.equal(new.clip.cls, old.clip.cls), "not part of this twin"
    assert not torch.equal(new.patch.weight, old.patch.weight)


def test_validation(tmp_path, one_batch, monkeypatch):
    asked = []

    def evaluate(model, data, *, limit, seed, ablation, **kwargs):
        asked.append((data, limit, seed, str(ablation), model.training))
        return {"top1": len(asked) / 4, "n": limit}

    monkeypatch.setattr("sct.evaluation.accuracy.evaluate", evaluate)
    config = tiny(steps=5, validate_every=2, validation_clips=30, log_every=3, ablate="lsh=full")
    card = train(config, tmp_path / "a")
    assert asked == [("motion", 30, training_data.VALIDATION_SEED, "lsh=full", False)] * 3
    told = [(row["step"], row["val_accuracy"]) for row in rows(tmp_path / "a.csv")]
    assert told == [("2", "0.25"), ("3", ""), ("4", "0.5"), ("5", "0.75")]
    assert card["validation"] == {"accuracy": 0.75, "clips": 30}


def test_validation_measures(tmp_path, one_batch):
    card = train(tiny(steps=1, validate_every=1, validation_clips=6), tmp_path / "a")
    assert card["validation"]["accuracy"] in [pytest.approx(n / 6, abs=1e-4) for n in range(7)]


def test_a_loss_that_is_no_number_stops_the_run(tmp_path, one_batch):
    train(tiny(steps=1), tmp_path / "a")
    before = (tmp_path / "a.safetensors").read_bytes()
    with pytest.raises(sct.SCTError, match=r"no number.*lower --lr"):
        train(tiny(lr=1e30, warmup=0.0, steps=50), tmp_path / "a")
    assert (tmp_path / "a.safetensors").read_bytes() == before


def test_ctrl_c_saves_after_the_step_it_falls_into(tmp_path, one_batch):
    def interrupt(done, steps, figures):
        if done == 2:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    train(tiny(), tmp_path / "straight")
    with pytest.raises(Stopped) as stopped:
        train(tiny(), tmp_path / "a", interrupt)
    assert stopped.value.step == 3 and isinstance(stopped.value, KeyboardInterrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert json.loads((tmp_path / "a.json").read_text())["steps"] == 3
    train(tiny(), tmp_path / "a", resume=True)
    weights = [(tmp_path / f"{name}.safetensors").read_bytes() for name in ("a", "straight")]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("out", ["a.b", "", "x/.."])
def test_names_with_a_dot_are_refused(out):
    with pytest.raises(ValueError, match="without a dot"):
        train(tiny(), out)
