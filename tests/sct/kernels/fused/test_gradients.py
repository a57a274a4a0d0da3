"""Gradients of the kernels beside those of the definitions in float64."""

import pytest
import torch

from sct.model.hashing import rotations
from sct.model.lsh import reference_attention
from sct.model.shifted import key_frames, shift_keys

pytestmark = pytest.mark.usefixtures("device")


def both_ways(function, definition, x):
    """What a function and its definition give, and their gradients for the same one of theirs."""
    found = []
    toward = None
    for f, kind in ((function, x.dtype), (definition, torch.float64)):
        given = x.detach().to(kind, copy=True).requires_grad_()
        out = f(given)
        toward = torch.randn_like(out) if toward is None else toward.to(kind)
        out.backward(toward)
        found.append((out.detach().double(), given.grad.double()))
    return found


def assert_near(found):
    for mine, truth in zip(*found, strict=True):
        assert (mine - truth).abs().max() <= 2e-6 * truth.abs().max()


@pytest.mark.parametrize(
    ("tokens", "size", "rounds", "heads", "channels"),
    [
        (98, 49, 1, 2, 12),
        (147, 49, 3, 2, 16),
        (49, 49, 2, 2, 16),
        (24, 4, 2, 1, 5),
        (6, 1, 1, 1, 3),
    ],
)
def test_lsh_attention(tokens, size, rounds, heads, channels, device):
    from sct.kernels.fused import lsh

    torch.manual_seed(0)
    qkv = torch.randn(1, 2, tokens, heads, 2 * channels, device=device)
    turn = rotations(3, 1, rounds, heads, channels, tokens // size, torch.device(device))
    assert_near(
        both_ways(
            lambda x: lsh.lsh_attention(x, turn, size)[0],
            lambda x: reference_attention(x, turn, size).transpose(2, 3),
            qkv,
        )
    )


def test_a_key_of_no_length_has_the_gradient_of_the_definition(device):
    from sct.kernels.fused import lsh

    qkv = torch.randn(1, 1, 8, 1, 8, device=device)
    qkv[..., 3, :, :4] = 0
    turn = rotations(0, 1, 1, 1, 4, 2, torch.device(device))
    found = both_ways(
        lambda x: lsh.lsh_attention(x, turn, 4)[0],
        lambda x: reference_attention(x, turn, 4).transpose(2, 3),
        qkv,
    )
    assert_near(found)


OFFSETS = (key_frames(4, 1, "on"), key_frames(4, 2, "on"))


@pytest.mark.parametrize(
    ("frames_of", "joint", "off"),
    [
        ((), False, ()),
        ((), False, (1,)),
        (OFFSETS * 2, False, (2,)),
        ((OFFSETS[0],) * 4, True, ()),
        ((key_frames(4, 1, "self"),) * 4, False, ()),
        # Looking back by 5 or 9 of 4 frames is the same, of heads that are not evenly apart.
        (tuple(key_frames(4, offset, "on") for offset in (1, 5, 9, 1)), False, ()),
        (tuple(key_frames(4, offset, "on") for offset in (5, 9, 1, 5)), False, ()),
        ((key_frames(4, 9, "on"),) * 4, False, (0, 1, 2, 3)),
    ],
)
def test_attention_in_chunks(frames_of, joint, off, device):
    from sct.kernels.fused.chunk_attention import attend

    def definition(qkv):
        q, k, v = qkv.unflatten(-1, (3, 4, -1)).permute(4, 0, 1, 2, 5, 3, 6)
        own = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        if frames_of:
            past = q @ shift_keys(k, frames_of).transpose(-1, -2) * q.shape[-1] ** -0.5
            if joint:
                weights = sum(torch.cat([past, own], -1).softmax(-1).chunk(2, -1))
            else:
                weights = (own.softmax(-1) + past.softmax(-1)) / 2
        else:
            weights = own.softmax(-1)
        out = weights @ v
        out[..., list(off), :, :] = 0
        return out.transpose(-2, -3).flatten(-2)

    torch.manual_seed(0)
    qkv = torch.randn(2, 4, 3, 9, 3 * 4 * 5, device=device)
    found = both_ways(lambda x: attend(x, 4, (1, 9), off, frames_of, joint), definition, qkv)
    for mine, truth in zip(*found, strict=True):
        assert (mine - truth).abs().max() <= 2e-6 * max(truth.abs().max(), 1.0)
