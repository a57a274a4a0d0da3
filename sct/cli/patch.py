"""The command `patch`, which takes one part's activations after the other from another clip."""

from __future__ import annotations

import csv
import io
import os
import time
from typing import TYPE_CHECKING, Any

import click

from sct.cli import console, reading
from sct.cli.paths import PathType
from sct.labels import names_of, place_of
from sct.validation import printable

if TYPE_CHECKING:
    from sct.ablation_study import Patched
    from sct.model.config import SCTConfig

GRIDS = ("heads", "parts", "frames")
REVERSED = "reversed"
MOST_RANKED = 12  # in the table; --json and --csv have all


@click.command()
@click.argument("clip", type=PathType())
@click.option(
    "--from",
    "source",
    type=PathType(),
    default=REVERSED,
    show_default=True,
    metavar="CLIP",
    help="Where activations come from: another video, or reversed, this clip backwards.",
)
@click.option(
    "--from-start",
    type=click.FloatRange(min=0),
    callback=console.finite,
    metavar="S",
    help="Where in the other video the first frame is taken, in seconds.  [default: as --start]",
)
@click.option(
    "--match",
    type=click.Choice(["picture", "place"]),
    help="Of the clip reversed, a frame takes from where the same picture stands, so that only "
    "what came before it differs, or from the same place in time.  [default: picture]",
)
@click.option(
    "--grid",
    type=click.Choice(GRIDS),
    default="heads",
    show_default=True,
    help="What to take in turn: parts and single heads, parts alone, or parts at each frame.",
)
@click.option(
    "--sites",
    metavar="TEXT,...",
    help="In place of a grid: sites STAGE.PART[.HEAD][@FRAME], PART being vilt, lsh, shifted or "
    "stage (all tokens that leave it), such as 1.shifted,2.vilt.0,3.stage@7.",
)
@click.option(
    "--target", metavar="LABEL", help="The class asked about.  [default: what the model sees]"
)
@click.option(
    "--against",
    metavar="LABEL",
    help="The class it is held against.  [default: what the model sees in the source]",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 32),
    metavar="N",
    help="Do all of it under the seeds 0 to N - 1 of LSH: mean and spread.",
)
@console.ablate_option
@console.model_option
@console.question_option
@reading.start_option
@reading.stride_option
@reading.crop_option()
@reading.rate_option("--fps")
@console.device_option
@console.json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a row for each site, comma-separated.")
def patch(
    clip: str,
    source: str,
    from_start: float | None,
    match: str | None,
    grid: str,
    sites: str | None,
    target: str | None,
    against: str | None,
    seeds: int | None,
    ablate: str,
    name: str,
    question: str | None,
    start: float,
    stride: float,
    crop: Any,
    fps: float | None,
    device: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Take a part's activations from another clip and say what the answer becomes.

    Activation patching, also known as causal tracing: the model sees CLIP, but one head, part or
    stage gives what it gave for the source, and all that comes after is computed from that. The
    change of the answer is what this part says of the difference between the two.

    Printed are the changes of the log-odds of the target, log(p / (1 - p)), and of their difference
    to the other class, log(p / p_other), and the recovery: the share of that difference between
    CLIP (0) and source (1) that the part brings along.

    \b
    Examples:
      python -m sct patch clip.mp4
      python -m sct patch clip.mp4 --grid frames --target 'pan left' --against 'pan right'
      python -m sct patch clip.mp4 --from other.mp4 --seeds 8
      python -m sct patch clip.mp4 --sites 1.shifted,2.vilt.2 --json
      python -m sct patch clip.mp4 --csv > heads.csv
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    for flag, value, backwards in (("--match", match, True), ("--from-start", from_start, False)):
        if value is not None and (source == REVERSED) != backwards:
            raise click.UsageError(f"{flag} is for {'--from reversed' if backwards else 'a file'}.")
    from sct import ablation_study
    from sct.sites import Site

    asked = [] if sites is None else [Site.parse(text) for text in sites.split(",")]
    model, _, base, as_trained = console.load_as_trained(name, device, ablate)
    model = console.of_question(model, question)
    config, names = model.config, names_of(model.config)
    classes = [
        None if label is None else place_of(label, names, flag)
        for flag, label in (("target", target), ("against", against))
    ]
    if classes[0] is not None and classes[0] == classes[1]:
        raise click.UsageError("--target and --against name one class; two are to be held apart.")
    if seeds and base.seed is not None:
        raise click.UsageError("--seeds and the seed of --ablate exclude each other.")
    for site in asked:  # one that was named by hand is not passed over
        site.check(config, base.resolve(config, config.image_size), config.frames)
    if source != REVERSED and os.path.isdir(clip) != os.path.isdir(source):
        rates = [fps if os.path.isdir(path) else None for path in (clip, source)]
    else:
        rates = [fps, fps]
    _, frames, video = reading.read_frames(model, clip, start, stride, rates[0], crop)
    if source == REVERSED:
        other = ablation_study.reversed_clip(frames, match != "place", base)
        about: dict[str, Any] = {"reversed": True, "match": match or "picture"}
    else:
        second = start if from_start is None else from_start
        _, theirs, about = reading.read_frames(model, source, second, stride, rates[1], crop)
        other = ablation_study.Source(theirs)
    some = asked or ablation_study.list_sites(config, grid, frames.shape[1])
    began = time.perf_counter()
    with console.progress("steps") as progress:
        found = ablation_study.patch_sites(
            model, frames, other, some, *classes, ablation=base,
            seeds=range(seeds) if seeds else (), progress=progress,
        )  # fmt: skip
    facts = {"model": name, **console.question_fact(config), "ablation": str(base)}
    facts |= {"as_trained": as_trained, "device": str(model.device), "clip": video}
    facts |= {"from": about, **_facts(found, config)}
    facts |= {"seconds": round(time.perf_counter() - began, 4)}
    if as_json:
        console.print_json(facts)
    elif as_csv:
        _print_csv(facts["sites"])
    else:
        _print(facts, found, None if asked else grid)


def _facts(found: Patched, config: SCTConfig) -> dict[str, Any]:
    """Return what was found for JSON."""
    names = ("log_odds", "difference")
    return {
        "answer": found.answer,
        "source_answer": found.source_answer,
        "target": found.label,
        "against": found.other,
        "seeds": list(found.seeds),
        "in_clip": dict(zip(names, found.clip.mean(0).tolist(), strict=True)),
        "in_source": dict(zip(names, found.source.mean(0).tolist(), strict=True)),
        "sites": found.table(config),
    }


def _print_csv(rows: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    # Within a cell a newline is an escape, as all else is that does not print.
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    console.say(*text.getvalue().split("\n")[:-1])


def _cell(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def _print(facts: dict[str, Any], found: Patched, grid: str | None) -> None:
    video, other = facts["clip"], facts["from"]
    reverse = f"itself reversed, matched by {other.get('match')}"
    console.say(f"{video['path']}, patched from {other.get('path', reverse)}")
    console.print_notices((*video["notices"], *other.get("notices", ())))
    asked = f"{facts.get('question', '')} {found.label}".strip()
    clip, source = (facts[end]["difference"] for end in ("in_clip", "in_source"))
    console.say(
        f"{facts['model']}, ablation: {facts['ablation']}; on {facts['device']}, "
        f"{facts['seconds']:.2f} s",
        f"asked about: {asked}, against {found.other}: "
        f"log-odds difference {clip:+.2f} in the clip, {source:+.2f} in the source",
        "",
    )
    if grid in ("heads", "frames"):
        _grid(found, grid)
        console.say()
    several = len(found.seeds) > 1
    head = ["site", "difference", *(["sd"] if several else []), "log-odds", "recovery", "answer"]
    table = [head]
    for row in facts["sites"][:MOST_RANKED]:
        recovery = row["recovery"]
        spread = [f"{row['difference_change_sd']:.2f}"] if several else []
        table.append(
            [
                f"{row['site']}{' grounded' if row['grounded'] else ''}",
                signed(row["difference_change"]),
                *spread,
                signed(row["log_odds_change"]),
                "-" if recovery is None else f"{recovery:.0%}",
                row["answer"],
            ]
        )
    console.print_table(table)
    more = len(facts["sites"]) - MOST_RANKED
    console.print_note(
        (f"The largest of {len(facts['sites'])} sites. " if more > 0 else "")
        + f"difference: change of log(p / p_other) of {found.label} and {found.other}; log-odds: "
        f"of log(p / (1 - p)) of {found.label}; recovery: share of the way from the clip to the "
        "source, of the difference."
        + (f" Means over {len(found.seeds)} seeds of LSH; sd: over them." if several else "")
    )
    if any(row["recovery"] is None for row in facts["sites"]):
        console.print_note(
            "No recovery: clip and source hardly differ in this, so a share of it says nothing."
        )


def _grid(found: Patched, grid: str) -> None:
    """Print changes of the difference as a table of stage and part by head or frame."""
    axis = "head" if grid == "heads" else "frame"
    change = found.difference.mean(0)
    cells: dict[str, dict[int | None, float]] = {}
    for site, value in zip(found.sites, change, strict=True):
        cells.setdefault(f"{site.stage}.{site.part}", {})[getattr(site, axis)] = float(value)
    columns = sorted({n for row in cells.values() for n in row if n is not None})
    first = ["all"] if axis == "head" else []
    table = [["from the source", *first, *(f"{axis} {n}" for n in columns), ""]]
    for part, row in cells.items():
        places = [None, *columns] if first else columns
        table.append([part, *(signed(row[n]) if n in row else "" for n in places), ""])
    console.print_table(table)


def signed(value: float) -> str:
    """Write a change with its sign."""
    return f"{value:+.2f}".replace("-0.00", "+0.00").replace("+0.00", "0.00")
