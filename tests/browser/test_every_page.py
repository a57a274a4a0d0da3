"""What holds on every page: no finding of axe-core, every formula is set, nothing is too wide.

Collection has its own test, as it takes a run.
"""

import os
import re
from pathlib import Path

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

from playwright.sync_api import expect

from pages.learn.course import LESSONS
from tests.browser.acts import ready
from tests.browser.axe_core import audit, findings

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
# Every page there is, by its address, which is its folder's name; then states that draw more.
NAMES = sorted(file.parent.name for file in (ROOT / "pages").glob("*/page.py"))
PAGES = [
    *("" if name == "inspect" else name for name in NAMES if name != "attribution"),
    "attribution?method=saliency&method2=rollout",
    "?sample=pan+right",
    "?sample=barber+pole",
    "attention?stage=2&mode=motion",
    "ablation?ablate=clip%3Dmean",
    "ablation?analysis=Over+many+clips&kept=a~lsh%3Dfull",
    "ablation?analysis=Take+from+another+clip&taken=pan+right",
    "model?show=Sizes",
    "model?show=Checkpoint",
    "model?show=Load+another",
    "model?model=nothing&show=nothing",
    "learn?lesson=hashing&present=1&step=2",
    "learn?lesson=hashing&present=1&step=5",
    "learn?lesson=patches&solutions=hidden&answers=1ab",
    *(f"learn?lesson={lesson.key}&vote=A&guess5=1&look=1" for lesson in LESSONS),
]


def check_formulas(page, name):
    """Unfold all there is, and look whether a formula, or what stands after it, was swallowed."""
    folded = "[data-testid=stMain] [data-testid=stExpander] details:not([open]) > summary"
    while page.locator(folded).count():
        page.locator(folded).first.click()
        ready(page)
    assert page.locator(".katex-error").count() == 0
    assert "$$" not in page.locator("[data-testid=stMain]").inner_text()
    if "lesson=" in page.url:
        expect(page.locator(".katex").first).to_be_attached()
    definition = ROOT / "pages" / name / "definition.md"
    if not definition.exists():
        return
    text = definition.read_text()
    *_, last = re.findall(r"[A-Za-z ]{12,}", text)
    body = page.locator("[data-testid=stExpander]", has_text=last.strip()).last
    expect(body).to_be_visible()
    assert "$" not in body.inner_text()
    shown = page.locator("[data-testid=stExpander] .katex").count()
    assert shown >= len(re.findall(r"\$\$?[^$]+\$\$?", text))


def check_widths(page):
    """Look whether anything is wider than a narrow or a wide window, or out of it."""
    main = page.get_by_test_id("stMain")
    for width in (375, 800, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(400)  # until what is drawn anew has been
        assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 1, width
        for picture in page.locator("canvas.frame").all():
            box = picture.bounding_box()
            assert box["width"] > 60 and abs(box["width"] - box["height"]) < 1, width
            assert box["x"] >= 0 and box["x"] + box["width"] <= width


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_every_formula_is_set_and_nothing_is_too_wide(
    path, address, new_page, axe
):
    page = new_page(reduced_motion="reduce")
    page.goto(f"{address}/{path}")
    ready(page)
    audit(page, axe)
    name, _, state = path.partition("?")
    if not state or name == "attribution" or (name == "learn" and "present" not in state):
        check_formulas(page, name or "inspect")
    if name != "learn" or not state:
        check_widths(page)


def test_axe_would_find_something(address, new_page, axe):
    page = new_page()
    page.set_content(
        "<html lang=en><title>t</title><main><h1>t</h1><h3>too deep</h3>"
        "<p style='color:#999'>faint</p></main>"
    )
    page.evaluate(axe)
    assert sorted(f[0] for f in findings(page)) == ["color-contrast", "heading-order"]
