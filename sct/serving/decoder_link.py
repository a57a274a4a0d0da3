"""A process that reads files of strangers, and the line over which it is asked."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sct.serving import sandbox

_BEGIN_S = 30.0  # for a process to begin
LOOK_S = 0.05  # between two looks at whether an answer is still wanted
_MOST_TEXT = 1 << 20  # bytes of an answer's text
POLITE_S = 2.0  # after which a process lets all others go first
_END_S = 10.0  # for one that has hung up to end
_ROOT = Path(__file__).parents[2]

Check = Callable[[], None]


class Ended(Exception):
    """A process has ended: by a limit of "time" or "memory", "late", or by something else ("")."""

    def __init__(self, why: str):
        self.why = why


@dataclass(eq=False)
class Process:
    """A running process, and the line to it.

    Attributes:
        cpu_s: seconds of processor time that it has for a file.
        held: the protections that it says hold for it, of `sandbox.close_off`.
        owner: whose files it reads; None of one that has read none.
        spent: seconds of processor time before the file that it reads now.
        slow: whether it lets all others go first, as it does after `polite_s` seconds at a file.
        rest: what it has said and nobody has taken yet.
    """

    running: subprocess.Popen
    line: socket.socket
    cpu_s: int
    held: tuple[str, ...] = ()
    owner: Hashable = None
    spent: float = 0.0
    slow: bool = False
    polite_s: float = POLITE_S
    rest: bytearray = field(default_factory=bytearray)

    def more(self) -> bool:
        """Return whether it says something that nobody has asked for."""
        with selectors.DefaultSelector() as ready:
            ready.register(self.line, selectors.EVENT_READ)
            return self.slow or bool(self.rest) or bool(ready.select(0))

    def end(self) -> None:
        with suppress(OSError):  # its whole group
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()
        self.line.close()

    @classmethod
    def begin(cls, memory: int, cpu_s: int, polite_s: float = POLITE_S) -> Process:
        """Begin a process, and wait until it can be asked.

        Args:
            memory: bytes that it may grow by. cpu_s: seconds for a file. polite_s: see `Process`.

        Raises:
            OSError, Ended: it does not begin.
        """
        ours, theirs = socket.socketpair()
        known = ("PATH", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR")
        environment = {k: v for k, v in os.environ.items() if k in known or k.startswith("SCT_")}
        environment |= {
            "PYTHONPATH": str(_ROOT),
            "OPENBLAS_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
        }
        command = [sys.executable, "-m", "sct.serving.decoder_process"]
        try:
            with theirs:
                running = subprocess.Popen(
                    [*command, str(theirs.fileno()), str(memory), str(cpu_s)],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    start_new_session=True,
                )
        except OSError:
            ours.close()
            raise
        process = cls(running, ours, cpu_s, polite_s=polite_s)
        try:
            said = json.loads(process.answer(time.monotonic() + _BEGIN_S, lambda: None))
            process.held = tuple(map(str, said["held"]))
        except Exception:
            process.end()
            raise Ended("") from None
        return process

    def answer(self, until: float, check: Check) -> bytes:
        """Return the next line that it says.

        Args:
            until: monotonic seconds. check: called now and then; what it raises ends the waiting.

        Raises:
            Ended: it takes too much, or is stopped; EOFError: it has ended; ValueError: no line.
        """
        while (end := self.rest.find(b"\n")) < 0:
            if len(self.rest) > _MOST_TEXT:
                raise ValueError("an answer without an end")
            self.rest += self._some(until, check)
        line = bytes(self.rest[:end])
        del self.rest[: end + 1]
        return line

    def pixels(self, count: int, until: float, check: Check) -> np.ndarray:
        """Return the next bytes that it says, uint8 (count,); arguments and errors as above."""
        found = np.empty(count, np.uint8)
        have = min(len(self.rest), count)
        found[:have] = np.frombuffer(self.rest, np.uint8, have)
        self.rest = bytearray()
        while have < count:
            self._wait(until, check)
            got = self.line.recv_into(memoryview(found)[have:])
            if not got:
                raise EOFError
            have += got
        return found

    def _some(self, until: float, check: Check) -> bytes:
        self._wait(until, check)
        found = self.line.recv(1 << 16)
        if not found:
            self.running.wait(_END_S)
            raise EOFError
        return found

    def _wait(self, until: float, check: Check) -> None:
        """Wait for bytes to come. Raises Ended where the process takes too much, or is stopped."""
        pid, begun, polite = self.running.pid, time.monotonic(), True
        with selectors.DefaultSelector() as ready:
            ready.register(self.line, selectors.EVENT_READ)
            while not ready.select(LOOK_S):
                check()
                spent = (sandbox.cpu_seconds(pid) or 0.0) - self.spent
                if self.held and spent > self.cpu_s:
                    raise Ended("time")
                if time.monotonic() > until:
                    raise Ended("late")
                if sandbox.stopped(pid):
                    raise Ended("")
                if polite and time.monotonic() - begun > self.polite_s:
                    polite = False
                    with suppress(OSError):
                        os.setpriority(os.PRIO_PROCESS, pid, 19)
                    self.slow = True
