"""The analyses of the Ablation page: what they show is what the core says; links; what is kept."""

import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import sct
from pages.ablation import data as clip_data
from pages.ablation import many_clips
from pages.cache import models
from sct import ablation_study
from sct.errors import OutOfMemory
from sct.evaluation.statistics import holm, mcnemar
from sct.synthetic.clips import make_clip


def figure(at, name):
    (found,) = [c for c in at.get("plotly_chart") if c.proto.id.endswith(f"-lab_{name}")]
    return json.loads(found.proto.spec)["data"]


def press(at, check, key):
    at.button(key=key).click()
    return check(at.run())


@pytest.fixture(scope="module")
def model():
    return models.load(sct.list_models()[0]).model


@pytest.fixture(scope="module")
def frames(model):
    return sct.preprocess(make_clip("pan right", 8).as_clip(), model.config.image_size)


def test_parts_are_ranked_at_once_as_the_core_ranks_them(open_app, model, frames):
    at = open_app("ablation")
    (bars,) = figure(at, "one-at-a-time")
    want = ablation_study.one_at_a_time(model, frames).ranked()
    assert [name for name, _ in bars["customdata"]] == [e.component.name for e in want]
    assert bars["x"] == pytest.approx([e.log_odds for e in want], abs=1e-4)
    name = sct.list_models()[0]
    command = f"python -m sct ablate clip.mp4 --model {name} --question camera"
    assert at.code[-1].value == command


def test_the_class_and_the_base_are_those_of_the_link(open_app, model, frames):
    query = {"class": "tilt up", "over": "true", "ablate": "clip=mean"}
    at = open_app("ablation", **query)
    base, target = sct.Ablation(clip="mean"), model.config.labels.index("tilt up")
    want = ablation_study.one_at_a_time(model, frames, target, base)
    (bars,) = figure(at, "one-at-a-time")
    assert bars["x"] == pytest.approx([e.log_odds for e in want.ranked()], abs=1e-4)
    assert "Clip encoder" not in [name for name, _ in bars["customdata"]]
    assert "--target 'tilt up' --ablate clip=mean" in at.code[-1].value


@pytest.mark.parametrize("wanted", ["99", "-1", "<b>x"])
def test_a_class_that_is_not_there_is_said_and_the_likeliest_shown(open_app, wanted):
    at = open_app("ablation", **{"class": wanted})
    assert "Effect on the class" in at.warning[0].value and "most likely" in at.warning[0].value
    assert figure(at, "one-at-a-time")


def test_heads_wait_for_a_click_and_grounded_ones_are_marked(open_app, check, model, frames):
    at = open_app("ablation", analysis="Head by head")
    assert not [c for c in at.get("plotly_chart") if "lab_" in c.proto.id]
    heat, marks = figure(press(at, check, "heads_run"), "head-by-head")
    want = [e.log_odds for e in ablation_study.head_by_head(model, frames).effects]
    got = [v for row in heat["z"] for v in row if v is not None]
    assert got == pytest.approx(want, abs=1e-4)
    assert len(marks["x"]) == sum(map(len, model.config.grounded_heads))
    assert not [b for b in at.button if b.key == "heads_run"]  # it is known now, also elsewhere
    again = open_app("ablation", analysis="Head by head")
    assert figure(again, "head-by-head")[0]["z"] == heat["z"]
    assert "--parts heads" in again.code[-1].value


def test_out_of_memory_is_a_sentence_and_the_page_goes_on(open_app, check, monkeypatch):
    def none(*_, **__):
        raise OutOfMemory("Memory ran out: said in one sentence.")

    at = open_app("ablation", analysis="Pairs", pairs="2")
    with monkeypatch.context() as patched:
        patched.setattr(ablation_study, "pairs", none)
        at = press(at, check, "pairs_run")
    (error,) = at.error
    assert error.value.replace("\\", "") == "Memory ran out: said in one sentence."
    assert not [c for c in at.get("plotly_chart") if "lab_" in c.proto.id]
    at = press(at, check, "pairs_run")
    assert not at.error and figure(at, "pairs")


