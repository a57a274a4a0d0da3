"""What is taken away plays where it is taken: in a browser."""

import base64
import os
import re
from pathlib import Path

import av
import pytest

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.acts import open_exports

expect.set_options(timeout=120_000)

pytestmark = pytest.mark.browser

_PLAY = """async (data) => {
  const video = document.createElement("video")
  video.muted = true
  document.body.append(video)
  const failed = new Promise((_, no) => {
    video.onerror = () => no(new Error(video.error.message))
  })
  const ended = new Promise((yes) => { video.onended = yes })
  video.src = `data:video/mp4;base64,${data}`
  await Promise.race([video.play(), failed])
  await Promise.race([ended, failed])
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight)
  const pen = canvas.getContext("2d")
  pen.drawImage(video, 0, 0)
  const at = (x, y) => Array.from(pen.getImageData(x, y, 1, 1).data)
  return { width: video.videoWidth, height: video.videoHeight, seconds: video.duration,
           time: video.currentTime, corner: at(4, 4) }
}"""


def test_the_mp4_of_the_filmstrip_plays_in_a_video_element(address, new_page, tmp_path):
    page = new_page()
    page.goto(f"{address}/?sample=pan+left&scene=3")
    open_exports(page)
    page.get_by_role("button", name="Make MP4").click()
    link = page.get_by_role("button", name=re.compile(r"MP4, \d"))
    expect(link).to_be_visible()
    with page.expect_download() as waiting:
        link.click()
    path = tmp_path / "strip.mp4"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename == "pan-left-seed-3-figure4.mp4"
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        size = stream.width, stream.height
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert stream.frames == 8

    blank = new_page()
    blank.goto(f"{address}/_stcore/health")  # a page of this server that runs no script
    found = blank.evaluate(_PLAY, base64.b64encode(path.read_bytes()).decode())
    assert (found["width"], found["height"]) == size
    assert found["seconds"] == pytest.approx(2, abs=0.01)
    assert found["time"] == pytest.approx(found["seconds"], abs=0.01)  # it played to its end
    want = (16, 21, 26)  # the paper that views are drawn on
    assert all(abs(a - b) <= 6 for a, b in zip(found["corner"][:3], want, strict=True))


def test_the_filmstrip_goes_as_a_picture_as_numbers_and_as_a_report(address, new_page):
    page = new_page()
    page.goto(f"{address}/?sample=pan+left&scene=3")
    open_exports(page)
    for name, start in (
        ("PNG", b"\x89PNG"),
        ("CSV", b"frame,seconds"),
        ("NPZ", b"PK"),
        (re.compile(r"report, \d"), b"<!doctype html>"),
    ):
        if not isinstance(name, str):
            page.get_by_role("button", name="Make report").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name, exact=True).click()
        with open(waiting.value.path(), "rb") as file:
            assert file.read(len(start)) == start


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("attention?stage=2&mode=motion", "motion"),
        ("attention?stage=2&head=max", "attention"),
        ("buckets?token1=9,20", "buckets"),
    ],
)
def test_an_overlay_played_through_the_clip_decodes_and_plays(
    path, name, address, new_page, tmp_path
):
    page = new_page()
    page.goto(f"{address}/{path}&sample=pan+left&scene=3")
    expect(page.locator("canvas.right")).to_be_visible()
    open_exports(page)
    page.get_by_role("button", name="Make MP4").click()
    link = page.get_by_role("button", name=re.compile(r"MP4, \d"))
    expect(link).to_be_visible()
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename == f"pan-left-seed-3-{name}.mp4"
    data = base64.b64encode(Path(waiting.value.path()).read_bytes()).decode()
    blank = new_page()
    blank.goto(f"{address}/_stcore/health")
    found = blank.evaluate(_PLAY, data)
    assert found["time"] == pytest.approx(found["seconds"], abs=0.01)
    for kind, start in (("PNG", b"\x89PNG"), ("CSV", b"frame,seconds"), ("NPZ", b"PK")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=kind, exact=True).click()
        assert Path(waiting.value.path()).read_bytes().startswith(start)
    if name != "motion":  # a GIF takes seconds, and is made alike
        return
    page.get_by_role("button", name="Make GIF").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile(r"GIF, \d")).click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"GIF89a")
