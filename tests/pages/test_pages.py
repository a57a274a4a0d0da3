import json

import numpy as np
import pytest

import sct

PAGES = ("inspect_clip", "attention", "buckets", "ablation")


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
def test_every_page_opens_and_says_what_is_seen(page, open_app):
    at = open_app(page)
    assert len(at.title) == 1
    intro = at.main.markdown[0].value
    assert 1 < intro.count(". ") + intro.endswith(".") <= 3 and len(intro) > 80
    assert not at.error and not at.warning and not at.info


def test_inspect_shows_the_frames_the_bars_and_the_truth(open_app, panels):
    at = open_app(sample="zoom in", scene="3")
    strip = panels(at)["panels"]
    assert [p["note"] for p in strip] == [f"{i} · {i / 10:.2f} s" for i in range(8)]
    assert len({p["src"] for p in strip}) == 8
    ((names, values),) = bars(at, "predictions")
    assert sorted(names) == sorted(sct.load(sct.list_models()[0]).config.labels)
    assert sum(values) == pytest.approx(1, abs=1e-4)
    assert list(values) == sorted(values, reverse=True)
    facts = " ".join(h.value for h in at.main.get("html"))
    assert "<dd>zoom in</dd>" in facts
    assert at.metric[1].label == "Forward" and at.metric[1].value.endswith(" ms")


def test_attention_draws_what_the_trace_says(open_app, panels):
    import sct
    from sct.motion import make_clip

    at = open_app(
        "attention", sample="pan left", scene="2", stage="2", head="◆ 0 grounded", frame="4"
    )
    first, previous, current = panels(at)["panels"]
    model = sct.load(sct.list_models()[0])
    frames = sct.preprocess(make_clip("pan left", 2).as_clip(), model.config.image_size)
    seen = model(frames, trace=True).trace.shifted(2)
    token = tuple(first["selected"])
    want = seen.maps(4, token, 0)
    for panel, weights in zip((previous, current), want, strict=True):
        assert np.allclose(panel["values"], weights, atol=1e-3)
        peak = np.unravel_index(weights.argmax(), weights.shape)
        assert panel["marks"] == [list(map(int, peak))]
        assert panel["window"] == list(seen.window(token))
    assert len(first["arrows"]) == seen.grid**2
    moved = -seen.displacement(4, 0)[2, 3]
    x0, y0, x1, y1 = first["arrows"][2 * seen.grid + 3]
    assert np.allclose([y1 - y0, x1 - x0], moved * 2 / 112, atol=2e-3)


def test_one_scale_for_both_maps_with_a_legend(open_app, panels):
    data = panels(open_app("attention"))
    top = max(np.max(p["values"]) for p in data["panels"][1:])
    assert data["legend"]["ticks"][-1]["at"] == 1.0
    assert float(data["legend"]["ticks"][-1]["text"].rstrip("%")) == pytest.approx(
        top * 100, abs=0.06
    )


def test_every_head_says_which_kind_it_is(open_app, check):
    at = open_app("attention", stage="2")
    heads = at.segmented_control(key="head")
    for option in heads.options:
        heads = at.segmented_control(key="head")
        heads.set_value(option)
        check(at.run())
        said = " ".join(m.value for m in at.main.markdown)
        kind = "free" if "free" in option else "grounded"
        assert f"**{kind}**" in said
        assert ("◆" if kind == "grounded" else "○") in said


def test_the_first_frame_has_no_arrows_and_says_why(open_app, panels):
    at = open_app("attention", frame="0")
    assert panels(at)["panels"][0]["arrows"] == []
    assert any("no frame before it" in c.value for c in at.caption)


def test_true_motion_is_drawn_over_samples(open_app, panels):
    at = open_app("attention", truth="true", sample="pan right")
    truth = np.array(panels(at)["panels"][0]["truth"])
    assert (truth[:, 2] < truth[:, 0]).all()  # the camera turns right, the picture moves left
    assert [m.label for m in at.metric] == [
        "Direction agrees with the truth",
        "Length read",
        "Compared on",
    ]


def test_buckets_light_up_and_count(open_app, panels):
    at = open_app("buckets", token1="3,4", lsh_head="1", frame="2")
    first, lit, reach = panels(at)["panels"]
    ids = np.array(first["values"])
    assert first["selected"] == [3, 4] and ids.shape == (28, 28)
    same = int((ids == ids[3, 4]).sum())
    assert lit["note"] == f"{same} of 784 patches"
    weights = np.array(reach["values"])
    assert weights.sum() == pytest.approx(1, abs=0.05) and (weights > 0).sum() <= 98
    recall = next(m for m in at.metric if m.label.startswith("Recall"))
    assert 0 < float(recall.value.rstrip("%")) <= 100


def test_a_patch_written_into_the_field_is_picked(open_app, panels, check):
    at = open_app("attention", stage="1")
    before = panels(at)
    at.text_input(key="patch1").set_value("2,11")
    after = panels(check(at.run()))
    assert after["panels"][0]["selected"] == [2, 11]
    assert after["panels"][1]["src"] != before["panels"][1]["src"]
    at.text_input(key="patch1").set_value("40,0")
    check(at.run())
    assert "0 to 13" in at.warning[0].value


def test_state_survives_a_change_of_page(open_app, check):
    at = open_app("attention", scene="5")
    at.slider(key="frame").set_value(6)
    at.segmented_control(key="stage").set_value("3")
    check(at.run())
    check(at.switch_page("pages/buckets.py").run())
    assert at.slider(key="frame").value == 6
    assert at.segmented_control(key="stage").value == "3"
    check(at.switch_page("pages/inspect_clip.py").run())
    check(at.switch_page("pages/attention.py").run())
    assert (at.slider(key="frame").value, at.number_input(key="scene").value) == (6, 5)
    assert at.segmented_control(key="stage").value == "3"


def test_no_model_is_said_and_not_a_crash(open_app, monkeypatch):
    from sct import weights

    monkeypatch.setattr(weights, "_folders", list)
    at = open_app()
    assert "no trained model" in at.info[0].value
