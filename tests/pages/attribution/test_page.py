"""Attribution: what the player is given, links, what cannot be, verdicts, the cache."""

from types import SimpleNamespace

import numpy as np
import pytest

import sct
import sct.attribution as core
from pages.attribution import choices
from pages.cache import attributions, inference, lru
from pages.cache import verdicts as verdict_cache
from pages.state.view import View
from sct.attribution import Attribution, Check, Curve
from sct.checkpoint.certainty import Judgement
from sct.checkpoint.io import save
from sct.errors import OutOfMemory
from sct.synthetic.clips import make_clip

TWO = {"method": "input-x-gradient", "method2": "rollout"}


def real(method, label="pan right", seed=8, **asked):
    model = inference.load(sct.list_models()[0]).model
    frames = sct.preprocess(make_clip(label, seed).as_clip(), model.config.image_size)
    return core.attribute(model, frames, method, **asked)


@pytest.fixture
def quick(monkeypatch):
    """Maps that take no time; each call is noted."""
    calls = []

    def make(model, frames, method, target, against, **more):
        calls.append((method, target, against))
        more["progress"](1, 2)
        values = np.zeros((8, 28, 28), np.float32)
        values[5, 3, 4] = len(method)
        facts = {"passes": 2, "seconds": 0.1, "completeness_error": 0.004}
        return Attribution(method, target, against, "none", values, values.sum((1, 2)), facts)

    monkeypatch.setattr(core, "attribute", make)
    attributions._cache.clear()
    yield calls
    attributions._cache.clear()


def check_of(passed):
    curve = Curve(np.linspace(0, 1, 3), np.array([1, 0.2, 0]), np.array([0, 0.9, 1]), 0.3, 0.7)
    luck = Curve(np.linspace(0, 1, 3), np.array([1, 0.5, 0]), np.array([0, 0.5, 1]), 0.5, 0.5)
    names = ("random", "motion", "randomised", "infidelity", "sensitivity")
    why = "its order is *no* better <b>than</b> chance."
    return Check(curve, luck, luck, 0.1, 0.6, 0.2, dict.fromkeys(names, passed), passed, why)


def first_choice(question, ablation="none"):
    loaded = SimpleNamespace(name=sct.list_models()[0], question=question)
    return choices.first_choice(SimpleNamespace(loaded=loaded, maps_ablation=ablation))


def asked(at):
    return at.main.header[0].value.replace("\\", "")


def page_text(at):
    return " ".join(m.value for m in at.main.markdown)


def test_the_first_visit_shows_what_the_core_says(open_app, heat_player):
    at = open_app("attribution")
    header, parts = heat_player(at)
    default, quick = first_choice("camera")
    assert default == "integrated-gradients" and quick in choices.FAST
    found = real(default)
    np.testing.assert_allclose(parts["values0"], found.values, rtol=2e-3, atol=1e-6)
    size = np.abs(found.values).sum((1, 2))
    assert header["view"]["frame"] == int(size.argmax()) and len(header["maps"]) == 1
    assert asked(at) == "Why camera pan right?"
    assert not at.error and not at.warning
    assert not {"method", "method2", "target", "against", "frame"} & set(at.query_params)


