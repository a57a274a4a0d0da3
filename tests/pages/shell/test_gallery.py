"""Samples in the sidebar: which one is shown, in the address too, and whom it is owed to."""

import pytest

from sct.samples.catalogue import FIRST, SCENE, samples


def caption(at):
    return " ".join(each.value for each in (*at.sidebar.caption, *at.sidebar.markdown))


def facts(at):
    return " ".join(each.proto.body for each in at.main.get("html"))


def test_the_app_opens_on_a_real_clip_that_is_not_in_the_address(open_app, chosen):
    at = open_app(sample=None)
    assert chosen(at) == FIRST and samples()[FIRST].group == "real"
    assert "sample" not in at.query_params and not at.warning
    assert f"<dd>{FIRST}.mp4</dd>" in facts(at) and "<dd>camera static</dd>" in facts(at)
    assert not [each for each in at.sidebar.number_input if each.key == "scene"]


@pytest.mark.parametrize("name", ["car", "flower"])
def test_source_and_licence_are_in_the_sidebar_and_among_the_facts(open_app, name):
    at, credit = open_app(sample=name), samples()[name].credit
    for text in (credit.project, credit.url, credit.licence, credit.licence_url, credit.changes):
        assert text in caption(at) and text in facts(at)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({}, False),
        ({"training": {"footage": []}}, False),
        ({"training": {"footage": ["videos"]}}, True),
        ({"recipe": [{"command": "python -m sct train --footage videos"}]}, True),
        ({"recipe": "nonsense", "training": 3}, False),
    ],
)
def test_it_says_that_the_model_learned_from_a_clip_if_its_card_does(
    open_app, monkeypatch, card, said
):
    from pages.cache import checkpoints

    own = checkpoints.card_of
    plain = ("training", "recipe")

    def changed(name):
        found, wrong = own(name)
        return {k: v for k, v in found.items() if k not in plain} | card, wrong

    monkeypatch.setattr(checkpoints, "card_of", changed)
    assert ("The model learned from this clip" in caption(open_app(sample="car"))) == said
    assert "learned from this clip" not in caption(open_app(sample="pan right"))


def test_a_made_sample_says_that_its_truth_is_known_and_one_that_fools_why(open_app, chosen):
    at = open_app(sample="zoom in", scene="3")
    assert chosen(at) == "zoom in" and "the truth is known" in caption(at)
    assert at.number_input(key="scene").value == 3 and "<dd>zoom in</dd>" in facts(at)
    at = open_app(sample="barber pole")
    assert chosen(at) == "barber pole" and samples()["barber pole"].seen in caption(at)
    assert at.number_input(key="scene").value == SCENE
    assert "<dd>camera static</dd>" in facts(at) and "Licence" not in facts(at)
    at.number_input(key="scene").set_value(2).run()
    assert "barber pole, scene 2" in facts(at)


def test_a_link_that_names_a_scene_alone_means_the_former_first_sample(open_app, chosen, notices):
    at = open_app(sample=None, scene="5")
    assert chosen(at) == "pan right" and "<dd>pan right, seed 5</dd>" in facts(at)
    assert not notices(at)


def test_a_scene_does_not_stay_in_the_address_of_a_real_clip(open_app, chosen):
    at = open_app(sample="flower", scene="5")
    assert chosen(at) == "flower" and "scene" not in at.query_params


@pytest.mark.parametrize("text", ["nothing", "<b>car</b>", "car.mp4", "Car", ""])
def test_an_unknown_sample_is_said_and_the_first_one_chosen(open_app, text, chosen):
    at = open_app(sample=text)
    assert chosen(at) == FIRST and "sample" not in at.query_params
    assert "no sample has that name" in at.warning[0].value


@pytest.mark.parametrize("page", ["attention", "buckets", "ablation", "attribution", "learn"])
@pytest.mark.parametrize("sample", [None, "static noise", "black frames"])
def test_every_page_shows_a_clip_without_a_truth(open_app, page, sample, chosen):
    assert chosen(open_app(page, sample=sample, quick=True)) == (sample or FIRST)


def test_the_command_for_a_real_sample_names_its_file(open_app):
    at = open_app("ablation", sample=None)
    assert "predict sct/samples/car.mp4" in " ".join(code.value for code in at.code)
    at = open_app("ablation", sample="wagon wheel")
    assert "wagon" not in " ".join(code.value for code in at.code)
