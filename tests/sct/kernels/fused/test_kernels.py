"""Each kernel beside its definition: on a GPU in bfloat16, elsewhere by Triton's interpreter."""

import pytest
import torch
from einops import rearrange
from torch import nn

from sct.kernels.choice import fused as chosen
from sct.model.ablation import Ablation
from sct.model.attention import ChunkAttention, FeedForward, SelfAttention
from sct.model.chunks import ChunkPositions, LinearPooling, Pooling, merge, partition
from sct.model.config import SCTConfig, in_turn
from sct.model.hashing import reference_hash, rotations
from sct.model.lsh import reference_attention
from sct.model.shifted import ShiftedMSA, key_frames

pytestmark = pytest.mark.usefixtures("device")


@pytest.fixture(autouse=True)
def inference():
    with torch.inference_mode():
        yield


@pytest.fixture
def near(device):
    """How near a kernel is to be: to the last digits in float32, and to a bound in bfloat16."""

    def check(found, wanted):
        assert found.shape == wanted.shape
        low = found.dtype == torch.bfloat16
        bound = (2e-2 if low else 2e-6) * wanted.abs().max().float()
        assert (found.float() - wanted.float()).abs().max() <= bound

    return check


def wild(module, device):
    """The module with weights that leave nothing out."""
    for part in module.parameters():
        nn.init.normal_(part, std=0.5 if part.dim() == 1 else part.shape[-1] ** -0.5)
    return module.to(device).eval()


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (2, 3, 72), (40, 288), (3, 1152), (0, 16)])
def test_layer_norm(shape, device, near):
    from sct.kernels.fused.rows import layer_norm

    norm = wild(nn.LayerNorm(shape[-1]), device)
    x = 3 + 2 * torch.randn(shape, device=device)
    near(layer_norm(x, norm, torch.float32), norm(x)) if x.numel() else None
    assert layer_norm(x, norm, torch.bfloat16).dtype == torch.bfloat16
    if len(shape) == 2 and x.numel():
        turned = torch.randn(*shape[::-1], device=device).T  # as it lies otherwise in memory
        near(layer_norm(turned, norm, torch.float32), norm(turned))


@pytest.mark.parametrize("shape", [(1, 5), (7, 72), (2, 3, 288)])
def test_a_sum_and_its_layer_norm(shape, device, near):
    from sct.kernels.fused.rows import add_and_norm

    norm = wild(nn.LayerNorm(shape[-1]), device)
    x, branch = torch.randn(2, *shape, device=device)
    total, normed = add_and_norm(x, branch, norm, torch.float32)
    assert torch.equal(total, x + branch)
    near(normed, norm(x + branch))


@pytest.mark.parametrize("shape", [(1, 8), (5, 72), (2, 65, 40), (70, 144)])
def test_a_residual_feed_forward(shape, device, near):
    from sct.kernels.fused import feed_forward as kernel

    width = shape[-1]
    norm, mlp = wild(nn.LayerNorm(width), device), wild(FeedForward(width, 3), device)
    x, branch = torch.randn(2, *shape, device=device)
    wanted = x + branch + mlp(norm(x + branch))
    for launch in (kernel.Launch(), kernel.Launch(rows=16, hidden=32, warps=8, stages=1)):
        packed = kernel.pack(norm, mlp, torch.float32, launch.hidden)
        near(kernel.feed_forward(x, branch, packed, norm.eps, launch), wanted)


@pytest.mark.parametrize("gelu", [False, True])
@pytest.mark.parametrize(("rows", "deep", "wide"), [(1, 1, 1), (65, 40, 24), (18, 70, 40)])
def test_a_linear_layer_with_what_stands_around_it(rows, deep, wide, gelu, device, near):
    from sct.kernels.fused import linear as kernel

    layer, norm = wild(nn.Linear(deep, wide), device), wild(nn.LayerNorm(deep), device)
    x = 2 + torch.randn(rows, deep, device=device)
    residual = torch.randn(rows, wide, device=device)
    after = nn.functional.gelu if gelu else nn.Identity()
    given = layer.weight, layer.bias, torch.float32
    near(kernel.linear(x, *given, gelu=gelu), after(layer(x)))
    wanted = residual + after(layer(norm(x)))
    for launch in (kernel.Launch(), kernel.Launch(16, 16, 16, 1, 1)):
        more = {"norm": norm, "residual": residual, "gelu": gelu, "launch": launch}
        near(kernel.linear(x, *given, **more), wanted)
    plain = kernel.linear(x, layer.weight, None, torch.float32)
    near(plain, x @ layer.weight.T)


