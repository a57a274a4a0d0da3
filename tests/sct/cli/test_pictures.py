"""Commands on a folder of numbered pictures."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from sct.cli.main import cli


def run(*args):
    return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="python -m sct")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two seconds at 10 frames a second: a texture that slides to the right."""
    texture = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    texture = texture.repeat(8, axis=0).repeat(8, axis=1)
    place = tmp_path_factory.mktemp("frames")
    for t in range(20):
        Image.fromarray(np.roll(texture, 2 * t, axis=1)).save(place / f"img_{t + 1}.png")
    return place


def test_predict_reads_a_folder_of_pictures(folder):
    result = run("predict", folder, "--fps", 10, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    camera = found["answers"]["camera"]["predictions"]
    assert camera[0]["label"] == "pan left"  # so the picture slides to the right
    facts = found["clip"]
    assert (facts["path"], facts["width"], facts["height"]) == (str(folder), 96, 64)
    assert (facts["fps"], facts["duration_s"], facts["distinct"]) == (10, 2, 8)
    assumed = json.loads(run("predict", folder, "--json").stdout)["clip"]
    assert (assumed["fps"], assumed["duration_s"]) == (25, 0.8)
    assert "Folder of pictures: 25 a second are assumed." in assumed["notices"]


@pytest.mark.parametrize(
    "command",
    [
        ("attribute", "--method", "saliency", "--fps", 10),
        ("ablate", "--variants", "clip=mean", "--fps", 10),
        ("render", "--view", "figure4", "-o", "OUT", "--clip-fps", 10),
    ],
    ids=lambda command: command[0],
)
def test_other_commands_take_a_folder_too(folder, tmp_path, command):
    out = tmp_path / "out.png"
    words = [out if word == "OUT" else word for word in command[1:]]
    result = run(command[0], folder, *words, "--start", 1.3)
    assert result.exit_code == 0, result.output
    assert "1 of 8 frames" in result.stdout  # at 10 a second the clip ends at 2 s


def test_a_rate_is_not_for_files(folder, tmp_path):
    for words in (("--fps", 10), ("--fps", 0), ("--fps", "nan"), ("--fps", 1e9)):
        result = run("predict", folder / "img_1.png", *words)
        assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
        assert "fps" in result.stderr
    result = run("predict", tmp_path)
    assert result.exit_code == 2 and "no numbered pictures" in result.stderr
