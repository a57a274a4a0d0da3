"""The Motion lab: what it films, guessing, sweeps, and its clip on the other pages."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from sct.checkpoint import DEFAULT
from sct.evaluation.motion_sweep import Point
from sct.synthetic.clips import LABELS
from sct.synthetic.composite import QUESTIONS, answer_in
from sct.synthetic.spec import ClipSpec, fastest

PATH = "moves=object path;path=10,50+90,50"
ANSWER = 'class="sct-said"'
HOSTILE = "<img src=x onerror=alert(1)>"


def said(at):
    return " ".join(h.value for h in at.main.get("html"))


def markdown(at):
    return " ".join(m.value for m in at.main.markdown)


def controls(at):
    def find(node):
        for child in getattr(node, "children", {}).values():
            if child.type == "bidi_component" and child.proto.component_name == "sct_motionlab":
                return json.loads(child.proto.json)
            if (found := find(child)) is not None:
                return found
        return None

    return find(at.main)


def truth(player, at):
    """True motion of the middle patch in the frame of the player, in pixels (row, column)."""
    header, parts = player(at)
    middle = header["grid"] // 2
    return parts["motion"][0, header["view"]["frame"], middle, middle].astype(float).tolist()


def test_the_lab_shows_its_default_clip_with_answer_and_arrows(open_app, player):
    at = open_app("motion_lab")
    assert at.session_state["source"] == "Lab"
    header, _ = player(at)
    assert header["view"]["mode"] == "motion" and not header["veiled"]
    assert truth(player, at) == pytest.approx([0, -4], abs=0.01)
    assert ANSWER in said(at) and "<b>pan right</b> (truth)" in said(at)
    assert controls(at)["shot"]["moves"] == "pan right"
    assert "lab" not in at.query_params and not at.warning


@pytest.mark.parametrize("page", ["motion_lab", "attention"])
def test_a_link_restores_the_clip_on_every_page_that_shows_arrows(page, open_app, player):
    text = str(ClipSpec("tilt up", 12, seed=3))
    at = open_app(page, source="Lab", lab=text, mode="motion", stage="2")
    assert truth(player, at) == pytest.approx([12, 0], abs=0.01)
    assert at.query_params["lab"] == text and not at.warning


def test_the_other_pages_show_the_very_same_clip(open_app):
    at = open_app(source="Lab", lab=PATH)
    assert "object path, scene 8" in said(at) and "<dd>object moves right</dd>" in said(at)
    assert any("object path" in c.value for c in at.sidebar.caption)
    for page in ("ablation", "buckets"):
        at = open_app(page, source="Lab", lab=PATH)
        assert at.title and not at.error and not at.warning and not at.info
        assert at.query_params["lab"] == PATH


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        "moves=pan up",
        "speed=1e999",
        "speed=nan",
        "moves=object path",
        "moves=object path;path=50,50",
        "moves=object path;path=" + "+".join(["5,5"] * 4000),
        "moves=camera path;path=900,900+1,1",
        "x" * 20_000,
        "\x00",
        "seed=99999999999999999999",
        "🎬=1",
    ],
    ids=lambda text: text[:30],
)
def test_a_hostile_link_gives_a_notice_and_the_default(text, open_app, notices):
    at = open_app(source="Lab", lab=text)
    (notice,) = notices(at)
    assert "Clip of the Motion lab" in notice.value
    assert "<img" not in notice.value.replace("\\<", "") and len(notice.value) < 2000
    assert "<dd>pan right, 4 pixels a frame, scene 8</dd>" in said(at)
    assert "lab" not in at.query_params and not notices(at.run())


@pytest.mark.parametrize(
    "shot",
    [
        ClipSpec("pan left", 120, "plain", 80, 8, 0.8),
        ClipSpec("zoom in", 10, "checks"),
        ClipSpec("object goes away", 4, noise=80),
        ClipSpec("static", texture="plain"),
        ClipSpec("pan right", 0),
        ClipSpec("camera path", path=((-50, -50), (150, 150))),
        ClipSpec("object path", path=((-50, -50), (-50, -50))),
    ],
    ids=str,
)
def test_the_ends_of_all_sliders_leave_the_page_standing(shot, open_app, player):
    at = open_app("motion_lab", lab=str(shot))
    assert ANSWER in said(at) and not at.error and not at.warning
    assert controls(at)["shot"]["moves"] == shot.moves


def test_another_clip_in_the_sidebar_is_said_and_the_way_back_is_one_click(open_app, check):
    at = open_app("motion_lab", lab="moves=tilt up;speed=3")
    at.get_by_key("source").set_value("Sample")
    check(at.run())
    assert "The sidebar shows another clip" in at.info[0].value
    check(at.button(key="lab_back").click().run())
    assert at.session_state["source"] == "Lab" and controls(at)["shot"]["moves"] == "tilt up"


def guess(at, number, label, question):
    title = "An object" if label.startswith("object") else "The camera"
    title = f"The {question}" if question else title
    at.get_by_key(f"_guess_picked{number}{title}").set_value(label)


@pytest.mark.parametrize(
    ("model", "question", "labels"),
    [("sct-motion", "", LABELS), *((DEFAULT, name, labels) for name, labels in QUESTIONS)],
)
def test_guess_first_hides_everything_until_it_is_answered(
    model, question, labels, open_app, check, player
):
    at = open_app("motion_lab", guess="true", model=model, question=question)
    found = at.session_state["_guess"]
    header, _ = player(at)
    assert header["veiled"] and ANSWER not in said(at) and controls(at) is None
    assert not at.get("plotly_chart") and "lab" not in at.query_params
    assert found.spec.moves in LABELS and found.model in labels

    truth = answer_in(found.spec.label, labels)
    wrong = next(label for label in labels[1:9] if label != truth)
    guess(at, 1, wrong, question)
    check(at.run())
    header, _ = player(at)
    assert not header["veiled"] and ANSWER in said(at)
    assert "Wrong" in at.error[0].value
    model_right = found.model == truth
    score = markdown(at)
    assert f"Score of 1: you **0**, the model **{int(model_right)}**" in score
    assert ClipSpec.parse(at.query_params["lab"]) == found.spec

    check(at.button(key="next").click().run())
    again = at.session_state["_guess"]
    assert again.number == 2 and not again.answered and player(at)[0]["veiled"]
    guess(at, 2, answer_in(again.spec.label, labels), question)
    check(at.run())
    assert "You: " in at.success[0].value
    assert "Score of 2: you **1**" in markdown(at)


def test_surprises_can_be_filmed_and_seen():
    from pages.motion_lab.guess import surprise

    drawn = [surprise(LABELS, random.Random(i)) for i in range(300)]
    assert {shot.moves for shot in drawn} == set(LABELS)
    assert all(1 <= s.speed <= fastest(s.moves) for s in drawn if fastest(s.moves))
    assert surprise(("other",), random.Random(0)).moves in LABELS


@pytest.fixture
def quick(monkeypatch):
    """Points that cost nothing; the values that were asked for."""
    from pages.cache import inference

    asked = []

    def point(loaded, shot, field, value, ablation):
        asked.append((field, value, ablation.offsets))
        return Point(value, shot.label, (1 / (1 + value), 0.5), 1)

    monkeypatch.setattr(inference, "sweep_point", point)
    return asked


def lines(at):
    (chart,) = at.get("plotly_chart")
    return [t for t in json.loads(chart.proto.spec)["data"] if t.get("name")]


def test_a_sweep_draws_its_points_and_keeps_them(open_app, check, quick):
    at = open_app("motion_lab", lab="moves=pan left;speed=6")
    assert lines(at) == []
    assert "within its chunk, 56 pixels wide, 1 frame back" in markdown(at)
    check(at.button(key="sweep_run").click().run())
    assert len(quick) == 16 and quick[-1] == ("speed", 120, ())
    (line,) = lines(at)
    assert len(line["x"]) == 16
    marks = json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]["shapes"]
    assert [m["x0"] for m in marks] == [56, 112]
    # Where the means of `quick` cross one half: at 1 pixel a frame, 1/56 of a chunk.
    assert "begins to fail at 1 pixels a frame**" in markdown(at)
    assert "move 1 pixels, 0.02 times the width of a chunk of stage 1 (56 pixels)" in markdown(at)
    check(at.run())
    assert len(lines(at)) == 1 and len(quick) == 16

    at.get_by_key("back").set_value("2")
    check(at.run())
    marks = json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]["shapes"]
    assert [m["x0"] for m in marks] == [28, 56]
    assert "56 pixels wide, 2 frames back. Press Sweep" in markdown(at)
    check(at.button(key="sweep_run").click().run())
    assert quick[-1] == ("speed", 120, (2,))
    assert [t["name"] for t in lines(at)] == ["looks back by 1", "looks back by 2"]
    assert "move 2 pixels, 0.04 times the width" in markdown(at)


def test_a_slider_leaves_the_chart_of_a_sweep_as_it_is(open_app, check, quick):
    """To draw it anew in the browser takes as long as all the rest; what moves stands above it."""
    at = open_app("motion_lab", lab="moves=pan left;speed=6")
    check(at.button(key="sweep_run").click().run())
    before = at.get("plotly_chart")[0].proto.spec
    assert "this clip: 6<" in said(at)
    at.session_state["_url_values"]["lab"] = "moves=pan left;speed=20"
    check(at.run())
    assert at.get("plotly_chart")[0].proto.spec == before and "this clip: 20<" in said(at)


def test_a_sweep_that_is_cut_short_leaves_nothing_half_done(open_app, check, quick, monkeypatch):
    from pages.cache import inference

    at = open_app("motion_lab", sweep="noise")

    def fail(loaded, shot, field, value, ablation):
        if value > 10:
            raise ValueError("cut <b>short</b>")
        return Point(value, shot.label, (0.5,), 1)

    monkeypatch.setattr(inference, "sweep_point", fail)
    check(at.button(key="sweep_run").click().run())
    assert "Cut" in at.error[0].value and "<b>" not in at.error[0].value
    check(at.run())
    assert lines(at) == [] and not at.error


@pytest.mark.parametrize(
    ("shot", "sentence"),
    [
        ("moves=static", "has no speed to change"),
        ("moves=object path;path=10,10+90,90", "has no speed to change"),
    ],
)
def test_what_cannot_be_swept_is_said(shot, sentence, open_app):
    at = open_app("motion_lab", lab=shot)
    assert sentence in at.info[0].value
    at = open_app("motion_lab", lab="moves=object path;path=10,10+90,90", sweep="noise")
    assert "No label names this path" in at.info[0].value


def test_the_point_of_a_sweep_is_what_the_model_says(open_app):
    from pages.cache import inference, models

    at = open_app("motion_lab")
    loaded = models.load(at.get_by_key("model").value)
    if not loaded.card.get("measured"):
        pytest.skip("needs a trained model")
    from sct.model.ablation import Ablation

    found = inference.sweep_point(loaded, ClipSpec("pan left"), "noise", 0.0, Ablation())
    assert np.mean(found.probability) > 0.8 and found.right == len(found.probability)
    assert replace(found, right=0).mean == found.mean
