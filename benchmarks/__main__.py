"""Measures the speed of `sct` beside other implementations.

python -m benchmarks lsh|model|trace|app|gpu [--json] [--only TEXT] [--repeats N] [--threads N]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module

import click

from sct.cli import console

WHAT = ("lsh", "model", "trace", "app", "gpu")


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@console.json_option
@click.option("--only", default="", metavar="TEXT", help="Only rows with this text in them.")
@click.option("--repeats", type=click.IntRange(min=5), default=5, show_default=True, metavar="N")
@click.option("--threads", type=click.IntRange(min=1), default=2, show_default=True, metavar="N")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
def cli(what: str, as_json: bool, only: str, repeats: int, threads: int, device: str) -> None:
    """Measure LSH attention, the whole model, the cost of a trace, what a person waits for, or what
    a GPU gains from batches, CUDA graphs and torch.compile (with --device cuda).

    Medians of repeats in turn, and ratios with 95% bootstrap intervals. Peers that are not
    installed (benchmarks/requirements.txt) are left out, and the table says so.

    \b
    Examples:
      python -m benchmarks lsh
      python -m benchmarks model --only timesformer --repeats 9
      python -m benchmarks trace --json
    """
    import torch

    from benchmarks.harness import rows, table
    from benchmarks.harness.timing import Settings
    from sct.checkpoint.io import pick_device

    pick_device(device)
    settings = Settings(repeats, threads, device)
    torch.set_num_threads(threads)
    facts = table.facts(what, settings)
    module = import_module(f"benchmarks.speed.{what}")
    # stdout is for the result: whatever peers may print is not.
    with redirect_stdout(sys.stderr), console.progress(what) as progress:
        if hasattr(module, "measure"):
            found = module.measure(settings, only, progress)
        else:
            found = rows.measure(module.groups(settings), settings, only, progress)
    if as_json:
        console.print_json({**facts, "rows": [row.to_dict() for row in found]})
    else:
        table.print_report(facts, found)


def main(args: Sequence[str] | None = None) -> None:
    """Run; errors are one line on stderr, and exit code 2 says that the input was wrong."""
    run = partial(cli, args, prog_name="python -m benchmarks", standalone_mode=False)
    console.run(run, "benchmarks")


if __name__ == "__main__":
    main()
