"""The README's Python section does what it says, on a real file."""

import ast
import re
from pathlib import Path

import pytest

from sct.model.ablation import Ablation
from sct.synthetic.clips import make_clip
from sct.synthetic.composite import QUESTIONS
from sct.video.clip import write_mp4

README = Path(__file__).resolve().parents[2] / "README.md"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.M | re.S)


@pytest.fixture
def clip_file(tmp_path, monkeypatch):
    """The file that the section reads: a pan to the right, ten frames a second."""
    made = make_clip("pan right", 8)
    frames = made.as_clip().frames.repeat(2, axis=1).repeat(2, axis=2)
    write_mp4(frames, tmp_path / "clip.mp4", fps=10)
    monkeypatch.chdir(tmp_path)


def test_the_python_section_runs_and_gives_what_it_promises(clip_file, capsys):
    (source,) = blocks("python")
    names = {}
    exec(compile(source, "README.md", "exec"), names)
    lines = capsys.readouterr().out.splitlines()
    for line, (name, labels) in zip(lines, QUESTIONS, strict=True):
        asked, _, told = line.partition(" ")
        said = ast.literal_eval(told)
        assert asked == name and set(said) == set(labels)
        assert sum(said.values()) == pytest.approx(1, abs=1e-4)
        if name == "camera":
            assert max(said, key=said.get) == "pan right"
    assert names["output"].trace.ablation == Ablation(lsh="full")
    grid = names["model"].config.shifted_grids[1]
    for one in (names["previous"], names["current"]):
        assert one.shape == (grid, grid) and one.sum() == pytest.approx(1, abs=1e-4)
