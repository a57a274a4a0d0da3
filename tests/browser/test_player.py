"""The attention player in a real Chromium: its maths, what it paints, its keys, its speed."""

import base64
import os
import re
import statistics

import numpy as np
import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

from sct.analysis.ground_truth import reference
from sct.model.hashing import rotations
from sct.model.shifted import Matched
from sct.model.trace import ShiftedTrace
from tests.browser.acts import (
    HOSTILE,
    VIEW,
    brightest,
    hover,
    message_of,
    moving_attention,
    names,
    texture,
)
from viz.components.player.contents import attention_message, buckets_message, lags
from viz.components.player.message import sprite
from viz.raster.arrows import segments, side

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("patch", [(3, 4), (5, 2), (1, 6)])
def test_hover_paints_the_maximum_where_the_content_was(stand, patch):
    by = (1, 2)
    frames = texture(5, 112, (16 * by[0], 16 * by[1]))
    page = stand(message_of(moving_attention(by=by), frames))
    hover(page, "right", 7, *patch)
    assert brightest(page, "left", 7) == (patch[0] - by[0], patch[1] - by[1])
    assert brightest(page, "right", 7) == patch
    # And the other way: who looks at that patch of the frame before.
    hover(page, "left", 7, patch[0] - by[0], patch[1] - by[1])
    assert brightest(page, "right", 7) == patch
    first = page.locator(".readout li").first
    assert f"row {patch[0]}, column {patch[1]}" in first.inner_text()


def test_motion_mode_draws_arrows_that_agree_with_the_flow(stand):
    frames = texture(5, 112, (0, 16))
    page = stand(message_of(moving_attention(by=(0, 1)), frames, view={**VIEW, "mode": "motion"}))
    assert int(page.locator(".figure strong").inner_text().rstrip("°")) <= 5
    assert "attention: 16.0 px right" in page.locator(".readout").inner_text()
    assert "OpenCV’s estimate" in page.locator(".pictures .caption").nth(1).inner_text()
    assert "as OpenCV estimates it" in page.locator(".key").inner_text()
    assert re.search(
        r"there and back in \d+% of the patches", page.locator(".readout").inner_text()
    )
    assert "really" not in page.locator(".player").inner_text()
    assert "is read short" in page.locator(".readout").inner_text()


def test_a_still_clip_has_no_arrows_and_an_even_map_no_links(stand):
    frames = np.repeat(texture(1, 112, (0, 0)), 3, axis=0)
    seen = moving_attention(frames=3)
    page = stand(message_of(seen, frames, view={**VIEW, "frame": 2, "mode": "motion"}))
    assert "no arrows are drawn" in page.locator(".notice").inner_text()
    assert page.locator(".figure").count() == 0
    page.get_by_role("button", name="Maps").click()
    even = Matched(
        torch.zeros_like(seen.matched.q), seen.matched.k, seen.matched.key_frames, 7, "on", "mean"
    )
    page = stand(message_of(ShiftedTrace(even, 7, 16, ()), frames, view={**VIEW, "frame": 2}))
    assert "no links are drawn" in page.locator(".notice").inner_text()


def test_one_frame_is_enough(stand):
    frames = texture(1, 112, (0, 0))
    page = stand(message_of(moving_attention(frames=1), frames, view={**VIEW, "frame": 0}))
    assert "Frame 0 has no frame before it" in page.locator(".notice").inner_text()
    assert page.locator(".transport").is_hidden()


def test_keys_alone_move_pin_step_and_play(stand):
    frames = texture(5, 112, (16, 32))
    page = stand(message_of(moving_attention(), frames))
    page.locator("canvas.right").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "."):
        page.keyboard.press(key)
    page.wait_for_function("sent.length > 0")
    last = page.evaluate("sent.at(-1)")
    assert (last["row"], last["column"], last["frame"], last["look"]) == (4, 5, 4, "out")
    assert brightest(page, "left", 7) == (3, 3)
    page.wait_for_function(
        "document.querySelector('.live').textContent.includes('row 3, column 3')"
    )
    page.locator("canvas.left").focus()
    page.keyboard.press("ArrowLeft")
    assert brightest(page, "right", 7) == (5, 6)
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.scrub').value === '1'")
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Play").is_visible()
    slider = page.get_by_role("slider", name="Frame")
    slider.focus()
    page.keyboard.press("Home")
    assert "frame 0 of 4" in page.locator(".clock").inner_text()
    for button in page.get_by_role("button").all():
        assert (button.get_attribute("aria-label") or button.inner_text()).strip()


