import math
from dataclasses import dataclass

import numpy as np
import pytest

from sct import validation
from sct.errors import ClipError
from sct.validation import Range


@pytest.mark.parametrize(
    ("allowed", "said", "inside", "outside"),
    [
        (Range(0, open_least=True), "above 0", (1e-9, 5), (0, -1, math.inf)),
        (Range(0), "0 or more", (0, 1.5), (-0.1, math.nan)),
        (Range(0, 1, open_most=True), "from 0 to below 1", (0, 0.9), (1, True)),
        (Range(0, 1, True, True), "above 0 and below 1", (0.5,), (0, 1)),
        (Range(0, 10, open_least=True), "above 0 and at most 10", (10,), (0, 10.1)),
        (Range(1, 2), "from 1 to 2", (1, 2, np.float32(1.5)), (0.9, "1", None)),
        (Range(1, 3, whole=True), "a whole number from 1 to 3", (1, 3, np.int64(2)), (0, 4, 1.0)),
        (Range(1, whole=True), "a whole number of 1 or more", (1, 10**30), (0, True, 1.5)),
        (Range(0, (1 << 40) - 1, whole=True), "a whole number from 0 to 1099511627775", (5,), ()),
    ],
)
def test_a_range_holds_its_numbers_and_says_which(allowed, said, inside, outside):
    assert str(allowed) == said
    assert all(value in allowed for value in inside)
    assert not any(value in allowed for value in outside)


def test_a_message_names_the_value_and_what_is_allowed():
    with pytest.raises(ValueError, match=r"^n=0: must be a whole number of 1 or more$"):
        validation.check_whole("n", 0, 1)
    with pytest.raises(ClipError, match=r"^n must be a whole number from 1 to 4, not 2\.5\.$"):
        form = f"{validation.SENTENCE}."
        validation.check_whole("n", 2.5, 1, 4, form=form, error=ClipError)
    with pytest.raises(ValueError, match=r"^n True: allowed: 0 to 3$"):
        validation.check_whole("n", True, 0, 3, form=validation.ARGUMENT, allowed="0 to 3")
    with pytest.raises(ValueError, match=r"^lr=nan: must be above 0$"):
        validation.check_range("lr", math.nan, Range(0, open_least=True))
    with pytest.raises(ValueError, match=r"^merge='{x}': allowed: mean, joint$"):
        validation.check_choice("merge", "{x}", ("mean", "joint", ""))
    with pytest.raises(ValueError, match=r"^merge=\[\]: allowed: mean$"):
        validation.check_choice("merge", [], ("mean",))
    assert validation.check_whole("n", np.int64(3), 1) == 3


def test_a_value_of_any_length_is_said_in_a_few_words():
    assert validation.short("x" * 100) == "'" + "x" * 56 + "..."
    assert validation.short(10**5000) == "a number of more than 20 digits"
    assert validation.short(0.5) == "0.5"


def test_unknown_fields_are_named():
    @dataclass
    class Options:
        size: int = 0

    validation.check_fields(Options, {"size": 1}, "config")
    with pytest.raises(ValueError, match=r"^unknown config fields: 3, depth$"):
        validation.check_fields(Options, {"size": 1, "depth": 2, 3: 0}, "config")


def test_unknown_fields_are_named_on_one_line_and_in_few_words():
    @dataclass
    class Options:
        size: int = 0

    for name in ("\x1b[31m", "a\nb", "\xad", "\ud800", "x" * 5000):
        with pytest.raises(ValueError) as error:
            validation.check_fields(Options, {name: 0}, "config")
        assert str(error.value).isprintable() and len(str(error.value)) < 100
    with pytest.raises(ValueError, match=r"fields: 10, 11, 12, 13, 14 and 85 more$"):
        validation.check_fields(Options, range(10, 100), "config")
