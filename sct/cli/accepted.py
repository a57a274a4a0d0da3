"""What `evaluate --data accepted:FILE.tsv` takes and prints."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from sct.cli import console
from sct.numbers import cut

PREFIX = "accepted:"  # then a table of what a person accepts
_MARKS = {True: "", False: "?", None: ""}  # of answers that are not sure


def check_options() -> None:
    """Raise UsageError of an option that a table of accepted answers has no use for."""
    ctx = click.get_current_context()
    fine = {"data", "name", "ablate", "limit", "device", "as_json"}
    for param in ctx.command.params:
        given = ctx.get_parameter_source(param.name) == ParameterSource.COMMANDLINE
        if given and param.name not in fine:
            raise click.UsageError(f"{param.opts[0]} does not go with --data {PREFIX}FILE.tsv.")


def show(found: dict[str, Any], facts: dict[str, str], certainty: str, as_json: bool) -> None:
    """Print what was accepted; `certainty` says how far the probabilities can be relied on."""
    if as_json:
        console.print_json({**facts, **found})
        return
    console.say("{model}, ablation: {ablation}".format(**facts), "")
    table = [["file", "start", *found["questions"], "right"]]
    for clip in found["clips"]:
        said = [
            f"{answer['label']} {answer['probability']:.0%}{_MARKS[answer['sure']]}"
            f"{'' if answer['accepted'] else ' (no)'}"
            for answer in clip["answers"].values()
        ]
        row = [clip["file"], clip["start"], *said, "yes" if clip["right"] else "no"]
        table.append(row)
    console.print_table(table)
    ends = console.interval(found["both_ci95"])
    console.say(
        "",
        f"all answers accepted: {sum(clip['right'] for clip in found['clips'])} of {found['n']} "
        f"({cut(found['both'])}, 95% interval {ends})",
        certainty,
    )
