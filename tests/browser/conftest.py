import base64
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import sct
from benchmarks.load.tabs import watching
from sct.checkpoint.io import save
from sct.synthetic.clips import LABELS, make_clip
from sct.video.clip import write_mp4
from tests.browser.axe_core import axe  # noqa: F401  -- a fixture
from viz.components import heatplayer, player

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A page finds nothing in the browser's memory that a page before it has left there.
FORGET = """try {
  if (!sessionStorage.getItem("sct-opened")) localStorage.clear()
  sessionStorage.setItem("sct-opened", "yes")
} catch {} // a page without an address has no memory"""
PATIENCE_S = 120

if os.environ.get("SCT_REQUIRE_BROWSER") == "1":
    import playwright.sync_api  # noqa: F401  -- or the modules here would skip without it


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serve(environment, log):
    """A fresh server of the app; yields its address."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = {"server.port": port, "server.address": "127.0.0.1", "server.headless": "true"}
    command += [f"--{name}={value}" for name, value in options.items()]
    with open(log, "wb") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(server, f"{address}/_stcore/health", log)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def _wait(server, health, log):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the app did not start:\n{Path(log).read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The shipped model; a small untrained one where a checkout has none."""
    found = dict(os.environ)
    if not sct.list_models():
        folder = tmp_path_factory.mktemp("models")
        grounded = ((0,), (0, 1), (0, 1))
        model = sct.build("sct_ti", num_classes=len(LABELS), labels=LABELS, grounded_heads=grounded)
        save(model.eval(), folder / "untrained", {})
        found["SCT_MODELS"] = str(folder)
    return found


@pytest.fixture(scope="session")
def address(chromium_path, environment, tmp_path_factory):
    with serve(environment, tmp_path_factory.mktemp("server") / "log.txt") as found:
        yield found


@pytest.fixture(scope="session")
def driver():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def chromium(chromium_path, driver):
    """A browser without a memory on the disk."""
    browser = driver.chromium.launch(executable_path=chromium_path, args=CHROMIUM_ARGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def contexts(chromium_path, driver, tmp_path_factory):
    """Contexts by their options, for all tests: they keep the app's scripts, and compiled.

    In new ones each page takes half as long again.
    """
    kept = {}

    def context_of(**options):
        key = tuple(sorted(options.items()))
        if key not in kept:
            kept[key] = driver.chromium.launch_persistent_context(
                tmp_path_factory.mktemp("profile"),
                executable_path=chromium_path,
                args=CHROMIUM_ARGS,
                **options,
            )
            kept[key].add_init_script(FORGET)
            kept[key].add_init_script(watching())  # for `acts.ready`
        return kept[key]

    yield context_of
    for context in kept.values():
        context.close()


@pytest.fixture
def new_page(contexts):
    """Opens pages, each in a session of its own; fails on script errors and on foreign hosts."""
    pages, wrong = [], []

    def open_page(width=1400, height=900, scheme="light", reduced_motion=None, **more):
        page = contexts(**more).new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion=reduced_motion)
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on(
            "request", lambda r: wrong.append(f"asked {r.url[:200]}") if foreign(r.url) else None
        )
        return page

    yield open_page
    for page in pages:
        page.context.set_offline(False)
        page.context.clear_cookies()
        page.close()
    assert not wrong


def _stand(page, message, component, hook=""):
    page.set_content(
        f"<style>{component.COMPONENT.style}</style>"
        f"<div id=place><div class='{component.COMPONENT.root}'></div></div>"
    )
    page.evaluate(
        """async ([code, data]) => {
          const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }))
          window.kit = await import(url)
          window.sent = []
          window.give = (text) => {
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
            kit.default({ data: bytes, parentElement: document.querySelector("#place"),
              setStateValue: (name, view) => sent.push(view) })
            return new Promise((done) => setTimeout(done, 100))
          }
          await give(data)
        }""",
        [component.COMPONENT.script + hook, base64.b64encode(message).decode()],
    )


@pytest.fixture
def stand(new_page):
    """A page with nothing but a player: `stand(message)`; what it sends is in window.sent."""

    def put(message, width=1100, scheme="light", page=None):
        page = page or new_page(width=width, scheme=scheme)
        kit = "unpack, Attention, Hashing, motionOf, clipError, squareSide, thinned"
        _stand(page, message, player, f"\nexport {{ {kit} }}")
        page.wait_for_selector(".player canvas.right")
        return page

    return put


@pytest.fixture
def stand_heat(new_page):
    """The same with a heat player."""

    def put(message, width=1100, page=None):
        page = page or new_page(width=width)
        _stand(page, message, heatplayer)
        page.wait_for_selector(".player canvas.frame")
        return page

    return put


@pytest.fixture(scope="module")
def traced():
    made = make_clip("pan right", 8)
    model = sct.load(sct.list_models()[0]) if sct.list_models() else sct.build("sct_ti").eval()
    with torch.inference_mode():
        frames = sct.preprocess(made.as_clip(), model.config.image_size)
        return made, model(frames, trace=True).trace


def foreign(url):
    return url.startswith("http") and not url.startswith("http://127.0.0.1:")


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """A real mp4 (H.264) of texture that moves four pixels a frame to the left."""
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 255, (20, 60, 3), np.uint8)
    scene = cv2.resize(noise, (480, 160), interpolation=cv2.INTER_CUBIC)
    frames = np.stack([scene[:, 4 * i : 4 * i + 160] for i in range(24)])
    path = tmp_path_factory.mktemp("clips") / "moving texture.mp4"
    write_mp4(frames, path)
    return path


@pytest.fixture(scope="session")
def fresh_server(environment):
    return lambda log: serve(environment, log)
