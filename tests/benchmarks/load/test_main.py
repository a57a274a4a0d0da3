import json

import pytest

from benchmarks.load import __main__ as command
from benchmarks.load import memory


def run(capsys, *args):
    """(exit code, stdout, stderr)"""
    code = 0
    try:
        command.main(args)
    except SystemExit as stop:
        code = stop.code or 0
    found = capsys.readouterr()
    return code, found.out, found.err


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("nonsense",), "nonsense"),
        (("users", "--users", "0"), "0"),
        (("soak", "--minutes", "nan"), "nan"),
        (("soak", "--tabs", "2"), "--tabs goes with users"),
        (("users", "--users", "2", "--tabs", "3"), "more of them than users"),
        (("faults", "--minutes", "3"), "faults takes neither"),
    ],
)
def test_bad_input_is_one_line(args, why, capsys):
    code, out, err = run(capsys, *args)
    assert code == 2 and out == "" and why in err and err.count("\n") == 1


def test_figures_come_as_lines_and_as_json(monkeypatch, capsys):
    given = {}

    def kept(users, minutes, tell):
        given.update(users=users, minutes=minutes)
        tell("a line on the way")
        return {"fresh_mb": 1.5, "after_mb": [1.0, 2.0], "told": ["one", "two"]}

    monkeypatch.setattr(memory, "kept", kept)
    code, out, err = run(capsys, "memory", "--minutes", "0.5")
    assert (code, given) == (0, {"users": 16, "minutes": 0.5})
    assert out.splitlines()[2:] == [
        "fresh_mb: 1.5",
        "after_mb: [1.0, 2.0]",
        "told:",
        "  one",
        "  two",
    ]
    assert err == "a line on the way\n"
    code, out, _ = run(capsys, "memory", "--users", "3", "--json")
    told = json.loads(out)
    assert code == 0 and told["users"] == 3 and told["found"]["fresh_mb"] == 1.5
    assert {"date", "cores", "load_before", "load_after"} <= set(told)
