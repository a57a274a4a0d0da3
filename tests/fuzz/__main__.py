"""Runs mutations: `python -m tests.fuzz --help`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz import campaign, corpus
from tests.fuzz.target import TARGETS, load, rng_of

COUNT = sum(share for _, share in TARGETS.values())


def plan(count: int, names: list[str], first: int = 0) -> dict[str, range]:
    """Return the seeds of each target, so many in all, by their shares."""
    shares = {name: TARGETS.get(name, ("", 1))[1] for name in names}
    each = {
        name: max(1, round(count * share / sum(shares.values()))) for name, share in shares.items()
    }
    return {name: range(first, first + many) for name, many in each.items()}


def _tell(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """Run what the command line asks for; return 1 if anything was found."""
    about = f"Mutates what SCT Lens reads: {COUNT:,} times, or as asked."
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=about)
    parser.add_argument("--only", choices=TARGETS, action="append", help="this target alone")
    parser.add_argument("--seed", type=int, help="this mutation alone, or from it on with --count")
    parser.add_argument("--count", type=int, help="how many mutations in all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="print the input instead of reading it")
    asked = parser.parse_args()
    count = asked.count or (COUNT if asked.seed is None else 1)
    with tempfile.TemporaryDirectory(prefix="sct-fuzz-") as place:
        folder = corpus.make(Path(place, "corpus"))
        if asked.show:
            for name in asked.only or TARGETS:
                work = Path(place, name)
                work.mkdir()
                print(repr(load(name, folder, work).make(rng_of(name, asked.seed or 0))))
            return 0
        seeds = plan(count, asked.only or list(TARGETS), asked.seed or 0)
        report = campaign.run(folder, seeds, asked.processes, tell=_tell)
    print(report)
    return bool(report.findings)


if __name__ == "__main__":
    sys.exit(main())
