"""Shots: the text form, what is allowed, and what is true of a drawn path."""

import numpy as np
import pytest

from sct.synthetic.clips import LABELS
from sct.synthetic.spec import DRAWN, MOVES, TEXTURES, ClipSpec, fastest

SHOTS = [
    ClipSpec(),
    *(ClipSpec(moves=moves) for moves in LABELS),
    *(ClipSpec(texture=texture) for texture in TEXTURES),
    ClipSpec("zoom in", 0.25, noise=12.5, shake=0.3, occlusion=0.33, seed=999_999),
    ClipSpec("camera path", path=((0, 50), (33.3, -50), (150, 150))),
    ClipSpec("object path", noise=3, path=((10, 10), (10, 10))),
]


@pytest.mark.parametrize("shot", SHOTS, ids=str)
def test_the_text_form_round_trips(shot):
    assert ClipSpec.parse(str(shot)) == shot
    assert str(ClipSpec.parse(str(shot))) == str(shot)


def test_no_text_is_the_default_and_spaces_do_not_count():
    assert ClipSpec.parse("") == ClipSpec.parse("  ") == ClipSpec()
    assert ClipSpec.parse(" moves = tilt up ; speed = 2 ") == ClipSpec("tilt up", 2)


def test_what_has_no_speed_has_one_text():
    assert str(ClipSpec("static", 9)) == str(ClipSpec("static")) == "moves=static"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("moves=pan up", r"moves='pan up': allowed: static \| pan left"),
        ("texture=<b>", r"texture='<b>': allowed: mixed \| grain"),
        ("speed=121", "speed=121.0: allowed: numbers from 0 to 120"),
        ("moves=zoom in;speed=13", "speed=13.0: allowed: numbers from 0 to 10"),
        ("speed=-1", "speed=-1.0: allowed: numbers from 0"),
        ("speed=nan", "speed='nan': allowed: a number"),
        ("speed=1e3", "speed='1e3'"),
        ("noise=81", "noise=81.0: allowed: numbers from 0 to 80"),
        ("shake=9", "shake=9.0: allowed: numbers from 0 to 8"),
        ("occlusion=1", "occlusion=1.0: allowed: numbers from 0 to 0.8"),
        ("seed=-1", "seed='-1': allowed: whole numbers from 0 to 999999"),
        ("seed=1.5", "seed='1.5'"),
        ("path=1,2+3,4", "path='2 points': allowed: none for moves=pan right"),
        ("moves=object path", "path='0 points': allowed: 2 to 64 points"),
        ("moves=object path;path=1,2", "path='1 points': allowed: 2 to 64 points"),
        ("moves=object path;path=" + "+".join(["1,2"] * 5000), "path='5000 points'"),
        ("moves=object path;path=1,2+3", "path=.*points x,y"),
        ("moves=object path;path=1,2+300,4", "path=300.0: allowed: numbers from -50 to 150"),
        ("moves=object path;path=1,x+2,3", "path='x': allowed: points x,y"),
        (
            "moves=camera path;path=" + "+".join(["-50,50", "150,50"] * 3),
            "path='1000 long': allowed: at most 750",
        ),
        ("colour=red", "expected FIELD=VALUE, where FIELD is one of moves, speed"),
        ("moves", "expected FIELD=VALUE"),
        ("seed=1;seed=2", "seed is given twice"),
    ],
)
def test_what_cannot_be_is_named_with_what_can(text, named):
    with pytest.raises(ValueError, match=named) as error:
        ClipSpec.parse(text)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("value", [True, "4", None, float("nan"), float("inf")])
def test_values_of_another_kind_are_refused(value):
    for field in ("speed", "noise"):
        with pytest.raises(ValueError, match=f"shot {field}="):
            ClipSpec(**{field: value})


def test_every_motion_has_the_label_that_it_performs():
    for moves in LABELS:
        assert ClipSpec(moves).label == moves
    assert ClipSpec("pan left", 0).label == ClipSpec("object spins clockwise", 0).label == "static"
    assert all(fastest(m) >= ClipSpec.speed for m in MOVES if m not in (*DRAWN, "static"))


@pytest.mark.parametrize(
    ("path", "way"),
    [
        (((20, 50), (80, 50)), "right"),
        (((80, 55), (20, 45)), "left"),
        (((50, 90), (55, 10)), "up"),
        (((50, 10), (50, 50), (40, 95)), "down"),
        (((10, 10), (90, 90)), None),  # between two directions
        (((10, 50), (90, 50), (12, 52)), None),  # there and back
    ],
)
def test_a_drawn_path_is_named_by_where_it_leads(path, way):
    thing, camera = (ClipSpec(moves, path=path).label for moves in ("object path", "camera path"))
    level = {"left": "pan", "right": "pan", "up": "tilt", "down": "tilt"}
    assert thing == (way and f"object moves {way}")
    assert camera == (way and f"{level[way]} {way}")


def test_a_path_that_stays_is_static():
    assert ClipSpec("object path", path=((30, 30), (30, 30))).label == "static"


def test_a_path_is_gone_along_at_one_speed_from_end_to_end():
    shot = ClipSpec("object path", path=((0, 0), (10, 0), (10, 1), (10, 60)))
    places = shot.places(8)
    steps = np.hypot(*np.diff(places, axis=0).T)
    assert places[0].tolist() == [0, 0] and places[-1].tolist() == [10, 60]
    assert steps.max() < 1.01 * 70 / 7 and np.median(steps) == pytest.approx(10)
    assert shot.pace(8, 112) == pytest.approx(70 / 100 * 112 / 7)
    assert shot.places(1).shape == (1, 2)
