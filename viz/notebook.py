"""Views in a notebook: what a cell ends with is drawn by the notebook itself.

Charts need nothing of this: Plotly's figures draw themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sct.checkpoint import DEFAULT
from viz.raster.encode import encode
from viz.views import Look, Scene, render

if TYPE_CHECKING:
    from sct.model.sct import SCT
    from sct.model.trace import Trace
    from sct.synthetic.batch import SyntheticClip
    from sct.video.clip import Clip


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """Holds a uint8 (H, W, 3) picture `rgb` that a notebook draws, a little smaller."""

    rgb: np.ndarray

    def __repr__(self) -> str:
        return "picture of {1} × {0} pixels".format(*self.rgb.shape)

    def _repr_jpeg_(self) -> bytes:
        """Encode it for IPython. Notebooks are stored in Git: some kilobytes."""
        small = cv2.resize(self.rgb, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
        return encode(small, "jpeg", 70)


def scene(
    model: SCT,
    clip: Clip,
    trace: Trace,
    synthetic: SyntheticClip | None = None,
    name: str = DEFAULT,
) -> Scene:
    """Collect all that the views of a clip are drawn from.

    Args:
        trace: of the model's pass over the clip.
        synthetic: the clip as it was made, whose true motion arrows are set beside; OpenCV's dense
            optical flow otherwise.
        name: of the model; it is written under each view.
    """
    from sct.analysis.head_motion import dense_flow, true_flow
    from sct.analysis.optical_flow import DenseFlow
    from sct.analysis.rollout import rollout

    found = Scene.of(clip, trace, name, rollout=lambda: rollout(model, trace))
    flow = true_flow(synthetic) if synthetic is not None else dense_flow(DenseFlow(found.seen))
    return replace(found, flow=flow)


def draw(of: Scene, view: str, frame: int = 3, **look: Any) -> Picture:
    """Draw a view as the app and `render` do: attention, motion, buckets or figure4.

    Args:
        of: see `scene`.
        frame: of the clip, from 0; figure 4 shows all of them.
        look: fields of `viz.views.Look`: stage, head, token, round, opacity, gain.

    Raises:
        LookupError: what the view shows was ablated away.
        ValueError, IndexError: a view, stage, head, patch, round or frame that there is not.
    """
    return Picture(render(of, view, Look(**look)).still(frame))
