"""Models small enough to attribute in a moment: one to compute by hand, and a tiny SCT."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

import sct
from sct.model.config import SCTConfig
from sct.model.sct import Output

CONFIG = SCTConfig(
    image_size=56,
    frames=4,
    widths=(8,),
    vilt_blocks=(1,),
    heads=(1,),
    num_classes=3,
    grounded_heads=(),
)


class Linear(nn.Module):
    """logits = W pixels: what every method must say of it can be written down."""

    def __init__(self):
        super().__init__()
        self.config, self.stages = CONFIG, nn.ModuleList()
        dice = torch.Generator().manual_seed(5)
        self.weight = nn.Parameter(torch.randn(3, 4, 3, 56, 56, generator=dice) / 100)
        self.device = torch.device("cpu")

    def forward(self, frames, ablation=None, trace=False, precision="auto"):
        logits = torch.einsum("btchw,ltchw->bl", frames, self.weight[:, : frames.shape[1]])
        return Output(logits, SimpleNamespace(lsh_seen={}) if trace else None, logits)


@pytest.fixture(scope="module")
def linear():
    return Linear()


@pytest.fixture(scope="module")
def clip():
    return torch.randn(1, 4, 3, 56, 56, generator=torch.Generator().manual_seed(6))


@pytest.fixture(scope="module")
def small():
    """Another config than the shipped one: two stages, three frames, two rounds."""
    torch.manual_seed(0)
    model = sct.build(
        "sct_ti",
        image_size=56,
        widths=(24, 32),
        vilt_blocks=(2, 1),
        heads=(3, 4),
        frames=3,
        num_classes=5,
        lsh_bucket=49,
        lsh_rounds=2,
        clip_layers=1,
        grounded_heads=(),
    ).eval()
    with torch.no_grad():  # sharp, so that clips differ
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(2.0)
    return model


@pytest.fixture(scope="module")
def short():
    return torch.randn(1, 3, 3, 56, 56, generator=torch.Generator().manual_seed(7))
