"""Each method against what can be written down, and what all of them have to keep to."""

import threading

import numpy as np
import pytest
import torch
from einops import reduce

from sct import Ablation
from sct.attribution import METHODS, attribute, memory
from sct.attribution.model_copy import private
from sct.errors import OutOfMemory

KEYS = [method.key for method in METHODS]
OF_THE_INPUT = [key for key in KEYS if key not in ("grad-cam", "rollout")]
SIGNED = [method.key for method in METHODS if method.signed]


def patches(pixels):
    return reduce(pixels, "t c (i p) (j q) -> t i j", "sum", p=4, q=4).detach().numpy()


def test_a_linear_model_by_hand(linear, clip):
    """Of w x every method must say what is written beside it; x' is the clip's mean over time."""
    weight, x = linear.weight[1].detach(), clip[0]
    moved = weight * (x - x.mean(0, keepdim=True))
    parts = patches(moved)  # (4, 14, 14)
    frames = parts.sum((1, 2))
    even = np.ones((14, 14)) / 14**2
    chunks = reduce(parts, "t (i p) (j q) -> t i j", "sum", p=7, q=7).repeat(7, 1).repeat(7, 2)
    boxes = reduce(parts, "(t l) (i p) (j q) -> t i j", "sum", l=2, p=2, q=2)
    boxes = boxes.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    options = {"box": (2, 2), "stride": (2, 2)}
    want = {
        "integrated-gradients": parts,
        "saliency": patches(weight.abs()),
        "smoothgrad": patches(weight.abs()),
        "input-x-gradient": patches(weight * x),
        "occlusion": boxes / 8,
        "frames": frames[:, None, None] * even,
        "shapley": frames[:, None, None] * even,
        "chunks": chunks / 49,
    }
    assert set(want) == set(OF_THE_INPUT)
    for key, values in want.items():
        found = attribute(linear, clip, key, target=1, **options)
        np.testing.assert_allclose(found.values, values, atol=1e-5, err_msg=key)
        # The rounding of the whole clip's score is in each patch, and so in a frame 196 times.
        np.testing.assert_allclose(found.frames, values.sum((1, 2)), atol=1e-3, err_msg=key)
        assert found.values.dtype == np.float32
    assert attribute(linear, clip, "saliency").target == int(linear(clip).logits.argmax())


def test_a_blank_baseline_is_middle_grey(linear, clip):
    found = attribute(linear, clip, "integrated-gradients", target=2, base="blank")
    np.testing.assert_allclose(found.values, patches(linear.weight[2] * clip[0]), atol=1e-5)
    assert found.facts["baseline_score"] == 0


def test_boxes_that_overlap_share_their_patches(linear, clip):
    found = attribute(linear, clip, "occlusion", target=0, box=(4, 7), stride=(4, 4))
    parts = patches(linear.weight[0] * (clip[0] - clip[0].mean(0)))
    starts = (0, 4, 8)  # the last reaches over the edge
    total, count = np.zeros((14, 14)), np.zeros((14, 14))
    for top in starts:
        for left in starts:
            box = np.s_[top : top + 7, left : left + 7]
            total[box] += parts[(slice(None), *box)].sum()
            count[box] += 1
    np.testing.assert_allclose(found.values, [total / count / (4 * 49)] * 4, atol=1e-5)


