import json
import logging
import socket
import urllib.request

import pytest

from sct.errors import SCTError
from sct.serving.logs import FIELDS, AsJson
from sct.serving.metrics import Metrics


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_prometheus_reads_what_was_counted(monkeypatch):
    port = free_port()
    monkeypatch.setenv("SCT_METRICS_PORT", str(port))
    metrics = Metrics()
    metrics.requests.labels("inspect", "done").inc()
    metrics.waits.observe(0.2)
    metrics.measure("sct_own", "Of this test.", lambda: 7)
    assert metrics.serve()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        said = answer.read().decode()
    assert 'sct_requests_total{outcome="done",page="inspect"} 1.0' in said
    assert 'sct_device_wait_seconds_bucket{le="0.3"} 1.0' in said
    assert "sct_own 7.0" in said
    (memory,) = [line for line in said.splitlines() if line.startswith("sct_memory_bytes ")]
    assert float(memory.split()[1]) > 1e7
    with pytest.raises(SCTError, match=f"port {port} of 127.0.0.1"):
        Metrics().serve()


def test_without_a_port_nothing_listens(monkeypatch):
    monkeypatch.delenv("SCT_METRICS_PORT", raising=False)
    assert not Metrics().serve()


@pytest.mark.parametrize("port", ["x", "0", "-1", "65536", "9" * 40, "80 80"])
def test_what_is_no_port_is_said(monkeypatch, port):
    monkeypatch.setenv("SCT_METRICS_PORT", port)
    with pytest.raises(SCTError, match="SCT_METRICS_PORT"):
        Metrics().serve()


def test_a_record_is_one_line_of_json_with_what_is_known():
    record = logging.makeLogRecord(
        {"msg": "request", "levelname": "INFO", "page": "a\nb", "seconds": 0.5, "other": "secret"}
    )
    line = AsJson().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert set(found) == {"time", "level", "event", "page", "seconds"}
    assert found["page"] == "a\nb" and "page" in FIELDS
