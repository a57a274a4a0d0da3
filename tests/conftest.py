"""Fixtures that more than one folder of tests needs, and what runs beside what."""

import os
import shutil

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two processes that each take all cores for a product wait for each other more than they work.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read when Triton is imported: kernels then run on a CPU


@pytest.fixture(autouse=True)
def threads_as_before():
    """Give PyTorch as many threads after each test as before it, whatever the test has set.

    Two processes with two threads each on two cores wait for each other more than they work.
    """
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Let one process drive Chromium while another does all else, where there are two."""
    from xdist.scheduler import LoadScopeScheduling

    class TwoSides(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "browser" if file.startswith("tests/browser/") else file

    config.option.loadscopereorder = False  # what takes longest is among the first
    return TwoSides(config, log)


CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of the installed Chromium.

    Without one a test skips and says why, so that a user's run stays green; with
    SCT_REQUIRE_BROWSER=1, as in CI, it fails, so that no run passes by leaving browser tests out.
    """
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    reason = (
        f"no Chromium found (looked for {', '.join(CHROMIUM_NAMES)} on the PATH); "
        "on Debian: apt-get install chromium"
    )
    if os.environ.get("SCT_REQUIRE_BROWSER") == "1":
        pytest.fail(f"SCT_REQUIRE_BROWSER=1, but {reason}", pytrace=False)
    pytest.skip(reason)
