"""Fixtures that more than one folder of tests needs."""

import os
import shutil

import pytest
import torch

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read when Triton is imported: kernels then run on a CPU

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
