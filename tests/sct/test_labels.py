"""Labels: their order, how they are kept, and which of them a person means."""

import pytest

import sct
from sct.errors import DataError
from sct.labels import label_notes, names_of, place_of, sort_labels, tidy

WORDS = ("left", "right", "still")
IDS = ("0", "1", "2", "10")


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["10", "2", "0", "1", "2"], ("0", "1", "2", "10")),
        (["010", "002", "100"], ("002", "010", "100")),
        (["2.0", "10.0", "-1.0"], ("-1.0", "2.0", "10.0")),
        (["walk", "10", "9", "Run"], ("9", "10", "Run", "walk")),
        (["b2", "b10", "a"], ("a", "b10", "b2")),  # words go by letters, as in cards there are
        (["²", "1", "٣", "\uff12", "10"], ("1", "\uff12", "٣", "10", "²")),
    ],
)
def test_numbers_go_by_their_value(labels, order):
    assert sort_labels(labels) == order


@pytest.mark.parametrize("labels", [("1", "01", "2"), ("2", "2.0")])
def test_one_number_written_in_two_ways_is_refused(labels):
    with pytest.raises(ValueError, match="are one number in two ways"):
        sort_labels(labels)


def test_accents_are_kept_in_one_form():
    assert tidy(" cafe\u0301\u00a0 noir") == "caf\u00e9 noir"


@pytest.mark.parametrize(
    ("asked", "labels", "place"),
    [
        ("still", WORDS, 2),
        ("0", WORDS, 0),
        ("#2", WORDS, 2),
        ("10", IDS, 3),
        ("2", ("10", "2", "0"), 1),  # a label before a place
        ("#2", ("10", "2", "0"), 2),
        ("1", ("same", "same"), 1),
        ("#1", ("2", "2"), 1),
        ("cafe\u0301", ("tea", "caf\u00e9"), 1),
        ("caf\u00e9", ("tea", "cafe\u0301"), 1),  # a card that was written before
        ("#3", ("a", "#3"), 1),
        ("a ", ("a", "a "), 1),
    ],
)
def test_a_class_is_named_or_numbered(asked, labels, place):
    assert place_of(asked, labels) == place


@pytest.mark.parametrize("asked", ["3", "-1", "", "²", "9" * 50, "<b>", "#3", "#", "Left"])
def test_what_is_no_class_is_refused(asked):
    with pytest.raises(
        ValueError, match=r"against .*a number from 0 to 2 or one of left, right, s"
    ):
        place_of(asked, WORDS, "against")


@pytest.mark.parametrize("asked", ["3", "01", "1.0", "11", "#4"])
def test_a_number_beside_labels_that_are_numbers_is_no_place(asked):
    with pytest.raises(ValueError, match=r"no such class.*#0 to #3 or one of 0, 1, 2, 10$"):
        place_of(asked, IDS)
    with pytest.raises(ValueError, match="numbers are labels here"):
        place_of("0", ("7", "none"))


def test_a_label_of_several_classes_is_refused():
    with pytest.raises(ValueError, match=r"2 classes have this label; .*#1"):
        place_of("same", ("other", "same", "same"))
    with pytest.raises(ValueError, match="2 classes have this label"):
        place_of("0", ("1", "0", "0"))


def test_a_message_names_twenty_labels_at_most():
    with pytest.raises(ValueError, match=r"c19, \.\.\.$"):
        place_of("x", tuple(f"c{i}" for i in range(400)))


def test_a_model_without_labels_numbers_its_classes():
    names = names_of(sct.build("sct_ti").config)
    assert names[:2] == ("class 0", "class 1") and place_of("16", names) == 16


NEARLY = {
    "capitals": ("Walk", "walk"),
    "spaces": ("brush_hair", "brush hair", "brush-hair"),
    "apostrophes": ("person\u2019s", "person's"),
    "dashes": ("pull\u2013up", "pull-up"),
    "minus": ("-1", "\u22121"),
    "ligatures": ("\ufb01st", "fist"),
    "widths": ("\uff57alk", "walk"),
    "quotes": ("'a'", "a", "\u201ca\u201d"),
    "letters of another script": ("w\u0430lk", "walk"),
    "codes of pages": ("a&amp;b", "a&b"),
    "joiners": ("\u0645\u06cc\u200c\u0631", "\u0645\u06cc\u0631"),
}


@pytest.mark.parametrize("labels", NEARLY.values(), ids=NEARLY)
def test_labels_that_are_nearly_alike_are_named_together(labels):
    (note,) = label_notes([*labels, "other"])
    assert " and ".join(f'"{label}"' for label in labels) + "; write those in one way" in note


def test_labels_of_other_letters_and_signs_are_not_alike():
    apart = ["C", "C++", "C#", "-1", "1", "10", "1.0", "ab", "a b", "?!", "!", "\u00e9", "e"]
    assert label_notes(apart) == ()
    many = [f"{word}{i}" for i in range(9) for word in "aA"]
    assert '"a4" and "A4" and 4 more; write' in label_notes(many)[0]


@pytest.mark.parametrize("label", ["nan", "NaN", "None", "n/a", "#N/A", "null", "-", "?"])
def test_what_says_that_there_is_no_label_is_named(label):
    assert label_notes(["a", label]) == (
        f'"{label}" is read as a label; leave out clips that have none.',
    )


def test_labels_that_differ_by_nothing_to_see_are_refused():
    with pytest.raises(DataError, match=r"that cannot be seen: '\\u2764.ufe0f' and"):
        label_notes(["\u2764\ufe0f", "\u2764"])


@pytest.mark.parametrize("copy", ["walk (1)", "walk(2)", "walk - Copy", "Walk - copy (2)"])
def test_copies_of_a_folder_are_named_as_labels_nearly_alike(copy):
    (said,) = label_notes(["run", "walk", copy])
    assert f'"walk" and "{copy}"' in said
    assert label_notes(["walk 1", "walk 2", "level (a)"]) == ()


@pytest.mark.parametrize("both", ["walk,run", "run; walk", "walk|run"])
def test_several_labels_in_one_are_named(both):
    (said,) = label_notes(["run", "walk", both])
    assert f'"{both}"' in said and "several labels" in said
    assert label_notes(["run", "walk", "walk, slowly"]) == ()
