import io
import zipfile

import pytest

import sct
from benchmarks.load import hostile_files, walk
from benchmarks.load.client import Page
from benchmarks.load.walk import Person, View
from pages.shell.router import PAGES
from sct.model.ablation import Ablation
from sct.samples.catalogue import samples


class Browser:
    """Notes what a person does."""

    def __init__(self):
        self.session, self.did = "", []

    def open(self, page="", **query):
        self.session = "one"
        self.did.append(("open", page, tuple(query.items())))
        return Page()

    def go(self, page):
        self.did.append(("go", page))
        return Page()

    def set(self, key, kind, value):
        told = dict(value["window"], edit=0) if "window" in value else value
        self.did.append((key, kind, str(told)))
        return Page()

    def upload(self, name, data):
        self.did.append(("upload", name, len(data)))
        return Page()

    def has(self, key):
        return True


def walked(seed, steps=60):
    person, browser = None, Browser()
    person = Person(browser, seed)
    views = []
    for _ in range(steps):
        person.act()
        views.append(person.view)
        assert walk.PAUSE_S[0] <= person.pause() <= walk.PAUSE_S[1]
    return browser.did, views


def test_a_walk_is_seeded_and_begins_by_opening_a_link():
    did, views = walked(1)
    assert walked(1) == (did, views) != walked(2)
    assert did[0][0] == "open"


def test_a_walk_does_all_there_is_to_do_and_asks_for_what_the_app_has():
    did, views = walked(3, 300)
    assert {each[0] for each in did} == {"open", "go", "gallery", "timeline", "upload"}
    pages = {"", *(folder for folder, _, _ in PAGES)}
    for view in views:
        assert view.page in pages and (view.upload or view.sample in samples())
        Ablation.parse(view.ablation or "none")
        assert view.window is None or samples()[view.sample].group == "real"
    assert {"frame", "ablate", "from"} <= {key for view in views for key in view.query()}


def test_nobody_takes_the_clip_of_the_lab_along():
    assert ("go", "motion_lab") not in walked(5, 300)[0]
    browser = Browser()
    person = Person(browser, 5)
    for _ in range(300):
        before, count = person.view.page, len(browser.did)
        person.act()
        assert before != "motion_lab" or browser.did[count][0] == "open"


def test_small_videos_are_read_and_differ(tmp_path):
    hashes = set()
    for name in walk.UPLOADS:
        (tmp_path / name).write_bytes(walk.video(name))
        clip = sct.read_clip(tmp_path / name, frames=8, stride=0.1)
        hashes.add(clip.hash)
        assert len(walk.video(name)) < 200_000
    assert len(hashes) == 3


def test_a_view_of_an_upload_is_reached_by_sending_it():
    browser = Browser()
    walk.visit(browser, View("attention", "", upload="one.mp4"))
    assert [each[0] for each in browser.did] == ["open", "upload", "go"]


@pytest.mark.parametrize("frames", [2])
def test_hostile_files_are_what_they_are_called(frames, tmp_path):
    for name, made in (
        ("a.gif", hostile_files.gif(128, frames)),
        ("a.mp4", hostile_files.h264(128, frames)),
    ):
        (tmp_path / name).write_bytes(made)
        clip = sct.read_clip(tmp_path / name, frames=8, stride=0.1)
        assert (clip.width, clip.height) == (128, 128)
    bomb = hostile_files.zip_bomb(20)
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        assert sum(info.file_size for info in archive.infolist()) > 500 * len(bomb)
