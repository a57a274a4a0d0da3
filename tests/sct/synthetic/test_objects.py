"""Objects before the scene: they do what the label says, their truth is the motion seen, and tokens
whose source is hidden are told from those whose source is there."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sct.synthetic.batch import SyntheticBatch
from sct.synthetic.camera import OBJECT_HELP
from sct.synthetic.clips import CAMERA_LABELS, LABELS, canvas_side, make_batch, mirrored
from sct.synthetic.render import _compress
from sct.synthetic.rng import Rng
from sct.training.grounding import source_targets

SIZE = 112


def thing_steps(label: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps of the labelled thing (T - 1, 2, 3), and its middle in every frame (T, 2)."""
    batch = make_batch([label], seed=seed, clean=True)
    at = torch.stack(torch.meshgrid(*[torch.arange(SIZE) * 1.0] * 2, indexing="ij"), dim=-1)
    mask = (batch.shown[0] == 1).float()[..., None]
    assert mask.sum(dim=(1, 2)).min() > 10, "the thing is never out of the picture"
    middle = (at * mask).sum(dim=(1, 2)) / mask.sum(dim=(1, 2))
    return batch.steps[0, 1, 1:].numpy(), middle.numpy()


@pytest.mark.parametrize(
    ("label", "axis", "sign"),
    [
        ("object moves left", 1, -1),
        ("object moves right", 1, 1),
        ("object moves up", 0, -1),
        ("object moves down", 0, 1),
    ],
)
def test_things_go_where_the_label_says(label, axis, sign):
    for seed in range(10):
        steps, middle = thing_steps(label, seed)
        assert sign * (middle[-1] - middle[0])[axis] > 5
        # The source of what moves right lies further left.
        assert -sign * steps[:, axis, 2].mean() > 1.5


@pytest.mark.parametrize(("label", "sign"), [("object comes closer", 1), ("object goes away", -1)])
def test_things_that_come_closer_grow(label, sign):
    for seed in range(10):
        steps, _ = thing_steps(label, seed)
        growth = -np.log(np.linalg.det(steps[..., :2])) / 2  # a frame
        assert (sign * growth).min() > 0.01 and abs(growth.sum()) < np.log(3.5) + 0.05


@pytest.mark.parametrize(
    ("label", "sign"), [("object spins clockwise", 1), ("object spins counter-clockwise", -1)]
)
def test_things_spin_as_one_sees_it(label, sign):
    for seed in range(10):
        steps, _ = thing_steps(label, seed)
        # In (row, column) a turn clockwise by a takes (0, 1), to the right, towards (1, 0), down;
        # the source lies the other way.
        turn = -np.arctan2(steps[:, 0, 1], steps[:, 0, 0])
        assert (sign * turn).min() > 0.03 and abs(turn).max() < 0.8


@pytest.mark.parametrize("label", OBJECT_HELP)
def test_the_scene_stands_still_behind_a_labelled_thing(label):
    batch = make_batch([label] * 8, seed=3)
    moved = batch.steps[:, 0, 1:] - torch.eye(2, 3)
    assert moved[..., 2].abs().max() < 1.5 and moved[..., :2].abs().max() < 0.02


def test_dense_truth_rebuilds_the_frames_where_it_is_valid():
    """Warping frame t-1 by the told sources gives frame t, on every token said to be valid."""
    batch = make_batch(list(OBJECT_HELP) * 3, seed=9, clean=True)
    valid = batch.token_valid(14)[:, 1:].flatten(0, 1)
    valid = valid.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, None]
    source = torch.stack([torch.from_numpy(batch.to_clip(i).source) for i in range(len(batch))])
    grid = (source[:, 1:].flatten(0, 1).flip(-1) * 2 + 1) / SIZE - 1
    before = batch.frames[:, :-1].flatten(0, 1).float()
    after = batch.frames[:, 1:].flatten(0, 1).float()
    moved = F.grid_sample(before, grid, align_corners=False, padding_mode="border")
    thing = (batch.shown[:, 1:].flatten(0, 1) == 1)[:, None] & valid
    errors = [((p - after).abs() * thing).sum() / (3 * thing.sum()) for p in (moved, before)]
    assert errors[0] < 0.35 * errors[1]


def test_tokens_without_a_partner_are_not_valid():
    """A block of 2x2 tokens moves one token to the right over a scene that stands still."""
    side, token, frames = 56, 8, 2
    shown = torch.zeros(1, frames, side, side, dtype=torch.uint8)
    shown[0, 0, 16:32, 16:32] = shown[0, 1, 16:32, 24:40] = 1
    still = torch.eye(2, 3).expand(1, frames, 2, 3)
    moves = still.clone()
    moves[0, 1, 1, 2] = -token
    batch = SyntheticBatch(
        frames=torch.zeros(1, frames, 3, side, side, dtype=torch.uint8),
        labels=torch.tensor([LABELS.index("object moves right")]),
        steps=torch.stack([still, moves], dim=1),
        shown=shown,
        seed=0,
    )
    sources, valid = batch.token_sources(7), batch.token_valid(7)
    wrong = torch.zeros(7, 7, dtype=torch.bool)
    wrong[2:4, 2] = True  # uncovered: what is seen there now lay behind the block
    assert torch.equal(~valid[0, 1], wrong)
    here = torch.stack(torch.meshgrid(*[torch.arange(7.0)] * 2, indexing="ij"), dim=-1)
    moved = sources[0, 1] - here
    assert torch.equal(moved[2:4, 3:5], torch.tensor([0.0, -1.0]).expand(2, 2, 2))
    moved[2:4, 3:5] = 0
    assert moved.abs().max() == 0
    # And the target of the grounded heads is exactly that token.
    targets, inside = source_targets(sources, 7)
    assert inside.all()
    query, key = 2 * 7 + 3, 2 * 7 + 2
    assert targets[0, 1, 0, query, key] == 1 and targets[0, 1, 0, query].sum() == 1
    # Half a token further, a token shows two layers in equal parts and belongs to neither.
    shown[0, 1] = 0
    shown[0, 1, 16:32, 28:44] = 1
    assert not batch.token_valid(7)[0, 1, 2, 3] and not batch.token_valid(7)[0, 1, 3, 5]


