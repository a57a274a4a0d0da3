"""The Ablation page as a person uses it: switches on the diagram, variants, a run that is ended."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


def part(page, stage, name):
    """The switch of a part, and its choices."""
    switch = page.get_by_role("button", name=re.compile(rf"^{stage}, {name} ?: "))
    return switch, page.get_by_role("group", name=f"{stage}, {name}", exact=True)


def test_parts_are_switched_on_the_diagram_by_mouse_and_keys(address, new_page):
    page = new_page()
    page.goto(f"{address}/ablation")
    ready(page)
    switch, choices = part(page, "Stage 2", "Shifted attention")
    expect(switch).to_have_attribute("aria-pressed", "true")
    choices.get_by_role("button", name="self").click()
    expect(page).to_have_url(re.compile("ablate=shifted%3Don%2Cself%2Con"))
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(choices.get_by_role("button", name="self")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Text form", exact=True)).to_have_value("shifted=on,self,on")
    ready(page)

    choices.get_by_role("button", name="self").press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("ablate=shifted%3Don%2Coff%2Con"))
    switch.press("Enter")  # what is off goes on again
    expect(page).not_to_have_url(re.compile("ablate="))
    part(page, "Stage 1", "Chunk attention")[0].click()
    part(page, "Answer", "Clip encoder")[0].click()  # before the page has answered the first
    expect(page).to_have_url(re.compile("ablate=vilt%3Doff%2Con%2Con%3Bclip%3Dmean"))
    ready(page)
    expect(page.locator(".sct-diagram .box[data-state=off]")).to_have_count(1)
    expect(page.locator(".sct-diagram .box[data-state=changed]")).to_have_count(1)
    page.get_by_role("button", name="As trained").click()
    expect(page.locator(".sct-diagram .box:not([data-state=on])")).to_have_count(0)


def test_variants_are_kept_come_back_by_their_link_and_are_removed(address, new_page):
    page = new_page()
    page.goto(f"{address}/ablation?ablate=lsh%3Dfull")
    ready(page)
    page.get_by_label("Name").fill("<img src=x> mine")
    page.get_by_role("button", name="Keep beside").click()
    header = page.locator(".sct-beside thead th")
    expect(header).to_have_text(["variant", "as trained", "<img src=x> mine"])
    expect(page).to_have_url(re.compile("kept="))
    ready(page)
    page.get_by_role("button", name="Reversed", exact=True).click()
    expect(header).to_have_count(4)
    ready(page)
    rows = page.locator(".sct-beside tbody tr")
    url, said = page.url, rows.nth(0).inner_text()

    other = new_page(width=375)
    other.goto(url)
    ready(other)
    expect(other.locator(".sct-beside thead th")).to_have_count(4)
    assert other.locator(".sct-beside tbody tr").nth(0).inner_text() == said
    main = other.get_by_test_id("stMain")
    assert (
        main.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    )  # the table scrolls, not the page
    other.get_by_text("Show or remove what is kept").click()
    other.get_by_role("button", name="Remove").click()
    expect(other.locator(".sct-beside thead th")).to_have_count(0)  # there is nothing beside it
    expect(other.locator(".st-key-ablation_bars .bars path").first).to_be_attached()
    assert "kept=" not in other.url


def test_a_run_is_ended_by_cancel_and_leaves_the_page_as_it_was(address, new_page):
    page = new_page()
    page.goto(f"{address}/ablation?analysis=Over+many+clips&clips=2000")
    ready(page)
    before = page.locator(".st-key-ablation_bars .bars path").count()
    run = page.get_by_role("button", name=re.compile("Run .* variants on 2000 made clips"))
    run.click()
    expect(page.get_by_text("of 2000 steps")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled; nothing was changed.")).to_be_visible()
    ready(page)
    expect(run).to_be_enabled()
    expect(page.locator(".st-key-ablation_bars .bars path")).to_have_count(before)
    assert page.locator(".st-key-lab_over-clips").count() == 0
