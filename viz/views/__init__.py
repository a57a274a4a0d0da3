"""The views that can be taken away as files; `render` gives the numbers and pictures of one."""

from viz.views.attention import Attention
from viz.views.attribution import Attributions
from viz.views.buckets import Buckets
from viz.views.figure4 import Figure4
from viz.views.motion import Motion
from viz.views.rendering import Rendering, csv_of
from viz.views.scene import Look, Scene, pictures_of

_RENDERINGS = {kind.name: kind for kind in (Attention, Motion, Buckets, Figure4, Attributions)}
VIEWS = tuple(_RENDERINGS)

__all__ = ["VIEWS", "Look", "Rendering", "Scene", "csv_of", "pictures_of", "render"]


def render(scene: Scene, view: str, look: Look) -> Rendering:
    """Compute the numbers of a view over the whole clip and prepare its pictures.

    Args:
        view: one of `VIEWS`.
        look: what is shown; a view reads what it needs.

    Raises:
        LookupError: what the view shows was ablated away.
        ValueError, IndexError: a stage, head, patch, round, method or label that there is not.
    """
    return _RENDERINGS[view](scene, look)
