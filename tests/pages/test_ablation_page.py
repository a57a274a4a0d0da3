import json

import numpy as np
import pytest

import sct
from sct.motion import make_clip


def chart(at):
    (found,) = [c for c in at.get("plotly_chart") if c.proto.id.endswith("-ablation_bars")]
    return json.loads(found.proto.spec)["data"]


def press(at, check, name):
    next(b for b in at.button if b.label == name).click()
    return check(at.run())


def test_both_predictions_are_those_of_the_model(open_app):
    at = open_app("ablation", ablate="shifted=off", sample="tilt up", scene="4")
    model = sct.load(sct.list_models()[0])
    frames = sct.preprocess(make_clip("tilt up", 4).as_clip(), model.config.image_size)
    for trace, ablation in zip(chart(at), ("none", "shifted=off"), strict=True):
        want = model(frames, ablation=sct.Ablation.parse(ablation)).logits.softmax(-1)[0].numpy()
        got = dict(zip(trace["y"], _values(trace["x"]), strict=True))
        assert [got[name] for name in model.config.labels] == pytest.approx(want.tolist(), abs=1e-5)


def _values(x):
    if isinstance(x, dict):
        import base64

        return np.frombuffer(base64.b64decode(x["bdata"]), x["dtype"]).tolist()
    return x


def test_as_trained_there_is_one_set_of_bars(open_app):
    assert len(chart(open_app("ablation"))) == 1


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("_sw_shifted0", "self", "shifted=self,on,on"),
        ("_sw_lsh2", "full", "lsh=lsh,lsh,full"),
        ("_sw_vilt1", "off", "vilt=on,off,on"),
        ("_sw_clip", "mean", "clip=mean"),
        ("_sw_order", "reversed", "order=reversed"),
        ("_sw_order", "shuffled", "order=shuffled(1)"),
        ("_sw_window", "frame", "window=frame"),
        ("_sw_offsets", "3", "offsets=3"),
        ("_sw_rounds", "4", "rounds=4"),
        ("_sw_bucket", "98", "bucket=98"),
        ("_sw_seed", "2", "seed=2"),
        ("_sw_heads", [(1, "shifted", 0), (2, "vilt", 1)], "heads-off=1.shifted.0+2.vilt.1"),
    ],
)
def test_every_switch_writes_its_field(key, value, text, open_app, check):
    at = open_app("ablation")
    at.get_by_key(key).set_value(value)
    check(at.run())
    assert at.session_state["ablate"] == text
    assert at.code[0].value == text
    assert f"--ablate {text}" in at.code[1].value.replace("'", "")
    assert len(chart(at)) == 2


def test_text_and_switches_agree_and_presets_reset(open_app, check):
    at = open_app(
        "ablation", ablate="shifted=self;lsh=full,lsh,off;order=shuffled(7);heads-off=2.lsh.1"
    )
    assert [at.get_by_key(f"_sw_shifted{i}").value for i in range(3)] == ["self"] * 3
    assert [at.get_by_key(f"_sw_lsh{i}").value for i in range(3)] == ["full", "lsh", "off"]
    assert at.number_input(key="_sw_shuffle").value == 7
    assert at.multiselect(key="_sw_heads").value == [(2, "lsh", 1)]
    press(at, check, "As trained")
    assert at.session_state["ablate"] == ""
    assert at.get_by_key("_sw_shifted0").value == "on"
    press(at, check, "Frozen")
    assert at.session_state["ablate"] == "order=repeat-first"


def test_switches_change_one_thing_at_a_time(open_app, check):
    at = open_app("ablation", ablate="lsh=full")
    at.get_by_key("_sw_shifted2").set_value("off")
    check(at.run())
    assert at.session_state["ablate"] == "shifted=on,on,off;lsh=full"


@pytest.mark.parametrize(
    "text",
    ["bogus", "shifted=maybe", "heads-off=9.lsh.0", "rounds=0", "offsets=99", "=;=", "x" * 400],
)
def test_an_ablation_that_cannot_be_is_refused_with_a_sentence(text, open_app):
    at = open_app("ablation", ablate=text)
    assert "as trained" in at.error[0].value
    assert len(chart(at)) == 1


def test_other_pages_show_the_trained_model_unless_asked(open_app, check, player):
    trained = player(open_app("attention"))
    at = open_app("attention", ablate="shifted=self")
    assert same(player(at), trained)
    assert any("Ablation page only" in c.value for c in at.caption)
    at.toggle(key="everywhere").set_value(True)
    check(at.run())
    assert "**ablated**" in at.warning[0].value
    header, _ = ablated = player(at)
    assert not same(ablated, trained)
    # Looking at its own frame twice, it says nothing about motion: there is none to compare.
    assert header["keyFrames"][0] == list(range(8)) and not at.metric
    press(at, check, "Show as trained")
    assert same(player(at), trained) and not at.warning


def same(one, other):
    return one[0] == other[0] and all((one[1]["k"] == other[1]["k"]).flatten())


@pytest.mark.parametrize(
    ("page", "text"),
    [("attention", "shifted=off"), ("buckets", "lsh=full"), ("buckets", "lsh=off")],
)
def test_a_part_that_is_off_is_said_with_how_to_get_it_back(page, text, open_app):
    at = open_app(page, ablate=text, everywhere="true", stage="1")
    assert "stage 1" in at.info[0].value and "Ablation page" in at.info[0].value


def test_reordered_frames_lie_under_their_maps(open_app, panels):
    plain = panels(open_app("inspect_clip"))["panels"]
    turned = panels(open_app("inspect_clip", ablate="order=reversed", everywhere="true"))["panels"]
    assert [p["src"] for p in turned] == [p["src"] for p in reversed(plain)]
