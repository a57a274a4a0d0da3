"""The Attribution page in a real Chromium: play, scrub, two methods in step, cancel, a link."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


def choose(page, box, name):
    page.get_by_role("combobox", name=re.compile(box)).click()
    page.get_by_role("option", name=re.compile(f"^{name}")).first.click()


def titles(page):
    return page.locator(".heatplayer .title .caption")


def test_a_stranger_sees_a_fast_map_and_then_the_best_or_keeps_the_fast_one(address, new_page):
    fast, best = ["The clip", "Input × gradient"], ["The clip", "Integrated gradients"]
    page = new_page()
    page.goto(f"{address}/attribution?sample=pan+right")
    expect(titles(page)).to_have_text(fast)
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_test_id("stMain")).to_contain_text(re.compile(r"ranks \d\w\w of 10"))
    page.get_by_role("button", name="Cancel").click()
    expect(page).to_have_url(re.compile("method=input-x-gradient"))
    ready(page)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(titles(page)).to_have_text(fast)

    again = new_page()
    again.goto(f"{address}/attribution?sample=pan+right")
    expect(titles(again)).to_have_text(best)
    ready(again)
    assert "method" not in again.url and "frame" not in again.url
    again.get_by_role("combobox", name=re.compile("Method")).first.click()
    options = again.get_by_role("option")
    expect(options.first).to_have_text(re.compile(r"^Integrated gradients · \+0\.\d\d$"))
    again.keyboard.press("Escape")
    # A return finds what was computed.
    again.get_by_role("link", name="LSH buckets").click()
    expect(again.get_by_role("heading", name="LSH buckets")).to_be_visible()
    again.get_by_role("link", name="Attribution").click()
    expect(titles(again)).to_have_text(best)
    ready(again)
    assert again.get_by_role("progressbar").count() == 0


def test_two_methods_in_step_a_cancelled_run_and_the_link_to_it(address, new_page):
    page = new_page()
    # A sample of its own: what another visitor has had computed is there at once.
    page.goto(f"{address}/attribution?method=saliency&sample=pan+left")
    expect(titles(page)).to_have_text(["The clip", "Saliency"])
    ready(page)
    choose(page, "Beside it", "Attention rollout")
    expect(titles(page)).to_have_text(["Saliency", "Attention rollout"])
    expect(page.locator(".heatplayer .badge")).to_have_count(2)
    ready(page)
    before = page.locator(".readout").inner_text()

    # What takes long can be cancelled, and then all is as it was.
    choose(page, "Beside it", "Integrated gradients")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    ready(page)
    expect(titles(page)).to_have_text(["Saliency", "Attention rollout"])
    expect(page).to_have_url(re.compile("method2=rollout"))
    assert page.locator(".readout").inner_text() == before

    # Both play; the bars of either lead to a frame, which stands in the address.
    lane = page.locator("canvas.lane").nth(1)
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    page.mouse.click(box["x"] + 5.5 * box["width"] / 8, box["y"] + 30)
    expect(page.locator(".clock")).to_contain_text("frame 5 of 7")
    expect(page).to_have_url(re.compile("frame=5"))
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".clock")).to_contain_text("frame 7 of 7")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("slider", name="Frame").fill("2")
    expect(page).to_have_url(re.compile("frame=2"))
    ready(page)
    said = page.locator(".readout").inner_text()
    again = new_page(width=375)
    again.goto(page.url)
    expect(titles(again)).to_have_text(["Saliency", "Attention rollout"])
    assert again.locator(".readout").inner_text() == said
    assert again.evaluate("document.documentElement.scrollWidth") <= 375


def test_a_check_is_cancelled_and_started_again(address, new_page):
    page = new_page()
    page.goto(f"{address}/attribution?method=saliency&sample=pan+right")
    expect(titles(page)).to_have_text(["The clip", "Saliency"])
    ready(page)
    main, found = page.get_by_test_id("stMain"), page.get_by_test_id("stMetric")
    bar, cancel = page.get_by_role("progressbar"), page.get_by_role("button", name="Cancel")
    start = page.get_by_role("button", name="Check this map")
    url, before = page.url, main.inner_text()
    assert found.count() == 0

    start.click()
    expect(main).to_contain_text("Checking Saliency")
    cancel.click()
    expect(cancel).to_have_count(0)
    ready(page)
    expect(start).to_be_enabled()
    expect(bar).to_have_count(0)
    expect(found).to_have_count(0)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    assert page.url == url
    assert main.inner_text() == before

    start.click()
    expect(main).to_contain_text("Checking Saliency")
    expect(found).to_have_count(5)
    ready(page)
    expect(start).to_have_count(0)
    expect(cancel).to_have_count(0)
    expect(main).to_contain_text("Taken away: the answer should fall early")
