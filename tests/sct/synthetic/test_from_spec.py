"""Filmed shots: the flow is the chosen speed, the seed decides the rest, paths are followed."""

import numpy as np
import pytest
import torch

from sct.synthetic.clips import LABELS, make_batch
from sct.synthetic.from_spec import render_spec, spec_scenes
from sct.synthetic.spec import MOVES, TEXTURES, ClipSpec, fastest

SIZE = 112
HERE = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij"), axis=-1)
PATH = ((10, 20), (60, 20), (90, 80))


def moved(made, layer=0):
    """Content motion (row, column) of each pixel that shows a layer, for all frames but the
    first: (n, 2)."""
    shown = made.batch.shown[0, 1:].numpy() == layer
    return (HERE - made.source[1:])[shown]


@pytest.mark.parametrize("speed", [0.5, 4, 40, 120])
@pytest.mark.parametrize(
    ("label", "way"),
    [("pan left", (0, 1)), ("pan right", (0, -1)), ("tilt up", (1, 0)), ("tilt down", (-1, 0))],
)
def test_the_picture_of_a_pan_moves_the_other_way_by_the_chosen_pixels(label, way, speed):
    made = render_spec(ClipSpec(label, speed, "plain"))
    assert made.label == label
    assert np.allclose(moved(made), np.multiply(way, speed), atol=1e-3)


@pytest.mark.parametrize(
    ("label", "way"),
    [
        ("object moves left", (0, -1)),
        ("object moves right", (0, 1)),
        ("object moves up", (-1, 0)),
        ("object moves down", (1, 0)),
    ],
)
def test_an_object_moves_by_the_chosen_pixels_before_a_still_scene(label, way):
    made = render_spec(ClipSpec(label, 6, "plain"))
    assert np.allclose(moved(made, 1), np.multiply(way, 6), atol=1e-3)
    assert np.allclose(moved(made), 0, atol=1e-4)


@pytest.mark.parametrize("speed", [1, 9])
@pytest.mark.parametrize("label", ["zoom in", "zoom out", "roll clockwise"])
def test_turns_and_zooms_have_the_chosen_mean_speed(label, speed):
    length = np.linalg.norm(moved(render_spec(ClipSpec(label, speed, "plain"))), axis=-1)
    assert length.mean() == pytest.approx(speed, rel=0.01)


@pytest.mark.parametrize("label", ["object comes closer", "object spins clockwise"])
def test_what_an_object_does_has_about_the_chosen_mean_speed(label):
    for seed in range(4):
        length = np.linalg.norm(
            moved(render_spec(ClipSpec(label, 1.5, "plain", seed=seed)), 1), axis=-1
        )
        assert 0.5 < length.mean() / 1.5 < 1.7  # shapes differ in how far out they reach


def test_shots_move_as_the_clips_that_the_labels_were_learned_from():
    """The linear part and the direction of every label agree with those of `make_batch`."""
    for label in LABELS[1:]:
        layer = int(label.startswith("object"))
        theirs = make_batch([label], 3, clean=True, speed=0.4).steps[0, layer, 1:].mean(0)
        ours = render_spec(ClipSpec(label, 3.2, "plain")).batch.steps[0, layer, 1:].mean(0)
        change = [(part - torch.eye(2, 3)).flatten() for part in (theirs, ours)]
        for part in change:
            part[[2, 5]] *= 1 / SIZE
        if "moves" in label or label[:3] in ("pan", "til"):
            change = [part[[2, 5]] for part in change]
        else:
            change = [part[[0, 1, 3, 4]] for part in change]
        assert torch.cosine_similarity(*change, dim=0) > 0.9, label


def test_an_object_is_where_its_path_was_drawn():
    shot = ClipSpec("object path", texture="plain", path=PATH)
    made = render_spec(shot)
    for t, (x, y) in enumerate(shot.places(8)):
        rows, columns = (made.batch.shown[0, t] == 1).nonzero(as_tuple=True)
        assert abs(rows.double().mean() - y / 100 * SIZE) < 9
        assert abs(columns.double().mean() - x / 100 * SIZE) < 9
    steps = np.diff(shot.places(8), axis=0)[0] / 100 * SIZE
    first = (HERE - made.source[1])[made.batch.shown[0, 1].numpy() == 1].mean(0)
    assert np.allclose(first, steps[::-1], atol=0.01)


