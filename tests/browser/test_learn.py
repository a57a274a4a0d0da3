"""The lessons as a student takes them, in a real Chromium."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from pages.learn.course import LESSONS
from tests.browser.acts import ready, wait_until

expect.set_options(timeout=60_000)

pytestmark = pytest.mark.browser


def shown(page):
    """What a lesson shows of the clip: its pictures, and its words down to the symbols."""
    canvases = page.locator(".demo canvas").evaluate_all("all => all.map((c) => c.toDataURL())")
    pictures = page.locator(".panel img").evaluate_all("all => all.map((i) => i.src)")
    words = page.get_by_test_id("stMain").inner_text().split("In symbols")[0]
    return canvases, pictures, words


def answer(page, number, index, question, right):
    option = question.options[(question.right + (not right)) % len(question.options)]
    options = page.locator(f".st-key-question_{number}_{index} label").filter(
        has=page.get_by_role("radio")
    )
    options.nth(question.options.index(option)).click()
    page.locator(f".st-key-check_{number}_{index} button").click()
    told = re.split(r"[*$]", option.why)[0].strip()  # up to where it is not plain text
    expect(page.get_by_test_id("stAlert").filter(has_text=told)).to_be_visible(timeout=20_000)


def fits(page, width):
    """Nothing is wider than a window of this width, and all can be hit."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(400)  # for demos to be drawn anew
    main = page.get_by_test_id("stMain")
    assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    for control in page.locator(".demo").locator("button, input").all():
        if control.is_visible():
            box = control.bounding_box()
            assert min(box["width"], box["height"]) >= 24 and box["x"] >= 0
            assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.key for lesson in LESSONS])
def test_a_student_goes_through_a_lesson(lesson, address, new_page):
    number = LESSONS.index(lesson) + 1
    page = new_page(width=1100)
    page.goto(f"{address}/learn?sample=tilt+up&scene=4&vote=A&guess5=0")
    page.get_by_role("button", name=lesson.title).click()
    expect(page.get_by_role("heading", level=2)).to_have_text(f"{number} · {lesson.title}")
    ready(page)
    first, second = lesson.questions
    answer(page, number, 0, first, right=False)
    expect(page.get_by_test_id("stAlert")).to_contain_text("Not quite")
    answer(page, number, 0, first, right=True)
    before = shown(page)
    page.locator('input[aria-label="Scene"]').fill("5")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("scene=5"))
    ready(page)
    wait_until(page, lambda: shown(page) != before)
    page.reload()
    ready(page)
    expect(page.get_by_role("heading", level=2)).to_have_text(f"{number} · {lesson.title}")
    expect(page.get_by_test_id("stAlert").filter(has_text="Right.")).to_contain_text("Right.")
    answer(page, number, 1, second, right=True)
    for width in (800, 375):
        fits(page, width)
    page.get_by_role("button", name="All lessons").click()
    card = page.locator(f".card[data-key={lesson.key}]")
    expect(card).to_have_attribute("data-state", "done")
    assert "scene=5" in page.url


def opened(new_page, address, query, **more):
    page = new_page(**more)
    page.goto(f"{address}/learn?{query}")
    ready(page)
    expect(page.locator(".demo canvas").first).to_be_visible()
    return page


def middle(page, canvas, row, column, grid):
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return (
        box["x"] + (column + 0.5) * box["width"] / grid,
        box["y"] + (row + 0.5) * box["height"] / grid,
    )


def test_a_query_is_dragged_and_the_temperature_turned(address, new_page):
    page = opened(new_page, address, "lesson=inside&at=3,3")
    canvas = page.locator(".demo canvas.left")
    page.mouse.move(*middle(page, canvas, 3, 3, 28))
    page.mouse.down()
    page.mouse.move(*middle(page, canvas, 10, 12, 28), steps=4)
    title = page.locator(".demo .caption").first
    expect(title).to_have_text("Query: row 10, column 12")  # while it is held
    page.mouse.up()
    expect(page).to_have_url(re.compile("at=10%2C12"))
    canvas.press("ArrowRight")
    expect(title).to_have_text("Query: row 10, column 13")
    weights = page.locator(".demo .fours .cell").filter(has_text="Weights").locator(".quiet")
    page.get_by_role("slider", name="Temperature τ").press("End")
    expect(weights).to_contain_text("τ = 10.0")
    spread = float(re.search(r"as ([\d.]+) equal", weights.inner_text())[1])
    page.get_by_role("slider", name="Temperature τ").press("Home")
    expect(weights).to_contain_text("τ = 0.10")
    assert float(re.search(r"as ([\d.]+) equal", weights.inner_text())[1]) < spread / 3
    page.get_by_role("button", name="τ = 1, as the model").click()
    expect(weights).to_contain_text("τ = 1.0")


