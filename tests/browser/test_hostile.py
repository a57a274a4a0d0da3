"""Labels and file names with HTML in them are text on every page, whatever draws them."""

import os

import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

import sct
from sct.checkpoint.io import save
from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><b>bold</b>"
# A file name cannot hold a slash, and browsers rewrite its double quotes.
FILE = "<img src=x onerror=document.title='hacked'> **b** [a](b) $x$ :smile:.mp4"


@pytest.fixture
def hostile_server(fresh_server, environment, tmp_path):
    torch.manual_seed(0)
    folder = tmp_path / "models"
    folder.mkdir()
    labels = tuple(f"{i} {HOSTILE}" for i in range(17))
    save(sct.build("sct_ti", labels=labels).eval(), folder / "hostile", {})
    before = environment.get("SCT_MODELS")
    environment["SCT_MODELS"] = str(folder)
    try:
        with fresh_server(tmp_path / "log.txt") as address:
            yield address
    finally:
        del environment["SCT_MODELS"]
        if before is not None:
            environment["SCT_MODELS"] = before


def test_no_page_takes_a_name_for_markup(hostile_server, new_page, video, tmp_path):
    named = tmp_path / FILE
    named.write_bytes(video.read_bytes())
    page = new_page()
    page.goto(f"{hostile_server}/?model=hostile&source=Upload&ablate=clip%3Dmean")
    ready(page)
    page.locator('input[type="file"]').set_input_files(named)
    facts = page.locator(".sct-facts")
    expect(facts).to_contain_text(FILE)
    expect(page.locator(".sct-said .row")).to_have_count(17)
    expect(page.locator(".sct-said")).to_contain_text("<b>bold</b>")
    for name in ("Shifted attention", "LSH buckets", "Ablation", "Inspect"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        ready(page)
        page.wait_for_timeout(500)
        assert page.title() != "hacked"
        assert page.locator('img[src="x"]').count() == 0
        if name == "Ablation":
            expect(page.get_by_text("<b>bold</b>").first).to_be_visible()
            # A hover label is made of a little HTML, too.
            chart = page.locator(".st-key-ablation_bars")
            chart.scroll_into_view_if_needed()
            chart.locator(".bars path").first.hover(force=True)
            expect(chart.locator(".hovertext").first).to_contain_text("<b>bold</b>")
