"""What is given as a path is said as it was given, by every option that takes one."""

import pytest
from click.testing import CliRunner, Result

from sct.cli.main import cli

CLIP = "clip.mp4"
OPTIONS = {
    "predict CLIP": ["predict", ...],
    "predict --model": ["predict", CLIP, "--model", ...],
    "attribute CLIP": ["attribute", ...],
    "attribute --model": ["attribute", CLIP, "--model", ...],
    "attribute -o": ["attribute", CLIP, "-o", ...],
    "ablate CLIP": ["ablate", ...],
    "ablate --data": ["ablate", "--data", ...],
    "patch CLIP": ["patch", ...],
    "patch --from": ["patch", CLIP, "--from", ...],
    "evaluate --data": ["evaluate", "--data", ...],
    "evaluate --model": ["evaluate", "--data", "motion", "--model", ...],
    "evaluate --confusion": ["evaluate", "--data", "motion", "--confusion", ...],
    "train --data": ["train", "--out", "none", "--data", ...],
    "train --out": ["train", "--out", ...],
    "train --init": ["train", "--out", "none", "--init", ...],
    "train --footage": ["train", "--out", "none", "--data", "composite", "--footage", ...],
    "calibrate --data": ["calibrate", "--model", "none.safetensors", "--data", ...],
    "calibrate --model": ["calibrate", "--data", "motion", "--model", ...],
    "export OUT": ["export", ...],
    "export --model": ["export", "none.pt2", "--model", ...],
    "render CLIP": ["render", "-o", "none.html", ...],
    "render -o": ["render", CLIP, "-o", ...],
}
each_option = pytest.mark.parametrize("words", OPTIONS.values(), ids=OPTIONS.keys())
# Looked at last: what comes before them is not there in these tests.
LATE = [OPTIONS["calibrate --data"], OPTIONS["patch --from"]]


def given(words: list, value: str) -> Result:
    """Run a command with a value in place of the dots; it must be refused in one line."""
    result = CliRunner().invoke(cli, [value if word is ... else word for word in words])
    assert result.exit_code == 2 and result.stdout == "", result.output
    assert result.stderr.startswith("sct: error: ") and result.stderr.count("\n") == 1
    assert len(result.stderr) < 500
    return result


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@each_option
def test_nothing(words):
    said = given(words, "").stderr
    flag = words[words.index(...) - 1] if words[words.index(...) - 1].startswith("--") else ""
    assert "''" in said and flag in said and '"clip"' not in said


@each_option
def test_a_nul(words):
    assert "'a\\x00b" in given(words, "a\0b.mp4").stderr


@each_option
def test_a_name_of_5000_characters(words):
    ending = {"-o": ".npz", "--confusion": ".png"}.get(words[words.index(...) - 1], "")
    said = given(words, "a" * 5000 + ending).stderr
    assert ("aaaa" in said or words in LATE) and "unexpected" not in said


@pytest.mark.parametrize("value", [" ", "missing", "folder/", "folder", "\u200b"])
@each_option
def test_what_is_no_file(words, value, tmp_path):
    (tmp_path / "folder").mkdir()
    if words[words.index(...) - 1] == "--out" and value in ("missing", "folder", "\u200b"):
        pytest.skip("a name for a checkpoint")
    said = given(words, value).stderr
    assert '"clip"' not in said and "unexpected" not in said
    assert value.strip("/ ") in said or "\\u200b" in said or words in LATE


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["attribute", CLIP, "-o"], "out.npz"),
        (["render", CLIP, "-o"], "out.html"),
        (["evaluate", "--data", "motion", "--confusion"], "out.png"),
        (["export"], "out.pt2"),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else words,
)
def test_outputs_that_cannot_be_written_are_refused_before_the_work(words, name, tmp_path):
    (tmp_path / name).mkdir()
    assert "folder" in given([*words, ...], name).stderr or "directory" in given(
        [*words, ...], name
    ).stderr  # fmt: skip
    if words[0] != "export":  # which makes it
        assert "no such folder" in given([*words, ...], f"none/{name}").stderr
