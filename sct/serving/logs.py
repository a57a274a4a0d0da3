"""The log of a server: what was asked and how it ended, never names, files or pictures."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime

VARIABLE = "SCT_LOG"
NAME = "sct.requests"
FIELDS = ("request", "session", "page", "outcome", "seconds", "clip", "kind")
_MOST_ERRORS = 8  # of which one was raised while another was dealt with
_MOST_PLACES = 40


class AsJson(logging.Formatter):
    """Writes each record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1]:
            line["errors"] = _raised(record.exc_info[1])
        return json.dumps(line)


def _raised(error: BaseException | None) -> list[dict]:
    """Return what was raised and where, outermost first, without words: they may hold a name."""
    found: list[dict] = []
    while error is not None and len(found) < _MOST_ERRORS:
        places = traceback.extract_tb(error.__traceback__)[-_MOST_PLACES:]
        at = [f"{one.filename}:{one.lineno} {one.name}" for one in places]
        found.append({"kind": type(error).__name__, "at": at})
        hidden = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or hidden
    return found


def wanted() -> bool:
    """Return whether SCT_LOG asks for a log of JSON."""
    return os.environ.get(VARIABLE, "").strip().lower() == "json"


def json_handler() -> logging.Handler:
    """Return what writes records to stderr, a line of JSON each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(AsJson())
    return handler


def request_log() -> logging.Logger:
    """Return the log of requests, which is written to stderr if SCT_LOG is "json"."""
    log = logging.getLogger(NAME)
    if not log.handlers:
        log.propagate = False
        if wanted():
            log.setLevel(logging.INFO)
        log.addHandler(json_handler() if wanted() else logging.NullHandler())
    return log