@pytest.mark.parametrize("stage", [1, 2])
def test_grad_cam_by_plain_gradients(small, short, stage):
    own = private(small)
    with torch.enable_grad():
        frames = short.clone().requires_grad_()
        x = own.positions(own.patch(frames[0]).movedim(1, -1)[None])
        settings = Ablation().resolve(own.config, 56)
        for number, (block, use) in enumerate(zip(own.stages, settings, strict=True), 1):
            x = block(x, use, None)
            if number == stage:
                seen = x
        logits = own.head(own.clip(own.embed_frames(x), "on", None))
        (slope,) = torch.autograd.grad(logits[0, 3], seen)
    want = (slope.mean((1, 2, 3), keepdim=True) * seen).sum(-1)[0].detach()
    want = want.repeat_interleave(14 // want.shape[1], 1).repeat_interleave(14 // want.shape[2], 2)
    found = attribute(small, short, "grad-cam", target=3, stage=stage)
    np.testing.assert_allclose(found.values, want.numpy(), atol=1e-5)


@pytest.mark.parametrize("key", KEYS)
def test_each_method_on_a_clip_of_any_length(small, short, key):
    for count in (1, 2, 3):
        found = attribute(small, short[:, :count], key, box=(1, 7))
        assert found.values.shape == (count, 14, 14) and np.isfinite(found.values).all()
        assert np.abs(found.values).max() > 0
        assert found.facts["passes"] >= 1
        if key == "shapley":  # values share the whole difference out
            whole = found.facts["score"] - found.facts["baseline_score"]
            assert found.values.sum() == pytest.approx(whole, abs=1e-4)


def test_integrated_gradients_are_complete(small, short):
    found = attribute(small, short, "integrated-gradients", target=2)
    facts = found.facts
    whole = facts["score"] - facts["baseline_score"]
    assert abs(whole) > 0.01
    assert found.values.sum() + facts["resorting"] == pytest.approx(whole, rel=0.02)
    assert facts["completeness_error"] < 0.02


@pytest.mark.parametrize("key", SIGNED)
def test_a_contrast_is_the_difference_of_two(small, short, key):
    options = {"box": (3, 7)}
    one, other = (attribute(small, short, key, target, **options) for target in (1, 4))
    both = attribute(small, short, key, 1, 4, **options)
    size = max(np.abs(one.values).max(), np.abs(other.values).max())
    # Integrated gradients of each stop when they are within a hundredth.
    close = 0.03 if key == "integrated-gradients" else 1e-3
    np.testing.assert_allclose(both.values, one.values - other.values, atol=close * size)
    assert both.facts["score"] == pytest.approx(one.facts["score"] - other.facts["score"], abs=1e-5)


def test_frames_in_another_order_keep_their_values(linear, small, short):
    """What a model sees in another order is given back to the clip's own frames."""
    turned = short.flip(1)
    for key in ("grad-cam", "rollout"):
        found = attribute(small, short, key, 1, ablation=Ablation(order="reversed"))
        plain = attribute(small, turned, key, 1)
        np.testing.assert_allclose(found.values, plain.values[::-1], atol=1e-5)
    first = attribute(small, short, "rollout", 1, ablation=Ablation(order="repeat-first"))
    assert first.frames[0] == pytest.approx(1, abs=1e-4) and not first.frames[1:].any()


def test_the_same_seed_draws_the_same(small, short):
    state = torch.random.get_rng_state()
    one, same = (attribute(small, short, "smoothgrad", 1, seed=3) for _ in range(2))
    other = attribute(small, short, "smoothgrad", 1, seed=4)
    np.testing.assert_array_equal(one.values, same.values)
    assert np.abs(one.values - other.values).max() > 1e-6
    assert torch.equal(state, torch.random.get_rng_state())  # it belongs to others


def needs(model, frames):
    """Bytes of one pass: without gradients, with, and with blocks computed again."""
    forward = memory.clip_bytes(model, frames)
    kept = memory.kept_bytes(model, frames, Ablation())
    back = memory.gradient_bytes(kept)
    again = memory.frugal_bytes(private(model, frugal=True), frames, Ablation(), back)
    return forward, forward + back, forward + again


@pytest.mark.parametrize("key", [key for key in KEYS if key != "rollout"])
def test_little_memory_gives_the_same(small, short, key):
    forward, full, again = needs(small, short)
    assert forward < again < full
    options = {"target": 1, "seed": 2, "box": (3, 7)}
    want = attribute(small, short, key, **options)
    assert want.facts["at_once"] > 1
    for limit in (full, again) if key in OF_GRADIENTS else (forward,):
        found = attribute(small, short, key, memory=limit, **options)
        assert found.facts["at_once"] == 1
        size = np.abs(want.values).max()
        np.testing.assert_allclose(found.values, want.values, atol=1e-4 * size)


OF_GRADIENTS = [method.key for method in METHODS if method.family == "gradient"]


def test_a_limit_that_cannot_be_kept_is_said(small, short):
    for key in ("saliency", "frames"):
        with pytest.raises(OutOfMemory, match=r"takes about [\d,]+ MB .* limit is 0 MB"):
            attribute(small, short, key, memory=1000)


@pytest.mark.parametrize("key", ["integrated-gradients", "occlusion"])
def test_memory_that_is_not_there(linear, clip, key, monkeypatch):
    """More than one clip at once fails as PyTorch fails; then all do."""
    whole, most = type(linear).forward, 1

    def forward(self, frames, *args, **named):
        if len(frames) > most:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ...")
        return whole(self, frames, *args, **named)

    want = attribute(linear, clip, key, 1)
    monkeypatch.setattr(type(linear), "forward", forward)
    found = attribute(linear, clip, key, 1)
    assert want.facts["at_once"] > 1 == found.facts["at_once"]
    np.testing.assert_allclose(found.values, want.values, atol=1e-6)
    most = 0
    with pytest.raises(OutOfMemory, match="not enough memory"):
        attribute(linear, clip, key, 1)


def hooks(model):
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [name for module in model.modules() for name in names if getattr(module, name)]


@pytest.mark.parametrize("key", KEYS)
def test_nothing_is_ever_put_on_the_shared_model(small, short, key):
    """While it is used by another thread, too, whose answers stay what they are."""
    with torch.inference_mode():
        want = small(short).logits
    modules = [type(module) for module in small.modules()]
    found, stop = [], threading.Event()

    def others():
        while not stop.is_set():
            with torch.inference_mode():
                found.append((hooks(small), small(short).logits))

    def look(done, total):
        assert hooks(small) == []
        assert [type(module) for module in small.modules()] == modules

    other = threading.Thread(target=others)
    other.start()
    try:
        attribute(small, short, key, 1, box=(3, 7), progress=look)
    finally:
        stop.set()
        other.join()
    assert found and all(not on for on, _ in found)
    for _, logits in found:
        torch.testing.assert_close(logits, want)
    assert all(parameter.grad is None for parameter in small.parameters())


class Cancelled(BaseException):
    """As Streamlit ends a run."""


@pytest.mark.parametrize("key", KEYS)
def test_a_run_can_be_ended(small, short, key):
    told = []

    def progress(done, total):
        told.append((done, total))
        if done:
            raise Cancelled

    before = [parameter.clone() for parameter in small.parameters()]
    with pytest.raises(Cancelled):
        attribute(small, short, key, 1, progress=progress)
    assert hooks(small) == [] and not small.training
    assert all(map(torch.equal, before, small.parameters()))
    done = []
    attribute(small, short[:, :1], key, 1, box=(1, 7), progress=lambda *at: done.append(at))
    assert done[0][0] == 0 and done[-1][0] == done[-1][1]
    assert done == sorted(done) and len({total for _, total in done}) == 1


def test_gradients_are_there_in_inference_mode(small, short):
    want = attribute(small, short, "saliency", 1)
    with torch.inference_mode():
        found = attribute(small, short + 0, "saliency", 1)
    np.testing.assert_array_equal(found.values, want.values)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "magic"}, "method 'magic': allowed: integrated-gradients, "),
        ({"target": 5}, "target 5: allowed: 0 to 4"),
        ({"target": -1}, "target -1: allowed: 0 to 4"),
        ({"target": 1.5}, "target 1.5"),
        ({"against": 9}, "against 9: allowed: 0 to 4"),
        ({"against": 2}, "against 'class 2': must be another label"),
        ({"stage": 3}, "stage 3: allowed: 1 to 2"),
        ({"base": "black"}, "base 'black': allowed: still, blank"),
        ({"box": (4, 1)}, "box frames 4: allowed: 1 to 3"),
        ({"box": (1, 15)}, "box patches 15: allowed: 1 to 14"),
        ({"box": (1, 2), "stride": (1, 3)}, "stride patches 3: allowed: 1 to 2"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_bad_input_is_named(small, short, options, said):
    options = {"method": "saliency", "target": 2, **options}
    with pytest.raises(ValueError, match=said):
        attribute(small, short, **options)


def test_one_clip_at_a_time(small, short):
    with pytest.raises(ValueError, match="frames: 2 clips"):
        attribute(small, short.repeat(2, 1, 1, 1, 1), "saliency")
