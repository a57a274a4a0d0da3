"""A fresh server's first visitor may come by any address, and gets the page that it names."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from pages.shell.router import PAGES
from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


START = [(name, PAGES[0][1], "") for name in ("", "inspect_clip")]
# A server for each takes seconds: of the others two that load other things, and the last.
OTHERS = [(name, title, name) for name, title, _ in (PAGES[2], PAGES[5], PAGES[-1])]


@pytest.mark.parametrize(("folder", "title", "path"), [*START, *OTHERS])
def test_the_first_visit_of_a_fresh_server_gives_the_page_of_its_address(
    folder, title, path, fresh_server, new_page, tmp_path
):
    with fresh_server(tmp_path / "log.txt") as address:
        page = new_page()
        page.goto(f"{address}/{folder}?scene=4&method=saliency")  # of Attribution, and quick
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        ready(page)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page).to_have_url(re.compile(rf"/{path}\?"))
        assert "scene=4" in page.url
        links = page.get_by_test_id("stSidebarNavLink")
        expect(links).to_have_count(len(PAGES))
        expect(links.last).to_have_text(re.compile(rf"{PAGES[-1][1]}$"))
        page.close()
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
