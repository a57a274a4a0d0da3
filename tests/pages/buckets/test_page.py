"""LSH buckets: its switches, its numbers against direct computation, what it leaves uncomputed."""

import json

import numpy as np
import pytest

import sct
from pages.buckets import player as buckets_player
from pages.cache import inference, models
from sct.analysis.lsh_recall import full_cost, lsh_cost, recall_by_rounds
from sct.synthetic.clips import make_clip


def charts(at):
    found = {}
    for chart in at.get("plotly_chart"):
        found[chart.proto.id.rsplit("-", 1)[-1]] = json.loads(chart.proto.spec)
    return found


def values(x):
    if isinstance(x, dict):
        import base64

        return np.frombuffer(base64.b64decode(x["bdata"]), x["dtype"]).tolist()
    return x


def metrics(at):
    return {m.label: m.value for m in at.metric}


def traced(stage, text="none", sample=("pan right", 8)):
    model = models.load(sct.list_models()[0]).model
    frames = sct.preprocess(make_clip(*sample).as_clip(), model.config.image_size)
    return model(frames, ablation=sct.Ablation.parse(text), trace=True).trace.lsh(stage)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("_sw_rounds", "3", "rounds=3"),
        ("_sw_bucket", "98", "bucket=98"),
        ("_sw_seed", "2", "seed=2"),
    ],
)
def test_a_switch_changes_the_buckets_the_numbers_and_the_address(
    key, value, text, open_app, check, player
):
    at = open_app("buckets")
    before, numbers = player(at), metrics(at)
    at.get_by_key(key).set_value(value)
    check(at.run())
    assert at.query_params["ablate"] == text and at.query_params["everywhere"] == "true"
    assert "**ablated**" in at.warning[0].value
    header, parts = player(at)
    if key != "_sw_seed":  # another draw may do as well
        assert metrics(at) != numbers
    if key == "_sw_rounds":
        assert header["rounds"] == 3 and parts["ids"].shape[2] == 3
    else:
        assert not np.array_equal(parts["order"], before[1]["order"])
    at.button(key="as_trained").click()
    check(at.run())
    assert metrics(at) == numbers and at.get_by_key(key).value.endswith("(trained)")


def test_back_to_as_trained_leaves_no_ablation(open_app, check):
    at = open_app("buckets", ablate="rounds=2", everywhere="true")
    assert at.get_by_key("_sw_rounds").value == "2"
    at.get_by_key("_sw_rounds").set_value("1 (trained)")
    check(at.run())
    assert at.session_state["ablate"] == "" and not at.session_state["everywhere"]
    assert not at.warning


def test_other_parts_of_an_ablation_are_kept(open_app, check):
    at = open_app("buckets", ablate="shifted=self;rounds=2", everywhere="true")
    at.get_by_key("_sw_seed").set_value("4")
    check(at.run())
    assert at.session_state["ablate"] == "shifted=self;rounds=2;seed=4"


@pytest.mark.parametrize("text", ["none", "rounds=3;bucket=98;seed=2"])
def test_recall_and_cost_are_those_of_a_direct_computation(text, open_app):
    asked = {} if text == "none" else {"ablate": text, "everywhere": "true"}
    at = open_app("buckets", frame="5", lsh_head="2", **asked)
    seen = traced(1, text)
    kept = recall_by_rounds(seen, 1, 0 if text == "none" else 2, 5, 2)
    lines = {t["name"]: values(t["y"]) for t in charts(at)["recall"]["data"]}
    assert lines["kept of exact attention"] == pytest.approx(kept.recall.tolist())
    assert lines["if it were even"] == pytest.approx(kept.pairs.tolist())
    said = metrics(at)
    assert said["Recall in frame 5, head 2"] == f"{seen.recall(5, 2):.1%}"
    assert said["If attention were even"] == f"{kept.pairs[seen.rounds - 1]:.1%}"
    shape = seen.grid**2, seen.heads, seen.qk.shape[-1]
    costs = [lsh_cost(*shape, seen.bucket_size, r) for r in range(1, 9)]
    bars = {t["name"]: values(t["y"]) for t in charts(at)["cost"]["data"]}
    assert bars["attend"] == [c.attending for c in costs]
    assert bars["hash"] == [c.hashing for c in costs]
    full = full_cost(*shape).total
    assert charts(at)["cost"]["layout"]["shapes"][0]["y0"] == full
    assert said["Cost beside full attention"] == f"{costs[seen.rounds - 1].total / full:.0%}"
    sizes = values(charts(at)["bucket_sizes"]["data"][0]["y"])
    assert sizes == np.bincount(seen.buckets(5, 2).ravel(), minlength=seen.n_buckets).tolist()


def test_rounds_beyond_the_models_are_not_computed_until_looked_at(open_app, monkeypatch):
    asked = []
    recall = inference.lsh_recall
    monkeypatch.setattr(
        buckets_player, "lsh_recall", lambda *args: (asked.append(args[-1]), recall(*args))[1]
    )
    monkeypatch.setattr(buckets_player, "PROMPT", 0)  # every frame is a large one
    at = open_app("buckets")
    assert set(asked) == {1} and not charts(at) and len(at.metric) == 3
    monkeypatch.setattr(buckets_player, "PROMPT", 1000)
    assert charts(open_app("buckets")) and buckets_player.ROUNDS in asked


def test_one_piece_is_said_and_has_no_charts(open_app):
    at = open_app("buckets", stage="3")
    assert any("nothing is lost" in c.value for c in at.caption) and not charts(at)
    assert metrics(at)["Recall in frame 3, head 0"] == "100.0%"


def test_all_rounds_merged_can_be_pinned(open_app, player):
    at = open_app("buckets", ablate="rounds=2", everywhere="true", round="-1")
    assert player(at)[0]["view"]["round"] == -1 and not at.warning[1:]
