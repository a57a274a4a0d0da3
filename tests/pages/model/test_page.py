import json
import re

import pytest
import torch

import sct
from pages.widgets import turns
from sct.checkpoint import io
from sct.model.config import SIZES
from sct.model.sct import SCT
from sct.profiling import complexity
from sct.profiling.layers import layer_costs
from sct.serving.queue import DeviceQueue

HOSTILE = "<img src=x onerror=\"document.title='hacked'\"> **b** [a](http://e) $x$ :smile:"


def shown(at):
    return " ".join(node.value for node in at.main.get("html"))


def cells(at, row):
    """The texts of a row of a table, by its heading."""
    (found,) = re.findall(rf'<tr[^>]*><th scope="row">[^/]*{re.escape(row)}<.*?</tr>', shown(at))
    return re.findall(r'class="v">([^<]*)', found)


def diagram(at):
    def find(node):
        for child in getattr(node, "children", {}).values():
            if child.type == "bidi_component" and child.proto.component_name == "sct_diagram":
                return json.loads(child.proto.json)
            if (found := find(child)) is not None:
                return found
        return None

    return find(at.main)


def metrics(at):
    return {m.label: m.value for m in at.metric}


@pytest.mark.parametrize("size", SIZES)
def test_every_size_is_drawn_from_its_config_without_weights(size, open_app, monkeypatch):
    from pages.cache import models

    monkeypatch.setattr(models, "load", None)
    at = open_app("model", size=size)
    notes = {b["key"]: dict(b["notes"]) for g in diagram(at)["groups"] for b in g["boxes"]}
    for part in layer_costs(SIZES[size]):
        assert notes[part.key]["out"] == "×".join(map(str, part.gives))
        assert notes[part.key]["params"].endswith("%")
    found, config = metrics(at), SIZES[size]
    assert found["One clip"] == f"{config.frames} × {config.image_size} × {config.image_size}"
    assert found["Parameters"] == f"{complexity.parameters(config) / 1e6:.2f} M"
    assert found["Multiply-adds"] == f"{complexity.gmacs(config):.2f} G"


def test_the_numbers_are_those_of_the_command_sizes(open_app):
    at = open_app("model", show="Sizes")
    for row in complexity.sizes():
        if row["paper_gmacs"]:
            _, clip, params, paper_params, gmacs, paper_gmacs, top1 = cells(at, row["name"])
            assert clip.startswith(f"{row['frames']} × {row['image_size']}")
            assert (params, gmacs) == (f"{row['params_m']:.2f}", f"{row['gmacs']:.2f}")
            assert float(paper_params) == row["paper_params_m"]
            assert float(paper_gmacs) == row["paper_gmacs"] and top1.endswith("%")
    assert cells(at, "ViT-L/16")[3:] == ["328.63", "–", "1413.45", "79.15%"]


def test_the_time_of_each_part_is_measured_on_request(open_app, check):
    at = open_app("model")
    assert "Time" not in shown(at)
    at.button(key="measure").click()
    check(at.run())
    assert cells(at, "Stage 1 · LSH attention")[-1].endswith("s")
    notes = [dict(b["notes"]) for g in diagram(at)["groups"] for b in g["boxes"] if b["notes"]]
    assert all("time" in each for each in notes)
    assert any("its parts, each by itself" in c.value for c in at.caption)
    at.segmented_control(key="size").set_value("sct_ti")
    check(at.run())
    assert "Time" not in shown(at) or SIZES["sct_ti"] == sct.load().config


def test_where_too_much_is_asked_for_it_is_not_measured_now(open_app, check, monkeypatch):
    at = open_app("model")
    monkeypatch.setattr(turns, "queue", lambda: DeviceQueue(most=0))
    at.button(key="measure").click()
    check(at.run())
    assert "Too much is asked for at once" in at.info[0].value and "Time" not in shown(at)


def test_the_card_says_how_often_it_is_right_and_what_it_cannot_do(open_app, check):
    at = open_app("model", show="Checkpoint", model="sct-motion")
    card = io.read_card("sct-motion")
    found = metrics(at)
    assert found["Right on unseen clips"] == "96.6%"  # 0.9665, not rounded up
    low, high = (int(v * 1000) / 10 for v in card["measured"]["top1_ci95"])
    assert any(f"{low}% to {high}%" in c.value and "2,000 clips" in c.value for c in at.caption)
    said = " ".join(m.value for m in at.markdown)
    assert "17 answers" in said and "56 pixels in stage 1" in said and "corner" in said.lower()
    assert cells(at, "◆ Stage 2 · head 0")[1] == "grounded"
    assert cells(at, "shifted=self")[1] == "6.2%"
    commands = [c.value for c in at.code]
    assert card["measured"]["command"] in commands
    at.segmented_control(key="exam").set_value("real pictures")
    check(at.run())
    assert card["footage"]["command"] in [c.value for c in at.code]


