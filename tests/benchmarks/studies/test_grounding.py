import csv

import pytest
from click.testing import CliRunner

from benchmarks.studies import grounding


def share(value):
    return {"top1": value, "top1_ci95": [value - 0.1, value + 0.1]}


def head(number, grounded, r):
    return {"stage": 2, "head": number, "grounded": grounded, "correlation": r, "direction": r / 2}


def card(accuracy, heads):
    follows = {"heads": heads, "footage": {"heads": heads}}
    return {
        "measured": share(accuracy),
        "footage": share(accuracy / 2),
        "ablated": {"shifted=self": share(0.1)},
        "attention_follows_motion": follows,
    }


@pytest.fixture
def course(tmp_path):
    """One training that is right ever more often."""
    path = tmp_path / "a.csv"
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["step", "clips", "loss", "lr", "accuracy", "val_accuracy"])
        for step in range(1, 11):
            table.writerow([step, 1000 * step, 1, 1, step / 20, "" if step % 5 else 0.3])
    return path


def test_the_best_head_and_the_course_are_found(course):
    from viz.plots.training_curves import read

    cards = [
        card(0.9, [head(0, False, 0.2), head(1, True, 0.95)]),
        card(0.8, [head(0, False, 0.1)]),
    ]
    table = grounding.rows(cards, [read(course), read(course)])
    assert table[0] == ["top-1 on made clips", "90.0% (80.0% to 100.0%)", "80.0% (70.0% to 90.0%)"]
    best = [row for row in table if "stage 2" in row[0] and "made" in row[0]]
    assert best[0][1] == "+0.95 (grounded head 1; direction 47.5%)"
    assert best[0][2] == "+0.10 (free head 0; direction 5.0%)"
    # Both saw 10,000 clips: the later marks are left out.
    assert table[-1] == ["accuracy while training, after 6,000 clips", "30.0%", "30.0%"]


def test_the_command_prints_markdown_and_draws(course, tmp_path, monkeypatch):
    import sct

    cards = {"a": card(0.9, [head(0, True, 0.9)]), "b": card(0.8, [head(0, False, 0.1)])}
    monkeypatch.setattr(sct, "load_with_card", lambda name, device: (None, cards[name]))
    words = ["--model", "a", "b", "--curves", str(course), str(course)]
    done = CliRunner().invoke(grounding.main, [*words, "--picture", str(tmp_path / "x.png")])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[:2] == ["|  | a | b |", "|---|---|---|"] and "90.0%" in lines[2]
    from matplotlib.image import imread

    assert imread(tmp_path / "x.png").std() > 0.05
