"""`python -m sct evaluate`: accuracy on clips that a model was not trained on."""

import click

from sct import console


@click.command()
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
