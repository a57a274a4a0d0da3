"""Made clips: what the labels mean, whether the told motion is the motion seen, and seeds."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sct.synthetic.clips import CAMERA_LABELS, LABEL_HELP, LABELS, make_batch, make_clip
from sct.synthetic.rng import split_seed

SIZE = 112
ROW, COLUMN = 0, 1


def displacement(label: str, seed: int = 3) -> np.ndarray:
    """Source minus place, for all frames but the first: (T - 1, S, S, 2)."""
    clip = make_clip(label, seed, clean=True)
    return (clip.source - here(SIZE))[1:]


def here(size: int) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(size), np.arange(size), indexing="ij"), axis=-1)


def warp_errors(batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean difference in grey levels of every frame, but the first, from the one before it, moved
    as `token_sources` says and as it is: two of (B, T - 1)."""
    size = batch.frames.shape[-1]
    source = batch.token_sources(size)[:, 1:].flatten(0, 1)
    before = batch.frames[:, :-1].flatten(0, 1).float()
    after = batch.frames[:, 1:].flatten(0, 1).float()
    grid = (source.flip(-1) * 2 + 1) / size - 1
    moved = F.grid_sample(before, grid, align_corners=False)
    seen = ((source >= 0) & (source <= size - 1)).all(dim=-1)[:, None].float()

    def error(picture: torch.Tensor) -> torch.Tensor:
        total = ((picture - after).abs() * seen).sum(dim=(1, 2, 3))
        return (total / (3 * seen.sum(dim=(1, 2, 3)))).unflatten(0, (len(batch), -1))

    return error(moved), error(before)


def test_every_label_is_explained():
    assert tuple(LABEL_HELP) == LABELS and len(LABELS) == 17
    assert all(text.endswith(".") for text in LABEL_HELP.values())


@pytest.mark.parametrize(
    ("label", "axis", "sign"),
    [
        # The camera pans right: the picture moves left, so it came from further right.
        ("pan right", COLUMN, 1),
        ("pan left", COLUMN, -1),
        ("tilt up", ROW, -1),
        ("tilt down", ROW, 1),
    ],
)
def test_pans_and_tilts_come_from_where_the_camera_goes(label, axis, sign):
    for seed in range(12):
        moved = displacement(label, seed)
        along, across = sign * moved[..., axis], moved[..., 1 - axis]
        assert along.mean() > 2.0
        # At most 12 degrees off, and the shake of the hand.
        assert abs(across.mean()) < np.tan(np.deg2rad(12)) * along.mean() + 0.4


@pytest.mark.parametrize(("label", "sign"), [("zoom in", 1), ("zoom out", -1)])
def test_zooming_in_the_picture_came_from_closer_to_the_middle(label, sign):
    outward = here(SIZE) - (SIZE - 1) / 2
    outward = outward / np.linalg.norm(outward, axis=-1, keepdims=True)
    for seed in range(8):
        inward = -(displacement(label, seed) * outward).sum(axis=-1)
        assert sign * inward.mean() > 1.5


@pytest.mark.parametrize(("label", "sign"), [("roll clockwise", 1), ("roll counter-clockwise", -1)])
def test_rolling_clockwise_the_picture_turns_counter_clockwise(label, sign):
    row, column = np.moveaxis(here(SIZE) - (SIZE - 1) / 2, -1, 0)
    # Clockwise as one looks at it: to the right of the middle that is down.
    clockwise = np.stack([column, -row], axis=-1) / np.hypot(row, column)[..., None]
    for seed in range(8):
        came_from = (displacement(label, seed) * clockwise).sum(axis=-1)
        assert sign * came_from.mean() > 1.5


def test_the_picture_itself_moves_left_when_the_camera_pans_right():
    """By pixels alone: the best match of whole frames over shifts by whole pixels."""
    batch = make_batch(["pan right"] * 6, seed=11, speed=1.0, clean=True)
    frames = batch.frames.float().mean(dim=2)
    shifts = range(-12, 13)
    errors = torch.stack(
        [
            (frames[:, 1:, 16:-16, 16 + s : 96 + s] - frames[:, :-1, 16:-16, 16:96]).abs().mean()
            for s in shifts
        ]
    )
    assert -10 <= shifts[int(errors.argmin())] <= -6


def test_moving_a_frame_as_told_gives_the_next_one():
    batch = make_batch([label for label in CAMERA_LABELS for _ in range(4)], seed=5, clean=True)
    moved, still = warp_errors(batch)
    moving = batch.labels > 0
    # Zooms change how finely the scene is seen, so theirs is not the very same picture.
    zoom = (batch.labels == 5) | (batch.labels == 6)
    assert moved[moving & ~zoom].mean() < 0.1 * still[moving & ~zoom].mean()
    assert moved[zoom].mean() < 0.25 * still[zoom].mean()
    assert (moved.mean(dim=1) < 0.5 * still.mean(dim=1))[moving].all()


