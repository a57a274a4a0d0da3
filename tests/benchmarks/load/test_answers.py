import numpy as np
import pytest
from streamlit.proto.Element_pb2 import Element

from benchmarks.load import answers
from sct.checkpoint.certainty import Answer, Judgement
from viz.html import answer


def html(body):
    element = Element()
    element.html.body = body
    return element


def said_of(*shares, labels=("pan <left>", "static", "tilt & up")):
    judged = Judgement(sure=True, threshold=0.5, unlike=False, sentence="")
    return html(answer.answer(Answer("camera", labels, np.array(shares), judged)))


def test_labels_and_probabilities_are_read_and_styles_are_not():
    found = answers.said({(0, 1): said_of(0.7, 0.2, 0.1)})
    assert found == (
        ("What does the camera do?", "pan <left>", "70.0%", "sure", "pan <left>", "70.0%",
         "static", "20.0%", "tilt & up", "10.0%"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        said_of(0.699, 0.201, 0.1),
        said_of(0.7, 0.1, 0.2),
        said_of(0.7, 0.2, 0.1, labels=("pan right", "static", "tilt & up")),
    ],
)
def test_another_label_or_probability_is_unlike(other):
    assert answers.said({(0,): said_of(0.7, 0.2, 0.1)}) != answers.said({(0,): other})


def test_answers_come_in_the_order_of_the_page_and_other_html_is_none():
    one, two = said_of(0.7, 0.2, 0.1), said_of(0.1, 0.2, 0.7)
    right = answers.said({(0, 2): one, (0, 10): two})
    assert answers.said({(0, 10): two, (0, 3): html("<p>3000 ms</p>"), (0, 2): one}) == right


def test_what_a_player_shows_is_compared_by_its_bytes():
    def player(data, name="sct_player"):
        element = Element()
        element.bidi_component.component_name, element.bidi_component.bytes = name, data
        return answers.said({(0,): element})

    assert player(b"one") == player(b"one") != player(b"two")
    assert player(b"one", "sct_tour") == ()


def test_exceptions_and_boxes_of_errors_are_wrong_and_warnings_are_not():
    failed, box, hint = Element(), Element(), Element()
    failed.exception.type, failed.exception.message = "KeyError", "x"
    box.alert.body, box.alert.format = "There is no room here.", box.alert.ERROR
    hint.alert.body, hint.alert.format = "Frames repeat.", hint.alert.WARNING
    found = answers.wrong({(0,): failed, (1,): box, (2,): hint})
    assert found == ["exception: KeyError x", "box: There is no room here."]