def test_a_link_opens_two_methods_a_class_a_contrast_and_a_frame(open_app, heat_player, quick):
    link = {**TWO, "target": "pan left", "against": "4", "frame": "2", "patch": "1,2"}
    at = open_app("attribution", **link)
    labels = inference.load(sct.list_models()[0]).model.config.labels
    want = labels.index("pan left"), 4
    assert quick == [("input-x-gradient", *want), ("rollout", *want)]
    header, _ = heat_player(at)
    assert [m["name"] for m in header["maps"]] == ["Input × gradient", "Attention rollout"]
    assert [m["signed"] for m in header["maps"]] == [True, False]
    assert f"camera pan left rather than camera {labels[4]}" in header["maps"][0]["up"]
    view = header["view"]
    assert (view["frame"], view["row"], view["column"]) == (2, 1, 2)
    assert asked(at) == f"Why camera pan left and not camera {labels[4]}?"
    assert at.query_params["against"] == labels[4] and at.query_params["frame"] == "2"
    assert not at.warning
    assert "0.40%" in " ".join(c.value for c in at.main.caption)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("method", "<script>alert(1)</script>", "it is one of"),
        ("method2", "saliency,rollout", "it is one of"),
        ("target", "99", "from 0 to 8"),
        ("target", "-1", "from 0 to 8"),
        ("against", "pan sideways", "from 0 to 8"),
        ("against", "9" * 400, "from 0 to 8"),
        ("frame", "8", "from 0 to 7"),
        ("frame", "1e999", "a whole number"),
        ("patch", "28,0", "from 0 to 27"),
    ],
)
def test_what_a_link_cannot_have_is_said(key, value, says, open_app, heat_player, quick):
    at = open_app()  # where some of it would be asked for, too, and its notice be seen
    at.query_params[key] = value
    at.switch_page("../attribution/page.py").run()
    (notice,) = at.warning
    text = notice.value.replace("\\", "")
    assert says in text and "<script>" not in notice.value
    assert len(heat_player(at)[0]["maps"]) == 1 and key not in at.query_params
    assert quick[0][0] in choices.FAST


def test_a_class_is_not_set_against_itself_nor_a_method_beside_itself(open_app, quick):
    at = open_app("attribution", target="2", against="2", method="frames", method2="frames")
    assert quick == [("frames", 2, None)]
    assert "against" not in at.query_params and "method2" not in at.query_params


def test_choosing_computes_only_what_is_new_and_stands_in_the_address(open_app, check, quick):
    at = open_app("attribution", method="frames")
    at.get_by_key("_attribution_method2").set_value("rollout")
    check(at.run())
    best, labels = quick[0][1], inference.load(sct.list_models()[0]).model.config.labels
    assert quick == [("frames", best, None), ("rollout", best, None)]
    assert at.query_params["method2"] == "rollout"
    at.get_by_key("_attribution_method2").set_value("none")
    check(at.run())
    at.get_by_key("_attribution_against").set_value(labels[0 if best else 1])
    check(at.run())
    assert quick[2:] == [("frames", best, 0 if best else 1)]
    assert "method2" not in at.query_params


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemory("there is not memory enough, not even for one clip at a time"),
        ValueError("frames: nothing *here* to attribute"),
        LookupError("shifted MSA of stage 1 is off"),
    ],
)
def test_what_cannot_be_made_is_a_sentence_and_the_page_goes_on(
    error, open_app, check, quick, heat_player, monkeypatch
):
    at = open_app("attribution", method="frames")
    fine = core.attribute

    def fail(model, frames, method, *args, **more):
        if method == "occlusion":
            raise error
        return fine(model, frames, method, *args, **more)

    monkeypatch.setattr(core, "attribute", fail)
    at.get_by_key("_attribution_method2").set_value("occlusion")
    check(at.run())
    assert "Occlusion" in at.error[0].value and "\\*here" in at.error[0].value + "\\*here"
    assert [m["name"] for m in heat_player(at)[0]["maps"]] == ["Frame ablation"]
    at.get_by_key("_attribution_method2").set_value("rollout")
    check(at.run())
    assert not at.error and len(heat_player(at)[0]["maps"]) == 2


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
    inference.forward.clear()
    at = open_app("attribution", method="frames")
    at.button(key="check_frames").click()
    check(at.run())
    after = heat_player(at)[0]["maps"][0]
    assert after["verdict"] == "open"
    assert after["badge"] == f"map checked on this clip, but the answer is {said}"
    assert ":green-badge[" not in page_text(at) and not at.success
    assert f"The answer itself is {said}." in at.info[0].value
    monkeypatch.undo()
    inference.forward.clear()


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


