"""Whether this server can answer: its model and its device, apart from whether it lives."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

ROUTE = "/ready"


def answer(request: Request) -> JSONResponse:
    """Answer 200 where clips can be answered, "degraded" where more slowly than meant; else 503."""
    from pages.cache.checkpoints import card_of
    from pages.cache.models import device
    from pages.widgets.turns import queue
    from sct.checkpoint.io import list_models

    names = list_models()
    problem = card_of(names[0])[1] if names else "There is no trained model."
    own = device()
    if not problem and not own.degraded:
        own.probe()
    status = "failed" if problem else "degraded" if own.degraded else "ready"
    said = {
        "status": status,
        "model": names[0] if names else None,
        "device": own.name,
        "waiting": queue().length,
    }
    if why := problem or own.degraded:
        said["why"] = why
    return JSONResponse(said, 503 if problem else 200)
