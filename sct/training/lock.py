"""Lets one program at a time write a checkpoint: two trainings into one name would mix.

OUT.lock is locked by the system for as long as the program runs, and taken away at its end. The
system gives the lock back however a program dies: a file that a killed one left is in nobody's way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sct.errors import RunError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

_PATIENCE_S = 0.3  # for someone who only looks


def busy(out: Path) -> bool:
    """Say whether another program writes the checkpoint OUT; leaves no trace."""
    try:
        file = os.open(lock_path(out), os.O_RDWR)
    except OSError:
        return False
    try:
        return not _taken(file)
    finally:
        os.close(file)


def lock_path(out: Path) -> Path:
    """Return which file stands for the right to write the checkpoint OUT."""
    return Path(f"{out}.lock")


def in_use(out: Path) -> RunError:
    """Return the error that says that another program writes OUT."""
    return RunError(
        f"Another program is writing {out} just now; wait until it has ended, or take another name."
    )


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold the right to write the checkpoint OUT, a path without ending in a folder that is there.

    Raises:
        RunError: another program has it, or nothing can be written there.
    """
    path = lock_path(out)
    try:
        file = _opened(path)
    except OSError as error:
        raise RunError(f"{out} cannot be written: {error.strerror}.") from None
    if file is None:
        raise in_use(out)
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file; it may stay
            path.unlink()
        os.close(file)


def _opened(path: Path) -> int | None:
    """Open and lock a file; None where another program has it. Raises OSError."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            taken = _taken(file)
            if taken and _is(file, path):
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)
        # Where it was taken, but is not that path any more, whoever had it removed it meanwhile.
        if not taken and time.monotonic() > until:
            return None
        time.sleep(0.02)


def _taken(file: int) -> bool:
    """Lock an open file for this program; return whether no other has it.

    On storage that knows no locks each program believes that it is alone.
    """
    try:
        if fcntl is None:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def _is(file: int, path: Path) -> bool:
    """Say whether an open file is still the one that the path leads to."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except OSError:
        return False
