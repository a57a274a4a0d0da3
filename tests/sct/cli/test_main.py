import io
import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

import sct
import sct.video.clip
from sct.checkpoint import DEFAULT
from sct.checkpoint import io as checkpoint_io
from sct.cli import console, guests
from sct.cli.main import cli
from sct.synthetic import clips

ROOT = Path(__file__).parents[3]
COMMANDS = ("predict", "attribute", "ablate", "evaluate", "train", "export", "sizes")


def run(*args: object, **env: str) -> Result:
    return CliRunner(env=env).invoke(cli, [str(arg) for arg in args], prog_name="python -m sct")


def assert_refused(result: Result, *words: str) -> None:
    """Exit code 2, nothing on stdout, one line on stderr that says `words`."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("sct: error: ") and result.stderr.endswith("\n")
    assert len(result.stderr.splitlines()) == 1, result.stderr
    for word in words:
        assert word in result.stderr


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A checkpoint as `train` writes it, untrained: these tests are about the command line."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    made = sct.build(
        "sct_ti", num_classes=17, labels=clips.LABELS, grounded_heads=((0,), (0, 1), (0, 1))
    )
    checkpoint_io.save(made, path, {"data": "none"})
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Three seconds, 10 frames a second, 96 x 64: a texture that slides to the right."""
    texture = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    texture = texture.repeat(8, axis=0).repeat(8, axis=1)
    path = tmp_path_factory.mktemp("clips") / "sliding.mp4"
    frames = np.stack([np.roll(texture, 2 * t, axis=1) for t in range(30)])
    sct.video.clip.write_mp4(frames, path, fps=10)
    return path


# -- predict ---------------------------------------------------------------------------------------


def predicted(*args: object) -> dict:
    result = run("predict", *args, "--device", "cpu", "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_predict_json(model, clip):
    found = predicted(clip, "--model", model)
    seconds = found.pop("seconds")
    assert set(seconds) == {"decode", "forward"} and min(seconds.values()) > 0
    rows = found.pop("predictions")
    assert found == {
        "model": str(model),
        "device": "cpu",
        "clip": {
            "path": str(clip),
            "width": 96,
            "height": 64,
            "fps": 10.0,
            "duration_s": pytest.approx(3.0),
            "frames_used": 8,
            "held": 0,
            "distinct": 8,
            "notices": [],
            "crop": "centre",
        },
        "sure": None,  # the card of a test's model does not say
        "unlike": False,
        "note": "",
    }
    network = sct.load(model, device="cpu")
    frames = sct.preprocess(sct.read_clip(clip), network.config.image_size)
    shares = network(frames).logits.softmax(-1)[0].sort(descending=True)
    assert [row["label"] for row in rows] == [clips.LABELS[i] for i in shares.indices[:5]]
    assert [row["probability"] for row in rows] == pytest.approx(shares.values[:5].tolist())
    assert all(set(row) == {"label", "probability"} for row in rows)


@pytest.mark.parametrize(
    "words",
    [
        ("predict",),
        ("attribute", "--method", "saliency"),
        ("ablate", "--variants", "clip=mean"),
        ("render", "--view", "figure4", "-o"),
    ],
    ids=lambda words: words[0],
)
def test_frames_that_are_repeats_are_said_with_each_answer(model, clip, tmp_path, words):
    told = "6 of 8 frames are repeats of the last: the video ends there."
    words = [*words, tmp_path / "out.png"] if words[0] == "render" else words
    ask = (words[0], clip, *words[1:], "--start", 2.8, "--device", "cpu", "--model", model)
    result = run(*ask)
    assert result.exit_code == 0, result.output
    assert f"note: {told}\n" in result.stdout
    if words[0] != "render":
        found = json.loads(run(*ask, "--json").stdout)
        assert (found if words[0] == "attribute" else found["clip"])["notices"] == [told]


def test_predict_with_the_shipped_model(clip):
    found = predicted(clip)
    assert found["model"] == DEFAULT
    # A camera that pans left makes the picture slide to the right.
    assert found["answers"]["camera"]["predictions"][0]["label"] == "pan left"
    found = predicted(clip, "--model", "sct-motion")
    assert found["predictions"][0]["label"] == "pan left"


@pytest.mark.parametrize(("top", "count"), [(1, 1), (17, 17), (50, 17)])
def test_predict_top(model, clip, top, count):
    rows = predicted(clip, "--model", model, "--top", top)["predictions"]
    assert len({row["label"] for row in rows}) == len(rows) == count
    if count == 17:
        assert sum(row["probability"] for row in rows) == pytest.approx(1)


@pytest.mark.parametrize(
    "changed", [("--start", 1.3), ("--stride", 0.2), ("--ablate", "order=reversed")]
)
def test_predict_options_reach_the_model(model, clip, changed):
    plain = predicted(clip, "--model", model)["predictions"]
    assert predicted(clip, "--model", model, "--ablate", "none")["predictions"] == plain
    assert predicted(clip, "--model", model, *changed)["predictions"] != plain


def test_predict_table(model, clip):
    result = run("predict", clip, "--model", model, "--top", 3, "--ablate", "lsh=full")
    assert result.exit_code == 0 and result.stderr == ""
    facts, how, blank, *rows = result.stdout.splitlines()
    assert "96 x 64" in facts and "8 frames used" in facts
    assert "ablation: lsh=full" in how and blank == ""
    best = predicted(clip, "--model", model, "--ablate", "lsh=full")["predictions"][:3]
    assert len(rows) == 3
    for row, known in zip(rows, best, strict=True):
        assert row.startswith(f"  {known['label']}") and f"{known['probability']:.1%}" in row
    assert len({row.index("%") for row in rows}) == 1, "aligned"


def test_predict_refuses_bad_files(model, clip, tmp_path):
    empty, noise, cut = (tmp_path / name for name in ("empty.mp4", "noise.mp4", "cut.mp4"))
    empty.touch()
    noise.write_bytes(np.random.default_rng(1).bytes(5000))
    cut.write_bytes(clip.read_bytes()[:60])
    for path in (tmp_path / "missing.mp4", tmp_path, empty, noise, cut):
        assert_refused(run("predict", path, "--model", model), path.name)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--ablate", "shifted=sideways"], ["shifted", "sideways"]),
        (["--ablate", "nonsense"], ["nonsense"]),
        (["--ablate", "heads-off=9.shifted.0"], ["heads-off", "9"]),
        (["--stride", "0"], ["--stride"]),
        (["--stride", "5e-324"], ["--stride", "0.001"]),
        (["--stride", "nan"], ["--stride", "finite"]),
        (["--stride", "11"], ["stride", "10"]),
        (["--start", "-1"], ["--start"]),
        (["--start", "inf"], ["--start", "finite"]),
        (["--start", "soon"], ["--start", "soon"]),
        (["--top", "0"], ["--top"]),
        (["--device", "abacus"], ["--device", "auto", "cpu"]),
        (["--frobnicate"], ["--frobnicate", "predict --help"]),
    ],
)
def test_predict_refuses_bad_options(model, clip, args, words):
    assert_refused(run("predict", clip, "--model", model, *args), *words)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_predict_refuses_a_missing_gpu(model, clip):
    assert_refused(run("predict", clip, "--model", model, "--device", "cuda"), "cuda", "cpu")


