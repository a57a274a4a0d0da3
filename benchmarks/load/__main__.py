"""Loads the app as many people and hostile ones would, and measures what they get.

python -m benchmarks.load users|memory|soak|worst|faults [--users N] [--minutes M] [--json]
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from sct.cli import console

WHAT = ("users", "memory", "soak", "worst", "faults")
_MINUTES = {"users": 5.0, "memory": 2.0, "soak": 60.0, "worst": 1.0, "faults": 0.0}
_USERS = {"users": 16, "memory": 16, "soak": 2, "worst": 2, "faults": 1}


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@click.option("--users", type=click.IntRange(1, 256), metavar="N", help="How many at once.")
@console.number("--minutes", click.FloatRange(0.05, 24 * 60), None, "How long.", "M")
@click.option(
    "--tabs",
    type=click.IntRange(0, 256),
    default=0,
    metavar="N",
    help="users: how many of them are real tabs of Chromium (Playwright).",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N")
@console.json_option
def cli(
    what: str, users: int | None, minutes: float | None, tabs: int, seed: int, as_json: bool
) -> None:
    """Start the app and measure it from outside.

    \b
    users   16 people for 5 minutes: errors, answers unlike those of one alone, seconds
    memory  what stays two minutes after 16 people have left, over a fresh server
    soak    memory over an hour of 2 people
    worst   what others wait for while 2 sessions send the worst files known
    faults  what is lost when a decoder, the server or the disk fails

    \b
    Examples:
      python -m benchmarks.load users --minutes 1
      python -m benchmarks.load users --tabs 2
      python -m benchmarks.load soak --minutes 30 --json
    """
    if tabs and what != "users":
        raise click.UsageError("--tabs goes with users alone.")
    if tabs > (users or _USERS[what]):
        raise click.UsageError("--tabs: more of them than users.")
    if what == "faults" and not (users is None and minutes is None):
        raise click.UsageError("faults takes neither --users nor --minutes.")
    users, minutes = users or _USERS[what], minutes or _MINUTES[what]
    facts = {
        "what": what,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        # Above 0, something else is running, and seconds are those of a busy machine.
        "load_before": round(os.getloadavg()[0], 2),
    }
    if what != "faults":
        facts |= {"users": users, "minutes": minutes}
    found = _measured(what, users, minutes, tabs, seed)
    facts["load_after"] = round(os.getloadavg()[0], 2)
    if as_json:
        console.print_json({**facts, "found": found})
        return
    console.say(", ".join(f"{name} {value}" for name, value in facts.items()))
    for row in found if isinstance(found, list) else [found]:
        console.say("", *(line for name, value in row.items() for line in _lines(name, value)))


def _measured(what: str, users: int, minutes: float, tabs: int, seed: int) -> Any:
    tell = partial(console.say, err=True)
    if what == "users":
        from benchmarks.load import users as crowds

        return crowds.measure(users, minutes, seed, tabs)
    if what in ("memory", "soak"):
        from benchmarks.load import memory

        return (memory.kept if what == "memory" else memory.soak)(users, minutes, tell)
    if what == "worst":
        from benchmarks.load import worst

        return worst.measure(minutes, users, tell)
    from benchmarks.load import faults

    return faults.measure(tell)


def _lines(name: str, value: Any) -> list[str]:
    if isinstance(value, list) and not all(isinstance(each, (int, float)) for each in value):
        return [f"{name}:", *(f"  {each}" for each in value)]
    return [f"{name}: {value}"]


def main(args: Sequence[str] | None = None) -> None:
    """Run; errors are one line on stderr, and exit code 2 says that the input was wrong."""
    run = partial(cli, args, prog_name="python -m benchmarks.load", standalone_mode=False)
    console.run(run, "benchmarks.load")


if __name__ == "__main__":
    main()
