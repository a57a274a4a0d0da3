"""Visitors as tabs of a real Chromium, each in a context of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.load.answers import words
from benchmarks.load.client import Page
from benchmarks.load.seen import Seen
from benchmarks.load.server import free_port
from benchmarks.load.walk import Person

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PATIENCE_MS = 180_000
_BEGIN_S = 30
_DONE = """before => {
  const app = document.querySelector('[data-testid="stApp"]')
  return window.sctEnded > before && !window.sctOwed
    && app?.dataset.testScriptState === "notRunning"
}"""
# Skeletons stand for parts whose scripts are on their way: such a page changes nothing either.
_QUIET = """ms => performance.now() - window.sctChanged > ms
  && !document.querySelector('[data-testid="stSkeleton"]')"""
_QUIET_MS = 200  # in which a page that is drawn changes nothing more
_MOST_MS = 10_000  # a page that never rests is read as it is


def watching() -> str:
    """Return a script that notes, in a page, which runs are over and owed, and its last change.

    What it sets in `window` stands at the head of `watching.js`.
    """
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    told, asked = ForwardMsg.DESCRIPTOR.fields_by_name, BackMsg.DESCRIPTOR.fields_by_name
    numbers = {
        "started": told["new_session"].number,
        "finished": told["script_finished"].number,
        "asks": asked["rerun_script"].number,
        "early": ForwardMsg.FINISHED_EARLY_FOR_RERUN,
    }
    script = Path(__file__).with_name("watching.js").read_text()
    return script.replace("NUMBERS", json.dumps(numbers), 1)


class Tab:
    """What a `Client` does, in a real tab; it opens links, and clicks on pages and samples."""

    def __init__(self, context, address: str):
        self.session, self._address = "", address
        self._page = context.new_page()
        self._page.set_default_timeout(_PATIENCE_MS)
        self._failed: list[str] = []
        self._page.on("pageerror", lambda error: self._failed.append(f"script error: {error}"))

    def open(self, page: str = "", **query: str) -> Page:
        """Open a link."""
        begun = time.perf_counter()
        self._page.goto(f"{self._address}/{page}?{urlencode(query)}")
        self.session = "open"
        return self._drawn(begun, 0)

    def go(self, page: str) -> Page:
        """Click on a page of the list."""
        begun, before = time.perf_counter(), self._ended()
        links = self._page.locator('[data-testid="stSidebarNavLink"]')
        links.and_(self._page.locator(f'[href$="/{page}"]')).first.click()
        return self._drawn(begun, before)

    def upload(self, name: str, data: bytes) -> Page:
        """Give a file to the field."""
        begun, before = time.perf_counter(), self._ended()
        file = {"name": name, "mimeType": "video/mp4", "buffer": data}
        self._page.locator('input[type="file"]').first.set_input_files(file)
        self._page.locator(".sct-said").first.wait_for(state="attached")
        return self._drawn(begun, before)

    def has(self, key: str) -> bool:
        """Return no: a tab moves by links, pages and files alone."""
        return False

    def close(self) -> None:
        """Close the tab."""
        self._page.close()

    def _ended(self) -> int:
        return self._page.evaluate("window.sctEnded")

    def _drawn(self, begun: float, before: int) -> Page:
        """Wait until more runs than `before` have ended and none goes on, and read the page.

        Its seconds go up to the last change of what it shows.
        """
        from playwright.sync_api import TimeoutError

        self._page.wait_for_function(_DONE, arg=before)
        seconds = time.perf_counter() - begun
        with suppress(TimeoutError):
            self._page.wait_for_function(_QUIET, arg=_QUIET_MS, timeout=_MOST_MS)
            since = self._page.evaluate("performance.now() - window.sctChanged") / 1000
            seconds = max(seconds, time.perf_counter() - begun - since)
        self._page.wait_for_function(_DONE, arg=before)
        answers = self._page.locator(".sct-said, .sct-cells").evaluate_all(
            "all => all.map(e => e.outerHTML)"
        )
        boxes = self._page.locator(
            '[data-testid="stException"], [data-testid="stAlertContentError"]'
        )
        failed, self._failed = self._failed, []
        wrong = [*failed, *(f"box: {text[:300]}" for text in boxes.all_inner_texts())]
        return Page(seconds, seconds, tuple(map(words, answers)), wrong)


def tabs(address: str, users: int, minutes: float, seed: int = 0) -> Seen:
    """Let visitors walk through the app in tabs of one browser for some minutes; as `crowd` does.

    Raises:
        RuntimeError: there is no Chromium, or it does not start.
    """
    seen, end = Seen(), time.monotonic() + 60 * minutes
    with _chromium() as browser:
        threads = [
            threading.Thread(target=_live, args=(browser, address, seen, seed * 1000 + i, end))
            for i in range(users)
        ]
        for thread in threads:
            thread.start()
            time.sleep(0.5)
        for thread in threads:
            thread.join()
    return seen


@contextmanager
def _chromium() -> Iterator[str]:
    """Run a browser, and yield the address that its tabs are driven by."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("there is no chromium on this machine")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sct-load-chromium-") as folder:
        own = ("--headless=new", f"--remote-debugging-port={port}", f"--user-data-dir={folder}")
        running = subprocess.Popen(
            [path, *ARGUMENTS, *own, "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address, until = f"http://127.0.0.1:{port}", time.monotonic() + _BEGIN_S
            while not _answers(f"{address}/json/version"):
                if running.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("chromium does not start on this machine")
                time.sleep(0.1)
            yield address
        finally:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(address, timeout=5):
        return True
    return False


def _live(browser: str, address: str, seen: Seen, seed: int, end: float) -> None:
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:  # whose objects are of one thread each
        context = playwright.chromium.connect_over_cdp(browser).new_context(
            viewport={"width": 1400, "height": 900}
        )
        context.add_init_script(watching())
        person = Person(Tab(context, address), seed)
        while time.monotonic() < end:
            try:
                seen.add(person.act(), person.view, False)
            except Error as error:
                seen.fail(f"{person.view}: {str(error)[:300]}")
            time.sleep(max(0.0, min(person.pause(), end - time.monotonic())))
        context.close()
