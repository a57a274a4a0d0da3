"""The whole model by the kernels beside its definition: answers and traces, under ablations."""

import pytest
import torch

import sct
from sct.model.ablation import Ablation
from sct.sites import Site

CONFIG = {
    "image_size": 56, "frames": 3, "widths": (24, 40), "heads": (2, 4), "vilt_blocks": (2, 1),
    "clip_layers": 1, "lsh_rounds": 2,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # Triton's interpreter serves one
    yield
    torch.set_num_threads(threads)


def model(**changed):
    torch.manual_seed(0)
    made = sct.SCT(sct.SCTConfig(**{**CONFIG, **changed})).eval()
    for part in made.parameters():
        if part.dim() > 1:
            torch.nn.init.normal_(part, std=0.1)
    return made


@pytest.mark.parametrize(
    ("changed", "ablation"),
    [
        ({}, Ablation()),
        ({"shifted_offsets": (1, 2)}, Ablation.parse("heads-off=1.vilt.0+1.shifted.3+1.lsh.1")),
        ({"merge": "joint"}, Ablation(shifted=("self", "on"), lsh=("full", "lsh"))),
        ({"widths": (24, 160), "shifted_blocks": 2}, Ablation(rounds=1, order="reversed")),
        ({"shifted_window": "frame"}, Ablation(vilt=("on", "off"))),
        ({"lsh_bucket": 196}, Ablation(lsh=("lsh", "off"))),
    ],
)  # fmt: skip
def test_answers_and_traces_are_those_of_the_definition(changed, ablation, monkeypatch, device):
    made = model(**changed).to(device)
    frames = torch.randn(1, 3, 3, 56, 56, device=device)
    seen = {}
    for kind in ("plain", "fused"):
        monkeypatch.setenv("SCT_KERNELS", kind)
        with torch.inference_mode():
            seen[kind] = made(frames, ablation, trace=True, precision="float32")
    plain, fused = seen["plain"], seen["fused"]
    torch.testing.assert_close(fused.logits, plain.logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(fused.embedding, plain.embedding, rtol=1e-4, atol=1e-5)
    assert fused.trace.shifted_seen.keys() == plain.trace.shifted_seen.keys()
    for stage, blocks in plain.trace.shifted_seen.items():
        for mine, theirs in zip(fused.trace.shifted_seen[stage], blocks, strict=True):
            torch.testing.assert_close(mine.matched.q, theirs.matched.q, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(mine.matched.k, theirs.matched.k, rtol=1e-4, atol=1e-5)
    assert fused.trace.lsh_seen.keys() == plain.trace.lsh_seen.keys()
    for stage, theirs in plain.trace.lsh_seen.items():
        mine = fused.trace.lsh_seen[stage]
        if theirs.hashed is not None:
            assert torch.equal(mine.hashed.order, theirs.hashed.order)
            assert torch.equal(mine.hashed.buckets, theirs.hashed.buckets)


def test_a_pass_that_is_patched_goes_by_the_definition(fused, device):
    made = model().to(device)
    frames = torch.randn(1, 1, 3, 56, 56, device=device)
    site = Site.parse("1.vilt.0")
    with torch.inference_mode():
        plain = made(frames, record=[site], precision="float32")
        again = made(frames, patch=[(site, plain.activations[0])], precision="float32")
    torch.testing.assert_close(again.logits, plain.logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("changed", [{}, {"shifted_offsets": (1, 2), "merge": "joint"}])
def test_gradients_are_those_of_the_definition(changed, monkeypatch, device):
    made = model(**changed).to(device)
    frames = torch.randn(1, 2, 3, 56, 56, device=device)
    ablation = Ablation.parse("heads-off=1.vilt.0+1.shifted.1+2.lsh.0")
    found = {}
    for kind in ("plain", "fused"):
        monkeypatch.setenv("SCT_KERNELS", kind)
        made.zero_grad()
        given = frames.clone().requires_grad_()
        made(given, ablation, precision="float32").logits.square().sum().backward()
        found[kind] = [given.grad, *(part.grad.clone() for part in made.parameters())]
    for fused, plain in zip(found["fused"], found["plain"], strict=True):
        most = plain.abs().max()
        assert (fused - plain).abs().max() <= 1e-4 * most + 1e-7


def test_changed_weights_are_packed_anew(fused, device):
    made = model().to(device)
    frames = torch.randn(1, 1, 3, 56, 56, device=device)
    with torch.inference_mode():
        before = made(frames, precision="float32").logits
    with torch.no_grad():
        made.stages[0].vilt[0].mlp[0].bias.add_(1.0)
    with torch.inference_mode():
        after = made(frames, precision="float32").logits
    assert not torch.allclose(before, after)
