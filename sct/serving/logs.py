"""The log of a server: what was asked and how it ended, never names, files or pictures."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime

VARIABLE = "SCT_LOG"
NAME = "sct.requests"
FIELDS = ("request", "session", "page", "outcome", "seconds", "clip", "kind")


class AsJson(logging.Formatter):
    """Writes each record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def request_log() -> logging.Logger:
    """Return the log of requests, which is written to stderr if SCT_LOG is "json"."""
    log = logging.getLogger(NAME)
    if not log.handlers:
        log.propagate = False
        if os.environ.get(VARIABLE, "").strip().lower() == "json":
            handler: logging.Handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(AsJson())
            log.setLevel(logging.INFO)
        else:
            handler = logging.NullHandler()
        log.addHandler(handler)
    return log
