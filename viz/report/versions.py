"""The versions of what a report was made with."""

from __future__ import annotations

import platform
import subprocess
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

import sct


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the versions of sct (with the commit, in a git repository), torch, numpy, python."""
    commit = _commit()
    return {
        "sct": sct.__version__ + (f", commit {commit}" if commit else ""),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _commit() -> str:
    folder = Path(sct.__file__).resolve().parents[1]
    if not (folder / ".git").exists():  # else git would tell of whatever repository is around it
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        asked = ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"]
        return subprocess.run(
            asked, capture_output=True, text=True, timeout=5, check=True
        ).stdout.strip()
    return ""
