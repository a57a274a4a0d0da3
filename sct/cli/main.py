"""The command line: `python -m sct predict|attribute|ablate|evaluate|train|sizes|render`.

Results go to stdout, progress bars and errors to stderr. PyTorch and the model are imported inside
the commands, so that `--help` answers at once.
"""

from importlib import import_module
from importlib.util import find_spec

import click

from sct.cli import ablate, attribute, console, evaluate, predict, sizes, train

# Rooms outside of this package that bring a command of their own, (module, command), where they are
# installed: nothing in here needs them.
GUESTS = (("viz.cli.render", "render"),)


@click.group(cls=console.Cli, invoke_without_command=True)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Look into a Shifted Chunk Transformer from the command line.

    \b
    Examples:
      python -m sct predict clip.mp4
      python -m sct attribute clip.mp4 --method occlusion --check
      python -m sct render clip.mp4 --view motion -o motion.mp4
      python -m sct evaluate --data motion --limit 200
      python -m sct ablate clip.mp4
      python -m sct train --out runs/mine
      python -m sct sizes
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for command in (
    predict.predict,
    attribute.attribute,
    ablate.ablate,
    evaluate.evaluate,
    train.train,
    sizes.sizes,
):
    cli.add_command(command)
for module, name in GUESTS:
    if find_spec(module.partition(".")[0]):
        cli.add_command(getattr(import_module(module), name))
