"""Looks for what axe-core finds, also what it calls minor or moderate.

axe-core (MPL-2.0) is fetched as npm packs it, by exact version and digest; it is no part of this
repository.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile

import pytest

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"  # of axe.min.js
COLOURS = ["color-contrast", "link-in-text-block"]  # what another theme can change
RUN = """async (rules) => {
  const only = rules ? { runOnly: rules } : {}
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...only })
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


def findings(page, rules=None):
    """What stays found: colours fade for a moment after the theme has changed."""
    for _ in range(4):
        found = page.evaluate(RUN, rules)
        if not found:
            break
        page.wait_for_timeout(700)
    return found


def audit(page, axe):
    """Fail of what is found on a page in light and dark, of which dark is about colours alone."""
    from playwright.sync_api import expect

    page.evaluate(axe)
    for scheme, rules in (("light", None), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        said = "\n".join("\n  ".join(finding) for finding in findings(page, rules))
        assert not said, f"{page.url} in {scheme}:\n{said}"
