import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from einops import rearrange

import sct
from sct.analysis.displacement import (
    clip_sums,
    in_window,
    lags_of,
    previous_weights,
    textured,
    true_displacement,
)
from sct.evaluation.motion_agreement import attention_flow, figures
from sct.grid import offsets, to_grid
from sct.model.ablation import Ablation
from sct.model.chunks import partition
from sct.model.shifted import Matched
from sct.synthetic import clips as synthetic_clips
from sct.synthetic.batch import SyntheticBatch
from sct.training.grounding import source_targets

GRID, SIDE, SIZE, FRAMES = 14, 7, 112, 4
SHIFTS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))


def small(**changes: object) -> sct.SCT:
    """A model of two stages on grids of 14 and 7 tokens for 4 frames of 56 x 56 pixels."""
    torch.manual_seed(0)
    shape = {"image_size": 56, "frames": 4, "widths": (8, 16), "vilt_blocks": (1, 0)}
    return sct.SCT(sct.SCTConfig(**shape, heads=(2, 2), clip_layers=1, **changes)).eval()


def moving(shifts, frames: int = FRAMES) -> SyntheticBatch:
    """Clips of noise whose content was at token + shift (row, column) one frame before."""
    rng = np.random.default_rng(0)
    clips, steps = [], []
    for row, column in shifts:
        noise = rng.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
        step = SIZE // GRID * np.array([row, column])
        clips.append([np.roll(noise, -t * step, (0, 1)) for t in range(frames)])
        one = np.tile(np.eye(2, 3), (frames, 1, 1))
        one[1:, :, 2] = step
        steps.append([one, np.tile(np.eye(2, 3), (frames, 1, 1))])
    pixels = torch.from_numpy(np.array(clips)).permute(0, 1, 4, 2, 3).contiguous()
    return SyntheticBatch(
        frames=pixels,
        labels=torch.zeros(len(clips), dtype=torch.int64),
        steps=torch.tensor(np.array(steps)).float(),
        shown=torch.zeros(*pixels.shape[:2], SIZE, SIZE, dtype=torch.uint8),
        seed=0,
    )


def matched_by(maps: torch.Tensor, lag: int = 1) -> Matched:
    """Queries and keys whose maps over the previous frame are exactly these: (clip, frame, chunk,
    head, query, key), rows summing to 1."""
    tokens = maps.shape[-1]
    q = (maps + 1e-12).log() * tokens**0.5
    k = torch.eye(tokens).expand_as(q)
    before = tuple(max(t - lag, 0) for t in range(maps.shape[1]))
    return Matched(q, k, (before,) * maps.shape[3], round(tokens**0.5), "on", "mean")


def true_maps(made: SyntheticBatch) -> torch.Tensor:
    """The maps of a head that finds every source inside its window, and looks at itself else."""
    targets, inside = source_targets(made.token_sources(GRID), SIDE)
    own = torch.eye(SIDE * SIDE).expand_as(targets)
    return torch.where(inside[..., None], targets, own)[:, :, :, None]


def measured(made: SyntheticBatch, maps: torch.Tensor, how: int = 0, lag: int = 1) -> dict:
    matched = matched_by(maps, lag)
    assert lags_of(matched) == (lag,) * maps.shape[3]
    return figures(clip_sums(matched, made, GRID, lags_of(matched))[:, 0, how].numpy())


@pytest.mark.parametrize("how", [0, 1])
def test_a_perfect_map_of_clips_that_move_one_token(how):
    made = moving(SHIFTS)
    found = measured(made, true_maps(made), how)
    assert found["correlation"] == pytest.approx(1, abs=1e-4)
    assert found["correlation_ci95"] == pytest.approx([1, 1], abs=1e-4)
    assert found["direction"] == 1 and found["gain"] == pytest.approx(1, abs=1e-3)
    # One row or column of each window looks outside, two where it moves along both.
    assert found["moving"] == (FRAMES - 1) * 4 * (4 * 42 + 4 * 36)
    assert 0.5 < found["correlation_all"] < found["correlation_all_valid"] < 0.95


