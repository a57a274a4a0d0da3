"""A clip of a run is the clip of all pages, by a click or by a link."""

import numpy as np
import pytest

from pages.cache import decoding
from sct.collection.runs import open_run
from sct.video.mp4 import write_mp4
from tests.sct.collection.made import header_of, write_clips


@pytest.fixture
def videos(tmp_path, runs):
    folder = tmp_path / "videos"
    folder.mkdir()
    names, strips = write_clips(folder, 3)
    runs(rows=3, header=header_of(folder), files=names, strips=strips)
    return folder, names


def link(name, **more):
    asked = {"source": "Collection", "of_run": "shoot", "file": name, "at": "0.2", "step": "0.1"}
    return {**asked, **more, "sample": None}


def test_a_link_opens_a_window_of_a_file(videos, open_app, clip_player, check):
    _, names = videos
    at = open_app(**link(names[1], model="sct-scene"))
    facts = " ".join(h.value for h in at.main.get("html"))
    assert names[1] in facts and not at.error
    times = clip_player(at)[0]["times"]
    assert times[0] == pytest.approx(0.2, abs=0.05) and len(times) == 8
    assert at.number_input(key="at field").value == 0.2
    assert at.segmented_control(key="source").value == "Collection"
    # It is the clip of other pages, and stays in the address until another one is chosen.
    check(at.switch_page("../attention/page.py").run())
    assert not at.error and at.query_params["file"] == names[1]
    at.number_input(key="at field").set_value(0.4)
    check(at.run())
    assert at.query_params["at"] == "0.4"
    at.segmented_control(key="source").set_value("Sample")
    check(at.run())
    assert not {"file", "of_run", "at", "step"} & set(at.query_params)


def test_a_window_late_in_a_long_video_and_a_short_stride_are_taken(
    runs, open_app, clip_player, monkeypatch, tmp_path
):
    write_mp4(np.zeros((660, 32, 32, 3), np.uint8), tmp_path / "long.mp4", fps=1)
    runs(rows=1, header=header_of(tmp_path), files=["long.mp4"])
    asked = link("long.mp4", at="650.2", step="0.005")
    monkeypatch.setenv("SCT_MAX_MINUTES", "12")
    decoding._decoders.clear()  # which have the limits that they began with
    at = open_app(**asked)
    decoding._decoders.clear()
    assert not at.error
    assert at.number_input(key="at field").value == 650.2
    assert at.number_input(key="step field").value == 0.005
    assert clip_player(at)[0]["times"][0] == pytest.approx(650.2, abs=1)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"file": "../secret.mp4"}, "has no file"),
        ({"file": "nothing.mp4"}, "has no file"),
        ({"file": ""}, "has no file"),
        ({"of_run": "../runs/shoot"}, "no run"),
        ({"of_run": "elsewhere"}, "no run"),
    ],
)
def test_what_is_no_file_of_a_run_is_not_opened(change, word, videos, open_app):
    at = open_app(**link(videos[1][0], **change))
    assert word in at.error[0].value and len(at.error) == 1


def test_a_file_that_went_away_or_leads_out_is_said(videos, open_app, check, tmp_path):
    folder, names = videos
    at = open_app(**link(names[0]))
    assert not at.error
    (folder / names[0]).unlink()
    check(at.run())
    assert "not there any more" in at.error[0].value
    (tmp_path / "secret.mp4").write_bytes((folder / names[1]).read_bytes())
    (folder / names[0]).symlink_to(tmp_path / "secret.mp4")
    check(at.run())
    assert "outside of its folder" in at.error[0].value


def test_a_file_is_read_as_what_it_is_then(videos, monkeypatch, tmp_path):
    import os

    from pages.cache.collections import file_of
    from sct.errors import ClipError

    folder, names = videos
    found = file_of("shoot", names[0])
    with found.open() as file:
        assert file.read() == (folder / names[0]).read_bytes() and found.size > 0
    path = folder / names[0]
    path.unlink()
    with pytest.raises(ClipError, match="not there any more"):
        found.open()
    os.mkfifo(path)  # which whoever opens it would wait for
    with pytest.raises(ClipError, match="not there any more"):
        found.open()
    assert open_run(tmp_path / "runs/shoot.parquet").rows == 3
