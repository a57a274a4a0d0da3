"""Visitors as tabs of a real Chromium, each in a context of its own."""

from __future__ import annotations

import shutil
import threading
import time
from urllib.parse import urlencode

from benchmarks.load.answers import words
from benchmarks.load.client import Page
from benchmarks.load.seen import Seen
from benchmarks.load.walk import Person

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PATIENCE_MS = 180_000
_DONE = """() => {
  const app = document.querySelector('[data-testid="stApp"]')
  return app && app.dataset.testScriptState === "notRunning"
}"""


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
        return self._drawn(begun)

    def go(self, page: str) -> Page:
        """Click on a page of the list."""
        begun = time.perf_counter()
        links = self._page.locator('[data-testid="stSidebarNavLink"]')
        links.and_(self._page.locator(f'[href$="/{page}"]')).first.click()
        return self._drawn(begun, wait=True)

    def upload(self, name: str, data: bytes) -> Page:
        """Give a file to the field."""
        begun = time.perf_counter()
        file = {"name": name, "mimeType": "video/mp4", "buffer": data}
        self._page.locator('input[type="file"]').first.set_input_files(file)
        self._page.locator(".sct-said").first.wait_for(state="attached")
        return self._drawn(begun)

    def has(self, key: str) -> bool:
        """Return no: a tab moves by links, pages and files alone."""
        return False

    def close(self) -> None:
        """Close the tab."""
        self._page.close()

    def _drawn(self, begun: float, wait: bool = False) -> Page:
        if wait:
            self._page.wait_for_timeout(50)  # until the click has begun a run
        self._page.wait_for_function(_DONE)
        seconds = time.perf_counter() - begun
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
    """Let visitors walk through the app in tabs for some minutes; as `crowd` does.

    Raises:
        RuntimeError: there is no Chromium, or no Playwright.
    """
    found = shutil.which("chromium")
    if found is None:
        raise RuntimeError("there is no chromium on this machine")
    seen, end = Seen(), time.monotonic() + 60 * minutes
    threads = [
        threading.Thread(target=_live, args=(found, address, seen, seed * 1000 + i, end))
        for i in range(users)
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.5)
    for thread in threads:
        thread.join()
    return seen


def _live(chromium: str, address: str, seen: Seen, seed: int, end: float) -> None:
    from playwright.sync_api import Error, sync_playwright

    # Each thread drives a browser of its own, as Playwright's objects are of one thread.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        person = Person(Tab(context, address), seed)
        while time.monotonic() < end:
            try:
                seen.add(person.act(), person.view, False)
            except Error as error:
                seen.fail(f"{person.view}: {str(error)[:300]}")
            time.sleep(max(0.0, min(person.pause(), end - time.monotonic())))
        browser.close()
