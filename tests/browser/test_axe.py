"""No finding of axe-core on any page, in light and dark, minor and moderate ones included.

axe-core (MPL-2.0) is fetched as npm packs it, by exact version and digest; it is no part of this
repository.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

from playwright.sync_api import expect

from pages.learn.course import LESSONS
from tests.browser.acts import ready

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"  # of axe.min.js
# Every page there is, by its address, which is its folder's name; then states that draw more.
NAMES = sorted(file.parent.name for file in (ROOT / "pages").glob("*/page.py"))
PAGES = [
    *("" if name == "inspect" else name for name in NAMES),
    "?sample=pan+right",
    "?sample=barber+pole",
    "attention?stage=2&mode=motion",
    "ablation?ablate=clip%3Dmean",
    "ablation?analysis=Over+many+clips&kept=a~lsh%3Dfull",
    "ablation?analysis=Take+from+another+clip&taken=pan+right",
    "model?show=Sizes",
    "model?show=Checkpoint",
    "model?show=Load+another",
    "model?model=nothing&show=nothing",
    "learn?lesson=hashing&present=1&step=2",
    "learn?lesson=hashing&present=1&step=5",
    "learn?lesson=patches&solutions=hidden&answers=1ab",
    *(f"learn?lesson={lesson.key}&vote=A&guess5=1&look=1" for lesson in LESSONS),
]
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] })
  return violations.flatMap((v) => v.nodes.map((n) =>
    [v.id, n.target.flat().join(" >> "), n.html.slice(0, 200), n.failureSummary]))
}"""


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The source of axe-core.

    Without npm, or where it reaches no registry, a test skips and says why; with
    SCT_REQUIRE_BROWSER=1 it fails.
    """
    folder = tmp_path_factory.mktemp("axe")
    if shutil.which("npm") is None:
        absent("no npm found; on Debian: apt-get install npm")
    command = ["npm", "pack", f"axe-core@{VERSION}", "--silent", "--prefer-offline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        absent(f"npm could not fetch axe-core {VERSION}: {done.stderr.strip()[-200:]}")
    with tarfile.open(folder / f"axe-core-{VERSION}.tgz") as packed:
        source = packed.extractfile("package/axe.min.js").read()
    assert hashlib.sha256(source).hexdigest() == SHA256
    return source.decode()


def absent(reason):
    if os.environ.get("SCT_REQUIRE_BROWSER") == "1":
        pytest.fail(f"SCT_REQUIRE_BROWSER=1, but {reason}", pytrace=False)
    pytest.skip(reason)


def findings(page):
    """What stays found: colours fade for a moment after the theme has changed."""
    for _ in range(4):
        found = page.evaluate(RUN)
        if not found:
            break
        page.wait_for_timeout(700)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(path, address, new_page, axe):
    page = new_page(reduced_motion="reduce")
    page.goto(f"{address}/{path}")
    ready(page)
    page.evaluate(axe)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        said = "\n".join("\n  ".join(finding) for finding in findings(page))
        assert not said, f"{path} in {scheme}:\n{said}"


def test_axe_would_find_something(address, new_page, axe):
    page = new_page()
    page.set_content(
        "<html lang=en><title>t</title><main><h1>t</h1><h3>too deep</h3>"
        "<p style='color:#999'>faint</p></main>"
    )
    page.evaluate(axe)
    assert sorted(f[0] for f in findings(page)) == ["color-contrast", "heading-order"]