@pytest.mark.parametrize(("side", "chunk", "dim", "out"), [(2, 1, 3, 5), (14, 7, 24, 40)])
def test_pooling_with_positions(side, chunk, dim, out, fused, device, near):
    pooling = Pooling(LinearPooling(dim, out), ChunkPositions(chunk, out))
    wild(pooling, device)
    x = torch.randn(2, 3, side, side, dim, device=device)
    near(pooling(x), nn.Sequential.forward(pooling, x))


@pytest.mark.parametrize(("image", "patch", "chunk", "width"), [(2, 1, 2, 4), (28, 4, 7, 72)])
def test_patches_with_positions(image, patch, chunk, width, fused, device, near):
    from sct.kernels.layers import patches

    convolution = wild(nn.Conv2d(3, width, patch, patch), device)
    positions = wild(ChunkPositions(chunk, width), device)
    frames = torch.randn(2, 3, 3, image, image, device=device)
    wanted = rearrange(convolution(frames.flatten(0, 1)), "(b t) c i j -> b t i j c", b=2)
    near(patches(frames, convolution, positions.table), positions(wanted))


@pytest.mark.parametrize(
    ("n", "found"),
    [(1, (16, 16)), (32, (16, 16)), (72, (64, 16)), (96, (64, 32)), (128, (64, 64)),
     (144, (128, 16)), (160, (128, 32))],
)  # fmt: skip
def test_widths_are_cut_in_two_powers_of_two(n, found):
    from sct.kernels.fused.shapes import parts

    assert parts(n) == found


@pytest.mark.parametrize(
    ("tokens", "dim", "heads", "off"),
    [(49, 72, 3, ()), (49, 288, 12, (0, 11)), (1, 16, 1, ()), (64, 20, 2, (1,)), (4, 12, 4, ())],
)
@pytest.mark.parametrize("sequences", [1, 3])
def test_attention_inside_chunks(tokens, dim, heads, off, sequences, device, near):
    from sct.kernels.fused.chunk_attention import attend

    module = wild(SelfAttention(dim, heads), device)
    x = torch.randn(sequences, tokens, dim, device=device)
    found = attend(module.qkv(x)[:, None], heads, (1, tokens), off)[:, 0]
    near(module.proj(found), module(x, off)[0])


@pytest.mark.parametrize(
    ("frames", "offsets", "mode", "joint"),
    [
        (1, (1,), "on", False),
        (3, (1,), "on", True),
        (5, (1, 2, 4), "on", False),
        (3, (9,), "on", False),
        (3, (1, 2), "self", False),
        (3, (1, 2), "self", True),
    ],
)
def test_shifted_attention(frames, offsets, mode, joint, device, near):
    from sct.kernels.fused.chunk_attention import attend

    heads = 6
    module = wild(ShiftedMSA(48, heads, "joint" if joint else "mean"), device)
    config = SCTConfig(shifted_offsets=(1,))
    use = Ablation(shifted=(mode,), heads_off=((1, "shifted", 2),)).resolve(config, 112)[0]
    x = torch.randn(2, frames, 14, 7, 48, device=device)
    frames_of = tuple(key_frames(frames, o, mode) for o in in_turn(offsets, heads))
    object.__setattr__(use, "offsets", offsets)
    wanted, _ = module(x, use, 7)
    # In the grid as it lies, and chunk by chunk.
    found = attend(module.qkv(x), heads, (7, 7), (2,), frames_of, joint)
    near(module.proj(found), wanted)
    found = attend(module.qkv(partition(x, 7)), heads, (1, 49), (2,), frames_of, joint)
    near(module.proj(merge(found, 7, 14)), wanted)


