"""The keys of cached results, by each kind of argument that they are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.state.view import LoadedModel, View
from sct.checkpoint.certainty import Judgement
from sct.model.ablation import Ablation
from sct.synthetic.spec import ClipSpec
from sct.video.clip import Clip

if TYPE_CHECKING:
    import numpy as np

    from sct.model.trace import Trace


@dataclass(frozen=True, eq=False)
class Result:
    """One traced forward pass.

    Args:
        key: hash of the clip, key of the model, ablation as text.
        probabilities: (class,).
        seconds: that the pass took.
        judged: whether the answer is sure.
    """

    key: tuple[str, tuple[str, str, str, str], str]
    probabilities: np.ndarray
    trace: Trace
    seconds: float
    judged: Judgement


def view_key(view: View) -> tuple[str, tuple[str, str, str, str], str]:
    """Return the key of the result that a view shows."""
    return view.clip.hash, view.loaded.key, str(view.maps_ablation)


# For `hash_funcs` of Streamlit's caches.
KEYS = {
    Ablation: str,
    Clip: lambda clip: clip.hash,
    ClipSpec: str,
    LoadedModel: lambda loaded: loaded.key,
    Result: lambda result: result.key,
    View: view_key,
}