def test_the_truth_holds_with_motion_blur_and_noise():
    batch = make_batch(list(CAMERA_LABELS) * 8, seed=6)
    moved, still = warp_errors(batch)
    assert moved[batch.labels > 0].mean() < 0.4 * still[batch.labels > 0].mean()


def test_static_clips_tremble_only():
    batch = make_batch(["static"] * 64, seed=2, clean=True)
    source = batch.token_sources(SIZE)
    moved = (source - torch.from_numpy(here(SIZE)).float())[:, 1:].norm(dim=-1).mean(dim=(1, 2, 3))
    assert moved.max() < 0.8 and 0.05 < moved.median() < 0.4
    differs = (batch.frames[:, 1:] != batch.frames[:, :-1]).flatten(1).any(dim=1)
    assert differs.float().mean() > 0.9


@pytest.mark.parametrize("size", [112, 56])
def test_speeds_lie_in_the_promised_range(size):
    batch = make_batch(list(CAMERA_LABELS) * 20, seed=4, size=size, clean=True)
    source = batch.token_sources(14)
    at = torch.from_numpy(here(14)).float()
    speed = (source - at)[:, 1:].norm(dim=-1).mean(dim=(1, 2, 3))  # tokens a frame
    shift = (batch.labels >= 1) & (batch.labels <= 4)
    turn = batch.labels >= 5
    for chosen, low, high in ((shift, 0.3, 2.0), (turn, 0.25, 1.3)):
        assert speed[chosen].min() > low - 0.06 and speed[chosen].max() < high + 0.12
        # All of the range comes up, not a corner of it.
        assert speed[chosen].quantile(0.1) < low + 0.25 * (high - low)
        assert speed[chosen].quantile(0.9) > low + 0.75 * (high - low)


def test_a_speed_can_be_asked_for():
    batch = make_batch(list(CAMERA_LABELS[1:]), seed=8, speed=0.5, clean=True)
    at = torch.from_numpy(here(14)).float()
    speed = (batch.token_sources(14) - at)[:, 1:].norm(dim=-1).mean(dim=(1, 2, 3))
    assert torch.allclose(speed, torch.full_like(speed, 0.5), atol=0.06)


def test_labels_are_in_balance_and_in_no_order():
    labels = make_batch(40, seed=1, frames=1, size=16).labels
    counts = torch.bincount(labels, minlength=17)
    assert counts.max() - counts.min() == 1
    assert not torch.equal(labels, labels.sort().values)
    over = torch.cat([make_batch(5, seed=s, frames=1, size=16).labels for s in range(170)])
    assert torch.bincount(over, minlength=17).min() > 30  # 50 each are expected


def test_labels_by_name_place_and_tensor_are_the_same():
    named = make_batch(["zoom out", "static"], seed=9, frames=2, size=32)
    placed = make_batch([6, 0], seed=9, frames=2, size=32)
    tensor = make_batch(torch.tensor([6, 0]), seed=9, frames=2, size=32)
    assert named.labels.tolist() == [6, 0]
    assert torch.equal(named.frames, placed.frames) and torch.equal(named.frames, tensor.frames)


def test_a_seed_gives_the_same_bytes_whatever_the_global_state():
    torch.manual_seed(1)
    first = make_batch(10, seed=123, frames=4, size=48)
    state = torch.random.get_rng_state()
    again = make_batch(10, seed=123, frames=4, size=48)
    assert torch.equal(torch.random.get_rng_state(), state)
    for name in ("frames", "labels", "steps", "shown"):
        assert torch.equal(getattr(first, name), getattr(again, name))


def test_other_seeds_give_other_scenes_and_paths():
    """Those that differ only above 32 bits, too, of which PyTorch's own seeding makes nothing."""
    seeds = [0, 1, 2, 1 << 32, 1 << 40, (1 << 40) + 1, 1 << 62]
    batches = [make_batch(["pan left"], seed=s, frames=2, size=64, clean=True) for s in seeds]
    for i, one in enumerate(batches):
        for other in batches[:i]:
            assert not torch.equal(one.steps, other.steps)
            scenes = torch.stack([one.frames[0, 0].flatten(), other.frames[0, 0].flatten()]).float()
            assert abs(torch.corrcoef(scenes)[0, 1]) < 0.8
    assert len({split_seed(seed) for seed in range(10_000)}) == 10_000


def test_clips_of_a_batch_have_scenes_of_their_own():
    frames = make_batch(["static"] * 32, seed=3, clean=True).frames[:, 0].float().mean(dim=1)
    alike = torch.corrcoef(frames.flatten(1)).abs() - torch.eye(32)
    assert alike.max() < 0.8 and alike.mean() < 0.25


