"""The gallery of samples in a real Chromium: seen, chosen by pointer and keys, in the address."""

import os
import re

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from sct.samples.catalogue import samples
from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


def card(page, name):
    return page.locator(".gallery").get_by_role("button", name=name, exact=True)


def chosen(page):
    return page.locator('.gallery .sample[aria-pressed="true"]')


def facts(page):
    return page.locator(".sct-facts")


@pytest.fixture
def opened(new_page, address):
    def go(path="", **more):
        page = new_page(**more)
        page.goto(f"{address}/{path}")
        ready(page)
        return page

    return go


def arrived(card):
    """The width of a thumbnail's picture, once it has come."""
    return card.locator(".pic").evaluate(
        """async (pic) => {
          const image = new Image()
          image.src = getComputedStyle(pic).backgroundImage.slice(5, -2)
          await image.decode()
          return image.naturalWidth
        }"""
    )


def test_the_first_screen_shows_a_real_clip_and_says_whose_it_is(opened):
    page = opened()
    expect(chosen(page)).to_have_attribute("aria-label", "car")
    own = [s.name for s in samples().values() if s.group == "real"]
    cards = page.locator(".gallery .sample:visible")
    assert [c.get_attribute("aria-label") for c in cards.all()] == own
    assert all(arrived(c) == 8 * 96 for c in cards.all())
    sidebar, credit = page.get_by_test_id("stSidebar"), samples()["car"].credit
    for text, url in ((credit.project, credit.url), (credit.licence, credit.licence_url)):
        expect(sidebar.get_by_role("link", name=text)).to_have_attribute("href", url)
    for text in ("car.mp4", credit.licence, credit.url):
        expect(facts(page)).to_contain_text(text)


def test_a_click_chooses_and_the_address_follows(opened):
    page = opened()
    card(page, "flower").click()
    expect(facts(page)).to_contain_text("flower.mp4")
    expect(page).to_have_url(re.compile("sample=flower"))
    expect(chosen(page)).to_have_attribute("aria-label", "flower")
    page.get_by_role("button", name="Made", exact=True).click()
    expect(card(page, "flower")).to_be_hidden()
    card(page, "tilt up").click()
    expect(facts(page)).to_contain_text("tilt up, seed 8")
    page.locator('input[aria-label="Scene"]').fill("4")
    page.keyboard.press("Enter")
    expect(facts(page)).to_contain_text("tilt up, seed 4")
    expect(page).to_have_url(re.compile(r"sample=tilt(\+|%20)up"))
    expect(page).to_have_url(re.compile("scene=4"))
    ready(page)

    page.reload()
    ready(page)
    expect(chosen(page)).to_have_attribute("aria-label", "tilt up")
    expect(facts(page)).to_contain_text("tilt up, seed 4")
    page.get_by_role("button", name="Real", exact=True).click()
    card(page, "car").click()
    expect(facts(page)).to_contain_text("car.mp4")
    ready(page)
    assert "sample" not in page.url and "scene" not in page.url
    # It is another page's clip as well.
    card(page, "worker").click()
    expect(facts(page)).to_contain_text("worker.mp4")
    page.get_by_role("link", name="Shifted attention", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shifted attention")
    ready(page)
    expect(page).to_have_url(re.compile("sample=worker"))
    expect(chosen(page)).to_have_attribute("aria-label", "worker")


def test_keys_go_through_the_gallery_and_choose(opened):
    page = opened()
    page.get_by_role("button", name="To fool it", exact=True).click()
    page.keyboard.press("Tab")  # the group's one card that the Tab key stops at
    expect(card(page, "static noise")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(card(page, "black frames")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(card(page, "barber pole")).to_be_focused()
    page.keyboard.press("ArrowDown")  # there is no further line
    expect(card(page, "barber pole")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert "sample" not in page.url  # to look is not to choose
    page.keyboard.press("Enter")
    expect(facts(page)).to_contain_text("barber pole, scene 8")
    expect(page).to_have_url(re.compile(r"sample=barber(\+|%20)pole"))
    expect(page.get_by_test_id("stSidebar")).to_contain_text(samples()["barber pole"].seen)
    expect(card(page, "barber pole")).to_be_focused()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_thumbnail_plays_under_the_pointer_unless_motion_is_not_wanted(opened, motion):
    page = opened("?sample=heads", reduced_motion=motion)
    pic = card(page, "worker").locator(".pic")
    expect(pic).to_have_css("animation-name", "none")
    card(page, "worker").hover()
    expect(pic).to_have_css("animation-name", "none" if motion == "reduce" else "play")


@pytest.mark.parametrize(
    ("sample", "width", "scheme"),
    [
        ("car", 1400, "light"),
        ("car", 390, "dark"),
        ("object spins clockwise", 1400, "dark"),
        ("object spins clockwise", 390, "light"),
        ("static noise", 390, "dark"),
    ],
)
def test_it_fits_the_sidebar_of_a_wide_and_of_a_narrow_window(opened, sample, width, scheme):
    page = opened(f"?sample={sample}", width=width, height=1300, scheme=scheme)
    if width < 700:
        page.get_by_test_id("stExpandSidebarButton").click()
    expect(chosen(page)).to_be_visible()
    gallery = page.locator(".gallery")
    page.wait_for_timeout(1000)  # until the sidebar has slid in
    assert gallery.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    own = gallery.bounding_box()
    for each in gallery.locator(".sample:visible").all():
        pic, name = each.locator(".pic").bounding_box(), each.locator(".name")
        assert abs(pic["width"] - pic["height"]) < 1 and pic["width"] >= 44
        assert pic["x"] >= own["x"] - 1 and pic["x"] + pic["width"] <= own["x"] + own["width"] + 1
        assert name.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    # Beside the others the chosen one has a ring that can be seen.
    ring = chosen(page).locator(".pic").evaluate("e => getComputedStyle(e).borderTopColor")
    plain = gallery.locator('.sample:visible[aria-pressed="false"] .pic').first
    assert ring != plain.evaluate("e => getComputedStyle(e).borderTopColor")


def test_an_unknown_sample_is_said(opened):
    page = opened("?sample=%3Cb%3Ecar%3C%2Fb%3E")
    expect(page.get_by_test_id("stAlert")).to_contain_text("“<b>car</b>” cannot be had here")
    expect(chosen(page)).to_have_attribute("aria-label", "car")
