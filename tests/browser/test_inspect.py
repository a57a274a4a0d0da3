"""Inspect in a real browser: one screen, its clip player, its links, its tour and its files."""

import base64
import os
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

from playwright.sync_api import expect

import sct
from tests.browser.acts import open_exports, ready

expect.set_options(timeout=120_000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif("sct-scene" not in sct.list_models(), reason="the default model is missing"),
]


@pytest.fixture
def opened(address, new_page):
    def go(path="", **more):
        page = new_page(reduced_motion="reduce", **more)  # nothing plays by itself then
        page.goto(f"{address}/{path}")
        ready(page)
        expect(page.locator(".clipplayer canvas")).to_be_visible()
        return page

    return go


def box(page, selector):
    return page.locator(selector).bounding_box()


def pixels(page):
    """The picture that the clip player shows: (height, width, 4)."""
    found = page.evaluate(
        """() => {
          const find = (node) => { for (const n of node.querySelectorAll("*")) {
            if (n.matches("canvas.film")) return n
            if (n.shadowRoot) { const f = find(n.shadowRoot); if (f) return f } } return null }
          return find(document).toDataURL()
        }"""
    )
    data = np.frombuffer(base64.b64decode(found.partition(",")[2]), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)


def changed(one, other):
    assert one.shape == other.shape
    return (one != other).mean()


def shown(page, overlay):
    page.locator(f'.clipplayer button[data-id="{overlay}"]').click()
    expect(page.locator(f'.clipplayer button[data-id="{overlay}"]')).to_have_attribute(
        "aria-pressed", "true"
    )
    ready(page)


def test_clip_answers_and_timeline_fit_one_screen_and_stack_on_a_phone(opened):
    page = opened()
    for part in (".clipplayer .screen", ".st-key-answers", ".sct-timeline .track"):
        found = box(page, part)
        assert found["y"] >= 0 and found["y"] + found["height"] <= 900, (part, found)
    clip, said = box(page, ".st-key-clip"), box(page, ".st-key-answers")
    assert said["x"] >= clip["x"] + clip["width"] and clip["width"] > 500
    page = opened(width=375, height=812)
    clip, said = box(page, ".st-key-clip"), box(page, ".st-key-answers")
    assert said["y"] >= clip["y"] + clip["height"] and said["width"] > 300
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 375


def test_one_overlay_at_a_time_lies_over_what_the_model_sees(opened):
    page = opened()
    plain = pixels(page)
    shown(page, "answer")
    expect(page).to_have_url(re.compile("overlay=answer"))
    expect(page.locator(".clipplayer .said")).to_contain_text("of the answer’s attention")
    lit = pixels(page)
    # The square in the middle is nine sixteenths of the picture; beside it nothing changes.
    assert 0.2 < changed(plain, lit) < 0.6
    shown(page, "motion")
    expect(page.locator(".clipplayer .said")).to_contain_text("grounded heads of stage 2")
    arrows = pixels(page)
    assert 0 < changed(plain, arrows) < 0.4 and changed(lit, arrows) > 0.1
    shown(page, "none")
    assert changed(plain, pixels(page)) == 0
    assert "overlay" not in page.url


def test_the_clip_plays_steps_and_remembers_the_frame(opened):
    page = opened()
    clock = page.locator(".clipplayer .clock")
    expect(clock).to_contain_text("frame 3 of 7")
    page.get_by_role("button", name="One frame on").click()
    expect(page).to_have_url(re.compile("frame=4"))
    ready(page)
    page.get_by_role("slider", name="Frame", exact=True).press("ArrowRight")
    expect(clock).to_contain_text("frame 5 of 7")
    page.locator(".clipplayer .speed select").select_option("1")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(clock).to_contain_text("frame 0 of 7")  # it began anew
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_the_crop_is_dragged_made_smaller_moved_by_keys_and_answered_anew(opened):
    page = opened("?sample=flower")
    first = page.locator(".sct-said").first.inner_text()
    crop = page.locator(".clipplayer .crop")
    screen, was = box(page, ".clipplayer .screen"), crop.bounding_box()
    x, y = was["x"] + was["width"] / 2, was["y"] + was["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y)
    page.mouse.move(x - screen["width"], y)  # as far as it goes
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"crop=0\.\d+%2C0\.5(&|$)"))
    ready(page)
    assert abs(crop.bounding_box()["x"] - screen["x"]) < 2
    expect(page.locator(".sct-said").first).not_to_have_text(first)
    now = crop.bounding_box()
    page.mouse.move(now["x"] + now["width"] - 5, now["y"] + now["height"] - 5)
    page.mouse.down()
    page.mouse.move(now["x"] + now["width"] / 2, now["y"] + now["height"] / 2, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"crop=0\.\d+%2C0\.\d+%2C0\.[45]"))
    ready(page)
    smaller = crop.bounding_box()
    assert smaller["width"] == pytest.approx(now["width"] / 2, abs=8)
    assert (smaller["x"], smaller["y"]) == pytest.approx((now["x"], now["y"]), abs=2)
    crop.focus()
    page.keyboard.press("ArrowRight")
    expect(crop).not_to_have_attribute("style", re.compile(r"left: 0%"))
    page.get_by_role("button", name="Middle", exact=True).click()
    expect(page).not_to_have_url(re.compile("crop="))
    expect(page.locator(".sct-said").first).to_have_text(first, use_inner_text=True)


