"""Linear layers through oneDNN: the values and gradients of PyTorch's own."""

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
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


@pytest.mark.parametrize("gelu", [False, True])
def test_where_this_pytorch_lacks_the_operator_the_values_stay(monkeypatch, gelu):
    x, weight, bias = given(WORTH)
    with torch.no_grad():
        through = linear(x, weight, bias, gelu)
    monkeypatch.setattr(linear_module, "_operator", lambda: None)
    with torch.no_grad():
        torch.testing.assert_close(through, linear(x, weight, bias, gelu))
    linear(x, weight, bias, gelu).sum().backward()
    assert weight.grad is not None


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_where_this_pytorch_knows_nothing_of_onednn_the_values_stay(monkeypatch, dtype):
    x, weight, bias = (part.detach().to(dtype) for part in given(WORTH))
    expected = F.linear(x, weight, bias)
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace())
    torch.testing.assert_close(linear(x, weight, bias), expected)


def test_its_weights_are_those_of_torchs_layer():
    ours, theirs = Linear(24, 40), torch.nn.Linear(24, 40)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(*WORTH, 24)
    torch.testing.assert_close(ours(x), theirs(x))


# -- under autocast --------------------------------------------------------------------------------


def layer():
    x, weight, bias = given(WORTH)
    found = Linear(weight.shape[1], len(weight))
    found.weight, found.bias = nn.Parameter(weight.detach()), nn.Parameter(bias.detach())
    return found, x.detach()


def low(module, x, **named):
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        return module(x, **named)


@pytest.mark.parametrize("gelu", [False, True])
def test_autocast_without_gradients_gives_its_values(gelu):
    module, x = layer()
    out = low(module, x, gelu=gelu)
    truth = low(lambda x: F.linear(x, module.weight, module.bias), x)
    truth = F.gelu(truth) if gelu else truth
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out, truth, atol=0.05, rtol=0.02)


def test_what_was_converted_is_not_converted_again():
    module, x = layer()
    x = x.to(torch.bfloat16)
    with Conversions() as first:
        low(module, x)
    with Conversions() as second:
        low(module, x)
    assert (first.count, second.count) == (2, 0)


@pytest.mark.parametrize("change", ["in place", "data", "replaced"])
def test_a_weight_that_changes_is_converted_anew(change):
    module, x = layer()
    before = low(module, x)
    with torch.no_grad():
        for name in ("weight", "bias"):
            own = getattr(module, name)
            if change == "in place":
                own.mul_(-1)
            elif change == "data":
                own.data = -own
            else:
                setattr(module, name, nn.Parameter(-own))
    torch.testing.assert_close(low(module, x), -before)


def test_what_was_converted_goes_with_its_layer_and_is_not_copied():
    module, x = layer()
    low(module, x)
    bytes_of = len(pickled(module))
    assert bytes_of == len(pickled(layer()[0])), "no copy leaves with a copy of the layer"
    twin = copy.deepcopy(module)
    with torch.no_grad():
        twin.weight.zero_()
        twin.bias.zero_()
    assert not low(twin, x).any() and low(module, x).any()
    copies = [weakref.ref(held) for held in module._low._made.value]
    del module
    gc.collect()
    assert not any(held() is not None for held in copies)


def test_weights_made_in_inference_mode_are_always_converted():
    with torch.inference_mode():
        module, x = layer()
        module.weight = nn.Parameter(module.weight.clone(), requires_grad=False)
        module.bias = nn.Parameter(module.bias.clone(), requires_grad=False)
        before = low(module, x)
        module.weight.zero_()  # which such a tensor does not count
        module.bias.zero_()
        assert before.any() and not low(module, x).any()


def test_threads_that_meet_get_the_same_values():
    module, x = layer()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: low(module, x), range(32)))
    assert all(each.equal(found[0]) for each in found)


def pickled(module):
    return pickle.dumps(module.__getstate__())


class Conversions(TorchDispatchMode):
    """Counts tensors of float32 that are copied into bfloat16."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.count += "_to_copy" in str(func) and out.dtype == torch.bfloat16
        return out
