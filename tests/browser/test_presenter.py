"""A lesson before a class: panels turned by keys, hands counted, answers hidden until asked for."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from pages.learn.course import LESSONS
from tests.browser.acts import ready

expect.set_options(timeout=60_000)

pytestmark = pytest.mark.browser

HASHING = next(lesson for lesson in LESSONS if lesson.key == "hashing")
PANELS = len(HASHING.steps) + 2


def opened(new_page, address, query, **size):
    page = new_page(**{"width": 1280, "height": 720, **size})
    page.goto(f"{address}/learn?sample=tilt+up&scene=4&{query}")
    ready(page)
    return page


def at(page, number, of=PANELS):
    """Wait until a panel is shown, all of it and nothing else."""
    expect(page.locator(".presenter .count")).to_have_text(f"{number} of {of}")
    expect(page).to_have_url(re.compile(rf"step={number}(&|$)"))
    ready(page)
    shown = page.locator('[class*="st-key-words_"]:visible, [class*="st-key-asked_"]:visible')
    expect(shown).to_have_count(1)
    expect(shown).to_have_class(re.compile(rf"st-key-(words|asked)_{number}\b"))


def test_a_lesson_is_presented_and_left_by_buttons_and_keys(address, new_page):
    page = opened(new_page, address, "lesson=hashing")
    small = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    page.get_by_role("button", name="Present").click()
    at(page, 1)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > small
    words = page.locator(".st-key-words_1 p").first
    assert float(words.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 21
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    page.keyboard.press("ArrowRight")
    at(page, 2)
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")  # before the page has followed
    at(page, 4)
    page.keyboard.press("PageUp")
    at(page, 3)
    page.keyboard.press("ArrowLeft")
    at(page, 2)
    page.get_by_role("button", name="Next").click()
    at(page, 3)
    page.get_by_role("button", name="Back").click()
    at(page, 2)
    page.reload()
    ready(page)
    at(page, 2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Learn", level=1)).to_be_visible()
    ready(page)
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    assert "present" not in page.url
    step = page.get_by_role("heading", name="Step 2")
    expect(step).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Step 4")).to_be_visible()


def test_the_ends_are_ends(address, new_page):
    page = opened(new_page, address, f"lesson=hashing&present=1&step={PANELS}")
    at(page, PANELS)
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    at(page, PANELS - 1)


def test_live_parts_of_a_panel_work_and_keep_their_own_keys(address, new_page):
    page = opened(new_page, address, "lesson=hashing&present=1&step=1&at=5,6&frame=3")
    at(page, 1)
    told = page.locator(".demo .caption").filter(has_text="attends to")
    board = page.locator(".demo canvas.left")
    board.press("ArrowRight")
    expect(told).to_contain_text("row 5, column 7")
    expect(page).to_have_url(re.compile("at=5%2C7"))
    turn = page.get_by_role("slider", name="Turn the plane")
    turn.press("ArrowRight")
    expect(page).to_have_url(re.compile("turn=1(&|$)"))
    frame = page.get_by_role("slider", name="Frame")
    frame.press("ArrowLeft")
    expect(page).to_have_url(re.compile("frame=2(&|$)"))
    at(page, 1)  # none of these keys turned the panel
    turn.press("PageDown")  # a clicker's key does, wherever the hand was last
    at(page, 2)
    assert "turn=1&" in page.url + "&"
    page.keyboard.press("ArrowLeft")
    at(page, 1)
    expect(told).to_contain_text("row 5, column 7")


def test_a_step_that_speaks_of_an_earlier_picture_has_it_beside(address, new_page):
    page = opened(new_page, address, "lesson=hashing&present=1&step=2")
    at(page, 2)
    words, demo = page.locator(".st-key-words_2"), page.locator(".demo")
    expect(demo).to_be_visible()
    left, right = words.bounding_box(), demo.bounding_box()
    assert left["x"] + left["width"] <= right["x"] and abs(left["y"] - right["y"]) < 120
    page.set_viewport_size({"width": 375, "height": 800})
    expect(page.get_by_text("Its bucket, ")).to_be_visible()
    assert words.bounding_box()["y"] < demo.bounding_box()["y"]
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    bucket = page.get_by_test_id("stMetric").first
    expect(bucket).to_contain_text("of 4")
    page.get_by_role("button", name="As the model").click()
    expect(bucket).to_contain_text("of 16")  # what was done beside it is what it says
    page.keyboard.press("ArrowRight")
    at(page, 3)
    expect(demo).to_be_hidden()


def test_hands_are_counted_and_the_right_option_is_coloured_when_asked_for(address, new_page):
    number = len(HASHING.steps) + 1
    page = opened(new_page, address, f"lesson=hashing&present=1&step={number}")
    at(page, number)
    question, rows = HASHING.questions[0], page.locator(".ballot .option")
    expect(page.get_by_text(question.text)).to_be_visible()
    expect(rows).to_have_count(len(question.options))
    for row, option in zip(rows.all(), question.options, strict=True):
        expect(row).to_contain_text(option.text)
    fields = page.locator(".ballot input")
    fields.nth(0).fill("6")
    more = page.get_by_role("button", name="One more for B")
    for _ in range(3):
        more.click()
    page.get_by_role("button", name="One less for A").click()
    expect(fields.nth(0)).to_have_value("5")
    expect(page.get_by_text("8 hands")).to_be_visible()
    expect(rows.nth(0)).to_contain_text("63%")
    widths = rows.locator(".track i").evaluate_all(
        "all => all.map((e) => parseFloat(e.style.width))"
    )
    assert widths == pytest.approx([100, 60, 0], abs=0.1)
    fields.nth(2).press("ArrowLeft")  # a field keeps its keys
    expect(page.locator(".presenter .count")).to_have_text(f"{number} of {PANELS}")
    expect(page.locator(".ballot [data-state=right]")).to_have_count(0)
    for option in question.options:
        assert option.why.split("*")[0] not in page.get_by_test_id("stMain").inner_text()
    page.get_by_role("button", name="Show the answer").click()
    expect(rows.nth(question.right)).to_have_attribute("data-state", "right")
    expect(page.get_by_test_id("stAlert")).to_contain_text("Alike patches mostly share a bucket")
    page.keyboard.press("PageDown")
    at(page, number + 1)  # another question has a count of its own, and its answer is covered
    expect(page.get_by_text("No hands counted yet")).to_be_visible()
    expect(page.locator(".ballot [data-state=right]")).to_have_count(0)
    page.keyboard.press("PageUp")
    at(page, number)
    expect(page.get_by_text("8 hands")).to_be_visible()
    assert fields.nth(0).input_value() == "5" and "hand" not in page.url
    page.get_by_role("button", name="Hide the answer").click()
    expect(page.locator(".ballot [data-state=right]")).to_have_count(0)
    page.get_by_role("button", name="Clear the count").click()
    expect(page.get_by_text("No hands counted yet")).to_be_visible()


def test_a_count_is_another_session_s_own(address, new_page):
    number = len(HASHING.steps) + 1
    for count in ("4", "0"):  # the second is a session of its own, and sees nothing of the first
        page = opened(new_page, address, f"lesson=hashing&present=1&step={number}")
        field = page.locator(".ballot input").first
        expect(field).to_have_value("0")
        field.fill(count)
        page.get_by_role("button", name="Show the answer").click()
        expect(page.get_by_role("button", name="Hide the answer")).to_be_visible()
        expect(field).to_have_value(count)


def answer(page, number, index, option):
    """Choose and check an option, and wait until the address has it."""
    options = page.locator(f".st-key-question_{number}_{index} label")
    options.filter(has=page.get_by_role("radio")).nth(option).click()
    page.locator(f".st-key-check_{number}_{index} button").click()
    letter = "abcd"[option]
    expected = f"{number}{letter}." if index == 0 else f"{number}.{letter}"
    expect(page).to_have_url(re.compile(f"answers={expected}"))
    ready(page)


def test_a_class_link_opens_a_step_with_its_answers_hidden(address, new_page):
    number = LESSONS.index(HASHING) + 1
    page = opened(new_page, address, f"lesson=hashing&answers={number}ba", height=900)
    page.get_by_role("button", name="Class link").click()
    page.get_by_role("combobox", name="Opens at").click()
    page.get_by_role("option", name="step 3").click()
    code = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")
    expect(code).to_contain_text("step=3")
    link = code.locator("code").inner_text().strip()
    assert link.startswith(f"{address}/learn?") and "answers=" not in link
    assert "sample=tilt+up" in link and "solutions=hidden" in link
    student = new_page(width=375, height=800)
    student.goto(link)
    ready(student)
    expect(student.get_by_role("heading", name="Step 3")).to_be_in_viewport()
    expect(student.get_by_test_id("stAlert")).to_have_count(0)
    shown = student.get_by_role("button", name="Show the answers")
    for index, question in enumerate(HASHING.questions):
        expect(shown).to_have_count(0)  # nobody stumbles on it
        answer(student, number, index, question.right)
        expect(student.get_by_text("Noted. What is right is shown later.")).to_have_count(index + 1)
    words = student.get_by_test_id("stMain").inner_text()
    assert "2 of 2 questions answered" in words and "Right." not in words
    student.get_by_role("button", name="All lessons").click()
    expect(student.locator(".card[data-key=hashing]")).to_contain_text("2 of 2 answered")
    expect(student.locator(".card[data-state=done]")).to_have_count(0)
    student.locator(".card[data-key=hashing]").click()
    expect(shown).to_be_visible()
    shown.click()
    expect(student.get_by_test_id("stAlert").filter(has_text="Right.")).to_have_count(2)
    assert "solutions" not in student.url


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("step=99", "Step"),
        ("step=<b>", "Step"),
        ("present=maybe", "Presenter mode"),
        ("solutions=perhaps", "Solutions"),
        ("present=1&step=-3", "Step"),
    ],
)
def test_what_a_link_cannot_have_is_said(query, said, address, new_page):
    page = opened(new_page, address, f"lesson=patches&{query}")
    expect(page.get_by_test_id("stAlert")).to_contain_text(f"{said}: ")
    expect(page.get_by_role("heading", name="Step 1")).to_be_visible()
