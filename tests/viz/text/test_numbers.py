import pytest

from viz.text import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0%"), (0.0004, "<0.1%"), (0.1234, "12.3%"), (0.99999, ">99.9%"), (1, "100.0%")],
)
def test_percentages_never_round_to_a_false_none_or_all(value, text):
    assert numbers.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (1234, "1.23 k"), (7_700_000, "7.7 M"), (1.2e9, "1.2 G")]
)
def test_counts_are_said_short(value, text):
    assert numbers.millions(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.0%"), (0.0004, "<0.1%"), (0.1234, "12.3%"), (1, "100.0%")]
)
def test_shares_never_round_to_a_false_none(value, text):
    assert numbers.share(value) == text
