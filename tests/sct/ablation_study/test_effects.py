import math
import time

import numpy as np
import pytest
import torch

import sct
from sct import Ablation, ablation_study
from sct.profiling.complexity import gmacs
from sct.synthetic import clips


def alone(model, clip, ablation):
    with torch.inference_mode():
        return model(clip, ablation).logits[0].double().softmax(-1).numpy()


def odds(shares, target):
    return math.log(shares[target] / (1 - shares[target]))


def test_one_at_a_time_is_each_part_alone(model, clip):
    effects = ablation_study.one_at_a_time(model, clip)
    base = alone(model, clip, None)
    assert effects.target == base.argmax() and effects.label == "pan left"
    np.testing.assert_allclose(effects.base, base, atol=1e-5)
    assert [e.component for e in effects.effects] == list(
        ablation_study.list_components(model.config)
    )
    for effect in effects.effects:
        shares = alone(model, clip, effect.component.off)
        assert effect.probability == pytest.approx(shares[effects.target], abs=1e-5)
        change = odds(shares, effects.target) - odds(base, effects.target)
        assert effect.log_odds == pytest.approx(change, abs=1e-4)
        assert effect.kl == pytest.approx((base * np.log(base / shares)).sum(), abs=1e-4)
        assert effect.label == clips.LABELS[shares.argmax()]
        assert effect.gmacs == gmacs(model.config, effect.component.off)
    ranked = [abs(e.log_odds) for e in effects.ranked()]
    assert ranked == sorted(ranked, reverse=True) and len(ranked) == 10
    row = effects.table()[0]
    assert row["part"] == effects.ranked()[0].component.key and row["target"] == "pan left"
    assert row["log_odds_change"] == effects.ranked()[0].log_odds


def test_effects_beside_another_base_and_of_another_class(model, clip):
    base = Ablation.parse("shifted=self,on,off;heads-off=2.lsh.3")
    effects = ablation_study.one_at_a_time(model, clip, target=3, ablation=base)
    assert effects.label == clips.LABELS[3]
    np.testing.assert_allclose(effects.base, alone(model, clip, base), atol=1e-5)
    found = {e.component.key: e for e in effects.effects}
    assert "3.shifted" not in found and "1.shifted" in found  # off already; merely changed
    together = Ablation.parse("shifted=self,on,off;heads-off=2.lsh.3;clip=mean")
    shares = alone(model, clip, together)
    assert found["clip"].probability == pytest.approx(shares[3], abs=1e-5)
    as_trained = ablation_study.one_at_a_time(
        model, clip, ablation=Ablation.parse("order=repeat-first")
    )
    assert as_trained.label == "pan left" and as_trained.base.argmax() != as_trained.target


def test_head_by_head(model, clip):
    base = Ablation.parse("vilt=off,on,on")
    effects = ablation_study.head_by_head(model, clip[:, :3], ablation=base)
    keys = [e.component.key for e in effects.effects]
    assert keys[:4] == ["1.lsh.0", "1.lsh.1", "1.lsh.2", "1.shifted.0"]
    assert len(keys) == len(ablation_study.list_heads(model.config)) - 3
    one = effects.effects[keys.index("2.shifted.1")]
    shares = alone(model, clip[:, :3], Ablation.parse("vilt=off,on,on;heads-off=2.shifted.1"))
    assert one.probability == pytest.approx(shares[effects.target], abs=1e-5)


def test_pairs(model, clip):
    some = ablation_study.pick_components(model.config, ["1.vilt", "2.shifted", "clip"])
    found = ablation_study.pairs(model, clip, some)
    base = odds(alone(model, clip, None), found.target)
    for i, text in enumerate(("vilt=off,on,on", "shifted=on,off,on", "clip=mean")):
        change = odds(alone(model, clip, Ablation.parse(text)), found.target) - base
        assert found.single[i] == pytest.approx(change, abs=1e-3)
    both = odds(alone(model, clip, Ablation.parse("vilt=off,on,on;clip=mean")), found.target) - base
    assert found.both[0, 2] == found.both[2, 0] == pytest.approx(both, abs=1e-3)
    expected = found.both[0, 2] - found.single[0] - found.single[2]
    assert found.interaction[0, 2] == found.interaction[2, 0] == pytest.approx(expected)
    assert (np.diag(found.both) == found.single).all() and not np.diag(found.interaction).any()
    for wrong in (some[:1], some * 11):
        with pytest.raises(ValueError, match="2 to 32"):
            ablation_study.pairs(model, clip, wrong)


def test_bad_input_is_said(model, clip):
    for target in (17, -1):
        with pytest.raises(ValueError, match=f"target {target}.*0 to 16"):
            ablation_study.one_at_a_time(model, clip, target)
    with pytest.raises(ValueError, match="of one clip"):
        ablation_study.one_at_a_time(model, clip.expand(2, -1, -1, -1, -1))
    with pytest.raises(ValueError, match="bucket"):
        ablation_study.one_at_a_time(model, clip, ablation=Ablation(bucket=50))


def test_classes_without_names_have_numbers(clip):
    effects = ablation_study.one_at_a_time(sct.build("sct_ti").eval(), clip[:, :1])
    assert effects.label == str(effects.target)


def test_the_whole_table_takes_less_than_three_seconds_on_one_core(model, clip):
    """`python -m sct ablate CLIP` says how long it took, with all that comes first."""
    took, cores = [], torch.get_num_threads()
    torch.set_num_threads(1)  # cores that others use, too, would be waited for
    try:
        for _ in range(3):
            began = time.perf_counter()
            ablation_study.one_at_a_time(model, clip)
            took.append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(cores)
    assert min(took) < 3
