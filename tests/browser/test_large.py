"""The largest model at its full size: rows are sent on demand, and the browser stays small."""

import os
from pathlib import Path

import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

import sct
from benchmarks.load.tabs import watching
from sct.checkpoint.io import save
from tests.browser.acts import ready

expect.set_options(timeout=600_000)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def large_server(fresh_server, environment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    torch.manual_seed(0)
    save(sct.build("sct_l").eval(), folder / "untrained-l", {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(environment, "SCT_MODELS", str(folder))
        with fresh_server(folder / "log.txt") as address:
            yield address


def megabytes(chromium):
    """Of the largest renderer: resident memory, and its share of what is shared."""
    session, found = chromium.new_browser_cdp_session(), []
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        if process["type"] == "renderer":
            text = Path(f"/proc/{process['id']}/smaps_rollup").read_text()
            lines = dict(line.split()[:2] for line in text.splitlines()[1:])
            found.append((int(lines["Rss:"]) / 1024, int(lines["Pss:"]) / 1024))
    return max(found)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("path", ["attention?stage=1", "attention?stage=1&mode=motion", "buckets?"])
def test_a_huge_stage_stays_below_400_mb(path, large_server, chromium, capsys):
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.add_init_script(watching())
    page = context.new_page()
    page.set_default_timeout(600_000)
    page.goto(f"{large_server}/{path}&model=untrained-l&frame=0")
    ready(page)
    expect(page.locator("canvas.right")).to_be_visible()
    notice, scrub = page.locator(".notice"), page.get_by_role("slider", name="Frame")
    asked = 0
    for frame in range(24):
        scrub.fill(str(frame))
        asked += notice.inner_text().startswith("Fetching")
        expect(notice).not_to_contain_text("Fetching")
        page.wait_for_timeout(50)
    assert asked  # no message holds all frames of such a stage
    box = page.locator("canvas.right").bounding_box()
    for i in range(60):
        page.mouse.move(
            box["x"] + box["width"] * (i * 7 % 56 + 0.5) / 56,
            box["y"] + box["height"] * (i * 11 % 56 + 0.5) / 56,
        )
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    heap = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    resident, proportional = megabytes(chromium)
    with capsys.disabled():
        print(
            f"\n{path}: renderer {resident:.0f} MB resident, {proportional:.0f} MB without what it "
            f"shares; JavaScript heap {heap['JSHeapUsedSize'] / 1e6:.0f} MB; asked {asked} times"
        )
    context.close()
    assert proportional < 400