def test_predict_refuses_bad_models(clip, model, tmp_path):
    assert_refused(run("predict", clip, "--model", "sct-nobody"), "sct-nobody")
    missing = tmp_path / "missing.safetensors"
    assert_refused(run("predict", clip, "--model", missing), missing.name)
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(model.read_bytes()[:1000])
    damaged.with_suffix(".json").write_bytes(model.with_suffix(".json").read_bytes())
    assert_refused(run("predict", clip, "--model", damaged), damaged.name)


@pytest.mark.parametrize("field", ["image_size", "frames", "clip_layers", "lsh_rounds"])
def test_a_card_that_asks_for_too_much_is_refused_by_each_command(clip, model, tmp_path, field):
    huge = tmp_path / "huge.safetensors"
    huge.write_bytes(model.read_bytes())
    card = json.loads(model.with_suffix(".json").read_text())
    card["config"][field] = 10**9
    huge.with_suffix(".json").write_text(json.dumps(card))
    told = (huge.name, f"{field}=1000000000: must be a whole number from 1 to ")
    for command in (
        ["predict", clip],
        ["ablate", clip],
        ["attribute", clip],
        ["render", clip, "-o", tmp_path / "out.html"],
        ["evaluate", "--data", "motion", "--limit", "1"],
    ):
        assert_refused(run(*command, "--model", huge), *told)
    named = ("--config", f"{field}=1000000000")
    assert_refused(run("train", "--out", tmp_path / "out", *named), *told[1:])


def test_predict_obeys_the_limits(model, clip):
    assert_refused(run("predict", clip, "--model", model, SCT_MAX_SIDE="32"), "32", "96")


# -- sizes -----------------------------------------------------------------------------------------


def test_sizes():
    result = run("sizes", "--json")
    assert result.exit_code == 0, result.output
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert set(rows) == {"sct_ti", "sct_ti_ms", "sct_s", "sct_m", "sct_l"}
    paper = {"sct_s": (18.72, 88.18), "sct_m": (33.48, 162.90), "sct_l": (59.89, 342.58)}
    for name, (params, gmacs) in paper.items():
        assert rows[name]["params_m"] == pytest.approx(params, rel=0.015)
        assert rows[name]["gmacs"] == pytest.approx(gmacs, rel=0.015)


