"""All that a server logs is JSON where that is asked for, and tells no name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = r"""
import logging
import warnings
from streamlit.logger import get_logger, update_formatter
early = get_logger("streamlit.early")
asked = get_logger("uvicorn.access")
from pages.shell import server_log
server_log.begin()
late = get_logger("streamlit.late")
update_formatter()  # as Streamlit does when its settings have been read
asked.info("GET /?file=my+secret.mp4")
early.warning("two\nlines \x1b[31m")
try:
    try:
        open("my secret.mp4")
    except OSError as error:
        raise ValueError("my secret") from error
except ValueError as error:
    late.error("Uncaught app execution", exc_info=error)
warnings.warn("of a library")
logging.getLogger("a.library").warning("said")
"""


def logged(value):
    environment = dict(os.environ, SCT_LOG=value)
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_every_line_is_json_and_errors_are_told_without_their_words():
    text = logged("json")
    lines = [json.loads(line) for line in text.splitlines()]
    events = [line["event"] for line in lines]
    assert events[:2] == ["two\nlines \x1b[31m", "Uncaught app execution"]
    assert "of a library" in events[2] and events[3:] == ["said"]
    assert [line["level"] for line in lines] == ["warning", "error", "warning", "warning"]
    assert [one["kind"] for one in lines[1]["errors"]] == ["ValueError", "FileNotFoundError"]
    assert all(one["at"][-1].startswith("<string>:") for one in lines[1]["errors"])
    assert "secret" not in text and "\x1b" not in text


@pytest.mark.parametrize("value", ["", "plain"])
def test_without_it_all_stays_as_it_is(value):
    assert "ValueError: my secret" in logged(value) and '"event"' not in logged(value)