def test_distractors_and_occluders_come_up_with_every_kind_of_label():
    batch = make_batch(list(LABELS) * 30, seed=21, frames=3, size=32)
    share = torch.stack([(batch.shown == i).flatten(1).any(dim=1).float() for i in (1, 2)])
    camera = batch.labels < 9
    assert 0.25 < share[0, camera].mean() < 0.5 and share[0, ~camera].mean() > 0.97
    assert 0.1 < share[1, camera].mean() < 0.4 and 0.1 < share[1, ~camera].mean() < 0.4
    # None of them moves much while a static clip is shown: only a small one does at times.
    static = make_batch(["static"] * 60, seed=5)
    moves = (static.steps[:, 1:, 1:, :, 2] ** 2).sum(-1).sqrt().mean(dim=2) > 2
    for clip, layer in moves.nonzero().tolist():
        area = (static.shown[clip] == layer + 1).float().mean()
        assert area < 0.03


def test_mirrored_labels_and_mirrored_truth():
    assert mirrored("pan left") == "pan right" and mirrored("tilt up") == "tilt up"
    assert mirrored("tilt up", "vertical") == "tilt down" and mirrored("static") == "static"
    assert mirrored("object spins clockwise") == "object spins counter-clockwise"
    assert mirrored("roll counter-clockwise", "vertical") == "roll clockwise"
    for axis in ("horizontal", "vertical"):
        assert sorted(mirrored(label, axis) for label in LABELS) == sorted(LABELS)
        assert all(mirrored(mirrored(label, axis), axis) == label for label in LABELS)
    with pytest.raises(ValueError, match="horizontal, vertical"):
        mirrored("static", "time")
    with pytest.raises(ValueError, match="unknown label"):
        mirrored("pan")


def test_pictures_can_take_the_place_of_made_scenes():
    side = canvas_side(56)
    ramp = torch.linspace(0.2, 0.8, side).expand(2, 3, side, side)
    batch = make_batch(["pan right", "static"], 4, frames=3, size=56, clean=True, pictures=ramp)
    frames = batch.frames.float()
    # On a ramp that brightens to the right a pan to the right brightens the picture.
    means = frames[0].mean(dim=(1, 2, 3)).diff()
    assert (means > 0.2).all() and frames[1].mean(dim=(1, 2, 3)).diff().abs().max() < 0.5
    assert batch.shown.max() == 0
    with pytest.raises(ValueError, match="floats \\(2, 3, "):
        make_batch(["static"] * 2, 0, size=56, pictures=ramp[:1])
    with pytest.raises(ValueError, match="only labels of the camera"):
        make_batch(["object moves up"], 0, size=56, pictures=ramp[:1])
    assert set(CAMERA_LABELS) < set(LABELS)


@pytest.mark.parametrize("size", [56, 50])
def test_compression_loses_fine_detail_and_keeps_the_rest(size):
    rng = Rng(3, torch.device("cpu"))
    shots = torch.rand(24, 3, 2, size, size, generator=torch.Generator().manual_seed(1))
    before = shots.clone()
    _compress(shots, rng)
    changed = (shots != before).flatten(1).any(dim=1)
    assert 3 <= changed.sum() <= 14
    error = (shots - before)[changed]
    assert error.abs().mean() > 0.005
    smooth = F.avg_pool2d(error.flatten(0, 2)[:, None], 8)
    assert smooth.abs().mean() < 0.2 * error.abs().mean()


def test_sources_of_several_frames_back_are_the_single_ones_in_a_row():
    batch = make_batch(["roll clockwise", "zoom in", "object moves left"], seed=6, clean=True)
    three = batch.token_sources(14, back=3)
    for i in range(len(batch)):
        clip = batch.to_clip(i)
        own = torch.stack(torch.meshgrid(*[torch.arange(14.0)] * 2, indexing="ij"), dim=-1)
        layer = F.adaptive_avg_pool2d((batch.shown[i] == 1).float(), 14) > 0.5
        for t in (0, 2, 5):
            at = (own + 0.5) * 8 - 0.5
            for then in range(t, max(t - 3, 0), -1):
                for number, mask in enumerate((~layer[t], layer[t])):
                    step = batch.steps[i, number, then]
                    centred = at - (SIZE - 1) / 2
                    moved = centred @ step[:, :2].T + step[:, 2] + (SIZE - 1) / 2
                    at = torch.where(mask[..., None], moved, at)
            assert torch.allclose((at + 0.5) / 8 - 0.5, three[i, t], atol=1e-3)
        assert clip.batch.token_valid(14, back=3).shape == (1, 8, 14, 14)
    assert torch.equal(three[:, 1], batch.token_sources(14)[:, 1])
    with pytest.raises(ValueError, match="back must be a whole number from 1"):
        batch.token_sources(14, back=0)
