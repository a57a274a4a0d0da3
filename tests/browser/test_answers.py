"""Answers in a real Chromium: to both questions, sure or not, and of a model with one question."""

import os
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

import sct
from sct.checkpoint.certainty import answers
from sct.samples.catalogue import samples
from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def said():
    """What the default model says of each sample: name -> answers."""
    model, card = sct.load_with_card(device="cpu")
    found = {}
    for sample in samples().values():
        clip = sample.open(frames=model.config.frames, size=model.config.image_size)[1]
        with torch.inference_mode():
            output = model(sct.preprocess(clip, model.config.image_size))
        given = model.config, output.logits[0], output.embedding[0]
        found[sample.name] = answers(card, sct.Ablation(), *given)
    return found


@pytest.fixture
def opened(new_page, address):
    def go(**asked):
        page = new_page()
        page.goto(f"{address}/?{urlencode(asked)}")
        ready(page)
        return page

    return go


def test_the_first_screen_shows_a_real_clip_the_gallery_and_both_answers(opened, said):
    page = opened()
    expect(page.locator('.gallery .sample[aria-pressed="true"]')).to_have_count(1)
    for question in ("camera", "subject"):
        expect(page.get_by_text(f"What does the {question} do?")).to_be_visible()
    assert all(one.judged.sure for one in said["car"])  # what opens is what the model can do
    expect(page.get_by_text("Not sure:")).to_have_count(0)


def test_an_answer_that_is_not_sure_says_so_and_links_to_what_the_model_cannot_do(opened, said):
    name, unsure = next(
        (name, one)
        for name, every in said.items()
        for one in every
        if one.judged.sentence.startswith("Not sure")
    )
    page = opened(sample=name)
    told = f"Not sure: {unsure.question} {unsure.labels[unsure.best]}"
    expect(page.get_by_text(re.compile(rf"{told} [\d.]+%, [\w -]+ [\d.]+%\."))).to_be_visible()
    page.get_by_role("link", name="What this model cannot do").click()
    expect(page.get_by_text("What it cannot do", exact=True)).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["sample"] == [name]


def test_a_model_of_one_question_gives_one_answer(opened):
    page = opened(model="sct-motion")
    expect(page.get_by_role("heading", name="The model says")).to_be_visible()
    expect(page.get_by_text("What does the")).to_have_count(0)
    expect(page.get_by_role("radiogroup", name="Question")).to_have_count(0)


def test_the_question_that_pages_explain_is_chosen_in_the_sidebar(opened):
    page = opened(question="subject")
    page.get_by_role("link", name="Attribution").click()
    expect(page.get_by_role("heading", name="Why subject")).to_be_visible()
