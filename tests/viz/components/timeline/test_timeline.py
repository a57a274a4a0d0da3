import json
import math

import numpy as np
import pytest
import torch

import sct
from sct.checkpoint.certainty import Answer, Judgement
from sct.evaluation.slide import Slide
from viz.components.timeline import timeline_data, window_of

BLANK = torch.zeros(3, 2)
SLID = Slide((0.0, 1.0, 2.0), 1.0, 1.0, BLANK, BLANK, sct.Ablation())
THUMBS = [np.zeros((8, 8, 3), np.uint8)] * 4


def said(question, labels, *rows):
    """Answers to one question: (sure, probabilities) of each window."""
    return [
        Answer(question, labels, np.array(shares, np.float32), Judgement(sure, False, ""))
        for sure, shares in rows
    ]


def test_a_video_that_was_not_asked_about_has_pictures_and_a_window():
    data = timeline_data("v", 9.0, 8, (1.5, 0.1), THUMBS, edit=4)
    assert data["rows"] == data["starts"] == []
    assert (data["start"], data["stride"], data["frames"], data["edit"]) == (1.5, 0.1, 8, 4)
    assert len(data["thumbs"]) == 4 and data["thumbs"][0].startswith("data:image/webp;base64,")


def test_each_question_has_its_answers_its_colours_and_its_words():
    camera = said(
        "camera", ("still", "pan"), (True, (0.9, 0.1)), (True, (0.8, 0.2)), (False, (0.4, 0.6))
    )
    subject = said("", ("a", "b", "c"), *[(None, (0.15, 0.3, 0.55))] * 3)
    rows = list(zip(camera, subject, strict=True))
    data = timeline_data("v", 2.75, 8, (0.0, 0.1), THUMBS, SLID, rows)
    one, two = data["rows"]
    assert one["title"] == "What does the camera do?" and two["title"] == "What the model says"
    assert one["best"] == [0, 0, 1] and one["shown"] == [0, 1] and two["shown"] == [1, 2]
    assert one["sure"] == [True, True, False] and one["shares"][2] == pytest.approx([0.4, 0.6])
    assert one["said"] == "0.0 to 2.0 s still 85.0%; 2.0 to 2.8 s pan 60.0%, not sure"
    assert len(set(two["colours"])) == 3 and one["colours"][0] == two["colours"][0]
    json.dumps(data)


@pytest.mark.parametrize("count", (2, 10, 17, 101))
def test_every_label_has_a_colour(count):
    labels = tuple(map(str, range(count)))
    rows = [(one,) for one in said("", labels, *[(None, np.full(count, 1 / count))] * 3)]
    (row,) = timeline_data("v", 3.0, 8, (0.0, 0.1), THUMBS, SLID, rows)["rows"]
    assert len(set(row["colours"])) == len(row["colours"]) == count


def test_two_minutes_of_answers_are_kilobytes():
    count = 120
    blank = torch.zeros(count, 2)
    slid = Slide(tuple(map(float, range(count))), 1.0, 1.0, blank, blank, sct.Ablation())
    shares = np.random.default_rng(0).dirichlet(np.ones(10), count)
    rows = [(one,) for one in said("q", tuple("abcdefghij"), *[(True, row) for row in shares])]
    data = timeline_data("v", 120.0, 8, (0.0, 0.1), [], slid, rows)
    assert len(json.dumps(data)) < 25_000


def test_a_window_is_read():
    assert window_of({"start": 1.25, "stride": 0.1, "edit": 3}) == (1.25, 0.1, 3)
    assert window_of({"start": 0, "stride": 10, "edit": None}) == (0.0, 10.0, 0)


@pytest.mark.parametrize(
    "told",
    (
        None,
        [],
        {},
        {"start": 1},
        {"start": "1", "stride": 0.1},
        {"start": True, "stride": 0.1},
        {"start": -1, "stride": 0.1},
        {"start": math.nan, "stride": 0.1},
        {"start": 1, "stride": 0},
        {"start": 1, "stride": 11},
        {"start": 1e9, "stride": 0.1},
    ),
)
def test_nonsense_is_no_window(told):
    with pytest.raises(ValueError, match="timeline"):
        window_of(told)