def test_sizes_table(monkeypatch):
    from sct.profiling import complexity

    rows = [
        {"name": "a", "params_m": 1.5, "gmacs": 12.0, "paper_params_m": None, "paper_gmacs": None},
        {"name": "b", "params_m": 10.2, "gmacs": 4.95, "paper_params_m": 10.0, "paper_gmacs": 5.0},
    ]
    shape = {"frames": 8, "image_size": 112, "num_classes": 17}
    off = {"params_diff_pct": 2.0, "gmacs_diff_pct": -1.0}
    monkeypatch.setattr(complexity, "sizes", lambda: [{**row, **shape, **off} for row in rows])
    assert run("sizes").stdout.splitlines()[1:] == [
        "a         1.50      -       -  12.00      -       -  8 x 112 x 112, 17 classes",
        "b        10.20  10.00  +2.00%   4.95   5.00  -1.00%  8 x 112 x 112, 17 classes",
    ]


# -- the whole -------------------------------------------------------------------------------------


def python(*args: str, **kwargs: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *args], cwd=ROOT, capture_output=True, text=True, timeout=120, **kwargs
    )


def test_a_process_ends_with_2_and_one_line():
    done = python("-m", "sct", "predict", "no such\nclip.mp4")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("sct: error: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_and_how(command):
    result = run(command, "--help")
    assert result.exit_code == 0 and result.stderr == ""
    assert f"python -m sct {command}" in result.stdout.split("Example", 1)[1]
    assert result.stdout.startswith(f"Usage: python -m sct {command} ")
    for option in cli.commands[command].params:
        assert option.param_type_name == "argument" or option.help, option.name


def test_without_a_command_the_help_is_shown():
    assert run().stdout == run("--help").stdout and run().exit_code == 0
    assert all(f"  {command} " in run().stdout for command in COMMANDS)
    assert_refused(run("bogus"), "bogus", "sct --help")


def test_help_does_not_wait_for_pytorch():
    done = python(
        "-c", "import sys, sct.cli.main; print({'torch', 'av', 'cv2'} & set(sys.modules))"
    )
    assert done.stdout == "set()\n", done.stderr


def test_a_reader_that_left_is_no_error():
    command = [sys.executable, "-m", "sct", "--help"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("fault", [RuntimeError("bad\nluck"), KeyError("k")])
def test_the_unexpected_is_one_line_and_1(model, clip, monkeypatch, fault):
    monkeypatch.setattr(sct.video.clip, "read_clip", Mock(side_effect=fault))
    result = run("predict", clip, "--model", model)
    assert result.exit_code == 1 and result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert type(fault).__name__ in result.stderr and "SCT_DEBUG=1" in result.stderr
    assert run("predict", clip, "--model", model, SCT_DEBUG="1").exception is fault


def test_interrupted(model, clip, monkeypatch):
    monkeypatch.setattr(sct.video.clip, "read_clip", Mock(side_effect=KeyboardInterrupt))
    result = run("predict", clip, "--model", model)
    assert result.exit_code == 130 and "interrupted" in result.stderr


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_for_terminals(monkeypatch, terminal):
    stderr = io.StringIO()
    stderr.isatty = lambda: terminal
    monkeypatch.setattr(console.sys, "stderr", stderr)
    with console.progress("clips") as progress:
        progress(5, 10, {"loss": 1.25})
        progress(10, 10, {"loss": 0.5})
    text = stderr.getvalue()
    if terminal:
        assert "clips" in text and "100%" in text and "loss 0.5" in text
    else:
        assert text == ""


def test_without_viz_the_commands_say_what_they_cannot_draw(tmp_path, monkeypatch):
    """`sct` stands alone: what the package viz brings is looked for by name."""
    assert all(callable(guests.guest(name)) for name in guests.GUESTS)
    monkeypatch.setattr(guests, "find_spec", lambda name: None)
    assert guests.guest("render") is None
    words = ["evaluate", "--data", "motion", "--confusion", str(tmp_path / "a.png")]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2 and "viz, which is not installed" in result.stderr
    model = [f"--config={field}" for field in ("frames=1", "widths=16", "vilt_blocks=1", "heads=2")]
    words = ["train", "--out", str(tmp_path / "a"), *model, "--config=clip_layers=1"]
    words += ["--config=image_size=28", "--steps=1", "--batch=1", "--no-grounded"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0 and "a.png is not drawn, as the package viz" in result.stderr
    assert (tmp_path / "a.safetensors").is_file() and not (tmp_path / "a.png").exists()
