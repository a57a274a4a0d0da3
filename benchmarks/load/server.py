"""The app as a server of its own, to be measured from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load.processes import Usage, usage

ROOT = Path(__file__).parents[2]
_BEGIN_S = 120
_END_S = 20


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running app.

    Attributes:
        address: where it answers.
        metrics: where it gives its numbers.
    """

    def __init__(self, log: Path, environment: Mapping[str, str], limits: tuple[str, ...] = ()):
        port, numbers = free_port(), free_port()
        self.address, self.metrics = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{numbers}"
        self._log = log
        options = {"port": port, "address": "127.0.0.1", "headless": "true"}
        command = [*limits, sys.executable, "-m", "streamlit", "run", "app.py"]
        command += [f"--server.{name}={value}" for name, value in options.items()]
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "SCT_METRICS_PORT": str(numbers), **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt is for the measurement, which ends it
            )

    def usage(self) -> Usage:
        """Return what the server and its decoders take now."""
        return usage(self.process.pid)

    def log(self) -> str:
        """Return all that it has written."""
        return self._log.read_text(errors="replace")

    def tracebacks(self) -> int:
        """Count the errors in its log that nothing has caught."""
        return self.log().count("Traceback (most recent call last)")

    def wait(self) -> None:
        """Wait until it says that it is ready. Raises RuntimeError where it does not."""
        end = time.monotonic() + _BEGIN_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/ready", timeout=30):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the app did not start: {self.log()[-300:]}")

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """End it in order, or else as a crash does."""
        self.process.terminate()
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def serving(
    environment: Mapping[str, str] | None = None, limits: tuple[str, ...] = ()
) -> Iterator[Server]:
    """Run a fresh app for as long as the block lasts.

    Args:
        environment: variables to set for it.
        limits: a command that it is run by, such as one that sets limits.

    Raises:
        RuntimeError: it did not start.
    """
    with tempfile.TemporaryDirectory(prefix="sct-load-") as folder:
        server = Server(Path(folder) / "log.txt", environment or {}, limits)
        try:
            server.wait()
            yield server
        finally:
            server.end()
