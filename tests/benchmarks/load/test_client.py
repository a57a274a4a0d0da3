"""A client against the real app: what it opens, clicks, sends and reads."""

import pytest

import sct
from benchmarks.load.client import Client
from benchmarks.load.server import serving
from benchmarks.load.walk import View, video, visit

pytestmark = pytest.mark.skipif(
    "sct-scene" not in sct.list_models(), reason="the default model is missing"
)


@pytest.fixture(scope="module")
def server():
    with serving() as found:
        yield found


@pytest.fixture
def two(server):
    found = [Client(server.address) for _ in range(2)]
    yield found
    for client in found:
        client.close()


def test_clicks_lead_to_what_a_link_shows(two, server):
    walker, linked = two
    assert walker.open(sample="car").said
    picked = walker.set("gallery", "json_value", {"sample": "heads"})
    assert picked.said == linked.open(sample="heads").said and not picked.wrong
    told = {"start": 1.0, "stride": 0.15, "edit": 1}
    moved = walker.set("timeline", "json_value", {"window": told})
    link = View(sample="heads", window=(1.0, 0.15), ablation="shifted=self")
    walker.set("ablate", "string_value", "shifted=self")
    ablated = walker.set("everywhere", "bool_value", True)
    assert ablated.said == visit(linked, link)[-1].said != moved.said != picked.said
    # Another sample has its own window again, as its fields in the browser have.
    again = walker.set("gallery", "json_value", {"sample": "car"})
    assert again.said == visit(linked, View(sample="car", ablation="shifted=self"))[-1].said
    assert walker.go("attention").said and walker.go("").said == again.said
    assert server.usage().mb > 100 and server.tracebacks() == 0


def test_a_file_is_sent_and_one_that_is_no_video_gets_a_box(two):
    walker, other = two
    view = View(sample="", upload="one.mp4")
    own = visit(walker, view)[-1]
    assert own.said and own.said == visit(other, view)[-1].said and not own.wrong
    refused = walker.upload("two.mp4", b"no video")
    assert [what for what in refused.wrong if what.startswith("box: ")] and not refused.said
    assert walker.upload("one.mp4", video("one.mp4")).said == own.said


def test_sessions_are_apart(two):
    one, other = two
    one.open(sample="car")
    other.open(sample="heads")
    assert one.session != other.session
    assert one.go("compare").said != other.go("compare").said
