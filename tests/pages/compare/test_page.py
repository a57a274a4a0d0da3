"""Compare: two clips under the same settings; and the tray of clips that were looked at."""

import json

import pytest

from pages.state import tray
from viz.components.player.message import unpack


def all_of(node, name):
    """What the browser components `name` were given: protobufs, in their order."""
    found = []
    for child in getattr(node, "children", {}).values():
        if child.type == "bidi_component" and child.proto.component_name == name:
            found.append(child.proto)
        found += all_of(child, name)
    return found


def tray_of(at):
    """The tray as (names, key of the clip that is shown); None where there is none."""
    given = all_of(at.sidebar, "sct_tray")
    told = json.loads(given[0].json) if given else None
    return told and ([clip["name"] for clip in told["clips"]], told["shown"])


def names(at):
    told = (h.value.replace("\\", "") for h in at.main.header)
    return [text for text in told if text != "Where it looks"]


def upload(at, check, name, content):
    key = next(u.key for u in at.file_uploader if u.key.startswith("upload"))
    at.file_uploader(key=key).upload(name, content)
    return check(at.run())


def test_two_samples_stand_side_by_side_with_the_same_settings(open_app):
    at = open_app("compare", sample="car", beside="worker", every="0.25", head="1", frame="2")
    assert names(at) == ["Car", "Worker"]
    headers = [unpack(player.bytes)[0] for player in all_of(at.main, "sct_player")]
    assert len(headers) == 2
    for header in headers:
        assert header["step"] == "compare"
        assert (header["view"]["head"], header["view"]["frame"]) == ("1", 2)
        gaps = [b - a for a, b in zip(header["times"], header["times"][1:], strict=False)]
        assert sum(gaps) / len(gaps) == pytest.approx(0.25, abs=0.01)
    assert headers[0]["times"][0] != headers[1]["times"][0]  # each starts at its own
    answers = [h.value for h in at.main.get("html") if "sct-said" in h.value]
    assert len(answers) == 4 and answers[0] != answers[2]
    assert at.query_params["beside"] == "worker" and not at.warning


def test_a_link_may_name_a_scene_and_what_it_cannot_have_is_said(open_app):
    at = open_app("compare", beside="zoom in:7")
    assert names(at) == ["pan right", "zoom in, scene 7"] and not at.warning
    for wrong in ("nothing", "car:5:x", "zoom in:-1", "zoom in:1e9", "upload:0f", "<b>x</b>"):
        at = open_app("compare", beside=wrong)
        (notice,) = at.warning
        assert "Clip beside it" in notice.value and "<b>x" not in notice.value
        assert names(at)[0] == "pan right" and len(names(at)) == 2


def test_the_two_change_places(open_app, check):
    at = open_app("compare", sample="car", beside="worker")
    at.button(key="change_places").click()
    check(at.run())
    assert names(at) == ["Worker", "Car"]
    assert at.query_params["sample"] == "worker" and at.query_params["beside"] == "car"
    at.get_by_key("_beside").set_value("flower")
    check(at.run())
    assert names(at) == ["Worker", "Flower"]


def test_beside_it_is_the_clip_before_until_another_is_chosen(open_app, check):
    at = open_app("compare")
    at.number_input(key="scene").set_value(3)
    check(at.run())
    assert names(at) == ["pan right, scene 3", "pan right"]
    at.number_input(key="scene").set_value(4)
    check(at.run())
    assert names(at) == ["pan right, scene 4", "pan right, scene 3"]
    at.get_by_key("_beside").set_value("zoom in:8")
    check(at.run())
    at.number_input(key="scene").set_value(5)
    check(at.run())
    assert names(at) == ["pan right, scene 5", "zoom in"]


def test_the_ablation_and_the_question_are_those_of_both(open_app):
    at = open_app("compare", beside="zoom in:3", ablate="shifted=off", everywhere="true")
    assert "ablated" in at.warning[0].value
    assert not all_of(at.main, "sct_player")
    assert len(at.info) == 2 and all("Switch it on again" in each.value for each in at.info)


def test_the_tray_comes_with_the_second_clip_and_is_bounded(open_app, check, film):
    at = open_app()
    assert tray_of(at) is None
    for scene in range(1, 8):
        at.number_input(key="scene").set_value(scene)
        check(at.run())
    shown, key = tray_of(at)
    assert shown == [f"pan right, scene {scene}" for scene in range(7, 1, -1)]
    assert key == "pan right:7"
    at.get_by_key("source").set_value("Lab")
    check(at.run())
    assert tray_of(at)[0][:2] == ["Motion lab", "pan right, scene 7"] and len(tray_of(at)[0]) == 6


def test_uploads_are_kept_within_a_bound_and_come_back(open_app, check, film, monkeypatch):
    first, second = film("one.mp4").read_bytes(), film("two.mp4", speed=1).read_bytes()
    at = open_app(source="Upload")
    assert tray_of(at) is None
    upload(at, check, "one.mp4", first)
    upload(at, check, "<b>two</b>.mp4", second)
    shown, key = tray_of(at)
    assert shown == ["<b>two</b>.mp4", "one.mp4"]  # set as text in the browser
    check(at.switch_page("../compare/page.py").run())
    assert names(at) == ["<b>two</b>.mp4", "one.mp4"]
    assert "beside" not in at.query_params  # a link cannot carry it
    at.button(key="change_places").click()
    check(at.run())
    assert names(at)[0] == "one.mp4" and tray_of(at)[1] != key
    assert any("Still here: one" in c.value for c in at.sidebar.caption)
    monkeypatch.setattr(tray, "BYTES", len(first) + len(second))
    upload(at, check, "three.mp4", film("three.mp4", speed=2).read_bytes())
    kept = tray_of(at)[0]
    assert kept[0] == "three.mp4" and len(kept) < 3


def test_a_clip_that_cannot_be_read_is_a_sentence_and_is_not_in_the_tray(open_app, check, film):
    at = open_app(source="Upload")
    upload(at, check, "broken.mp4", b"no video")
    assert at.error and tray_of(at) is None
    upload(at, check, "fine.mp4", film().read_bytes())
    assert tray_of(at) is None and not at.error
    upload(at, check, "broken.mp4", b"no video")
    assert at.error and tray_of(at)[0] == ["fine.mp4"]  # the way back
