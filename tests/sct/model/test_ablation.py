import numpy as np
import pytest

import sct
from sct import Ablation

FULL = Ablation(
    shifted=("self", "on", "off"),
    offsets=(2,),
    window="frame",
    lsh=("full", "lsh", "off"),
    rounds=3,
    bucket=98,
    seed=11,
    vilt=("off", "on", "on"),
    clip="mean",
    order="shuffled(4)",
    heads_off=((1, "shifted", 0), (3, "vilt", 2)),
)


@pytest.mark.parametrize("made", [Ablation(), FULL, Ablation(order="reversed"), Ablation(seed=0)])
def test_text_round_trips(made):
    assert Ablation.parse(str(made)) == made


def test_text_form():
    assert str(Ablation()) == "none"
    assert Ablation.parse("") == Ablation.parse(" none ") == Ablation()
    assert str(Ablation(shifted="self")) == "shifted=self"
    assert str(FULL).endswith("heads-off=1.shifted.0+3.vilt.2")
    assert Ablation(shifted=("off", "off", "off")) == Ablation(shifted=("off",))
    assert Ablation(heads_off=((2, "lsh", 1), (1, "lsh", 0), (2, "lsh", 1))).heads_off == (
        (1, "lsh", 0),
        (2, "lsh", 1),
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("speed=3", ["speed", "shifted, offsets"]),
        ("shifted", ["shifted", "FIELD=VALUE"]),
        ("shifted=maybe", ["shifted", "maybe", "on | self | off"]),
        ("lsh=on", ["lsh", "'on'", "lsh | full | off"]),
        ("rounds=0", ["rounds", "0", "1 to 16"]),
        ("rounds=-1", ["rounds", "-1"]),
        ("rounds=1e3", ["rounds", "1e3"]),
        ("seed=99999999999999999999", ["seed"]),
        ("offsets=1,x", ["offsets", "x"]),
        ("window=all", ["window", "all", "chunk | frame"]),
        ("clip=off", ["clip", "off", "on | mean"]),
        ("order=backwards", ["order", "backwards", "reversed"]),
        ("order=shuffled(-1)", ["order"]),
        ("heads-off=1.clip.0", ["heads-off", "clip", "vilt"]),
        ("heads-off=1-0", ["heads-off", "STAGE.PART.HEAD"]),
        ("clip=mean;clip=on", ["clip", "twice"]),
        ("x" * 5000, ["expected"]),
    ],
)
def test_what_cannot_be_read_is_named(text, names):
    with pytest.raises(ValueError) as error:
        Ablation.parse(text)
    said = str(error.value)
    assert all(name in said for name in names) and len(said) < 400


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("shifted=on,off", ["shifted", "on,off", "3"]),
        ("heads-off=4.lsh.0", ["heads-off", "4.lsh.0", "1 to 3"]),
        ("heads-off=0.lsh.0", ["heads-off", "1 to 3"]),
        ("heads-off=1.lsh.3", ["heads-off", "1.lsh.3", "0 to 2"]),
        ("bucket=50", ["bucket", "50", "49"]),
        ("offsets=8", ["offsets", "8", "0 to 7"]),
        ("offsets=1,2,3", ["offsets", "1,2,3", "6, 4, 4"]),
    ],
)
def test_what_does_not_fit_a_model_is_named(text, names):
    with pytest.raises(ValueError) as error:
        Ablation.parse(text).validate(sct.SIZES["sct_ti"])
    assert all(name in str(error.value) for name in names)


def test_heads_take_several_offsets_in_turn():
    ablation = Ablation.parse("offsets=1,2")
    assert Ablation.parse(str(ablation)) == ablation
    used = [use.offsets for use in ablation.resolve(sct.SIZES["sct_ti"], 112)]
    assert used == [(1, 2, 1, 2, 1, 2), (1, 2, 1, 2), (1, 2, 1, 2)]


def test_a_bucket_need_not_divide_where_lsh_is_off():
    Ablation(bucket=392, lsh=("lsh", "full", "off")).validate(sct.SIZES["sct_ti"])


def test_frame_orders():
    assert Ablation().frame_order(3) == (0, 1, 2)
    assert Ablation(order="reversed").frame_order(3) == (2, 1, 0)
    assert Ablation(order="repeat-first").frame_order(3) == (0, 0, 0)
    shuffled = Ablation(order="shuffled(3)").frame_order(8)
    assert sorted(shuffled) == list(range(8)) and shuffled != tuple(range(8))
    assert shuffled == Ablation(order="shuffled(3)").frame_order(8)
    assert shuffled != Ablation(order="shuffled(4)").frame_order(8)


@pytest.mark.parametrize(
    "asked",
    [
        {"heads_off": ((1, "vilt", -1),)},
        {"heads_off": ((1, "vilt", -9),)},
        {"heads_off": ((-1, "lsh", 0),)},
        {"heads_off": ((1, "vilt", 1.9),)},
        {"heads_off": ((1.0, "vilt", 1),)},
        {"heads_off": ((1, "vilt", True),)},
        {"heads_off": ((1, "vilt", "1"),)},
        {"heads_off": ((1, "vilt", 10**6),)},
        {"heads_off": (1, "vilt", 0)},
        {"heads_off": 3},
        {"heads_off": None},
        {"offsets": 1.5},
        {"offsets": (1, -1)},
        {"offsets": None},
        {"rounds": 2.0},
        {"bucket": True},
        {"seed": -1},
        {"shifted": 1},
        {"shifted": None},
        {"lsh": ()},
        {"clip": None},
        {"window": 7},
        {"order": None},
    ],
)
def test_a_value_of_another_kind_or_range_is_named(asked):
    (field,) = asked
    with pytest.raises(ValueError, match=f"^ablation {field.replace('_', '-')}=.*allowed: "):
        Ablation(**asked)


def test_whatever_is_taken_reads_back():
    for asked in (
        {"heads_off": [[2, "lsh", 0], (1, "vilt", 9999)]},
        {"heads_off": ((np.int64(1), "vilt", np.int64(2)),)},
        {"offsets": [1, np.int64(2)], "shifted": ["on", "off"]},
        {"rounds": np.int64(3), "seed": 1_000_000_000, "bucket": 65_536},
    ):
        ablation = Ablation(**asked)
        assert Ablation.parse(str(ablation)) == ablation
