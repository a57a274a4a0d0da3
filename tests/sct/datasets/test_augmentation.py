"""Random changes of clips: the same for all frames, seeded, and true to the labels."""

import numpy as np
import pytest
import torch

from sct.datasets.augmentation import Transform, draw_transform, jitter_colour, mirrored_labels
from sct.datasets.options import Augment
from sct.synthetic import clips as synthetic_clips


def partners(labels, axis="horizontal"):
    return {
        label: labels[i] if i >= 0 else None
        for label, i in zip(labels, mirrored_labels(labels, axis), strict=True)
    }


# -- labels of mirrored clips ----------------------------------------------------------------------


@pytest.mark.parametrize("axis", ["horizontal", "vertical"])
def test_made_labels_are_exchanged_as_their_vocabulary_says(axis):
    found = partners(synthetic_clips.LABELS, axis)
    assert found == {
        label: synthetic_clips.mirrored(label, axis) for label in synthetic_clips.LABELS
    }
    assert len(set(found.values())) == len(synthetic_clips.LABELS)


def test_made_labels_by_name():
    across, over = partners(synthetic_clips.LABELS), partners(synthetic_clips.LABELS, "vertical")
    assert across["pan left"] == "pan right" and over["pan left"] == "pan left"
    assert across["tilt up"] == "tilt up" and over["tilt up"] == "tilt down"
    for found in (across, over):
        assert found["roll clockwise"] == "roll counter-clockwise"
        assert found["object spins counter-clockwise"] == "object spins clockwise"
        assert found["zoom in"] == "zoom in" and found["static"] == "static"


def test_both_words_of_something_something_change_places():
    labels = (
        "Pushing something from left to right",
        "Pushing something from right to left",
        "Pulling something from left to right",
        "Holding something",
        "Moving something up",
        "Moving something down",
        "Turning something upside down",
        "Putting something upright on the table",
    )
    assert mirrored_labels(labels) == (1, 0, -1, 3, 4, 5, 6, 7)
    assert mirrored_labels(labels, "vertical") == (0, 1, 2, 3, 5, 4, -1, 7)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("left", "right", "stop"), (1, 0, 2)),
        (("left", "stop"), (-1, 1)),
        (("turn_left", "turn_right"), (1, 0)),
        (("TurnLeft", "TurnRight"), (1, 0)),
        (("Swipe Left", "Swipe right"), (1, 0)),
        (("Left-hand wave", "right-hand wave"), (1, 0)),
        (("bright", "copyright", "leftover", "upright"), (0, 1, 2, 3)),
        (("look leftwards", "look rightwards", "go rightward"), (1, 0, -1)),
        (("spin clockwise", "spin anticlockwise"), (1, 0)),
        (("spin clockwise", "spin counter clockwise"), (1, 0)),
        (("spin_clockwise", "spin_counterclockwise"), (1, 0)),
        (("left", "Left", "right"), (-1, -1, -1)),  # which of the two is the partner?
        (("wave", "Wave"), (0, 1)),
        (("from left to right", "left"), (-1, -1)),
        (("pan left", "zoom in"), (-1, 1)),
        ((), ()),
    ],
)
def test_words_change_places(labels, expected):
    assert mirrored_labels(labels) == expected


def test_an_exchange_undone_is_none():
    labels = ("left", "right", "up", "down", "roll clockwise", "roll counter-clockwise", "still")
    for axis in ("horizontal", "vertical"):
        found = mirrored_labels(labels, axis)
        assert [found[i] for i in found] == list(range(len(labels)))
    with pytest.raises(ValueError, match="axis 'diagonal': allowed: horizontal, vertical"):
        mirrored_labels(labels, "diagonal")


# -- draws -----------------------------------------------------------------------------------------


def draws(augment, count=300, **allowed):
    return [
        draw_transform(augment, np.random.default_rng((7, i)), **({"flip": True} | allowed))
        for i in range(count)
    ]


def test_draws_follow_their_seed_and_their_strength():
    augment = Augment(crop=(0.5, 0.9), aspect=1.3, colour=0.2, temporal=0.4)
    found = draws(augment)
    assert found == draws(augment) and len(set(found)) == 300
    for draw in found:
        assert 0.5 - 1e-6 <= draw.height * draw.width <= 0.9 + 1e-6
        assert 1 / 1.3 - 1e-6 <= draw.height / draw.width <= 1.3 + 1e-6
        assert all(0.8 <= x <= 1.2 for x in (draw.brightness, draw.contrast, draw.saturation))
        assert 0.6 <= draw.cover <= 1 and 1 / 1.4 - 1e-6 <= draw.pace <= 1.4 + 1e-6
        assert not draw.flip_vertical
    assert 0.4 < np.mean([draw.flip for draw in found]) < 0.6
    assert np.ptp([draw.begin for draw in found]) > 0.9


