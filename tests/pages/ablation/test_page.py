import json
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest

import sct
from pages.cache import models
from sct.synthetic.clips import make_clip
from viz.text import numbers


def chart(at):
    (found,) = [c for c in at.get("plotly_chart") if c.proto.id.endswith("-ablation_bars")]
    return json.loads(found.proto.spec)["data"]


def press(at, check, name):
    next(b for b in at.button if b.label == name).click()
    return check(at.run())


def others(at):
    """The classes that have no bar, and what they are said to do."""
    (markup,) = [h.value for h in at.main.get("html") if "sct-others" in h.value]
    (title,) = [e.label for e in at.expander if e.label.startswith("and ")]
    return re.findall(r'<th scope="row"><span class="v">(.*?)</span>', markup), title


def test_both_predictions_are_those_of_the_model(open_app):
    at = open_app("ablation", ablate="shifted=off", sample="tilt up", scene="4")
    shown = []
    model = models.load(sct.list_models()[0]).model
    frames = sct.preprocess(make_clip("tilt up", 4).as_clip(), model.config.image_size)
    for trace, ablation in zip(chart(at), ("none", "shifted=off"), strict=True):
        want = model(frames, ablation=sct.Ablation.parse(ablation)).logits.softmax(-1)[0].numpy()
        got = dict(zip(trace["y"], _values(trace["x"]), strict=True))
        every = dict(zip(model.config.labels, want.tolist(), strict=True))
        assert got == pytest.approx({name: every[name] for name in got}, abs=1e-5)
        shown.append(every)
    before, after = shown
    moved = {name for name in before if abs(before[name] - after[name]) >= 0.01}
    answers = {max(p, key=p.get) for p in shown} | {"tilt up"}
    assert set(got) == moved | answers


def test_classes_that_hardly_change_are_folded_up(open_app):
    at = open_app("ablation", ablate="lsh=full", sample="pan right")
    bars = [trace["y"] for trace in chart(at)]
    assert bars == [["pan right"]] * 2  # the answer, which is the truth
    rest, title = others(at)
    labels = models.load(sct.list_models()[0]).model.config.labels
    assert sorted(rest) == sorted(set(labels) - {"pan right"})
    assert title == f"and {len(rest)} others that hardly change"


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


def test_text_diagram_and_switches_agree_and_presets_reset(open_app, check, diagram):
    at = open_app(
        "ablation", ablate="shifted=self;lsh=full,lsh,off;order=shuffled(7);heads-off=2.lsh.1"
    )
    boxes = diagram(at)
    assert [boxes[f"{i}.shifted"]["mode"] for i in (1, 2, 3)] == ["self"] * 3
    assert [boxes[f"{i}.lsh"]["mode"] for i in (1, 2, 3)] == ["full", "lsh", "off"]
    assert boxes["order"]["mode"] == "shuffled" and "head 1 off" in boxes["2.lsh"]["also"]
    assert at.number_input(key="_sw_shuffle").value == 7
    assert at.multiselect(key="_sw_heads").value == [(2, "lsh", 1)]
    at.number_input(key="_sw_shuffle").set_value(8)
    assert "order=shuffled(8)" in check(at.run()).session_state["ablate"]
    press(at, check, "As trained")
    assert at.session_state["ablate"] == ""
    assert diagram(at)["1.shifted"]["mode"] == "on"
    press(at, check, "First frame only")
    assert at.session_state["ablate"] == "order=repeat-first"


def test_nothing_left_is_said_in_a_sentence(open_app):
    at = open_app("ablation", ablate="shifted=off;lsh=off;vilt=off")
    assert "Nothing is left of the stages" in at.info[0].value
    assert not open_app("ablation", ablate="shifted=off;lsh=off;vilt=off,off,on").info


