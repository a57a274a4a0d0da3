"""The command `export`, which writes a model as a graph for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from sct.cli import console
from sct.cli.paths import PathType
from sct.validation import short

FORMATS = ("onnx", "pt2")


@click.command()
@click.argument("out", type=PathType(dir_okay=False, writable=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="What to write; by default the ending of OUT says it.",
)
@console.model_option
@console.ablate_option
@click.option("--frames", type=click.IntRange(min=1), help="Frames of a clip; else the model's.")
@click.option("--size", type=click.IntRange(min=1), help="Side of a frame; else the model's.")
@click.option("--batch", type=click.IntRange(1, 64), default=1, show_default=True, help="Clips.")
@click.option("--overwrite", is_flag=True, help="Replace OUT where it exists.")
@console.json_option
def export(
    out: Path,
    form: str | None,
    name: str,
    ablate: str,
    frames: int | None,
    size: int | None,
    batch: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write a model to OUT as a graph that other programs run.

    A .onnx file is for ONNX Runtime and the like, a .pt2 file for torch.export.load. The graph
    takes `frames`, float32 (batch, frame, 3, size, size), normalised as the text in it says, and
    gives `logits`. That shape is fixed. Afterwards graph and model are compared on one clip.

    \b
    Examples:
      python -m sct export sct-motion.onnx
      python -m sct export --format pt2 --ablate 'lsh=full' exact.pt2
    """
    form = form or out.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise click.UsageError(
            f"OUT must end with .onnx or .pt2, or --format must say which: {short(str(out), 80)}"
        )
    if out.exists() and not overwrite:
        raise click.UsageError(f"{out} is there already; --overwrite replaces it")
    from sct.checkpoint.export import export as write

    model, _, ablation, _ = console.load_as_trained(name, "cpu", ablate)
    out.parent.mkdir(parents=True, exist_ok=True)
    worst = write(model, out, form, ablation=ablation, frames=frames, size=size, batch=batch)
    config = model.config
    shape = [batch, frames or config.frames, 3, *[size or config.image_size] * 2]
    path = str(out)
    if as_json:
        found = {"out": path, "format": form, "model": name, "ablation": str(ablation)}
        console.print_json({**found, "frames": shape, "largest_difference": worst})
        return
    console.say(f"{path}: {name}, {out.stat().st_size / 1e6:.1f} MB, frames {tuple(shape)}")
    if worst is None:
        console.say("not compared with the model: onnxruntime is not installed")
    else:
        console.say(f"largest difference of a logit from the model's: {worst:.1e}")
