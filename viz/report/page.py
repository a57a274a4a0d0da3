"""The parts of a report that are plain HTML. Whatever comes from outside goes through `text`."""

from __future__ import annotations

import html
import shlex
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sct.synthetic.composite import answer_in
from viz.components.player.contents import hash_seed
from viz.raster.canvas import clean
from viz.raster.encode import data_uri
from viz.text.labels import accuracy
from viz.text.numbers import share as percent
from viz.views import figure4

if TYPE_CHECKING:
    from sct.analysis.rollout import Rollout
    from sct.checkpoint.certainty import Answer
    from sct.synthetic.batch import SyntheticClip
    from sct.video.clip import Clip
    from viz.views import Scene

HERE = Path(__file__).parent
FIRST = 5  # classes shown before one asks for the others
SIDE = 224  # pixels of a picture of the filmstrip


def text(value: object) -> str:
    """Escapes anything as one line of text, nothing in it markup, in an attribute too."""
    return html.escape(clean(value))


def template(name: str) -> Template:
    return Template((HERE / f"{name}.html").read_text(encoding="utf-8"))


def rows(pairs: Sequence[tuple[str, object]]) -> str:
    """Lays out terms and values."""
    body = "".join(f"<dt>{text(term)}</dt><dd>{text(value)}</dd>" for term, value in pairs)
    return f'<dl class="facts">{body}</dl>'


def lead(scene: Scene, answers: Sequence[Answer]) -> str:
    """Says what the model answers, and what the views below are about."""
    said = []
    for one in answers:
        label = text(f"{one.question} {one.labels[one.best]}".strip())
        share = percent(float(one.probabilities[one.best]))
        said.append(f"<b>{label}</b> ({share}{', not sure' if one.judged.sentence else ''})")
    about = scene.trace.config.questions
    where = f"say what the {text(about[0][0])} does" if about else "say so"
    return (
        f"The video transformer <b>{text(model_name(scene))}</b> says {' and '.join(said)}. "
        f"Below is where it looked to {where}: point at the pictures, and play them."
    )


def answer(answers: Sequence[Answer], clip: Clip, card: dict) -> str:
    """Draws each question's likeliest classes, and says how far to trust the answers."""
    drawn = "".join(_answer(one, answer_in(clip.truth, one.labels)) for one in answers)
    classes = sum(len(one.labels) for one in answers)
    notes = (*clip.repeats, accuracy(card, classes))
    return drawn + "".join(f'<p class="minor">{text(said)}</p>' for said in notes)


def _answer(one: Answer, truth: str | None) -> str:
    """Draws the likeliest classes as bars, the others a click away."""
    labels, probabilities = one.labels, one.probabilities
    order = np.argsort(-probabilities, kind="stable")
    lines = [_bar(labels[i], float(probabilities[i]), labels[i] == truth) for i in order]
    more = ""
    if len(lines) > FIRST:
        rest = "".join(lines[FIRST:])
        more = (
            f"<details><summary>All {len(lines)} classes</summary>"
            f'<ol class="classes" start="{FIRST + 1}">{rest}</ol></details>'
        )
    title = f"<h3>What does the {text(one.question)} do?</h3>" if one.question else ""
    unsure = one.judged.sentence
    note = f'<p class="minor">{text(unsure)}</p>' if unsure else ""
    return f'{title}<ol class="classes">{"".join(lines[:FIRST])}</ol>{more}{note}'


def _bar(label: str, share: float, true: bool) -> str:
    mark = " <small>(truth)</small>" if true else ""
    return f"<li><span>{text(label)}{mark}</span>{_gauge(share)}<b>{text(percent(share))}</b></li>"


def _gauge(share: float) -> str:
    """Draws a bar without inline style, which the page's policy forbids."""
    return (
        '<svg class="gauge" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{share * 1000:.1f}" height="10"/></svg>'
    )


