"""The command line: `python -m sct predict`, `attribute`, `ablate`, `evaluate` and so on.

Results go to stdout, progress bars and errors to stderr. PyTorch and the model are imported inside
the commands, so that `--help` answers at once.
"""

import click

from sct.cli import (
    ablate,
    attribute,
    calibrate,
    collection,
    console,
    evaluate,
    export,
    patch,
    predict,
    seal,
    sizes,
    train,
)
from sct.cli.guests import guest


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
      python -m sct patch clip.mp4 --from other.mp4
      python -m sct collection videos --out run.parquet
      python -m sct train --out runs/mine
      python -m sct export sct-motion.onnx
      python -m sct sizes
    """
    if ctx.invoked_subcommand is None:
        console.say(*ctx.get_help().split("\n"))


for command in (
    predict.predict,
    attribute.attribute,
    ablate.ablate,
    patch.patch,
    collection.collection,
    evaluate.evaluate,
    calibrate.calibrate,
    train.train,
    export.export,
    seal.seal,
    sizes.sizes,
):
    cli.add_command(command)
if render := guest("render"):
    cli.add_command(render)
