"""Tests of asynchronous code run in whatever order, after browser tests too."""

from pathlib import Path

import pytest

from tests.loops import run_async

TESTS = Path(__file__).parent


def test_a_loop_may_run_already():
    async def inner():
        return 7

    async def outer():
        return run_async(inner())

    assert run_async(outer()) == 7


@pytest.mark.parametrize("call", ["asyncio.run(", "run_until_complete("])
def test_no_test_runs_a_loop_in_the_main_thread(call):
    files = set(TESTS.rglob("*.py")) - {Path(__file__)}
    assert len(files) > 100
    assert [str(file.relative_to(TESTS)) for file in files if call in file.read_text("utf-8")] == []
