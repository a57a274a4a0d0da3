import numpy as np
import pytest

from sct.checkpoint.certainty import UNKNOWN, Answer, Judgement
from viz.html.answer import answer

LABELS = ("static", "pan <b>left</b>", "tilt up", "zoom in", "roll")
SHARES = np.array([0.05, 0.7, 0.15, 0.09, 0.01])


def said(judged=UNKNOWN, labels=LABELS, question="camera"):
    return Answer(question, labels, SHARES[: len(labels)], judged)


def test_the_answer_stands_large_and_the_likeliest_are_open():
    text = answer(said())
    assert "What does the camera do?" in text and "70.0%" in text
    head, folded = text.split("<details>")
    assert head.count('class="row"') == 3 and folded.count('class="row"') == 2
    assert "<summary>2 more</summary>" in folded
    assert head.index("tilt up") < head.index("zoom in")
    assert "badge" not in head.split("</style>")[1]  # the card does not say what is sure
    assert "<details>" not in answer(said(labels=LABELS[:3]))


def test_the_truth_is_always_among_the_open_bars():
    head, folded = answer(said(), "roll").split("<details>")
    assert head.count('class="row"') == 4 and "<b>roll</b> (truth)" in head
    assert folded.count('class="row"') == 1 and "static" in folded


def test_without_folded_labels_there_are_the_likeliest_few_and_a_note_as_text():
    text = answer(said(question=""), None, "No <label>.", folded=False)
    assert "<details>" not in text and text.count('class="row"') == 3
    assert "The model says" in text and "<div>No &lt;label&gt;.</div>" in text


def test_labels_are_text():
    assert "<b>left" not in answer(said()) and "pan &lt;b&gt;left&lt;/b&gt;" in answer(said())
    assert "<b>pan &lt;b&gt;left&lt;/b&gt;</b> (truth)" in answer(said(), LABELS[1])


@pytest.mark.parametrize(
    ("judged", "truth", "badges"),
    [
        (Judgement(True, False, "", 0.5), None, ["sure"]),
        (Judgement(True, False, "", 0.5), LABELS[1], ["sure", "✓ right"]),
        (Judgement(True, False, "", 0.5), "roll", ["sure", "✗ it is roll"]),
        (
            Judgement(False, False, "Not <i>sure</i>.", 0.9),
            LABELS[1],
            ["not sure", "right by a guess"],
        ),
        (Judgement(False, False, "Not <i>sure</i>.", 0.9), "roll", ["not sure", "✗ it is roll"]),
        (Judgement(False, True, "Unlike.", 0.9), None, ["not sure"]),
        (UNKNOWN, "roll", ["✗ it is roll"]),
    ],
)
def test_badges_say_whether_it_is_sure_and_praise_no_guess(judged, truth, badges):
    text = answer(said(judged), truth).split("</style>")[1]
    found = [part.split("</span>")[0].split(">")[1] for part in text.split('class="badge')[1:]]
    assert found == badges
    assert ("pale" in text) is (judged.sure is False)
    # The line of what is sure says nothing of a clip that is unlike all others.
    assert ("<u " in text) is (judged.threshold is not None and not judged.unlike)
    assert "<i>sure" not in text