def test_all_of_the_picture_or_several_views_can_be_asked_about(opened):
    page = opened("?sample=flower")
    page.get_by_role("button", name="All", exact=True).click()
    expect(page).to_have_url(re.compile("crop=fit"))
    ready(page)
    screen, crop = box(page, ".clipplayer .screen"), box(page, ".clipplayer .crop")
    assert crop["width"] == pytest.approx(screen["width"], abs=1)
    page.get_by_role("button", name="Several", exact=True).click()
    expect(page.get_by_text("Means of three views")).to_be_visible()
    expect(page).to_have_url(re.compile("crop=views"))


@pytest.mark.parametrize(
    ("link", "page_title"),
    [
        ("Where it looked", "Shifted attention"),
        ("What it rests on", "Ablation"),
        ("Which pixels", "Attribution"),
    ],
)
def test_a_link_below_an_answer_opens_the_page_that_says_why(link, page_title, opened):
    page = opened("?sample=flower&frame=5&crop=0.4,0.5")
    page.locator(".st-key-answer_subject").get_by_role("link", name=link).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(page_title)
    ready(page)
    for part in ("sample=flower", "question=subject", "crop=0.4%2C0.5"):
        expect(page).to_have_url(re.compile(re.escape(part)))
    if link == "Where it looked":
        expect(page.get_by_role("slider", name="Frame")).to_have_value("5")


def test_the_tour_has_six_steps_is_skipped_and_begun_again(opened):
    page = opened()
    card = page.get_by_role("dialog", name="Tour of this page")
    page.get_by_role("button", name="Take the tour (6 steps)").click()
    seen = set()
    for step in range(1, 7):
        expect(card).to_contain_text(f"{step} of 6")
        seen.add(card.locator(".title").inner_text())
        spot, place = card.bounding_box(), page.viewport_size
        assert spot["x"] >= 0 and spot["x"] + spot["width"] <= place["width"]
        assert spot["y"] >= 0 and spot["y"] + spot["height"] <= place["height"]
        expect(page.locator(".sct-tour .ring")).to_be_visible()  # it points at something
        page.get_by_role("button", name="Done" if step == 6 else "Next").click()
    assert len(seen) == 6
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Tour", exact=True).click()
    expect(card).to_contain_text("1 of 6")
    page.keyboard.press("ArrowRight")
    expect(card).to_contain_text("2 of 6")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Tour", exact=True).click()
    page.get_by_role("button", name="Skip the tour").click()
    expect(card).to_have_count(0)


def test_what_this_is_stays_hidden_once_it_was_hidden(opened):
    page = opened()
    about = page.get_by_text("SCT Lens opens up a video transformer")
    expect(about).to_be_visible()
    page.get_by_role("button", name="Hide what this is").click()
    expect(about).to_be_hidden()
    page.reload()
    ready(page)
    expect(page.get_by_role("button", name="What is this?")).to_be_visible()
    expect(about).to_be_hidden()
    page.get_by_role("button", name="What is this?").click()
    expect(about).to_be_visible()


def test_files_are_made_in_one_menu_and_stay_offered(opened):
    page = opened("?sample=car")
    open_exports(page)
    for kind in ("GIF", "report"):
        page.get_by_role("button", name=f"Make {kind}").click()
        expect(page.get_by_role("button", name=re.compile(rf"{kind}, \d"))).to_be_visible()
    for kind, start in (("GIF", b"GIF89a"), ("report", b"<!doctype html>")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=re.compile(rf"{kind}, \d")).click()
        assert Path(waiting.value.path()).read_bytes().startswith(start)


def test_every_frame_unfolds(opened):
    page = opened()
    expect(page.locator("figure.panel")).to_have_count(0)
    page.get_by_text("Every frame, and how much it counts").click()
    expect(page.locator("figure.panel .below")).to_have_count(8)
    expect(page).to_have_url(re.compile("frames=true"))
