"""The loss of patches' motion: by hand, and that it teaches six channels the true motion."""

import pytest
import torch

import sct
from sct.synthetic.composite import QUESTIONS, make_composite
from sct.training import patch_motion
from sct.training.patch_motion import CHANNELS, patch_terms
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
    made = sct.SCT(config)
    torch.nn.init.ones_(made.frame_norm.weight)
    return made


def still(frames=3, size=56):
    """A clip of which nothing is known to move: two layers, the scene alone in view."""
    truth = make_composite([("static", "none")], 3, frames=frames, size=size, clean=True)
    truth.shown[:] = 0
    truth.steps[:] = torch.eye(2, 3)
    return truth


def grid_of(model, truth):
    output = model(normalise(truth.frames), trace=True)
    return output.trace.entered[model.config.stages + 1]


def test_by_hand(model):
    """The picture moves 14 pixels to the right, half a patch of 28; one patch does not."""
    truth = still()
    truth.steps[:, :, 1:, 1, 2] = -14.0  # columns: what is here was further left
    truth.shown[:, :, :28, :28] = 2
    truth.steps[:, 2] = torch.eye(2, 3)
    grid = torch.randn(1, 3, 2, 2, 16)
    channels = model.frame_norm(grid)[0, 1:, ..., :CHANNELS]
    scene = torch.tensor([0.0, 1.0])  # half a patch, twice that in a channel
    wanted = torch.zeros(2, 2, 2, CHANNELS)
    wanted[..., 2:4] = scene
    wanted[:, 0, 0, :2] = -scene
    loss = torch.nn.functional.smooth_l1_loss(channels, wanted, reduction="none").sum(-1)
    total, weight = patch_terms(model, grid, truth)
    covered = truth.token_valid(2)[0, 1:]
    assert covered[:, 0, 0].all() and covered[:, 1, 1].all()
    mask = covered.clone()
    mask[:, 0, 0] = False
    rest = loss[mask].mean()
    assert weight.item() == pytest.approx(2)
    assert total.item() == pytest.approx((loss[:, 0, 0].mean() + rest).item(), rel=1e-5)


@pytest.mark.parametrize(
    "answer, channel, sign",
    [("spins clockwise", 0, 1), ("spins counter-clockwise", 0, -1),
     ("comes closer", 1, 1), ("goes away", 1, -1)],
)  # fmt: skip
def test_what_turns_and_grows_beside_the_scene_is_known(answer, channel, sign):
    truth = make_composite([("static", answer)] * 3, 3, size=56, clean=True)
    shows = truth.token_layers(7)[1] == 2
    found = patch_motion.turns_of(truth, 7)
    for clip in range(3):
        on, off = found[clip, 1:][shows[clip, 1:]], found[clip, 1:][~shows[clip, 1:]]
        assert (on[:, channel] * sign).mean() > 0.02
        assert on[:, 1 - channel].abs().mean() < 0.3 * on[:, channel].abs().mean()
        assert off.abs().max() < 0.02
    still = make_composite([("roll clockwise", "none")] * 2, 3, size=56, clean=True)
    assert patch_motion.turns_of(still, 7)[still.token_layers(7)[1] == 0].abs().max() == 0


def test_filmed_clips_do_not_count(model):
    truth = make_composite([("pan left", "moves up")] * 2, 4, frames=3, size=56, clean=True)
    grid = grid_of(model, truth)
    truth.steps[1, ..., 2] = 1e6
    both = patch_terms(model, grid, truth)
    parts = (truth.frames[:1], truth.labels[:1], truth.steps[:1], truth.shown[:1])
    one = patch_terms(model, grid[:1], type(truth)(*parts, truth.seed))
    assert torch.allclose(torch.stack(both), torch.stack(one), rtol=1e-5)
    truth.steps[0, ..., 2] = 1e6
    assert patch_terms(model, grid, truth)[1] == 0


def test_it_teaches(model):
    truth = make_composite(
        [("static", "moves left"), ("pan left", "none"), ("tilt up", "none")] * 2,
        5, frames=4, size=56, clean=True,
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        total, weight = patch_terms(model, grid_of(model, truth), truth)
        loss = total / weight
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.6 * losses[0]
    assert model.patch.weight.grad.abs().sum() > 0