def test_a_camera_goes_along_its_path_and_the_picture_the_other_way():
    shot = ClipSpec("camera path", path=PATH)
    made = render_spec(shot)
    steps = np.diff(shot.places(8), axis=0) / 100 * SIZE
    for t, step in enumerate(steps, 1):
        assert np.allclose(HERE - made.source[t], -step[::-1], atol=1e-2)
    assert made.label is None and made.as_clip().truth is None
    assert render_spec(ClipSpec("camera path", path=((10, 50), (90, 50)))).label == "pan right"


def test_the_told_flow_is_what_is_seen():
    """At 3 whole pixels a frame every picture is the one before it, moved."""
    frames = render_spec(ClipSpec("tilt down", 3)).frames.astype(int)
    assert np.abs(frames[1:, :-3] - frames[:-1, 3:]).max() <= 1


def test_a_seed_gives_the_same_bytes_and_another_gives_another_scene():
    shot = ClipSpec("object moves up", 3, noise=9, shake=1, occlusion=0.2)
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    one, again = render_spec(shot), render_spec(shot)
    assert np.array_equal(one.frames, again.frames) and np.array_equal(one.source, again.source)
    assert torch.equal(state, torch.random.get_rng_state())
    for seed in (9, 10):
        other = render_spec(ClipSpec(seed=seed)).frames[0].ravel()
        assert abs(np.corrcoef(other, render_spec(ClipSpec()).frames[0].ravel())[0, 1]) < 0.8


def test_a_shot_that_differs_in_one_thing_differs_in_nothing_else():
    """The scene stays when the speed changes: the middle of an even number of frames aside."""
    slow, fast = (render_spec(ClipSpec("pan left", v), frames=5) for v in (2, 4))
    assert np.array_equal(slow.frames[2], fast.frames[2])
    assert np.array_equal(slow.frames[0], fast.frames[1])  # 4 pixels off the middle
    given = spec_scenes("mixed", ClipSpec.seed)
    assert np.array_equal(render_spec(ClipSpec("pan left", 2), 5, scenes=given).frames, slow.frames)


def test_noise_shake_and_fence_do_what_they_say():
    plain = render_spec(ClipSpec("static", texture="plain"))
    assert not plain.frames.astype(int).std(axis=(0, 1, 2)).any()
    noisy = render_spec(ClipSpec("static", texture="plain", noise=10, seed=3)).frames.astype(int)
    middle = noisy[..., ((noisy.mean((0, 1, 2)) > 60) & (noisy.mean((0, 1, 2)) < 190))]
    assert middle.size and middle.std(axis=(0, 1, 2)) == pytest.approx(10, rel=0.05)
    shaken = [render_spec(ClipSpec("static", texture="plain", shake=2, seed=s)) for s in range(20)]
    places = np.concatenate([moved(made)[:: SIZE**2] for made in shaken])
    # From frame to frame the difference of two places, each 2 pixels off.
    assert places.std() == pytest.approx(2 * 2**0.5, rel=0.2)
    fenced = render_spec(ClipSpec("pan left", 5, occlusion=0.5))
    assert (fenced.batch.shown == 1).float().mean() == pytest.approx(0.5, abs=0.05)
    assert np.allclose(moved(fenced, 1), 0)


@pytest.mark.parametrize("moves", MOVES)
def test_the_ends_of_all_ranges_can_be_filmed(moves):
    path = ((-50, -50), (150, 150)) if "path" in moves else ()
    for i, texture in enumerate((TEXTURES[0], TEXTURES[1 + MOVES.index(moves) % 4])):
        made = render_spec(
            ClipSpec(moves, fastest(moves), texture, 80, 8, 0.8, 999_999, path), 8 - i, 56
        )
        assert made.frames.shape == (8 - i, 56, 56, 3) and np.isfinite(made.source).all()


def test_one_frame_and_other_sizes():
    assert render_spec(ClipSpec(), frames=1).frames.shape == (1, 112, 112, 3)
    assert np.allclose(np.diff(render_spec(ClipSpec("pan left", 4), 3, 56).source[1, 0, :, 1]), 1)
    for arguments in ({"frames": 0}, {"size": 8}):
        with pytest.raises(ValueError, match="must be a whole number from"):
            render_spec(ClipSpec(), **arguments)


def test_tokens_of_a_scene_without_things_have_a_truth():
    batch = render_spec(ClipSpec("pan left", 8)).batch
    assert torch.allclose(batch.token_sources(14)[0, 1, 5, 5], torch.tensor([5.0, 4.0]), atol=1e-3)
    assert batch.token_valid(14)[0, 1, :, 1:].all() and not batch.token_valid(14)[0, 1, :, 0].any()
