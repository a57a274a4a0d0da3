"""What no config may exceed, so that a card cannot ask for more memory than there is."""

import re
from dataclasses import replace

import pytest

import sct
from sct.limits import MOST, MOST_NUMBERS, MOST_PIXELS, MOST_STAGES
from sct.model.config import SIZES

NUMBERS = ("widths", "vilt_blocks", "heads")  # one for each stage


@pytest.mark.parametrize("name", MOST)
def test_each_number_has_a_limit_that_is_named_in_one_short_sentence(name):
    config = sct.SCTConfig()
    for value, told in (
        (MOST[name] + 1, f"{name}={MOST[name] + 1}: "),
        (10**1000, f"{name}=a number of more than 20 digits: "),
    ):
        asked = (value,) * config.stages if name in NUMBERS else value
        asked = (value,) if name == "shifted_offsets" else asked
        with pytest.raises(ValueError, match=rf"to {MOST[name]}$") as refused:
            replace(config, **{name: asked})
        assert str(refused.value).startswith(told) and len(str(refused.value)) < 120


@pytest.mark.parametrize(
    "asked",
    [
        {"image_size": 4032},  # the largest multiple of 112 that the limit allows
        {"frames": MOST["frames"]},
        {"widths": (MOST["widths"],), "heads": (MOST["heads"],), "vilt_blocks": (1,), "frames": 1},
        {"num_classes": MOST["num_classes"], "clip_layers": MOST["clip_layers"]},
        {"lsh_bucket": MOST["lsh_bucket"], "lsh_rounds": MOST["lsh_rounds"]},
        {"lsh_seed": MOST["lsh_seed"], "shifted_offsets": (MOST["shifted_offsets"],)},
        {"image_size": 1008, "frames": 64, "widths": (72, 144, 288)},
    ],
)
def test_what_a_large_machine_could_run_passes(asked):
    assert sct.SCTConfig(**asked)


def test_the_named_sizes_are_far_from_the_limits():
    for config in SIZES.values():
        assert config.frames * config.image_size**2 * 50 < MOST_PIXELS
        assert config.frames * config.grids[0] ** 2 * config.widths[0] * 50 < MOST_NUMBERS


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"image_size": 4032, "frames": 9}, r"=9, image_size=4032: 146,313,216 .*: 134,217,728$"),
        ({"patch": 1, "frames": 1024}, r": 616,562,688 numbers .* stage 1, .*: 536,870,912$"),
        ({"widths": (4, 8192, 4), "heads": (1, 1, 1), "image_size": 2016}, "in stage 2"),
    ],
)
def test_fields_that_are_too_much_together(asked, told):
    with pytest.raises(ValueError, match=told):
        replace(sct.SCTConfig(), **asked)


@pytest.mark.parametrize("count", [0, MOST_STAGES + 1, 200_000])
def test_stages_are_counted_before_anything_is_made_of_them(count):
    with pytest.raises(ValueError, match=re.escape(f"{count} stages, allowed: 1 to {MOST_STAGES}")):
        sct.SCTConfig(widths=(4,) * count, heads=(1,) * count, vilt_blocks=(0,) * count)


def test_a_bucket_that_does_not_divide_is_a_fault_of_the_config():
    told = r"^lsh_bucket=50: must be a divisor of the 784 tokens of stage 1: 1, 2, 4, .*, 784$"
    with pytest.raises(ValueError, match=told):
        sct.SCTConfig(lsh_bucket=50)
    with pytest.raises(ValueError, match=r"^lsh_seed=35184372088832: "):
        sct.SCTConfig(lsh_seed=2**45)


def test_a_bucket_that_does_not_divide_at_another_size_is_no_ablation():
    config = sct.SCTConfig(lsh_bucket=98)
    with pytest.raises(ValueError, match=r"^image size 336: lsh_bucket=98 of this model must be"):
        sct.Ablation().resolve(config, 336)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"shifted_offsets": 1}, "shifted_offsets=1: must be a list"),
        ({"widths": 48}, "widths=48: must be a list"),
        ({"grounded_heads": 0}, "grounded_heads=0: must be a list"),
        ({"labels": "pan left"}, "labels='pan left': must be a list"),
        ({"frames": [8]}, "frames=(8,): must be one value"),
        ({"grounded_heads": (0, 0, 0)}, "grounded_heads=(0, 0, 0): heads of stage 1 are 0 to"),
        ({"grounded_heads": ((1.0,), (), ())}, "grounded_heads=((1.0,), (), ()): heads of stage 1"),
        ({"grounded_heads": ((True,), (), ())}, "grounded_heads=((True,), (), ()): heads of"),
    ],
)
def test_what_is_no_list_or_no_whole_number_is_refused(asked, told):
    with pytest.raises(ValueError, match=f"^{re.escape(told)}"):
        sct.SCTConfig(**asked)
