"""Linear layers through oneDNN: the values and gradients of PyTorch's own."""

import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

import sct.kernels.linear as linear_module
from sct.kernels.linear import Linear, linear

WORTH = (3, 70)  # leading axes of something large enough for oneDNN
SMALL = (2, 5)


def given(leading, seen=24, out=40, dtype=torch.float32):
    generator = torch.Generator().manual_seed(sum(leading))
    shapes = (*leading, seen), (out, seen), (out,)
    return [torch.randn(s, generator=generator, dtype=dtype, requires_grad=True) for s in shapes]


@pytest.mark.parametrize("gelu", [False, True])
@pytest.mark.parametrize("leading", [WORTH, SMALL, (1, 1), (0, 4), (64,)])
def test_the_values_are_those_of_float64(leading, gelu):
    x, weight, bias = given(leading)
    truth = F.linear(x.double(), weight.double(), bias.double())
    truth = F.gelu(truth) if gelu else truth
    with torch.no_grad():
        out = linear(x, weight, bias, gelu)
    torch.testing.assert_close(out.double(), truth, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(linear(x, weight, bias, gelu).double(), truth, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("leading", [WORTH, SMALL])
def test_the_gradients_are_those_of_float64(leading, biased):
    ours = given(leading)[: 3 if biased else 2]
    theirs = [t.detach().double().requires_grad_() for t in ours]
    for call, with_respect_to in ((linear, ours), (F.linear, theirs)):
        call(*with_respect_to).square().sum().backward()
    for mine, its in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad.double(), its.grad, atol=1e-3, rtol=1e-4)


def test_gradients_have_gradients():
    x, weight, bias = given(WORTH)
    (grad,) = torch.autograd.grad(linear(x, weight, bias).pow(3).sum(), x, create_graph=True)
    (ours,) = torch.autograd.grad(grad.square().sum(), weight)
    again = [t.detach().double().requires_grad_() for t in (x, weight, bias)]
    (grad,) = torch.autograd.grad(F.linear(*again).pow(3).sum(), again[0], create_graph=True)
    (truth,) = torch.autograd.grad(grad.square().sum(), again[1])
    torch.testing.assert_close(
        ours.double(), truth, rtol=1e-3, atol=1e-3 * float(truth.abs().max())
    )


def test_what_does_not_lie_in_order_is_read_right():
    x, weight, bias = given((140, 3))
    x = x.detach().transpose(0, 1)[:, ::2]
    torch.testing.assert_close(linear(x, weight, bias), F.linear(x, weight, bias))


def test_frozen_weights_pass_gradients_on_and_get_none():
    x, weight, bias = given(WORTH)
    frozen = weight.detach()
    linear(x, frozen, bias).sum().backward()
    assert x.grad is not None and bias.grad is not None and frozen.grad is None


def test_autocast_is_obeyed():
    x, weight, bias = given(WORTH)
    with torch.autocast("cpu", torch.bfloat16):
        assert linear(x, weight, bias).dtype == torch.bfloat16


def test_where_onednn_is_missing_the_values_stay(monkeypatch):
    x, weight, bias = given(WORTH)
    with torch.no_grad():
        through = linear(x, weight, bias, gelu=True)
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
        torch.testing.assert_close(through, linear(x, weight, bias, gelu=True))


def test_its_weights_are_those_of_torchs_layer():
    ours, theirs = Linear(24, 40), torch.nn.Linear(24, 40)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(*WORTH, 24)
    torch.testing.assert_close(ours(x), theirs(x))


# -- under autocast --------------------------------------------------------------------------------


def low(*tensors):
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        return linear(*tensors)


@pytest.mark.parametrize("gelu", [False, True])
def test_autocast_without_gradients_gives_its_values(gelu):
    given_ = given(WORTH)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        out = linear(*given_, gelu)
        truth = F.linear(*given_)
        truth = F.gelu(truth) if gelu else truth
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out, truth, atol=0.05, rtol=0.02)


def test_what_was_converted_is_not_converted_again():
    x, weight, bias = given(WORTH)
    x = x.detach().to(torch.bfloat16)
    with Conversions() as first:
        low(x, weight, bias)
    with Conversions() as second:
        low(x, weight, bias)
    assert (first.count, second.count) == (2, 0)


@pytest.mark.parametrize("change", ["in place", "data", "moved"])
def test_a_weight_that_changes_is_converted_anew(change):
    x, weight, bias = given(WORTH)
    before = low(x, weight, bias)
    with torch.no_grad():
        if change == "in place":
            weight.mul_(-1)
            bias.mul_(-1)
        elif change == "data":
            weight.data, bias.data = -weight, -bias
        else:
            weight, bias = -weight, -bias
    torch.testing.assert_close(low(x, weight, bias), -before)


def test_nothing_is_kept_count_that_are_gone():
    kept = len(linear_module._copies)
    x, weight, bias = given(WORTH)
    low(x, weight, bias)
    assert len(linear_module._copies) == kept + 2
    del weight, bias
    assert len(linear_module._copies) == kept


def test_weights_made_in_inference_mode_are_always_converted():
    with torch.inference_mode():
        x, weight, bias = (t.detach().clone() for t in given(WORTH))
        before = low(x, weight, bias)
        weight.zero_()  # which such a tensor does not count
        bias.zero_()
        assert before.any() and not low(x, weight, bias).any()


class Conversions(TorchDispatchMode):
    """Counts tensors of float32 that are copied into bfloat16."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.count += "_to_copy" in str(func) and out.dtype == torch.bfloat16
        return out
