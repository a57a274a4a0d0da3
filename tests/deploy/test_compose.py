"""What compose.yaml and the Caddyfile say: what is open to whom, and that limits agree."""

import re
import shutil
import subprocess

import pytest

from sct.video.sources import Limits
from tests.deploy.dockerfile import ROOT, stages

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed (requirements-dev.txt)")
IMAGE = stages((ROOT / "Dockerfile").read_text())[-1]
CADDYFILE = (ROOT / "Caddyfile").read_text()


@pytest.fixture
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_only_caddy_has_published_ports(compose):
    services = compose["services"]
    published = {name: each["ports"] for name, each in services.items() if "ports" in each}
    assert published == {"caddy": ["80:80", "443:443", "443:443/udp"]}
    assert services["app"]["expose"] == [IMAGE.last("EXPOSE")]
    assert not any("network_mode" in each or "privileged" in each for each in services.values())


def test_the_app_cannot_reach_the_network(compose):
    assert compose["services"]["app"]["networks"] == ["inside"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert "inside" in compose["services"]["caddy"]["networks"]


def test_each_service_may_do_as_little_as_can_be(compose):
    for each in compose["services"].values():
        assert each["read_only"] is True and each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in compose["services"]["app"]
    assert compose["services"]["app"]["init"] is True


def test_the_app_can_write_where_it_must(compose):
    places = dict(each.split(":", 1) for each in compose["services"]["app"]["tmpfs"])
    home = dict(IMAGE.pairs("ENV"))["HOME"]
    assert set(places) == {"/tmp", home} and f"uid={IMAGE.last('USER')}" in places[home]


def test_the_build_argument_is_that_of_the_dockerfile(compose):
    build = stages((ROOT / "Dockerfile").read_text())[0]
    asked = compose["services"]["app"]["build"]["args"]
    assert asked == {name: f"${{{name}-{value}}}" for name, value in build.pairs("ARG")}


def test_caddy_takes_a_file_of_the_largest_size_and_no_more(compose):
    (limit,) = set(re.findall(r"\bUPLOAD_LIMIT:-?(\d+)MiB", f"{CADDYFILE}{compose}"))
    assert Limits.megabytes < int(limit) <= 1.1 * Limits.megabytes


def test_variables_of_the_caddyfile_are_handed_to_it(compose):
    used = set(re.findall(r"\{\$(\w+)", CADDYFILE))
    given = set(compose["services"]["caddy"]["environment"])
    # The name of the app is one that only a test need change.
    assert used - given == {"UPSTREAM"} and given <= used


def test_a_visitor_stays_with_one_replica():
    assert "lb_policy cookie" in CADDYFILE
    assert f"dynamic a {{$UPSTREAM:app}} {IMAGE.last('EXPOSE')}" in CADDYFILE


def test_caddy_takes_the_file():
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed")
    command = ["caddy", "adapt", "--config", str(ROOT / "Caddyfile"), "--validate"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
