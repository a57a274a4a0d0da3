"""The command line: `python -m sct predict|evaluate|train|sizes`.

Results go to stdout, progress bars and errors to stderr. PyTorch and the model are imported inside
the commands, so that `--help` answers at once.
"""

import os
import time
from typing import Any

import click

from sct import console
from sct.config import SIZES


@click.group(cls=console.Cli, invoke_without_command=True)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Look into a Shifted Chunk Transformer from the command line.

    \b
    Examples:
      python -m sct predict clip.mp4
      python -m sct evaluate --data motion --limit 200
      python -m sct train --out runs/mine
      python -m sct sizes
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@cli.command()
@click.argument("clip", type=click.Path())
@console.model_option
@console.number(
    "--top",
    click.IntRange(min=1),
    5,
    "How many labels to print, best first; more than the model has prints all.",
    "K",
)
@console.number(
    "--start",
    click.FloatRange(min=0),
    0.0,
    "Where in the clip the first frame is taken, in seconds.",
    "S",
)
@console.number(
    "--stride",
    click.FloatRange(min=0, min_open=True),
    0.1,
    "Seconds from one frame to the next, at most 10.",
    "S",
)
@console.ablate_option
@console.device_option
@console.json_option
def predict(
    clip: str,
    name: str,
    top: int,
    start: float,
    stride: float,
    ablate: str,
    device: str,
    as_json: bool,
) -> None:
    """Say what a model sees in the video file CLIP.

    CLIP is anything that FFmpeg decodes: mp4, mov, m4v, avi, mkv, webm, gif. As many frames are
    taken as the model was made for, from --start on, one every --stride seconds.

    \b
    Examples:
      python -m sct predict clip.mp4
      python -m sct predict clip.mp4 --start 2.5 --top 3
      python -m sct predict clip.mp4 --ablate 'shifted=off' --json
    """
    import torch

    import sct

    model, ablation = console.load(name, device, ablate)
    config = model.config
    video = sct.read_clip(clip, frames=config.frames, start=start, stride=stride)
    began = time.perf_counter()
    with torch.inference_mode():
        frames = sct.preprocess(video, config.image_size).to(model.device)
        shares = model(frames, ablation).logits.softmax(-1)[0].cpu()
    forward_s = time.perf_counter() - began

    best = shares.topk(min(top, len(shares)))
    found = {
        config.labels[index]: share
        for share, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    }
    path = click.format_filename(clip)
    if as_json:
        facts = {key: getattr(video, key) for key in ("width", "height", "fps", "duration_s")}
        console.print_json(
            {
                "model": name,
                "device": str(model.device),
                "clip": {"path": path, **facts, "frames_used": len(video.frames)},
                "predictions": [{"label": k, "probability": v} for k, v in found.items()],
                "seconds": {"decode": round(video.decode_s, 4), "forward": round(forward_s, 4)},
            }
        )
        return
    click.echo(
        f"{path}: {video.width} x {video.height}, {video.duration_s:.2f} s, "
        f"{video.fps:.4g} frames a second; {len(video.frames)} frames used"
    )
    click.echo(
        f"{name} on {model.device}, ablation: {ablation}; "
        f"decode {video.decode_s:.2f} s, forward {forward_s:.2f} s\n"
    )
    console.print_shares(found)


@cli.command()
@click.option(
    "--data",
    type=click.Choice(["motion"]),
    required=True,
    help="What to test on. motion: made clips of nine camera motions, whose truth is known.",
)
@console.model_option
@console.ablate_option
@console.number("--limit", click.IntRange(min=1), 1000, "How many clips.")
@console.number(
    "--seed",
    click.IntRange(min=0),
    0,
    "Picks the set of clips; one seed gives the same clips always.",
)
@console.device_option
@console.json_option
def evaluate(
    data: str, name: str, ablate: str, limit: int, seed: int, device: str, as_json: bool
) -> None:
    """Measure a model's accuracy on clips that it was not trained on.

    Prints top-1 accuracy with its 95% interval, top-5 accuracy, and the top-1 of each label.

    \b
    Examples:
      python -m sct evaluate --data motion
      python -m sct evaluate --data motion --limit 200 --ablate 'shifted=self'
    """
    from sct import training

    model, ablation = console.load(name, device, ablate)
    with console.progress("clips") as progress:
        result = training.evaluate(
            model, data=data, limit=limit, seed=seed, ablation=ablation, progress=progress
        )
    if as_json:
        console.print_json({"model": name, "data": data, "ablation": str(ablation), **result})
        return
    low, high = result["top1_ci95"]
    click.echo(f"{name} on {result['n']} {data} clips, ablation: {ablation}\n")
    click.echo(f"  top-1  {result['top1']:.1%}  (95% interval {low:.1%} to {high:.1%})")
    click.echo(f"  top-5  {result['top5']:.1%}\n")
    console.print_shares(result["per_class"])