def test_the_plane_is_turned_by_hand_and_back(address, new_page):
    page = opened(new_page, address, "lesson=hashing&lines=2")
    plane, verdict = page.get_by_role("slider", name="The random plane"), page.locator(".verdict")
    plane.scroll_into_view_if_needed()
    box, before = plane.bounding_box(), shown(page)
    x, y, r = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 2 - 8
    page.mouse.move(x + r, y)
    page.mouse.down()
    page.mouse.move(x, y + r, steps=5)
    page.mouse.up()
    expect(plane).to_have_attribute("aria-valuenow", re.compile("^(89|90|91)$"))
    expect(page).to_have_url(re.compile("turn=(89|90|91)"))
    plane.press("ArrowLeft")
    expect(plane).to_have_attribute("aria-valuenow", re.compile("^8[456]$"))
    assert shown(page) != before
    page.get_by_role("button", name="As the model").click()
    expect(verdict).to_contain_text("the model’s own hash")
    recall = float(re.search(r"Recall: (\S+)%", verdict.inner_text())[1])
    # The page's chart of recall by rounds has the same number, to a digit more.
    expect(page).to_have_url(re.compile("lines=0"))
    ready(page)
    chart = page.locator(".js-plotly-plot").filter(has_text="hash rounds")
    chart.scroll_into_view_if_needed()

    def marked():
        numbers = re.findall(r"(\d+(?:\.\d)?)%", chart.inner_text())
        return any(abs(float(number) - recall) <= 0.5 for number in numbers)

    wait_until(page, marked)


def test_the_steps_on_hashing_name_one_bucket_for_one_patch(address, new_page):
    page = opened(new_page, address, "lesson=hashing")
    told = page.locator(".demo .caption").filter(has_text="Its bucket")
    note, metric = page.locator(".demo .quiet"), page.get_by_test_id("stMetric")

    def agree():
        bucket = re.search(r"bucket, (\d+ of \d+): (\d+)", told.inner_text())
        place = re.search(r"number (\d+) of .* in piece (\d+)\.", note.inner_text())
        expect(metric.nth(0)).to_contain_text(bucket[1])
        expect(metric.nth(1)).to_contain_text(bucket[2])
        expect(metric.nth(2)).to_contain_text(f"{place[1]} of 784")
        expect(metric.nth(3)).to_contain_text(f"{place[2]} of 16")
        return bucket[1]

    assert agree().endswith("of 4")
    page.get_by_role("slider", name="The random plane").press("ArrowRight")
    page.locator(".demo canvas.left").press("ArrowDown")
    expect(page).to_have_url(re.compile("turn=5"))
    ready(page)
    agree()
    page.get_by_role("button", name="As the model").click()
    expect(told).to_contain_text("of 16")
    assert agree().endswith("of 16")


def test_a_guess_is_marked_before_the_map_is_shown(address, new_page):
    page = opened(new_page, address, "lesson=shifted&sample=pan+right&scene=8&patch2=3,3")
    look, verdict = page.get_by_role("button", name="Look"), page.locator(".verdict")
    expect(look).to_be_disabled()
    page.mouse.click(*middle(page, page.locator(".demo canvas.left"), 3, 4, 7))
    expect(look).to_be_enabled()
    assert "strongest" not in verdict.inner_text()
    expect(page).to_have_url(re.compile("guess4=25"))
    page.reload()
    expect(look).to_be_enabled()
    place = page.get_by_text("Mean place of the left map")
    expect(place).to_have_count(0)
    look.click()
    expect(place).to_be_visible()
    expect(verdict).to_contain_text("exactly where you guessed")
    expect(verdict).to_contain_text("The content really came from row 3.0, column 3.")
    expect(page.get_by_text("Within one patch of the peak: 1 of 1 guesses")).to_be_visible()
    page.get_by_role("button", name="Another patch").click()
    expect(look).to_be_disabled()
    expect(page).to_have_url(re.compile("patch2="))
    expect(place).to_have_count(0)


def test_words_are_explained_on_every_page_and_lead_to_their_lesson(address, new_page):
    page = new_page(width=375)
    page.goto(f"{address}/ablation")
    ready(page)
    page.get_by_role("button", name="Words").click()
    words = page.locator(".sct-words")
    expect(words.locator("dt").first).to_contain_text("ablation")
    link = words.locator("dt").filter(has_text="recall").get_by_role("link")
    assert link.evaluate("a => a.href") == f"{address}/learn?lesson=hashing"
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth") <= 1
