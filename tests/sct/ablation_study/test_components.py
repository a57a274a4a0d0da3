import pytest
import torch

import sct
from sct import Ablation, ablation_study
from sct.ablation_study.components import laid_over, same

CONFIG = sct.SIZES["sct_ti"]
BARE = "vilt=off;lsh=off;shifted=off"


def test_parts_are_those_of_the_config_in_the_order_of_the_forward():
    assert [part.key for part in ablation_study.list_components(CONFIG)] == [
        *[f"{stage}.{kind}" for stage in (1, 2, 3) for kind in ("vilt", "lsh", "shifted")],
        "clip",
    ]
    named = {part.key: part for part in ablation_study.list_components(CONFIG)}
    assert str(named["2.shifted"].off) == "shifted=on,off,on"
    assert str(named["1.lsh"].off) == "lsh=off,lsh,lsh"
    assert str(named["clip"].off) == "clip=mean"
    assert named["2.shifted"].name == "Stage 2 · shifted attention"


def test_parts_that_a_model_lacks_are_not_listed():
    lacking = sct.build("sct_ti", shifted_blocks=0, vilt_blocks=(0, 1, 1)).config
    keys = [part.key for part in ablation_study.list_components(lacking)]
    assert keys == ["1.lsh", "2.vilt", "2.lsh", "3.vilt", "3.lsh", "clip"]
    assert len(ablation_study.list_heads(lacking)) == 3 + 2 * 6 + 2 * 4
    one = sct.SCTConfig(image_size=28, widths=(48,), vilt_blocks=(1,), heads=(3,))
    assert [str(part.off) for part in ablation_study.list_components(one)][:2] == [
        "vilt=off",
        "lsh=off",
    ]


def test_heads_are_all_heads():
    found = ablation_study.list_heads(CONFIG)
    assert len(found) == 2 * (3 + 6 + 4) + 6 + 4 + 4
    assert found[6].key == "1.shifted.0" and str(found[6].off) == "heads-off=1.shifted.0"


def test_parts_are_picked_by_key():
    assert [
        p.key for p in ablation_study.pick_components(CONFIG, ["clip", "2.shifted.1", "clip"])
    ] == [
        "clip",
        "2.shifted.1",
    ]
    assert [p.key for p in ablation_study.pick_components(CONFIG, ["2"])] == [
        "2.vilt",
        "2.lsh",
        "2.shifted",
    ]
    for wrong in ("4.vilt", "4", "1.vilt.3", ""):
        with pytest.raises(ValueError, match=rf"part '{wrong}'.*1\.vilt, 1\.lsh.*1 to 3"):
            ablation_study.pick_components(CONFIG, [wrong])


def combined(*texts):
    return str(ablation_study.combined(CONFIG, *map(Ablation.parse, texts)))


def test_ablations_add_up():
    assert combined() == "none"
    assert combined("shifted=self,on,on", "shifted=on,on,off") == "shifted=self,on,off"
    assert combined("vilt=off", "vilt=off,on,on", "clip=mean") == "vilt=off;clip=mean"
    assert combined("heads-off=1.lsh.0", "heads-off=1.lsh.2+1.lsh.0", "rounds=2") == (
        "rounds=2;heads-off=1.lsh.0+1.lsh.2"
    )


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (("shifted=self", "shifted=on,off,on"), "shifted of stage 2 cannot be both self and off"),
        (("lsh=full", "lsh=off"), "lsh of stage 1 cannot be both full and off"),
        (("offsets=2", "offsets=3"), "offsets cannot be both 2 and 3"),
        (("order=reversed", "order=repeat-first"), "order cannot be both"),
        (("seed=1", "shifted=off,on"), "shifted='off,on'.*3, one a stage"),
    ],
)
def test_ablations_that_contradict_each_other_are_named(texts, says):
    with pytest.raises(ValueError, match=says):
        combined(*texts)


def test_switching_off_what_was_changed_is_no_contradiction():
    base = Ablation.parse("shifted=self;lsh=full")
    off = ablation_study.pick_components(CONFIG, ["2.shifted"])[0].off
    assert str(laid_over(CONFIG, base, off)) == "shifted=self,off,self;lsh=full"


def test_equal_in_effect():
    def equal(one, other):
        return same(CONFIG, Ablation.parse(one), Ablation.parse(other))

    assert equal("none", "offsets=1;rounds=1;window=chunk;shifted=on,on,on")
    assert equal("lsh=full", "lsh=full;seed=3") and not equal("none", "seed=3")
    assert equal("vilt=off", "vilt=off;heads-off=1.vilt.0")
    assert not equal("none", "order=reversed") and not equal("none", "clip=mean")
    none = sct.build("sct_ti", shifted_blocks=0).config
    assert same(none, Ablation(), Ablation(shifted="self"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (BARE, False),
        (f"{BARE};clip=mean", False),
        ("vilt=off;lsh=off;heads-off=" + "+".join(
            f"{s}.shifted.{h}" for s, n in ((1, 6), (2, 4), (3, 4)) for h in range(n)), False),
        ("none", True),
        ("vilt=off;lsh=off;shifted=off,off,self", True),
        ("lsh=off;shifted=off;vilt=off,on,off", True),
    ],
)  # fmt: skip
def test_whether_anything_is_left_is_said(text, left):
    assert bool(ablation_study.nothing_left(Ablation.parse(text), CONFIG)) != left


def test_with_nothing_left_the_head_still_answers(model, clip):
    found = ablation_study.logits(
        model, clip, [Ablation.parse(BARE), Ablation.parse(f"{BARE};clip=mean")]
    )
    assert torch.isfinite(found).all()
    # Of the frames taken one by one nothing is known of how they follow each other.
    still = ablation_study.logits(model, clip.flip(1), [Ablation.parse(f"{BARE};clip=mean")])
    torch.testing.assert_close(still[0], found[1], atol=1e-4, rtol=1e-4)


def test_presets():
    texts = {p.key: str(p.ablation(CONFIG)) for p in ablation_study.PRESETS}
    assert len(texts) == len(ablation_study.PRESETS) and all(
        p.asks.endswith("?") for p in ablation_study.PRESETS
    )
    assert texts["no-motion-path"] == "shifted=self" and texts["exact-attention"] == "lsh=full"
    assert texts["no-clip-encoder"] == "clip=mean" and texts["reversed"] == "order=reversed"
    assert texts["first-frame-only"] == "order=repeat-first"
    rows = [p for p in ablation_study.PRESETS if p.group == "table 5"]
    assert [texts[p.key] for p in rows] == ["shifted=off", "offsets=1", "offsets=5"]


def test_presets_fit_where_they_change_something():
    def fitting(**overrides):
        return {
            p.key for p in ablation_study.PRESETS if p.fits(sct.build("sct_ti", **overrides).config)
        }

    every = {p.key for p in ablation_study.PRESETS}
    assert fitting() == every - {"table-5-1-1"}  # which is how it was trained
    assert fitting(shifted_offsets=(1, 2)) == every
    assert fitting(frames=4, shifted_offsets=(2,)) == every - {"table-5-1-5"}
    without = fitting(shifted_blocks=0)
    assert not any(key.startswith("table") for key in without) and "no-motion-path" not in without
    (far,) = (p for p in ablation_study.PRESETS if p.key == "table-5-1-5")
    with pytest.raises(ValueError, match="offsets"):
        far.ablation(sct.build("sct_ti", frames=4).config)
