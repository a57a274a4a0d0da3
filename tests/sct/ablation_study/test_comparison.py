import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

import sct
from sct import Ablation, ablation_study
from sct.ablation_study import Variant, comparison
from sct.datasets.options import EvaluationOptions
from sct.errors import OutOfMemory
from sct.evaluation.accuracy import evaluate
from sct.evaluation.statistics import holm, mcnemar, wilson
from sct.synthetic import clips

CLIPS = 34
VARIANTS = (
    Variant("as trained", Ablation()),
    Variant("one picture", Ablation.parse("order=repeat-first")),
    Variant("no clip encoder", Ablation.parse("clip=mean")),
)


@pytest.fixture(scope="module")
def scores(model):
    seen = []
    found = ablation_study.over_clips(
        model, "motion", VARIANTS, CLIPS, progress=lambda *at: seen.append(at)
    )
    return found, seen


def test_each_score_is_what_evaluate_measures_on_the_same_clips(model, scores):
    for variant, score in zip(VARIANTS, scores[0], strict=True):
        found = evaluate(model, limit=CLIPS, ablation=variant.ablation)
        assert (score.name, score.ablation) == (variant.name, str(variant.ablation))
        assert score.n == found["n"] == CLIPS
        assert score.accuracy == pytest.approx(found["top1"])
        assert score.ci95 == pytest.approx(found["top1_ci95"])
        by_class = {k: (v["n"], v["accuracy"]) for k, v in score.per_class.items()}
        assert by_class == {k: (v["n"], v["top1"]) for k, v in found["per_class"].items()}


def test_counts_add_up(scores):
    first, *others = scores[0]
    assert (first.gains, first.losses, first.p) == (0, 0, None)
    for score in others:
        assert score.right == first.right + score.gains - score.losses
        assert score.p == mcnemar(score.gains, score.losses)
        assert sum(row["n"] for row in score.per_class.values()) == score.n
        assert sum(row["right"] for row in score.per_class.values()) == score.right
        for row in score.per_class.values():
            assert row["ci95"] == wilson(row["right"], row["n"])


def test_p_values_are_adjusted_for_all_variants_compared(scores):
    first, *others = scores[0]
    assert first.p_holm is None and len(others) == 2
    assert tuple(score.p_holm for score in others) == holm([score.p for score in others])
    low, high = sorted(others, key=lambda score: score.p)
    assert low.p_holm == pytest.approx(min(1, 2 * low.p))
    assert high.p_holm == pytest.approx(max(high.p, low.p_holm))


def test_a_single_picture_leaves_every_motion_at_chance(scores):
    """The sixteen labels of which something moves; what stands still may well be told."""
    trained, still = (score.per_class for score in scores[0][:2])
    moving = [label for label in clips.LABELS if label != "static"]
    assert len(moving) == 16 and set(moving) < set(trained)
    n = sum(still[label]["n"] for label in moving)
    right = sum(still[label]["right"] for label in moving)
    low, _ = wilson(right, n)
    assert low <= 1 / 17 and right / n <= 2 / 17
    assert sum(trained[label]["right"] for label in moving) / n > 0.8
    assert scores[0][1].p < 1e-4


def test_progress_counts_clips(scores):
    seen = scores[1]
    assert seen == sorted(seen) and seen[-1] == (CLIPS, CLIPS)
    assert len(seen) > 40  # also between the steps of a batch, so that a run can be ended


class Stop(Exception):
    pass


def test_progress_may_end_the_run(model):
    calls = []

    def stop(*at: int) -> None:
        calls.append(at)
        raise Stop

    with pytest.raises(Stop):
        ablation_study.over_clips(model, "motion", VARIANTS[:1], 8, progress=stop)
    assert calls == [(0, 8)]


def test_sweep_of_offsets_is_held_against_the_model_as_trained(model):
    found = ablation_study.sweep(model, "motion", "offsets", (0, 1, 3), 17)
    assert [s.name for s in found] == ["offsets=0", "offsets=1", "offsets=3"]
    assert (found[1].gains, found[1].losses, found[1].p) == (0, 0, 1.0)
    assert found[0].accuracy < 0.4 < 0.8 < found[1].accuracy  # it sees no frame but its own
    assert found[0].p < 0.01


