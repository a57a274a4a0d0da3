import pytest
import torch

from sct.training.config import TrainConfig
from sct.training.initialize import new_model
from sct.training.optimizer import Optimizer, is_inner

TINY = ("image_size=28", "frames=2", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1")


def config(**values) -> TrainConfig:
    return TrainConfig(overrides=TINY, **values)


def made(**values):
    model = new_model(config(**values))
    return model, Optimizer(config(**values), dict(model.named_parameters()))


def test_every_weight_is_moved_by_one_of_the_two():
    model, optimizer = made()
    adamw, muon = optimizer.parts
    assert isinstance(adamw, torch.optim.AdamW) and isinstance(muon, torch.optim.Muon)
    moved = [p for part in optimizer.parts for g in part.param_groups for p in g["params"]]
    assert len(moved) == len(list(model.parameters())) == len({id(p) for p in moved})
    inner = {n for n, p in model.named_parameters() if is_inner(n, p)}
    assert {"stages.0.vilt.0.attention.qkv.weight", "clip.layers.0.mlp.2.weight"} <= inner
    # What takes pixels in, what names the classes, and positions are no maps between features.
    assert not any(n.startswith(("patch", "head", "positions", "clip.positions")) for n in inner)
    assert not any(n.endswith((".table", ".bias")) for n in inner)


def test_only_matrices_decay():
    model, optimizer = made(optimizer="adamw")
    (adamw,) = optimizer.parts
    decaying, free = adamw.param_groups
    assert decaying["weight_decay"] == 0.05 and free["weight_decay"] == 0
    assert all(p.ndim > 1 for p in decaying["params"]) and all(p.ndim < 2 for p in free["params"])
    assert len(decaying["params"]) + len(free["params"]) == len(list(model.parameters()))


def test_both_decay_at_the_same_pace():
    _, optimizer = made(lr=2e-3, muon_lr=0.05, weight_decay=0.1)
    groups = [group for part in optimizer.parts for group in part.param_groups]
    paces = [group["lr"] * group["weight_decay"] for group in groups]
    assert sorted(paces) == pytest.approx([0, 2e-4, 2e-4])


def test_a_step_follows_the_share_of_the_rates():
    model, optimizer = made(weight_decay=0.0)
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    optimizer.step(0.5)
    name = "stages.0.vilt.0.attention.proj.weight"
    move = (model.get_parameter(name) - before[name]).detach()
    # A Muon step is nearly orthogonal: its singular values lie about the rate.
    values = torch.linalg.svdvals(move) / (0.5 * 0.01)
    assert values.min() > 0.3 and values.max() < 1.5
    move = (model.patch.bias - before["patch.bias"]).detach()
    torch.testing.assert_close(move.abs(), torch.full_like(move, 0.5e-3), rtol=1e-3, atol=0)


def test_moments_come_back():
    model, optimizer = made()
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step(1.0)
    other = new_model(config())
    again = Optimizer(config(), dict(other.named_parameters()))
    twins = dict(zip(model.parameters(), other.parameters(), strict=True))
    for parameter, kinds in optimizer.moments().items():
        again.restore(twins[parameter], kinds)
    assert len(again.moments()) == len(optimizer.moments())
    for parameter, kinds in optimizer.moments().items():
        for kind, value in kinds.items():
            assert torch.equal(again.moments()[twins[parameter]][kind], value)
