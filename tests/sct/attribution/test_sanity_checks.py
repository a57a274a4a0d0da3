"""Checks against what can be written down: curves, ranks, boxes, and maps that must fail."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from sct.attribution import attribute, check, curves, references, sanity_checks
from sct.attribution.deletion_insertion import curve_passes, motion_energy, reference_passes, shares
from sct.attribution.model_copy import shuffled
from sct.attribution.target import Score, baseline
from sct.errors import ModelError
from sct.model.ablation import Ablation


def test_ranks_by_hand():
    """Ranks of 1 2 2 4 are 1, 2.5, 2.5, 4; against 1 2 3 4 that is 4.5 / sqrt(4.5 * 5)."""
    found = sanity_checks.rank_correlation(np.array([1.0, 2, 2, 4]), np.array([10.0, 20, 30, 40]))
    assert found == pytest.approx(0.948683, abs=1e-6)
    assert sanity_checks.rank_correlation(np.arange(6), -(np.arange(6) ** 3)) == pytest.approx(-1)
    assert sanity_checks.rank_correlation(np.ones(5), np.arange(5)) == 0


def test_motion_energy_by_hand():
    clip = torch.zeros(1, 3, 3, 8, 8)
    clip[0, 1, :, :4, :4] = 2  # one patch of four flashes
    found = motion_energy(clip, 4)
    want = np.zeros((3, 2, 2))
    want[:, 0, 0] = 2  # each frame differs by 2 from all of its neighbours
    np.testing.assert_allclose(found, want)
    assert not motion_energy(clip[:, :1], 4).any()


def test_curves_of_a_linear_model_by_hand(linear, clip):
    """The logit falls by the values of what is gone, the highest first."""
    found = attribute(linear, clip, "integrated-gradients", target=1, against=0)
    curve = curves(linear, clip, found.values, 1, 0)
    ordered = np.sort(found.values.ravel())[::-1]
    gone = [ordered[: int(np.ceil(share * ordered.size))].sum() for share in shares()]
    want = 1 / (1 + np.exp(-(found.facts["score"] - np.array(gone))))
    np.testing.assert_allclose(curve.deletion, want, atol=1e-4)
    base = found.facts["baseline_score"]
    np.testing.assert_allclose(
        curve.insertion, 1 / (1 + np.exp(-(base + np.array(gone)))), atol=1e-4
    )
    area = np.sum((curve.deletion[1:] + curve.deletion[:-1]) / 2 * np.diff(curve.shares))
    assert curve.deletion_auc == pytest.approx(area)
    assert curve.gain == curve.insertion_auc - curve.deletion_auc > 0
    assert curve.deletion[0] == curve.insertion[-1] and curve.deletion[-1] == curve.insertion[0]
    # No order of a linear model's patches does better than that of their values.
    others = references(linear, clip, 1, 0)
    assert curve.gain > max(others.random_gains.max(), others.motion.gain)
    assert others.random.gain == pytest.approx(others.random_gains.mean())
    with pytest.raises(ValueError, match=r"values \(4, 7, 7\): expected \(4, 14, 14\)"):
        curves(linear, clip, found.values[:, :7, :7], 1)


def test_boxes_are_explained_by_the_right_map_only(linear, clip):
    score = Score(linear, Ablation(), 1, None)
    values = attribute(linear, clip, "integrated-gradients", target=1).values
    dice = np.random.default_rng(0)
    args = (clip, "still", 3, 10**9)
    assert sanity_checks._unexplained(score, args[0], values, *args[1:]) < 1e-3
    assert sanity_checks._unexplained(score, args[0], 7 * values, *args[1:]) < 1e-3  # of any scale
    noise = dice.normal(size=values.shape).astype(np.float32)
    assert (
        sanity_checks._unexplained(score, args[0], noise, *args[1:])
        > sanity_checks.MOST_UNEXPLAINED
    )
    zero = np.zeros_like(values)
    assert sanity_checks._unexplained(score, args[0], zero, *args[1:]) == pytest.approx(1, abs=1e-5)


def test_shuffled_weights_are_the_same_numbers(small):
    before = [parameter.clone() for parameter in small.parameters()]
    other, same = shuffled(small, 1), shuffled(small, 1)
    for own, was, new, again in zip(
        small.parameters(), before, other.parameters(), same.parameters(), strict=True
    ):
        assert torch.equal(own, was) and torch.equal(new, again)
        assert torch.equal(new.flatten().sort().values, own.flatten().sort().values)
    moved = [not torch.equal(a, b) for a, b in zip(before, other.parameters(), strict=True)]
    assert sum(moved) > len(moved) / 2


def test_a_right_map_passes_and_a_wrong_one_does_not(linear, clip):
    found = attribute(linear, clip, "integrated-gradients", target=1, against=2)
    told = []
    right = check(linear, clip, found, progress=lambda *at: told.append(at))
    assert right.passed and all(right.verdicts.values())
    assert abs(right.randomised) < 0.3 and right.infidelity < 0.01 and right.sensitivity < 0.2
    assert "is better than random ones" in right.why
    total = sanity_checks.check_steps() + reference_passes()
    assert told[0] == (0, total) and told[-1] == (total, total) and told == sorted(told)

    known = references(linear, clip, 1, 2)
    again = check(linear, clip, found, known=known)
    assert again.curve.gain == right.curve.gain and again.sensitivity == right.sensitivity
    assert again.random.gain == right.random.gain

    turned = replace(found, values=-found.values)
    wrong = check(linear, clip, turned, known=known)
    assert not wrong.passed and not wrong.verdicts["random"]
    assert wrong.why.startswith("Not to be relied on here: its order of patches (-")


def test_a_map_of_the_clip_alone_is_caught(linear, clip, monkeypatch):
    """A "method" that shows what the clip shows gives a model that knows nothing the same map."""
    from sct.attribution import registry

    def edges(job):
        return motion_energy(job.frames, job.patch)

    way = registry.WAYS["integrated-gradients"]._replace(compute=edges)
    monkeypatch.setitem(registry.WAYS, "integrated-gradients", way)
    found = attribute(linear, clip, "integrated-gradients", target=1)
    caught = check(linear, clip, found, known=references(linear, clip, 1))
    assert caught.randomised == pytest.approx(1) and not caught.verdicts["randomised"]
    assert not caught.passed and "knows nothing gets much the same map" in caught.why


@pytest.mark.parametrize("given", [float("nan"), float("inf")])
def test_a_sensitivity_that_is_no_number_does_not_pass(linear, clip, monkeypatch, given):
    found = attribute(linear, clip, "integrated-gradients", target=1, against=2)
    monkeypatch.setattr(sanity_checks, "sensitivity_max", lambda *_, **__: torch.tensor([given]))
    caught = check(linear, clip, found, known=references(linear, clip, 1, 2))
    assert not caught.verdicts["sensitivity"] and not caught.passed
    assert caught.verdicts["random"] and caught.verdicts["randomised"]
    assert "nan" not in caught.why and "noise that nobody sees" in caught.why


def test_a_map_with_nan_passes_nothing(linear, clip):
    """Sorted, NaN would come last, where the least important patches belong."""
    found = attribute(linear, clip, "integrated-gradients", target=1, against=2)
    values = np.where(found.values < np.median(found.values), np.nan, found.values)
    caught = check(
        linear, clip, replace(found, values=values), known=references(linear, clip, 1, 2)
    )
    assert not caught.passed and not any(caught.verdicts.values())
    assert caught.why == "Not to be relied on here: the map holds values that are no numbers."


def test_ranks_of_nan_are_no_ranks():
    assert np.isnan(sanity_checks.rank_correlation(np.array([1, np.nan, 3]), np.arange(3)))
    assert np.isnan(sanity_checks.rank_correlation(np.arange(3), np.array([1, np.inf, 3])))


def test_a_model_of_nan_is_not_attributed(linear, clip):
    broken = copy.deepcopy(linear)
    with torch.no_grad():
        broken.weight[0] = float("nan")
    with pytest.raises(ModelError, match="NaN"):
        attribute(broken, clip, "saliency")


@pytest.mark.parametrize("training", [True, False])
def test_attributing_and_checking_change_nothing_of_the_model(small, short, training):
    model = copy.deepcopy(small).train(training)
    model.head.train(not training)
    modes = [module.training for module in model.modules()]
    states = {name: value.clone() for name, value in model.state_dict().items()}
    for method in ("integrated-gradients", "grad-cam", "frames"):
        found = attribute(model, short, method, 1)
    check(model, short, found, known=references(model, short, 1))
    assert [module.training for module in model.modules()] == modes
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert all(torch.equal(states[name], value) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_noise_is_the_same_for_the_same_seed_and_can_be_ended(small, short):
    found = attribute(small, short, "saliency", 1)
    known = references(small, short, 1)
    one, same = (check(small, short, found, known=known, seed=2) for _ in range(2))
    other = check(small, short, found, known=known, seed=3)
    assert one.sensitivity == same.sensitivity != other.sensitivity
    assert one.randomised == same.randomised != other.randomised

    class Cancelled(BaseException):
        pass

    def end(done, total):
        if done > curve_passes() + 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        check(small, short, found, known=known, progress=end)


def test_a_clip_that_stands_still_has_nothing_to_order(small, short):
    still = baseline(short, "still")
    found = attribute(small, still, "integrated-gradients", 1)
    assert found.facts["completeness_error"] == 0 and not found.values.any()
    made = check(small, still, found)
    assert not made.passed and made.why.startswith("Replacing patches changes nothing")
