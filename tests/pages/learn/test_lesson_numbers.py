"""Learn: lessons say the numbers of the model, and what their questions say holds."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

import sct
from pages.cache import models
from pages.learn.course import LESSONS
from pages.learn.lesson6_ablation import _verdict
from sct.ablation_study import Score
from sct.analysis.head_motion import rank_heads, true_flow
from sct.analysis.lsh_recall import recall_of
from sct.checkpoint import DEFAULT
from sct.checkpoint.io import read_card
from sct.evaluation.accuracy import evaluate, wilson
from sct.numbers import cut, signed
from sct.questions import in_full
from sct.synthetic.clips import make_clip
from tests.pages.conftest import component
from viz.components.player.message import unpack
from viz.text.numbers import percent

TILT = {"sample": "tilt up", "scene": "4"}


def said(at):
    return " ".join(m.value for m in at.main.markdown)


def metrics(at):
    return {m.label: m.value for m in at.metric}


def passed(made, ablation="none", name=DEFAULT):
    """The model, of its first question as pages show it, and its traced pass over a made clip."""
    model = models.load(name).model
    frames = sct.preprocess(made.as_clip(), model.config.image_size)
    with torch.inference_mode():
        return model, model(frames, ablation=sct.Ablation.parse(ablation), trace=True)


def answered(made, ablation="none"):
    """The likeliest class and its probability, as the app writes them."""
    model, output = passed(made, ablation)
    shares = output.logits.softmax(-1)[0]
    best = int(shares.argmax())
    label = in_full(model.config, model.config.labels[best])
    return label.replace("-", r"\-"), f"{float(shares[best]):.1%}"


@pytest.mark.parametrize(
    ("side", "pairs", "times"),
    [
        (2, 3136**2, "16 times as many"),
        (8, 196**2, "16 times fewer"),
        (1, 12544**2, "256 times as many"),
    ],
)
def test_lesson_1_counts_pairs(side, pairs, times, open_app, check):
    at = open_app("learn", lesson="patches")
    assert "the model’s own patch, 4 × 4 pixels" in said(at)
    at.select_slider(key="lesson_patch").set_value(side)
    check(at.run())
    assert metrics(at)["Pairs, all with all"] == f"{pairs:,}" and f"That is {times} " in said(at)


def test_lesson_3_says_where_a_patch_was_hashed_to(open_app):
    at = open_app("learn", lesson="hashing", at="5,6", lsh_head="1", frame="2", lines="0")
    seen = passed(make_clip("pan right", 8))[1].trace.lsh(1)
    order, ids = seen.order(2, 1).tolist(), seen.buckets(2, 1)
    place, flat = order.index(5 * 28 + 6), ids.ravel()
    told = metrics(at)
    assert told["Bucket"] == f"{int(ids[5, 6])} of 16"
    assert told["Place when sorted"] == f"{place} of 784"
    assert told["Piece"] == f"{place // 49} of 16"
    pieces = {place // 49, (place // 49 - 1) % 16}
    sight = [token for i, token in enumerate(order) if i // 49 in pieces]
    others = sum(flat[token] != ids[5, 6] for token in sight)
    assert told["Other buckets seen"] == f"{others} of {len(sight)}"


@pytest.mark.parametrize(("turn", "lines"), [(0, 2), (75, 2), (120, 0)])
def test_lesson_3_follows_one_patch_by_one_hash(turn, lines, open_app):
    """What step 2 says is what the demo of step 1 hashes, and step 4 begins there."""
    asked = {"at": "5,6", "lsh_head": "1", "frame": "2", "turn": str(turn), "lines": str(lines)}
    at = open_app("learn", lesson="hashing", **asked)
    header, parts = unpack(component(at.main, "sct_lesson_hashing").bytes)
    shown, directions = header["view"], lines or header["directions"]
    assert (shown["row"], shown["column"], shown["head"]) == (5, 6, 1)
    assert (shown["turn"], shown["lines"]) == (turn, lines)
    x, angle = parts["projected"][1].astype(float), np.radians(turn)
    across, down = x[:, ::2], x[:, 1::2]  # each pair of directions spans a plane
    turned = np.empty_like(x)
    turned[:, ::2] = across * np.cos(angle) - down * np.sin(angle)
    turned[:, 1::2] = across * np.sin(angle) + down * np.cos(angle)
    used = turned[:, :directions]
    ids = np.concatenate([used, -used], 1).argmax(1)
    own, told = ids[5 * 28 + 6], metrics(at)
    assert told["Bucket"] == f"{own} of {2 * directions}"
    assert told["Patches in it"] == str((ids == own).sum())
    order = np.argsort(ids, kind="stable")
    assert told["Place when sorted"] == f"{order.tolist().index(5 * 28 + 6)} of 784"
    exact = passed(make_clip("pan right", 8))[1].trace.lsh(1).exact(2, 1)
    kept = recall_of(lambda rows: exact[rows], [torch.from_numpy(order)], 49).recall[0]
    (chart,) = (c for c in at.get("plotly_chart") if "hash rounds" in c.proto.spec)
    (line,) = (t for t in json.loads(chart.proto.spec)["data"] if "kept" in t["name"])
    assert line["y"][0] == pytest.approx(kept, abs=1e-6)
    assert "whatever is set in step 1" in said(at)


def test_lesson_3_asks_whether_the_answer_misses_what_hashing_loses(open_app):
    made = make_clip("tilt up", 4)
    (was, p), (now, q) = answered(made), answered(made, "lsh=full")
    told = said(open_app("learn", lesson="hashing", **TILT))
    assert f"**{was}**, {p} sure" in told and f"**{now}**, {q}. " in told
    assert ("does not change it" in told) == (was == now)


def test_lesson_4_waits_for_a_look_and_then_reads_the_maps(open_app, check):
    place = "Mean place of the left map"
    asked = {"lesson": "shifted", "patch2": "3,2", "frame": "4", **TILT}
    at = open_app("learn", guess4="9", **asked)
    assert place not in metrics(at) and at.query_params["guess4"] == "9"
    at = open_app("learn", guess4="9", look="1", **asked)
    seen = passed(make_clip("tilt up", 4))[1].trace.shifted(2)
    down, across = seen.displacement(4, "grounded")[3, 2] / seen.patch_pixels
    told = metrics(at)[place]
    for value, words in ((down, ("up", "down")), (across, ("left", "right"))):
        assert (f"{abs(value):.1f} {words[int(value > 0)]}" in told) == (abs(value) >= 0.05)
    previous, current = seen.maps(4, (3, 2), "grounded")
    assert metrics(at)["Weight on its own place, frame before"] == f"{previous[3, 2]:.0%}"
    assert metrics(at)["Weight on its own place, own frame"] == f"{current[3, 2]:.0%}"
    at.number_input(key="scene").set_value(5)  # another clip, another question
    check(at.run())
    assert place not in metrics(at) and not {"look", "guess4"} & set(at.query_params)


def test_lesson_4_says_what_cutting_the_path_of_motion_does(open_app):
    at = open_app("learn", lesson="shifted", **TILT)
    made = make_clip("tilt up", 4)
    model, before = passed(made)
    after = passed(made, "shifted=self")[1].logits.softmax(-1)[0]
    before = before.logits.softmax(-1)[0]
    best = int(before.argmax())
    name, told = f"“{in_full(model.config, model.config.labels[best])}”", metrics(at)
    assert told[f"{name}, as trained"] == f"{float(before[best]):.1%}"
    assert told[f"{name}, path of motion cut"] == f"{float(after[best]):.1%}"


def test_lesson_5_waits_for_a_guess_and_then_tells_the_answers_of_the_model(open_app, check):
    at = open_app("learn", lesson="frames", **TILT)
    assert not at.get("plotly_chart") and "with the mean |" not in said(at)
    at.segmented_control(key="lesson_guess").set_value(1)
    check(at.run())
    made = make_clip("tilt up", 4)
    rows = said(at)[said(at).index("| frames | with") :].split("\n")[2:4]
    for row, order in zip(rows, ("as-is", "reversed"), strict=True):
        for cell, mode in zip(row.split("|")[2:4], ("on", "mean"), strict=True):
            assert cell.strip() == ", ".join(answered(made, f"order={order};clip={mode}"))
    assert "guessed right" in said(at) and len(at.get("plotly_chart")) == 1
    assert "**7, 6, 5, 4, 3, 2, 1, 0**" in said(at)
    at.segmented_control(key="lesson_order").set_value("shuffled(1)")
    check(at.run())
    order = sct.Ablation.parse("order=shuffled(1)").frame_order(8)
    assert f"**{', '.join(map(str, order))}**" in said(at)
    assert not at.get("plotly_chart") and at.query_params["order"] == "shuffled(1)"
    at.segmented_control(key="lesson_guess").set_value(1)
    check(at.run())
    says = Counter(answered(made, f"order=shuffled({seed})")[0] for seed in range(1, 9))
    told = ", ".join(f"**{label}** {count} times" for label, count in says.most_common())
    assert f"Of 8 shuffles: {told}." in said(at)


def test_what_lesson_5_says_of_each_part_and_shuffled_frames_holds(open_app):
    model, output = passed(make_clip("tilt up", 4))
    order = list(sct.Ablation.parse("order=shuffled(1)").frame_order(8))
    last, x = model.stages[-1], output.trace.entered[3]
    use = sct.Ablation().resolve(model.config, model.config.image_size)[-1]
    chunk, lsh = replace(use, lsh="off"), replace(use, vilt=False)
    parts = {
        "chunk attention": lambda x: last.spatial(x, chunk),
        "LSH attention": lambda x: last.spatial(x, lsh),
        "shifted attention": lambda x: last.temporal(x, use),
        "clip encoder": lambda x: model.clip(x.mean((2, 3)), "on", None),
        "a mean in its place": lambda x: model.clip(x.mean((2, 3)), "mean", None),
    }
    (lesson,) = (each for each in LESSONS if each.key == "frames")
    said_of = lesson.choices["part"]
    assert list(said_of) == list(parts)
    with torch.inference_mode():
        for name, part in parts.items():
            before, after = part(x), part(x[:, order])
            expected = before[:, order] if before.ndim > 2 else before
            same = torch.allclose(after, expected, atol=1e-4)
            assert same == ("**same**" in said_of[name]) != ("**changes**" in said_of[name]), name
    text = said(open_app("learn", lesson="frames", guess5="1", **TILT))
    assert "one frame at a time | **same** output" in text and "| shifted attention |" in text


def test_lesson_5_shows_what_cls_gives(open_app, panels):
    at = open_app("learn", lesson="frames", clip_layer="2")
    seen = passed(make_clip("pan right", 8))[1].trace.clip(1)
    shares = seen.frames()
    assert [p["share"] for p in panels(at)["panels"]] == pytest.approx(
        (shares / shares.max()).tolist(), abs=1e-4
    )
    assert f"CLS keeps {percent(seen.cls())} for itself" in said(at)
    assert f"would be {float(shares.mean()):.1%} a frame" in said(at)


def test_lesson_6_measures_what_evaluation_measures_and_holds_the_guess_to_it(
    open_app, check, monkeypatch
):
    monkeypatch.setattr("pages.learn.lesson6_ablation.COUNTS", (9, 8))
    at = open_app("learn", lesson="ablation", part="shifted=off", guess6="100")
    assert "lies" not in said(at) and not at.get("plotly_chart")
    at.button(key="lesson_measure").click()
    check(at.run())
    model, off = models.load(DEFAULT).model, sct.Ablation.parse("shifted=off")
    with torch.inference_mode():
        before, after = (
            evaluate(model, "composite", limit=8, ablation=each) for each in (None, off)
        )
    low, high = after["top1_ci95"]
    told = f"**{cut(after['top1'])}** of 8 clips (95% interval {cut(low)} to {cut(high)})"
    assert told in said(at) and f"as trained for {cut(before['top1'])}" in said(at)
    assert ("lies **inside**" in said(at)) == (high == 1)
    guess = round(100 * after["top1"])
    at.slider(key="lesson_share").set_value(guess)
    check(at.run())
    assert "lies **inside** the interval" in said(at)  # what was measured is still there
    assert at.query_params["guess6"] == str(guess)
    assert f"I guess {guess}%" in at.button(key="lesson_measure").label


def test_a_measurement_that_was_ended_leaves_nothing(open_app, check, monkeypatch):
    from streamlit.runtime.scriptrunner import StopException

    def ended(*args, progress, **more):
        progress(0, 2)
        progress(1, 2)
        raise StopException

    monkeypatch.setattr("sct.ablation_study.over_clips", ended)
    at = open_app("learn", lesson="ablation")
    at.button(key="lesson_measure").click()
    check(at.run())
    check(at.run())
    assert "lies" not in said(at) and at.button(key="lesson_measure").label.startswith("Measure")


@pytest.mark.parametrize(
    ("right", "low", "high", "p", "told"),
    [
        (30, 0.2, 0.4, 0.4, "cannot show"),
        (6, 0.03, 0.12, 1e-6, "No better than guessing"),
        (60, 0.5, 0.7, 0.01, "makes the model lose"),
    ],
)
def test_the_verdict_of_lesson_6_follows_the_test_and_the_interval(right, low, high, p, told):
    score = Score("", "", right, 100, right / 100, (low, high), 1, 40, p, {})
    (lesson,) = (each for each in LESSONS if each.key == "ablation")
    assert told in lesson.texts[_verdict(score, 1 / 17)]


def test_what_question_6_says_of_intervals_holds():
    for right in (91, 94):
        low, high = wilson(right, 100)
        assert 0.09 < high - low < 0.12
    assert wilson(91, 100)[1] > 0.94 and wilson(94, 100)[0] < 0.91
    wide, narrow = np.diff(wilson(90, 100)), np.diff(wilson(360, 400))
    assert narrow == pytest.approx(wide / 2, rel=0.05)


def test_lesson_7_says_the_numbers_of_the_measure_once_a_vote_was_given(open_app):
    asked = {"lesson": "explanation", **TILT}
    assert "| r here |" not in said(open_app("learn", **asked))
    text = said(open_app("learn", vote="A", **asked))
    made = make_clip("tilt up", 4)
    for letter, name in (("A", "sct-motion-free"), ("B", "sct-motion")):
        rows = rank_heads(passed(made, name=name)[1].trace, made.frames, true_flow(made))
        for stage in (1, 2, 3):
            best = max((r for r in rows if r["stage"] == stage), key=lambda r: r["correlation"])
            sign = "◆" if best["grounded"] else "○"
            r, even = (signed(best[k]) for k in ("correlation", "even"))
            assert f"| {letter} {stage} | {sign} {best['head']} | **{r}** | {even} |" in text
    assert "the other way round" in text


def test_what_question_7_says_of_an_even_map_holds():
    for name in ("sct-motion", "sct-motion-free"):
        heads = read_card(name)["attention_follows_motion"]["heads"]
        assert min(row["chance"] for row in heads) > 0.15
