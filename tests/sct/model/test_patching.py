"""Recording and patching through the arguments of the forward pass, by hand on a tiny model."""

import threading

import pytest
import torch
import torch.nn.functional as F

import sct
from sct import Ablation
from sct.kernels import tiling
from sct.sites import Site

PARTS = ("vilt", "lsh", "shifted", "stage")
SMALL = {
    "image_size": 56, "frames": 4, "clip_layers": 1, "num_classes": 5, "widths": (16, 32),
    "heads": (2, 4), "vilt_blocks": (1, 2), "lsh_bucket": 7, "grounded_heads": (),
}  # fmt: skip


def tiny(**more):
    torch.manual_seed(0)
    return sct.build(**{**SMALL, **more}).eval()


@pytest.fixture(scope="module")
def model():
    return tiny()


@pytest.fixture(scope="module")
def clips():
    return torch.randn(2, 4, 3, 56, 56, generator=torch.Generator().manual_seed(1))


def everywhere(*parts):
    return [Site(stage, part) for stage in (1, 2) for part in parts or PARTS]


@torch.inference_mode()
def run(model, frames, text="none", **asked):
    return model(frames, Ablation.parse(text), **asked)


def record(model, frames, sites, text="none"):
    return list(zip(sites, run(model, frames, text, record=sites).activations, strict=True))


def test_activations_have_the_axes_that_they_are_said_to_have(model, clips):
    sites = [
        *map(Site.parse, ("1.vilt", "1.lsh", "1.shifted", "1.stage", "2.vilt", "2.stage@1")),
        Site(2, "lsh", 3, 2),
    ]
    found = run(model, clips, record=sites).activations
    assert [tuple(each.shape) for each in found] == [
        (2, 4, 14, 14, 1, 2, 8),
        (2, 4, 14, 14, 1, 2, 8),
        (2, 4, 7, 7, 1, 4, 8),
        (2, 4, 7, 7, 1, 1, 32),
        (2, 4, 7, 7, 2, 4, 8),
        (2, 1, 7, 7, 1, 1, 32),
        (2, 1, 7, 7, 1, 1, 8),
    ]
    whole = run(model, clips, record=[Site(2, "lsh")]).activations[0]
    assert torch.equal(found[-1], whole[:, 2:3, ..., 3:4, :])


@pytest.mark.parametrize(
    "text",
    ["none", "seed=3", "rounds=2", "lsh=full", "shifted=self", "window=frame", "offsets=2",
     "order=reversed", "heads-off=1.lsh.0+2.shifted.1", "clip=mean"],
)  # fmt: skip
@pytest.mark.parametrize("merge", ["mean", "joint"])
def test_its_own_activations_change_nothing_and_all_of_another_clip_give_its_answer(
    text, merge, clips
):
    model, sites = tiny(merge=merge), everywhere()
    clip, other = clips[:1], clips[1:]
    plain = run(model, clip, text).logits
    recorded = run(model, clip, text, record=sites)
    assert torch.equal(recorded.logits, plain)
    own = list(zip(sites, recorded.activations, strict=True))
    assert torch.equal(run(model, clip, text, patch=own).logits, plain)
    theirs, answer = record(model, other, sites, text), run(model, other, text).logits
    assert torch.equal(run(model, clip, text, patch=theirs).logits, answer)
    assert torch.equal(run(model, clip, text, patch=theirs[-1:]).logits, answer)
    assert not torch.equal(plain, answer)


def test_fewer_frames_and_several_blocks(clips):
    model, sites = tiny(shifted_blocks=2), everywhere()
    three = clips[:, :3]
    given = record(model, three[1:], sites)
    assert given[2][1].shape == (1, 3, 7, 7, 2, 4, 8)
    found = run(model, three[:1], patch=given).logits
    assert torch.equal(found, run(model, three[1:]).logits)


@pytest.mark.parametrize("site", ["1.vilt.1", "1.lsh.0@2", "1.shifted", "2.shifted.3@0", "1.stage"])
def test_only_what_comes_after_a_site_changes(site, model, clips):
    site, sites = Site.parse(site), everywhere()
    before = run(model, clips[:1], record=sites)
    given = record(model, clips[1:], [site])
    after = run(model, clips[:1], record=sites, patch=given)
    whole = Site(site.stage, site.part)
    order = [Site(s, p) for s in (1, 2) for p in PARTS]
    for each, was, now in zip(sites, before.activations, after.activations, strict=True):
        if order.index(each) < order.index(whole):
            assert torch.equal(was, now), each
        elif each == whole:
            assert torch.equal(now[site.within], given[0][1])
            changed = (was != now).any(dim=(0, 2, 3, 4, 6)).nonzero().tolist()
            frames = range(4) if site.frame is None else [site.frame]
            heads = range(was.shape[-2]) if site.head is None else [site.head]
            assert changed == [[f, h] for f in frames for h in heads]
        elif site.frame is None:
            assert not torch.equal(was, now), each
    assert not torch.equal(before.logits, after.logits)


