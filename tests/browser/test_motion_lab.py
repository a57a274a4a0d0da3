"""The Motion lab in a browser: sliders, guessing, drawing, sweeps, links; how soon it follows."""

import os
import re
import statistics
from itertools import pairwise
from pathlib import Path

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import ready
from viz.components import motionlab

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

# Waits for a slider to be let go of; then says in how many milliseconds the answer was another one,
# the player had its message, and was drawn.
FOLLOWED = """() => {
  const text = () => document.querySelector(".sct-said")?.outerHTML, was = text()
  let begun = 0, answered = 0
  const up = (event) => { begun = event.timeStamp }
  addEventListener("pointerup", up, { capture: true, once: true })
  window.followed = (async () => {
    for (;;) {
      await new Promise((done) => setTimeout(done, 2))
      if (begun && !answered && text() !== was) answered = performance.now() - begun
      const paint = performance.getEntriesByName("sct-first-paint").at(-1)
      if (answered && paint?.startTime > begun) {
        return [answered, paint.startTime - begun, paint.startTime + paint.duration - begun]
      }
    }
  })()
}"""
REST_MS = 500  # between two of them, as between two of a person


def ticks():
    """What all processors together have spent, and how much of it not idle; None if nobody says."""
    try:
        spent = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    except OSError:
        return None
    return sum(spent), sum(spent) - spent[3] - spent[4]


def let_go(page, shares):
    """Drag the speed to each of some shares of its way in turn, with the mouse, and let go.

    Returns:
        medians of what `FOLLOWED` says, but for the first, and how busy the processors were with
        other things: the share of their time while the app rested, None if nobody says.
    """
    laps, total, busy = [], 0, 0
    page.get_by_role("slider", name="Speed", exact=True).scroll_into_view_if_needed()
    box = page.get_by_role("slider", name="Speed", exact=True).bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    for share in shares:
        ready(page)
        page.wait_for_timeout(REST_MS / 2)
        before = ticks()
        page.wait_for_timeout(REST_MS / 2)
        after = ticks()
        if before and after:
            total, busy = total + after[0] - before[0], busy + after[1] - before[1]
        page.mouse.down()
        page.mouse.move(box["x"] + share * box["width"], middle, steps=3)
        page.evaluate(FOLLOWED)
        page.mouse.up()
        laps.append(page.evaluate("followed"))
    medians = [statistics.median(lap[i] for lap in laps[1:]) for i in range(3)]
    return *medians, busy / total if total else None


def said(page):
    """The label of each answer."""
    return page.locator(".sct-said .label")


def subject(page):
    """The answer to the second question, what the subject does."""
    return page.locator(".sct-said").nth(1)


def visit(page, address, query=""):
    page.goto(f"{address}/motion_lab{query}")
    ready(page)
    expect(page.locator("canvas.right")).to_be_visible()


def test_the_answer_the_player_and_the_address_follow_a_slider(address, new_page):
    page = new_page()
    visit(page, address)
    expect(said(page).first).to_contain_text("pan right")
    page.get_by_role("button", name="tilt up", exact=True).click()
    expect(page.locator(".sct-said").first).to_contain_text("tilt up (truth)")
    expect(page).to_have_url(re.compile(r"moves%3Dtilt\+up%3Bspeed%3D4"))
    speed = page.get_by_role("slider", name="Speed", exact=True)
    speed.press("End")
    expect(page).to_have_url(re.compile("speed%3D120"))
    expect(page.get_by_text("15 in stage 1, 7.5 in stages 2 and 3")).to_be_visible()
    expect(page.locator(".pair").nth(1)).to_contain_text("120.0 px down")
    ready(page)

    for _ in range(3):  # what else runs on a shared machine cannot be told for sure
        answer, sent, drawn, busy = let_go(page, [0.3 + 0.05 * i for i in range(8)])
        others = "unknown" if busy is None else f"{busy:.0%}"
        print(f"\nlet go to drawn: {drawn:.0f} ms; to the answer {answer:.0f} ms, to the message "
              f"{sent:.0f} ms; {os.cpu_count()} cores, {others} busy with others")  # fmt: skip
        if max(drawn, answer) < 300:
            break
    quiet = busy is not None and busy < 0.15 and os.cpu_count() >= 2
    assert max(drawn, answer) < (300 if quiet else 5000)


