"""Numbers on a running server, as Prometheus collects them. None tells who asked for what."""

from __future__ import annotations

import os
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from sct.errors import SCTError
from sct.kernels.allocator import resident

PORT, ADDRESS = "SCT_METRICS_PORT", "SCT_METRICS_ADDRESS"
_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


class Metrics:
    """The numbers of one server.

    Attributes:
        requests: runs of the app's script, by page and by outcome: "done", "moved on" (its person
            asked for something else meanwhile), "refused" (a sentence was shown) or "failed".
        seconds: that they took, by page.
        waits: seconds before a turn at the device.
        refusals: sentences shown in place of what was asked for, by kind of error.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        given = {"registry": self.registry}
        self.requests = Counter(
            "sct_requests", "Runs of the app's script.", ["page", "outcome"], **given
        )
        self.seconds = Histogram(
            "sct_request_seconds", "Seconds of a run.", ["page"], buckets=_SECONDS, **given
        )
        self.waits = Histogram(
            "sct_device_wait_seconds", "Seconds before a turn.", buckets=_SECONDS, **given
        )
        self.refusals = Counter("sct_refusals", "Requests that were refused.", ["kind"], **given)
        self.measure("sct_memory_bytes", "Memory of the server.", lambda: resident() or 0)

    def measure(self, name: str, about: str, read: Callable[[], float]) -> None:
        """Add a number that is read when it is asked for."""
        Gauge(name, about, registry=self.registry).set_function(read)

    def serve(self) -> bool:
        """Answer Prometheus on a port of its own, if SCT_METRICS_PORT names one.

        Only this machine may ask, unless SCT_METRICS_ADDRESS says otherwise.

        Raises:
            SCTError: no port, or one that is taken.
        """
        port = os.environ.get(PORT, "").strip()
        if not port:
            return False
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
            raise SCTError(f"{PORT} must be a port from 1 to 65535, not {port[:20]!r}.")
        address = os.environ.get(ADDRESS, "").strip() or "127.0.0.1"
        try:
            start_http_server(int(port), address, self.registry)
        except OSError:
            raise SCTError(f"Metrics cannot be served at port {port} of {address}.") from None
        return True
