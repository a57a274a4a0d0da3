import json
import math

import pytest

from sct.training.config import TrainConfig, parse_overrides

TINY = ("image_size=28", "frames=4", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1")


def test_the_rate_rises_and_falls():
    config = TrainConfig(steps=100, warmup=0.1, min_lr=0.05)
    rate = [config.rate(step) for step in range(101)]
    assert rate[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert rate[10] == 1.0 and rate[55] == pytest.approx((1 + 0.05) / 2)
    assert rate[100] == pytest.approx(0.05) and rate[10:] == sorted(rate[10:], reverse=True)
    assert TrainConfig(steps=1, warmup=0.0, lr=1.0).rate(0) == 1.0


def test_the_mean_forgets_the_start_fast():
    config = TrainConfig(ema=0.99)
    assert [config.ema_decay(n) for n in (0, 8, 10_000)] == [0.1, 0.5, 0.99]
    assert TrainConfig(ema=0.0).ema_decay(50) == 0


def test_short_made_clips_come_first():
    config = TrainConfig(steps=10, short_share=0.6, short_frames=4)
    assert [config.frames(n, 8) for n in range(10)] == [4] * 6 + [8] * 4
    assert config.frames(0, 3) == 3
    assert TrainConfig(data="videos", short_share=0.6).frames(0, 8) == 8


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": 0},
        {"batch": -1},
        {"batch": True},
        {"lr": 0.0},
        {"lr": math.nan},
        {"warmup": 1.0},
        {"ema": 1.0},
        {"betas": (0.9,)},
        {"betas": (0.9, math.nan)},
        {"crop": (0.8, 0.2)},
        {"crop": 1},
        {"min_lr": 1.5},
        {"test_share": 0.0},
        {"size": "huge"},
        {"data": "footage:x"},
        {"data": "motion", "footage": ("x",)},
        {"data": "motion", "photos": "x"},
        {"data": ""},
        {"seed": -1},
        {"grounded": 1},
        {"steps": 1 << 21},
        {"sampling": "all"},
        {"freeze": ("",)},
    ],
)
def test_bad_settings_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        TrainConfig.from_dict(bad)


@pytest.mark.parametrize(
    "bad, says",
    [
        ("depth=3", "depth"),
        ("frames", "frames"),
        ("frames=many", "whole numbers"),
        ("widths=1.5", "whole numbers"),
        ("labels=a,b", "labels"),
        ("widths=32,64", "needs one number for each of the stages"),
        ("shifted_window=room", "chunk, frame"),
        ("image_size=100", "100"),
    ],
)
def test_bad_overrides_are_named(bad, says):
    with pytest.raises(ValueError, match=says):
        TrainConfig(overrides=(bad,))


def test_a_bad_ablation_is_named():
    with pytest.raises(ValueError, match="lsh='none'"):
        TrainConfig(ablate="lsh=none")
    with pytest.raises(ValueError, match="stage"):
        TrainConfig(overrides=TINY, ablate="shifted=on,self,on")
    assert TrainConfig(ablate=" clip = mean ").ablate == "clip=mean"


def test_overrides():
    texts = ("widths=16,32", "shifted_window=frame", "grounded_heads=[[0],[0,1]]", "frames=2")
    assert parse_overrides(texts) == {
        "widths": [16, 32],
        "shifted_window": "frame",
        "grounded_heads": [[0], [0, 1]],
        "frames": 2,
    }
    with pytest.raises(ValueError, match="twice"):
        parse_overrides(["frames=2", "frames=3"])
    assert TrainConfig(overrides=TINY).model_config().widths == (16,)


def test_a_config_survives_json():
    config = TrainConfig(overrides=TINY, freeze=("patch",), betas=(0.8, 0.9))
    again = TrainConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config and hash(again) == hash(config)
    with pytest.raises(ValueError, match="sail"):
        TrainConfig.from_dict({"sail": 1})
    changed = TrainConfig(overrides=TINY, freeze=("patch",), betas=(0.8, 0.9), lr=0.5, threads=2)
    assert changed.differences(config) == ["lr=0.5, was 0.001"]


def test_videos_are_learned_at_lower_rates_unless_told_otherwise():
    made, videos = TrainConfig(), TrainConfig(data="videos")
    assert (made.lr, made.muon_lr) == (1e-3, 0.01)
    assert (videos.lr, videos.muon_lr) == (5e-4, 0.002)
    assert TrainConfig(data="videos", lr=0.1).lr == 0.1
    assert TrainConfig.from_dict(json.loads(json.dumps(videos.to_dict()))) == videos


def test_options_of_data_lie_flat_in_cards_and_run_states():
    """Checkpoints and runs of earlier versions have them so."""
    config = TrainConfig.from_dict({"fold": 2, "label_column": "hue", "crop": [0.4, 0.9]})
    assert (config.read.fold, config.read.label_column) == (2, "hue")
    assert config.augment.crop == (0.4, 0.9)
    assert config.augment.flips is None and TrainConfig.from_dict({"flips": True}).augment.flips
    values = config.to_dict()
    assert (values["fold"], values["crop"], values["steps"]) == (2, (0.4, 0.9), 4800)
    assert not {"read", "augment"} & set(values)
    assert config.differences(TrainConfig()) == [
        'label_column="hue", was "label"',
        "fold=2, was 1",
        "crop=[0.4, 0.9], was [0.5, 1.0]",
    ]
