import pytest
import torch

from sct.model.shifted import Matched, key_frames
from sct.model.trace import ShiftedTrace
from sct.synthetic import clips
from sct.training.config import TrainConfig
from sct.training.grounding import STILL, grounding_loss, source_targets, stage_terms, token_places
from sct.training.initialize import new_model
from sct.video.clip import normalise

TINY = ("image_size=28", "frames=4", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1")


def test_targets_are_spread_over_the_four_neighbours():
    sources = torch.zeros(1, 1, 7, 7, 2) + 3
    sources[0, 0, 0, 0] = torch.tensor([2.25, 4.5])
    sources[0, 0, 0, 1] = torch.tensor([-0.5, 3.0])
    targets, inside = source_targets(sources, 7)
    assert targets.shape == (1, 1, 1, 49, 49) and inside.shape == (1, 1, 1, 49)
    assert not inside[0, 0, 0, 1] and inside.sum() == 48
    row = targets[0, 0, 0, 0].view(7, 7)
    expected = torch.zeros(7, 7)
    expected[2, 4] = expected[2, 5] = 0.75 / 2
    expected[3, 4] = expected[3, 5] = 0.25 / 2
    torch.testing.assert_close(row, expected)
    torch.testing.assert_close(targets[inside].sum(-1), torch.ones(48))


def test_a_source_in_another_chunk_is_left_out():
    rows, columns = torch.meshgrid(torch.arange(14.0), torch.arange(14.0), indexing="ij")
    sources = torch.stack([rows, columns + 1], -1)[None, None]
    _, inside = source_targets(sources, 7)
    assert inside.sum() == 14 * 12  # the last column of each chunk looks outside


def test_grounding_pulls_the_map_to_the_source():
    """Ten steps on one batch lower the loss, and only through the grounded heads' maps."""
    model = new_model(TrainConfig(overrides=TINY, seed=1))
    made = clips.make_batch(4, seed=3, frames=4, size=28)
    frames = normalise(made.frames)
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    losses = []
    for _ in range(10):
        loss = grounding_loss(model(frames, trace=True).trace, made)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.2
    with pytest.raises(ValueError, match="grounded_heads"):
        free = new_model(TrainConfig(overrides=TINY, grounded=False))
        grounding_loss(free(frames, trace=True).trace, made)


def test_a_token_weighs_as_far_as_it_moves():
    made = clips.make_batch(["object moves right"], 3, frames=2, size=56, speed=1.0)
    q, k = torch.randn(2, 1, 2, 1, 1, 49, 8, generator=torch.Generator().manual_seed(0))
    seen = ShiftedTrace(Matched(q, k, ((0, 0),), 7, "on", "mean"), 7, 8, (0,))
    total, weights = stage_terms(seen, made)
    rows = (q[0, 1, 0, 0] @ k[0, 0, 0, 0].T / 8**0.5).log_softmax(-1)
    expected = of_all = 0.0
    far = []
    valid = made.token_valid(7)[0, 1]
    for r, c in torch.cartesian_prod(torch.arange(7), torch.arange(7)).tolist():
        y, x = made.token_sources(7)[0, 1, r, c].tolist()
        if not (valid[r, c] and 0 <= y <= 6 and 0 <= x <= 6):
            continue
        far.append(((y - r) ** 2 + (x - c) ** 2) ** 0.5)
        loss = 0.0
        for i in range(7):
            for j in range(7):
                share = max(0, 1 - abs(y - i)) * max(0, 1 - abs(x - j))
                loss -= share * float(rows[7 * r + c, 7 * i + j])
        expected += (STILL + far[-1]) * loss
        of_all += STILL + far[-1]
    assert min(far) < 0.1 and max(far) > 0.4  # the scene stands still, the object does not
    assert float(total) == pytest.approx(expected, rel=1e-4)
    assert float(weights) == pytest.approx(of_all, rel=1e-4)


def test_each_head_is_held_against_the_truth_of_its_own_offset():
    made = clips.make_batch(["object moves right"], 3, frames=4, size=56, speed=1.0)
    q, k = torch.randn(2, 1, 4, 1, 2, 49, 8, generator=torch.Generator().manual_seed(0))
    before = (key_frames(4, 1, "on"), key_frames(4, 2, "on"))

    def terms(frames_of, *heads):
        return stage_terms(
            ShiftedTrace(Matched(q, k, frames_of, 7, "on", "mean"), 7, 8, heads), made
        )

    both, near, far = terms(before, 0, 1), terms(before, 0), terms(before, 1)
    for total, one, two in zip(both, near, far, strict=True):
        torch.testing.assert_close(total, one + two)
    as_one = terms((before[0], before[0]), 1)  # had the far head been taught by the near truth
    assert abs(float(far[0]) - float(as_one[0])) > 1

    sources, valid = made.token_sources(7, 2)[0], made.token_valid(7, 2)[0]
    expected = 0.0
    for t in (1, 2, 3):
        rows = (q[0, t, 0, 1] @ k[0, max(t - 2, 0), 0, 1].T / 8**0.5).log_softmax(-1)
        targets, inside = source_targets(sources[None, t, None], 7)
        moved = (sources[t] - token_places(sources)).norm(dim=-1).flatten()
        weight = (STILL + moved) * inside.flatten() * valid[t].flatten()
        expected -= float((weight * (targets[0, 0, 0] * rows).sum(-1)).sum())
    assert float(far[0]) == pytest.approx(expected, rel=1e-4)
