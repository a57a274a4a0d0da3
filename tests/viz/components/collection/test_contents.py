"""What the grid of a collection is sent, and what is taken of what it sends."""

import numpy as np
import pytest

from tests.sct.collection.made import GRID, header_of, made_strips
from viz.components.collection.contents import KEYS, Card, message, told_of
from viz.components.player.message import unpack

HEADER = header_of()
CAMERA = HEADER.questions[0]


def sent(cards, **more):
    given = {"subject": "s", "labelling": False, "first": 24, "total": 100, **more}
    return unpack(message(cards, HEADER, CAMERA, **given))


def test_pictures_and_arrows_arrive_as_the_run_has_them():
    (strip, arrows), *_ = made_strips(1)
    cards = [Card("a/b.mp4", 0.8, 1.6, "", "pan left", 0.456, strip=strip, arrows=arrows),
             Card("c.mp4", error="it is damaged")]  # fmt: skip
    header, parts = sent(cards, effect="shifted=self")
    assert set(parts) == {"strip0", "arrows0"}
    assert parts["strip0"].tobytes() == strip and parts["arrows0"].tobytes() == arrows
    first, second = header["cards"]
    assert first["grid"] == GRID and (first["when"], first["percent"]) == ("0.8–1.6 s", "45.6%")
    assert second == {"file": "c.mp4", "error": "it is damaged", "grid": 0}
    assert header["labels"] == list(CAMERA.labels) and header["keys"] == list("123456789")
    assert len(header["colours"]) == len(CAMERA.labels)
    assert (header["first"], header["total"], header["frames"]) == (24, 100, 8)


def test_a_change_is_said_with_its_sign_and_of_what():
    card = Card("a", label="pan left", probability=0.9, effect=-0.413)
    assert sent([card], effect="shifted=self")[0]["cards"][0]["effect"] == (
        "shifted=self: ▼ −41.3 pp"
    )
    assert "effect" not in sent([card])[0]["cards"][0]
    nothing = Card("a", label="pan left", effect=float("nan"))
    assert "effect" not in sent([nothing], effect="x")[0]["cards"][0]


@pytest.mark.parametrize("size", [0, 1, 7, 2 * 8 * 49 - 1, 2 * 8 * 49 + 1, 2 * 7 * 49, 1 << 20])
def test_arrows_of_another_size_are_left_out(size):
    header, parts = sent([Card("a", label="static", strip=b"\xff\xd8", arrows=bytes(size))])
    assert "arrows0" not in parts and header["cards"][0]["grid"] == 0


def test_a_picture_that_is_too_large_and_numbers_that_are_none_are_not_sent():
    huge = Card("a", label="static", strip=bytes((1 << 20) + 1), probability=float("nan"))
    header, parts = sent([huge, Card("b", probability=7.0)])
    assert not parts and [card["share"] for card in header["cards"]] == [0.0, 1.0]


def test_each_label_has_a_key_of_its_own_that_means_nothing_else():
    assert len(set(KEYS)) == len(KEYS) >= 30 and "0" not in KEYS
    many = header_of(questions=(type(CAMERA)("", tuple(f"l{i}" for i in range(40))),))
    header, _ = unpack(message([], many, many.questions[0], "s", True, 0, 0))
    assert len(header["keys"]) == len(KEYS) and header["asks"] == "What does it show?"


@pytest.mark.parametrize(
    "nonsense",
    [
        *(None, 3, "x", [], {}, {"subject": 3}),
        {"subject": "s", "open": "1", "labels": [1]},
        {"subject": "s", "open": 2, "labels": [[1, "s", 2, "static"], [1, "s", -1, "static"]]},
        {"subject": "s", "open": float("nan"), "labels": [["1", "s", 0, "rain"], [1, "s", 1, 7]]},
        {"subject": "s", "open": True, "labels": {"0": "static"}, "further": "yes"},
        {"subject": "s", "labels": [[1, [], 0, "a"], [1, "s", 0], [float("inf"), "s", 0, "a"]]},
        {"subject": "s", "open": 0.5},
    ],
)
def test_nonsense_does_nothing(nonsense):
    found = told_of(nonsense, 2)
    assert found is None or found[1:] == (None, [], False)


def test_what_was_done_is_read():
    labels = [[8.0, "s", 1, ""], [7, "before", 0, "static"]]
    said = {"subject": "s", "open": 1.0, "labels": labels, "further": True}
    assert told_of(said, 2) == ("s", 1, [(7, "before", 0, "static"), (8, "s", 1, "")], True)


def test_sizes_of_a_page_stay_small():
    cards = [Card(f"{i}.mp4", label="static", strip=s, arrows=a)
             for i, (s, a) in enumerate(made_strips(6) * 4)]  # fmt: skip
    data = message(cards, HEADER, CAMERA, "s", False, 0, 24)
    assert np.log2(len(data)) < 20  # a megabyte for 24 clips
