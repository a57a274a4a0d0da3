"""The player by touch, by keys alone, by a screen reader, without motion, on a narrow screen."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

PAGES = ("attention", "attention?mode=motion", "buckets")


def drawn(page):
    ready(page)
    expect(page.locator("canvas.right")).to_be_visible()


def heading(page):
    return page.locator(".readout .caption").first


def middle_of(page, side, grid, row, column):
    canvas = page.locator(f"canvas.{side}")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return (
        box["x"] + (column + 0.5) * box["width"] / grid,
        box["y"] + (row + 0.5) * box["height"] / grid,
    )


def test_a_tap_shows_and_pins_a_patch(address, new_page):
    page = new_page(width=375, height=800, has_touch=True, is_mobile=True)
    page.goto(f"{address}/attention?stage=2")
    drawn(page)
    page.touchscreen.tap(*middle_of(page, "right", 7, 1, 5))
    expect(heading(page)).to_have_text("Row 1, column 5 looks back at")
    expect(page).to_have_url(re.compile("patch2=1%2C5"))
    page.touchscreen.tap(*middle_of(page, "left", 7, 4, 2))
    expect(heading(page)).to_have_text("Who looks at row 4, column 2 of frame 2")
    page.get_by_role("button", name="Motion").tap()
    expect(page.locator(".figure strong")).to_have_text(re.compile(r"^\d+°$"))
    page.get_by_role("button", name="One frame on").tap()
    expect(page.locator(".clock")).to_contain_text("frame 4 of 7")
    expect(page).to_have_url(re.compile("frame=4"))


def test_a_finger_can_scroll_the_page_from_a_picture(address, new_page):
    page = new_page(width=375, height=800, has_touch=True, is_mobile=True)
    page.goto(f"{address}/buckets")
    drawn(page)
    for canvas in page.locator("canvas.frame").all():
        allowed = canvas.evaluate("e => getComputedStyle(e).touchAction")
        assert "pan-y" in allowed and "pinch-zoom" in allowed


@pytest.mark.parametrize("path", PAGES)
def test_on_a_narrow_screen_everything_can_be_hit_and_nothing_is_cut_off(path, address, new_page):
    page = new_page(width=375, height=800, has_touch=True, is_mobile=True)
    page.goto(f"{address}/{path}")
    drawn(page)
    for control in page.locator(".sct-player").locator("button, select, input").all():
        if not control.is_visible():
            continue
        box = control.bounding_box()
        name = control.get_attribute("aria-label") or control.inner_text() or "a control"
        if control.get_attribute("type") != "checkbox":  # its label is part of the target
            assert min(box["width"], box["height"]) >= 24, name  # WCAG 2.2, 2.5.8
        assert box["x"] >= 0, name
        scrolls = control.evaluate("e => !!e.closest('.heads')")
        assert scrolls or box["x"] + box["width"] <= 375, name
    for text in page.locator(".path p, .readout, .hint, .legend").all():
        if text.is_visible():
            assert text.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
            size = text.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
            assert size >= 12


def reach(page, target, most=80):
    """Press Tab until an element has the focus, as a person without a pointer does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("e => e.getRootNode().activeElement === e"):
            return
    raise AssertionError("not reached by Tab")


def test_keys_alone_lead_from_the_address_to_a_pinned_patch_and_another_mode(address, new_page):
    page = new_page()
    page.goto(f"{address}/attention?stage=2")
    drawn(page)
    maps = page.get_by_role("button", name="Maps")
    reach(page, maps)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Motion
    expect(page).to_have_url(re.compile("mode=motion"))
    reach(page, page.locator("canvas.right"))
    for key in ("ArrowDown", "ArrowRight", "."):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("patch2=4%2C4"))
    expect(page).to_have_url(re.compile("frame=4"))
    expect(page.locator(".live")).to_have_text(re.compile("^row 4, column 4: attention says"))
    outline = page.locator("canvas.right").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"  # the focus can be seen
    reach(page, page.get_by_role("button", name="Play"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Enter")
    summary = page.locator("details.display summary")
    reach(page, summary)
    page.keyboard.press("Enter")
    opacity = page.get_by_role("slider", name="Opacity of the map")
    reach(page, opacity)
    page.keyboard.press("Home")
    assert opacity.get_attribute("aria-valuetext") == "0.0%"


@pytest.mark.parametrize("path", PAGES)
def test_a_screen_reader_finds_names_roles_and_states_and_nothing_moves_unasked(
    path, address, new_page
):
    page = new_page(reduced_motion="reduce")
    page.goto(f"{address}/{path}")
    drawn(page)
    player = page.locator(".sct-player")
    heads = player.get_by_role("group", name="Head", exact=True)
    buttons = heads.get_by_role("button").all()
    assert (
        len(buttons) >= 3 and sum(b.get_attribute("aria-pressed") == "true" for b in buttons) == 1
    )
    for button in player.get_by_role("button").all():
        assert (button.get_attribute("aria-label") or button.inner_text()).strip()
    for field in player.locator("input, select").all():
        named = field.get_attribute("aria-label") or field.evaluate(
            "e => e.closest('label')?.textContent"
        )
        assert named and named.strip()
    for side in ("left", "right"):
        canvas = page.locator(f"canvas.{side}")
        assert canvas.get_attribute("role") == "application"
        assert "Arrow keys move the patch and pin it" in canvas.get_attribute("aria-label")
        assert canvas.get_attribute("tabindex") == "0"
    for canvas in player.locator("canvas:not(.frame)").all():
        hidden, named = canvas.get_attribute("aria-hidden"), canvas.get_attribute("aria-label")
        assert hidden == "true" or named
    scrub = player.get_by_role("slider", name="Frame")
    assert re.match(r"frame 3, \d\.\d\d seconds", scrub.get_attribute("aria-valuetext"))
    assert page.locator(".live").get_attribute("aria-live") == "polite"
    assert page.locator(".notice").get_attribute("role") == "status"
    page.locator("canvas.right").focus()
    expect(page.locator(".live")).to_have_text(re.compile(r"row \d+, column \d+", re.I))
    if path == "buckets":
        steps = page.get_by_role("region", name="The algorithm step by step")
        expect(steps.get_by_role("listitem")).to_have_count(5)

    still(page)


def still(page):
    """Look whether anything moves by itself, where motion is unwanted, and plays when asked to."""
    moving = page.locator(".sct-player *").evaluate_all(
        """all => all.filter((e) => {
          const style = getComputedStyle(e)
          const some = (text) => text.split(",").some((part) => parseFloat(part) > 0)
          return some(style.transitionDuration) || some(style.animationDuration)
        }).map((e) => e.className)"""
    )
    assert not moving
    clock = page.locator(".clock")
    first = clock.inner_text()
    page.wait_for_timeout(1500)
    assert clock.inner_text() == first
    speed = page.locator(".speed select")
    assert speed.evaluate("e => e.selectedOptions[0].text") == "0.1×"
    page.get_by_role("button", name="Play").click()  # asked for, it plays, slowly
    expect(clock).not_to_have_text(first)
    page.get_by_role("button", name="Pause").click()
