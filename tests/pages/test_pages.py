import json
import re

import numpy as np
import pytest

import sct
from pages.cache import models

PAGES = (
    "inspect",
    "compare",
    "attention",
    "buckets",
    "ablation",
    "attribution",
    "motion_lab",
    "learn",
    "model",
)


def bars(at, name):
    """The data of the Plotly chart with this key, as [(labels, values), ...]."""
    for chart in at.get("plotly_chart"):
        if chart.proto.id.endswith(f"-{name}"):
            traces = json.loads(chart.proto.spec)["data"]
            return [(t["y"], decoded(t["x"])) for t in traces]
    raise AssertionError(f"no chart {name}")


def decoded(values):
    """Plotly writes arrays as lists or as base64 with a dtype."""
    if isinstance(values, dict):
        import base64

        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
    return values


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_and_says_what_is_seen(page, open_app, about):
    at = open_app(page, quick=True)
    assert len(at.title) == 1
    intro = about(at) if page == "inspect" else at.main.markdown[0].value
    assert 1 < intro.count(". ") + intro.endswith(".") <= 3 and len(intro) > 80
    assert not at.error and not at.info
    assert all(warning.value.startswith("Not sure") for warning in at.warning)


def test_inspect_shows_the_frames_the_answers_and_the_truth(open_app, panels):
    at = open_app(sample="zoom in", scene="3", frames="true")
    strip = panels(at)["panels"]
    assert [p["note"] for p in strip] == [f"{i} · {i / 10:.2f} s" for i in range(8)]
    assert len({p["src"] for p in strip}) == 8
    said = " ".join(h.value for h in at.main.get("html"))
    camera = said[said.index("What does the camera do?") : said.index("What does the subject do?")]
    rows = re.findall(r"<div class=\"row\"><span>(.*?)</span>.*?width:([\d.]+)%", camera)
    names, values = (
        [re.sub("<.*?>| \\(truth\\)", "", n) for n, _ in rows],
        [float(v) for _, v in rows],
    )
    assert sorted(names) == sorted(models.load(sct.list_models()[0]).model.config.labels)
    assert sum(values) == pytest.approx(100, abs=0.5)
    assert values == sorted(values, reverse=True)
    assert "<b>zoom in</b> (truth)" in camera
    assert "<dd>zoom in</dd>" in said and "ms for one traced pass" in said


def test_the_player_is_given_what_the_trace_says(open_app, player):
    from sct.synthetic.clips import make_clip

    at = open_app("attention", sample="pan left", scene="2", stage="2", head="0", frame="4")
    header, parts = player(at)
    model = models.load(sct.list_models()[0]).model
    frames = sct.preprocess(make_clip("pan left", 2).as_clip(), model.config.image_size)
    seen = model(frames, trace=True).trace.shifted(2)
    assert np.allclose(parts["q"], seen.matched.q[0], atol=5e-3)
    assert np.allclose(parts["k"], seen.matched.k[0], atol=5e-3)
    assert header["keyFrames"] == [list(f) for f in seen.matched.key_frames]
    assert header["grounded"] == list(seen.grounded)
    assert (header["view"]["frame"], header["view"]["head"]) == (4, "0")


def test_every_head_says_which_kind_it_is(open_app, player):
    header, _ = player(open_app("attention", stage="2"))
    for head, name in enumerate(header["headNames"]):
        kind = "grounded" if head in header["grounded"] else "free"
        sign = "◆" if kind == "grounded" else "○"
        assert name["text"].startswith(sign) and kind in name["text"]
        assert kind in header["said"][str(head)] and sign in header["said"][str(head)]


def test_the_first_frame_has_no_motion_to_compare(open_app, player):
    at = open_app("attention", frame="0")
    header, _ = player(at)
    assert header["kind_of"][0][0] == "none" and not at.metric


def test_the_numbers_follow_the_pinned_view(open_app):
    def numbers(**view):
        at = open_app("attention", sample="pan right", stage="2", **view)
        return {m.label: m.value for m in at.metric}

    one, other = numbers(head="0", frame="3"), numbers(head="3", frame="3")
    assert int(one["Mean angular error"].rstrip("°")) < int(other["Mean angular error"].rstrip("°"))
    assert numbers(head="0", frame="5") != one


def test_the_true_motion_of_samples_goes_against_the_camera(open_app, player):
    _, parts = player(open_app("attention", sample="pan right"))
    assert (parts["motion"][0, 1:, ..., 1] < 0).all()


def test_buckets_and_their_order_reach_the_player(open_app, player):
    at = open_app("buckets", token1="3,4", lsh_head="1", frame="2")
    header, parts = player(at)
    assert (header["view"]["row"], header["view"]["column"]) == (3, 4)
    assert parts["ids"].shape == (8, 3, 1, 784)
    order, ids = parts["order"][2, 1, 0], parts["ids"][2, 1, 0]
    assert sorted(order) == list(range(784)) and (np.diff(ids[order].astype(int)) >= 0).all()
    # The bucket is where the largest of both signs of the projections lies.
    turned = np.einsum("d,dm->m", parts["qk"][2, 87 + 1, 1], parts["rotation"][1, :, 0])
    assert np.argmax([*turned, *-turned]) == ids[88]
    recall = next(m for m in at.metric if m.label == "Recall in frame 2, head 1")
    assert 0 < float(recall.value.rstrip("%")) <= 100


def test_the_twin_is_one_click_away(open_app, check):
    at = open_app("attention", model="sct-motion")
    at.button(key="twin").click()
    check(at.run())
    assert at.selectbox(key="model").value == "sct-motion-free"
    assert "with grounded heads" in at.button(key="twin").label


def test_state_survives_a_change_of_page(open_app, check, player):
    at = open_app("attention", scene="5", frame="6")
    at.segmented_control(key="stage").set_value("3")
    check(at.run())
    check(at.switch_page("../buckets/page.py").run())
    assert player(at)[0]["view"]["frame"] == 6
    assert at.segmented_control(key="stage").value == "3"
    check(at.switch_page("../inspect/page.py").run())
    check(at.switch_page("../attention/page.py").run())
    assert (player(at)[0]["view"]["frame"], at.number_input(key="scene").value) == (6, 5)
    assert at.segmented_control(key="stage").value == "3"


def test_no_model_is_said_and_not_a_crash(open_app, monkeypatch):
    from sct.checkpoint import io

    monkeypatch.setattr(io, "_folders", list)
    at = open_app()
    assert "no trained model" in at.info[0].value
