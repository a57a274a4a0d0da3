"""The timeline of Inspect in a real browser: a video, its window, and the answers all along."""

import json
import os
import re

import numpy as np
import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

from playwright.sync_api import expect

import sct
from sct.synthetic.rng import Rng
from sct.synthetic.scenes import make_scenes
from sct.video.clip import write_mp4
from tests.browser.acts import open_exports, ready

expect.set_options(timeout=120_000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif("sct-scene" not in sct.list_models(), reason="the default model is missing"),
]

SIDE = 128
# What the camera does for 15 seconds each, and by how many pixels a frame the scene then moves.
MOVES = {"pan left": (0, 3), "static": (0, 0), "tilt up": (3, 0), "pan right": (0, -3)}
EACH_S = 15.0


@pytest.fixture(scope="module")
def minute(tmp_path_factory):
    """A minute of video, ten frames a second."""
    scene = make_scenes(1, 2 * SIDE, Rng(3, torch.device("cpu")))[0]
    scene = (scene.permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    # Mirrored, it has no seam where it begins anew.
    scene = np.concatenate([scene, scene[::-1]])
    scene = np.concatenate([scene, scene[:, ::-1]], 1)
    at, frames = np.zeros(2, int), []
    for by in MOVES.values():
        for _ in range(int(EACH_S * 10)):
            frames.append(np.roll(scene, at, (0, 1))[:SIDE, :SIDE])
            at += by
    path = tmp_path_factory.mktemp("clips") / "a minute.mp4"
    write_mp4(np.stack(frames), path, fps=10)
    return path


def field(page, name):
    return page.get_by_role("spinbutton", name=name)


def bands(page):
    """[begin, end, label] of each stretch that the picture of the camera's answers tells of."""
    said = page.locator(".sct-timeline canvas").first.get_attribute("aria-label")
    found = re.findall(r"([\d.]+) to ([\d.]+) s ([a-z -]+?) [\d.<>]+%", said)
    return [(float(a), float(b), label) for a, b, label in found]


def test_bands_change_where_the_motion_does_and_a_click_leads_there(minute, address, new_page):
    page = new_page()
    page.goto(address)
    ready(page)
    page.get_by_role("radio", name="Upload").click()
    page.locator('input[type="file"]').set_input_files(minute)
    expect(page.locator(".sct-facts")).to_contain_text("a minute.mp4")
    ready(page)
    page.get_by_role("button", name="Answer along the whole video").click()
    expect(page.locator(".sct-timeline canvas")).to_have_count(2)
    found = bands(page)
    for i, label in enumerate(MOVES):
        own = [band for band in found if band[2] == label]
        # Half a window from a change both motions are in sight: what is said there may be either.
        inside = sum(
            max(0.0, min(end, (i + 1) * EACH_S - 0.8) - max(begin, i * EACH_S + 0.8))
            for begin, end, _ in own
        )
        assert inside > EACH_S - 1.6 - 1.0, (label, found)

    open_exports(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="the same, JSON").click()
    page.keyboard.press("Escape")
    windows = json.loads(download.value.path().read_text())
    canvas = page.locator(".sct-timeline canvas").first
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 37.5 / 60, "y": 20})  # amid the tilt
    expect(page).to_have_url(re.compile("start=3[67]"))
    ready(page)
    start = float(field(page, "Start (s)").input_value())
    assert 36.5 < start < 38
    window = next(one for one in windows if one["start"] == pytest.approx(start, abs=1e-3))
    share = window["answers"]["camera"]["probabilities"]["tilt up"]
    expect(page.locator(".sct-said .value").first).to_have_text(f"{share:.1%}")


def test_the_window_is_dragged_stretched_and_moved_by_keys(address, new_page):
    page = new_page()
    page.goto(f"{address}/?sample=car")
    ready(page)
    start, stride = field(page, "Start (s)"), field(page, "Stride (s)")
    expect(start).to_have_value("1.00")
    track = page.locator(".sct-timeline .track")
    track.scroll_into_view_if_needed()
    wide = track.bounding_box()["width"] / 5.2  # pixels of a second

    def drag(what, by):
        ready(page)
        place = page.locator(f".sct-timeline {what}")
        place.hover()  # waits until it stands still
        box = place.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.down()
        page.mouse.move(x + by / 2, y)
        page.mouse.move(x + by, y)
        page.mouse.up()

    drag(".window", wide)
    expect(page).to_have_url(re.compile(r"from=(2\.0|1\.99|2\.01)(&|$)"))
    drag(".grip", -0.4 * wide)  # eight frames: each 0.05 s closer
    expect(stride).to_have_value("0.15")
    ready(page)
    before = float(start.input_value())
    page.locator(".sct-timeline .window").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(start).to_have_value(f"{before - 0.3:.2f}")
    page.keyboard.press("End")  # no further than the last whole window
    expect(start).to_have_value("4.00")
    expect(page.locator(".sct-timeline .told")).to_contain_text("4.00 s to 5.20 s")
    # What another sample shows first is its own.
    page.get_by_role("button", name="Flower").click()
    expect(start).to_have_value("2.00")
    expect(page.locator(".sct-timeline .told")).to_contain_text("8 frames, one every 0.30 s")


def test_a_made_clip_has_no_timeline(address, new_page):
    page = new_page()
    page.goto(f"{address}/?sample=pan+right")
    ready(page)
    expect(page.locator(".sct-timeline")).to_have_count(0)
    expect(field(page, "Start (s)")).to_have_count(0)
