"""The heat player in a real Chromium: what it paints and says, two maps in step, scrubbing."""

import os

import numpy as np
import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

from tests.browser.acts import HOSTILE, texture
from viz.components.heatplayer.contents import HeatMap, heat_message
from viz.components.player.message import sprite

pytestmark = pytest.mark.browser

GRID, FRAMES = 7, 5


def heat(values, name, signed=True, **more):
    words = ("what colours mean", "speaks for", "speaks against")
    return HeatMap(values, values.sum((1, 2)), signed, name, *words, **more)


def message(*maps, frame=0, row=1, column=2):
    pictures = sprite(np.repeat(texture(1, 112, (0, 0)), FRAMES, axis=0))
    view = {"frame": frame, "row": row, "column": column, "edit": 0}
    return heat_message(pictures, [i / 10 for i in range(FRAMES)], maps, view, 16)


def moving(sign=1):
    """One patch a frame, moving to the right."""
    values = np.zeros((FRAMES, GRID, GRID), np.float32)
    for t in range(FRAMES):
        values[t, 3, t + 1] = sign * (t + 1)
    return values


def colour(page, picture, row, column):
    """(red, green, blue) of a patch's middle in the canvas."""
    return page.evaluate(
        """([i, row, column, grid]) => {
          const c = document.querySelectorAll("canvas.frame")[i], s = c.width / grid
          const at = (v) => Math.round((v + 0.5) * s)
          return [...c.getContext("2d").getImageData(at(column), at(row), 1, 1).data].slice(0, 3)
        }""",
        [picture, row, column, GRID],
    )


def test_for_is_blue_against_is_orange_and_the_plain_clip_is_beside(stand_heat):
    values = moving()
    values[0, 5, 5] = -1
    page = stand_heat(message(heat(values, "Occlusion")))
    page.get_by_role("slider", name="Frame").fill("4")
    red, _, blue = colour(page, 1, 3, 5)
    assert blue > red + 60
    page.get_by_role("slider", name="Frame").fill("0")
    red, _, blue = colour(page, 1, 5, 5)
    assert red > blue + 30
    assert colour(page, 0, 5, 5) != colour(page, 1, 5, 5)
    assert page.locator(".title .caption").all_inner_texts() == ["The clip", "Occlusion"]
    page.get_by_role("slider", name="Opacity").fill("0")
    assert colour(page, 0, 6, 0) == colour(page, 1, 6, 0)


def test_two_maps_play_in_step_and_say_what_a_patch_has(stand_heat):
    failed = {"verdict": "failed", "badge": "fails its check", "why": "no better than chance"}
    one, two = heat(moving(), "Saliency", False, **failed), heat(moving(-1), HOSTILE)
    page = stand_heat(message(one, two))
    assert page.locator(".title .caption").all_inner_texts() == ["Saliency", HOSTILE]
    badge = page.locator(".badge")
    assert badge.count() == 1 and "fails its check" in badge.inner_text()
    assert badge.get_attribute("title") == "no better than chance"
    assert page.title() != "hacked" and page.locator("img").count() == 0
    for frame in (0, 2):
        page.get_by_role("slider", name="Frame").fill(str(frame))
        for picture in (0, 1):
            lit, unlit = (colour(page, picture, 3, c) for c in (frame + 1, 0))
            assert max(lit) - min(lit) > max(unlit) - min(unlit) + 30
    canvas = page.locator("canvas.frame").nth(1)
    box = canvas.bounding_box()
    canvas.hover(position={"x": 3.5 * box["width"] / GRID, "y": 3.5 * box["height"] / GRID})
    said = page.locator(".readout").inner_text()
    assert "Frame 2, row 3, column 3" in said
    assert "−3\nspeaks against" in said.replace("\n\n", "\n") and "20% of the clip’s total" in said
    assert "rank 3 of 245" in said
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.scrub').value === '4'")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate("sent.at(-1).frame") == int(page.locator(".scrub").input_value())


def test_a_pinned_patch_stays_in_both_maps(stand_heat):
    page = stand_heat(message(heat(moving(), "Saliency", False), heat(moving(-1), "Occlusion")))
    canvas, readout = page.locator("canvas.frame").nth(1), page.locator(".readout")
    box = canvas.bounding_box()

    def at(row, column):
        room = box["width"] / GRID
        return {"position": {"x": (column + 0.5) * room, "y": (row + 0.5) * room}}

    canvas.click(**at(3, 3))
    said = readout.inner_text()
    assert "row 3, column 3" in said
    page.locator("canvas.frame").first.hover(**at(1, 1))
    assert readout.inner_text() == said
    page.get_by_role("button", name="Unpin").click()
    canvas.hover(**at(1, 1))
    assert "row 1, column 1" in readout.inner_text()


def test_the_bars_are_a_scrubber_and_keys_do_all_the_same(stand_heat):
    page = stand_heat(message(heat(moving(), "Occlusion")), width=375)
    lane = page.locator("canvas.lane")
    assert "frame 4: +5" in lane.get_attribute("aria-label")
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    y = box["y"] + 20
    page.mouse.move(box["x"] + 0.5 * box["width"] / FRAMES, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 3.5 * box["width"] / FRAMES, y, steps=4)
    page.mouse.up()
    assert "frame 3 of 4" in page.locator(".clock").inner_text()
    page.mouse.move(box["x"] + 0.5 * box["width"] / FRAMES, y)  # no longer held
    assert "frame 3 of 4" in page.locator(".clock").inner_text()
    page.wait_for_function("sent.length && sent.at(-1).frame === 3")
    page.locator("canvas.frame").nth(1).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", ","):
        page.keyboard.press(key)
    page.wait_for_function("sent.at(-1).row === 3 && sent.at(-1).column === 3")
    assert page.evaluate("sent.at(-1).frame") == 2
    page.wait_for_function(
        "document.querySelector('.live').textContent.includes('row 3, column 3: Occlusion +3')"
    )
    page.keyboard.press(" ")
    page.wait_for_selector("button[aria-label=Pause]")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 375


def test_one_frame_and_a_map_of_zeros_are_said(stand_heat):
    zeros = np.zeros((1, GRID, GRID), np.float32)
    pictures = sprite(texture(1, 112, (0, 0)))
    view = {"frame": 0, "row": 0, "column": 0, "edit": 0}
    page = stand_heat(heat_message(pictures, [0.0], [heat(zeros, "Occlusion")], view, 16))
    assert "zero everywhere" in page.locator(".notice").inner_text()
    assert page.locator(".transport").is_hidden()
    assert "Nothing in this frame." in page.locator(".readout").inner_text()


def test_everything_has_a_name_and_a_finger_can_scroll(stand_heat):
    page = stand_heat(message(heat(moving(), "Occlusion"), heat(moving(-1), "Saliency")))
    root = page.locator(".sct-player")
    for button in root.get_by_role("button").all():
        assert (button.get_attribute("aria-label") or button.inner_text()).strip()
    for field in root.locator("input, select").all():
        named = field.get_attribute("aria-label") or field.evaluate(
            "e => e.closest('label')?.textContent"
        )
        assert named and named.strip()
    for canvas in root.locator("canvas.frame").all():
        assert canvas.get_attribute("role") == "application"
        assert "Arrow keys move the patch and pin it" in canvas.get_attribute("aria-label")
    for canvas in root.locator("canvas").all():
        assert canvas.get_attribute("aria-label")
        assert "pan-y" in canvas.evaluate("e => getComputedStyle(e).touchAction")
    assert page.locator(".live").get_attribute("aria-live") == "polite"
