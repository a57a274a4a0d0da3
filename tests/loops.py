"""Event loops of their own for tests of asynchronous code."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def run_async(task):
    """Run a coroutine to its end in a fresh thread; return its result.

    Playwright keeps a loop running in the main thread from the first browser test to the last test
    of all, and `asyncio.run` refuses to work beside it.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, task).result()
