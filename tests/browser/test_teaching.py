"""Each link of docs/teaching.md shows, in a real Chromium, the view that it promises."""

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import ready

expect.set_options(timeout=60_000)

pytestmark = pytest.mark.browser

HOST = "http://localhost:8501"
NOTE = (Path(__file__).parents[2] / "docs" / "teaching.md").read_text("utf-8")
LINKS = sorted(set(re.findall(rf"\[([^\]]+)\]\({HOST}(/[^)]*)\)", NOTE)))

# What of a lesson is to be tried, and so must be there.
DEMOS = {
    "patches": "Frame, 28 × 28 patches",
    "inside": "1 Query and key",
    "hashing": "Two of the random directions: drag to turn",
    "shifted": "Frame 2, the one before",
    "explanation": "Model A looks back at frame 2",
}


@pytest.mark.parametrize(("text", "link"), LINKS, ids=[link for _, link in LINKS])
def test_a_link_of_the_note_shows_what_it_promises(text, link, address, new_page):
    parts = urlsplit(link)
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
    page = new_page()
    page.goto(f"{address}{link}")
    ready(page)
    expect(page.get_by_role("heading", level=2 if "lesson" in asked else 1)).to_have_text(text)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)  # no part of it was left out
    if parts.path == "/learn" and "lesson" not in asked:
        expect(page.locator(".card")).to_have_count(7)
    if asked.get("lesson") in DEMOS:
        caption = page.locator(".demo .caption").filter(has_text=DEMOS[asked["lesson"]])
        expect(caption.first).to_be_visible()
        expect(page.locator(".demo canvas").first).to_be_visible()
    if asked.get("lesson") == "frames":
        expect(page.locator(".panel img")).to_have_count(8)
        expect(page.get_by_role("radio", name="reversed", exact=True)).to_be_checked()
    if asked.get("lesson") == "ablation":
        expect(page.get_by_role("button", name="Measure")).to_be_enabled()
    for key, check in CHECKS.items():
        if key in asked:
            check(page, asked[key])


def _sample(page, sample):
    chosen = page.locator('.gallery .sample[aria-pressed="true"]')
    expect(chosen).to_have_attribute("aria-label", sample)


def _scene(page, scene):
    expect(page.locator('input[aria-label="Scene"]')).to_have_value(scene)


def _lines(page, lines):
    button = page.get_by_role("button", name=f"{2 * int(lines)} buckets", exact=True)
    expect(button).to_have_attribute("aria-pressed", "true")


def _vote(page, vote):
    expect(page.get_by_role("radio", name=f"Model {vote}")).to_be_checked()
    expect(page.get_by_role("columnheader", name="even map")).to_be_visible()


def _mode(page, mode):
    assert mode == "motion"
    captions = page.locator(".pictures .caption")
    expect(captions.first).to_contain_text("Attention says")
    expect(captions.nth(1)).to_contain_text("True motion")


def _ablate(page, text):
    # In the sidebar, and on the chart beside the diagram's switches.
    expect(page.get_by_role("textbox", name="Text form")).to_have_value(text)
    expect(page.get_by_text("What changes", exact=True)).to_be_visible()


CHECKS = {
    "sample": _sample,
    "scene": _scene,
    "lines": _lines,
    "vote": _vote,
    "mode": _mode,
    "ablate": _ablate,
}


def test_no_link_has_a_part_that_is_not_looked_at():
    parts = {key for _, link in LINKS for key in parse_qs(urlsplit(link).query)}
    assert parts <= {"lesson", *CHECKS}
