"""On a GPU: the values of the CPU, no waiting inside of a pass, and passes that can be recorded."""

import pytest
import torch

import sct
from sct.model.hashing import hash_tokens, rotations
from sct.model.lsh import lsh_attention, reference_attention

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@pytest.fixture(scope="module")
def model():
    return sct.load(device="cuda")


@pytest.fixture(scope="module")
def frames():
    return torch.randn(2, 8, 3, 112, 112, generator=torch.Generator().manual_seed(0))


def apart(a, b):
    """How far a is from b, as a share of b."""
    return float((a.double() - b.double()).norm() / b.double().norm())


def test_the_logits_are_those_of_the_cpu(model, frames):
    with torch.inference_mode():
        there = model(frames.cuda(), precision="float32").logits.cpu()
        low = model(frames.cuda()).logits.cpu()
        here = sct.load(device="cpu")(frames).logits
    assert apart(there, here) < 1e-4
    assert apart(low, here) < 0.1


def test_tracing_changes_nothing(model, frames):
    with torch.inference_mode():
        plain, traced = (model(frames.cuda(), trace=trace).logits for trace in (False, True))
    assert torch.equal(plain, traced)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("channels", "size", "rounds"), [(24, 49, 4), (16, 784, 2), (6, 49, 1)])
def test_lsh_attention_and_its_gradients_are_the_references(channels, size, rounds, kind):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 2, 784, 3, 2 * channels, generator=generator).cuda().to(kind)
    toward = torch.randn(1, 2, 3, 784, channels, generator=generator).cuda()
    turned = rotations(0, 1, rounds, 3, channels, 784 // size).cuda()
    ours, theirs = x.clone().requires_grad_(), x.float().requires_grad_()
    out = lsh_attention(ours, turned, size)[0]
    truth = reference_attention(theirs, turned, size)
    out.backward(toward.to(kind))
    truth.backward(toward)
    most = 1e-4 if kind == torch.float32 else 0.02
    assert apart(out, truth) < most and apart(ours.grad, theirs.grad) < most


@pytest.mark.parametrize("buckets", [2, 15, 16, 64])
def test_tokens_hash_as_on_the_cpu(buckets):
    x = torch.randn(1, 2, 784, 3, 24, generator=torch.Generator().manual_seed(0))
    turned = rotations(0, 1, 3, 3, 24, buckets)
    here, there = hash_tokens(x, turned, buckets), hash_tokens(x.cuda(), turned.cuda(), buckets)
    same = (here.buckets == there.buckets.cpu()).double().mean()
    assert same > 0.999  # two directions may be equally near but for rounding


def test_a_pass_never_waits_for_the_gpu(model, frames):
    frames = frames.cuda()
    with torch.inference_mode():
        model(frames)  # rotations are drawn and weights converted once
        torch.cuda.set_sync_debug_mode("error")
        try:
            model(frames)
        finally:
            torch.cuda.set_sync_debug_mode("default")


def test_a_recorded_pass_answers_for_other_clips(model, frames):
    given = frames.cuda()
    with torch.inference_mode():
        model(given)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            logits = model(given).logits
        given.copy_(torch.randn_like(given))
        graph.replay()
        torch.testing.assert_close(logits, model(given).logits)


def test_a_replayed_pass_is_the_pass_with_its_trace(model, frames):
    with torch.inference_mode():
        for seed in range(4):  # computed, recorded, and replayed
            given = torch.randn(frames.shape, generator=torch.Generator().manual_seed(seed)).cuda()
            wanted = model(given, trace=True)
            found = model(given, trace=True, graph=True)
            torch.testing.assert_close(found.logits, wanted.logits)
            assert torch.equal(found.trace.lsh(1).hashed.order, wanted.trace.lsh(1).hashed.order)
            mine, theirs = (output.trace.shifted(1).matched.q for output in (found, wanted))
            torch.testing.assert_close(mine, theirs)


def test_a_replay_outlives_passes_of_another_kind(model, frames):
    given = frames.cuda()
    with torch.inference_mode():
        wanted = [model(given, graph=True).logits for _ in range(3)][-1]
        model(given, precision="float32")  # converts weights to another type and back
        for seed in range(80):  # more rotations than are cached
            model(given[:, :1], sct.Ablation(seed=seed))
        assert torch.equal(model(given, graph=True).logits, wanted)


@pytest.mark.parametrize("size", ["sct_ti", "sct_ti_ms"])
def test_a_model_learns(size, frames):
    torch.manual_seed(0)
    model = sct.build(size).cuda().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    labels, losses = torch.tensor([3, 5]).cuda(), []
    for _ in range(8):
        loss = torch.nn.functional.cross_entropy(model(frames.cuda()).logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < losses[0] / 2
