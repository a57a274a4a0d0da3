"""Names, labels and texts from outside reach the terminal as text alone, from every command."""

import ast
import io
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

import sct
from sct.checkpoint import io as checkpoint_io
from sct.cli import console, terminal
from sct.cli.main import cli
from sct.errors import SCTError
from sct.video.mp4 import write_mp4
from tests.sct.cli.hostile import EVIL, EVIL_NAME, assert_harmless

ROOT = Path(__file__).parents[3]
LABELS = (f"{EVIL}1", f"{EVIL}2", "plain")
TINY = ("frames=4", "image_size=56", "widths=16,32", "vilt_blocks=1,1", "heads=2,2")
TINY += ("clip_layers=1", "shifted_blocks=1")


def run(*args: object) -> Result:
    result = CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="python -m sct")
    assert_harmless(result.stdout + "\n" + result.stderr)
    return result


def done(*args: object) -> Result:
    result = run(*args)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder whose own name is hostile, with a clip, and two class folders of clips."""
    folder = tmp_path_factory.mktemp("hostile") / EVIL_NAME
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 256, (8, 12, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    clip = write_mp4(np.stack([np.roll(texture, 2 * t, axis=1) for t in range(12)]), fps=10)
    folder.mkdir()
    (folder / f"{EVIL_NAME}.mp4").write_bytes(clip)
    for label in ("one", "two"):
        named = folder / "classes" / label
        named.mkdir(parents=True)
        for number in range(1, 7):
            (named / f"{EVIL_NAME}{number}.mp4").write_bytes(clip + label.encode() * number)
        (named / f"{EVIL_NAME}.damaged.mp4").write_bytes(label.encode() * 1300)
    return folder


@pytest.fixture(scope="module")
def clip(place) -> Path:
    return place / f"{EVIL_NAME}.mp4"


def saved(path: Path, **fields: object) -> Path:
    torch.manual_seed(0)
    heads = {"grounded_heads": ((0,), (0,)), "widths": (16, 32), "vilt_blocks": (1, 1)}
    small = {"frames": 4, "image_size": 56, "heads": (2, 2), "clip_layers": 1, "shifted_blocks": 1}
    made = sct.build("sct_ti", num_classes=3, **heads, **small, **fields)
    checkpoint_io.save(made, path, {"data": EVIL})
    return path


@pytest.fixture(scope="module")
def model(place) -> Path:
    """A checkpoint of hostile name."""
    return saved(place.parent / f"{EVIL}.safetensors", labels=("one", "two", "three"))


@pytest.fixture(scope="module")
def labelled(model) -> Path:
    """A checkpoint whose card was edited: its labels are hostile."""
    return edited(model, "labelled", labels=LABELS)


def edited(model: Path, name: str, **fields: object) -> Path:
    path = model.with_name(f"{name}.safetensors")
    path.write_bytes(model.read_bytes())
    card = json.loads(model.with_suffix(".json").read_text())
    card["config"] |= fields
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


ABOUT_A_CLIP = {
    "predict": ["predict"],
    "slide": ["predict", "--slide"],
    "views": ["predict", "--crop", "views"],
    "attribute": ["attribute", "--method", "saliency", "--target", "#0", "--against", "#1"],
    "check": ["attribute", "--method", "saliency", "--check"],
    "ablate": ["ablate"],
    "variants": ["ablate", "--variants", "clip=mean"],
    "pairs": ["ablate", "--parts", "pairs"],
    "heads": ["ablate", "--parts", "heads"],
    "patch": ["patch", "--against", "#2"],
}


@pytest.mark.parametrize("words", ABOUT_A_CLIP.values(), ids=ABOUT_A_CLIP.keys())
def test_a_clip_and_a_model_of_hostile_names(place, clip, model, words):
    if words[0] == "patch":
        words = [*words, "--from", clip]
    said = done(words[0], clip, *words[1:], "--model", model, "--device", "cpu").stdout
    assert "\\x1b[2J" in said  # shown, as escapes
    found = json.loads(done(words[0], clip, *words[1:], "--model", model, "--json").stdout)
    path = found["clip"] if words[0] == "attribute" else found["clip"]["path"]
    assert (path, found["model"]) == (str(clip), str(model)), "exact"


@pytest.mark.parametrize("which", ["predict", "slide", "attribute", "variants", "heads"])
def test_labels_of_a_card(clip, labelled, which):
    """They are shown as escapes, or the card is refused."""
    words = ABOUT_A_CLIP[which]
    result = run(words[0], clip, *words[1:], "--model", labelled, "--device", "cpu")
    assert result.exit_code in (0, 2)
    if which == "predict" and result.exit_code == 0:
        result = run("predict", clip, "--model", labelled, "--json")
        found = json.loads(result.stdout)
        assert {row["label"] for row in found["predictions"]} == set(LABELS), "exact"


def test_patch_as_csv_is_a_line_a_site(clip, labelled):
    result = run("patch", clip, "--model", labelled, "--against", "#2", "--csv")
    assert result.exit_code in (0, 2)
    assert len({line.count(",") for line in result.stdout.splitlines()}) < 2


def test_questions_of_a_card(clip, model):
    asking = edited(model, "asking", labels=[], questions=[[f"{EVIL}q", LABELS[:2]], ["b", ["x"]]])
    for words in (["predict"], ["attribute", "--method", "saliency"], ["ablate"]):
        assert run(words[0], clip, *words[1:], "--model", asking).exit_code in (0, 2)


def test_tables_and_shares_have_one_line_a_row(capsys):
    console.print_shares({EVIL: 0.75, "plain": 0.25})
    console.print_table([[EVIL, EVIL, "x"], ["a", "b", EVIL]])
    console.print_notices([EVIL])
    said = capsys.readouterr().out
    assert_harmless(said)
    assert said.count("\n") == 5
    console.print_note(f"{EVIL} {EVIL}")
    assert_harmless(capsys.readouterr().out)


@pytest.mark.parametrize("ending", ["html", "mp4", "npz"])
def test_render_to_a_hostile_name(place, clip, model, ending):
    words = [] if ending == "html" else ["--view", "attention"]
    out = place / f"{EVIL_NAME}out.{ending}"
    assert "\\x1b" in done("render", clip, *words, "-o", out, "--model", model).stdout
    assert out.is_file()
    assert run("render", clip, *words, "-o", out, "--model", model).exit_code == 2


def test_files_of_class_folders(place):
    out, data = place.parent / f"{EVIL}trained", place / "classes"
    config = [f"--config={each}" for each in TINY]
    words = ["--steps", 8, "--batch", 4, "--no-curves", "--validate-every", 0]
    told = done("train", "--data", data, "--out", out, *config, *words)
    assert "left out" in told.stderr
    assert "\x1b" not in Path(f"{out}.unreadable.txt").read_text("utf-8")
    there = run("train", "--data", data, "--out", out, *words)
    assert there.exit_code == 2 and "exists" in there.stderr
    mine = ["--model", f"{out}.safetensors", "--split", "all"]
    said = done("evaluate", "--data", data, *mine).stdout
    assert "Left out" in said and "\\x1b[2J" in said
    found = json.loads(done("evaluate", "--data", data, *mine, "--json").stdout)
    assert found["data"] == str(data)
    done("ablate", "--data", data, *mine, "--variants", "clip=mean", "--limit", 4)
    run("calibrate", "--data", data, "--model", f"{out}.safetensors")  # too few


def test_class_folders(place, model, tmp_path):
    shutil.copytree(place / "classes", tmp_path / "classes")
    (tmp_path / "classes" / "one").rename(tmp_path / "classes" / EVIL_NAME)
    for words in (["train", "--out", tmp_path / "x"], ["evaluate", "--model", model]):
        result = run(*words, "--data", tmp_path / "classes")
        assert result.exit_code == 2 and result.stderr.count("\n") == 1


def test_export_to_a_hostile_name(place, model):
    out = place / f"{EVIL_NAME}.pt2"
    done("export", out, "--model", model)
    assert run("export", out, "--model", model).exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["predict", EVIL],
        ["predict", "x.mp4", "--model", EVIL],
        ["predict", "x.mp4", "--ablate", EVIL],
        ["predict", "x.mp4", "--start", EVIL],
        ["predict", "x.mp4", "--crop", EVIL],
        ["predict", "x.mp4", f"--{EVIL}"],
        ["attribute", "x.mp4", "-o", EVIL],
        ["attribute", "x.mp4", "--target", EVIL],
        ["attribute", "x.mp4", "--question", EVIL],
        ["evaluate", "--data", EVIL],
        ["evaluate", "--data", f"footage:{EVIL}"],
        ["evaluate", "--data", f"accepted:{EVIL}"],
        ["evaluate", "--data", "motion", "--confusion", EVIL],
        ["evaluate", "--data", "motion", "--views", EVIL],
        ["ablate", "--data", EVIL],
        ["ablate", "x.mp4", "--parts", EVIL],
        ["patch", "x.mp4", "--from", EVIL],
        ["patch", "x.mp4", "--sites", EVIL],
        ["train", "--data", EVIL, "--out", "runs/none"],
        ["train", "--init", EVIL, "--out", "runs/none"],
        ["train", "--config", EVIL, "--out", "runs/none"],
        ["train", "--freeze", EVIL, "--out", "runs/none", "--steps", 1],
        ["train", "--resume", "--out", EVIL],
        ["calibrate", "--model", f"{EVIL}.safetensors", "--data", "motion"],
        ["export", EVIL],
        ["render", "x.mp4", "-o", f"{EVIL}/{EVIL}.png"],
        [EVIL],
    ],
    ids=lambda words: " ".join(map(ascii, words))[:60],
)
def test_refusals_are_one_harmless_line(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("sct: error: ")


def test_say_writes_each_line_on_a_line_of_its_own(capsys):
    terminal.say(EVIL, "", 3)
    terminal.say()
    terminal.say("oops", err=True)
    said = capsys.readouterr()
    assert_harmless(said.out)
    assert said.out.count("\n") == 4 and said.err == "oops\n"


def test_what_the_terminal_has_no_letters_for_is_escaped(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    console.print_shares({"gehe naïv": 0.5})
    terminal.print_json({"naïv\U0001f600": "\ud800"})
    sys.stdout.flush()
    first, *rest = raw.getvalue().decode("ascii").splitlines()
    assert "na\\xefv" in first and "50.0%" in first
    assert json.loads("\n".join(rest)) == {"naïv\U0001f600": "\ud800"}


@pytest.mark.parametrize("text", [EVIL, EVIL_NAME, "\U000e0041", "naïve \u0627", '"\\\n'])
def test_json_is_exact(text, capsys):
    terminal.print_json({text: [text]})
    said = capsys.readouterr().out
    assert_harmless(said)
    assert json.loads(said) == {text: [text]}
    if text == "naïve \u0627":
        assert text in said  # what prints stays as it is


def test_a_closed_stdout_is_one_sentence(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SCTError, match="standard output is closed"):
        terminal.say("x")
    monkeypatch.setattr(sys, "stderr", None)
    terminal.say("x", err=True)


def test_nothing_else_prints():
    """`sct/cli/terminal.py` is the one place: no print, echo or write to a stream elsewhere."""
    fine = {"sct/cli/terminal.py", "benchmarks/speed/step.py"}  # the latter says two fixed words
    names = {"print", "echo", "secho", "pprint"}
    for top in ("sct", "viz", "benchmarks"):
        for path in (ROOT / top).rglob("*.py"):
            if (where := path.relative_to(ROOT).as_posix()) in fine:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                called = ast.unparse(node.func)
                assert called.rpartition(".")[2] not in names or "_print" in called, (where, called)
                assert called not in ("sys.stdout.write", "sys.stderr.write"), where


@pytest.fixture(scope="module", autouse=True)
def swept(place):
    yield
    shutil.rmtree(place, ignore_errors=True)
