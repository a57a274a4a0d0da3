from dataclasses import replace

import pytest

import sct
from sct.model.config import SIZES
from viz.components.diagram import diagram_data, switched

CONFIG = SIZES["sct_ti"]


def boxes(data):
    return {box["key"]: box for group in data["groups"] for box in group["boxes"]}


@pytest.mark.parametrize("name", SIZES)
def test_boxes_are_the_parts_of_the_config_in_the_order_of_the_forward_pass(name):
    config = SIZES[name]
    want = ["order", "patch"]
    for stage in range(1, config.stages + 1):
        pool = [f"{stage}.pool"] * (config.grids[stage - 1] != config.shifted_grids[stage - 1])
        want += [f"{stage}.vilt", f"{stage}.lsh", *pool, f"{stage}.shifted"]
    assert list(boxes(diagram_data(config))) == [*want, "clip", "head"]


def test_parts_that_a_config_lacks_have_no_box():
    bare = replace(CONFIG, shifted_blocks=0, vilt_blocks=(0, 2, 3))
    found = boxes(diagram_data(bare))
    assert not [key for key in found if key.endswith("shifted")]
    assert "1.vilt" not in found and "2.vilt" in found
    ablation, _ = switched(bare, sct.Ablation(), {"modes": {"1.shifted": "off", "1.vilt": "off"}})
    assert str(ablation) == "none"


def test_the_state_of_each_part_is_that_of_the_ablation():
    text = "shifted=on,self,off;lsh=full;rounds=3;clip=mean;order=shuffled(4);heads-off=1.vilt.2"
    found = boxes(diagram_data(CONFIG, sct.Ablation.parse(text)))
    assert [found[f"{i}.shifted"]["mode"] for i in (1, 2, 3)] == ["on", "self", "off"]
    assert {found[f"{i}.lsh"]["mode"] for i in (1, 2, 3)} == {"full"}
    assert (found["clip"]["mode"], found["order"]["mode"]) == ("mean", "shuffled")
    assert found["1.lsh"]["also"] == "3 rounds" and found["1.vilt"]["also"] == "head 2 off"
    assert found["2.vilt"]["also"] == "" and found["head"]["modes"] == []


@pytest.mark.parametrize(
    ("key", "mode", "text"),
    [
        ("1.vilt", "off", "vilt=off,on,on"),
        ("2.lsh", "full", "lsh=lsh,full,lsh"),
        ("3.shifted", "self", "shifted=on,on,self"),
        ("clip", "mean", "clip=mean"),
        ("order", "shuffled", "order=shuffled(1)"),
        ("order", "repeat-first", "order=repeat-first"),
    ],
)
def test_a_switch_changes_its_field_alone(key, mode, text):
    ablation, edit = switched(CONFIG, sct.Ablation(), {"modes": {key: mode}, "edit": 7})
    assert (str(ablation), edit) == (text, 7)
    kept = sct.Ablation.parse("rounds=4;heads-off=2.lsh.1")
    changed, _ = switched(CONFIG, kept, {"modes": {key: mode}})
    assert str(changed).replace("heads-off", "").count("=") == 2 + str(kept).count("=") - 1
    assert (changed.rounds, changed.heads_off) == (kept.rounds, kept.heads_off)


def test_a_shuffle_keeps_its_seed_when_something_else_is_switched():
    shuffled = sct.Ablation.parse("order=shuffled(9)")
    told = {"modes": {"order": "shuffled", "clip": "mean"}}
    assert switched(CONFIG, shuffled, told)[0].order == "shuffled(9)"


@pytest.mark.parametrize(
    "told",
    [None, [], "x", {"modes": 3}, {"modes": {"1.vilt": ["off"], "9.vilt": "off", "clip": "<b>"}},
     {"edit": "x"}, {"edit": -1}, {"edit": float("nan")}, {"edit": 1e300}],
)  # fmt: skip
def test_what_the_browser_must_not_say_changes_nothing(told):
    before = sct.Ablation.parse("shifted=self;clip=mean")
    assert switched(CONFIG, before, told) == (before, 0)


def test_notes_and_marks_stand_at_their_boxes():
    found = boxes(diagram_data(CONFIG, notes={"1.pool": [("out", "14")]}, marked=["clip"]))
    assert found["1.pool"]["notes"] == [["out", "14"]] and found["2.pool"]["notes"] == []
    assert [key for key, box in found.items() if box["marked"]] == ["clip"]
