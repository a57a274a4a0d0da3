import pytest
import torch


@pytest.fixture(scope="session")
def device():
    pytest.importorskip("triton")
    return "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture
def fused(monkeypatch, device):
    """Have the kernels compute wherever there are some."""
    monkeypatch.setenv("SCT_KERNELS", "fused")
