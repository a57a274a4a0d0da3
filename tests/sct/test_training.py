import csv
import json

import pytest
import torch

import sct
from sct import motion
from sct.grounding import grounding_loss, source_targets
from sct.training import TrainConfig, evaluate, new_model, train, wilson
from sct.video import normalise


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
    model = new_model(TrainConfig(seed=1))
    made = motion.make_batch(4, seed=3, frames=3)
    frames = normalise(made.frames)
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    losses = []
    for _ in range(10):
        loss = grounding_loss(model(frames, trace=True).trace, made.token_sources)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.2
    with pytest.raises(ValueError, match="grounded_heads"):
        free = new_model(TrainConfig(grounded=False))
        grounding_loss(free(frames, trace=True).trace, made.token_sources)


def test_half_of_the_heads_of_each_shifted_layer_are_grounded():
    assert new_model(TrainConfig()).config.grounded_heads == ((0,), (0, 1), (0, 1))


def test_train_writes_a_loadable_checkpoint_and_is_reproducible(tmp_path):
    config = TrainConfig(steps=2, batch=2, short_frames=2, save_every=1)
    seen = []
    card = train(config, tmp_path / "a", progress=lambda *args: seen.append(args))
    train(config, tmp_path / "b")
    assert [done for done, _, _ in seen] == [1, 2] and card["clips"] == 4
    first, saved = sct.load_with_card(tmp_path / "a.safetensors", device="cpu")
    second = sct.load(tmp_path / "b.safetensors", device="cpu")
    for one, two in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, two)
    assert saved["training"]["batch"] == 2 and first.config.labels == motion.LABELS
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["step"] == "2" and float(rows[-1]["loss"]) > 0
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("bad", [{"steps": 0}, {"batch": -1}, {"lr": 0.0}, {"warmup": 1.0}])
def test_bad_settings_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        TrainConfig(**bad)


def test_evaluate():
    torch.manual_seed(0)
    model = new_model(TrainConfig()).eval()
    steps = []
    result = evaluate(model, limit=20, batch=9, progress=lambda *args: steps.append(args))
    assert steps == [(9, 20), (18, 20), (20, 20)]
    assert result["n"] == 20 and 0 <= result["top1"] <= result["top5"] <= 1
    assert set(result["per_class"]) == set(motion.LABELS)
    assert result == evaluate(model, limit=20, batch=9)
    with pytest.raises(ValueError, match="other labels"):
        evaluate(sct.build("sct_ti"), limit=1)
    with pytest.raises(ValueError, match="motion"):
        evaluate(model, data="cats")


def test_wilson_against_published_values():
    """Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson(29, 29) == pytest.approx((0.8830, 1), abs=1e-4)


def test_cards_are_plain_json(tmp_path):
    train(TrainConfig(steps=1, batch=1, short_frames=2), tmp_path / "a")
    card = json.loads((tmp_path / "a.json").read_text())
    assert card["config"]["grounded_heads"] == [[0], [0, 1], [0, 1]]
