"""The loss of patches, by hand, and that it teaches the patches of a subject what it does."""

import pytest
import torch

import sct
from sct.synthetic.composite import FAR, QUESTIONS, SUBJECT_LAYERS, make_composite
from sct.synthetic.subjects import SUBJECT_LABELS
from sct.training.patch_answers import asks, patch_terms
from sct.video.clip import normalise

LABELS = tuple(label for _, some in QUESTIONS for label in some)
SHAPE = {"image_size": 56, "frames": 4, "widths": (16,), "heads": (2,), "vilt_blocks": (1,)}


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = sct.SCTConfig(
        **SHAPE, clip_layers=1, num_classes=19, labels=LABELS, questions=QUESTIONS,
        grounded_heads=(),
    )  # fmt: skip
    return sct.SCT(config)


def clips(*answers, seed=3):
    return make_composite(answers, seed, frames=4, size=56, clean=True)


def grid_of(model, truth):
    output = model(normalise(truth.frames), trace=True)
    return output.trace.entered[model.config.stages + 1]


def test_only_a_model_of_subjects_is_asked(model):
    assert asks(model)
    assert not asks(sct.build("sct_ti", num_classes=17))


def test_by_hand(model):
    """One clip of 2 x 2 patches, of which the subject fills one, and half fills another."""
    truth = clips(("static", "moves left"))
    truth.shown[:] = 0
    truth.shown[:, :, :28, :28] = SUBJECT_LAYERS[0]
    truth.shown[:, :, :3, 28:] = SUBJECT_LAYERS[1]  # a tenth of a patch: not asked
    grid = torch.randn(1, 4, 2, 2, 16)
    answer = model.head(model.clip.norm(model.frame_norm(grid)))[..., 9:].log_softmax(-1)
    left, none = SUBJECT_LABELS.index("moves left"), SUBJECT_LABELS.index("none")
    shows = -answer[0, 1:, 0, 0, left].mean()
    empty = -answer[0, 1:, 1, :, none].mean()
    total, weight = patch_terms(model, grid, truth)
    assert weight.item() == pytest.approx(2) and total.item() == pytest.approx(
        (shows + empty).item(), rel=1e-5
    )


def test_filmed_clips_are_not_asked(model):
    truth = clips(("static", "moves left"), ("pan left", "none"))
    truth.steps[1, ..., 2] = 10 * FAR
    truth.labels[1] = -1
    grid = grid_of(model, truth)
    both, one = patch_terms(model, grid, truth), patch_terms(model, grid[:1], clips_first(truth))
    assert torch.allclose(torch.stack(both), torch.stack(one), rtol=1e-5)
    truth.steps[0, ..., 2] = 10 * FAR
    assert patch_terms(model, grid, truth)[1] == 0


def clips_first(truth):
    parts = (truth.frames[:1], truth.labels[:1], truth.steps[:1], truth.shown[:1])
    return type(truth)(*parts, truth.seed)


def test_it_teaches(model):
    truth = clips(*[("static", "moves left"), ("static", "moves right")] * 4)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for _ in range(25):
        total, weight = patch_terms(model, grid_of(model, truth), truth)
        losses.append(float((total / weight).detach()))
        optimizer.zero_grad()
        (total / weight).backward()
        optimizer.step()
    assert losses[-1] < 0.6 * losses[0]
    assert model.patch.weight.grad.abs().sum() > 0