def test_with_everything_off_nothing_is_ranked(open_app):
    at = open_app("ablation", over="true", ablate="shifted=off;lsh=off;vilt=off;clip=mean")
    assert any(c.value.startswith("Everything is off already") for c in at.caption)
    assert not [c for c in at.get("plotly_chart") if "lab_" in c.proto.id]


def test_pairs_are_of_the_parts_with_the_largest_effect(open_app, check, model, frames):
    at = press(open_app("ablation", analysis="Pairs", pairs="3"), check, "pairs_run")
    top = [e.component for e in ablation_study.one_at_a_time(model, frames).ranked()[:3]]
    want = ablation_study.pairs(model, frames, top).interaction
    heat = figure(at, "pairs")[0]
    got = np.array([[np.nan if v is None else v for v in row] for row in heat["z"]])
    off = ~np.eye(3, dtype=bool)
    assert got[off] == pytest.approx(want[off], abs=1e-3) and np.isnan(got[~off]).all()
    at.slider(key="pairs").set_value(4)
    at = check(at.run())
    assert any("Still shown: the top 3 parts" in c.value for c in at.caption)
    assert figure(at, "pairs")[0]["z"] == heat["z"]


def test_over_many_clips_all_variants_see_the_same(open_app, check, model):
    query = {"analysis": "Over many clips", "compare": "The variants above", "clips": "10"}
    at = open_app("ablation", kept="still~order=repeat-first", **query)
    at = press(at, check, "clips_run")
    variants = [
        ablation_study.Variant(t, sct.Ablation.parse(t)) for t in ("none", "order=repeat-first")
    ]
    want = ablation_study.over_clips(model, "composite", variants, 10)
    (dots,) = figure(at, "over-clips")
    assert dots["x"] == pytest.approx([s.accuracy for s in want])
    assert dots["error_x"]["array"] == pytest.approx([s.ci95[1] - s.accuracy for s in want])
    assert [name for name, _ in dots["customdata"]] == ["as trained", "still"]
    assert "--data composite" in at.code[-1].value
    assert "--limit 10 --variants none order=repeat-first" in at.code[-1].value
    (said,) = [m.value for m in at.markdown if m.value.startswith("As trained the model is")]
    assert f"**{want[0].right} of 10 made clips**" in said


def _scores(*rows):
    """(name, right, gains, losses) of variants on 100 clips, of which 80 were right as trained."""
    p = [mcnemar(gains, losses) for *_, gains, losses in rows]
    return [
        ablation_study.Score(
            name, "", right, 100, right / 100, (0, 1), gains, losses, own, {}, adjusted
        )
        for (name, right, gains, losses), own, adjusted in zip(rows, p, holm(p), strict=True)
    ]


def test_the_verdict_is_of_all_variants_and_not_of_the_lowest_alone():
    # The lowest differs on many clips either way; another differs on few, all of them losses.
    said = many_clips._verdict(_scores(("noisy", 70, 20, 30), ("sure", 71, 0, 9)))
    assert "1 of 2, **sure**. The lowest is **noisy** with 70" in said and "No variant" not in said
    said = many_clips._verdict(_scores(("same", 80, 0, 0), ("better", 92, 12, 0)))
    assert "1 of 2, **better**. The lowest is **same**" in said


def test_the_verdict_is_corrected_for_how_many_are_compared():
    few = ("few", 74, 0, 6)  # p = 0.03125 alone
    assert "Told apart from that: 1 of 1, **few**" in many_clips._verdict(_scores(few))
    said = many_clips._verdict(_scores(few, ("same", 80, 0, 0)))
    assert said.startswith("No variant is told apart from that by so few clips; the lowest is **")
    assert "**few** with 74 (p = 0.062)" in said


def test_a_sweep_is_a_line_with_intervals(open_app, check, model):
    at = open_app("ablation", analysis="Sweep", swept="Frames", clips="10")
    at = press(at, check, "sweep_run")
    band, line, _ = figure(at, "sweep")
    values = sorted(ablation_study.usual_values(model.config, "frames"))
    want = ablation_study.sweep(model, "composite", "frames", values, 10)
    assert line["x"] == list(range(2, model.config.frames + 1))
    assert line["y"] == pytest.approx([s.accuracy for s in want])
    assert band["y"][: len(want)] == pytest.approx([s.ci95[1] for s in want])
    assert "--sweep frames" in at.code[-1].value
    assert any(re.search(r"\(\d+ of 10 made clips\)", m.value) for m in at.markdown)


