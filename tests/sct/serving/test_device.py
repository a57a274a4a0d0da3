import pytest
import torch

from sct.serving.device import LOST, Device, fault


def cpu_shortage():
    try:
        torch.empty(1 << 60)
    except RuntimeError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), "memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "memory"),
        (cpu_shortage(), "memory"),
        (RuntimeError("CUDA error: unspecified launch failure"), "lost"),
        (torch.AcceleratorError("CUDA error: device-side assert triggered", 710), "lost"),
        (RuntimeError("The size of tensor a (3) must match"), ""),
        (ValueError("CUDA"), ""),
    ],
)
def test_what_an_error_says_of_the_device(error, kind):
    assert fault(error) == kind


def test_a_device_that_fails_is_replaced_by_the_cpu():
    device = Device("cpu")
    assert device.probe() and not device.degraded
    if not torch.cuda.is_available():
        device = Device("cuda")  # one that is not there computes as little as one that is lost
        assert device.name == "cuda" and not device.probe()
        assert (device.name, device.degraded) == ("cpu", LOST)
        assert device.probe()
