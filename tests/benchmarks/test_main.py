import json
import subprocess
import sys

import pytest
import torch

from benchmarks import __main__ as command
from benchmarks.harness import table, timing
from benchmarks.harness.rows import Comparison, Limit, Row, fill
from benchmarks.harness.timing import Contestant, Settings
from benchmarks.speed import lsh


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(lsh, "FRAMES", 1)
    monkeypatch.setattr(lsh, "TOKENS", (49, 98, 196))
    monkeypatch.setattr(timing, "LEAST_S", 0.0)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def run(capsys, *args: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr)"""
    code = 0
    try:
        command.main(args)
    except SystemExit as stop:
        code = stop.code or 0
    found = capsys.readouterr()
    return code, found.out, found.err


def test_one_row_as_json(capsys):
    args = ("lsh", "--only", "exact attention, 98", "--threads", "1", "--repeats", "6", "--json")
    code, out, err = run(capsys, *args)
    assert (code, err) == (0, "")
    told = json.loads(out)  # one document and nothing else
    assert (told["benchmark"], told["threads"], told["dtype"]) == ("lsh", 1, "float32")
    assert told["torch"] == torch.__version__ and told["device"] == "CPU" and told["cpu"]
    assert set(told["peers"]) == {"reformer-pytorch", "transformers", "timesformer-pytorch"}
    (row,) = told["rows"]
    assert (row["name"], row["peer"]) == ("forward, 98 tokens", "exact attention, 98 tokens")
    assert row["ratio"] == pytest.approx(row["peer_s"] / row["ours_s"])
    assert row["repeats"] == 6 and row["ratio_ci95"][0] <= row["ratio"] <= row["ratio_ci95"][1]
    assert row["met"] is (row["ratio"] >= row["target"])


def test_one_row_as_a_table(capsys):
    code, out, _ = run(capsys, "lsh", "--only", "49 to 98", "--threads", "1")
    assert code == 0
    head, versions, _, titles, row = out.splitlines()
    assert head.startswith("lsh: ") and "1 threads" in head and torch.__version__ in versions
    assert titles.split()[:2] == ["what", "ours"]
    assert row.startswith("growth, 49 to 98 tokens  ") and "n log n from 49 tokens" in row


def test_what_peers_print_does_not_get_into_the_json(capsys, monkeypatch):
    def build(settings: Settings):
        print("hello from a peer, on", torch.get_num_threads(), "threads")
        return lambda: None

    noisy = Comparison("x", Contestant("a", build))
    monkeypatch.setattr(lsh, "groups", lambda settings: [[noisy]])
    code, out, err = run(capsys, "lsh", "--json", "--threads", "3")
    assert code == 0 and json.loads(out)["rows"][0]["name"] == "x"
    assert "hello from a peer, on 3 threads" in err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["speed"], "speed"),
        (["lsh", "--repeats", "4"], "repeats"),
        (["lsh", "--only", "nothing like it"], "no row has that in its name"),
        ([], "lsh|model|trace|app"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(capsys, args, said):
    code, out, err = run(capsys, *args)
    assert (code, out) == (2, "")
    assert err.startswith("benchmarks: error: ") and err.count("\n") == 1
    assert said.lower() in err.lower()


def test_cuda_that_is_not_there(capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    code, _, err = run(capsys, "lsh", "--device", "cuda")
    assert code == 2 and "cuda" in err


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=True
    )
    assert "--only" in done.stdout and "lsh|model|trace|app" in done.stdout


# -- the table -------------------------------------------------------------------------------------


def test_the_table_says_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(table, "PEERS", ("no-such-package", "torch"))
    facts = table.facts("lsh", Settings())
    assert facts["peers"] == {"no-such-package": None, "torch": torch.__version__}
    fast, absent = Row("fast", "peer", faster=True, target=2.0), Row("absent", "other")
    fill(fast, [0.5] * 5, [1.5] * 5)
    absent.note = "it is not installed"
    table.print_report(facts, [fast, absent])
    out = capsys.readouterr().out
    assert "no-such-package (missing)" in out and f"torch {torch.__version__}" in out
    assert "absent, other: it is not installed" in out
    cells = next(line for line in out.splitlines() if line.startswith("fast")).split()
    assert cells == [
        *("fast", "500.0", "ms", "peer", "1.50", "s", "3.00x"),
        *("3.00", "to", "3.00", "at", "least", "2", "yes"),
    ]
    ends = {line.index(word) + len(word) for line, word in _columns(out)}
    assert len(ends) == 1
    assert all(line == line.rstrip() for line in out.splitlines())


def _columns(out: str) -> list[tuple[str, str]]:
    """Lines of the table, and what stands in their column of ratios."""
    starts = {"what ": "ratio", "fast ": "3.00x"}
    return [(line, w) for line in out.splitlines() for s, w in starts.items() if line.startswith(s)]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.0594, "s", "59.4 ms"), (1.234, "s", "1.23 s"), (5999.6, "mb", "6000 MB"), (None, "s", "-")],
)
def test_amounts(value, unit, text):
    assert table.amount(value, unit) == text


def test_a_limit_is_no_contestant():
    comparison = Comparison("x", Contestant("a", print), Limit("6 GB", 6000), measure="total")
    assert [c.name for c in comparison.contestants] == ["a"]
