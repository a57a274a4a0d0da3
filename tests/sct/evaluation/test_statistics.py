import subprocess
import sys
from math import comb

import pytest

from sct.evaluation.statistics import holm, mcnemar, mean_interval, wilson


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


def test_holm_by_hand():
    """Of 0.01, 0.04, 0.03 the least counts three times, the next twice, and the last once."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.5, 0.02]) == (0.5, 0.04) and holm([0.2]) == (0.2,) and holm([]) == ()
    assert holm([0.9, 0.9, 0.9]) == (1.0, 1.0, 1.0)
    assert holm([0.02, 0.02, 0.02]) == pytest.approx((0.06,) * 3)  # none is told apart any more


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 1.1])
def test_holm_refuses_what_is_no_probability(bad):
    with pytest.raises(ValueError, match="0 to 1"):
        holm([0.01, bad])


def test_wilson_by_its_formula():
    z = 1.959963984540054
    for right, n in ((0, 1), (1, 1), (3, 5), (81, 263), (980, 1000)):
        share = right / n
        middle = share + z * z / (2 * n)
        spread = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
        want = [(middle + sign * spread) / (1 + z * z / n) for sign in (-1, 1)]
        assert wilson(right, n) == pytest.approx(want, abs=1e-12)


def test_student_by_the_table():
    """Two-sided 95% of Student's t: 12.706 with one degree of freedom, 2.086 with twenty."""
    assert mean_interval([0.0, 2.0])[1:] == pytest.approx((1 - 12.706, 1 + 12.706), abs=1e-3)
    values = [float(i) for i in range(21)]
    mean, low, high = mean_interval(values)
    assert mean == 10 and high - mean == pytest.approx(mean - low)
    assert high - mean == pytest.approx(2.086 * 38.5**0.5 / 21**0.5, abs=1e-3)


def test_statistics_are_imported_when_they_are_asked_for():
    """Help and the app's start wait for no scipy."""
    code = (
        "import sys, sct.cli.main, sct.evaluation.accuracy, sct.ablation_study.comparison;"
        "sys.exit('scipy.stats' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
