import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import sct
import sct.profiling.complexity
from sct import Ablation
from sct.profiling.complexity import gmacs

SMALL = sct.SCTConfig(
    image_size=56, frames=3, widths=(16, 32), vilt_blocks=(1, 2), heads=(2, 4), clip_layers=2
)
LAYERS = (torch.ops.aten.mm, torch.ops.aten.addmm, torch.ops.aten.convolution)


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "vilt=off,on",
        "lsh=lsh,off",
        "shifted=on,off",
        "shifted=off",
        "clip=mean",
        "vilt=on,off;lsh=off;shifted=off,on;clip=mean",
        "lsh=full;rounds=4;offsets=2;order=reversed;heads-off=1.vilt.0",
    ],
)
@pytest.mark.parametrize("frames", [1, 3])
def test_gmacs_under_an_ablation_are_those_of_the_layers_that_run(text, frames):
    with torch.device("meta"), torch.no_grad():
        model, clip = sct.SCT(SMALL), torch.zeros(1, frames, 3, 56, 56)
        with FlopCounterMode(display=False) as counter:
            model(clip, Ablation.parse(text))
    counts = counter.get_flop_counts()["Global"]
    counted = sum(flops for op, flops in counts.items() if op in LAYERS) // 2
    assert gmacs(SMALL, Ablation.parse(text), frames) == pytest.approx(counted / 1e9, rel=1e-12)


def test_gmacs_as_trained_are_those_that_sizes_prints():
    for row in sct.profiling.complexity.sizes():
        assert gmacs(sct.SIZES[row["name"]]) == row["gmacs"]
    config = sct.SIZES["sct_ti"]
    assert gmacs(config, Ablation(shifted="self")) == gmacs(config)  # only the path goes


def test_what_does_not_fit_is_said():
    with pytest.raises(ValueError, match="shifted"):
        gmacs(SMALL, Ablation(shifted=("on", "off", "on")))
    with pytest.raises(ValueError, match="1 to 3"):
        gmacs(SMALL, frames=4)
    with pytest.raises(ValueError, match="1 to 3"):
        gmacs(SMALL, frames=0)