def test_a_link_restores_what_is_shown(open_app):
    at = open_app(
        "model", show="Checkpoint", model="sct-motion", exam="real pictures", flow="real pictures"
    )
    assert at.segmented_control(key="exam").value == "real pictures"
    commands = [c.value for c in at.code]
    assert sum("footage:DIR" in c for c in commands) == 2
    assert "“nonsense” cannot be had" in open_app("model", show="nonsense").warning[0].value


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The operator's folder: a good checkpoint, broken ones, and one with a hostile card."""
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))
    torch.manual_seed(0)
    config = {"image_size": 56, "frames": 4, "widths": (16,), "vilt_blocks": (1,), "heads": (2,)}
    small = sct.SCTConfig(**config, num_classes=2)
    io.save(SCT(small), tmp_path / "good", {"task": "tell two things apart"})
    for name in ("no-card", "other-card"):
        io.save(SCT(small), tmp_path / name, {})
    (tmp_path / "no-card.json").write_text("{")
    other = json.loads((tmp_path / "other-card.json").read_text())
    other["config"]["clip_layers"] = 200
    (tmp_path / "other-card.json").write_text(json.dumps(other))
    io.save(SCT(small), tmp_path / "huge", {})
    other["config"] |= {"clip_layers": 4, "image_size": 10**9}
    (tmp_path / "huge.json").write_text(json.dumps(other))
    (tmp_path / "damaged.safetensors").write_bytes(b"nothing")
    (tmp_path / "damaged.json").write_text((tmp_path / "good.json").read_text())
    texts = {k: HOSTILE for k in ("task", "data", "device", "weights", "torch")}
    exam = {"top1": 0.5, "top1_ci95": [0.4, 0.6], "n": 10, "command": HOSTILE}
    exam |= {"labels": [HOSTILE, "other"], "confusion": [[1, 2], [3, 4]]}
    exam["per_class"] = {HOSTILE: {"n": 5, "top1": 0.5, "ci95": [0.4, 0.6]}}
    card = {**texts, "measured": exam, "falls_short": [HOSTILE], "ablated": {HOSTILE: exam}}
    card["real_clips"] = {"clips": [{"clip": HOSTILE, "seen": HOSTILE, "predicted": HOSTILE}]}
    hostile = SCT(sct.SCTConfig(**config, num_classes=2, labels=(HOSTILE, "other")))
    io.save(hostile, tmp_path / "hostile", card)


def test_checkpoints_are_offered_and_broken_ones_say_why_in_one_sentence(folder, open_app, check):
    at = open_app("model", show="Load another")
    said = {}
    for name, about in zip(at.main.markdown[2:], at.main.caption, strict=True):
        said[name.value.replace("\\", "").strip("*")] = about.value.replace("\\", "")
    assert "tell two things apart" in said["good"] and "from SCT_MODELS" in said["good"]
    assert "card of no-card.safetensors is damaged" in said["no-card"]
    assert "do not fit the config" in said["other-card"]
    assert "damaged.safetensors is damaged" in said["damaged"]
    assert "image_size=1000000000: must be a whole number from 1 to 4096" in said["huge"]
    assert "right for 96.6%" in said["sct-motion"] and "shipped" in said["sct-motion"]
    state = {n: b for n, b in zip(said, at.main.button, strict=True)}
    assert state["sct-scene"].label == "Loaded"
    assert [n for n, b in state.items() if b.disabled] == [
        "sct-scene", "damaged", "huge", "no-card", "other-card",
    ]  # fmt: skip
    state["good"].click()
    check(at.run())
    assert at.selectbox(key="model").value == "good"
    at.segmented_control(key="show").set_value("Checkpoint")
    check(at.run())
    assert "not been measured" in at.info[0].value


@pytest.mark.parametrize("show", ["Architecture", "Sizes", "Checkpoint"])
@pytest.mark.parametrize(("name", "why"), [("damaged", "is damaged"), ("huge", "from 1 to 4096")])
def test_a_broken_checkpoint_leaves_the_page_usable(folder, show, name, why, open_app):
    at = open_app("model", model=name, show=show)
    if show == "Sizes":
        assert not at.error and cells(at, "sct_s")
        return
    assert why in at.error[0].value and "\n" not in at.error[0].value
    assert show == "Checkpoint" or at.segmented_control(key="size").options == list(SIZES)


@pytest.mark.parametrize("show", ["Architecture", "Sizes", "Checkpoint", "Load another"])
def test_a_hostile_card_is_text(folder, show, open_app):
    at = open_app("model", model="hostile", show=show)
    assert "<img src=x" not in shown(at)
    for node in [*at.markdown, *at.caption, *at.error]:
        assert "<img" not in node.value.replace("\\<img", "")
        assert "**b**" not in node.value and ":smile:" not in node.value
