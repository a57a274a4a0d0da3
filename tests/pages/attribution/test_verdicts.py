"""Attribution: which method is believed, where that shows, and which map comes first."""

import numpy as np
import pytest

import sct.attribution as core
from pages.attribution import choices
from pages.cache import inference
from pages.cache import verdicts as verdict_cache
from sct.attribution import Check, Curve
from sct.checkpoint.certainty import Judgement
from sct.errors import OutOfMemory
from tests.pages.attribution.made import check_of, first_choice, fixed, page_text


@pytest.mark.parametrize("passed", [True, False])
def test_a_verdict_is_shown_wherever_the_method_is(
    passed, open_app, check, quick, heat_player, monkeypatch
):
    monkeypatch.setattr(core, "references", lambda *a, **k: None)
    monkeypatch.setattr(core, "check", lambda *a, **k: check_of(passed))
    at = open_app("attribution", method="frames")
    before = heat_player(at)[0]["maps"][0]
    assert before["verdict"] != ("passed" if passed else "failed") or "clip" not in before["badge"]
    at.button(key="check_frames").click()
    check(at.run())
    after = heat_player(at)[0]["maps"][0]
    assert after["verdict"] == ("passed" if passed else "failed")
    assert after["badge"] == f"map {'checked' if passed else 'fails its check'} on this clip"
    assert f":{'green' if passed else 'red'}-badge[" in page_text(at)
    told = (at.success if passed else at.error)[0].value
    assert "\\<b\\>" in told
    assert {m.label[0] for m in at.main.metric} == {"✓" if passed else "✕"}
    assert len(at.get("plotly_chart")) == 2
    options = at.get_by_key("_attribution_method").options
    assert any(o.startswith("Frame") and o.endswith("✕") for o in options) is not passed
    at.get_by_key("attribution_ranked").set_value("on this clip")
    check(at.run())
    table = at.dataframe[0].value
    assert table["method"].tolist() == ["Frame ablation"]
    assert table["gain"].tolist() == pytest.approx([0.4])


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (Judgement(False, False, "Not sure: static 41%, zoom in 38%.", 0.6), "not sure"),
        (Judgement(False, True, "This clip is unlike those.", 0.6), "not sure"),
    ],
)
def test_a_map_that_passes_is_not_green_beside_an_answer_that_is_not_sure(
    judged, said, open_app, check, quick, heat_player, monkeypatch
):
    monkeypatch.setattr(core, "references", lambda *a, **k: None)
    monkeypatch.setattr(core, "check", lambda *a, **k: check_of(True))
    monkeypatch.setattr(inference, "judge", lambda *a: judged)
    inference._results.clear()
    at = open_app("attribution", method="frames")
    at.button(key="check_frames").click()
    check(at.run())
    after = heat_player(at)[0]["maps"][0]
    assert after["verdict"] == "open"
    assert after["badge"] == f"map checked on this clip, but the answer is {said}"
    assert ":green-badge[" not in page_text(at) and not at.success
    assert f"The answer itself is {said}." in at.info[0].value
    monkeypatch.undo()
    inference._results.clear()


def test_all_methods_are_ranked_on_a_clip_and_those_that_fail_are_named(
    open_app, check, quick, monkeypatch
):
    gains = iter(np.linspace(-0.3, 0.6, 9))

    def one(model, frames, found, **more):
        if found.method == "shapley":
            raise OutOfMemory("there is not memory enough")
        more["progress"](1, 1)
        made = check_of(True)
        return Check(**{**made.__dict__, "curve": Curve(*[np.zeros(2)] * 3, 0, next(gains))})

    monkeypatch.setattr(core, "references", lambda *a, **k: None)
    monkeypatch.setattr(core, "check", one)
    at = open_app("attribution", method="frames")
    at.get_by_key("attribution_ranked").set_value("on this clip")
    check(at.run())
    at.button(key="check_all").click()
    check(at.run())
    assert "Shapley" in at.error[0].value
    rows = at.dataframe[0].value
    assert len(rows) == 9 and rows["gain"].is_monotonic_decreasing


def test_a_visitor_sees_a_fast_map_and_then_the_best_that_passed(
    open_app, quick, heat_player, measured
):
    at = open_app("attribution")
    assert [call[0] for call in quick] == ["grad-cam", "occlusion"]
    header, _ = heat_player(at)
    assert [m["name"] for m in header["maps"]] == ["Occlusion"]
    assert not {"method", "frame", "patch"} & set(at.query_params)
    assert "hourglass" not in page_text(at)
    # The best is of those that pass; where none of the fast ones does, one that is open is shown.
    measured["methods"][0]["passed"] = measured["methods"][3]["passed"] = None
    verdict_cache.fixed_set.clear()
    quick.clear()
    open_app("attribution", sample="zoom in")
    assert [call[0] for call in quick] == ["grad-cam", "frames"]


