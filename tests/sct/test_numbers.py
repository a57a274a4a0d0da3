import pytest

from sct.numbers import cut, signed


@pytest.mark.parametrize(
    ("share", "text"),
    ((0.92857, "92.8%"), (0.9999, "99.9%"), (1.0, "100.0%"), (0.0, "0.0%"), (0.3, "30.0%")),
)
def test_no_share_is_rounded_up(share, text):
    assert cut(share) == text


@pytest.mark.parametrize(
    ("r", "text"), ((0.8682, "+0.86"), (-0.8682, "−0.86"), (0.29, "+0.29"), (1.0, "+1.00"))
)
def test_no_correlation_is_rounded_up(r, text):
    assert signed(r) == text