def strip(scene: Scene, found: Rollout) -> str:
    """Draws figure 4: each frame, and the same lit where the answer draws on it."""
    size = (SIDE, SIDE)
    shown = [cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in scene.pictures]
    lit = figure4.lit_frames(np.stack(shown), found.patches, found.frames)
    best = float(found.frames.max())
    figures = []
    for i, (plain, light) in enumerate(zip(shown, lit, strict=True)):
        share, when = float(found.frames[i]), f"{scene.times[i]:.2f} s"
        figures.append(
            f'<figure><img src="{data_uri(plain)}" width="{SIDE}" height="{SIDE}" '
            f'alt="Frame {i} of the clip, at {when}">'
            f'<img src="{data_uri(light)}" width="{SIDE}" height="{SIDE}" '
            f'alt="Frame {i}, lit where the answer draws on it">{_gauge(share / best)}'
            f"<figcaption><span>{i} · {when}</span><b>{text(percent(share))}</b></figcaption>"
            "</figure>"
        )
    return f'<div class="film">{"".join(figures)}</div>{_legend(found)}'


def _legend(found: Rollout) -> str:
    if figure4.is_even(found.patches):
        said = "Attention falls evenly on every patch here, so none is lit before another."
        return f'<p class="minor">{said}</p>'
    scale = figure4.legend(found.patches)
    low, high = (text(words) for _, words in scale.ticks)
    off = "" if found.cls is not None else " The clip encoder is off: every frame counts the same."
    return (
        f'<div class="light"><p>{text(scale.title)}.{off}</p>'
        f'<img src="{data_uri(scale.colours[None], "png")}" alt="From dark to lit">'
        f"<p><span>{low}</span><span>{high}</span></p></div>"
    )


def settings(
    scene: Scene, clip: Clip, card: dict, weights: str, synthetic: SyntheticClip | None
) -> str:
    config = scene.trace.config
    trained = ", ".join(
        f"{card[key]:,} {key}" for key in ("steps", "clips") if isinstance(card.get(key), int)
    )
    taught = "; ".join(
        f"stage {s}: {', '.join(map(str, heads))}"
        for s, heads in enumerate(config.grounded_heads, 1)
        if heads
    )
    pairs: list[tuple[str, object]] = [
        ("Model", model_name(scene)),
        ("Checkpoint", f"SHA-256 {weights[:16]} …" if weights else "not from a file"),
        ("Trained", trained or "not known"),
        ("Grounded heads", taught or "none"),
        ("Ablation", ablated(scene) or "none: the model as trained"),
        ("Frames at", ", ".join(f"{t:.2f}" for t in scene.times) + " s"),
        ("Patches", f"{config.patch} × {config.patch} pixels, in chunks of {config.chunk} × "
                    f"{config.chunk}"),
        ("Hash seed", hash_seed(scene.trace)),
    ]  # fmt: skip
    if synthetic is not None:
        pairs.append(("Scene", f"made: {synthetic.name}"))
    pairs.append(("Clip", f"SHA-256 {clip.hash[:16]} … of frames and sampling"))
    return rows(pairs)


def command(scene: Scene, clip: Clip) -> str:
    """Says how to make the same report again, for a clip that is a file."""
    if not clip.from_file:
        return ""
    # What comes with a credit comes with the program. Where others lay is nobody's concern.
    path = clip.path if clip.credit and clip.path else clip.name
    # A name that begins with a dash would be read as an option.
    path = f"./{path}" if path.startswith("-") else path
    parts = ["python", "-m", "sct", "render", path, "--model", model_name(scene)]
    parts += ["--start", f"{clip.start:g}", "--stride", f"{clip.stride:g}"]
    if ablated(scene):
        parts += ["--ablate", ablated(scene)]
    line = " ".join(shlex.quote(clean(part)) for part in [*parts, "-o", "report.html"])
    return f"<h3>The same again</h3><pre><code>{html.escape(line)}</code></pre>"


def ablated(scene: Scene) -> str:
    """Gives the ablation as text, "" for the model as trained."""
    asked = str(scene.trace.ablation)
    return "" if asked == "none" else asked


def model_name(scene: Scene) -> str:
    """Gives a model's name, of a path the last part: where a file lay is nobody's concern."""
    return Path(scene.model).name if scene.model.endswith(".safetensors") else scene.model


def banner(scene: Scene) -> str:
    if not ablated(scene):
        return ""
    return (
        f'<p class="banner">This is the <b>ablated</b> model, {text(ablated(scene))}: '
        "parts were switched off or changed, and all that follows is what it then does.</p>"
    )