def test_sweep_of_frames_shows_the_first_ones(model):
    base = Ablation.parse("clip=mean")
    found = ablation_study.sweep(model, "motion", "frames", (3, 8), 5, ablation=base)
    assert [s.ablation for s in found] == ["clip=mean"] * 2
    assert (found[1].gains, found[1].losses) == (0, 0)
    made = clips.make_batch([clips.LABELS[i] for i in range(5)] + [0] * 3, 1 << 40, 8, 112)
    with torch.inference_mode():
        three = sct.video.clip.normalise(made.frames[:5, :3])
        said = model(three, base).logits.argmax(-1)
    assert found[0].right == int((said == made.labels[:5]).sum())


def test_usual_values():
    tiny, large = sct.SIZES["sct_ti"], sct.SIZES["sct_s"]
    assert ablation_study.usual_values(tiny, "offsets") == (0, 1, 2, 3, 4, 5)
    assert ablation_study.usual_values(tiny, "rounds") == tuple(range(1, 9))
    assert ablation_study.usual_values(tiny, "frames") == tuple(range(2, 9))
    assert ablation_study.usual_values(large, "frames") == tuple(range(3, 25, 3))
    assert ablation_study.usual_values(replace(tiny, frames=1), "frames") == (1,)


def test_bad_input_is_said(model):
    def over(variants, data="motion", **more):
        return ablation_study.over_clips(model, data, variants, 2, **more)

    with pytest.raises(ValueError, match="1 to 64"):
        over([])
    with pytest.raises(ValueError, match="offsets"):
        over([Variant("far", Ablation(offsets=9))])
    with pytest.raises(ValueError, match=r"frames=9.*1 to 8"):
        over([Variant("long", Ablation(), 9)])
    with pytest.raises(ValueError, match="no data"):
        over(VARIANTS, "nowhere")
    with pytest.raises(ValueError, match="offsets, rounds, frames"):
        ablation_study.sweep(model, "motion", "colour")
    without = sct.build("sct_ti", shifted_blocks=0, labels=clips.LABELS)
    with pytest.raises(ValueError, match="no shifted attention"):
        ablation_study.sweep(without, "motion", "offsets")


def test_videos_of_a_manifest(model, tmp_path, make_video):
    rows = [["path", "label"]]
    for i, label in enumerate(("pan left", "pan right", "no such label")):
        noise = np.random.default_rng(i).integers(0, 255, (20, 48, 64, 3), np.uint8)
        (tmp_path / f"{i}.mp4").write_bytes(make_video(noise))
        rows.append([f"{i}.mp4", label])
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    rows.append(["broken.mp4", "pan left"])
    with open(tmp_path / "clips.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    every = EvaluationOptions(split="all")
    found = ablation_study.compare(
        model, str(tmp_path / "clips.csv"), VARIANTS[:2], None, options=every
    )
    assert [score.n for score in found.scores] == [2, 2]
    assert set(found.scores[0].per_class) == {"pan left", "pan right"}
    assert found.labels_left_out == ("no such label",)
    assert len(found.unreadable) == 1 and found.unreadable[0]["path"].endswith("broken.mp4")


def test_where_memory_runs_out_fewer_clips_are_tried_at_a_time(model, monkeypatch):
    plain, tried = comparison.batch_logits, []

    def small(model, frames, ablations, progress):
        tried.append(len(frames))
        if len(frames) > 2:
            raise OutOfMemory("Memory ran out.")
        return plain(model, frames, ablations, progress=progress)

    monkeypatch.setattr(comparison, "batch_logits", small)
    found = ablation_study.over_clips(model, "motion", VARIANTS[:1], 8)
    assert tried == [8, 4, 2, 2, 4, 2, 2]
    assert found[0].right == evaluate(model, limit=8)["top1"] * 8

    def none(*_, **__):
        raise OutOfMemory("Memory ran out.")

    monkeypatch.setattr(comparison, "batch_logits", none)
    with pytest.raises(OutOfMemory):
        ablation_study.over_clips(model, "motion", VARIANTS[:1], 8)
