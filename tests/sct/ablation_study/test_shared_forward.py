import random

import pytest
import torch

import sct
from sct import Ablation, ablation_study
from sct.ablation_study import shared_forward
from sct.errors import OutOfMemory


def drawn(dice: random.Random, config: sct.SCTConfig) -> Ablation:
    """Any ablation, each field as trained or not."""

    def modes(*options: str) -> tuple[str, ...]:
        return tuple(dice.choice(options) for _ in range(config.stages))

    heads = []
    for _ in range(dice.choice((0, 1, 2))):
        stage, part = dice.randrange(config.stages), dice.choice(("vilt", "lsh", "shifted"))
        counts = config.shifted_heads if part == "shifted" else config.heads
        heads.append((stage + 1, part, dice.randrange(counts[stage])))
    return Ablation(
        shifted=modes("on", "on", "self", "off"),
        offsets=dice.choice(((), (), (0,), (2,), (5,))),
        window=dice.choice(("", "frame")),
        lsh=modes("lsh", "lsh", "full", "off"),
        rounds=dice.choice((None, 2)),
        bucket=dice.choice((None, 7, 98)),
        seed=dice.choice((None, 1)),
        vilt=modes("on", "on", "off"),
        clip=dice.choice(("on", "mean")),
        order=dice.choice(("as-is", "as-is", "reversed", "shuffled(2)", "repeat-first")),
        heads_off=tuple(heads),
    )


def single(model, frames, ablations):
    with torch.inference_mode():
        return torch.stack([model(frames, ablation).logits for ablation in ablations])


@pytest.mark.parametrize("seed", range(3))
def test_many_ablations_together_are_each_of_them_alone(model, clip, seed):
    dice = random.Random(seed)
    ablations = [drawn(dice, model.config) for _ in range(8)]
    ablations += [Ablation(), ablations[3]]  # as trained, and one that is there already
    together = ablation_study.logits(model, clip, ablations)
    assert together.shape == (10, 17)
    torch.testing.assert_close(together, single(model, clip, ablations)[:, 0], atol=1e-5, rtol=1e-5)
    assert torch.equal(together[3], together[-1])


def test_several_clips_together(model):
    frames = torch.randn(2, 3, 3, 112, 112, generator=torch.Generator().manual_seed(1))
    ablations = [Ablation.parse(t) for t in ("none", "vilt=on,off,on", "shifted=on,on,self")]
    together = ablation_study.logits(model, frames, ablations)
    assert together.shape == (3, 2, 17)
    torch.testing.assert_close(together, single(model, frames, ablations), atol=1e-5, rtol=1e-5)


def test_what_ablations_share_is_computed_once(model, clip, monkeypatch):
    ran = []
    for name in ("embed", "answer"):
        plain = getattr(type(model), name)
        monkeypatch.setattr(
            type(model), name, lambda *a, _n=name, _f=plain, **k: ran.append(_n) or _f(*a, **k)
        )
    stage = type(model.stages[0])
    for name in ("spatial", "temporal"):
        plain = getattr(stage, name)

        def noted(self, x, use, seen=None, _name=name, _plain=plain):
            ran.append((_name, self.number, len(x)))
            return _plain(self, x, use, seen)

        monkeypatch.setattr(stage, name, noted)
    # The first two part in stage 3, the others at the end; rounds mean nothing to exact attention.
    texts = ["none", "shifted=on,on,off", "clip=mean", "none", "lsh=full", "lsh=full;rounds=3"]
    seen = []
    ablation_study.logits(
        model,
        clip,
        [Ablation.parse(t) for t in texts],
        progress=lambda done, total: seen.append((done, total)),
    )
    assert ran == [
        "embed",
        *[("spatial", 1, 1)] * 2,
        ("temporal", 1, 2),
        *[("spatial", 2, 1)] * 2,
        ("temporal", 2, 2),
        *[("spatial", 3, 1)] * 2,
        ("temporal", 3, 2),
        ("temporal", 3, 1),
        "answer",
        "answer",
    ]
    assert seen[-1] == (18, 18) and seen == sorted(seen)


def test_precision_is_that_of_the_forward(model, clip):
    ablations = [Ablation(), Ablation.parse("lsh=full")]
    low = ablation_study.logits(model, clip[:, :2], ablations, precision="bfloat16")
    with torch.inference_mode():
        alone = model(clip[:, :2], precision="bfloat16").logits[0]
    plain = ablation_study.logits(model, clip[:, :2], ablations)
    assert (low[0] - plain[0]).abs().max() > 1e-3
    torch.testing.assert_close(low[0], alone, atol=0.05, rtol=0.05)
    with pytest.raises(ValueError, match="precision='half'"):
        ablation_study.logits(model, clip, ablations, precision="half")


def test_what_does_not_fit_is_said(model, clip):
    with pytest.raises(ValueError, match="none was given"):
        ablation_study.logits(model, clip, [])
    with pytest.raises(ValueError, match=r"1\.shifted\.9"):
        ablation_study.logits(model, clip, [Ablation.parse("heads-off=1.shifted.9")])
    with pytest.raises(ValueError, match="1 to 8"):
        ablation_study.logits(model, torch.zeros(1, 9, 3, 112, 112), [Ablation()])


class Stop(Exception):
    pass


def test_progress_may_end_the_run(model, clip):
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Stop

    with pytest.raises(Stop):
        ablation_study.logits(model, clip, [Ablation()], progress=stop)
    assert torch.equal(
        ablation_study.logits(model, clip, [Ablation()]), single(model, clip, [Ablation()])[0]
    )


def test_where_memory_runs_out_less_is_tried_at_a_time(model, clip, monkeypatch):
    stage, tried = type(model.stages[0]), []
    plain = stage.temporal

    def small(self, x, use, seen=None):
        tried.append(len(x))
        if len(x) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(self, x, use, seen)

    monkeypatch.setattr(stage, "temporal", small)
    texts = ("none", "lsh=off", "vilt=off")
    ablations = [Ablation.parse(t) for t in texts]
    found = ablation_study.logits(model, clip, ablations)
    assert tried[:4] == [3, 1, 1, 1]
    monkeypatch.setattr(stage, "temporal", plain)
    torch.testing.assert_close(found, single(model, clip, ablations)[:, 0], atol=1e-5, rtol=1e-5)


def test_where_nothing_fits_one_sentence_says_so(model, clip, monkeypatch):
    def none(self, x, use, seen=None):
        raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")

    monkeypatch.setattr(type(model.stages[0]), "spatial", none)
    with pytest.raises(OutOfMemory, match="Memory ran out"):
        ablation_study.logits(model, clip, [Ablation(), Ablation.parse("clip=mean")])

    def broken(self, x, use, seen=None):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(type(model.stages[0]), "spatial", broken)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        ablation_study.logits(model, clip, [Ablation()])


def test_states_are_stacked_within_bounds(model, clip, monkeypatch):
    widths, stage = [], type(model.stages[0])
    plain = stage.temporal
    monkeypatch.setattr(
        stage,
        "temporal",
        lambda self, x, use, seen=None: widths.append(len(x)) or plain(self, x, use, seen),
    )
    # A state after the first stage's pooling is 8 x 14 x 14 x 96 floats, its widest layer 4 times.
    monkeypatch.setattr(shared_forward, "MEMORY", 2 * 4 * 8 * 14 * 14 * 96 * 4)
    texts = ("none", "lsh=off", "vilt=off", "lsh=full", "seed=4")
    ablation_study.logits(model, clip, [Ablation.parse(t) for t in texts])
    assert widths[:3] == [2, 2, 1]