def test_a_patched_head_of_shifted_attention_is_what_the_weights_say(model, clips):
    """Head 2 of the last stage from another clip, recomputed a line at a time."""
    stage, site = model.stages[1], Site(2, "shifted", 2)
    block = stage.shifted[0]
    settings = Ablation().resolve(model.config, 56)

    def entering(clip):
        x = model.stages[0](model.embed(clip, range(4)), settings[0])
        return stage.spatial(x, settings[1])

    def heads(x):
        """(frame, head, token, channel): of 7 x 7 tokens, one window, 4 heads of 8 channels."""
        q, k, v = block.attention.qkv(block.norm1(x))[0].flatten(1, 2).chunk(3, dim=-1)
        q, k, v = (each.view(4, 49, 4, 8).transpose(1, 2) for each in (q, k, v))
        out = []
        for t in range(4):
            maps = [
                (q[t] @ k[s].transpose(-1, -2) / 8**0.5).softmax(-1) for s in (max(t - 1, 0), t)
            ]
            out.append((maps[0] + maps[1]) @ v[t] / 2)
        return torch.stack(out)

    with torch.inference_mode():
        x = entering(clips[:1])
        out = heads(x)
        theirs = heads(entering(clips[1:]))[:, 2]
        out[:, 2] = theirs
        both = out.transpose(1, 2).reshape(1, 4, 7, 7, 32)
        x = x + F.linear(both, block.attention.proj.weight, block.attention.proj.bias)
        x = x + block.mlp(block.norm2(x))
        wanted = model.answer(x, "on")
        ((_, given),) = record(model, clips[1:], [site])
        found = model(clips[:1], patch=[(site, given)]).logits
    torch.testing.assert_close(given[0, :, :, :, 0, 0].flatten(1, 2), theirs, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)
    assert (found - run(model, clips[:1]).logits).abs().max() > 1e-3


def test_zeros_in_place_of_a_head_are_that_head_off(model, clips):
    for part, shape in (("vilt", (1, 4, 7, 7, 2, 1, 8)), ("lsh", (1, 4, 7, 7, 1, 1, 8))):
        found = run(model, clips[:1], patch=[(Site(2, part, 1), torch.zeros(shape))]).logits
        assert torch.equal(found, run(model, clips[:1], f"heads-off=2.{part}.1").logits)


def test_a_batch_is_what_each_clip_is_alone_and_one_value_goes_for_all(model, clips):
    site = Site(1, "shifted", 1)
    ((_, given),) = record(model, clips.flip(0), [site])
    both = run(model, clips, patch=[(site, given)]).logits
    for i in range(2):
        alone = run(model, clips[i : i + 1], patch=[(site, given[i : i + 1])]).logits
        torch.testing.assert_close(both[i : i + 1], alone, atol=1e-5, rtol=1e-4)
    one = run(model, clips, patch=[(site, given[:1])]).logits
    torch.testing.assert_close(one[:1], both[:1], atol=1e-5, rtol=1e-4)
    assert (one[1] - both[1]).abs().max() > 1e-4


def test_where_two_patches_meet_the_last_holds(model, clips):
    whole, head = Site(1, "lsh"), Site(1, "lsh", 1)
    ((_, theirs),) = record(model, clips[1:], [whole])
    ((_, own),) = record(model, clips[:1], [head])
    patch = [(whole, theirs), (head, own)]
    activation = run(model, clips[:1], patch=patch, record=[whole]).activations[0]
    assert torch.equal(activation[..., 0, :], theirs[..., 0, :])
    assert torch.equal(activation[..., 1:, :], own)