def fixed(passed):
    """A table as `python -m benchmarks.studies.attributions` makes it, of two methods."""

    def cell(mean):
        return {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}

    def row(key, gain, passed):
        names = ("gain", "deletion", "insertion", "randomised", "infidelity", "sensitivity")
        verdicts = {"random": passed, "randomised": True, "infidelity": True, "sensitivity": True}
        cells = {name: cell(gain) for name in names}
        told = {"passed_clips": 3, "passed": passed, "verdicts": verdicts}
        return {"method": key, **cells, **told}

    luck = {"random_gain": cell(0.01), "motion_gain": cell(0.2)}
    methods = [row("occlusion", 0.5, True), row("frames", 0.1, passed)]
    return {"n": 17, "command": "python -m benchmarks.x", "methods": methods, **luck}


@pytest.fixture
def measured(monkeypatch):
    """A table of four methods, of which two are fast ones; a test may change it before a visit."""
    table = fixed(True)
    for key, gain, passed in (("rollout", 0.05, False), ("grad-cam", 0.3, True)):
        row = {**table["methods"][0], "method": key, "passed": passed}
        table["methods"].append({**row, "gain": {"mean": gain, "low": gain, "high": gain}})
    monkeypatch.setattr(core, "measured", lambda name, question: table)
    verdict_cache.fixed_set.clear()
    yield table
    verdict_cache.fixed_set.clear()


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


def test_a_class_may_be_called_what_stands_for_none():
    nothing = choices.Label(-1, "none")
    read = choices.label_of(("none", "some", "twice", "twice"), nothing)
    assert read("none") is nothing
    assert (read("0"), str(read("0"))) == (0, "#0")  # its name would be read as none
    assert (read("some"), str(read("1"))) == (1, "some")
    assert (read("3"), str(read("3"))) == (3, "#3")


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


def test_the_cache_is_bounded_and_keeps_what_is_asked_for():
    cache = lru.LRUCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert cache.get("b") is None and (cache.get("a"), cache.get("c")) == (1, 3)


def test_a_run_that_is_ended_keeps_nothing(quick):
    class Ended(BaseException):
        pass

    def end(done, total):
        raise Ended

    name = sct.list_models()[0]
    loaded = inference.load(name)
    clip = make_clip("zoom in", 1).as_clip()
    view = View(loaded, clip, None, sct.Ablation(), None, everywhere=False)
    with pytest.raises(Ended):
        attributions.attribution(view, "frames", 0, None, end)
    assert attributions.cached_attribution(view, "frames", 0, None) is None
    attributions.attribution(view, "frames", 0, None, lambda done, total: None)
    assert attributions.cached_attribution(view, "frames", 0, None) is not None


def test_a_class_in_a_link_is_found_again_whatever_its_label():
    nothing = choices.Label(-1, "none")
    for labels in (("0", "2", "10", "1"), ("none", "1", "x"), ("1", "1", "0"), ("x" * 70, "y")):
        read = choices.label_of(labels, nothing)
        for place in range(len(labels)):
            text = choices.text_for(place, labels, "none")
            assert int(read(text)) == place and str(read(text)) == text


def test_labels_that_are_numbers_are_asked_for_as_labels(
    open_app, check, quick, tmp_path, monkeypatch
):
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    shown = sct.build("sct_ti", num_classes=4, labels=("0", "2", "10", "1"))
    save(shown.eval(), tmp_path / "ids", {})
    at = open_app("attribution", model="ids", method="frames", target="2", against="10")
    assert quick == [("frames", 1, 2)] and not at.warning
    assert at.query_params["target"] == "2" and at.query_params["against"] == "10"
    at.get_by_key("_attribution_target").set_value("1")  # as its place would be called
    check(at.run())
    assert quick[1:] == [("frames", 3, 2)] and at.query_params["target"] == "1"

    at = open_app("attribution", model="ids", method="frames", target="3")
    (notice,) = at.warning
    assert "numbers are labels here" in notice.value.replace("\\", "")
    assert "target" not in at.query_params
