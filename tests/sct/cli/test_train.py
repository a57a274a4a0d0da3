import csv
import json
import signal
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import sct
from sct.cli import train as command
from sct.cli.main import cli
from sct.cli.train_options import HEADINGS
from sct.synthetic import clips
from sct.training import data as training_data
from sct.training import trainer
from viz.plots import training_curves

TINY = ["image_size=28", "frames=4", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1"]
MODEL = [word for item in TINY for word in ("--config", item)]
QUICK = ["--steps", 2, "--batch", 2, "--device", "cpu", "--log-every", 1, "--short-frames", 2]


def run(*args: object, **env: str) -> Result:
    words = ["train", *(str(arg) for arg in args)]
    return CliRunner(env=env).invoke(cli, words, prog_name="python -m sct")


def refused(result: Result, *words: str) -> None:
    """Exit code 2, nothing on stdout, one line on stderr that says `words`."""
    assert result.exit_code == 2 and result.stdout == "", result.output
    assert result.stderr.startswith("sct: error: ") and len(result.stderr.splitlines()) == 1
    for word in words:
        assert word in result.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "a"
    result = run("--out", out, *MODEL, *QUICK)
    assert result.exit_code == 0, result.output
    assert "2 steps, 4 clips" in result.stdout and result.stderr == ""
    return out


def card(out: Path) -> dict:
    return json.loads(Path(f"{out}.json").read_text())


def test_it_writes_all_that_it_promises(trained):
    assert {path.name for path in trained.parent.iterdir()} == {f"a{e}" for e in command.WRITTEN}
    assert sct.load(f"{trained}.safetensors", device="cpu").config.labels == clips.LABELS
    picture = Path(f"{trained}.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and struct.unpack(">II", picture[16:24]) == (1440, 432)


def test_every_option_has_a_heading_and_the_default_of_the_config():
    options = {option.name: option for option in command.train.params}
    assert len(options) == sum(map(len, HEADINGS.values()))
    rates = {"lr": None, "muon_lr": None}  # those depend on the data
    config = {**trainer.TrainConfig().to_dict(), **rates}
    assert set(config) <= set(options)
    for name in set(config) - {"device"}:
        assert options[name].default == config[name], name
    text = run("--help").stdout
    assert all(f"\n{title}:\n" in text for title in HEADINGS) and "Other:" in text


def test_what_is_there_is_not_replaced_unasked(trained, tmp_path):
    before = Path(f"{trained}.safetensors").read_bytes()
    refused(run("--out", trained, *MODEL, *QUICK), "--overwrite", "--resume")
    refused(run("--out", trained, "--overwrite", "--resume"), "exclude")
    assert Path(f"{trained}.safetensors").read_bytes() == before
    (tmp_path / "list.csv").write_text("path,label\n")
    refused(run("--out", tmp_path / "list", *QUICK), "list.csv")


def test_resume_takes_the_settings_of_the_run(tmp_path):
    out, three = tmp_path / "a", (*MODEL, *QUICK, "--steps", 3, "--seed", 5, "--no-curves")

    open_loader = training_data.open_loader

    def interrupting(*args):
        loader = open_loader(*args)
        batch = loader.batch

        def interrupt(step, *args):
            if step == 1:  # once: a second one, on a busy machine, would end the run at once
                signal.raise_signal(signal.SIGINT)
            return batch(step, *args)

        loader.batch = interrupt
        return loader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_data, "open_loader", interrupting)
        stopped = run("--out", out, *three)
    assert stopped.exit_code == 130 and stopped.stdout == ""
    lines = stopped.stderr.splitlines()
    assert lines[0] == "Stopped and saved after step 2 of 3. Go on with:"
    assert lines[1] == f"  python -m sct train --out {out} --resume --no-curves"
    refused(run("--out", out, "--resume", "--lr", 0.5), "lr=0.5, was 0.001")
    again = run(*lines[1].split()[4:])
    assert again.exit_code == 0 and "3 steps" in again.stdout, again.output
    assert card(out)["training"]["seed"] == 5 and card(out)["steps"] == 3
    straight = run("--out", tmp_path / "b", *three)
    assert straight.exit_code == 0
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert not Path(f"{out}.png").exists()


def test_the_time_left_counts_from_where_a_run_goes_on():
    told = []
    show = command._from_here(lambda *args: told.append(args))
    for done in (100, 101, 150):
        show(done, 150, {"loss": done, "clips_per_s": 9.5, "lr": 0.1} if done > 100 else {})
    said = [{"loss": done, "clips/s": 9.5} for done in (101, 150)]
    assert told == [(0, 50, {}), (1, 50, said[0]), (50, 50, said[1])]
    command._from_here(told.clear)(150, 150, {})
    assert told, "nothing is left to show"


def test_under_torchrun_the_way_to_go_on_is_torchrun(monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("GROUP_WORLD_SIZE", "1")
    expected = "torchrun --nproc-per-node 2 -m sct train --out 'my runs/a' --resume"
    assert command._go_on("my runs/a", True) == expected
    monkeypatch.setenv("GROUP_WORLD_SIZE", "3")
    assert "--nnodes 3 --nproc-per-node 2" in command._go_on("a", True)


def test_fine_tuning(trained, tmp_path):
    start = ("--init", f"{trained}.safetensors", "--freeze", "patch", "--freeze", "stages.0")
    result = run("--out", tmp_path / "b", *start, *QUICK, "--no-curves", "--ema", 0)
    assert result.exit_code == 0, result.output
    old, new = (sct.load(f"{o}.safetensors", device="cpu") for o in (trained, tmp_path / "b"))
    assert new.config == old.config and card(tmp_path / "b")["init"] == f"{trained}.safetensors"
    for name, value in old.state_dict().items():
        assert value.equal(new.state_dict()[name]) == name.startswith(("patch", "stages.0")), name


def test_twins(tmp_path):
    refused(run("--out", tmp_path / "a", *MODEL, *QUICK, "--ablate", "shifted=self"), "no-grounded")
    twin = ("--ablate", "shifted=self;lsh=full", "--no-grounded", "--no-curves")
    assert run("--out", tmp_path / "a", *MODEL, *QUICK, *twin).exit_code == 0
    assert card(tmp_path / "a")["trained_with"] == "shifted=self;lsh=full"
    none = ("--config", "shifted_blocks=0", "--no-grounded", "--no-curves")
    assert run("--out", tmp_path / "b", *MODEL, *QUICK, *none).exit_code == 0
    assert card(tmp_path / "b")["config"]["shifted_blocks"] == 0


@pytest.mark.parametrize(
    "args, says",
    [
        (("--data", "no/such/folder"), "no/such/folder"),
        (("--data", "footage:x"), "evaluate"),
        (("--config", "depth=3"), "depth"),
        (("--config", "widths=1.5"), "whole numbers"),
        (("--ablate", "lsh=none"), "lsh"),
        (("--freeze", "stage"), "stages.0"),
        (("--init", "no-such-model"), "no model named"),
        (("--init", "sct-motion", "--size", "sct_s"), "--size"),
        (("--resume",), "does not exist"),
        (("--lr", "nan"), "--lr"),
        (("--betas", 0.9, "nan"), "betas"),
        (("--crop", 0.9, 0.2), "crop"),
        (("--seed", 5000), "seed"),
        (("--out", "a.b"), "a.b"),
    ],
)
def test_refusals(tmp_path, args, says):
    out = () if "--out" in args else ("--out", tmp_path / "a")
    refused(run(*out, *args), says)
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".safetensors"]


@pytest.mark.parametrize("name", ["a.pt", "a.pth", "a.ckpt", "a.bin", "b.safetensors"])
def test_pickles_are_refused_unopened(tmp_path, name):
    """Files as torch.save writes them, one under a harmless name."""
    path, ran = tmp_path / name, tmp_path / "ran"
    orders = f"cos\nsystem\n(S'touch {ran}'\ntR.".encode()
    path.write_bytes(b"PK\x03\x04" + orders if name.startswith("b") else b"\x80\x02" + orders)
    path.with_suffix(".json").write_text(json.dumps({"config": sct.SCTConfig().to_dict()}))
    refused(run("--out", tmp_path / "out", "--init", path), "pickle", "only .safetensors")
    assert not ran.exists()


def test_a_checkpoint_that_is_damaged_or_of_another_config(trained, tmp_path):
    path = tmp_path / "c.safetensors"
    data, text = Path(f"{trained}.safetensors").read_bytes(), Path(f"{trained}.json").read_text()
    path.write_bytes(data[:-50])
    path.with_suffix(".json").write_text(text)
    refused(run("--out", tmp_path / "out", "--init", path), "c.safetensors", "damaged")
    path.write_bytes(data)
    other = json.loads(text)
    other["config"]["clip_layers"] = 3
    path.with_suffix(".json").write_text(json.dumps(other))
    refused(run("--out", tmp_path / "out", "--init", path), "do not fit")


# -- videos ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def videos(tmp_path_factory, make_video) -> Path:
    """Six short videos of two classes, and one that is none."""
    folder = tmp_path_factory.mktemp("videos")
    for i in range(6):
        place = folder / "ab"[i % 2]
        place.mkdir(exist_ok=True)
        (place / f"{i}.mp4").write_bytes(make_video(6 + i, size=(32, 32)))
    (folder / "a" / "broken.mp4").write_bytes(b"no video at all")
    return folder


def test_videos(tmp_path, videos, trained):
    out = tmp_path / "v"
    start = ("--init", f"{trained}.safetensors", "--ema", 0, "--no-curves")
    tried = ("--validate-every", 2, "--test-share", 0.34)
    result = run("--out", out, "--data", videos, *start, *QUICK, "--steps", 6, *tried)
    assert result.exit_code == 0, result.output
    model, found = sct.load_with_card(f"{out}.safetensors", device="cpu")
    assert model.config.labels == ("a", "b") and model.config.grounded_heads == ((0,),)
    assert found["grounding_loss"] is False and found["training"]["data"] == str(videos)
    assert 0 <= found["validation"]["accuracy"] <= 1 and found["data"].startswith("5 clips of 2")
    with open(f"{out}.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [bool(row["val_accuracy"]) for row in table] == [False, True] * 3
    assert all(float(row["grounding"]) == 0 for row in table)


def test_what_is_assumed_of_videos_is_said_and_kept_in_the_card(tmp_path, make_video):
    data = tmp_path / "data"
    for i in range(8):
        place = data / ("train_set", "val_set")[i // 4] / "01"[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i}.mp4").write_bytes(make_video(6 + i, size=(32, 32)))
    (data / "annotations").mkdir()
    out, args = tmp_path / "v", ("--data", data, *MODEL, *QUICK, "--no-curves")
    result = run("--out", out, *args)
    assert result.exit_code == 0, result.output
    said = result.stderr.splitlines()
    assert said[0] == (
        'Folders taken for splits: "train_set" for training, "val_set" for validation.'
    )
    assert said[1].startswith("Clips are not mirrored") and '"0", "1"; --flips' in said[1]
    assert card(out)["notes"] == said[:2] and card(out)["data"].startswith("4 clips of 2")
    assert card(out)["training"]["flips"] is None
    assert "annotations\tthe folder holds no videos" in Path(f"{out}.unreadable.txt").read_text()
    again = run("--out", out, "--resume", "--no-curves")
    assert again.exit_code == 0 and again.stderr.splitlines()[:2] == said[:2]
    for flag, value in (("--flips", True), ("--no-flips", False)):
        result = run("--out", out, *args, "--overwrite", flag)
        assert result.exit_code == 0 and "mirrored" not in result.stderr
        assert card(out)["notes"] == said[:1] and card(out)["training"]["flips"] is value
    refused(run("--out", out, "--resume", "--flips"), "flips=true, was false")


def test_unreadable_videos_are_named(tmp_path, videos):
    out = tmp_path / "v"
    manifest = tmp_path / "list.csv"
    paths = sorted(videos.glob("*/*.mp4"))
    lines = [f"{path},{path.parent.name},train" for path in paths]
    manifest.write_text("\n".join(["path,label,split", *lines, ""]))
    args = ("--data", manifest, *MODEL, *QUICK, "--no-curves", "--batch", 8)
    refused(run("--out", out, *args), "test", "--validate-every 0")
    result = run("--out", out, *args, "--validate-every", 0)
    assert result.exit_code == 0, result.output
    text = Path(f"{out}.unreadable.txt").read_text()
    assert text.count("\n") == 1 and "broken.mp4" in text
    assert "1 clip or file left out" in result.stderr and f"{out}.unreadable.txt" in result.stderr
    assert card(out)["clips_left_out"] == 1


def test_videos_of_which_none_can_be_read(tmp_path):
    for label in "ab":
        (tmp_path / "data" / label).mkdir(parents=True)
        for i in range(3):
            (tmp_path / "data" / label / f"{i}.mp4").write_bytes(b"no video at all")
    (tmp_path / "v.run.safetensors").write_bytes(b"an older run")
    args = ("--out", tmp_path / "v", "--data", tmp_path / "data", *MODEL, *QUICK, "--overwrite")
    refused(run(*args), "None of the")
    assert (tmp_path / "v.run.safetensors").read_bytes() == b"an older run"


def test_one_class_only(tmp_path, videos):
    manifest = tmp_path / "list.csv"
    paths = sorted(videos.glob("*/*.mp4"))
    lines = [f"{p},{p.parent.name},{'train' if p.parent.name == 'a' else 'test'}" for p in paths]
    manifest.write_text("\n".join(["path,label,split", *lines, ""]))
    refused(run("--out", tmp_path / "v", "--data", manifest, *MODEL, *QUICK), "one class")
    assert not Path(f"{tmp_path}/v.run.safetensors").exists()


# -- curves ----------------------------------------------------------------------------------------


def test_curves_of_what_is_no_table(tmp_path):
    path = tmp_path / "a.csv"
    for text in ("", "step,loss\n", "a,b\n1,2\n", "step,loss,accuracy,lr\n1,x,1,1\n", "\x00\n"):
        path.write_text(text)
        with pytest.raises(ValueError, match="no rows"):
            training_curves.draw(path, tmp_path / "a.png")
    with pytest.raises(ValueError, match="no table"):
        training_curves.draw(tmp_path / "none.csv", tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_curves_show_what_was_measured(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    head = ",".join(trainer.COLUMNS)
    path.write_text(f"{head}\n10,80,2.5,1.5,0.1,0.1,9,\n20,160,2,nan,0.2,0.2,18,0.25\n")
    columns = training_curves.read(path)
    assert columns["step"] == [10, 20] and columns["val_accuracy"][1] == 0.25
    drawn = []
    from matplotlib.axes import Axes

    plot = Axes.plot
    monkeypatch.setattr(
        Axes, "plot", lambda self, *a, **k: drawn.append((k["label"], *a)) or plot(self, *a, **k)
    )
    training_curves.draw(path, tmp_path / "a.png")
    assert ("validation", (20.0,), (0.25,)) in drawn
    assert ("grounding", (10.0,), (1.5,)) in drawn
    assert ("classification", (10.0, 20.0), (2.5, 2.0)) in drawn
    assert training_data.VALIDATION_SEED != 0
