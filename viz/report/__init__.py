"""A report: one HTML file of a clip and what a model saw in it, for those who have no server."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sct.checkpoint import model_card
from sct.checkpoint.certainty import Answer
from sct.checkpoint.pair import KEY
from sct.labels import names_of
from viz.components import player
from viz.components.component import bundle
from viz.report import page
from viz.report.players import KINDS, messages, true_motion
from viz.report.versions import versions
from viz.text.labels import of_clip
from viz.views import VIEWS, Look

if TYPE_CHECKING:
    from sct.synthetic.batch import SyntheticClip
    from sct.video.clip import Clip
    from viz.views import Scene

__all__ = ["LIMIT", "build"]

LIMIT = 24 << 20  # bytes of queries, keys and hashes; a third more as the text of a page


def build(
    scene: Scene,
    clip: Clip,
    probabilities: np.ndarray,
    card: dict | None = None,
    synthetic: SyntheticClip | None = None,
    view: str = "attention",
    look: Look | None = None,
    frame: int | None = None,
    limit: int = LIMIT,
    answers: Sequence[Answer] = (),
    progress: Callable[[int, int], None] | None = None,
) -> bytes:
    """Writes one self-contained HTML page, UTF-8: answer, filmstrip, both players, settings.

    It opens from a disk in any browser since 2023 and asks nothing of the network, which its
    Content-Security-Policy forbids it to: scripts and styles are the players' own files and those
    in this folder, inline, and each stage's message is base64 text. Colours follow the reader's
    light or dark scheme.

    Args:
        scene: of the clip, with `rollout`; its pictures are what the report shows.
        clip: what is known of the clip.
        probabilities: float (class,), 0 to 1, of the same forward pass as `scene.trace`.
        card: of the model; how often it is right and how far its heads follow motion.
        synthetic: the clip as it was made, true motion and all; without it OpenCV's dense flow is
            taken.
        view: one of `viz.views.VIEWS`; what it begins with: "motion" opens the player of attention
            in that mode, "buckets" puts hashing before attention.
        look: the stage, head, patch and round that the player of `view` opens with.
        frame: at which both players open, from 0; the fourth if None.
        limit: bytes of queries, keys and hashes. What a large model needs beyond that is left out:
            its largest stages keep some frames around `frame`, and the report says which.
        answers: to all questions of the model, in their order; without any `probabilities` are
            the only answer. The views are about the question of the scene's model.
        progress: told (done, total) at first and after each stage.

    Returns:
        the file. The same arguments give the same file, but for its date.

    Raises:
        ValueError: an unknown view, a scene without rollout, or probabilities that do not fit.
        IndexError: a frame that the clip does not have.
    """
    if view not in VIEWS:
        raise ValueError(f"view {view!r}: one of {', '.join(VIEWS)}")
    if scene.rollout is None:
        raise ValueError("the scene has no rollout, from which a report's filmstrip is drawn")
    config, count = scene.trace.config, len(scene.times)
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.shape != (config.num_classes,):
        raise ValueError(f"probabilities {probabilities.shape}: needs ({config.num_classes},)")
    answers = answers or (Answer("", names_of(config), probabilities),)
    frame = min(3, count - 1) if frame is None else frame
    if not 0 <= frame < count:
        raise IndexError(f"frame {frame}: allowed: 0 to {count - 1}")
    card = card or {}
    total = 2 * config.stages + 1
    done = iter(range(total + 1))

    def step() -> None:
        if progress:
            progress(next(done), total)

    step()
    strip = page.strip(scene, scene.rollout())
    step()
    told, packed = messages(scene, card, synthetic, view, look, frame, limit, step)
    kinds = sorted(KINDS, key=lambda kind: kind != view)
    script, style = _script(), _style()
    weights = model_card.text(card, KEY)  # those that answered, not what has the name by now
    known, now = versions(), datetime.now(UTC)
    text = page.template("page").substitute(
        policy=_policy(script, style),
        version=page.text(known["sct"]),
        clip=page.text(clip.name) or "A clip",
        style=style,
        lead=page.lead(scene, answers),
        banner=page.banner(scene),
        links="".join(f'<a href="#{kind}">{_LINKS[kind]}</a>' for kind in kinds),
        answer=page.answer(answers, clip, card),
        facts=page.rows(of_clip(clip, scene.seen.shape[1])),
        strip=strip,
        players="\n".join(_chapter(kind, scene, synthetic) for kind in kinds),
        settings=page.settings(scene, clip, card, weights, synthetic),
        versions=page.rows(list(known.items())),
        command=page.command(scene, clip),
        footer=f"Made by SCT Lens on {now.day} {now:%B %Y}. All of it is in this file.",
        data=_data(told, packed),
        script=script,
    )
    return text.encode()


_LINKS = {"attention": "Shifted attention", "buckets": "LSH buckets"}


def _chapter(kind: str, scene: Scene, synthetic: SyntheticClip | None) -> str:
    joint = (
        "Both share one softmax and together sum to 1."
        if scene.trace.config.merge == "joint"
        else "Each sums to 1, and the model averages what they bring."
    )
    real = "What really moved is estimated by OpenCV’s dense inverse search (DIS) flow."
    if true_motion(scene, synthetic):
        real = "This clip was made, so what really moved is known."
        if list(scene.trace.order) != sorted(scene.trace.order):
            real += " Where a later frame stands before an earlier one, OpenCV’s flow is taken."
    side = scene.seen.shape[1]
    return page.template(kind).substitute(merged=joint, real=real, side=side)


@cache
def _script() -> str:
    text = bundle(page.HERE / "report.js")
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("the script would end the element that it stands in")
    return text


@cache
def _style() -> str:
    return player.COMPONENT.style + (page.HERE / "report.css").read_text(encoding="utf-8")


def _policy(script: str, style: str) -> str:
    """Return a policy that allows this very script, this style, and pictures inside the page."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; script-src 'sha256-{digest(script)}'; "
        f"style-src 'sha256-{digest(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _data(told: dict, packed: dict[str, bytes]) -> str:
    """Write what the script reads, in elements that run nothing."""
    # No "<" can end the element or begin a comment in it.
    plain = json.dumps(told, allow_nan=False).replace("<", "\\u003c")
    blocks = [f'<script type="application/json" id="told">{plain}</script>']
    for name, body in packed.items():
        coded = base64.b64encode(body).decode()
        blocks.append(f'<script type="text/plain" id="{name}">{coded}</script>')
    return "\n".join(blocks)
