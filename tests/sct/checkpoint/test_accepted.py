"""What a card says of real clips is read with mistrust."""

import copy

import pytest

from sct.checkpoint.accepted import accepted

CLIP = {
    "file": "a.mp4",
    "right": False,
    "answers": {
        "camera": {"label": "static", "probability": 0.9, "accepted": True, "sure": True},
        "subject": {"label": "none", "probability": 0.4, "accepted": False, "sure": False},
    },
}
ROW = {
    "command": "python -m sct evaluate --data accepted:FILE.tsv",
    "n": 2,
    "both": 0.5,
    "both_ci95": [0.1, 0.9],
    "questions": {"camera": {"top1": 1.0, "top1_ci95": [0.3, 1.0]}},
    "certainty": {"sure": 0.5, "right_if_sure": 1.0, "right_if_sure_ci95": [0.3, 1.0]},
    "clips": [CLIP],
}


def test_what_a_card_says():
    (found,) = accepted({"accepted": {"two clips": ROW}})
    assert (found.about, found.n, found.both) == ("two clips", 2, (0.5, 0.1, 0.9))
    assert found.questions == (("camera", (1.0, 0.3, 1.0)),)
    assert (found.sure, found.right_if_sure) == (0.5, (1.0, 0.3, 1.0))
    (clip,) = found.clips
    assert (clip.file, clip.right) == ("a.mp4", False)
    assert clip.answers[1] == ("subject", "none", 0.4, False, False)


@pytest.mark.parametrize(
    "value", [None, True, -1, 7, 1e400, float("nan"), "text", [], {}, [[1]], {"a": {"b": []}}]
)
def test_a_damaged_card_is_read_as_far_as_it_goes(value):
    assert accepted({"accepted": value}) == ()
    assert accepted({"accepted": {"x": value}}) == ()
    for key in ROW:
        row = copy.deepcopy(ROW) | {key: value}
        for found in accepted({"accepted": {"x": row}}):
            assert found.n > 0 and 0 <= found.both[0] <= 1
    for key in CLIP:
        (found,) = accepted({"accepted": {"x": {**ROW, "clips": [{**CLIP, key: value}]}}})
        assert len(found.clips) == 1 and isinstance(found.clips[0].file, str)
