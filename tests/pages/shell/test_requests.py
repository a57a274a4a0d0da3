import json
import logging

import pytest

from pages.shell import ready, requests
from pages.state.view import NothingToShow
from pages.widgets.metrics import metrics
from sct.errors import Busy, ClipError
from sct.serving.device import LOST, Device


def count(outcome):
    return metrics().requests.labels("attention", outcome)._value.get()


def raised(error):
    if error:
        raise error


@pytest.fixture
def log():
    """The records of the log of requests."""
    records = []

    class Keep(logging.Handler):
        def emit(self, record):
            records.append(record)

    kept, log = Keep(), requests.request_log()
    before = log.level
    log.addHandler(kept)
    log.setLevel(logging.INFO)
    yield records
    log.removeHandler(kept)
    log.setLevel(before)


@pytest.mark.parametrize(
    ("error", "outcome", "kind"),
    [
        (None, "done", None),
        (Busy("Too much."), "refused", "Busy"),
        (NothingToShow(), "done", None),
        (ValueError("a secret"), "failed", "ValueError"),
        (KeyboardInterrupt(), "moved on", None),
    ],
)
def test_each_run_is_counted_and_logged_by_how_it_ended(log, monkeypatch, error, outcome, kind):
    shown, before = [], count(outcome)
    monkeypatch.setattr(requests.st, "error", lambda text, **more: shown.append(text))
    try:
        with requests.noted("attention") as request:
            request.draw(lambda: raised(error))
    except (ValueError, KeyboardInterrupt) as found:
        assert found is error
    assert count(outcome) == before + 1
    (record,) = log
    assert (record.page, record.outcome, getattr(record, "kind", None)) == (
        "attention",
        outcome,
        kind,
    )
    assert shown == (["Too much\\."] if kind == "Busy" else [])
    assert "secret" not in str(record.__dict__)


def test_what_was_said_on_the_page_is_counted_by_its_cause(log):
    def page():
        try:
            raise ClipError("cut off")
        except ClipError:
            raise NothingToShow from None

    with requests.noted("attention") as request:
        request.draw(page)
    assert (log[0].outcome, log[0].kind) == ("refused", "ClipError")


def said(answer):
    return answer.status_code, json.loads(answer.body)


def test_a_server_that_can_answer_is_ready():
    status, about = said(ready.answer(None))
    assert status == 200 and about["status"] == "ready"
    assert about["model"] == "sct-scene" and about["waiting"] == 0 and "why" not in about


def test_a_lost_device_is_degraded_and_a_model_that_cannot_be_read_is_no_answer(monkeypatch):
    from pages.cache import checkpoints, models

    device = Device("cuda")
    device.lose()
    monkeypatch.setattr(models, "device", lambda: device)
    status, about = said(ready.answer(None))
    assert (status, about["status"], about["why"]) == (200, "degraded", LOST)
    monkeypatch.setattr(checkpoints, "card_of", lambda name: (None, "It is damaged."))
    status, about = said(ready.answer(None))
    assert (status, about["status"], about["why"]) == (503, "failed", "It is damaged.")


def test_what_fails_beside_the_page_is_counted_too(log):
    with pytest.raises(ValueError, match="sidebar"), requests.noted("attention"):
        raise ValueError("sidebar")
    assert (log[0].outcome, log[0].kind) == ("failed", "ValueError")
