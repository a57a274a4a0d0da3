"""Attention rollout against a case computed by hand and against products of whole matrices."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import sct
from sct import Ablation
from sct.analysis.chunk_attention import chunk_maps
from sct.analysis.rollout import rollout
from sct.model.shifted import Matched
from sct.model.trace import ClipTrace, ShiftedTrace

SMALL = {
    "image_size": 56,
    "patch": 4,
    "chunk": 7,
    "widths": (24, 32),
    "vilt_blocks": (2, 1),
    "heads": (3, 4),
    "frames": 3,
    "num_classes": 5,
    "lsh_bucket": 49,
    "clip_layers": 1,
    "grounded_heads": (),
}


def small(**more):
    torch.manual_seed(0)
    model = sct.build("sct_ti", **{**SMALL, **more}).eval()
    with torch.no_grad():  # sharp maps, so that a wrong path shows
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(2.5)
    return model


def run(model, text="none", count=1):
    side = model.config.image_size
    x = torch.randn(count, 3, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return model(x, Ablation.parse(text), trace=True).trace


def test_a_case_by_hand():
    """One stage of one chunk: all tokens of shifted MSA look at token 10 before, and 20 now.

    The embedding takes each of 49 tokens to 1/49. Half of that stays by the residual; of the other
    half, which attention brings, one half goes to token 10 and one to token 20. So
    row = 1/98 + 1/4 [token 10] + 1/4 [token 20]. CLS gives itself 0.5 and the frames 0.1, 0.15
    and 0.25, which are shares of 0.2, 0.3 and 0.5 without CLS.
    """
    model = small(image_size=28, widths=(24,), vilt_blocks=(0,), heads=(1,), shifted_offsets=(1,))
    trace = run(model, "lsh=off;vilt=off")
    q = torch.zeros(1, 3, 1, 1, 49, 4)
    k = torch.zeros(1, 3, 1, 1, 49, 4)
    q[..., 0] = q[..., 1] = 100
    k[:, 0, ..., 10, 0] = 10  # frame 0: token 10
    k[:, 1, ..., 20, 0] = 10  # frame 1: token 20
    matched = Matched(q, k, ((0, 0, 1),), 7, "on", "mean")
    trace = replace(
        trace,
        shifted_seen={1: (ShiftedTrace(matched, 7, 4, ()),)},
        clip_seen=(ClipTrace(torch.tensor([[[0.5, 0.1, 0.15, 0.25]]])),),
    )
    found = rollout(model, trace)
    want = np.full(49, 1 / 98, np.float32)
    want[10] += 1 / 4
    want[20] += 1 / 4
    np.testing.assert_allclose(found.patches[1].ravel(), want, atol=1e-6)
    alone = np.full(49, 1 / 98, np.float32)
    alone[10] += 1 / 2  # the first frame looks at itself twice
    np.testing.assert_allclose(found.patches[0].ravel(), alone, atol=1e-6)
    np.testing.assert_allclose(found.frames, (0.2, 0.3, 0.5), atol=1e-6)
    assert found.cls == pytest.approx(0.5)
    assert found.share[1, 1, 3] == pytest.approx(0.3 * want[10], abs=1e-6)
    assert found.gain.mean() == pytest.approx(1, abs=1e-5)


def whole(model, trace, frame):
    """The same as products of token-by-token matrices, each asked of the trace row by row."""
    settings = trace.ablation.resolve(model.config, model.config.image_size)
    total, half = None, 1 / 2
    for stage, use in zip(model.stages, settings, strict=True):
        x = trace.entered[stage.number][0, frame]  # (g, g, c)
        grid = x.shape[0]
        place = [(r, c) for r in range(grid) for c in range(grid)]
        steps = []
        if use.vilt:
            x = x[None].clone()
            for block in stage.vilt:
                seen, new = np.zeros((grid**2, grid**2)), x.clone()
                for top in range(0, grid, 7):
                    for left in range(0, grid, 7):
                        tokens = x[:, top : top + 7, left : left + 7].reshape(1, 49, -1)
                        maps = chunk_maps(block.attention, block.norm1(tokens))[0]
                        heads = [h for h in range(len(maps)) if h not in use.vilt_heads_off]
                        index = [(top + i) * grid + left + j for i in range(7) for j in range(7)]
                        seen[np.ix_(index, index)] = maps[heads].mean(0)
                        out, _ = block(tokens, use.vilt_heads_off)
                        new[:, top : top + 7, left : left + 7] = out.view(1, 7, 7, -1)
                x = new
                steps.append(seen)
        if use.lsh != "off":
            seen = trace.lsh_seen[stage.number]
            if seen.hashed is None:
                maps = [seen._scores(frame, h).softmax(-1).numpy() for h in range(seen.heads)]
                steps.append(np.mean(maps, 0))
            else:
                rows = [
                    np.mean([seen.attended(frame, p, h) for h in range(seen.heads)], 0).ravel()
                    for p in place
                ]
                steps.append(np.stack(rows))
        for one in steps:
            one = half * (np.eye(len(one)) + one)
            total = one if total is None else one @ total
        if total is None:
            total = np.eye(grid**2)
        if stage.number < model.config.stages:
            pooled = np.zeros((grid**2 // 4, grid**2))
            for number, (r, c) in enumerate(place):
                pooled[r // 2 * (grid // 2) + c // 2, number] = 1 / 4
            total, grid = pooled @ total, grid // 2
        for seen in trace.shifted_seen.get(stage.number, ()):
            rows = []
            for r in range(grid):
                for c in range(grid):
                    both = np.sum(seen.maps(frame, (r, c), "mean"), 0).ravel()
                    rows.append(both / both.sum())
            total = half * (np.eye(grid**2) + np.stack(rows)) @ total
    return total.mean(0).reshape(model.config.grids[0], -1)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("none", {}),
        ("rounds=3", {}),
        ("lsh=full", {}),
        ("none", {"merge": "joint", "shifted_blocks": 2}),
        ("shifted=off,on;lsh=lsh,off", {}),
        ("vilt=off;window=frame", {}),
        ("heads-off=1.vilt.0+1.vilt.2", {}),
    ],
)
@torch.inference_mode()
def test_as_products_of_whole_matrices(text, more):
    model = small(**more)
    trace = run(model, text)
    found = rollout(model, trace)
    for frame in (0, 2):
        np.testing.assert_allclose(found.patches[frame], whole(model, trace, frame), atol=1e-6)
    assert found.patches.std() > 0.02 * found.patches.mean()  # there is something to get wrong
    assert found.patches.sum((1, 2)) == pytest.approx(1, abs=1e-4)


def test_the_clip_asked_for_is_the_one_answered():
    model = small()
    trace = run(model, count=2)
    one, other = rollout(model, trace), rollout(model, trace, 1)
    assert np.abs(one.patches - other.patches).max() > 1e-4
    np.testing.assert_allclose(other.frames.sum(), 1, atol=1e-5)
    with pytest.raises(IndexError, match="clip 2"):
        rollout(model, trace, 2)


def test_what_is_off_passes_on():
    model = small()
    found = rollout(model, run(model, "shifted=off;lsh=off;vilt=off;clip=mean"))
    np.testing.assert_allclose(found.patches, 1 / 14**2, atol=1e-8)
    np.testing.assert_allclose(found.frames, 1 / 3, atol=1e-7)
    assert found.cls is None
    heads = "+".join(f"{s}.{p}.{h}" for s in (1, 2) for p in ("vilt", "lsh") for h in range(3))
    heads += "+2.vilt.3+2.lsh.3+" + "+".join(f"{s}.shifted.{h}" for s in (1, 2) for h in range(4))
    found = rollout(model, run(model, f"heads-off={heads}"))
    np.testing.assert_allclose(found.patches, 1 / 14**2, atol=1e-8)


def test_a_trace_of_another_model_is_refused():
    trace = run(small())
    with pytest.raises(ValueError, match="another shape"):
        rollout(small(lsh_rounds=2), trace)


def test_what_is_computed_again_is_what_the_forward_saw():
    """Chunk attention done again ends where LSH attention of the forward pass began."""
    model = small()
    trace = run(model)
    x = trace.entered[1]
    with torch.inference_mode():
        chunks = sct.model.chunks.partition(x, 7).flatten(0, 2)
        for block in model.stages[0].vilt:
            chunks, _ = block(chunks)
        grid = sct.model.chunks.merge(chunks.unflatten(0, (1, 3, -1)), 7, 14)
        lsh = model.stages[0].lsh
        qk = lsh.qkv(lsh.norm(grid)).view(1, 3, 196, 3, -1)[..., :8]
    torch.testing.assert_close(qk, trace.lsh_seen[1].qk, atol=1e-5, rtol=1e-5)
