from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import sct
from sct.model.config import SIZES, SCTConfig
from sct.model.sct import SCT
from sct.profiling.layers import forward_steps, layer_costs, times

SMALL = SCTConfig(image_size=56, frames=4, widths=(16, 32), vilt_blocks=(1, 2), heads=(2, 4))
CONFIGS = {
    **SIZES,
    "small": SMALL,
    "no ViLT in one stage": replace(SMALL, vilt_blocks=(0, 1)),
    "two shifted blocks, whole frames": replace(SMALL, shifted_blocks=2, shifted_window="frame"),
    "no shifted attention": replace(SMALL, shifted_blocks=0),
    "one softmax": replace(SMALL, merge="joint"),
    "three rounds, small buckets": replace(SMALL, lsh_rounds=3, lsh_bucket=7),
    "an odd number of buckets": replace(SMALL, image_size=168, lsh_bucket=147),
    "one frame": replace(SMALL, frames=1),
    "mean and max": replace(SMALL, frame_embedding="mean+max"),
    "another ratio": replace(SMALL, mlp_ratio=2, clip_layers=1, num_classes=3),
}
LAYERS = (torch.ops.aten.mm, torch.ops.aten.addmm, torch.ops.aten.convolution)


@pytest.mark.parametrize("name", CONFIGS)
def test_counts_are_those_of_the_layers_themselves(name):
    config = CONFIGS[name]
    with torch.device("meta"):
        model = SCT(config).eval()
        x = torch.zeros(1, config.frames, 3, config.image_size, config.image_size)
    modules = {"patch": [model.patch, model.positions], "clip": [model.frame_norm, model.clip]}
    modules["clip"] += [model.frame_max] if name == "mean and max" else []
    modules["head"] = [model.head]
    for i, stage in enumerate(model.stages, 1):
        for kind in ("vilt", "lsh", "pool", "shifted"):
            modules[f"{i}.{kind}"] = [getattr(stage, kind)]
    steps = dict(forward_steps(model, x))
    found = layer_costs(config)
    assert list(steps) == [p.key for p in found]
    for part in found:
        assert tuple(x.shape[1:]) == part.takes
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            x = steps[part.key](x)
        assert tuple(x.shape[1:]) == part.gives
        counts = counter.get_flop_counts()["Global"]
        layers = sum(flops for op, flops in counts.items() if op in LAYERS)
        assert part.macs == layers // 2, part.key
        assert part.attention_macs == (sum(counts.values()) - layers) // 2, part.key
        made = [p for m in modules[part.key] for p in m.parameters()]
        assert part.parameters == sum(p.numel() for p in made), part.key


def test_the_parts_one_after_the_other_are_the_forward_pass():
    torch.manual_seed(0)
    model = sct.build("sct_ti").eval()
    frames = torch.randn(1, 8, 3, 112, 112)
    with torch.inference_mode():
        x = frames
        for _, run in forward_steps(model, frames):
            x = run(x)
        assert torch.equal(x, model(frames).logits)


def test_times_are_of_every_part_and_of_the_whole():
    torch.manual_seed(0)
    model, told = SCT(SMALL).eval(), []
    frames = torch.randn(1, 4, 3, 56, 56)
    found = times(model, frames, repeats=1, progress=lambda *at: told.append(at))
    assert list(found) == [*(p.key for p in layer_costs(SMALL)), "whole"]
    assert all(0 < seconds < 10 for seconds in found.values())
    assert told == [(i, 2 * len(found)) for i in range(2 * len(found) + 1)]
    hooks = ("_forward_hooks", "_forward_pre_hooks")
    assert not any(getattr(m, name) for m in model.modules() for name in hooks)


def test_a_measurement_can_be_ended():
    class Ended(Exception):
        pass

    def end(done, total):
        if done == 2:
            raise Ended

    model = SCT(SMALL).eval()
    with pytest.raises(Ended):
        times(model, torch.zeros(1, 4, 3, 56, 56), 1, end)
    assert model(torch.zeros(1, 4, 3, 56, 56)).logits.shape == (1, 17)
