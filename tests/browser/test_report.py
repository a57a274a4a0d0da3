"""The report as a person opens it: from a file, in a browser that has no network.

Its policy forbids to evaluate text, so what is waited for is waited for from outside.
"""

import os
import re

import numpy as np
import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

import sct
from sct.analysis.rollout import rollout
from sct.synthetic.clips import LABELS, make_clip
from viz import report
from viz.views import Scene

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=\"document.title='hacked'\">"


@pytest.fixture(scope="module")
def made():
    return make_clip("pan right", 3)


@pytest.fixture(scope="module")
def shipped(environment):
    if sct.list_models():
        return sct.load_with_card(sct.list_models()[0], "cpu")
    grounded = ((0,), (0, 1), (0, 1))
    return sct.build("sct_ti", labels=LABELS, grounded_heads=grounded).eval(), {}


@pytest.fixture(scope="module")
def write(shipped, made, tmp_path_factory):
    """Writes a report of the made clip; `write(ablation, **asked)` -> (path, trace)."""
    model, card = shipped
    clip = made.as_clip()

    def put(text="none", name="a model", **asked):
        with torch.inference_mode():
            frames = sct.preprocess(clip, model.config.image_size)
            logits, trace = model(frames, sct.Ablation.parse(text), trace=True)
        scene = Scene.of(clip, trace, name, 336, rollout=lambda: rollout(model, trace))
        data = report.build(scene, clip, logits[0].softmax(-1).numpy(), card, made, **asked)
        path = tmp_path_factory.mktemp("report") / "a report, & more.html"
        path.write_bytes(data)
        return path, trace

    return put


@pytest.fixture
def open_report(new_page):
    """Opens a file; what it asks for and complains of is in `asked` and `said`."""

    def put(path, **how):
        page = new_page(**how)
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.context.set_offline(True)
        page.goto(path.as_uri())
        for kind in ("attention", "buckets"):
            page.wait_for_selector(f"#{kind} canvas.right")
        return page

    return put


def brightest(page, kind, side, grid):
    """The cell of a picture whose middle is lightest, read back from the canvas: (row, column)."""
    return tuple(
        page.evaluate(
            """([kind, side, grid]) => {
              const c = document.querySelector(`#${kind} canvas.${side}`), s = c.width / grid
              const ctx = c.getContext("2d")
              let best = [-1, 0, 0]
              for (let r = 0; r < grid; r++) for (let k = 0; k < grid; k++) {
                const d = ctx.getImageData((k + 0.1) * s, (r + 0.1) * s, s * 0.8, s * 0.8).data
                let sum = 0
                for (let i = 0; i < d.length; i += 4) sum += d[i] + d[i + 1] + d[i + 2]
                if (sum / d.length > best[0]) best = [sum / d.length, r, k]
              }
              return best.slice(1)
            }""",
            [kind, side, grid],
        )
    )


def hover(page, kind, side, grid, row, column):
    canvas = page.locator(f"#{kind} canvas.{side}")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    at = {"x": (column + 0.5) * box["width"] / grid, "y": (row + 0.5) * box["height"] / grid}
    canvas.hover(position=at)


def test_it_opens_from_a_disk_and_asks_for_nothing(write, open_report):
    path, trace = write()
    page = open_report(path)
    seen = trace.shifted(2)
    rng = np.random.default_rng(0)
    for row, column in rng.integers(0, seen.grid, (5, 2)).tolist():
        hover(page, "attention", "right", seen.grid, row, column)
        previous, _ = seen.maps(3, (row, column), "grounded")
        first, second = np.sort(previous.ravel())[[-1, -2]]
        numbers = page.locator("#attention .readout li").first.inner_text()
        peak = np.unravel_index(previous.argmax(), previous.shape)
        assert f"row {peak[0]}, column {peak[1]}" in numbers
        if first - second > 0.15:  # lighter by more than the frame below it is
            assert brightest(page, "attention", "left", seen.grid) == tuple(peak)
    page.get_by_role("button", name="Motion", exact=True).click()
    assert "True motion" in page.locator("#attention .pictures .caption").nth(1).inner_text()
    assert page.locator("#attention .figure strong").inner_text().endswith("°")
    hover(page, "buckets", "right", 28, 9, 20)
    ids = trace.lsh(1).buckets(3, 0)
    bucket = re.compile(rf"bucket\W+{ids[9, 20]}\b", re.IGNORECASE)
    assert bucket.search(page.locator("#buckets .readout").inner_text())
    page.locator("#buckets").get_by_role("button", name="Play").click()
    expect(page.locator("#buckets .scrub")).not_to_have_value("3")
    assert page.said == [] and page.asked == [path.as_uri()]


def test_another_stage_keeps_mode_frame_and_display(write, open_report):
    path, _ = write()
    page = open_report(path)
    part = page.locator("#attention")
    part.get_by_role("button", name="Motion", exact=True).click()
    part.get_by_role("slider", name="Frame").fill("5")
    part.get_by_text("Display").click()
    part.get_by_label("Grid of patches and chunks").check()
    part.get_by_role("button", name="Stage 1").click()
    expect(part.locator(".clock")).to_have_text(re.compile("^frame 5"))
    assert "14 × 14 patches" in part.locator(".about").inner_text()
    assert "Attention says" in part.locator(".pictures .caption").first.inner_text()
    part.get_by_text("Display").click()
    assert part.get_by_label("Grid of patches and chunks").is_checked()
    part.locator("canvas.right").focus()
    page.keyboard.press("ArrowDown")  # pinned on this stage's grid, and still so when it is back
    pinned = part.locator(".readout .caption").last.inner_text()
    part.get_by_role("button", name="Stage 3").click()
    expect(part.locator(".about")).to_have_text(re.compile("^7 × 7"))
    part.get_by_role("button", name="Stage 1").click()
    expect(part.locator(".readout .caption").last).to_have_text(pinned)
    assert page.said == []


def test_what_is_off_or_left_out_is_said(write, open_report):
    path, _ = write("shifted=on,off,on", limit=900_000, frame=6, name=HOSTILE)
    page = open_report(path)
    part = page.locator("#attention")
    part.get_by_role("button", name="Stage 2").click()
    assert "Shifted MSA of stage 2 is off" in part.locator(".about").inner_text()
    assert part.locator("canvas").count() == 0
    part.get_by_role("button", name="Stage 1").click()
    part.locator("canvas.right").wait_for()
    assert "kept small" in part.locator(".about").inner_text()
    part.get_by_role("slider", name="Frame").fill("0")
    assert "not in this file" in part.locator(".notice").inner_text()
    part.get_by_role("button", name="Play").click()  # it plays on, maps or none
    for _ in range(2):
        now = part.locator(".scrub").input_value()
        expect(part.locator(".scrub")).not_to_have_value(now)
    assert HOSTILE in page.locator(".lead").inner_text()
    assert page.title() != "hacked" and page.said == []


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (800, "light"), (1280, "dark")])
def test_it_fits_the_screen_and_follows_the_theme(write, open_report, width, scheme):
    path, _ = write()
    page = open_report(path, width=width, scheme=scheme)
    inner, outer = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert inner <= outer == width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(252, 253, 253)", "dark": "rgb(16, 21, 26)"}[scheme]
    assert page.locator(".film img").first.evaluate("(i) => i.naturalWidth") == 224
    assert page.locator(".classes .gauge rect").first.bounding_box()["width"] > 20
