"""What SCT Lens reads of strangers, damaged: a value or one sentence each, and nothing else.

What is found here and mended has a test of its own where the mended code has its tests.
"""

import pytest

from tests.fuzz import campaign, corpus
from tests.fuzz.__main__ import COUNT, plan
from tests.fuzz.target import TARGETS

pytest.importorskip("resource", reason="limits of processes are POSIX")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return corpus.make(tmp_path_factory.mktemp("fuzz") / "corpus")


def test_some_mutations_end_in_a_value_or_a_sentence(made):
    report = campaign.run(made, plan(600, list(TARGETS)))
    assert not report.findings, report
    assert report.count >= 600
    assert all(ways["value"] > 0 for ways in report.ended.values()), report


@pytest.mark.slow
def test_20_000_mutations_end_in_a_value_or_a_sentence(made):
    report = campaign.run(made, plan(COUNT, list(TARGETS)))
    assert not report.findings, report
    assert report.count >= 20_000
