"""A real Caddy under our Caddyfile, before two small servers: what goes through it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy import chroot
from tests.deploy.dockerfile import ROOT


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a client sees, by `behind_caddy.py`, where ports 80 and 443 are free for it."""
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed (Debian: apt-get install caddy)")
    if reason := chroot.missing():
        pytest.skip(f"no network of its own can be made: {reason}")
    folder = tmp_path_factory.mktemp("caddy")
    (folder / "hosts").write_text("127.0.0.1 localhost app\n127.0.0.2 app\n")
    enter = 'ip link set lo up; mount --bind "$0/hosts" /etc/hosts; exec "$@"'
    script = Path(__file__).with_name("behind_caddy.py")
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-ec", enter]
        + [str(folder)]
        + [sys.executable, str(script), str(ROOT / "Caddyfile"), str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    # It would change whom this machine trusts, and take seconds.
    assert "installing root certificate" not in done.stderr
    return json.loads(done.stdout)


def test_all_goes_by_tls(seen):
    assert seen["plain"] == 308
    assert "max-age" in seen["headers"]["Strict-Transport-Security"]
    assert "Caddy" not in seen["headers"].get("Server", "")


def test_new_visitors_are_spread_and_then_stay_with_their_replica(seen):
    """Requests and websockets alike, and also after someone sent what is too large."""
    assert seen["replicas"] == ["127.0.0.1", "127.0.0.2"] and seen["strays"] == 0


def test_what_is_for_the_operator_does_not_go_through(seen):
    assert seen["inside"] == [404, 404]


def test_an_upload_past_the_limit_is_turned_away(seen):
    assert seen["small"] == [200, "1000"]
    # Caddy 2.6, as Debian has it, calls it a bad gateway.
    assert set(seen["large"]) <= {413, 502}
