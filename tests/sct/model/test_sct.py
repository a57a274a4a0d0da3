import json
import threading

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import sct
from sct import Ablation
from sct.profiling.complexity import parameters, sizes


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return sct.build("sct_ti").eval()


@pytest.fixture(scope="module")
def frames():
    return torch.randn(2, 8, 3, 112, 112, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def logits(model, frames, text="none", **kwargs):
    return model(frames, Ablation.parse(text), **kwargs).logits


def test_the_default_ablation_changes_nothing_bit_for_bit(model, frames):
    with torch.inference_mode():
        plain = model(frames).logits
    assert torch.equal(plain, logits(model, frames))
    assert torch.equal(plain, logits(model, frames, "rounds=1;bucket=49;seed=0;offsets=1"))
    assert torch.equal(plain, logits(model, frames, "window=chunk"))


class FromTheCpu(TorchDispatchMode):
    """Notes every operation that takes or gives a tensor of the CPU, or a number."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        tensors = [x for x in tree_leaves((args, kwargs, out)) if isinstance(x, torch.Tensor)]
        if "local_scalar" in str(func) or any(x.device.type == "cpu" for x in tensors):
            self.found.append(str(func))
        return out


@pytest.mark.parametrize("text", ["none", "rounds=3", "clip=mean;order=reversed;heads-off=1.lsh.0"])
@pytest.mark.parametrize("trace", [False, True])
def test_on_another_device_nothing_comes_from_the_cpu(text, trace):
    with torch.device("meta"):
        elsewhere = sct.build("sct_ti").eval()
        frames = torch.empty(1, 8, 3, 112, 112)
    logits(elsewhere, frames, text, trace=trace)  # rotations are drawn once, on the CPU
    with FromTheCpu() as noted:
        logits(elsewhere, frames, text, trace=trace)
    assert noted.found == []


def test_tracing_changes_nothing_bit_for_bit(model, frames):
    assert torch.equal(logits(model, frames), logits(model, frames, trace=True))


@pytest.mark.parametrize(
    "text",
    [
        "shifted=self",
        "shifted=off",
        "shifted=on,on,self",
        "offsets=2",
        "window=frame",
        "lsh=full",
        "lsh=off",
        "lsh=lsh,full,lsh",
        "rounds=2",
        "bucket=98",
        "seed=1",
        "vilt=off",
        "vilt=on,on,off",
        "clip=mean",
        "order=reversed",
        "order=shuffled(3)",
        "order=repeat-first",
        "heads-off=1.vilt.0",
        "heads-off=2.lsh.1",
        "heads-off=3.shifted.3",
    ],
)
def test_every_field_changes_the_output(model, frames, text):
    change = (logits(model, frames, text) - logits(model, frames)).abs().max()
    assert change > 1e-6


def test_self_is_the_same_as_offset_0(model, frames):
    assert torch.equal(logits(model, frames, "shifted=self"), logits(model, frames, "offsets=0"))


def test_frame_order_is_the_order_of_the_input(model, frames):
    assert torch.equal(logits(model, frames, "order=reversed"), logits(model, frames.flip(1)))


def test_threads_with_different_ablations_do_not_see_each_other(model, frames):
    texts = ["none", "shifted=self", "lsh=full", "order=reversed;rounds=3", "heads-off=1.vilt.0"]
    alone = {text: logits(model, frames[:1], text) for text in texts}
    got, wrong = {}, []
    barrier = threading.Barrier(len(texts))

    def work(text):
        barrier.wait()
        for _ in range(3):
            got[text] = logits(model, frames[:1], text, trace=text == "none")
            if not torch.allclose(got[text], alone[text], atol=1e-6):
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) == set(texts) and not wrong


def test_a_forward_leaves_the_model_as_it_was(model, frames):
    before = {name: set(vars(m)) for name, m in model.named_modules()}
    logits(model, frames[:1], "shifted=off;lsh=full", trace=True)
    assert before == {name: set(vars(m)) for name, m in model.named_modules()}


def test_fewer_frames_and_larger_pictures(model):
    for shape in ((1, 1, 3, 112, 112), (1, 3, 3, 112, 112), (1, 2, 3, 224, 224)):
        assert logits(model, torch.zeros(shape)).shape == (1, 17)


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ((1, 9, 3, 112, 112), "1 to 8"),
        ((1, 0, 3, 112, 112), "1 to 8"),
        ((1, 8, 3, 100, 100), "112, 224"),
        ((1, 8, 3, 56, 56), "112, 224"),
        ((1, 8, 3, 112, 224), "size, size"),
        ((1, 8, 1, 112, 112), "batch, frame, 3"),
        ((8, 3, 112, 112), "batch, frame, 3"),
    ],
)
def test_other_sizes_say_which_do(model, shape, says):
    with pytest.raises(ValueError, match=says):
        model(torch.zeros(shape))


def test_bytes_are_refused(model):
    with pytest.raises(ValueError, match="floats"):
        model(torch.zeros(1, 8, 3, 112, 112, dtype=torch.uint8))


def test_sizes_against_the_paper():
    rows = {row["name"]: row for row in sizes()}
    assert set(rows) == {"sct_ti", "sct_ti_ms", "sct_s", "sct_m", "sct_l"}
    for name in ("sct_s", "sct_m", "sct_l"):
        assert abs(rows[name]["params_diff_pct"]) < 1.5
        assert abs(rows[name]["gmacs_diff_pct"]) < 1.5


def test_gmacs_are_those_of_the_linear_and_conv_layers():
    """Counted by hand for the default size."""
    config = sct.SIZES["sct_ti"]
    total = 0
    for i, (width, grid) in enumerate(zip(config.widths, config.grids, strict=True)):
        out, small = config.shifted_widths[i], config.shifted_grids[i]
        total += grid**2 * (config.vilt_blocks[i] * 12 + 3) * width**2
        total += small**2 * 12 * out**2
        total += small**2 * 4 * width * out if i < 2 else 0
    total = 8 * (total + 784 * 48 * config.widths[0]) + 9 * 4 * 12 * 128**2 + 128 * 64 + 64 * 17
    (row,) = (row for row in sizes() if row["name"] == "sct_ti")
    assert row["gmacs"] == pytest.approx(total / 1e9, rel=1e-9)


def test_build():
    made = sct.build("sct_ti", num_classes=400, frames=4)
    assert made.config.num_classes == 400
    assert sum(p.numel() for p in made.parameters()) == parameters(made.config)
    with pytest.raises(ValueError, match="sct_ti, sct_ti_ms, sct_s, sct_m, sct_l"):
        sct.build("sct_xxl")
    with pytest.raises(ValueError, match="unknown config fields: colour"):
        sct.build("sct_ti", colour=3)
    with pytest.raises(ValueError, match="image size 100"):
        sct.build("sct_ti", image_size=100)


def test_multi_scale_is_its_offsets_and_nothing_else(frames):
    torch.manual_seed(0)
    one = sct.build("sct_ti").eval()
    several = sct.build("sct_ti_ms").eval()
    several.load_state_dict(one.state_dict())
    assert torch.equal(logits(several, frames[:1]), logits(one, frames[:1], "offsets=1,2"))
    assert torch.equal(logits(several, frames[:1], "offsets=1"), logits(one, frames[:1]))
    again = sct.SCTConfig.from_dict(json.loads(json.dumps(several.config.to_dict())))
    assert again == several.config and again.shifted_offsets == (1, 2)
    for offsets in ((1, 2, 3), (1, 2, 1, 2), ()):  # of 6, 4 and 4 heads
        with pytest.raises(ValueError, match="shifted_offsets"):
            sct.build("sct_ti", shifted_offsets=offsets)


@pytest.mark.parametrize(
    "overrides", [{"merge": "joint"}, {"shifted_blocks": 0}, {"shifted_blocks": 2},
                  {"shifted_window": "frame"}, {"shifted_offsets": (3,)},
                  {"shifted_offsets": (1, 2)}, {"lsh_rounds": 4},
                  {"frame_embedding": "mean+max"}]
)  # fmt: skip
def test_reconstructed_choices_have_options(overrides, frames):
    torch.manual_seed(0)
    made = sct.build("sct_ti", **overrides)
    output = made(frames[:1], trace=True)
    output.logits.sum().backward()
    assert torch.isfinite(output.logits).all()
    assert all(p.grad is not None for p in made.parameters())


def test_the_strongest_token_adds_to_the_mean_and_at_first_nothing(frames):
    torch.manual_seed(0)
    plain = sct.build("sct_ti").eval()
    both = sct.build("sct_ti", frame_embedding="mean+max").eval()
    missing = both.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert {name.split(".")[0] for name in missing} == {"frame_max"}
    assert torch.equal(logits(both, frames[:1]), logits(plain, frames[:1]))
    with torch.no_grad():
        torch.nn.init.normal_(both.frame_max.add.weight)
        grid = torch.randn(1, 2, 7, 7, 128)
        evidence = both.frame_max.evidence(both.frame_norm(grid))
        strongest = torch.stack([evidence[..., c].flatten(2).max(-1).values for c in range(128)], 2)
        wanted = both.frame_norm(grid.mean((2, 3))) + strongest @ both.frame_max.add.weight.T
        assert torch.allclose(both.embed_frames(grid), wanted, atol=1e-5)
    with pytest.raises(ValueError, match="frame_embedding"):
        sct.build("sct_ti", frame_embedding="max")
