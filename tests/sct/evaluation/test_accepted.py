"""Answers about videos against what a person accepts."""

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import sct
from sct.cli.main import cli
from sct.errors import ClipError, DataError
from sct.evaluation.accepted import evaluate_accepted
from sct.video.clip import write_mp4

TWO = (("camera", ("static", "pan left")), ("subject", ("none", "moves")))
LABELS = tuple(label for _, labels in TWO for label in labels)


@pytest.fixture
def model():
    """Says "pan left" and "none" of everything, with 88% and 73%."""
    shape = {"image_size": 28, "frames": 4, "widths": (16,), "heads": (2,), "vilt_blocks": (1,)}
    config = sct.SCTConfig(
        **shape, clip_layers=1, num_classes=4, labels=LABELS, questions=TWO, grounded_heads=()
    )
    made = sct.SCT(config).eval()
    torch.nn.init.zeros_(made.head[-1].weight)
    with torch.no_grad():
        made.head[-1].bias.copy_(torch.tensor([0.0, 2.0, 1.0, 0.0]))
    return made


@pytest.fixture
def table(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (12, 48, 64, 3), np.uint8)
    write_mp4(noise, tmp_path / "a.mp4", fps=10)

    def write(*rows, header="file\tstart\tcamera\tsubject"):
        (tmp_path / "t.tsv").write_text("\n".join((header, *rows)) + "\n")
        return tmp_path / "t.tsv"

    return write


def test_a_tally_by_hand(model, table):
    found = evaluate_accepted(
        model,
        table(
            "a.mp4\t0\tpan left\tnone,moves",
            "a.mp4\t0.5\tstatic,pan left\t*",
            "a.mp4\t0\tstatic\tnone",
            "a.mp4\t0\tpan left\tmoves",
        ),
    )
    assert (found["n"], found["both"]) == (4, 0.5)
    assert found["questions"]["camera"]["top1"] == found["questions"]["subject"]["top1"] == 0.75
    assert [clip["right"] for clip in found["clips"]] == [True, True, False, False]
    answer = found["clips"][0]["answers"]["camera"]
    assert answer["label"] == "pan left" and answer["accepted"]
    assert answer["probability"] == pytest.approx(0.881, abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "header", "error", "told"),
    [
        (["a.mp4\t0\t*"], "file\tstart\tcamera", DataError, "columns file, start, camera, subject"),
        (["a.mp4\tsoon\t*\t*"], None, DataError, "Row 2"),
        (["a.mp4\tnan\t*\t*"], None, DataError, "Row 2"),
        (["a.mp4\t0"], None, DataError, "Row 2"),
        (["a.mp4\t0\tstatc\t*"], None, DataError, 'Row 2 .*"statc" is no answer to camera'),
        (["a.mp4\t0\tStatic\t*"], None, DataError, '"Static" is no answer'),
        (["a.mp4\t0\t*\t*", "a.mp4\t0\tnone\tstatic"], None, DataError, "Row 3"),
        (["a.mp4\t0\tstatic;pan left\t*"], None, DataError, "allowed: .*, static, pan left"),
        (["a.mp4\t0\tstatic,\t*"], None, DataError, "no answer to camera"),
        (["a.mp4\t0\t\t*"], None, DataError, "Row 2 .* empty"),
        (["a.mp4\t0\t*\t*\tmore"], None, DataError, "Row 2 .* too many"),
        (["a.mp4\t0\t*\t*\t*"], "file\tstart\tcamera\tsubject\tcamera", DataError, "two col"),
        (["a" * 200_000 + "\t0\t*\t*"], None, DataError, "Row 2 .* no row of a table"),
        (["a.mp4,0,*,*"], "file,start,camera,subject", DataError, "which tabs divide"),
        ([], None, DataError, "needs rows"),
        (["b.mp4\t0\t*\t*"], None, ClipError, "no file"),
        (["a.mp4\t-1\t*\t*"], None, ClipError, "start"),
    ],
)
def test_what_cannot_be_asked_is_said(model, table, rows, header, error, told):
    path = table(*rows, header=header) if header else table(*rows)
    with pytest.raises(error, match=told):
        evaluate_accepted(model, path)


def test_a_model_of_one_question_is_refused(table):
    one = sct.build(widths=(16,), heads=(1,), vilt_blocks=(1,), grounded_heads=())
    with pytest.raises(DataError, match="several questions"):
        evaluate_accepted(one, table("a.mp4\t0\t*\t*"))


def test_sure_answers_are_counted(model, table):
    path = table("a.mp4\t0\tpan left\tmoves", "a.mp4\t0\tstatic\tnone")
    found = evaluate_accepted(model, path)
    assert found["certainty"] == {"calibration_error": pytest.approx(0.306, abs=1e-3)}
    thresholds = {"camera": {"threshold": 0.8}, "subject": {"threshold": 0.8}}
    card = {"calibration": {"questions": thresholds}}
    found = evaluate_accepted(model, path, card)
    assert [clip["answers"]["camera"]["sure"] for clip in found["clips"]] == [True, True]
    assert [clip["answers"]["subject"]["sure"] for clip in found["clips"]] == [False, False]
    assert found["certainty"]["sure"] == found["certainty"]["right_if_sure"] == 0.5
    assert found["questions"]["subject"]["certainty"]["right_if_sure"] is None


def test_spaces_and_blank_lines_are_nothing(model, table):
    path = table(" a.mp4 \t 0 \t pan left , static\t *", "", "\t\t\t")
    found = evaluate_accepted(model, path)
    assert (found["n"], found["both"]) == (1, 1.0)


def test_an_ablation_and_a_limit_are_obeyed(model, table):
    path = table("a.mp4\t0\tpan left\t*", "a.mp4\t0\tpan left\t*")
    asked = []

    def spy(frames, ablation):
        asked.append(str(ablation))
        return forward(frames, ablation)

    forward, model.forward = model.forward, spy
    found = evaluate_accepted(model, path, ablation=sct.Ablation.parse("lsh=full"), limit=1)
    assert asked == ["lsh=full"] and found["n"] == 1


@pytest.mark.parametrize(
    "option", (["--views", "4x3"], ["--split", "all"], ["--confusion", "c.png"], ["--seed", "1"])
)
def test_options_that_a_table_has_no_use_for_are_refused(option, table):
    path = table("a.mp4\t0\t*\t*")
    result = CliRunner().invoke(cli, ["evaluate", "--data", f"accepted:{path}", *option])
    assert result.exit_code == 2 and f"{option[0]} does not go with" in result.stderr
