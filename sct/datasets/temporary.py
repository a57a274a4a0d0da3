"""A temporary folder that is removed in the end, also if the process is killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "sct-set-"
_STALE_S = 24 * 3600
_CARETAKER = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], True)"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that is removed in the end, also if this process is killed.

    Where a whole machine was, what it left is removed a day later.
    """
    top = Path(tempfile.gettempdir())
    for old in top.glob(f"{PREFIX}*"):
        try:
            if time.time() - old.lstat().st_mtime > _STALE_S:
                shutil.rmtree(old, ignore_errors=True)
        except OSError:
            continue
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as made:
        # Servers end by signals after which Python cleans up nothing: the pipe ends with them all.
        command = [sys.executable, "-I", "-S", "-c", _CARETAKER, made]
        caretaker = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        try:
            yield Path(made).resolve()
        finally:
            caretaker.kill()
            caretaker.communicate()
