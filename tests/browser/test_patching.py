"""Activation patching as a person uses it: a source is chosen, run, read, taken away and linked."""

import csv
import io
import os
import re
from pathlib import Path

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

import sct
from sct.ablation_study import list_sites, patch_sites, reversed_clip
from sct.questions import asking
from sct.sites import Site
from sct.synthetic.clips import make_clip
from tests.browser.acts import ready

expect.set_options(timeout=240_000)

pytestmark = pytest.mark.browser


def test_which_head_carries_the_direction(address, new_page):
    page = new_page()
    page.goto(f"{address}/ablation?sample=pan+left&scene=3")
    ready(page)
    page.get_by_role("radio", name="Take from another clip").click()
    run = page.get_by_role("button", name="Take heads from the reversed clip")
    expect(run).to_be_visible()
    expect(page).to_have_url(re.compile(r"analysis=Take(\+|%20)from"))
    ready(page)
    run.click()
    chart = page.locator(".st-key-lab_patching")
    expect(chart).to_be_visible()
    ready(page)
    model = asking(sct.load(sct.list_models()[0]).eval(), "camera")
    frames = sct.preprocess(make_clip("pan left", 3).as_clip(), model.config.image_size)
    found = patch_sites(model, frames, reversed_clip(frames), list_sites(model.config))
    first = found.sites.index(Site(1, "shifted"))
    said = page.get_by_text("carries most").first
    expect(said).to_contain_text("Stage 1’s shifted attention carries most")
    expect(said).to_contain_text(f"by {abs(found.difference[0, first]):.2f}")
    expect(chart.get_by_text("Stage 3 · output")).to_be_visible()
    with page.expect_download() as download:
        page.locator(".st-key-lab_patching_csv button").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    by_site = {row["site"]: float(row["difference_change"]) for row in rows}
    assert len(rows) == len(found.sites)
    for site, value in zip(found.sites, found.difference[0], strict=True):
        assert by_site[str(site)] == pytest.approx(value, abs=2e-3)


def test_a_link_opens_the_frames_of_another_clip_on_a_narrow_screen(address, new_page):
    page = new_page(width=375)
    link = "analysis=Take+from+another+clip&taken=pan+right&taking=Frames&hashings=2"
    page.goto(f"{address}/ablation?sample=pan+left&scene=3&{link}")
    ready(page)
    run = page.get_by_role("button", name="Take frames from “pan right”")
    run.click()
    expect(page.locator(".st-key-lab_patching")).to_be_visible()
    ready(page)
    expect(page.get_by_text("carries most").first).to_contain_text("over 2 seeds")
    page.get_by_text("The same from the shell").last.click()
    expect(page.get_by_text(re.compile(r"sct patch clip\.mp4.*--seeds 2"))).to_be_visible()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 1  # the table scrolls, not it
