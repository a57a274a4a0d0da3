"""The Model page as a person uses it: sizes, time on request, another checkpoint."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


def test_sizes_are_drawn_timed_and_a_measurement_can_be_cancelled(address, new_page):
    page = new_page()
    page.goto(f"{address}/model?size=sct_l")
    ready(page)
    boxes = page.locator(".sct-diagram .box")
    expect(boxes).to_have_count(19)  # frames, patches, four stages (no pooling in the last), answer
    expect(boxes.filter(has_text="Clip encoder")).to_contain_text("7.1 M")
    page.get_by_role("button", name="Measure time on this device").click()
    page.get_by_role("button", name="Cancel").click()
    ready(page)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="Time")).to_have_count(0)

    page.get_by_role("radio", name="loaded").click()
    ready(page)
    expect(page).not_to_have_url(re.compile("size="))
    page.get_by_role("button", name="Measure time on this device").click()
    expect(page.get_by_role("button", name="Measure again")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Time")).to_be_visible()
    expect(boxes.filter(has_text="Clip encoder")).to_contain_text(re.compile(r"time[\d.]+ m?s"))


def test_another_checkpoint_is_loaded_and_its_link_restores_it(address, new_page):
    page = new_page()
    page.goto(f"{address}/model?show=Load+another")
    ready(page)
    page.get_by_role("button", name="Load", exact=True).nth(1).click()
    ready(page)
    expect(page).to_have_url(re.compile("model=sct-motion-free"))
    page.get_by_role("radio", name="Checkpoint").click()
    ready(page)
    page.get_by_role("radio", name="real pictures").first.click()
    expect(page).to_have_url(re.compile("exam=real"))
    again = new_page()
    again.goto(page.url)
    ready(again)
    expect(again.get_by_role("heading", name="sct-motion-free")).to_be_visible()
    expect(again.locator(".sct-confusion tbody tr")).to_have_count(9)
    command = again.get_by_text("--data footage:DIR --model sct-motion-free --limit 900")
    expect(command).to_be_visible()