@pytest.mark.parametrize("kind", ["maps", "motion", "buckets"])
def test_a_pinned_patch_stays_until_it_is_unpinned(kind, stand, traced):
    made, trace = traced
    message, grid = shown(made, trace, "buckets" if kind == "buckets" else "maps")
    page = stand(message)
    if kind == "motion":
        page.get_by_role("button", name="Motion").click()
    readout, line = page.locator(".readout"), page.locator(".pinline")
    unpin = page.get_by_role("button", name="Unpin")

    def say_at(row, column):
        hover(page, "right", grid, row, column)
        return readout.inner_text()

    assert "pin it" in line.inner_text() and unpin.is_hidden()
    assert say_at(2, 3) != say_at(8, 9)
    ways = (
        lambda: hover(page, "right", grid, 4, 5, click=True),
        lambda: page.keyboard.press("Escape"),
        lambda: page.keyboard.press("Enter"),
        unpin.click,
    )
    for way in ways:
        hover(page, "right", grid, 4, 5, click=True)
        said = readout.inner_text()
        assert "Pinned: row 4, column 5." in line.inner_text() and unpin.is_visible()
        assert page.evaluate("(({ row, column }) => [row, column])(sent.at(-1))") == [4, 5]
        assert say_at(8, 9) == said
        page.mouse.move(2, 2)
        assert readout.inner_text() == said
        way()
        assert "pin it" in line.inner_text() and unpin.is_hidden()
        assert say_at(8, 9) != said
    page.keyboard.press("ArrowDown")  # pins as well
    assert "Pinned: row 5, column 5." in line.inner_text()


def test_a_finger_pins_and_unpins(new_page, stand):
    message = message_of(moving_attention(), texture(5, 112, (16, 32)))
    page = stand(message, page=new_page(width=375, has_touch=True))
    canvas, line = page.locator("canvas.right"), page.locator(".pinline")
    box = canvas.bounding_box()
    at = {"x": 4.5 * box["width"] / 7, "y": 5.5 * box["height"] / 7}
    canvas.tap(position=at)
    assert "Pinned: row 5, column 4." in line.inner_text()
    assert brightest(page, "left", 7) == (4, 2)
    canvas.tap(position=at)
    assert "Click or tap" in line.inner_text()


def test_a_link_to_a_patch_is_pinned(stand):
    frames, seen = texture(5, 112, (16, 32)), moving_attention()
    page = stand(message_of(seen, frames, view={**VIEW, "pinned": True}))
    assert "Pinned: row 3, column 3." in page.locator(".pinline").inner_text()
    hover(page, "right", 7, 5, 5)
    assert brightest(page, "left", 7) == (2, 1)


