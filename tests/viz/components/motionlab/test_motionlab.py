"""The controls of the Motion lab: what they are told, and what they may say."""

import pytest

from sct.evaluation.motion_sweep import matching_ranges
from sct.model.config import SCTConfig
from sct.synthetic.spec import MOVES, ClipSpec, fastest
from viz.components.motionlab import controls_data, shot_of, stops

TOLD = {**ClipSpec().__dict__, "path": [], "edit": 3}


@pytest.mark.parametrize("moves", MOVES)
def test_every_stop_of_the_speed_is_allowed_and_the_ends_are_among_them(moves):
    found = stops(moves)
    if not fastest(moves):
        assert found == []
        return
    assert found[0] == 0 and found[-1] == fastest(moves) and found == sorted(set(found))
    assert {ClipSpec(moves, speed).speed for speed in found} == set(found)


def test_the_controls_know_the_shot_its_pace_and_the_windows():
    shot = ClipSpec("object path", path=((0, 50), (70, 50)))
    data = controls_data(shot, matching_ranges(SCTConfig()), "data:,", 5, 8, 112)
    assert data["shot"]["path"] == [[0, 50], [70, 50]] and data["pace"] == pytest.approx(11.2)
    assert [s["leaves"] for s in data["sights"]] == [56, 112, 112]
    assert set(data["moves"]) == set(MOVES) and all(m["help"] for m in data["moves"].values())


def test_what_the_browser_says_is_a_shot():
    assert shot_of(TOLD) == (ClipSpec(), 3)
    drawn = {**TOLD, "moves": "camera path", "path": [[1, 2], [3.5, 4]], "seed": 4.0}
    assert shot_of(drawn)[0] == ClipSpec("camera path", seed=4, path=((1, 2), (3.5, 4)))


@pytest.mark.parametrize(
    "told",
    [
        None,
        "shot",
        [],
        {},
        {**TOLD, "path": None},
        {**TOLD, "path": [1, 2]},
        {**TOLD, "moves": ["pan left"]},
        {**TOLD, "moves": "camera path", "path": [[1, 2]]},
        {**TOLD, "moves": "camera path", "path": [[1, 2]] * 100_000},
        {**TOLD, "moves": "camera path", "path": [["1", "2"], [3, 4]]},
        {**TOLD, "moves": "camera path", "path": [[1, 2], [1e9, 4]]},
        {**TOLD, "moves": "camera path", "path": [[1, 2, 3], [3, 4]]},
        {**TOLD, "speed": "4"},
        {**TOLD, "speed": float("nan")},
        {**TOLD, "noise": None},
        {**TOLD, "seed": 1.5},
        {**TOLD, "seed": -1},
        {**TOLD, "texture": {"id": "plain"}},
    ],
    ids=lambda told: repr(told)[:60],
)
def test_nonsense_from_the_browser_is_a_sentence(told):
    with pytest.raises(ValueError) as error:
        shot_of(told)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("edit", [None, "7", -1, 1e300, 2**80])
def test_a_count_that_cannot_be_is_none(edit):
    assert shot_of({**TOLD, "edit": edit})[1] == 0
