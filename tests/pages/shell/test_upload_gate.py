import asyncio
from types import SimpleNamespace

import pytest

from pages.shell import upload_gate
from pages.shell.upload_gate import UploadGate
from pages.widgets import uploads as field
from sct.serving.uploads import Uploads
from tests.loops import run_async

MB = 1 << 20


@pytest.fixture
def gate(monkeypatch):
    """A gate before an app that takes files into memory, as Streamlit does: 8 MB in all."""
    held = {}
    manager = SimpleNamespace(
        get_files=lambda session, files: [held[session, f] for f in files if (session, f) in held]
    )
    running = SimpleNamespace(uploaded_file_mgr=manager)
    monkeypatch.setattr(upload_gate.runtime, "get_instance", lambda: running)
    kept = Uploads(8 * MB)
    monkeypatch.setattr(field, "store", lambda: kept)

    async def app(scope, receive, send):
        if scope["method"] == "PUT":
            while True:
                part = await receive()
                if part["type"] == "http.disconnect":
                    return
                if not part["more_body"]:
                    break
            held[tuple(scope["path"].split("/")[-2:])] = True
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return SimpleNamespace(gate=UploadGate(app), held=held, kept=kept)


def put(gate, session, file, size, method="PUT", prefix="", sent=None):
    """Send a file of `size` bytes, or of `sent` in place of them; return status and text."""
    answer, left = [], [size if sent is None else sent]

    async def send(message):
        answer.append(message)

    async def receive():
        some = min(left[0] or 0, MB // 2)
        left[0] = (left[0] or 0) - some
        return {"type": "http.request", "body": bytes(some), "more_body": left[0] > 0}

    scope = {
        "type": "http",
        "method": method,
        "path": f"{prefix}/_stcore/upload_file/{session}/{file}",
        "headers": [] if size is None else [(b"content-length", str(size).encode())],
    }
    run_async(gate.gate(scope, receive if isinstance(size, int) else None, send))
    if not answer:
        return 0, "cut off"
    return answer[0]["status"], answer[1].get("body", b"").decode()


def test_a_session_that_sends_and_sends_is_refused_and_others_are_not(gate):
    assert [put(gate, "a", i, MB)[0] for i in range(6)] == [204, 204, 413, 413, 413, 413]
    _, why = put(gate, "a", 9, MB)
    assert "holds 2 MB of uploads already" in why and "SCT_MAX_UPLOADS_MB" in why
    assert [put(gate, s, 1, 2 * MB)[0] for s in "bcde"] == [204, 204, 204, 413]
    assert "all people here" in put(gate, "e", 1, 2 * MB)[1]


def test_what_the_app_has_taken_over_counts_once(gate):
    assert put(gate, "a", 1, MB)[0] == 204
    upload = gate.kept.keep("a", "x", bytes(MB))
    gate.held.clear()
    assert put(gate, "a", 2, MB)[0] == 204
    assert put(gate, "a", 3, MB)[0] == 413
    gate.held.clear()
    assert put(gate, "a", 4, MB)[0] == 204
    assert upload.size == MB


@pytest.mark.parametrize("prefix", ["", "/below/another/path"])
@pytest.mark.parametrize("size", [None, "", "-1", "x", "1e9", "٣", "9" * 16])
def test_who_does_not_say_how_much_comes_is_refused(gate, size, prefix):
    assert put(gate, "a", 1, size, prefix=prefix)[0] == 411
    assert not gate.held


def test_all_else_goes_through(gate):
    assert put(gate, "a", 1, None, method="DELETE")[0] == 204
    assert put(gate, "a", 1, None, method="OPTIONS")[0] == 204


def test_who_announces_files_and_sends_nothing_takes_no_room(gate, monkeypatch):
    monkeypatch.setattr(upload_gate, "_PATIENCE_S", 0.05)

    async def nothing():
        await asyncio.sleep(60)

    async def send(message):
        raise AssertionError(message)

    async def some():
        path = "/_stcore/upload_file/{}/1"
        headers = [(b"content-length", str(2 * MB).encode())]
        scopes = [
            {"type": "http", "method": "PUT", "path": path.format(who), "headers": headers}
            for who in range(40)
        ]
        asked = [asyncio.create_task(gate.gate(scope, nothing, send)) for scope in scopes]
        await asyncio.sleep(0.01)
        assert gate.gate._refusal("other", "x", 2 * MB) == ""
        await asyncio.wait_for(asyncio.gather(*asked), 10)

    run_async(some())
    assert put(gate, "other", 1, 2 * MB)[0] == 204


def test_who_sends_more_than_was_said_is_cut_off(gate):
    assert put(gate, "a", 1, 10, sent=9 * MB) == (0, "cut off")
    assert not gate.held
    assert put(gate, "a", 2, MB)[0] == 204


def test_one_file_may_be_larger_than_a_session_s_share(gate):
    assert put(gate, "a", 1, 5 * MB)[0] == 204
    assert put(gate, "a", 2, 1)[0] == 413
