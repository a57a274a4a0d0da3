"""The costly things, each done once and shared by all sessions: models, clips, forward passes.

All caches are bounded. What they hold is shared between threads and is never changed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.cache.clips import scenery
from sct.analysis.ground_truth import Reference, reference
from sct.analysis.head_motion import Flow, dense_flow, true_flow
from sct.analysis.lsh_recall import Recall, recall_by_rounds
from sct.analysis.optical_flow import DenseFlow
from sct.analysis.rollout import Rollout, rollout
from sct.checkpoint.io import list_models, load_with_card, read_card
from sct.errors import ModelError
from sct.evaluation.motion_sweep import Point, point
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.model.trace import LSHTrace, ShiftedTrace, Trace
from sct.synthetic.clips import SyntheticClip
from sct.synthetic.spec import ClipSpec
from sct.video.clip import Clip, preprocess, view
from viz.components.player.contents import hash_seed, lags

if TYPE_CHECKING:
    from pages.state.view import View


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model and its card."""

    name: str
    model: SCT
    card: dict[str, Any]

    @property
    def device(self) -> str:
        return str(self.model.device)

    @property
    def labels(self) -> tuple[str, ...]:
        config = self.model.config
        return config.labels or tuple(f"class {i}" for i in range(config.num_classes))


@dataclass(frozen=True, eq=False)
class Result:
    """One traced forward pass: probabilities (class,), the trace, and the seconds that it took."""

    probabilities: np.ndarray
    trace: Trace
    seconds: float


@st.cache_resource(max_entries=3, show_spinner="Loading the model …")
def load(name: str) -> Loaded:
    """Raises ModelError."""
    return Loaded(name, *load_with_card(name, "auto"))


@st.cache_data(max_entries=1024, show_spinner=False)
def _point(
    shot: str, field: str, value: float, name: str, ablation: str, device: str, _loaded: Loaded
):
    given = Ablation.parse(ablation)
    return point(_loaded.model, ClipSpec.parse(shot), field, value, given, scenery=scenery)


def swept(loaded: Loaded, shot: ClipSpec, field: str, value: float, ablation: Ablation) -> Point:
    """One point of a sweep; the same for every session that asks."""
    return _point(str(shot), field, value, loaded.name, str(ablation), loaded.device, loaded)


@st.cache_resource(max_entries=8, show_spinner="Running the model …")
def _forward(clip_hash: str, name: str, ablation: str, device: str, _loaded: Loaded, _clip: Clip):
    import torch

    frames = preprocess(_clip, _loaded.model.config.image_size).to(device)
    begun = time.perf_counter()
    with torch.inference_mode():
        output = _loaded.model(frames, ablation=Ablation.parse(ablation), trace=True)
        probabilities = output.logits[0].float().softmax(-1).cpu().numpy()
    return Result(probabilities, output.trace, time.perf_counter() - begun)


def forward(loaded: Loaded, clip: Clip, ablation: Ablation) -> Result:
    """The traced forward pass of a clip; the same for every page that asks."""
    return _forward(clip.hash, loaded.name, str(ablation), loaded.device, loaded, clip)


@st.cache_resource(max_entries=16, show_spinner="Following attention back …")
def _rolled(
    clip_hash: str, name: str, ablation: str, device: str, _loaded: Loaded, _result: Result
):
    return rollout(_loaded.model, _result.trace)


def rolled(loaded: Loaded, clip: Clip, result: Result) -> Rollout:
    """Attention rollout of a forward pass; the same for every page that asks."""
    key = clip.hash, loaded.name, str(result.trace.ablation), loaded.device
    return _rolled(*key, loaded, result)


@st.cache_resource(max_entries=8, show_spinner="Following the picture …")
def _dense(clip_hash: str, order: tuple[int, ...], side: int, _clip: Clip) -> DenseFlow:
    return DenseFlow(view(_clip, side)[list(order)])


def flow(clip: Clip, made: SyntheticClip | None, trace: Trace) -> Flow:
    """How the clip moved: the truth of a made clip in its order, else OpenCV's dense flow."""
    side = trace.config.image_size
    plain = trace.order == tuple(range(len(clip.frames)))
    if made is not None and plain and made.source.shape[1] == side:
        return true_flow(made)
    return dense_flow(_dense(clip.hash, trace.order, side, clip))


@st.cache_resource(max_entries=16, show_spinner=False)
def _references(
    clip_hash: str, name: str, ablation: str, stage: int, _view: View, _trace: Trace
) -> list[Reference]:
    seen = _trace.shifted(stage)
    size = seen.grid * seen.patch_pixels
    frames = view(_view.clip, size)[list(_trace.order)]
    made = (
        _view.made.batch if _view.made is not None and _view.made.frames.shape[1] == size else None
    )
    flow = None if made is not None else _dense(_view.clip.hash, _trace.order, size, _view.clip)
    return [
        reference(frames, before, seen.grid, seen.matched.side, made, _trace.order, flow)
        for before in lags(seen)
    ]


def references(of: View, result: Result, seen: ShiftedTrace, stage: int) -> list[Reference]:
    """What really moved at each patch of a stage, for each offset that its heads look back by."""
    ablation = str(of.maps_ablation)
    return _references(of.clip.hash, of.loaded.name, ablation, stage, of, result.trace)


@st.cache_data(max_entries=512, show_spinner=False)
def _kept(
    clip_hash: str, name: str, ablation: str, device: str, stage: int, frame: int, head: int,
    rounds: int, _seen: LSHTrace, _seed: int,
):  # fmt: skip
    return recall_by_rounds(_seen, stage, _seed, frame, head, rounds)


def kept(
    of: View, result: Result, seen: LSHTrace, stage: int, frame: int, head: int, rounds: int = 8
) -> Recall:
    """What hashing keeps of one head's exact attention in one frame, by the number of rounds."""
    key = of.clip.hash, of.loaded.name, str(result.trace.ablation), of.loaded.device
    return _kept(*key, stage, frame, head, rounds, seen, hash_seed(result.trace))


@st.cache_data(max_entries=8, show_spinner=False)
def twin(name: str, models: tuple[str, ...]) -> tuple[str, bool] | None:
    """The model that differs in its grounded heads alone: its name, and whether it has any."""
    cards = {}
    for each in models:
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
    return twin(name, tuple(list_models()))