def test_a_link_restores_the_clip_and_the_other_pages_show_it(address, new_page):
    page = new_page()
    visit(page, address, "?lab=moves%3Dobject+moves+left%3Bspeed%3D6%3Bnoise%3D12%3Bseed%3D5")
    for again in range(2):
        chosen = page.locator('[data-moves="object moves left"]')
        expect(chosen).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("slider", name="Noise")).to_have_value("12")
        expect(page.get_by_role("spinbutton", name="Scene number")).to_have_value("5")
        if not again:
            page.reload()
            ready(page)
    page.get_by_role("link", name="Inspect", exact=True).click()
    expect(page.locator(".sct-facts")).to_contain_text("object moves left, 6 pixels a frame")
    expect(page).to_have_url(re.compile("lab=moves"))


def test_guess_first_waits_for_the_student(address, new_page):
    page = new_page()
    visit(page, address, "?guess=true")
    expect(page.locator("canvas.frame").first).to_be_visible()
    expect(said(page)).to_have_count(0)
    expect(page.locator(".readout")).to_be_hidden()
    assert "lab=" not in page.url
    page.get_by_role("radio", name="zoom in").click()
    expect(said(page)).to_have_count(2)
    expect(page.get_by_text("Score of 1")).to_be_visible()
    expect(page.locator(".readout")).to_be_visible()
    page.get_by_role("button", name="Next clip").click()
    expect(page.get_by_text("Clip 2: what moves, and how?")).to_be_visible()
    expect(said(page)).to_have_count(0)


def test_a_path_is_drawn_with_the_mouse_and_with_keys(address, new_page):
    page = new_page()
    visit(page, address, "?lab=moves%3Dobject+path%3Bpath%3D50%2C10%2B50%2C90")
    expect(subject(page)).to_contain_text("moves down (truth)")
    pad = page.locator("canvas.pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    for i in range(40):
        page.mouse.move(box["x"] + (0.9 - 0.02 * i) * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.up()
    expect(subject(page)).to_contain_text("moves left (truth)")
    expect(page).to_have_url(re.compile(r"path%3D90%2C50%2B"))

    page.get_by_role("button", name="Start over").click()
    for key in ("ArrowLeft", "ArrowLeft", "Enter", *["ArrowRight"] * 8, "Enter"):
        pad.press(key)
    expect(subject(page)).to_contain_text("moves right (truth)")
    expect(page).to_have_url(re.compile(r"path%3D40%2C50%2B80%2C50$"))


def test_a_sweep_can_be_ended_and_goes_on(address, new_page):
    page = new_page()
    visit(page, address, "?sweep=offset")
    page.get_by_role("button", name="Sweep").click()
    expect(page.get_by_text(re.compile(r"[1-3] of 7 values"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile(r"\d of 7 values"))).to_have_count(0)
    ready(page)
    expect(page.get_by_text("Press Sweep")).to_be_visible()
    page.get_by_role("button", name="Sweep").click()
    expect(page.locator(".scatterlayer .points path")).to_have_count(7)


def test_paths_of_any_length_become_paths_that_can_be_filmed(new_page):
    page = new_page()
    page.set_content("<p>paths</p>")
    said = page.evaluate(
        """async (code) => {
          const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }))
          const { resample, extended, lengthOf } = await import(url)
          const limits = { places: [-50, 150], longest: 750 }
          let path = []
          for (let i = 0; i < 5000; i++) path = extended(path, [i % 2 ? 1000 : -1000, 0.01 * i], limits)
          const circle = Array.from({ length: 3000 }, (_, i) => [50 + 30 * Math.cos(i / 480), 50 + 30 * Math.sin(i / 480)])
          return [path.length, lengthOf(path), resample(circle, 24), resample([[3, 3]], 24),
            resample([[1, 1], [1, 1], [1, 1]], 2)]
        }""",  # noqa: E501
        (motionlab._HERE / "path.js").read_text(),
    )
    count, length, circle, one, still = said
    assert count < 10 and length <= 750
    assert len(circle) == 24 and circle[0] == [80, 50] and one == [[3, 3]]
    steps = [((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
             for a, b in pairwise(circle)]  # fmt: skip
    assert max(steps) < 1.1 * min(steps)
    assert still == [[1, 1], [1, 1]]
