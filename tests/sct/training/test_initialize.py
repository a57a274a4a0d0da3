import pytest
import torch

import sct
from sct.checkpoint import io
from sct.synthetic import clips
from sct.training.config import TrainConfig
from sct.training.initialize import freeze, from_checkpoint, new_model, part_names, resize_positions

TINY = ("image_size=28", "frames=4", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1")
TWO = ("image_size=56", "frames=3", "widths=16,32", "vilt_blocks=1,1", "heads=2,2", "clip_layers=1")


def tiny(**values) -> TrainConfig:
    return TrainConfig(**{"overrides": TINY, **values})


def test_half_of_the_heads_of_each_stage_but_the_first_are_grounded():
    assert new_model(TrainConfig()).config.grounded_heads == ((), (0, 1), (0, 1))
    assert not any(new_model(TrainConfig(grounded=False)).config.grounded_heads)
    assert not any(new_model(TrainConfig(data="videos"), ("a", "b")).config.grounded_heads)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"overrides": (*TINY, "shifted_blocks=0")}, "shifted_blocks=0"),
        ({"overrides": (*TINY, "shifted_offsets=0")}, "offsets=0"),
        ({"overrides": (*TINY, "shifted_window=frame")}, "window=frame"),
        ({"ablate": "shifted=self"}, "shifted=self"),
        ({"ablate": "order=reversed"}, "reversed"),
    ],
)
def test_heads_that_cannot_follow_motion_are_not_called_grounded(change, says):
    with pytest.raises(ValueError, match=says):
        new_model(tiny(**change))
    assert not any(new_model(tiny(grounded=False, **change)).config.grounded_heads)


def test_heads_that_look_three_frames_back_can_follow_motion():
    model = new_model(tiny(overrides=(*TINY, "shifted_offsets=3")))
    assert any(model.config.grounded_heads) and model.config.shifted_offsets == (3,)


def test_heads_of_several_offsets_can_follow_motion():
    model = new_model(TrainConfig(size="sct_ti_ms"))
    assert model.config.grounded_heads == ((), (0, 1), (0, 1))
    with pytest.raises(ValueError, match=r"offsets=1,0.*--no-grounded"):
        new_model(tiny(overrides=(*TINY[:4], "heads=4", "shifted_offsets=1,0")))


def test_a_seed_gives_the_weights_and_leaves_the_random_state_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (new_model(tiny(seed=s)) for s in (1, 1, 2))
    assert torch.equal(first.patch.weight, again.patch.weight)
    assert not torch.equal(first.patch.weight, other.patch.weight)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A checkpoint with the motion labels, and its model."""
    from sct.checkpoint import io

    path = tmp_path_factory.mktemp("start") / "start.safetensors"
    io.save(new_model(tiny(seed=9)), path, {})
    return path, sct.load(path, device="cpu")


def test_other_labels_get_a_new_last_layer_and_keep_the_rest(start):
    path, old = start
    config = tiny(size="", overrides=(), data="videos")
    model = from_checkpoint(config, path, ("a", "b", "c"))
    assert model.config.labels == ("a", "b", "c") and model.head[2].out_features == 3
    for name, value in model.state_dict().items():
        assert name.startswith("head.2.") or torch.equal(value, old.state_dict()[name]), name
    assert not model.head[2].weight.any() and not model.head[2].bias.any()
    same = from_checkpoint(config, path, clips.LABELS).state_dict()
    assert all(torch.equal(value, same[name]) for name, value in old.state_dict().items())


def test_overrides_of_a_checkpoint_must_fit_its_weights(start):
    path, _ = start
    free = {"size": "", "grounded": False}
    model = from_checkpoint(tiny(overrides=("lsh_rounds=3",), **free), path, clips.LABELS)
    assert model.config.lsh_rounds == 3
    for change in ("mlp_ratio=2", "clip_layers=2", "shifted_blocks=0"):
        with pytest.raises(ValueError, match=f"{change}.*do not fit"):
            from_checkpoint(tiny(overrides=(change,), **free), path, clips.LABELS)


def test_the_strongest_token_is_new_to_a_checkpoint_without_it(start):
    path, _ = start
    free = {"size": "", "grounded": False}
    both = tiny(overrides=("frame_embedding=mean+max",), **free)
    found = from_checkpoint(both, path, clips.LABELS)
    assert found.config.frame_embedding == "mean+max" and not found.frame_max.add.weight.any()
    x = torch.randn(1, 4, 3, 28, 28)
    assert torch.equal(
        found.eval()(x).logits, from_checkpoint(tiny(**free), path, clips.LABELS).eval()(x).logits
    )


def test_freeze():
    model = new_model(tiny(overrides=TWO))
    stages = ["stages.0", "stages.1"]
    assert part_names(model) == ["patch", "positions", *stages, "frame_norm", "clip", "head"]
    freeze(model, ("patch", "stages.0", "stages.1.shifted", "clip.cls"))
    still = {n for n, p in model.named_parameters() if not p.requires_grad}
    assert {n.rsplit(".", 1)[0] for n in still} >= {"patch", "stages.0.lsh.qkv", "clip"}
    assert all(
        n.startswith(("patch.", "stages.0.", "stages.1.shifted.", "clip.cls")) for n in still
    )
    assert any(n.startswith("stages.1.lsh") for n, p in model.named_parameters() if p.requires_grad)
    for wrong in ("stage", "stages.2", "pat", ""):
        with pytest.raises(ValueError, match=r"patch, positions, stages.0, stages.1, .*head"):
            freeze(model, (wrong,))
    with pytest.raises(ValueError, match="nothing is left"):
        freeze(model, part_names(model))


def test_positions_are_stretched_over_more_frames(tmp_path):
    positions = torch.arange(5.0)[:, None] * torch.ones(5, 3)
    assert resize_positions(positions, 4) is positions
    longer = resize_positions(positions, 7)
    assert longer[:, 0].tolist() == pytest.approx([0, 1, 1.5, 2, 2.5, 3, 3.5, 4])
    assert resize_positions(positions, 2)[:, 0].tolist() == [0, 1, 4]
    model = new_model(tiny())
    path = tmp_path / "short.safetensors"
    io.save(model, path, {})
    longer = from_checkpoint(
        TrainConfig(size="", overrides=("frames=6",), data="videos"), path, ("a", "b")
    )
    assert longer.config.frames == 6 and longer.clip.positions.shape[0] == 7
    assert torch.equal(longer.clip.positions[-1], model.clip.positions[-1])
