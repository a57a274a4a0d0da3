"""A campaign finds whatever goes wrong, names its seed, and goes on behind it."""

import re
import subprocess
import sys

import pytest

from tests.fuzz import campaign
from tests.fuzz.target import TARGETS, load, rng_of

pytest.importorskip("resource", reason="limits of processes are POSIX")
SEEDS = range(7)
SAID = {
    "Crashes": "the process died (SIGSEGV)",
    "Ends": "the process died (exit 3)",
    "Spins": "takes over 0.3 s of CPU",
    "Sleeps": "hangs: nothing for 3 s",
    "Foreign": "KeyError: \"'key'\" tests/fuzz/faulty.py:",
    "Leaves": "SystemExit",
    "Warns": "UserWarning: beware",
    "Prints": "printed 'JPEGLib: bogus'",
    "Mumbles": "no sentence: 'two\\nlines'",
    "Lies": "a clip of no frames",
    "Litters": "left files behind",
}


def wrong_seeds(name, corpus, work):
    target = load(name, corpus, work)
    return [seed for seed in SEEDS if target.make(rng_of(name, seed)) == 0]


def test_each_way_to_go_wrong_is_found_by_its_seed(tmp_path):
    names = {f"tests.fuzz.faulty:{kind}": kind for kind in (*SAID, "Right")}
    report = campaign.run(tmp_path, dict.fromkeys(names, SEEDS), limits_s=(0.3, 3.0))
    assert report.count == len(SEEDS) * len(names)
    for name, kind in names.items():
        wrong = wrong_seeds(name, tmp_path, tmp_path)
        found = [finding for finding in report.findings if finding.target == name]
        assert 0 < len(wrong) < len(SEEDS)
        assert report.ended[name]["value"] == len(SEEDS) - len(wrong)
        if kind == "Right":
            assert found == [] and report.ended[name]["ValueError"] == len(wrong)
            continue
        assert [finding.seed for finding in found] == wrong, kind
        assert all(SAID[kind] in finding.what for finding in found), found[0].what


def test_what_cannot_even_begin_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match=r"tests\.fuzz\.faulty:Nothing cannot begin"):
        campaign.run(tmp_path, {"tests.fuzz.faulty:Nothing": range(3)})


def test_one_command_repeats_a_mutation():
    def said(*more):
        run = [sys.executable, "-m", "tests.fuzz", "--only", "pictures", "--seed", "12", *more]
        done = subprocess.run(run, cwd=campaign.ROOT, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert re.match(r"1 mutations in \d+ s, 0 findings\n  pictures: 1 ", said())
    assert said("--show").startswith("{'")


def test_shares_add_up_to_a_long_run():
    assert sum(share for _, share in TARGETS.values()) == 20_000
