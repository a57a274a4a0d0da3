"""Which heads carry the direction: activation patching of made pans from their reversed selves."""

from __future__ import annotations

from collections.abc import Sequence

import click
import numpy as np
import torch
from torch import Tensor

import sct
from benchmarks.studies.common import markdown, run
from sct.ablation_study import Patched, grounded, list_sites, patch_sites, reversed_clip
from sct.cli import console
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.sites import STREAM, Site
from sct.synthetic.clips import make_clip

PAIRS = (("pan left", "pan right"), ("tilt up", "tilt down"))
SEED = 7000  # of the first clip


def groups(config: SCTConfig) -> dict[str, list[Site]]:
    """Return the heads of shifted attention in groups that are taken together."""
    heads = [s for s in list_sites(config) if s.part == "shifted" and s.head is not None]
    first = [site for site in heads if site.stage == 1]
    return {
        "all grounded heads": [site for site in heads if grounded(config, site)],
        "all other heads of shifted attention": [s for s in heads if not grounded(config, s)],
        "those of them after stage 1": [
            s for s in heads if not grounded(config, s) and s not in first
        ],
    }


@torch.inference_mode()
def together(model: SCT, frames: Tensor, sites: Sequence[Site], found: Patched) -> float:
    """Return the recovery of one clip with several sites taken from its reversed self at once."""
    source = reversed_clip(frames)
    given = model(source.frames, record=sites).activations
    patch = [(s, value[:, list(source.places)]) for s, value in zip(sites, given, strict=True)]
    logits = model(frames, patch=patch).logits[0].double()
    change = float(logits[found.target] - logits[found.against]) - found.clip[0, 1]
    return change / (found.source[0, 1] - found.clip[0, 1])


def mean(values: Sequence[float]) -> str:
    """Write a mean in per cent with its 95% interval over clips, by the normal approximation."""
    values = np.asarray(values)
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5
    middle = values.mean()
    low, high = per_cent(middle - half), per_cent(middle + half)
    return f"{per_cent(middle)} ({low} to {high})"


def per_cent(value: float) -> str:
    return f"{100 * value:.1f}".replace("-0.0", "0.0")


@click.command()
@console.model_option
@console.question_option
@console.device_option
@click.option("--clips", type=click.IntRange(2, 1000), default=20, show_default=True, metavar="N")
@click.option("--tilts", is_flag=True, help="Tilts in place of pans.")
def cli(name: str, question: str | None, device: str, clips: int, tilts: bool) -> None:
    """Print the recovery of each part and head, the mean of made clips, as Markdown.

    Half of the clips go each way. Those that the model mistakes, or whose reversed self it does,
    are left out, as there is nothing to carry.
    """
    model, _ = console.load(name, device, "none", question or "")
    config, labels = model.config, PAIRS[tilts]
    sites, sets = list_sites(config), groups(config)
    found, shared = [], {name: [] for name, some in sets.items() if some}
    with console.progress("clips") as progress:
        for i in range(clips):
            clip = make_clip(labels[i % 2], SEED + i, config.frames, config.image_size).as_clip()
            frames = sct.preprocess(clip, config.image_size).to(model.device)
            one = patch_sites(model, frames, reversed_clip(frames), sites, *_way(labels, i))
            progress(i + 1, clips)
            if (one.answer, one.source_answer) != _way(labels, i):
                continue
            found.append(one.recovery[0])
            for name, values in shared.items():
                values.append(together(model, frames, sets[name], one))
    if len(found) < 2:
        raise click.ClickException(f"Only {len(found)} clips and their reversed selves were read.")
    said = f"{len(found)} of {clips} clips of {' and '.join(labels)} and their reversed selves"
    console.say(f"{said} were answered rightly. Recovery, %, their mean:", "")
    console.say(*markdown(_grid(config, sites, np.mean(found, axis=0))))
    console.say("", "With 95% intervals over clips:", "")
    rows = [("taken from the reversed clip", "recovery, %")]
    rows += [
        (str(site), mean([row[i] for row in found]))
        for i, site in enumerate(sites)
        if site.head is None
    ]
    rows += [(name, mean(values)) for name, values in shared.items()]
    console.say(*markdown(rows))


def _way(labels: Sequence[str], i: int) -> tuple[str, str]:
    return labels[i % 2], labels[1 - i % 2]


def _grid(config: SCTConfig, sites: Sequence[Site], values: np.ndarray) -> list[list[str]]:
    most = max(site.head for site in sites if site.head is not None) + 1
    rows: dict[tuple[int, str], list[str]] = {}
    for site, value in zip(sites, values, strict=True):
        row = rows.setdefault((site.stage, site.part), [""] * (most + 1))
        mark = " ◆" if grounded(config, site) else ""
        row[0 if site.head is None else site.head + 1] = f"{per_cent(value)}{mark}"
    table = [["part", "all", *(f"head {h}" for h in range(most))]]
    for (stage, part), cells in rows.items():
        what = "output" if part == STREAM else part
        table.append([f"{stage} · {what}", *cells])
    return table


if __name__ == "__main__":
    run(cli, "patching")
