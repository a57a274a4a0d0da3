"""What a server loads before anybody comes."""

import sys

import pytest

import sct
from pages.shell import ready
from sct.checkpoint import io
from sct.errors import ModelError
from tests.loops import run_async


@pytest.fixture
def unloaded():
    ready._load.clear()
    yield
    ready._load.clear()


def test_what_all_need_is_loaded_beforehand_and_once(unloaded, monkeypatch):
    loaded = []
    monkeypatch.setattr(io, "load_with_card", lambda name, device: loaded.append(name))
    run_async(ready.prepare())
    run_async(ready.prepare())
    assert loaded == sct.list_models()[:1]
    assert {"torch", "pages.cache.inference", "viz.views"} <= set(sys.modules)


def test_a_damaged_model_is_left_to_the_page_to_tell(unloaded, monkeypatch, tmp_path):
    (tmp_path / "broken.safetensors").write_bytes(b"none")
    (tmp_path / "broken.json").write_text("{}")
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    monkeypatch.setattr(io, "list_models", lambda: ["broken"])
    with pytest.raises(ModelError):
        io.load_with_card("broken", "cpu")
    run_async(ready.prepare())
