from math import comb

import pytest

from sct.evaluation.statistics import mcnemar


@pytest.mark.parametrize(
    ("gains", "losses", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),  # 2 (1 + 10 + 45 + 120 + 210 + 252) / 1024 is above 1
        (0, 5, 2 / 32),
        (1, 5, 2 * (1 + 6) / 64),
        (2, 10, 2 * (1 + 12 + 66) / 4096),
        (3, 9, 2 * (1 + 12 + 66 + 220) / 4096),
    ],
)
def test_mcnemar_by_hand(gains, losses, p):
    assert mcnemar(gains, losses) == mcnemar(losses, gains) == pytest.approx(p, rel=1e-12)


def test_mcnemar_of_many_clips():
    n = 3000
    tail = sum(comb(n, k) for k in range(1401)) / 2**n
    assert mcnemar(1400, 1600) == pytest.approx(2 * tail)
    assert mcnemar(0, 3000) < 1e-300
    with pytest.raises(ValueError, match="-1 losses"):
        mcnemar(3, -1)