def test_scenes_are_neither_flat_nor_all_of_a_kind():
    frames = make_batch(64, seed=7, clean=True).frames[:, 0].float()
    spread = frames.flatten(1).std(dim=1)
    assert spread.min() > 5 and spread.max() / spread.min() > 3
    mean = frames.flatten(1).mean(dim=1)
    assert 70 < mean.mean() < 180 and mean.std() > 15
    colour = (frames.amax(dim=1) - frames.amin(dim=1)).flatten(1).mean(dim=1)
    assert (colour < 3).any() and (colour > 30).any()  # grey ones and vivid ones
    # Some have hard edges next to flat places, some texture everywhere.
    steps = frames.mean(dim=1).diff(dim=-1).abs().flatten(1)
    flat = (steps < 1).float().mean(dim=1)
    assert flat.min() < 0.15 and flat.max() > 0.4


def test_clean_leaves_out_the_noise_and_nothing_of_the_motion():
    noisy, clean = (make_batch(18, seed=10, clean=c) for c in (False, True))
    assert torch.equal(noisy.labels, clean.labels)
    labelled = (noisy.labels >= 9).long()  # the layer whose motion the label names
    for i, layer in enumerate(labelled.tolist()):
        assert torch.equal(noisy.steps[i, layer], clean.steps[i, layer])
    assert noisy.shown.max() == 2 and clean.shown.max() == 1
    assert not torch.equal(noisy.frames, clean.frames)


@pytest.mark.parametrize("grid", [7, 14, 28])
def test_token_sources_agree_with_the_dense_ones(grid):
    batch = make_batch(list(CAMERA_LABELS), seed=12, clean=True)
    tokens = batch.token_sources(grid)
    assert tokens.shape == (9, 8, grid, grid, 2) and tokens.dtype == torch.float32
    pixels = SIZE // grid
    for i in range(len(batch)):
        dense = batch.to_clip(i).source
        # The mean of an affine map over a token's pixels is its value at the token's centre.
        mean = dense.reshape(8, grid, pixels, grid, pixels, 2).mean(axis=(2, 4))
        in_tokens = (mean + 0.5) / pixels - 0.5
        assert np.abs(in_tokens - tokens[i].numpy()).max() < 1e-3


def test_the_first_frame_points_at_itself():
    batch = make_batch(9, seed=13)
    assert torch.equal(
        batch.token_sources(14)[:, 0], torch.from_numpy(here(14)).float().expand(9, -1, -1, -1)
    )
    assert np.array_equal(batch.to_clip(4).source[0], here(SIZE))


@pytest.mark.parametrize(("frames", "size"), [(1, 16), (2, 30), (3, 113), (20, 64), (64, 16)])
def test_other_sizes(frames, size):
    clip = make_clip(None, 5, frames=frames, size=size)
    assert clip.frames.shape == (frames, size, size, 3) and clip.frames.dtype == np.uint8
    assert clip.source.shape == (frames, size, size, 2) and clip.source.dtype == np.float32
    assert np.isfinite(clip.source).all() and clip.label == LABELS[clip.index]


def test_a_clip_is_the_first_of_its_batch():
    clip = make_clip("tilt down", 21, frames=3, size=32)
    batch = make_batch(["tilt down"], 21, frames=3, size=32)
    assert np.array_equal(clip.frames, batch.frames[0].permute(0, 2, 3, 1).numpy())
    assert (clip.label, clip.index, clip.seed) == ("tilt down", 4, 21)


def test_as_a_clip_that_the_model_can_be_shown():
    made = make_clip("pan left", 7, frames=4, size=56)
    clip = made.as_clip()
    assert np.array_equal(clip.frames, made.frames)
    assert (clip.truth, clip.name, clip.fps) == ("pan left", "pan left, seed 7", 10.0)
    assert (clip.width, clip.height, len(clip.times)) == (56, 56, 4)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"n_or_labels": ["pan up"]}, "unknown label 'pan up'; allowed are static, pan left"),
        ({"n_or_labels": [17]}, "places 0 to 16"),
        ({"n_or_labels": [True]}, "unknown label True"),
        ({"n_or_labels": "static"}, "a list of labels"),
        ({"n_or_labels": 0}, "the number of clips must be a whole number from 1 to 4096"),
        ({"n_or_labels": 2.5}, "the number of clips must be a whole number"),
        ({"n_or_labels": []}, "the number of clips"),
        ({"frames": 0}, "frames must be a whole number from 1 to 64, not 0"),
        ({"frames": 65}, "frames"),
        ({"size": 15}, "size must be a whole number from 16 to 512, not 15"),
        ({"size": 112.0}, "size"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"speed": 0.0}, "speed must be above 0 and at most 3 tokens a frame"),
        ({"speed": 3.5}, "speed"),
        ({"speed": float("nan")}, "speed"),
    ],
)
def test_what_is_out_of_range_is_named_with_what_is_allowed(arguments, named):
    with pytest.raises(ValueError, match=named):
        make_batch(**({"n_or_labels": 1, "seed": 0, "frames": 1, "size": 16} | arguments))


def test_unknown_label_and_grid():
    with pytest.raises(ValueError, match="roll counter-clockwise"):
        make_clip("spin", 0)
    with pytest.raises(ValueError, match="grid must be a whole number from 1 to 16, not 17"):
        make_batch(1, 0, frames=1, size=16).token_sources(17)
