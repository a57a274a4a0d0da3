"""What Streamlit, its server and libraries log: like our own lines where those are JSON."""

from __future__ import annotations

import logging

from streamlit import logger

from sct.serving.logs import json_handler, wanted


def begin() -> None:
    """Have all that is logged in this process written as JSON, if SCT_LOG asks for it."""
    if not wanted():
        return
    handler = json_handler()

    def take(log: logging.Logger) -> None:
        if log.name.startswith("uvicorn"):
            log.setLevel(logging.WARNING)  # below it, who visits, and addresses with names of files
        log.handlers[:] = [handler]
        log.streamlit_console_handler = handler  # type: ignore[attr-defined]

    logger.setup_formatter = take  # of each logger that Streamlit has yet to make
    logger.update_formatter()
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)