def test_without_variants_there_is_nothing_to_compare(open_app):
    at = open_app("ablation", analysis="Over many clips", compare="The variants above")
    assert any("to have something to compare" in c.value for c in at.caption)
    assert not [b for b in at.button if b.key == "clips_run"]


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of the operator: one set of clips, and ways out of it."""
    outside = tmp_path / "outside"
    root = tmp_path / "data"
    for folder in (outside, root / "mine" / "x", root / ".hidden"):
        folder.mkdir(parents=True)
    (root / "way out").symlink_to(outside)
    (root / "notes.txt").write_text("")
    (root / "list.csv").write_text("path,label\n")
    monkeypatch.setenv("SCT_DATA", str(root))
    return root


def test_only_what_lies_in_the_operators_folder_can_be_chosen(data, monkeypatch):
    assert list(clip_data.folders()) == ["list.csv", "mine"]
    for nowhere in (str(data / "nowhere"), ""):
        monkeypatch.setenv("SCT_DATA", nowhere)
        assert clip_data.folders() == {}


@pytest.mark.parametrize("wanted", ["../outside", "/etc", "way out", "mine/../../outside", "."])
def test_a_link_can_name_no_other_place(open_app, data, wanted):
    at = open_app("ablation", analysis="Over many clips", data=wanted)
    assert "Clips" in at.warning[0].value
    assert at.selectbox(key="data").value == clip_data.MADE


def test_what_is_wrong_with_data_is_said_without_the_servers_paths(open_app, check, data):
    at = open_app("ablation", analysis="Over many clips", data="mine", clips="10")
    at = press(at, check, "clips_run")
    assert "mine" in at.error[0].value
    assert str(data.parent).replace("/", r"\/") not in at.error[0].value
    assert str(data.parent) not in at.error[0].value
    assert '"$SCT_DATA"/mine' in at.code[-1].value


def test_with_an_upload_it_is_said_that_made_clips_are_others(open_app, check, film):
    at = open_app("ablation", analysis="Over many clips", source="Upload")
    at.file_uploader(key="upload").upload("moving.mp4", film().read_bytes())
    at = check(at.run())
    (said,) = [c.value for c in at.caption if "Made clips" in c.value]
    assert "moving\\.mp4, the clip on the screen, is none of them" in said
    assert at.button(key="clips_run").label.endswith("variants on 100 made clips")
    drawn = open_app("ablation", analysis="Over many clips")  # which is a made clip itself
    assert not [c for c in drawn.caption if "Made clips" in c.value]


def runs(ends_early):
    """Inside the test's app: a task that counts, and one that may be ended by its progress."""
    import streamlit as st

    from pages.cache.jobs import Task, run_task

    def compute(progress):
        st.session_state["begun"] = st.session_state.get("begun", 0) + 1
        progress(1, 2)
        if ends_early and st.session_state["begun"] == 1:
            st.rerun()  # as a click on anything does
        progress(2, 2)
        return "whole"

    size = st.number_input("size", value=1, key="size")
    found = run_task(Task("test", str(ends_early), size, f"size {size}", compute), label="Go")
    st.write(f"result: {found}")


def test_a_run_that_was_ended_leaves_nothing_and_can_be_begun_again(check):
    at = AppTest.from_function(runs, kwargs={"ends_early": True}, default_timeout=60).run()
    at = press(at, check, "test_run")
    assert at.markdown[0].value == "result: None" and at.session_state["begun"] == 1
    at = press(at, check, "test_run")
    assert at.markdown[0].value == "result: whole" and at.session_state["begun"] == 2
    at.number_input(key="size").set_value(2)
    at = check(at.run())  # other settings: the last result stays until there is another
    assert at.markdown[0].value == "result: whole" and "size 1" in at.caption[0].value
    at.number_input(key="size").set_value(1)
    at = check(at.run())
    assert not at.caption and at.session_state["begun"] == 2