@pytest.mark.parametrize("how", [0, 1])
def test_a_random_map_knows_nothing(how):
    made = moving(SHIFTS)
    torch.manual_seed(0)
    shape = (*true_maps(made).shape[:-1], SIDE * SIDE)
    found = measured(made, torch.rand(shape).softmax(-1), how)
    assert abs(found["correlation_all"]) < 0.02
    # What counts depends on the window, so an even map is not at zero; a random one does no better.
    even = measured(made, torch.rand(shape).softmax(-1), 2)
    assert 0.1 < even["correlation"] < 0.3 and even["correlation_all"] == pytest.approx(0, abs=1e-6)
    assert found["correlation"] < even["correlation"] + 0.01
    low, high = found["correlation_ci95"]
    assert low < found["correlation"] < high and high - low > 0.005
    assert 0.1 < found["direction"] < 0.3, "by chance it is two times 30 of 360 degrees, and more"


def test_a_map_of_the_opposite_motion():
    made, opposite = moving(SHIFTS), moving([(-r, -c) for r, c in SHIFTS])
    found = measured(made, true_maps(opposite))
    assert found["correlation"] < -0.8 and found["direction"] == 0


def test_a_map_that_stays_at_home():
    made = moving(SHIFTS)
    own = torch.eye(SIDE * SIDE).expand_as(true_maps(made))
    found = measured(made, own)
    assert (found["correlation"], found["direction"], found["gain"]) == (0, 0, 0)


def test_leaking_mass_is_read_too_small_by_the_mean_only():
    """A map with 0.6 of its mass three tokens away and the rest at home."""
    made = moving([(0, 3), (0, -3), (3, 0), (-3, 0)])
    right = true_maps(made)
    maps = 0.6 * right + 0.4 * torch.eye(SIDE * SIDE)
    mean, peak = measured(made, maps, 0), measured(made, maps, 1)
    assert mean["gain"] == pytest.approx(0.6, abs=1e-3)
    assert peak["gain"] == pytest.approx(1, abs=1e-3)
    assert mean["correlation"] == peak["correlation"] == pytest.approx(1, abs=1e-3)


def test_the_peak_is_refined_between_tokens():
    sources = torch.zeros(1, 1, 7, 7, 2) + 3
    sources[0, 0, 1, 2] = torch.tensor([2.25, 4.5])
    maps = source_targets(sources, 7)[0][0, 0, 0]
    maps = 0.9 * maps + 0.1 / 49
    moved = to_grid(offsets(maps, 7, "peak")[None], 7)
    assert moved[1, 2].tolist() == pytest.approx([1.25, 2.5], abs=0.03)
    with pytest.raises(ValueError, match="how 'median'"):
        offsets(maps, 7, "median")


def test_the_trace_says_the_same():
    """`ShiftedTrace.displacement` frame by frame, and all of a batch at once as measured here."""
    torch.manual_seed(0)
    made = synthetic_clips.make_batch(2, seed=0, frames=4, size=56)
    frames = sct.video.clip.normalise(made.frames)
    for changes in ({}, {"merge": "joint"}, {"shifted_offsets": (1, 3)}):
        model = small(**changes)
        with torch.no_grad():
            seen = model(frames, trace=True).trace.shifted(1)
        side = seen.matched.side
        for how in ("mean", "peak"):
            batched = offsets(previous_weights(seen.matched, slice(None), 1), side, how)
            batched = to_grid(batched.movedim(3, 0), side) * seen.patch_pixels
            for head in range(seen.heads):
                for t in (1, 3):
                    one = seen.displacement(t, head, how)
                    np.testing.assert_allclose(one, batched[head, 0, t - 1], atol=1e-3)