def table(at):
    """The table of variants: its header, and rows by their first cell, as texts."""
    (markup,) = [h.value for h in at.main.get("html") if "sct-beside" in h.value]
    markup = markup.split("</style>")[1]
    rows = [
        [
            " ".join(re.sub("<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row)
        ]
        for row in re.findall(r"<tr.*?</tr>", markup)
    ]
    return rows[0], {row[0].replace(" (truth)", ""): row[1:] for row in rows[1:]}


def logits_of(texts, label="pan right", seed=8):
    model = models.load(sct.list_models()[0]).model
    frames = sct.preprocess(make_clip(label, seed).as_clip(), model.config.image_size)
    found = [model(frames, ablation=sct.Ablation.parse(text)).logits[0] for text in texts]
    return model.config.labels, [each.detach().double() for each in found]


def test_variants_stand_beside_the_baseline_as_the_model_says(open_app):
    at = open_app("ablation", kept="exact~lsh=full|still~order=repeat-first", ablate="clip=mean")
    header, rows = table(at)
    assert header == ["variant", "as trained", "now", "exact", "still"]
    labels, logits = logits_of(["none", "clip=mean", "lsh=full", "order=repeat-first"])
    logs = [each.log_softmax(-1) for each in logits]
    for i, each in enumerate(logs):
        best = int(each.argmax())
        said = rows["most likely"][i]
        assert said == f"{labels[best]}, {numbers.percent(float(each[best].exp()))}"
        if i:
            kl = float((logs[0].exp() * (logs[0] - each)).sum())
            assert float(rows["KL divergence"][i]) == pytest.approx(kl, abs=2e-3)
        for label, p in zip(labels, each.exp(), strict=True):
            if label in rows:
                assert unescape(rows[label][i].split()[0]) == numbers.percent(float(p))
    changes = [(logs[0].exp() - each.exp()).abs() for each in logs]
    moved = {name for name, *d in zip(labels, *changes, strict=True) if max(d) >= 0.01}
    assert moved <= set(rows)
    assert rows["multiply-adds"][1].endswith("(−1.0%)") and "same" in rows["multiply-adds"][2]
    assert "time" not in rows  # of two passes it is noise


def test_a_variant_is_kept_shown_and_removed(open_app, check):
    at = open_app("ablation", ablate="lsh=full")
    at.text_input(key="kept_name").set_value("a|b~<i>c")
    press(at, check, "Keep beside")
    assert at.query_params["kept"] == "a b <i>c~lsh=full"
    header, _ = table(at)
    assert header == ["variant", "as trained", "a b &lt;i&gt;c"]
    assert at.button(key="keep").disabled
    press(at, check, "As trained")
    press(at, check, "Show")
    assert at.session_state["ablate"] == "lsh=full"
    press(at, check, "Remove")
    assert "kept" not in at.query_params and not at.button(key="keep").disabled


def test_four_variants_are_kept_at_most_and_equal_names_are_told_apart(open_app, check):
    at = open_app("ablation", ablate="clip=mean")
    for i, text in enumerate(["lsh=full", "lsh=off", "vilt=off", "shifted=off"]):
        at.session_state["ablate"] = text
        at = check(at.run())
        at.text_input(key="kept_name").set_value("same")
        press(at, check, "Keep beside")
        assert len(table(at)[0]) == 3 + i
    assert table(at)[0][2:] == ["same", "same 2", "same 3", "same 4"]
    at.session_state["ablate"] = "clip=mean"
    assert check(at.run()).button(key="keep").disabled


def test_a_link_with_variants_that_cannot_be_says_so_and_keeps_the_others(open_app):
    bad = "good~lsh=full|<b>bad~nonsense|~rounds=0|late~order=reversed|fifth~clip=mean"
    at = open_app("ablation", kept=bad)
    assert table(at)[0] == ["variant", "as trained", "good", "late"]
    said = at.warning[0].value
    assert "left out" in said and "rounds" in said and "5 variants" in said and "<b>" not in said
    assert at.query_params["kept"] == "good~lsh=full|late~order=reversed"


def test_table_5_keeps_the_rows_that_switches_can_make(open_app, check):
    at = press(open_app("ablation"), check, "The paper’s table 5")
    assert table(at)[0][2:] == ["0 shifted MSA", "1 MSA, 5 frames back"]


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
    plain = panels(open_app("inspect", frames="true"))["panels"]
    reverse = {"ablate": "order=reversed", "everywhere": "true", "frames": "true"}
    turned = panels(open_app("inspect", **reverse))["panels"]
    assert [p["src"] for p in turned] == [p["src"] for p in reversed(plain)]


def test_the_command_sees_the_crop_that_the_page_shows(open_app):
    def commands(**asked):
        return [c.value for c in open_app("ablation", sample="flower", **asked).code]

    assert any("predict" in c and "--crop 0.2,0.5" in c for c in commands(crop="0.2,0.5"))
    assert not any("--crop" in c for c in commands())


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ([0.9, 0.1], "90.0% now; 20.0% of the probability moved to it from other classes."),
        ([0.6, 0.4], "60.0% now; 10.0% of the probability moved to other classes."),
        ([0.2, 0.8], "(80.0%); 50.0% of the probability moved to other classes."),
    ],
)
def test_the_sentence_says_where_the_probability_went(now, said):
    from pages.ablation import comparison

    view = SimpleNamespace(loaded=SimpleNamespace(full_labels=("a", "b")), truth="")
    before, after = (SimpleNamespace(probabilities=np.array(p)) for p in ([0.7, 0.3], now))
    assert comparison._sentence(view, before, after).endswith(said)
