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
    ("text", "known"),
    [
        (b"path\na b.mp4\nc.mp4\n", [(None, None)] * 2),
        (b"path,start,end\na b.mp4,0,1\nc.mp4,,\n", [(None, None)] * 2),
        (b"path,label\na b.mp4,\nc.mp4,static\n", [(None, None), ("static", None)]),
        (
            b"path,camera,subject\na b.mp4,,none\nc.mp4,static,\n",
            [(None, "none"), ("static", None)],
        ),
        (b"path,camera,subject\na b.mp4,,\nc.mp4,,\n", [(None, None)] * 2),
        (b"path,label\na b.mp4,static\na b.mp4,none\nc.mp4,\n", [("static", "none"), (None,) * 2]),
    ],
)
def test_a_list_needs_no_labels(tmp_path, text, known):
    for name in ("a b.mp4", "c.mp4"):
        touch(tmp_path / name)
    found = find(str(touch(tmp_path / "list.csv", text)), ASKED)
    assert [item.name for item in found.items] == ["a b.mp4", "c.mp4"]
    assert [item.parts[0].known for item in found.items] == known
    assert found.unknown == () and not any(item.error for item in found.items)
    named = b"label" in text or b"camera" in text
    note = '"list.csv" has no column "label" or "camera" or "subject", so no right label is known.'
    assert found.notes == (() if named else (note,))


def test_what_is_missing_is_a_row_wherever_it_was_to_be(tmp_path):
    manifest = tmp_path / "list/list.csv"
    touch(manifest.parent / "a.mp4")
    names = ("gone.mp4", "../gone.mp4", f"{tmp_path}/out/gone.mp4", f"{manifest.parent}/in.mp4")
    rows = "".join(f"{name},static\n" for name in ("a.mp4", *names, "gone.mp4"))
    touch(manifest, f"path,label\n{rows}".encode())
    first = {item.name: item for item in find(str(manifest), ASKED).items}
    missing = {name for name, item in first.items() if item.error == "There is no such file."}
    assert missing == {"gone.mp4", "in.mp4", f"{tmp_path}/gone.mp4", f"{tmp_path}/out/gone.mp4"}
    for name in names:
        touch(manifest.parent / name)
    for item in find(str(manifest), ASKED).items:
        assert item.error == "" and (item.asked != first[item.name].asked) == (item.name in missing)


def test_a_folder_that_is_called_as_a_video_and_holds_none_is_left_to_whoever_reads_it(tmp_path):
    folder = tmp_path / "videos"
    touch(folder / "empty.mp4/notes.txt")
    touch(folder / "more.mp4/a.mp4")
    touch(folder / "written.mp4/0001.jpg")
    touch(folder / ".hidden/b.mp4/notes.txt")
    (folder / "link.mp4").symlink_to("empty.mp4")
    manifest = touch(folder / "list.csv", b"path\nempty.mp4\n")
    for source, names in (
        (folder, ["empty.mp4", "more.mp4/a.mp4"]),
        (folder / "*.mp4", ["empty.mp4"]),
        (manifest, ["empty.mp4"]),
    ):
        found = find(str(source), ASKED).items
        assert [(item.name, item.error) for item in found] == [(name, "") for name in names]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"path,label\ngone.mp4,a\n", "No file that .* names is there"),
        (b"path,label\n/gone/a.mp4,a\n", "No file that .* names is there"),
        (b"path,label\n", "no rows"),
        (b"path,label\n,a\n", "Row 2 of .* has no path"),
        (b"path,label,start,end\na.mp4,a,2,1\n", "Row 2 of .* the start before the end"),
        (b"path,label\na.mp4,static\na.mp4,pan left\n", "Rows 2 and 3 of .* two labels"),
        (b"path,label,left,top,right,bottom\na.mp4,b,0,0,0.5,1\n", "parts of pictures"),
        (b"where,what\na.mp4,b\n", "no column"),
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
