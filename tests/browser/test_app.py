"""The app as a person uses it, in a real Chromium."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


def pictures(page):
    """Addresses (data:...) of the panels' pictures."""
    images = page.locator("figure.panel img")
    expect(images.first).to_have_attribute("src", re.compile("^data:image/"))
    return [images.nth(i).get_attribute("src") for i in range(images.count())]


def numbers(page):
    """The heading of the numbers beside the player's pictures."""
    return page.locator(".readout .caption").first


def click_patch(page, side, grid, row, col):
    box = page.locator(f"canvas.{side}")
    box.scroll_into_view_if_needed()
    size = box.bounding_box()
    box.click(
        position={
            "x": (col + 0.5) * size["width"] / grid,
            "y": (row + 0.5) * size["height"] / grid,
        }
    )


def pick(page, group, name):
    page.get_by_role("radiogroup", name=group).get_by_role("radio", name=name, exact=True).click()


def go(page, name):
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    ready(page)


def test_from_a_video_to_a_prediction_its_maps_and_an_ablation(address, new_page, video):
    page = new_page()
    page.goto(address)
    ready(page)
    page.get_by_role("radio", name="Upload").click()
    page.locator('input[type="file"]').set_input_files(video)
    facts = page.locator(".sct-facts")
    expect(facts).to_contain_text("moving texture.mp4")
    expect(facts).to_contain_text("h264")
    ready(page)
    expect(page.locator(".sct-said .row")).to_have_count(9 + 10)  # of the camera and the subject
    expect(page.locator(".sct-said .value").first).to_have_text(re.compile(r"^[<>]?\d+\.\d%$"))
    page.get_by_text("Every frame, and how much it counts").click()
    assert len(set(pictures(page))) == 8

    go(page, "Shifted attention")
    pick(page, "Stage", "1")
    expect(numbers(page)).to_have_text("Row 10, column 10 looks back at")
    click_patch(page, "right", 14, 2, 4)
    expect(numbers(page)).to_have_text("Row 2, column 4 looks back at")
    expect(page).to_have_url(re.compile("patch1=2%2C4"))

    go(page, "Ablation")
    bars = page.locator(".st-key-ablation_bars .bars path")
    expect(bars.first).to_be_visible()
    page.get_by_role("button", name="No shifted attention").click()
    key = page.locator(".st-key-ablation_bars .annotation-text").filter(has_text="as trained")
    expect(key).to_contain_text("now")
    ready(page)  # till then the chart of before may stand beside the one of now
    assert bars.count() and bars.count() % 2 == 0  # before and now
    stage2 = page.get_by_role("group", name="Stage 2, Shifted attention", exact=True)
    stage2.get_by_role("button", name="on", exact=True).click()
    expect(page.get_by_label("Text form", exact=True)).to_have_value("shifted=off,on,off")
    expect(page).to_have_url(re.compile("ablate=shifted%3Doff%2Con%2Coff"))


def test_the_pinned_view_is_in_the_address_and_comes_back(address, new_page):
    page = new_page()
    page.goto(f"{address}/attention?sample=zoom+in&scene=6")
    ready(page)
    pick(page, "Stage", "3")
    expect(numbers(page)).to_have_text("Row 3, column 3 looks back at")
    page.get_by_role("button", name="mean", exact=True).click()
    page.get_by_role("slider", name="Frame").press("ArrowRight")
    expect(page.locator(".pictures .caption").nth(1)).to_have_text("Current: frame 4")
    click_patch(page, "left", 7, 1, 5)
    expect(numbers(page)).to_have_text("Who looks at row 1, column 5 of frame 3")
    page.get_by_role("button", name="Motion").click()
    for part in ("stage=3", "head=mean", "frame=4", "patch3=1%2C5", "look=in", "mode=motion"):
        expect(page).to_have_url(re.compile(part))
    ready(page)
    url, said = page.url, page.locator(".readout").inner_text()
    metrics = page.get_by_test_id("stMetricValue").all_inner_texts()
    assert metrics[0] in said  # the page's numbers are those of the pinned view

    for again in (page, new_page()):
        again.goto(url)
        ready(again)
        expect(again.locator(".readout")).to_contain_text("Row 1, column 5")
        assert again.locator(".readout").inner_text() == said
        assert again.get_by_test_id("stMetricValue").all_inner_texts() == metrics
        assert again.url == url


def test_a_click_on_a_patch_pins_that_patch(address, new_page):
    page = new_page(width=900)
    page.goto(f"{address}/buckets?token1=5,5")
    ready(page)
    for row, column in ((0, 0), (0, 27), (27, 0), (27, 27), (13, 14)):
        click_patch(page, "left", 28, row, column)
        expect(numbers(page)).to_have_text(f"The path of row {row}, column {column}")
        expect(page).to_have_url(re.compile(f"token1={row}%2C{column}"))


def test_a_bad_upload_is_said_and_the_next_one_works(address, new_page, video, tmp_path):
    bad = tmp_path / "<b>bad _file_ [x](y).mp4"
    bad.write_bytes(b"this is no video" * 100)
    page = new_page()
    page.goto(f"{address}/?source=Upload")
    ready(page)
    page.locator('input[type="file"]').set_input_files(bad)
    alert = page.get_by_test_id("stAlert").filter(has_text="<b>bad _file_ [x](y).mp4")
    expect(alert).to_have_count(1)
    page.locator('input[type="file"]').set_input_files(video)
    expect(page.locator(".sct-facts")).to_contain_text("h264")
    expect(alert).to_have_count(0)


def test_the_first_visit_of_a_server_may_be_a_deep_link(fresh_server, new_page, tmp_path):
    with fresh_server(tmp_path / "log.txt") as address:
        page = new_page()
        page.goto(f"{address}/buckets?scene=4&frame=6")
        expect(page.get_by_role("heading", level=1)).to_have_text("LSH buckets")
        ready(page)
        expect(page.locator("canvas.left")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("slider", name="Frame")).to_have_value("6")
        page.locator('input[aria-label="Scene"]').fill("5")
        page.keyboard.press("Enter")
        ready(page)
        expect(page).to_have_url(re.compile("scene=5"))
        assert "frame=6" in page.url
        page.close()