@pytest.mark.parametrize("grid", [7, 14, 28])
def test_arrows_keep_apart_as_in_the_pictures_to_take_away(grid, stand):
    rng = np.random.default_rng(grid)
    field = rng.normal(0, 4, (grid, grid, 2))
    field[: grid // 2] *= 0.02  # stands still
    sure = rng.random((grid, grid)) > 0.3
    squares = side([field[None]], 112, 2)
    want = np.array(segments(field, 112, 2, squares, sure))
    page = stand(message_of(moving_attention(), texture(5, 112, (16, 32))))
    found = page.evaluate(
        """([field, sure, grid, length]) => {
          const squares = kit.squareSide(grid, 420 / grid, (length * 2 * 420) / 112)
          return [squares, kit.thinned(field, grid, squares, (t) => (sure[t] ? 1 : 0))]
        }""",
        [field.ravel().tolist(), sure.ravel().tolist(), grid, longest_of_most(field)],
    )
    assert found[0] == squares and (squares > 1) is (grid > 7)
    scale = 2 / 112 / 2
    got = [
        [
            (a["column"] + 0.5) / grid - a["across"] * scale,
            (a["row"] + 0.5) / grid - a["down"] * scale,
            (a["column"] + 0.5) / grid + a["across"] * scale,
            (a["row"] + 0.5) / grid + a["down"] * scale,
        ]
        for a in found[1]
    ]
    assert np.abs(np.array(sorted(got)) - np.array(sorted(want.tolist()))).max() < 2e-4
    page.get_by_role("button", name="Motion").click()
    assert "less than half a pixel" in page.locator(".key").inner_text()


def longest_of_most(field):
    """The length that one in ten of the moving arrows passes."""
    lengths = np.sort(np.linalg.norm(field, axis=-1).ravel())
    moving = lengths[lengths >= 0.5]
    return float(moving[int(0.9 * len(moving))])


def test_words_of_others_are_text(stand):
    page = stand(message_of(moving_attention(), texture(5, 112, (16, 32))))
    assert page.locator(".said").inner_text() == HOSTILE
    assert page.title() != "hacked" and page.locator("img").count() == 0


def test_frames_that_were_not_sent_are_asked_for(stand):
    frames = texture(5, 112, (16, 32))
    seen = moving_attention()
    whole = message_of(seen, frames)
    known = [reference(frames, lags(seen)[0], 7, 7)]

    def block(frame, edit):
        view = {**VIEW, "frame": frame, "edit": edit, "round": 0}
        about = {"said": {}, "headNames": names(2)}
        limit = len(whole) * 3 // 4
        return attention_message(seen, sprite(frames), range(5), known, view, about, limit)

    first, held = block(0, 0)
    page = stand(first)
    ask = held.stop
    page.get_by_role("slider", name="Frame").fill(str(ask))
    assert f"Fetching the attention of frame {ask}" in page.locator(".notice").inner_text()
    told = page.evaluate("sent.at(-1)")
    assert told["frame"] == ask
    answer = base64.b64encode(block(ask, told["edit"])[0]).decode()
    page.evaluate("(text) => give(text)", answer)
    hover(page, "right", 7, 3, 4)
    assert page.locator(".notice").inner_text() == ""
    assert brightest(page, "left", 7) == (2, 2)


def shown(made, trace, kind):
    if kind == "maps":
        return message_of(trace.shifted(1), made.frames, made.batch), 14
    view, seen = {**VIEW, "mode": "buckets", "edit": 0, "round": 0}, trace.lsh(1)
    turned = rotations(0, 1, 1, seen.heads, 16, 16)
    return buckets_message(seen, sprite(made.frames), range(8), turned, view, {})[0], 28


@pytest.mark.parametrize("kind", ["maps", "buckets"])
def test_hover_is_painted_within_a_frame_of_the_screen(kind, stand, traced, capsys):
    made, trace = traced
    message, grid = shown(made, trace, kind)
    page = stand(message)
    first = page.evaluate("performance.getEntriesByName('sct-first-paint')[0].duration")
    page.evaluate("performance.clearMeasures()")
    rng = np.random.default_rng(0)
    for row, column in rng.integers(0, grid, (60, 2)):
        hover(page, "right", grid, row, column)
    entries = "(name) => performance.getEntriesByName(name).map((e) => e.duration)"
    # A browser hands a move over at its next frame: that wait is the screen's, the rest is ours.
    whole, work = (sorted(page.evaluate(entries, name)) for name in ("sct-hover", "sct-hover-work"))
    median = statistics.median(work)
    with capsys.disabled():
        print(
            f"\n{kind}, hover to painted: median {statistics.median(whole):.1f} ms, of which "
            f"painting {median:.1f} ms, 95% {work[int(len(work) * 0.95)]:.1f} ms of {len(work)}; "
            f"message to first paint {first:.0f} ms"
        )
    assert len(work) > 40 and median < 16
    assert first < 1000
