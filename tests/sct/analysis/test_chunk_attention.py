import pytest
import torch

import sct
from sct import Ablation
from sct.analysis.chunk_attention import chunk_maps, chunk_qkv
from sct.model.chunks import partition


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return sct.build("sct_ti").eval()


def traced(model, text="none"):
    x = torch.randn(1, 3, 3, 112, 112, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return model(x, Ablation.parse(text), trace=True).trace


@pytest.mark.parametrize(("stage", "block"), [(1, 0), (2, 1), (3, 2)])
def test_it_is_the_attention_of_the_model(model, stage, block):
    trace = traced(model)
    found = chunk_qkv(model, trace, stage, block)
    own = model.stages[stage - 1]
    with torch.inference_mode():
        chunks = partition(trace.entered[stage], own.side).flatten(0, 2)
        for before in list(own.vilt)[:block]:
            chunks, _ = before(chunks)
        here = own.vilt[block]
        maps = chunk_maps(here.attention, here.norm1(chunks))
        out, _ = here.attention(here.norm1(chunks))
        weights = found.scores().softmax(-1)
        assert torch.allclose(weights.flatten(0, 1), maps, atol=1e-6)
        mixed = (weights @ found.v).flatten(0, 1).transpose(1, 2).flatten(2)
        assert torch.allclose(here.attention.proj(mixed), out, atol=1e-5)
    grid = (28, 14, 7)[stage - 1]
    assert found.grid == grid and found.q.shape[:2] == (3, (grid // 7) ** 2)


def test_some_frames_are_those_frames(model):
    trace = traced(model)
    one, every = chunk_qkv(model, trace, 1, 0, slice(1, 2)), chunk_qkv(model, trace, 1)
    assert torch.allclose(one.q[0], every.q[1], atol=1e-6) and len(one.q) == 1


@pytest.mark.parametrize(
    ("text", "stage", "block"), [("vilt=off", 1, 0), ("none", 1, 1), ("none", 4, 0)]
)
def test_what_is_not_there_is_said(model, text, stage, block):
    with pytest.raises(LookupError, match=f"stage {stage}"):
        chunk_qkv(model, traced(model, text), stage, block)
