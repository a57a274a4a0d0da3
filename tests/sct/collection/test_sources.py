import os

import pytest

from sct.collection.sources import Part, find
from sct.errors import DataError
from sct.questions import Question
from tests.sct.cli.hostile import EVIL_NAME

ASKED = (
    Question("camera", 0, 2, ("static", "pan left")),
    Question("subject", 2, 4, ("none", "moves up")),
)


def touch(path, data=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_gives_its_videos_by_name_and_its_class_folders_say_what_is_right(tmp_path):
    for name in ("b.mp4", "pan_left/a.mov", "moves up/static/c.mkv", "notes.txt", "other/d.gif"):
        touch(tmp_path / name)
    found = find(str(tmp_path), ASKED)
    assert found.root == str(tmp_path)
    said = {item.name: item.parts[0].known for item in found.items}
    assert said == {
        "b.mp4": (None, None),
        "moves up/static/c.mkv": ("static", "moves up"),
        "other/d.gif": (None, None),
        "pan_left/a.mov": ("pan left", None),
    }
    assert list(said) == sorted(said)


def test_a_pattern_gives_what_fits_below_its_fixed_part(tmp_path, monkeypatch):
    for name in ("x/a.mp4", "x/y/b.mp4", "x/y/c.txt", "z/d.mp4"):
        touch(tmp_path / name)
    found = find(str(tmp_path / "x" / "**" / "*"), ASKED)
    assert found.root == str(tmp_path / "x")
    assert [item.name for item in found.items] == ["a.mp4", "y/b.mp4"]
    monkeypatch.chdir(tmp_path)
    again = find("x/**/*.mp4", ASKED)
    assert (again.root, again.items) == (found.root, found.items)
    assert [item.name for item in find("x/a.mp4", ASKED).items] == ["a.mp4"]


def test_a_list_gives_labels_parts_and_what_is_missing(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        touch(tmp_path / name)
    manifest = touch(
        tmp_path / "list.csv",
        b"path,label,start,end\nb.mp4,pan left,2,4\nb.mp4,none,0,1\n"
        b"a.mp4,waves,,\ngone.mp4,none,,\n",
    )
    found = find(str(manifest), ASKED)
    assert found.root == str(tmp_path) and found.unknown == ("waves",)
    a, b, gone = found.items
    assert a.parts == (Part(0.0, None, (None, None)),)
    assert b.parts == (
        Part(0.0, 1.0, (None, "none")),
        Part(2.0, 4.0, ("pan left", None)),
    )
    assert (gone.name, gone.error, gone.parts) == ("gone.mp4", "There is no such file.", ())


def test_a_list_may_have_a_column_for_each_question(tmp_path):
    touch(tmp_path / "a.mp4")
    manifest = touch(tmp_path / "list.csv", b"path,camera,subject\na.mp4,static,moves up\n")
    assert find(str(manifest), ASKED).items[0].parts[0].known == ("static", "moves up")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"path,label\ngone.mp4,a\n", "None of the 1 files"),
        (b"path,label,left,top,right,bottom\na.mp4,b,0,0,0.5,1\n", "parts of pictures"),
        (b"file,what\na.mp4,b\n", "no column"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(tmp_path, text, said):
    touch(tmp_path / "a.mp4")
    with pytest.raises(DataError, match=said):
        find(str(touch(tmp_path / "list.csv", text)), ASKED)


def test_nothing_is_refused_by_name(tmp_path):
    for source in (tmp_path, tmp_path / "*.mp4"):
        with pytest.raises(DataError, match="There is no video in"):
            find(str(source), ASKED)
    for source in ("gone", "x" * 5000, "motion"):
        with pytest.raises(DataError, match="There is no folder, list or video"):
            find(source, ASKED)


@pytest.mark.skipif(os.name != "posix", reason="names of bytes")
def test_a_name_that_is_no_text_becomes_some(tmp_path):
    file = touch(tmp_path / f"{EVIL_NAME}.mp4")
    (item,) = find(str(tmp_path), ASKED).items
    assert item.path == str(file) and item.name.encode("utf-8").startswith(b"clip\\xff")