@pytest.mark.parametrize("cores", [1, 2])
def test_in_tiles_on_several_cores_it_is_the_same(model, clips, cores, monkeypatch):
    sites, clip = everywhere(), clips[:1]
    given = record(model, clips[1:], [Site(1, "vilt", 0, 1), Site(1, "shifted", 2)])
    wanted = run(model, clip, patch=given, record=sites)
    before = torch.get_num_threads()
    monkeypatch.setattr(tiling, "_CACHE", 4 * 14 * 14 * 16 * 4)  # a frame at a time
    monkeypatch.setattr(tiling, "_WORTH", 0)
    try:
        torch.set_num_threads(cores)
        found = run(model, clip, patch=given, record=sites)
        own = list(zip(sites, found.activations, strict=True))
        assert torch.equal(run(model, clip, patch=own).logits, found.logits)
    finally:
        torch.set_num_threads(before)
    for a, b in zip(found.activations, wanted.activations, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.logits, wanted.logits, atol=1e-5, rtol=1e-4)


def test_threads_with_different_patches_do_not_see_each_other(model, clips):
    sites = [None, *everywhere()]
    given = {site: [] if site is None else record(model, clips[1:], [site]) for site in sites}
    alone = {site: run(model, clips[:1], patch=given[site]).logits for site in sites}
    wrong = []

    def work(site):
        for _ in range(5):
            if not torch.equal(run(model, clips[:1], patch=given[site]).logits, alone[site]):
                wrong.append(site)

    threads = [threading.Thread(target=work, args=(site,)) for site in sites]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong
    assert not [name for name, each in vars(model).items() if isinstance(each, torch.Tensor)]


def test_gradients_reach_what_is_patched(model, clips):
    site = Site(2, "shifted", 0)
    ((_, own),) = record(model, clips[:1], [site])
    ((_, theirs),) = record(model, clips[1:], [site])
    given = own.clone().requires_grad_()
    answer = model(clips[:1], patch=[(site, given)]).logits[0, 0]
    (slope,) = torch.autograd.grad(answer, given)
    step = 1e-2 * (theirs - own)
    ends = [run(model, clips[:1], patch=[(site, own + way)]).logits[0, 0] for way in (step, -step)]
    assert float((slope * 2 * step).sum()) == pytest.approx(float(ends[0] - ends[1]), rel=0.05)


def test_bfloat16_patched_with_itself_changes_nothing(model, clips):
    sites = everywhere()
    plain = run(model, clips[:1], precision="bfloat16", record=sites)
    own = list(zip(sites, plain.activations, strict=True))
    again = run(model, clips[:1], precision="bfloat16", patch=own)
    assert torch.equal(again.logits, plain.logits)


@pytest.mark.parametrize(
    ("site", "shape", "says"),
    [
        ("1.lsh.2", (1, 4, 14, 14, 1, 1, 8), "site head=2: must be a whole number from 0 to 1"),
        ("3.lsh", (1, 4, 14, 14, 1, 2, 8), "site stage=3: must be a whole number from 1 to 2"),
        ("1.lsh@4", (1, 1, 14, 14, 1, 2, 8), "site frame=4: must be a whole number from 0 to 3"),
        ("1.lsh", (1, 4, 14, 14, 1, 2, 9), r"patch 1.lsh: .* expected \(1, 4, 14, 14, 1, 2, 8\)"),
        ("1.lsh", (2, 4, 14, 14, 1, 2, 8), r"patch 1.lsh: .* expected \(1, 4, 14, 14, 1, 2, 8\)"),
        ("2.stage@1", (1, 4, 7, 7, 1, 1, 32), r"expected \(1, 1, 7, 7, 1, 1, 32\)"),
    ],
)
def test_what_does_not_fit_is_said(model, clips, site, shape, says):
    with pytest.raises(ValueError, match=says):
        run(model, clips[:1], patch=[(Site.parse(site), torch.zeros(shape))])


def test_nan_and_a_trace_of_what_is_patched_are_refused(model, clips):
    given = torch.full((1, 4, 14, 14, 1, 2, 8), torch.nan)
    with pytest.raises(ValueError, match="without NaN"):
        run(model, clips[:1], patch=[(Site(1, "lsh"), given)])
    with pytest.raises(ValueError, match="trace=True, patch"):
        run(model, clips[:1], trace=True, patch=[(Site(1, "lsh"), torch.zeros_like(given))])
    with pytest.raises(ValueError, match=r"site 1\.lsh: this part is off"):
        run(model, clips[:1], "lsh=off", record=[Site(1, "lsh")])
    assert run(model, clips[:1], trace=True, record=[Site(1, "lsh")]).trace is not None