def test_three_frames_back():
    made = moving([(0, 1), (1, 0)], frames=6)
    truth = true_displacement(made, GRID, 3)
    assert torch.allclose(truth.displacement[0, 3:], torch.tensor([0.0, 3.0]), atol=1e-4)
    assert torch.allclose(truth.displacement[1, 3:], torch.tensor([3.0, 0.0]), atol=1e-4)
    assert truth.valid[0, 3:, :, :-3].all() and not truth.valid[0, 3:, :, -3:].any()
    sources = true_displacement(moving([(0, 3), (3, 0)], 6), GRID, 1)
    maps, inside = source_targets(sources.displacement + torch.tensor(grid_of(GRID)), SIDE)
    maps = torch.where(inside[..., None], maps, torch.eye(SIDE * SIDE))[:, :, :, None]
    found = measured(made, maps, lag=3)
    assert found["correlation"] == pytest.approx(1, abs=1e-3) and found["direction"] == 1
    assert found["moving"] == 2 * 3 * 4 * 28


def grid_of(grid: int) -> np.ndarray:
    return np.stack(np.mgrid[:grid, :grid], -1).astype(np.float32)


def test_what_counts_as_textured():
    frames = torch.full((1, 1, 3, SIZE, SIZE), 128, dtype=torch.uint8)
    rng = torch.Generator().manual_seed(0)
    frames[..., :56, :56] = torch.randint(0, 256, (56, 56), generator=rng).to(torch.uint8)
    frames[..., :56, 56:] = (torch.arange(56) // 4 % 2 * 200).to(torch.uint8)  # stripes
    frames[..., 56:, :56] = torch.arange(126, 130).repeat(14).to(torch.uint8)  # hardly any
    sharp = textured(frames, GRID)[0, 0]
    assert sharp[:6, :6].all()
    assert not sharp[1:6, 8:].any(), "stripes have a place along one direction only"
    assert not sharp[8:].any()


def test_correlations_and_intervals_against_numpy():
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=(2, 50)) for _ in range(30)]
    for pair in clips:
        pair[0] += 0.5 * pair[1] + 3
    sums = np.zeros((30, 20))
    for row, (said, true) in zip(sums, clips, strict=True):
        row[12:18] = 50, said.sum(), true.sum(), said @ said, true @ true, said @ true
        row[18:] = 40, 30
    found = figures(sums)
    said, true = np.concatenate(clips, axis=1)
    r, n = np.corrcoef(said, true)[0, 1], said.size
    assert found["correlation"] == pytest.approx(r, abs=1e-4)
    assert found["gain"] == pytest.approx(np.polyfit(true, said, 1)[0], abs=1e-4)
    # These tokens are independent, so Fisher's interval holds, too.
    fisher = np.tanh(np.arctanh(r) + np.array([-1.96, 1.96]) / np.sqrt(n - 3))
    assert found["correlation_ci95"] == pytest.approx(fisher.tolist(), abs=0.01)
    assert found["direction"] == 0.75 and found["direction_ci95"] == [0.75, 0.75]
    assert found["direction_wilson95"] == pytest.approx([0.7248, 0.7736], abs=1e-3)
    nothing = figures(np.zeros((3, 20)))
    assert nothing["correlation"] == 0 and nothing["direction"] is None and nothing["gain"] is None


# -- whole models ----------------------------------------------------------------------------------


def test_a_row_for_each_head():
    model = small(shifted_blocks=2, grounded_heads=((0,), (1,)))
    steps = []
    found = attention_flow(model, limit=3, progress=lambda *done: steps.append(done))
    assert steps == [(3, 3)] and found["n"] == 3 and "0.25 tokens" in found["tokens"]
    places = [(row["stage"], row["block"], row["head"]) for row in found["heads"]]
    assert places == [(s, b, h) for s in (1, 2) for b in range(2) for h in range(2)]
    marked = {(row["stage"], row["head"]) for row in found["heads"] if row["grounded"]}
    assert marked == {(1, 0), (2, 1)}
    for row in found["heads"]:
        assert row["offset"] == 1 and 0 < row["counted"] < 1 and 0 < row["chance"] < 0.5
        for part in (row, row["peak"]):
            assert -1 <= part["correlation"] <= 1 and part["moving"] > 0
    again = attention_flow(model, limit=3)
    assert again == found


