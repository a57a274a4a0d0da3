"""Refuses uploads that there is no room for before any of their bytes are received."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from starlette.responses import PlainTextResponse
from streamlit import runtime

_PATIENCE_S = 30.0  # for the next part of a file
_UPLOAD = re.compile(r".*/_stcore/upload_file/([^/]+)/([^/]+)$")


class UploadGate:
    """Middleware before Streamlit, which takes any number of files of one session into memory.

    A file that the app has taken over is in its own account (`pages.widgets.uploads`); what has
    come of others is counted here, byte by byte: who announces a file and sends nothing takes no
    room.
    """

    def __init__(self, app: Any):
        self._app = app
        self._come: dict[tuple[str, str], int] = {}  # session and file -> bytes
        self._coming: set[tuple[str, str]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        asked = scope["type"] == "http" and scope["method"] == "PUT"
        if not asked or not (found := _UPLOAD.match(scope["path"])):
            await self._app(scope, receive, send)
            return
        session, file = found.groups()
        text = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            await _refuse(411, "Say how long the file is.", scope, receive, send)
            return
        if refused := self._refusal(session, file, int(text)):
            await _refuse(413, refused, scope, receive, send)
            return

        async def counted() -> dict[str, Any]:
            """Receive a part; where none comes for long, or there is no room, nobody sends."""
            try:
                part = await asyncio.wait_for(receive(), _PATIENCE_S)
            except TimeoutError:
                return {"type": "http.disconnect"}
            come = self._come[session, file] + len(part.get("body", b""))
            self._come[session, file] = come
            return {"type": "http.disconnect"} if self._refusal(session, file, come) else part

        self._come[session, file] = 0
        self._coming.add((session, file))
        try:
            await self._app(scope, counted, send)
        finally:
            self._coming.discard((session, file))

    def _refusal(self, session: str, file: str, size: int) -> str:
        """Say why a session may not send so many bytes of a file; "" where it may."""
        from pages.widgets.uploads import store

        self._forget_what_is_gone()
        others = {key: come for key, come in self._come.items() if key != (session, file)}
        own = sum(come for (whose, _), come in others.items() if whose == session)
        return store().refusal(session, size, own, sum(others.values()))

    def _forget_what_is_gone(self) -> None:
        """Stop counting what neither comes nor is with Streamlit."""
        held = runtime.get_instance().uploaded_file_mgr
        self._come = {
            (session, file): size
            for (session, file), size in self._come.items()
            if (session, file) in self._coming or held.get_files(session, [file])
        }


async def _refuse(status: int, why: str, scope: Any, receive: Any, send: Any) -> None:
    from pages.widgets.metrics import metrics

    metrics().refusals.labels("Upload").inc()
    await PlainTextResponse(why, status)(scope, receive, send)
