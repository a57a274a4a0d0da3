"""Thumbnails of the samples: each is made when a browser first asks for it, and then kept."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

ROUTE = "/samples/{name}.webp"
WHERE = ROUTE.removeprefix("/")  # as seen from any page
FRAMES = 8
_DAY_S = 86400
_TURN = Lock()


def answer(request: Request) -> Response:
    """Answer a browser that asks for the thumbnail of a sample."""
    from sct.samples.catalogue import samples  # late, as the server starts without PyTorch

    name = request.path_params["name"]
    if name not in samples():
        return Response(status_code=404)
    headers = {"Cache-Control": f"public, max-age={_DAY_S}"}
    with _TURN:  # a browser asks for several at once, and each is made by all cores
        picture = _made(name)
    return Response(picture, media_type="image/webp", headers=headers)


@lru_cache(maxsize=64)
def _made(name: str) -> bytes:
    from sct.samples.catalogue import samples
    from viz.components.gallery import thumbnail

    return thumbnail(samples()[name].open(frames=FRAMES)[1])