def test_modes_of_shifted_attention():
    model = small(shifted_offsets=(2,))
    found = attention_flow(model, limit=1, ablation=Ablation(shifted=("on", "self")))
    assert {(row["stage"], row["offset"]) for row in found["heads"]} == {(1, 2), (2, 1)}
    found = attention_flow(model, limit=1, ablation=Ablation(shifted=("off", "on")))
    assert {row["stage"] for row in found["heads"]} == {2}
    with pytest.raises(LookupError, match="shifted=off"):
        attention_flow(model, limit=1, ablation=Ablation(shifted=("off",)))
    with pytest.raises(ValueError, match="order=reversed"):
        attention_flow(model, limit=1, ablation=Ablation(order="reversed"))
    with pytest.raises(ValueError, match=r"'cats'.*footage:DIR"):
        attention_flow(model, "cats")


# -- the truth itself ------------------------------------------------------------------------------


def farneback(made: SyntheticBatch, clip: int, t: int) -> np.ndarray:
    """(S, S, 2): where the content of frame t is in frame t - 1, minus its place, in pixels."""
    grey = [
        cv2.cvtColor(made.frames[clip, i].permute(1, 2, 0).numpy(), cv2.COLOR_RGB2GRAY)
        for i in (t, t - 1)
    ]
    found = cv2.calcOpticalFlowFarneback(*grey, None, 0.5, 3, 15, 5, 5, 1.1, 0)
    return found[..., ::-1]


@pytest.mark.parametrize("pictures", [False, True], ids=["made", "pictures"])
def test_the_truth_agrees_with_farneback(pictures):
    """Easy clips of every motion of the camera: clean, and about three pixels a frame."""
    labels, side = synthetic_clips.CAMERA_LABELS, synthetic_clips.canvas_side(SIZE)
    scenes = None
    if pictures:
        noise = torch.rand(len(labels), 3, side // 8, side // 8, generator=torch.manual_seed(0))
        scenes = F.interpolate(noise, size=side, mode="bicubic").clamp(0, 1)
    made = synthetic_clips.make_batch(
        labels, 3, FRAMES, SIZE, speed=0.4, clean=True, pictures=scenes
    )
    sharp = textured(made.frames, SIZE // 16)
    for clip, label in enumerate(labels):
        truth = true_displacement(made, SIZE, 1)
        away = np.linalg.norm(
            farneback(made, clip, 2) - truth.displacement[clip, 2].numpy(), axis=-1
        )
        where = sharp[clip, 2].repeat_interleave(16, 0).repeat_interleave(16, 1).numpy().copy()
        where &= truth.valid[clip, 2].numpy()
        where[:12], where[-12:], where[:, :12], where[:, -12:] = False, False, False, False
        length = truth.displacement[clip, 2].norm(dim=-1).numpy()[where].mean()
        assert where.mean() > 0.05, label
        assert length > 2 or label == "static"
        assert np.median(away[where]) < 0.35, label


def test_the_truth_of_an_object_agrees_with_farneback():
    labels = ["object moves left", "object moves down", "object moves right", "object moves up"]
    made = synthetic_clips.make_batch(labels, 5, FRAMES, SIZE, speed=0.4, clean=True)
    truth = true_displacement(made, SIZE, 1)
    for clip, label in enumerate(labels):
        moved = truth.displacement[clip, 2].numpy()
        inner = (made.shown[clip, 2] > 0).numpy().astype(np.uint8)
        inner = cv2.erode(inner, np.ones((9, 9))) > 0
        said = np.median(farneback(made, clip, 2)[inner], axis=0)
        true = np.median(moved[inner], axis=0)
        assert np.linalg.norm(true) > 2
        assert np.linalg.norm(said - true) < 0.3 * np.linalg.norm(true), label


def test_windows_are_laid_out_as_the_model_does():
    values = torch.arange(GRID * GRID * 2.0).view(1, 1, GRID, GRID, 2)
    chunks = rearrange(partition(values, SIDE), "b t n s c -> b t n s c")
    assert torch.equal(to_grid(chunks, SIDE), values)
    inside = in_window(torch.zeros(GRID, GRID, 2) + torch.tensor([0.0, 1.0]), SIDE)
    assert inside.sum() == GRID * 12 and not inside[:, [6, 13]].any()