def test_to_change_one_strength_leaves_the_other_draws():
    one, other = draws(Augment()), draws(Augment(colour=0.0, crop=(1.0, 1.0)))
    assert [(d.flip, d.top, d.begin, d.cover) for d in one] == [
        (d.flip, d.top, d.begin, d.cover) for d in other
    ]
    assert {d.brightness for d in other} == {1.0}


def test_clips_are_mirrored_only_where_they_may():
    assert not any(d.flip for d in draws(Augment(), flip=False))
    assert not any(d.flip for d in draws(Augment(flips=False)))
    both = draws(Augment(flips_vertical=True), flip_vertical=True)
    assert {(d.flip, d.flip_vertical) for d in both} == {(a, b) for a in (0, 1) for b in (0, 1)}


@pytest.mark.parametrize(("height", "width"), [(129, 230), (230, 129), (64, 64), (1, 9), (3, 1)])
def test_boxes_lie_in_the_picture(height, width):
    for draw in draws(Augment(crop=(0.1, 1.0), aspect=2.0)):
        top, left, rows, columns = draw.box(height, width)
        assert 0 <= top <= top + rows <= height and rows >= 1
        assert 0 <= left <= left + columns <= width and columns >= 1
    assert Transform().box(100, 160) == (0, 30, 100, 100)


@pytest.mark.parametrize(
    "bad",
    [
        {"crop": (0.0, 1.0)},
        {"crop": (0.9, 0.5)},
        {"crop": (0.5, 1.1)},
        {"aspect": 0.5},
        {"colour": 1.0},
        {"temporal": -0.1},
        {"temporal": float("nan")},
    ],
)
def test_strengths_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        Augment(**bad)


# -- colours ---------------------------------------------------------------------------------------


@pytest.fixture
def clips():
    return torch.randint(0, 256, (6, 4, 3, 17, 17), dtype=torch.uint8)


def test_no_change_is_none(clips):
    assert torch.equal(jitter_colour(clips, [Transform()] * 6), clips)
    # Not only because nothing is computed: beside a clip that changes, another stays.
    mixed = jitter_colour(clips, [Transform(brightness=0.5), *[Transform()] * 5])
    assert torch.equal(mixed[1:], clips[1:]) and not torch.equal(mixed[0], clips[0])


def test_brightness_contrast_and_saturation_do_what_they_say(clips):
    clips = clips // 2 + 32
    dark, flat, grey, vivid, *_ = jitter_colour(
        clips,
        [
            Transform(brightness=0.5),
            Transform(contrast=0.5),
            Transform(saturation=0.0),
            Transform(saturation=1.2),
            Transform(),
            Transform(),
        ],
    ).float()
    was = clips.float()
    assert torch.allclose(dark, was[0] / 2, atol=0.51)
    assert flat.std() == pytest.approx(float(was[1].std()) / 2, rel=0.02)
    assert flat.mean() == pytest.approx(float(was[1].mean()), abs=2)
    assert (grey.amax(1) - grey.amin(1)).max() == 0
    weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    assert torch.allclose(grey[:, 0], (was[2] * weights).sum(1), atol=0.51)
    spread, spread_before = ((x.amax(1) - x.amin(1)).mean() for x in (vivid, was[3]))
    assert spread == pytest.approx(float(spread_before) * 1.2, rel=0.02)


def test_a_clip_is_coloured_the_same_alone_and_in_a_batch(clips):
    found = draws(Augment(colour=0.9), 6)
    together = jitter_colour(clips, found)
    alone = [jitter_colour(clips[i : i + 1], found[i : i + 1]) for i in range(6)]
    assert torch.equal(together, torch.cat(alone))


def test_all_frames_of_a_clip_change_alike(clips):
    still = clips[:, :1].expand(-1, 4, -1, -1, -1)
    found = jitter_colour(still, draws(Augment(colour=0.9), 6))
    assert torch.equal(found, found[:, :1].expand_as(found))
