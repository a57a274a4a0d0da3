from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange

import sct
from sct.model.shifted import ShiftedMSA, key_frames


@pytest.fixture
def layer():
    torch.manual_seed(0)
    made = ShiftedMSA(16, 2, "mean")
    torch.nn.init.normal_(made.qkv.weight, std=0.3)  # keys unlike queries
    return made


def clip(frames=5, grid=4):
    return torch.randn(1, frames, grid, grid, 16, generator=torch.Generator().manual_seed(1))


def use(offsets, mode="on", heads_off=()):
    """What a stage does, with these settings of its shifted MSA."""
    settings = sct.Ablation().resolve(sct.SIZES["sct_ti"], 112)[0]
    return replace(settings, offsets=offsets, shifted=mode, shifted_heads_off=heads_off)


def plain(layer, x):
    q, k, v = rearrange(layer.qkv(x), "b t i j (n h d) -> n (b t) h (i j) d", n=3, h=2)
    out = F.softmax(q @ k.transpose(-1, -2) / 8**0.5, dim=-1) @ v
    out = rearrange(out, "(b t) h (i j) d -> b t i j (h d)", b=len(x), i=x.shape[2])
    return layer.proj(out)


@pytest.mark.parametrize(("offset", "mode"), [(0, "on"), (1, "self"), (3, "self")])
def test_offset_0_and_self_are_plain_msa(layer, offset, mode):
    x = clip()
    out, _ = layer(x, use((offset,), mode), 4)
    torch.testing.assert_close(out, plain(layer, x), atol=1e-5, rtol=0)


@pytest.mark.parametrize("offset", [1, 2, 3])
def test_frame_t_depends_on_t_and_t_minus_offset_only(layer, offset):
    for t in range(5):
        x = clip().requires_grad_()
        out, _ = layer(x, use((offset,), "on"), 2)
        (grad,) = torch.autograd.grad(out[:, t].sum(), x)
        touched = {i for i in range(5) if grad[0, i].abs().max() > 0}
        assert touched == {t, max(t - offset, 0)}


def test_one_offset_a_head(layer):
    out, _ = layer(clip(), use((1, 2), "on", heads_off=(1,)), 2)
    alone, _ = layer(clip(), use((1,), "on", heads_off=(1,)), 2)
    assert torch.equal(out, alone)
    out, _ = layer(clip(), use((1, 2), "on", heads_off=(0,)), 2)
    alone, _ = layer(clip(), use((2,), "on", heads_off=(0,)), 2)
    assert torch.equal(out, alone)


def test_heads_take_offsets_in_turn():
    torch.manual_seed(0)
    four = ShiftedMSA(16, 4, "mean")
    _, matched = four(clip(), use((1, 2), "on"), 2)
    assert matched.key_frames == (key_frames(5, 1, "on"), key_frames(5, 2, "on")) * 2


def test_the_first_frame_is_its_own_predecessor():
    assert key_frames(4, 2, "on") == (0, 0, 0, 1)
    assert key_frames(3, 2, "self") == (0, 1, 2)


def test_values_come_from_frame_t(layer):
    """With equal keys everywhere each map is flat, so the output is the mean value of frame t."""
    with torch.no_grad():
        layer.qkv.weight[16:32] = 0
    x = clip()
    out, _ = layer(x, use((1,), "on"), 4)
    v = F.linear(x, layer.qkv.weight[32:]).mean((2, 3), keepdim=True).expand(-1, -1, 4, 4, -1)
    torch.testing.assert_close(out, layer.proj(v), atol=1e-5, rtol=0)


def test_joint_maps_share_one_softmax(layer):
    layer.merge_maps = "joint"
    x = clip()
    out, matched = layer(x, use((1,), "on"), 4)
    q, k = matched.q[0, 2, 0], matched.k[0, :, 0]
    scores = torch.cat([q @ k[1].transpose(-1, -2), q @ k[2].transpose(-1, -2)], -1) / 8**0.5
    v = rearrange(F.linear(x[0, 2], layer.qkv.weight[32:]), "i j (h d) -> h (i j) d", h=2)
    expected = scores.softmax(-1) @ torch.cat([v, v], dim=1)
    expected = layer.proj(rearrange(expected, "h (i j) d -> i j (h d)", i=4))
    torch.testing.assert_close(out[0, 2], expected, atol=1e-5, rtol=0)


def test_keys_start_as_a_copy_of_the_queries():
    for stage in sct.build("sct_ti").stages:
        weight = stage.shifted[0].attention.qkv.weight
        dim = weight.shape[1]
        torch.testing.assert_close(weight[dim : 2 * dim], 2 * weight[:dim])