@pytest.mark.parametrize(
    ("blocks", "dim", "heads", "side", "grid", "off"),
    [
        (1, 16, 1, 1, 1, ()),
        (2, 72, 3, 7, 14, ()),
        (3, 24, 2, 4, 12, (1,)),
        (1, 144, 6, 7, 7, (0, 5)),
        (1, 32, 4, 8, 8, (0, 1, 2, 3)),
    ],
)
def test_all_blocks_of_a_chunk(blocks, dim, heads, side, grid, off, device, near):
    from sct.kernels.fused import chunk_blocks as kernel

    module = wild(ChunkAttention(blocks, dim, heads, 4, side), device)
    x = torch.randn(1, 3, grid, grid, dim, device=device)
    wanted = module(x, off)
    for launch in (kernel.Launch(), kernel.Launch(chunks=2, warps=8, hidden=32, stages=1)):
        packed = kernel.pack(list(module), torch.float32, launch)
        near(kernel.chunk_blocks(x, side, packed, off, launch), wanted)


@pytest.mark.parametrize(
    ("tokens", "size", "rounds", "heads", "channels"),
    [(196, 49, 1, 3, 24), (196, 49, 3, 2, 16), (49, 49, 2, 2, 16), (147, 49, 2, 2, 8),
     (36, 4, 2, 1, 5), (16, 1, 1, 1, 3), (2, 1, 4, 1, 1), (40, 2, 1, 1, 4)],
)  # fmt: skip
def test_lsh_attention(tokens, size, rounds, heads, channels, device, near):
    from sct.kernels.fused import lsh

    assert lsh.fits(tokens, size)
    qkv = torch.randn(2, 2, tokens, heads, 2 * channels, device=device)
    rotation = rotations(3, 1, rounds, heads, channels, tokens // size, torch.device(device))
    found, hashed = lsh.lsh_attention(qkv, rotation, size)
    wanted = reference_hash(qkv[..., :channels], rotation, tokens // size)
    assert torch.equal(hashed.buckets, wanted.buckets)
    assert torch.equal(hashed.order, wanted.order)
    near(found, rearrange(reference_attention(qkv, rotation, size), "b t h n d -> b t n h d"))
    again, _ = lsh.lsh_attention(qkv, rotation, size, hashed)
    assert torch.equal(found, again)


@pytest.mark.filterwarnings("ignore:invalid value")  # as NumPy says of NaN
def test_tokens_that_are_equal_or_no_numbers_keep_their_order(device):
    from sct.kernels.fused import lsh

    qkv = torch.ones(1, 1, 98, 1, 8, device=device)
    rotation = rotations(0, 1, 1, 1, 4, 2, torch.device(device))
    for value in (1.0, 0.0, float("nan"), float("inf")):
        hashed = lsh.hash_and_sort(qkv * value, rotation, 49)
        assert torch.equal(hashed.order[0, 0, 0, 0].cpu(), torch.arange(98))


def test_what_is_too_large_is_left_to_other_ways():
    from sct.kernels.fused import chunk_blocks, lsh

    assert lsh.fits(12544, 49) and not lsh.fits(25088, 49) and not lsh.fits(256, 128)
    assert chunk_blocks.fits(7, 144)
    assert not chunk_blocks.fits(9, 72) and not chunk_blocks.fits(7, 288)


def test_kernels_are_chosen_where_they_were_asked_for_and_nothing_learns(monkeypatch, device):
    x = torch.zeros(1, device=device)
    for asked, wanted in (("fused", True), ("plain", False), ("", False)):
        monkeypatch.setenv("SCT_KERNELS", asked)
        assert chosen(x) is wanted
    monkeypatch.setenv("SCT_KERNELS", "fused")
    with torch.inference_mode(False), torch.enable_grad():
        assert not chosen(x) and chosen(x, learns=True)
    if device == "cpu":
        monkeypatch.setenv("TRITON_INTERPRET", "0")
        assert not chosen(x)