def test_what_is_shown_meanwhile_says_its_rank_and_can_be_kept(
    open_app, check, quick, heat_player, measured, monkeypatch
):
    fine = core.attribute

    def fail(model, frames, method, *args, **more):
        if method == "occlusion":
            raise OutOfMemory("there is *not* memory enough")
        return fine(model, frames, method, *args, **more)

    monkeypatch.setattr(core, "attribute", fail)
    at = open_app("attribution")
    assert [m["name"] for m in heat_player(at)[0]["maps"]] == ["Layer Grad-CAM"]
    text = page_text(at)
    assert "ranks 2nd of 10 (+0.30). **Occlusion**, 1st of 10 (+0.50)" in text
    assert "Occlusion" in at.error[0].value and "\\*not\\*" in at.error[0].value
    check(at.run())  # what cannot be had is not tried again
    assert not at.error and "hourglass" not in page_text(at)
    assert at.query_params["method"] == "grad-cam"


def test_a_check_of_what_is_shown_meanwhile_keeps_it(open_app, check, quick, measured, monkeypatch):
    monkeypatch.setattr(core, "references", lambda *a, **k: None)
    monkeypatch.setattr(core, "check", lambda *a, **k: check_of(True))
    fine = core.attribute
    slow = []

    def once(model, frames, method, *args, **more):
        if method == "occlusion" and not slow:
            slow.append(method)
            raise ValueError("another time")
        return fine(model, frames, method, *args, **more)

    monkeypatch.setattr(core, "attribute", once)
    at = open_app("attribution")
    at.button(key="check_grad-cam").click()
    check(at.run())
    assert at.query_params["method"] == "grad-cam" and len(at.main.metric) == 5


def test_a_method_that_was_chosen_is_obeyed_at_once(open_app, check, quick, measured):
    at = open_app("attribution", method="occlusion")
    assert [call[0] for call in quick] == ["occlusion"]
    at = open_app("attribution", sample="zoom in", method="frames")
    at.get_by_key("_attribution_method").set_value("occlusion")
    check(at.run())
    assert [call[0] for call in quick[1:]] == ["frames", "occlusion"]


def test_the_menu_ranks_methods_by_what_was_measured(open_app, quick, measured):
    at = open_app("attribution", method="frames")
    options = at.get_by_key("_attribution_method").options
    assert options[:5] == [
        "Occlusion · +0.50",
        "Layer Grad-CAM · +0.30",
        "Frame ablation · +0.10",
        "Attention rollout · +0.05 ✕",
        "Integrated gradients",
    ]
    assert len(options) == 10
    at = open_app("attribution", method="frames", ablate="lsh=off", everywhere="true")
    options = at.get_by_key("_attribution_method").options
    assert len(options) == 10 and not any("·" in option or "✕" in option for option in options)
    assert first_choice("camera", "lsh=off") == (choices.FAST[0],) * 2


@pytest.mark.parametrize("passed", [True, False])
def test_the_shipped_table_ranks_and_marks_methods_at_once(
    passed, open_app, quick, heat_player, monkeypatch
):
    monkeypatch.setattr(core, "measured", lambda name, question: fixed(passed))
    verdict_cache.fixed_set.clear()
    try:
        at = open_app("attribution", method="frames", method2="rollout")
        first, second = heat_player(at)[0]["maps"]
        assert first["verdict"] == ("passed" if passed else "failed")
        assert second["verdict"] == "open"  # not in the table
        assert ("no better than random" in page_text(at)) is not passed
        table = at.dataframe[0].value
        assert table["method"].tolist() == ["Occlusion", "Frame ablation"]
        assert table["verdict"].tolist()[1] == ("✓ passes" if passed else "✕ fails")
        assert table["passed"].tolist() == ["3 of 17"] * 2
        options = at.get_by_key("_attribution_method").options
        assert ("Frame ablation · +0.10 ✕" in options) is not passed
        # What was measured of the trained model says nothing of an ablated one.
        at = open_app("attribution", method="frames", ablate="lsh=off", everywhere="true")
        assert heat_player(at)[0]["maps"][0]["verdict"] == "open"
    finally:
        verdict_cache.fixed_set.clear()
