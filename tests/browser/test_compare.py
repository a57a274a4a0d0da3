"""Recent clips and Compare in a real Chromium: back to a clip, out of the tray, two in step."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


def clips(page):
    return page.locator(".tray .clip")


def test_the_tray_goes_back_to_a_clip_and_forgets_one(address, new_page, video):
    page = new_page()
    page.goto(f"{address}/model?sample=pan+right")
    ready(page)
    expect(clips(page)).to_have_count(0)
    page.get_by_role("link", name="LSH buckets").click()
    expect(page.locator("canvas.right")).to_be_visible()
    ready(page)
    expect(clips(page)).to_have_count(0)  # nothing before there are two

    page.locator('.gallery .sample[aria-label="tilt up"]').click()
    expect(page).to_have_url(re.compile("sample=tilt"))
    expect(clips(page)).to_have_text(["tilt up", "pan right"])
    expect(clips(page).first).to_have_attribute("aria-pressed", "true")
    page.get_by_role("radio", name="Upload").or_(
        page.get_by_role("button", name="Upload", exact=True)
    ).first.click()
    page.locator('input[type="file"]').set_input_files(video)
    expect(clips(page)).to_have_text(["moving texture.mp4", "tilt up", "pan right"])
    ready(page)

    clips(page).nth(2).click()
    expect(page).to_have_url(re.compile("sample=pan"))
    expect(clips(page).first).to_have_text("pan right")
    expect(page.locator('.gallery .sample[aria-pressed="true"]')).to_have_attribute(
        "aria-label", "pan right"
    )
    ready(page)
    clips(page).nth(1).click()  # the upload is still there
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Still here: moving texture.mp4")
    expect(clips(page).first).to_have_text("moving texture.mp4")
    ready(page)
    page.get_by_role("button", name="Take tilt up out of this list").click()
    expect(clips(page)).to_have_text(["moving texture.mp4", "pan right"])
    assert page.get_by_role("button", name="Take moving texture.mp4").count() == 0


def test_two_players_go_in_step_and_a_link_opens_them(address, new_page):
    page = new_page()
    page.goto(f"{address}/compare?sample=pan+right&beside=tilt+up:5")
    canvases, lines = page.locator("canvas.right"), page.locator(".pinline")
    clocks = page.locator(".clock")
    expect(canvases).to_have_count(2)
    ready(page)
    expect(page.locator(".sct-said")).to_have_count(4)

    canvases.nth(0).click(position={"x": 20, "y": 20})
    for i in (0, 1):
        expect(lines.nth(i)).to_contain_text("Pinned: row 0, column 0.")
    expect(page).to_have_url(re.compile("patch2=0"))
    page.locator(".head").filter(has_text="max").nth(1).click()
    expect(page.locator('.head[data-head="max"][aria-pressed="true"]')).to_have_count(2)
    page.get_by_role("button", name="One frame on").nth(1).click()
    for i in (0, 1):
        expect(clocks.nth(i)).to_contain_text("frame 4 of 7")
    expect(page).to_have_url(re.compile("frame=4"))
    page.get_by_role("button", name="Unpin").nth(1).click()
    for i in (0, 1):
        expect(lines.nth(i)).to_contain_text("Click or tap")
    page.get_by_role("button", name="Motion", exact=True).first.click()
    expect(page.locator('.player[data-mode="motion"]')).to_have_count(2)
    expect(page).to_have_url(re.compile("mode=motion"))
    page.get_by_role("button", name="Play").first.click()
    expect(clocks.nth(1)).to_contain_text("frame 6 of 7")
    expect(clocks.nth(0)).to_contain_text("frame 6 of 7")
    page.get_by_role("button", name="Pause").first.click()
    ready(page)
    expect(clocks.nth(1)).to_have_text(clocks.nth(0).inner_text())

    again = new_page(width=375)
    again.goto(page.url)
    expect(again.locator('.player[data-mode="motion"]')).to_have_count(2)
    ready(again)
    titles = again.get_by_test_id("stMain").get_by_role("heading", level=2)
    expect(titles.filter(has_text=re.compile("^(pan right|tilt up, scene 5)$"))).to_have_count(2)
    assert again.evaluate("document.documentElement.scrollWidth") <= 375
