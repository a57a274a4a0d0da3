"""The Ablation page's switches beside what they do, and an own set that is uploaded."""

import os
import re
import zipfile

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from sct.synthetic.clips import make_clip
from sct.video.clip import write_mp4
from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


def box(locator):
    found = locator.bounding_box()
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def test_switches_and_what_they_do_are_in_one_screen(address, new_page):
    page = new_page(width=1400, height=900)
    page.goto(f"{address}/ablation?sample=pan+right&ablate=shifted%3Dself")
    ready(page)
    switches, bars = page.locator(".sct-diagram"), page.locator(".st-key-ablation_bars")
    expect(bars.locator(".bars path").first).to_be_visible()
    answer = page.get_by_text("The answer turns from").or_(page.get_by_text("The answer stays"))
    for each in (switches, bars, answer):
        _, top, _, bottom = box(each)
        assert 0 <= top < bottom <= 900
    assert box(switches)[2] <= box(bars)[0]  # beside each other
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollTop") == 0

    choices = page.get_by_role("group", name="Stage 3, LSH attention", exact=True)
    choices.get_by_role("button", name="off").click()
    expect(page).to_have_url(re.compile("lsh%3Dlsh%2Clsh%2Coff"))
    ready(page)
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollTop") == 0
    assert box(bars)[3] <= 900


def test_stacked_the_answer_stays_in_sight_of_the_switches(address, new_page):
    page = new_page(width=375, height=800)
    page.goto(f"{address}/ablation?sample=pan+right&ablate=shifted%3Doff")
    ready(page)
    switches, bars = page.locator(".sct-diagram"), page.locator(".st-key-ablation_bars")
    assert box(switches)[3] <= box(bars)[1] and box(bars)[2] <= 375
    last = page.get_by_role("group", name="Stage 3, Shifted attention", exact=True)
    last.evaluate("e => e.scrollIntoView({block: 'center'})")
    answer = page.get_by_text("The answer turns from").or_(page.get_by_text("The answer stays"))
    expect(answer).to_be_in_viewport(ratio=1)
    # Nothing lies over it, nor it over the switch.
    on_top = answer.evaluate(
        "e => { const b = e.getBoundingClientRect();"
        " const at = document.elementFromPoint(b.x + b.width / 2, b.y + 8);"
        " return e.contains(at) || at.contains(e) }"
    )
    assert on_top and box(answer)[3] <= box(last)[1]


def test_only_classes_that_change_have_bars_and_the_others_open(address, new_page):
    page = new_page()
    page.goto(f"{address}/ablation?sample=pan+right&ablate=lsh%3Dfull")
    ready(page)
    bars = page.locator(".st-key-ablation_bars .bars path")
    expect(bars).to_have_count(2)  # of the answer, before and now
    others = page.get_by_text(re.compile(r"and \d+ others that hardly change"))
    rows = page.locator(".sct-others tbody tr")
    expect(rows.first).to_be_hidden()
    others.click()
    expect(rows.first).to_be_visible()
    expect(rows).to_have_count(int(re.search(r"\d+", others.inner_text())[0]))
    page.get_by_role("button", name="First frame only").click()
    expect(page).to_have_url(re.compile("order%3Drepeat-first"))
    # While the page is drawn anew, the chart of before may stand beside the one of now.
    now = page.locator(".st-key-ablation_bars:not([data-stale=true])")
    expect(now).to_contain_text("static")


@pytest.fixture(scope="module")
def own_set(tmp_path_factory):
    """A .zip of class folders, with a label that no model knows and a file that is no video."""
    folder = tmp_path_factory.mktemp("own")
    path = folder / "my walks.zip"
    with zipfile.ZipFile(path, "w") as made:
        for label in ("pan left", "tilt up"):
            for i in range(2):
                write_mp4(make_clip(label, 40 + i).as_clip().frames, folder / "clip.mp4")
                made.write(folder / "clip.mp4", f"{label}/{i}.mp4")
        made.writestr("dancing/1.mp4", b"x")
        made.writestr("tilt up/broken.mp4", b"rubbish")
    return path


def test_an_own_set_is_uploaded_and_named_in_what_is_said(address, new_page, own_set):
    page = new_page()
    # By its address: a list of choices closes when the page below it is still being drawn.
    chosen = "analysis=Sweep&swept=Frames&sample=pan+right&data=your+own+set"
    page.goto(f"{address}/ablation?{chosen}")
    ready(page)
    page.locator(".st-key-own_set input[type=file]").set_input_files(own_set)
    expect(page.get_by_text("6 clips of 3 classes")).to_contain_text("“dancing”")
    page.get_by_role("button", name="on 5 clips of your set “my walks.zip”").click()
    expect(page.get_by_text(re.compile("most are right at"))).to_contain_text(
        "of 4 clips of your set “my walks.zip”)"
    )
    expect(page.get_by_text("Not counted, as unreadable: 1 file")).to_contain_text("broken.mp4")
    ready(page)

    page.locator(".st-key-own_set input[type=file]").set_input_files(
        {"name": "other.zip", "mimeType": "application/zip", "buffer": b"PK rubbish"}
    )
    expect(page.get_by_text("is no .zip, or is cut off")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("values on"))).to_have_count(0)


def test_with_an_upload_made_clips_are_said_to_be_others(address, new_page, video):
    page = new_page()
    page.goto(f"{address}/ablation?analysis=Over+many+clips&clips=10")
    ready(page)
    page.get_by_role("radio", name="Upload").click()
    page.get_by_test_id("stSidebar").locator('input[type="file"]').set_input_files(video)
    said = page.get_by_text("Made clips are drawn by the computer")
    expect(said).to_contain_text("moving texture.mp4, the clip on the screen, is none of them")
    page.get_by_role("button", name=re.compile("variants on 10 made clips")).click()
    expect(page.get_by_text(re.compile("As trained the model is right for"))).to_contain_text(
        "of 10 made clips"
    )
