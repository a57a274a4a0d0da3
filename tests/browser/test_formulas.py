"""Every formula of every page is set, and nothing that stands after one is swallowed."""

import os
import re
from pathlib import Path

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

from playwright.sync_api import expect

from pages.learn.course import LESSONS
from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

PAGES = Path(__file__).resolve().parents[2] / "pages"
DEFINED = sorted(file.parent.name for file in PAGES.glob("*/definition.md"))


FOLDED = "[data-testid=stMain] [data-testid=stExpander] details:not([open]) > summary"


def unfolded(page, address, path):
    page.goto(f"{address}/{path}")
    ready(page)
    while page.locator(FOLDED).count():
        page.locator(FOLDED).first.click()
        ready(page)
    return page


@pytest.mark.parametrize("name", DEFINED)
def test_a_definition_is_set_to_its_last_word(name, address, new_page):
    path = "" if name == "inspect" else name
    page = unfolded(new_page(), address, path)
    text = (PAGES / name / "definition.md").read_text()
    *_, last = re.findall(r"[A-Za-z ]{12,}", text)
    body = page.locator("[data-testid=stExpander]", has_text=last.strip()).last
    expect(body).to_be_visible()
    shown = page.locator("[data-testid=stExpander] .katex").count()
    assert shown >= len(re.findall(r"\$\$?[^$]+\$\$?", text))
    assert page.locator(".katex-error").count() == 0
    assert "$" not in body.inner_text()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)
def test_the_formulas_of_a_lesson_are_set(lesson, address, new_page):
    page = unfolded(new_page(), address, f"learn?lesson={lesson.key}")
    expect(page.locator(".katex").first).to_be_attached()
    assert page.locator(".katex-error").count() == 0
    assert "$$" not in page.locator("[data-testid=stMain]").inner_text()
