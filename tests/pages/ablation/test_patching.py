"""Taking parts from another clip on the Ablation page: what it shows is what the core says."""

import csv
import io
import json

import numpy as np
import pytest

import sct
from pages.ablation import patching
from pages.cache import models
from sct.ablation_study import Source, list_sites, patch_sites, reversed_clip
from sct.samples.catalogue import samples
from sct.sites import Site
from sct.synthetic.clips import make_clip

TAKE = {"analysis": "Take from another clip"}


def figure(at):
    (found,) = [c for c in at.get("plotly_chart") if c.proto.id.endswith("-lab_patching")]
    return json.loads(found.proto.spec)["data"]


def press(at, check):
    at.button(key="patching_run").click()
    return check(at.run())


def said(at):
    return next(m.value for m in at.markdown if "carries most" in m.value)


@pytest.fixture(scope="module")
def model():
    return models.load(sct.list_models()[0]).model


@pytest.fixture(scope="module")
def frames(model):
    made = [make_clip(label, 8).as_clip() for label in ("pan right", "zoom in")]
    return [sct.preprocess(clip, model.config.image_size) for clip in made]


def test_heads_of_the_reversed_clip_wait_for_a_click(open_app, check, model, frames):
    at = open_app("ablation", **TAKE)
    assert not [c for c in at.get("plotly_chart") if "lab_patching" in c.proto.id]
    heat, marks = figure(at := press(at, check))
    found = patch_sites(model, frames[0], reversed_clip(frames[0]), list_sites(model.config))
    got = [v for row in heat["z"] for v in row if v is not None]
    assert got == pytest.approx(found.difference[0], abs=1e-3)
    assert len(marks["x"]) == sum(map(len, model.config.grounded_heads))
    parts = [i for i, s in enumerate(found.sites) if s.head is None and s.part != "stage"]
    most = max(parts, key=lambda i: found.recovery[0, i])
    assert patching._capital(patching._name(found.sites[most])) in said(at)
    assert f"by {abs(found.difference[0, most]):.2f}" in said(at)
    assert "camera pan right" in said(at) and "against **pan left**" in said(at)
    name = sct.list_models()[0]
    command = f"python -m sct patch clip.mp4 --model {name} --question camera --from reversed"
    assert at.code[-1].value == f"{command} --grid heads"


def test_everything_is_in_the_link(open_app, check, model, frames):
    query = {"taken": "zoom in", "taking": "Frames", "rival": "static", "hashings": "2"}
    query |= {"class": "pan right", "over": "true", "ablate": "clip=mean"}
    at = press(open_app("ablation", scene="8", **TAKE, **query), check)
    made = make_clip("zoom in", patching.SCENE).as_clip()
    source = Source(sct.preprocess(made, model.config.image_size))
    found = patch_sites(
        model, frames[0], source, list_sites(model.config, "frames"), "pan right", "static",
        sct.Ablation(clip="mean"), (0, 1),
    )  # fmt: skip
    got = [v for row in figure(at)[0]["z"] for v in row if v is not None]
    assert got == pytest.approx(found.difference.mean(0), abs=1e-3)
    assert "over 2 seeds" in said(at) and "in frame" in said(at)
    command = at.code[-1].value
    for each in ("--from other.mp4", "--grid frames", "--against static", "--seeds 2",
                 "--target 'pan right'", "--ablate clip=mean"):  # fmt: skip
        assert each in command
    assert "--match" not in command


def test_a_real_source_has_its_place_in_the_command(open_app):
    at = open_app("ablation", taken=samples()["flower"].title, sample=None, **TAKE)
    assert "--from sct/samples/flower.mp4 --from-start " in at.code[-1].value
    at = open_app("ablation", matched="Same place in time", **TAKE)
    assert at.code[-1].value.endswith("--from reversed --grid heads --match place")


@pytest.mark.parametrize(
    "wrong", [{"taken": "<b>x"}, {"rival": "99"}, {"hashings": "99"}, {"taking": "Tokens"}]
)
def test_what_is_not_there_is_said_and_the_page_goes_on(open_app, wrong):
    at = open_app("ablation", **TAKE, **wrong)
    assert "cannot be had here" in at.warning[0].value
    keys = [button.key for button in at.button]
    assert "patching_run" in keys or figure(at)  # what is shown instead may be known already


def test_a_class_against_itself_is_a_sentence(open_app, check):
    at = press(open_app("ablation", **TAKE, rival="static", **{"class": "static"}), check)
    assert "another class" in at.error[0].value


def made(recovery, heads=()):
    """What was found of a clip 8 log-odds from its source: one part and three heads."""
    sites = (Site(1, "shifted"), *(Site(2, "shifted", h) for h in range(len(heads))))
    change = np.array([[-8 * r for r in (recovery, *heads)]])
    ends = np.array([[4.0, 4.0]]), np.array([[-4.0, -4.0]])
    answers = ("a",) * len(sites)
    return patching.Patched(
        sites, 0, "a", 1, "b", (0,), *ends, change, change, "a", "b", answers
    )  # fmt: skip


def test_the_sentence_tells_one_head_from_heads_that_stand_in_for_each_other():
    config = sct.SCTConfig(labels=("a", "b"), num_classes=2, grounded_heads=((), (0,), ()))
    one = patching._finding(config, made(0.9, (0.5, 0.1)), "the source")
    assert "fall by 7.20, 90.0% of the way to the source; the answer stays a." in one
    assert "Of single heads **head 0 of stage 2’s shifted attention** (grounded)" in one
    none = patching._finding(config, made(0.9, (-0.2, 0.1)), "the source")
    assert "No single head carries it alone: the furthest goes **head 1 of" in none
    assert "with −0.80, 10.0% of the way" in none
    assert "No part moves" in patching._finding(config, made(0.0, (0.0,)), "the source")


def test_where_clip_and_source_agree_it_is_said():
    found = made(0.9, (0.5,))
    assert patching._agree(found, "the source") == ""
    found.source[:] = found.clip
    assert "no recovery to speak of" in patching._agree(found, "the source")


def test_the_csv_has_every_site(open_app, check, model):
    from pages.widgets.figures import csv_bytes

    rows = list(
        csv.DictReader(io.StringIO(csv_bytes(made(0.9, (0.5,)).table(model.config)).decode()))
    )
    assert [row["site"] for row in rows] == ["1.shifted", "2.shifted.0"]
    assert float(rows[0]["recovery"]) == pytest.approx(0.9)


def test_an_upload_that_was_looked_at_before_is_a_source(open_app, check, film, model, frames):
    path = film("mine.mp4")
    at = open_app(source="Upload")
    at.file_uploader(key="upload").upload("mine.mp4", path.read_bytes())
    check(at.run())
    at.segmented_control(key="source").set_value("Sample")
    check(at.run())
    at.query_params["analysis"] = TAKE["analysis"]
    check(at.switch_page("../ablation/page.py").run())
    title = "“mine.mp4”, looked at before"
    assert title in at.selectbox(key="taken").options
    at.selectbox(key="taken").set_value(title)
    check(at.run())
    heat, _ = figure(at := press(at, check))
    clip = sct.read_clip(path.read_bytes(), frames=model.config.frames)
    other = Source(sct.preprocess(clip, model.config.image_size))
    found = patch_sites(model, frames[0], other, list_sites(model.config))
    got = [v for row in heat["z"] for v in row if v is not None]
    assert got == pytest.approx(found.difference[0], abs=2e-3)
