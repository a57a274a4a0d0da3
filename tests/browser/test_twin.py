"""The button that opens a model's twin, in a real browser: its fragment is not all that changes."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

from playwright.sync_api import expect

import sct
from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not {"sct-motion", "sct-motion-free"} <= set(sct.list_models()), reason="no twins here"
    ),
]


FREE = re.compile("model=sct-motion-free")


@pytest.mark.parametrize("sample", ("car", "pan right"))
def test_the_twin_opens_and_leads_back(sample, address, new_page):
    page = new_page()
    page.goto(f"{address}/attention?model=sct-motion&sample={sample}")
    ready(page)
    page.get_by_role("button", name="Compare with the twin without grounded heads").click()
    back = page.get_by_role("button", name="Compare with the twin with grounded heads")
    expect(back).to_be_visible()
    expect(page).to_have_url(FREE)
    ready(page)
    back.click()
    expect(page).not_to_have_url(FREE)
    expect(page.get_by_role("button", name="without grounded heads")).to_be_visible()
