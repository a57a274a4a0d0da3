"""Runs every kernel on tensors between pages that may not be touched; a touch ends the process.

python -m tests.sct.kernels.fused.guarded [too-far]   # the latter touches one, to see that it ends
"""

import ctypes
import mmap
import os
import sys

os.environ["TRITON_INTERPRET"] = "1"

import torch
import triton
import triton.language as tl
from torch import nn

from sct.kernels.fused import chunk_attention, chunk_blocks, feed_forward, linear, lsh, rows
from sct.model.attention import ChunkAttention, FeedForward
from sct.model.hashing import rotations

PAGE = mmap.PAGESIZE
LIBC = ctypes.CDLL(None, use_errno=True)


class Guarded:
    """A kernel whose tensors lie against a page that may not be touched, before or behind them."""

    def __init__(self, kernel, behind):
        self.kernel, self.behind, self.ran = kernel, behind, 0

    def __getitem__(self, grid):
        def launch(*given, **named):
            places = [between(x, self.behind) if torch.is_tensor(x) else x for x in given]
            self.kernel[grid](*places, **named)
            self.ran += 1
            for own, place in zip(given, places, strict=True):
                if torch.is_tensor(own):
                    own.detach().copy_(place)

        return launch


def between(x, behind):
    """A copy of x between two such pages: it ends where the second begins, or begins after one."""
    size = max(x.numel() * x.element_size(), 1)
    inside = -(-size // PAGE) * PAGE
    held = mmap.mmap(-1, inside + 2 * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(held))
    for at in (start, start + PAGE + inside):
        if LIBC.mprotect(ctypes.c_void_p(at), PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    offset = PAGE + (inside - x.numel() * x.element_size() if behind else 0)
    if not x.numel():
        return x
    flat = torch.frombuffer(held, dtype=x.dtype, count=x.numel(), offset=offset)
    return flat.copy_(x.detach().flatten()).view(x.shape)


@triton.jit
def _too_far(X, n):
    tl.store(X + n, 1.0)


def main(wrong):
    kernels = [(rows, "_norm"), (chunk_attention, "_attend"),
               (chunk_attention, "_attend_back"), (lsh, "_attend_back"), (chunk_blocks, "_blocks"),
               (lsh, "_hash_and_sort"), (lsh, "_attend"), (lsh, "_merge"),
               (feed_forward, "_feed_forward"), (linear, "_linear")]  # fmt: skip
    for behind in (True, False):
        if wrong:
            Guarded(_too_far, behind)[(1,)](torch.zeros(5), 5 if behind else -1)
        guarded = [Guarded(getattr(room, name), behind) for room, name in kernels]
        for (room, name), kernel in zip(kernels, guarded, strict=True):
            setattr(room, name, kernel)
        with torch.inference_mode():
            rows.layer_norm(torch.randn(5, 72), nn.LayerNorm(72), torch.float32)
            norm, mlp, x = nn.LayerNorm(40), FeedForward(40, 3), torch.randn(2, 70, 40)
            rows.add_and_norm(*x, norm, torch.float32)
            packed = feed_forward.pack(norm, mlp, torch.float32)
            feed_forward.feed_forward(*x, packed, norm.eps)
            own = mlp[0].weight, mlp[0].bias, torch.float32
            linear.linear(x[0], *own, gelu=True, norm=norm, residual=torch.randn(70, 120))
            for given, deep, squares in (
                (torch.randn(3, 2, 14, 14), 32, linear.patches(14, 4, 2)),
                (torch.randn(3, 6, 6, 10), 40, linear.quads(6, 10)),
            ):
                table, weight = torch.randn(9, 50), torch.randn(50, deep)
                linear.linear(given, weight, None, torch.float32, squares=squares, table=table)
            qkv = torch.randn(3, 5, 98, 3 * 40)
            chunk_attention.attend(qkv[:, :1], 5, (1, 49), (1,))
            frames_of = ((0, 0, 1),) * 2 + ((0, 0, 0),) * 3
            chunk_attention.attend(qkv[None, :, :, :49], 5, (1, 49), (), frames_of, True)
            module = ChunkAttention(2, 40, 5, 4, 7)
            x = torch.randn(3, 7, 7, 40)
            for launch in (chunk_blocks.Launch(), chunk_blocks.Launch(2, 8, 32, 1)):
                packed = chunk_blocks.pack(list(module), torch.float32, launch)
                chunk_blocks.chunk_blocks(x, 7, packed, (), launch)
            for tokens in (49, 147):
                qkv = torch.randn(1, 2, tokens, 3, 20)
                lsh.lsh_attention(qkv, rotations(0, 1, 2, 3, 10, tokens // 49), 49)
        qkv = torch.randn(1, 3, 2, 49, 3 * 40, requires_grad=True)
        for table in ((), frames_of):
            chunk_attention.attend(qkv, 5, (1, 49), (), table).sum().backward()
        for tokens in (49, 147):
            qkv = torch.randn(1, 2, tokens, 3, 20, requires_grad=True)
            turn = rotations(0, 1, 2, 3, 10, tokens // 49)
            lsh.lsh_attention(qkv, turn, 49)[0].sum().backward()
        assert all(kernel.ran for kernel in guarded)
        for (room, name), kernel in zip(kernels, guarded, strict=True):
            setattr(room, name, kernel.kernel)
    print("nothing was touched")


if __name__ == "__main__":
    main(sys.argv[1:] == ["too-far"])
