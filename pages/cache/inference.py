"""Models, forward passes and what is computed from a trace, each once for all sessions.

All caches are bounded. What they hold is shared between threads and is never changed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages.cache.clips import scenes
from pages.cache.device import computed, computed_together, on_device
from pages.cache.keys import KEYS, Result
from pages.cache.lru import LRUCache
from pages.state.view import LoadedModel, View
from sct.analysis.ground_truth import Reference, reference
from sct.analysis.head_motion import Flow, dense_flow, rank_heads, true_flow
from sct.analysis.lsh_recall import Recall, recall_by_rounds
from sct.analysis.optical_flow import DenseFlow
from sct.analysis.rollout import Rollout, rollout
from sct.checkpoint.certainty import Answer, judge
from sct.checkpoint.certainty import answers as said_of
from sct.checkpoint.io import list_models, read_card, stamp
from sct.checkpoint.pair import Stamp
from sct.errors import ModelError
from sct.evaluation.motion_sweep import Point, point
from sct.evaluation.views import over_views
from sct.model.ablation import Ablation
from sct.model.sct import SCT, Output
from sct.model.trace import LSHTrace, ShiftedTrace, Trace
from sct.questions import asking, questions_of
from sct.serving.batches import one_of
from sct.synthetic.batch import SyntheticClip
from sct.synthetic.spec import ClipSpec
from sct.video.clip import Clip, preprocess
from sct.video.clip import view as pixels
from viz.components.player.contents import hash_seed, lags

_TRACED = 8  # passes, and answers read of them, which keep the same traces


def sweep_point(
    loaded: LoadedModel, spec: ClipSpec, field: str, value: float, ablation: Ablation
) -> Point:
    """Evaluate one point of a sweep: the clips of `spec` with `field` set to `value`."""

    def work(model: SCT) -> Point:
        return point(model, spec, field, value, ablation, scenery=scenes)

    key = loaded.key, str(spec), field, value, str(ablation)
    return computed("sweeps", 1024, key, lambda: on_device(loaded, work, whole=False), "")


def _passed(loaded: LoadedModel, clip: Clip, ablation: Ablation) -> tuple[Output, float]:
    """Run the traced forward pass of a clip, whose logits (1, class) answer all questions."""
    size = loaded.model.config.image_size

    def run(clips: Sequence[Clip]) -> list[tuple[Output, float]]:
        return on_device(loaded, partial(_run, clips, ablation), alone=len(clips) == 1)

    alike = loaded.name, loaded.version, loaded.device, str(ablation), len(clip.frames), size
    return computed_together("passes", _TRACED, (alike, clip.hash), alike, clip, run)


def _run(clips: Sequence[Clip], ablation: Ablation, model: SCT) -> list[tuple[Output, float]]:
    """Run one pass of all clips; return the output of each, and the seconds."""
    import torch

    frames = torch.cat([preprocess(clip, model.config.image_size) for clip in clips])
    frames = frames.to(model.device)
    begun = time.perf_counter()
    with torch.inference_mode():
        output = model(frames, ablation=ablation, trace=True, graph=True)
        logits, embedding = output.logits.cpu(), output.embedding.cpu()
    seconds = time.perf_counter() - begun
    return [
        (
            replace(
                output,
                logits=logits[i : i + 1],
                embedding=embedding[i : i + 1],
                trace=one_of(output.trace, i, len(clips)),
            ),
            seconds,
        )
        for i in range(len(clips))
    ]


@st.cache_resource(max_entries=1, show_spinner=False)
def _results() -> LRUCache:
    return LRUCache(_TRACED)


def forward(loaded: LoadedModel, clip: Clip, ablation: Ablation) -> Result:
    """Return the traced forward pass of a clip, of the question that the model was loaded for.

    Raises Busy, OutOfMemory.
    """
    key = clip.hash, loaded.key, str(ablation)
    if (known := _results().get(key)) is not None:
        return known
    model, own = loaded.whole or loaded.model, loaded.model.config
    output, seconds = _passed(loaded, clip, ablation)
    asked = {one.name: one for one in questions_of(model.config)}
    logits, embedding = output.logits[0, asked[loaded.question].classes], output.embedding[0]
    probabilities, trace = logits.softmax(-1).numpy(), replace(output.trace, config=own)
    judged = judge(loaded.card, ablation, loaded.question, loaded.labels, logits, embedding)
    found = Result(key, probabilities, trace, seconds, judged)
    _results().put(key, found)
    return found


def result_of(view: View) -> Result:
    """Return the forward pass that pages other than Ablation show."""
    return forward(view.loaded, view.clip, view.maps_ablation)


def answers(view: View, result: Result) -> tuple[Answer, ...]:
    """Return what is answered to each question of the model, in its order.

    The question that the view is about is answered by `result`, unless several views are.
    """
    if view.several:
        return _over_views(view.loaded, view.clip, view.maps_ablation)
    found, whole = [], view.loaded.whole
    for name in view.loaded.questions or ("",):
        own = name == view.loaded.question
        # Of the same weights: what has that name by now may be another checkpoint.
        asked = view.loaded if own else replace(view.loaded, model=asking(whole, name))
        loaded = replace(asked, question=name)
        shown = result if own else forward(loaded, view.clip, view.maps_ablation)
        found.append(Answer(name, loaded.labels, shown.probabilities, shown.judged))
    return tuple(found)


def _over_views(loaded: LoadedModel, clip: Clip, ablation: Ablation) -> tuple[Answer, ...]:
    def work(model: SCT) -> tuple[Answer, ...]:
        logits, embedding = over_views(model, clip, ablation)
        return said_of(loaded.card, ablation, model.config, logits, embedding)

    key, text = (loaded.key, clip.hash, str(ablation)), "Looking at several views …"
    return computed("views", 32, key, lambda: on_device(loaded, work), text)


@st.cache_resource(max_entries=8, show_spinner="Following attention back …", hash_funcs=KEYS)
def attention_rollout(_loaded: LoadedModel, result: Result) -> Rollout:
    """Multiply the attention of all layers of a forward pass."""
    return rollout(_loaded.model, result.trace)


@st.cache_resource(max_entries=8, show_spinner="Following the picture …", hash_funcs=KEYS)
def _dense(clip: Clip, order: tuple[int, ...], side: int) -> DenseFlow:
    return DenseFlow(pixels(clip, side)[list(order)])


def flow(clip: Clip, synthetic: SyntheticClip | None, trace: Trace) -> Flow:
    """Return how the clip moved: a synthetic clip's truth if in order, else OpenCV's dense flow."""
    side = trace.config.image_size
    in_order = trace.order == tuple(range(len(clip.frames)))
    if synthetic is not None and in_order and synthetic.source.shape[1] == side:
        return true_flow(synthetic)
    return dense_flow(_dense(clip, trace.order, side))


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=KEYS)
def own_correlations(_view: View, result: Result, stage: int) -> tuple[str, dict[int, float]]:
    """Measure in the clip itself how each head of a stage (from 1) follows motion.

    Returns:
        what it is held against, and r by head, without the heads for which too little moves.
    """
    known = flow(_view.clip, _view.synthetic, result.trace)
    frames = pixels(_view.clip, result.trace.config.image_size)[list(result.trace.order)]
    rows = [row for row in rank_heads(result.trace, frames, known, stage) if row["block"] == 0]
    found = {row["head"]: row["correlation"] for row in rows if row["correlation"] is not None}
    return known.name, dict(sorted(found.items()))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEYS)
def references(_view: View, result: Result, _seen: ShiftedTrace, stage: int) -> list[Reference]:
    """Return what really moved at each patch of a stage, for each offset that its heads use.

    Args:
        result: of the clip of the view. seen: its shifted attention in `stage` (from 1).
    """
    size, order = _seen.grid * _seen.patch_pixels, result.trace.order
    frames = pixels(_view.clip, size)[list(order)]
    known = _view.synthetic is not None and _view.synthetic.frames.shape[1] == size
    batch = _view.synthetic.batch if known else None
    dense = None if known else _dense(_view.clip, order, size)
    return [
        reference(frames, before, _seen.grid, _seen.matched.side, batch, order, dense)
        for before in lags(_seen)
    ]


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=KEYS)
def lsh_recall(
    result: Result, _seen: LSHTrace, stage: int, frame: int, head: int, rounds: int = 8
) -> Recall:
    """Measure how much of one head's exact attention hashing keeps, by the number of rounds.

    Args:
        seen: LSH attention of the result in `stage` (from 1).
    """
    return recall_by_rounds(_seen, stage, hash_seed(result.trace), frame, head, rounds)


@st.cache_data(max_entries=8, show_spinner=False)
def _twin(name: str, models: tuple[tuple[str, Stamp], ...]) -> tuple[str, bool] | None:
    cards = {}
    for each, _ in models:
        try:
            cards[each] = read_card(each)["config"]
        except ModelError:
            continue

    def rest(config: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in config.items() if k != "grounded_heads"}

    own = cards.get(name)
    for other, config in cards.items():
        if own and config["grounded_heads"] != own["grounded_heads"] and rest(config) == rest(own):
            return other, any(config["grounded_heads"])
    return None


def twin_of(name: str) -> tuple[str, bool] | None:
    """Find the model that differs in its grounded heads alone: its name, and whether it has any."""
    return _twin(name, tuple((each, stamp(each)) for each in list_models()))
