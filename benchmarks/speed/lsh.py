"""LSH attention is timed beside other implementations and beside the exact attention.

All see the same numbers, each in the layout that it takes without a copy. There are as many
sequences as 24 frames of 3 heads make; queries and keys are shared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.harness.rows import Comparison, Group
from benchmarks.harness.timing import Contestant, Settings, Work, need
from sct.model.hashing import rotations
from sct.model.lsh import lsh_attention

FRAMES, HEADS, CHANNELS = 24, 3, 24
BUCKET, ROUNDS = 49, 4
TOKENS = (784, 3136, 12544)  # of frames of 112, 224 and 448 pixels in patches of 4
REFORMER, HUGGING_FACE = "reformer-pytorch", "transformers"


def groups(settings: Settings) -> list[Group]:
    """Return the rows, those timed together in one list."""
    small, usual, large = TOKENS
    ours = {n: Contestant(f"ours, {n} tokens", partial(our_attention, n)) for n in TOKENS}
    exact = {
        n: Contestant(f"exact attention, {n} tokens", partial(exact_attention, n)) for n in TOKENS
    }
    reformer = Contestant(f"{REFORMER} LSHAttention", partial(reformer_attention, usual), REFORMER)
    hugging_face = Contestant(
        f"{HUGGING_FACE} LSHSelfAttention", partial(hugging_face_attention, usual), HUGGING_FACE
    )
    both_ways = Comparison(
        f"forward + backward, {usual} tokens",
        Contestant("ours, both ways", partial(our_attention, usual, backward=True)),
        Contestant(
            f"{reformer.name}, both ways",
            partial(reformer_attention, usual, backward=True),
            REFORMER,
        ),
        faster=True,
        target=3.0,
        peer_name=reformer.name,
    )

    def forward(n: int, peer: Contestant, target: float) -> Comparison:
        return Comparison(f"forward, {n} tokens", ours[n], peer, faster=True, target=target)

    def growth(low: int, high: int) -> Comparison:
        return Comparison(
            f"growth, {low} to {high} tokens",
            ours[high],
            ours[low],
            target=1.25,
            scale=high * math.log(high) / (low * math.log(low)),
            peer_name=f"n log n from {low} tokens",
        )

    peak = Comparison(
        f"peak memory, {usual} tokens", ours[usual], reformer, target=1 / 3, measure="growth"
    )
    return [
        [
            forward(usual, reformer, 4.5),
            forward(usual, hugging_face, 4.5),
            forward(usual, exact[usual], 1.5),
        ],
        [forward(large, exact[large], 4.0)],
        [both_ways],
        [growth(small, usual), growth(usual, large), growth(small, large)],
        [peak],
    ]


def inputs(tokens: int, settings: Settings) -> tuple[Tensor, Tensor]:
    """Draw query-keys and values, standard normal: (frame, token, head, channel) each."""
    generator = torch.Generator().manual_seed(0)
    both = torch.randn(2, FRAMES, tokens, HEADS, CHANNELS, generator=generator)
    qk, v = both.to(settings.device, settings.dtype)
    return qk, v


def work_of(forward: Callable[[], Tensor], leaves: Sequence[Tensor] = ()) -> Work:
    """Make a work of a forward pass, or of both ways down to the gradients of `leaves`."""
    if not leaves:
        return torch.inference_mode()(forward)
    for leaf in leaves:
        leaf.requires_grad_()
    with torch.no_grad():
        gradient = torch.randn_like(forward())

    def work() -> None:
        for leaf in leaves:
            leaf.grad = None
        forward().backward(gradient)

    return work


# -- contestants -----------------------------------------------------------------------------------


def our_attention(tokens: int, settings: Settings, backward: bool = False) -> Work:
    qkv = torch.cat(inputs(tokens, settings), dim=-1)[None]  # (1, frame, token, head, 2 x channel)
    size = min(BUCKET, tokens)
    rotation = rotations(0, 1, ROUNDS, HEADS, CHANNELS, tokens // size).to(settings.device)
    return work_of(lambda: lsh_attention(qkv, rotation, size)[0], [qkv] if backward else [])


def reformer_attention(tokens: int, settings: Settings, backward: bool = False) -> Work:
    reformer = need("reformer_pytorch.reformer_pytorch", REFORMER)
    attention = reformer.LSHAttention(bucket_size=BUCKET, n_hashes=ROUNDS, causal=False)
    attention.to(settings.device).train(backward)
    qk, v = (
        x.transpose(1, 2).reshape(FRAMES * HEADS, tokens, CHANNELS)
        for x in inputs(tokens, settings)
    )
    return work_of(lambda: attention(qk, v)[0], [qk, v] if backward else [])


class _Half(nn.Module):
    """Takes half of the channels, in place of a projection that the other contestants lack."""

    def __init__(self, second: bool):
        super().__init__()
        self.second = second

    def forward(self, x: Tensor) -> Tensor:
        return x.chunk(2, dim=-1)[self.second]


def hugging_face_attention(tokens: int, settings: Settings) -> Work:
    transformers = need("transformers", HUGGING_FACE)
    reformer = need("transformers.models.reformer.modeling_reformer", HUGGING_FACE)
    config = transformers.ReformerConfig(
        attention_head_size=CHANNELS,
        num_attention_heads=HEADS,
        hidden_size=HEADS * CHANNELS,
        lsh_attn_chunk_length=BUCKET,
        lsh_num_chunks_before=1,
        lsh_num_chunks_after=0,
        lsh_attention_probs_dropout_prob=0.0,
        num_hashes=ROUNDS,
        num_buckets=tokens // BUCKET,
        is_decoder=False,
    )
    attention = reformer.LSHSelfAttention(config)
    attention.query_key, attention.value = _Half(False), _Half(True)
    attention.to(settings.device).eval()
    hidden = torch.cat([x.flatten(2) for x in inputs(tokens, settings)], dim=-1)
    return work_of(lambda: attention(hidden).hidden_states)


def exact_attention(tokens: int, settings: Settings) -> Work:
    qk, v = (x.transpose(1, 2).contiguous() for x in inputs(tokens, settings))
    k = F.normalize(qk, dim=-1)
    # In four dimensions: a call in three falls back to plain products on a CPU.
    return work_of(lambda: F.scaled_dot_product_attention(qk, k, v))
