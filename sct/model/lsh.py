"""Image LSH attention: hash, sort by bucket, attend inside chunks (Reformer, Kitaev et al. 2020).

Queries and keys share one projection. A round hashes every token of a frame with a seeded random
rotation, sorts the tokens by (bucket, position), cuts the sorted sequence into chunks of
`bucket_size` tokens and lets each chunk attend to itself and to the chunk before it (circular).
Rounds are merged by their logsumexp.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from sct.kernels.attention import attend
from sct.kernels.layers import add_residual
from sct.kernels.linear import Linear
from sct.kernels.lsh import lsh_attention
from sct.kernels.norm import LayerNorm
from sct.model.ablation import StageSettings
from sct.model.attention import drop_heads
from sct.model.hashing import Hashed, hash_tokens, rotations, with_previous
from sct.model.patching import NO_TAP, Tap


def reference_attention(qkv: Tensor, rotation: Tensor, bucket_size: int) -> Tensor:
    """Defines what `lsh_attention` computes, one line a step, and slowly.

    Args:
        qkv: (batch, frame, token, head, 2 x channel): shared query-key, then value.
        rotation: (head, channel, round, buckets / 2), see `rotations`.
        bucket_size: tokens of a chunk of the sorted sequence; must divide the number of tokens.

    Returns:
        (batch, frame, head, token, channel).
    """
    d, rounds = qkv.shape[-1] // 2, rotation.shape[2]
    hashed = hash_tokens(qkv[..., :d], rotation, qkv.shape[2] // bucket_size)
    qk, v = rearrange(qkv, "b t n h (two d) -> two b t h n d", two=2)
    outs, lses = [], []
    for r in range(rounds):
        order = hashed.order[:, :, :, r, :, None]
        q, vs = (x.gather(3, order.expand_as(x)).unflatten(3, (-1, bucket_size)) for x in (qk, v))
        k, vs = with_previous(F.normalize(q, dim=-1), 3, 4), with_previous(vs, 3, 4)
        scores = q @ k.transpose(-1, -2) * d**-0.5
        out, lse = (scores.softmax(-1) @ vs).flatten(3, 4), scores.logsumexp(-1).flatten(3, 4)
        back = order.argsort(dim=3)
        outs.append(out.gather(3, back.expand_as(out)))
        lses.append(lse[..., None].gather(3, back))
    shares = torch.stack(lses).softmax(0)
    return (shares * torch.stack(outs)).sum(0)


def full_attention(qkv: Tensor) -> Tensor:
    """Computes what LSH attention approximates: every token of a frame attends to every token.

    (batch, frame, token, head, 2 x channel) -> (batch, frame, head, token, channel).
    """
    q, v = rearrange(qkv, "b t n h (two d) -> two (b t) h n d", two=2)
    out = attend(q, F.normalize(q, dim=-1), v)
    return out.unflatten(0, qkv.shape[:2])


class LSHAttention(nn.Module):
    """The image LSH attention sub-layer: pre-norm, residual, no feed-forward."""

    # reconstruction: the paper draws "image LSH attention" without its inside; option: none.
    def __init__(self, dim: int, heads: int, stage: int):
        super().__init__()
        self.heads, self.stage = heads, stage
        self.norm = LayerNorm(dim)
        self.qkv = Linear(dim, 2 * dim, bias=False)
        self.proj = Linear(dim, dim)

    def forward(
        self, x: Tensor, use: StageSettings, tap: Tap = NO_TAP, hashed: Hashed | None = None
    ) -> tuple[Tensor, Tensor, Hashed | None]:
        """Attends within each frame.

        Args:
            x: (batch, frame, grid, grid, dim).
            use: what this stage does; `use.lsh` is "lsh" or "full".
            tap: what the heads give passes through it.
            hashed: what hashing decided before, in place of hashing now.

        Returns:
            the new x, the query-keys (batch, frame, token, head, channel) and what hashing
            decided (None in mode "full").
        """
        b, t, g, _, _ = x.shape
        qkv = self.qkv(self.norm(x)).view(b, t, g * g, self.heads, -1)
        channels, size = qkv.shape[-1] // 2, min(use.bucket, g * g)
        if use.lsh == "full":
            out, hashed = full_attention(qkv), None
        else:
            shape = use.rounds, self.heads, channels, g * g // size
            rotation = rotations(use.seed, self.stage, *shape, x.device)
            if torch.compiler.is_exporting():  # in operations that other programs know
                out = reference_attention(qkv, rotation, size)
            else:
                out, hashed = lsh_attention(qkv, rotation, size, hashed)
        out = rearrange(drop_heads(out, use.lsh_heads_off), "b t h (i j) d -> b t i j (h d)", i=g)
        return add_residual(x, self.proj(tap(out))), qkv[..., :channels], hashed