@cli.command()
@click.option(
    "--out",
    type=click.Path(),
    default="runs/sct-motion",
    show_default=True,
    metavar="PATH",
    callback=console.checkpoint_path,
    help="Where to write PATH.safetensors, PATH.json (the card) and PATH.csv (the course).",
)
@click.option("--overwrite", is_flag=True, help="Replace what --out holds already.")
@click.option(
    "--size",
    type=click.Choice(list(SIZES)),
    default="sct_ti",
    show_default=True,
    help="A named size; all but sct_ti need a GPU.",
)
@click.option(
    "--init",
    metavar="NAME",
    help="Start from these weights (a name or a .safetensors file) instead of new ones; the size "
    "is then theirs.",
)
@console.number("--steps", click.IntRange(min=1), 1500, "Steps of one batch each.")
@console.number("--batch", click.IntRange(min=1), 32, "Clips in a batch.")
@console.number("--lr", click.FloatRange(min=0, min_open=True), 2e-3, "Highest learning rate.")
@console.number(
    "--warmup",
    click.FloatRange(0, 1, max_open=True),
    0.1,
    "Share of the steps over which it rises.",
)
@console.number("--seed", click.IntRange(min=0), 0, "Of weights and clips.")
@console.number(
    "--short-share",
    click.FloatRange(0, 1, max_open=True),
    0.6,
    "Share of the steps, the first ones, whose clips have 4 frames and so cost half.",
)
@click.option(
    "--grounded/--no-grounded",
    default=True,
    show_default=True,
    help="Teach half of the shifted attention heads to follow the clips' true motion.",
)
@console.number(
    "--grounding-weight", click.FloatRange(min=0), 0.5, "Weight of that lesson in the loss."
)
@click.option(
    "--threads", type=click.IntRange(min=1), metavar="N", help="CPU threads; all if left out."
)
@console.device_option
def train(
    out: str,
    overwrite: bool,
    size: str,
    init: str | None,
    grounded: bool,
    threads: int | None,
    device: str,
    **numbers: Any,
) -> None:
    """Train a model on made clips of nine camera motions.

    Expect accuracy at chance (11%) for thousands of clips and then a sudden rise. Ctrl-C stops a
    run early and keeps what it has learned.

    \b
    Examples:
      python -m sct train --out runs/mine
      python -m sct train --out runs/longer --init runs/mine.safetensors --lr 5e-4
      python -m sct evaluate --data motion --model runs/mine.safetensors
    """
    import torch

    import sct
    from sct import training

    if os.path.exists(f"{out}.safetensors") and not overwrite:
        raise ValueError(f"{out}.safetensors exists; --overwrite replaces it.")
    if threads:
        torch.set_num_threads(threads)
    model = None
    if init:
        model, card = sct.load_with_card(init, device=device)
        model.requires_grad_(True)
        size = card.get("training", {}).get("size", size)
    config = training.TrainConfig(size=size, grounded=grounded, device=device, **numbers)
    try:
        with console.progress("steps") as progress:
            card = training.train(config, out, progress, model)
    except KeyboardInterrupt:
        click.echo(f"Stopped early; what was learned is in {out}.safetensors", err=True)
        raise
    click.echo(
        f"{out}.safetensors: {card['steps']} steps, {card['clips']} clips, "
        f"{card['seconds']:.0f} s; accuracy while training {card['training_accuracy']:.1%}"
    )


@cli.command()
@console.json_option
def sizes(as_json: bool) -> None:
    """List the named sizes beside the paper's figures.

    Parameters in millions; GMACs are multiply-accumulates of Linear and Conv layers for one clip,
    which is how the paper counts. sct_ti is not in the paper.

    \b
    Example:
      python -m sct sizes --json
    """
    from sct import measure

    rows = measure.sizes()
    if as_json:
        console.print_json(rows)
        return
    table = [["size", "params/M", "paper", "off by", "GMACs", "paper", "off by", "clip"]]
    for row in rows:
        line = [row["name"]]
        for what in ("params_m", "gmacs"):
            line.append(f"{row[what]:.2f}")
            if row[f"paper_{what}"] is None:
                line += ["-", "-"]
            else:
                off = row[f"{what.removesuffix('_m')}_diff_pct"]
                line += [f"{row[f'paper_{what}']:.2f}", f"{off:+.2f}%"]
        side = row["image_size"]
        line.append(f"{row['frames']} x {side} x {side}, {row['num_classes']} classes")
        table.append(line)
    console.print_table(table)
