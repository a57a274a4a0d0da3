"""Attribution: what the player is given, links, what cannot be, the cache."""

import numpy as np
import pytest

import sct
import sct.attribution as core
from pages.attribution import choices
from pages.cache import attributions, lru, models
from pages.state.view import View
from sct.checkpoint.io import save
from sct.errors import OutOfMemory
from sct.synthetic.clips import make_clip
from tests.pages.attribution.made import first_choice

TWO = {"method": "input-x-gradient", "method2": "rollout"}


def real(method, label="pan right", seed=8, **asked):
    model = models.load(sct.list_models()[0]).model
    frames = sct.preprocess(make_clip(label, seed).as_clip(), model.config.image_size)
    return core.attribute(model, frames, method, **asked)


def asked(at):
    return at.main.header[0].value.replace("\\", "")


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
    labels = models.load(sct.list_models()[0]).model.config.labels
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
    best, labels = quick[0][1], models.load(sct.list_models()[0]).model.config.labels
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


def test_a_class_may_be_called_what_stands_for_none():
    nothing = choices.Label(-1, "none")
    read = choices.label_of(("none", "some", "twice", "twice"), nothing)
    assert read("none") is nothing
    assert (read("0"), str(read("0"))) == (0, "#0")  # its name would be read as none
    assert (read("some"), str(read("1"))) == (1, "some")
    assert (read("3"), str(read("3"))) == (3, "#3")


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
    loaded = models.load(name)
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
