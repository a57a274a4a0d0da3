"""The page Collection in a real Chromium: 200 clips are filtered, sorted, labelled, opened."""

import os
import re
import time

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from sct.collection.labels import path_of, read
from sct.collection.query import Rows
from sct.collection.runs import open_run
from sct.collection.schema import Question
from tests.browser.acts import ready, wait_until
from tests.browser.axe_core import audit
from tests.sct.collection.made import header_of, write_clips, write_run

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

WAYS = [
    *("rested", "closed by keys", "another page", "hidden"),
    *("switched off", "another question", "another run"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of 200 generated clips; its path."""
    folder = tmp_path_factory.mktemp("collection")
    (folder / "videos").mkdir()
    (folder / "runs").mkdir()
    names, strips = write_clips(folder / "videos", 200)
    path = folder / "runs/shoot.parquet"
    write_run(path, 200, header=header_of(folder / "videos"), files=names, strips=strips, bad=3)
    return path


@pytest.fixture(scope="module")
def served(run, chromium_path, fresh_server, environment, tmp_path_factory):
    before = environment.get("SCT_COLLECTIONS")
    environment["SCT_COLLECTIONS"] = str(run.parent)
    with fresh_server(tmp_path_factory.mktemp("server") / "log.txt") as found:
        if before is None:
            del environment["SCT_COLLECTIONS"]
        else:
            environment["SCT_COLLECTIONS"] = before
        yield f"{found}/collection"


def cards(page):
    return page.locator("a.open")


def light_at_middle(card):
    """Whether a card shows a picture, and not an empty canvas."""
    return card.locator("canvas").evaluate(
        """(c) => {
          const d = c.getContext("2d").getImageData(c.width / 2, c.height / 2, 8, 8).data
          return d.some((v, i) => i % 4 === 3 && v === 255)
        }"""
    )


def test_a_run_is_filtered_sorted_labelled_and_opened(run, served, new_page):
    page = new_page(height=1600)
    page.goto(served)
    expect(cards(page)).to_have_count(24)
    ready(page)
    expect(page.get_by_text("200 windows of 200 files")).to_be_visible()
    for card in (cards(page).first, cards(page).nth(23)):
        wait_until(page, lambda card=card: light_at_middle(card))

    # A click on an answer leaves its clips, and the other charts follow.
    chart = page.locator(".js-plotly-plot").first.locator(".nsewdrag").bounding_box()
    page.mouse.click(chart["x"] + 60, chart["y"] + chart["height"] * 1.5 / 9)
    expect(page.get_by_role("button", name="camera: pan left")).to_be_visible()
    ready(page)
    labels = cards(page).locator(".answer .label").all_inner_texts()
    assert labels and set(labels) == {"pan left"}
    expect(page).to_have_url(re.compile(r"where=said\.camera"))
    chart = page.locator(".js-plotly-plot").nth(1).locator(".nsewdrag").bounding_box()
    page.mouse.move(chart["x"] + chart["width"] * 0.4, chart["y"] + 20)
    page.mouse.down()
    page.mouse.move(chart["x"] + chart["width"] * 0.99, chart["y"] + 60, steps=5)
    page.mouse.up()
    expect(page.get_by_role("button", name=re.compile("camera probability"))).to_be_visible()
    ready(page)
    shares = [float(t.strip("<>%")) for t in cards(page).locator(".share").all_inner_texts()]
    assert min(shares) > 30 and shares == sorted(shares)

    # Sorted otherwise.
    page.get_by_role("button", name="Clear all").click()
    expect(page.get_by_role("button", name="Clear all")).to_have_count(0)
    page.get_by_role("combobox", name=re.compile("Order")).click()
    page.get_by_role("option", name="Most changed when switched off").click()
    expect(page).to_have_url(re.compile("order=Most"))
    ready(page)
    changes = [
        abs(float(re.search(r"[−+]?([\d.]+) pp", text)[1]))
        for text in cards(page).locator(".effect").all_inner_texts()
    ]
    assert len(changes) == 24 and changes == sorted(changes, reverse=True)

    # A card plays under the pointer, and its arrows are drawn.
    first = page.locator("a.open", has=page.locator('.file[title^="pan-"]')).first
    first.hover()
    seen = set()

    def plays():
        seen.add(first.locator("canvas").evaluate("c => c.toDataURL()"))
        return len(seen) > 3

    wait_until(page, plays)

    # Labelled by keys, without waiting for anything.
    page.get_by_text("Label by keys").click()
    box = page.locator(".labelling")
    expect(box).to_be_focused()
    ready(page)
    for key in ("1", "Enter", "2", "Backspace", "3", "Enter"):
        page.keyboard.press(key)
    expect(box.locator(".caption")).to_contain_text("4 of 24 on this page have a label")
    page.wait_for_timeout(1000)  # it is sent once the keys rest
    ready(page)
    said = read(path_of(run))["camera"]
    wanted = Rows(open_run(run)).page("camera", sort="most changed", limit=4)
    given = ["static", wanted[1]["label"], "pan right", wanted[3]["label"]]
    keys = [(row["file"], row["window"]) for row in wanted]
    assert {key: one.label for key, one in said.items()} == dict(zip(keys, given, strict=True))
    expect(page.get_by_text("4 labelled", exact=True)).to_be_visible()

    # Opened by a click in Inspect: the same file, window and model.
    page.get_by_text("Label by keys").click()
    expect(cards(page)).to_have_count(24)
    ready(page)
    name = cards(page).nth(2).locator(".file").get_attribute("title")
    cards(page).nth(2).click()
    expect(page.locator(".sct-facts")).to_contain_text(name)
    ready(page)
    expect(page).to_have_url(re.compile(r"source=Collection"))
    assert f"file={name}" in page.url
    page.get_by_role("link", name="Back to the run").click()
    expect(cards(page)).to_have_count(24)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_window_and_goes_by_keys(served, new_page, scheme):
    page = new_page(width=375, height=800, scheme=scheme, reduced_motion="reduce")
    page.goto(served)
    expect(cards(page)).to_have_count(24)
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    wide = page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 0
    cards(page).first.focus()
    page.keyboard.press("ArrowRight")
    expect(cards(page).nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cards(page).nth(3)).to_be_focused()
    still = cards(page).nth(3).locator("canvas").evaluate("c => c.toDataURL()")
    page.wait_for_timeout(500)  # nothing plays by itself where motion is not wanted
    assert cards(page).nth(3).locator("canvas").evaluate("c => c.toDataURL()") == still
    page.keyboard.press("Enter")
    expect(page.locator(".sct-facts")).to_contain_text(".mp4")


@pytest.fixture(scope="module")
def before(run):
    """Another run over the same files; its path."""
    path = run.with_name("before.parquet")
    names = [row["file"] for row in Rows(open_run(run)).page("camera", sort="file", limit=200)]
    write_run(path, 200, header=header_of(run.parent.parent / "videos"), files=names, seed=4)
    os.utime(path, (0, 0))  # the newest run is shown at first
    return path


@pytest.mark.parametrize("way", WAYS)
def test_what_was_said_last_is_kept_however_the_page_is_left(run, before, served, new_page, way):
    page = new_page(height=1200)
    page.goto(f"{served}?run=shoot&label=true&order=By+file+and+time&p={1 + WAYS.index(way)}")
    expect(page.locator(".labelling")).to_be_visible()
    ready(page)
    page.locator(".labelling").focus()
    known = read(path_of(run)).get("camera", {})
    for key in "111":
        page.keyboard.press(key)
    if way == "rested":
        page.wait_for_timeout(700)
        page.goto("about:blank")
    elif way == "closed by keys":
        page.keyboard.down("Control")
        page.wait_for_timeout(250)
        page.close(run_before_unload=True)
    elif way == "another page":
        page.locator('[data-testid="stSidebarNavLink"][href$="/model"]').click()
    elif way == "switched off":
        page.get_by_text("Label by keys").click()
    elif way == "another question":
        page.get_by_test_id("stMain").get_by_role("radio", name="subject").click()
    elif way == "another run":
        page.get_by_role("combobox", name=re.compile("^Run|Run$")).first.click()
        page.get_by_role("option", name="before", exact=True).click()
    else:
        page.evaluate("""() => {
          Object.defineProperty(document, "visibilityState", { value: "hidden" })
          document.dispatchEvent(new Event("visibilitychange"))
        }""")
        page.wait_for_timeout(250)
        page.context.set_offline(True)
    end = time.monotonic() + 20
    while len(read(path_of(run)).get("camera", {})) < len(known) + 3:
        assert time.monotonic() < end, "what was said is lost"
        time.sleep(0.1)
    assert set(read(path_of(run))) == {"camera"} and not path_of(before).exists()


def test_an_answer_without_a_key_is_found_by_its_name(run, served, new_page, axe):
    path = run.with_name("many.parquet")
    asked = Question("", tuple(f"class {i}" for i in range(400)))
    videos = run.parent.parent / "videos"
    write_run(path, 30, header=header_of(videos, questions=(asked,), ablations=()))
    os.utime(path, (0, 0))
    page = new_page(height=900, reduced_motion="reduce")
    page.goto(f"{served}?run=many&label=true&order=By+file+and+time")
    box = page.locator(".labelling")
    expect(box).to_be_visible()
    ready(page)
    assert box.bounding_box()["height"] < 900
    expect(box.locator(".choice.model")).to_be_in_viewport()
    audit(page, axe)
    box.focus()
    page.keyboard.press("/")
    expect(box.locator(".search")).to_be_focused()
    page.keyboard.type("s 39")
    expect(box.locator(".choice")).to_have_count(400)
    expect(box.locator(".choice:not([hidden])")).to_have_count(11)
    expect(box.locator(".choice:not([hidden])").first).to_be_in_viewport()  # Enter takes it
    page.keyboard.press("Enter")
    expect(box).to_be_focused()
    expect(box.locator(".choice:not([hidden])")).to_have_count(400)
    page.keyboard.press("2")
    page.keyboard.press("/")
    page.keyboard.type("399")
    page.keyboard.press("Enter")
    page.wait_for_timeout(700)
    ready(page)
    said = [one.label for one in read(path_of(path))[""].values()]
    assert said == ["class 39", "class 1", "class 399"]
    path.unlink()


def test_a_run_that_is_gone_is_said_and_no_other_is_labelled(run, before, served, new_page):
    gone = run.with_name("gone.parquet")
    gone.write_bytes(before.read_bytes())
    page = new_page(height=1200)
    page.goto(f"{served}?run=gone&beside=before&label=true")
    expect(page.locator(".labelling")).to_be_visible()
    ready(page)
    page.locator(".labelling").focus()
    gone.unlink()
    page.keyboard.press("1")
    said = page.get_by_text('There is no run "gone" here any more: choose another.')
    expect(said).to_be_visible()
    ready(page)
    expect(page.locator(".labelling")).to_have_count(0)
    assert not path_of(gone).exists() and not path_of(before).exists()
    page.get_by_role("button", name="Clear value").click()
    expect(page).not_to_have_url(re.compile("beside="))
    page.get_by_role("combobox", name=re.compile("^Run|Run$")).first.click()
    page.get_by_role("option", name="shoot", exact=True).click()
    expect(page.locator(".labelling")).to_be_visible()
    ready(page)
    expect(said).to_have_count(0)
    expect(page.get_by_text('Labels of "gone" are not kept.')).to_be_visible()


def test_of_two_tabs_the_later_word_holds(run, served, new_page):
    def said():
        return [one.label for one in read(path_of(run)).get("subject", {}).values()]

    def open_tab():
        page = new_page(height=1200)
        page.goto(f"{served}?run=shoot&asks=subject&label=true&order=By+file+and+time")
        expect(page.locator(".labelling")).to_be_visible()
        ready(page)
        page.locator(".labelling").focus()
        return page

    def press(page, *keys):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(700)
        ready(page)

    first, labels = open_tab(), open_run(run).question("subject").labels
    press(first, "1")
    second = open_tab()
    press(second, "Backspace", "2")
    assert said() == [labels[1]]
    press(first, "1")
    assert sorted(said()) == sorted([labels[0], labels[1]])


@pytest.mark.parametrize(
    "state",
    ["", "panel=Map", "panel=Right+and+wrong", "beside=before&panel=Two+runs", "label=true"],
)
def test_axe_finds_nothing_and_nothing_is_too_wide(state, before, served, new_page, axe):
    page = new_page(reduced_motion="reduce")
    page.goto(f"{served}?run=shoot&{state}")
    expect(page.locator(".labelling" if "label" in state else "a.open").first).to_be_visible()
    ready(page)
    audit(page, axe)
    main = page.get_by_test_id("stMain")
    for width in (375, 800, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(400)
        assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 1, width
