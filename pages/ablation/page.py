"""Switches parts of the model off and shows what that does to its answer."""

from pages.shell import headings
from pages.shell.current import current

headings.heading(
    "Ablation",
    "Switch a part of the model off and see beside each other how likely each class was before "
    "and is now. "
    "A part that changes nothing was not used for this clip; one that turns the answer over was "
    "what the answer rested on.",
)
view = current()

from pages.ablation import (  # noqa: E402
    analyses,
    bench,
    comparison,
    presets,
    shell_command,
    switches,
    variants,
)
from pages.cache.inference import forward  # noqa: E402
from sct.datasets.archive import ArchiveLimits  # noqa: E402
from sct.model.ablation import Ablation  # noqa: E402

if view.ablation_error:
    headings.banner(view)
headings.doubt(forward(view.loaded, view.clip, Ablation()))  # the answer as trained
stored = variants.variants_of(view.config)
presets.draw(view)
answer, left, right = bench.bench()
with answer:
    comparison.answer(view)
with left:
    switches.diagram(view.ablation, view.config)
    switches.numbers(view.ablation, view.config)
    shell_command.draw(view)
with right:
    comparison.show(view)
    variants.keep(view, stored)
if stored:
    comparison.beside(view, stored)
    variants.rows(view, stored)
analyses.show(view, stored)
most = ArchiveLimits()
headings.definition(
    "ablation",
    classes=view.config.num_classes,
    mb=f"{most.megabytes:,}",
    files=f"{most.files:,}",
)
