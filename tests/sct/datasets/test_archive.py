"""Archives that strangers pack: what is in them is read, and nothing else on the computer is."""

import io
import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from sct.datasets import archive
from sct.datasets.archive import ArchiveLimits, leads_out, opened
from sct.datasets.options import EvaluationOptions
from sct.datasets.sampling import load_views
from sct.errors import ClipError, DataError
from tests.sct.conftest import encode_video

FOUR = {"a/1.mp4": b"1", "a/2.mp4": b"22", "b/1.mp4": b"333", "b/2.mp4": b"4444"}


def packed(files, **more):
    """A .zip with files {name or ZipInfo: bytes}."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **more) as made:
        for name, data in files.items():
            made.writestr(name, data)
    out.seek(0)
    return out


def read(source, name="mine.zip", **more):
    with opened(source, name, **more) as found:
        dataset = found.dataset
        assert all(item.path.exists() for item in dataset.items)
        return found


def names(found):
    dataset = found.dataset
    return sorted((dataset.labels[i.label], i.path.name) for i in dataset.items)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where temporary folders are made; there is nothing in it afterwards."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())


def refusal(source, name="mine.zip", **more):
    with pytest.raises(DataError) as error, opened(source, name, **more):
        pass
    said = str(error.value)
    assert tempfile.gettempdir() not in said and "\n" not in said
    return said


def test_class_folders_are_read_and_gone_after_the_block(place):
    with opened(packed(FOUR), "walks.zip") as found:
        assert names(found) == [("a", "1.mp4"), ("a", "2.mp4"), ("b", "1.mp4"), ("b", "2.mp4")]
        assert found.dataset.name == "walks.zip" and found.split == "all"
        assert found.dataset.items[0].path.read_bytes() == b"1"
        assert list(place.iterdir())
    assert not list(place.iterdir())


def test_what_was_unpacked_is_gone_however_the_block_ends(place):
    with pytest.raises(KeyboardInterrupt), opened(packed(FOUR)):
        assert list(place.iterdir())
        raise KeyboardInterrupt
    assert not list(place.iterdir())


def test_a_path_is_read_like_bytes_and_other_data_is_left_as_it_is_named(tmp_path):
    path = tmp_path / "walks.zip"
    path.write_bytes(packed(FOUR).getvalue())
    with archive.opened_if_zip(str(path), EvaluationOptions(split="all")) as dataset:
        assert dataset.name == "walks.zip" and len(dataset) == 4
    for named in ("motion", str(tmp_path), str(tmp_path / "none.zip")):
        with archive.opened_if_zip(named, EvaluationOptions()) as same:
            assert same == named


def test_folders_of_frames_and_splits_are_known():
    frames = {f"{c}/{k}/{i:03d}.png": b"x" for c in "ab" for k in "12" for i in range(3)}
    assert names(read(packed(frames))) == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]
    split = {f"{side}/{name}": d for side in ("train", "test") for name, d in FOUR.items()}
    for i, name in enumerate(split):  # no file on both sides
        split[name] = bytes([i]) * 9
    found = read(packed({f"top/{name}": data for name, data in split.items()}))
    assert found.split == "test" and len(found.dataset) == 4


def test_a_list_is_read_wherever_it_lies():
    text = b"path,label\nv/1.mp4,walk\nv/2.mp4,run\nv/3.mp4,run\n"
    files = {"set/list.csv": text, "set/v/1.mp4": b"1", "set/v/2.mp4": b"2", "set/notes.txt": b""}
    found = read(packed(files))
    assert names(found) == [("run", "2.mp4"), ("walk", "1.mp4")]
    left = dict(found.dataset.left_out)
    assert left["v/3.mp4"] == "there is no such file" and "set/notes.txt" in left
    assert "several lists" in refusal(packed({**files, "set/other.csv": text}))
    table = read(packed({**FOUR, "a/about.csv": b"x,y\n1,2\n"}))  # of a class, and no list
    assert len(table.dataset) == 4 and "a/about.csv" in dict(table.dataset.left_out)


@pytest.mark.parametrize(
    "cell",
    ["/etc/hostname", "../../etc/hostname", "v/../../x.mp4", "C:\\x.mp4", "\\\\server\\x", "c:x"],
)
def test_a_list_leads_to_nothing_outside_and_does_not_tell_what_is_there(cell, tmp_path):
    there = tmp_path / "there.mp4"
    there.touch()
    said = set()
    for named in (cell, str(there), str(tmp_path / "not there.mp4")):
        text = f"path,label\nv/1.mp4,a\nv/2.mp4,b\n{named},b\n".encode()
        files = {"l.csv": text, "v/1.mp4": b"1", "v/2.mp4": b"2"}
        said.add(refusal(packed(files)).split("names")[0])
    assert said == {'Row 4 of "l.csv" '}


@pytest.mark.parametrize(
    "name",
    ["../a/1.mp4", "a/../../1.mp4", "/a/1.mp4", "\\a\\1.mp4", "..\\1.mp4", "C:\\1.mp4", "c:1.mp4",
     "\\\\server\\share\\1.mp4", "//server/share/1.mp4"],
)  # fmt: skip
def test_no_name_leads_out(name, tmp_path):
    assert leads_out(name)
    before = sorted(tmp_path.rglob("*"))
    assert "leads out of the archive" in refusal(packed({**FOUR, name: b"x"}))
    assert sorted(tmp_path.rglob("*")) == before


def test_backslashes_of_windows_are_folders():
    windows = packed({name.replace("/", "\\"): data for name, data in FOUR.items()})
    assert len(names(read(windows))) == 4
    assert not leads_out("a/b..c/1.mp4") and not leads_out("a/...")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_refused(kind):
    entry = zipfile.ZipInfo("a/link.mp4")
    entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
    assert "a link or a device" in refusal(packed({**FOUR, entry: b"/etc/hostname"}))


def test_a_bomb_is_refused_before_anything_is_written(place):
    bomb = packed({**FOUR, "a/0.mp4": bytes(64 << 20)}, compression=zipfile.ZIP_DEFLATED)
    assert "times its own size when unpacked; at most 100 times" in refusal(bomb)
    assert "at most 32 MB" in refusal(bomb, limits=ArchiveLimits(megabytes=32, times=10**6))
    assert "at most 3 are" in refusal(packed(FOUR), limits=ArchiveLimits(files=3))


def test_a_list_has_a_limit_of_rows():
    rows = "path,label\n" + "\n".join(f"{name},{name[0]}" for name in FOUR)
    listed = {**FOUR, "list.csv": rows.encode()}
    assert len(read(packed(listed), limits=ArchiveLimits(rows=5)).dataset) == 4
    said = refusal(packed(listed), limits=ArchiveLimits(rows=4))
    assert '"list.csv" in "mine.zip" has 5 rows; at most 4' in said


def test_an_archive_without_a_data_set_is_called_by_its_own_name():
    assert refusal(packed({"a.txt": b"x"})).startswith('"mine.zip" has no videos in class folders')


def test_a_size_that_lies_is_not_believed():
    # Both headers say ten bytes, and a megabyte is packed.
    made = packed({"a/0.mp4": bytes(1 << 20), **FOUR}, compression=zipfile.ZIP_DEFLATED)
    data = made.getvalue().replace(struct.pack("<L", 1 << 20), struct.pack("<L", 10))
    found = read(io.BytesIO(data))
    assert dict(found.dataset.left_out)["a/0.mp4"] == "it is damaged in the archive"
    assert len(found.dataset) == 4


def test_a_directory_is_measured_before_it_is_read(monkeypatch):
    many = packed({f"a/{i:060d}.mp4": b"" for i in range(60)})
    monkeypatch.setattr(zipfile, "ZipFile", None)  # which makes an object of each name
    assert "at most 5 files" in refusal(many, limits=ArchiveLimits(files=5))
    wide = many.getvalue()
    at = wide.rfind(b"PK\5\6")
    wide = wide[:at] + b"PK\6\7" + bytes(16) + wide[at:]  # says where another directory is
    assert "at most 20,000 files" in refusal(io.BytesIO(wide))


def test_a_comment_at_the_end_is_no_matter():
    made = packed(FOUR)
    with zipfile.ZipFile(made, "a") as more:
        more.comment = b"of a camera"
    made.seek(0)
    assert len(read(made).dataset) == 4


def test_archives_within_are_not_opened():
    inner = packed({"c/1.mp4": b"x"}).getvalue()
    found = read(packed({**FOUR, "c/more.zip": inner, "c/more.tar.gz": inner}))
    reasons = [why for name, why in found.dataset.left_out if name.startswith("c/")]
    assert reasons == ["an archive within an archive is not opened"] * 2
    assert found.dataset.labels == ("a", "b")


def test_a_locked_archive_is_refused():
    data = bytearray(packed(FOUR).getvalue())
    for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(mark)
        data[at + flags] |= 1
    assert "locked by a password" in refusal(io.BytesIO(bytes(data)))


@pytest.mark.parametrize("kind", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_what_is_packed_in_a_rare_way_is_refused(kind):
    assert "packed in a rare way" in refusal(packed(FOUR, compression=kind))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_are_there_twice_are_refused():
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as made:
        for name in (*FOUR, "a/1.mp4"):
            made.writestr(name, "x")
    assert '"a/1.mp4" twice' in refusal(twice)
    assert "twice" in refusal(packed({**FOUR, "a/caf\u00e9.mp4": b"", "a/cafe\u0301.mp4": b""}))
    assert "twice" in refusal(packed({**FOUR, "a/1.mp4/x.mp4": b""}))
    assert "twice" in refusal(packed({"a/1.mp4/x.mp4": b"", **FOUR}))
    assert "twice" in refusal(packed({**FOUR, "a//1.mp4": b"", "./a/3.mp4": b""}))


def test_names_in_odd_codes_are_read():
    odd = packed({"gehen/grün é.mp4": b"1", "laufen/1.mp4": b"2"}).getvalue()
    utf8 = bytearray(odd)
    for mark, flags in ((b"PK\3\4", 7), (b"PK\1\2", 9)):  # UTF-8, without saying so
        at = utf8.find(mark)
        while at >= 0:
            utf8[at + flags] &= ~8
            at = utf8.find(mark, at + 1)
    for data in (odd, bytes(utf8)):
        assert names(read(io.BytesIO(data)))[0] == ("gehen", "grün é.mp4")
    old = bytes(utf8).replace("grün é".encode(), b"gr\x81n \x82\xff\xfe")  # cp437 of DOS
    assert names(read(io.BytesIO(old)))[0][1].startswith("grün é")
    wrong = odd.replace("grün é".encode(), b"gr\xff\xfen \xff\xfe")
    assert "damaged .zip" in refusal(io.BytesIO(wrong))
    nul = odd.replace("grün é".encode(), b"\0../../x")
    assert "leads out" in refusal(io.BytesIO(nul))


@pytest.mark.parametrize("name", ["", "."])
def test_a_file_without_a_name_is_passed_over(name):
    data = bytearray(packed({**FOUR, ".": b"5"}).getvalue())
    if not name:  # which zipfile does not write: the one letter becomes more to be said of it
        at = data.rindex(b"PK\1\2")
        data[at + 28 : at + 32] = b"\0\0\1\0"
    assert names(read(io.BytesIO(data))) == names(read(packed(FOUR)))


def test_hostile_names_are_said_as_text_on_one_line():
    name = "a/\x1b[31m\n\u202egnp.\x07" + "x" * 150 + ".exe"
    found = read(packed({**FOUR, name: b"", "a/" + "y" * 250 + ".mp4": b""}))
    assert len(found.dataset.left_out) == 2
    long = "z" * 3000 + ".zip"
    assert len(refusal(packed({"a/1.mp4": b""}), long)) < 400


@pytest.mark.parametrize("cut", [0, 10, 60, 250])
def test_what_is_no_archive_or_cut_off_is_refused(cut):
    whole = packed(FOUR).getvalue()
    assert "no .zip, or is cut off" in refusal(io.BytesIO(whole[:cut]))
    assert "mine.zip" in refusal(io.BytesIO(b"PK\3\4" + bytes(1000) + whole[-22:]))


def test_empty_classes_are_named_and_one_class_is_too_few():
    found = read(packed({**FOUR, "c/": b"", "d/notes.txt": b""}))
    left = dict(found.dataset.left_out)
    assert left["c"] == "there is no clip in this folder" and found.dataset.labels == ("a", "b")
    assert left["d/notes.txt"] == "its ending is not a video's"
    assert 'one class only, "a"' in refusal(packed({"a/1.mp4": b"1", "a/2.mp4": b"2"}))
    assert "no videos in class folders" in refusal(packed({"a/x.txt": b"", "y.mp4": b""}))
    assert refusal(packed({}))


def test_what_systems_put_into_archives_is_nothing():
    mac = {f"__MACOSX/{name}": b"x" for name in FOUR} | {"a/._1.mp4": b"", "a/.DS_Store": b""}
    found = read(packed({**FOUR, **mac}))
    assert len(found.dataset) == 4 and not found.dataset.left_out


def test_a_damaged_file_is_named_and_the_others_are_read():
    data = packed(FOUR).getvalue().replace(b"4444", b"4445")  # its checksum is another
    found = read(io.BytesIO(data))
    assert dict(found.dataset.left_out) == {"b/2.mp4": "it is damaged in the archive"}
    assert len(found.dataset) == 3


def test_errors_in_the_block_name_files_as_the_archive_does():
    with pytest.raises(DataError) as error, opened(packed(FOUR), "walks.zip") as found:
        raise ValueError(f"cannot read {found.dataset.items[0].path}")
    assert str(error.value) == "cannot read walks/a/1.mp4"
    with pytest.raises(ClipError), opened(packed(FOUR)):
        raise ClipError("of a clip")


def test_what_a_killed_process_left_is_removed_after_a_day(place):
    old, fresh = place / "sct-set-old", place / "sct-set-new"
    for folder in (old, fresh):
        (folder / "a").mkdir(parents=True)
    os.utime(old, (1, 1))
    read(packed(FOUR))
    assert not old.exists() and fresh.exists()
    shutil.rmtree(fresh)


def test_what_a_killed_process_unpacked_is_removed(place, tmp_path):
    path = tmp_path / "walks.zip"
    path.write_bytes(packed(FOUR).getvalue())
    code = (
        "import os, signal, sys\nfrom sct.datasets.archive import opened\n"
        "with opened(sys.argv[1]) as found:\n"
        "    print(found.dataset.items[0].path, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL if os.name == 'posix' else signal.SIGTERM)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    environment = {**os.environ, "TMPDIR": str(place), "TEMP": str(place)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode and done.stdout.startswith(str(place))
    end = time.monotonic() + 60
    while list(place.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not list(place.iterdir())


def test_no_room_is_a_sentence(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 1))
    assert "no room" in refusal(packed(FOUR))


def test_real_videos_are_read_and_broken_ones_are_not():
    video = encode_video(12)
    files = {"a/1.mp4": video, "a/2.mp4": b"rubbish", "a/3.mp4": b"", "b/1.mp4": video[:-9] + b"x"}
    # A list of other files, under a video's name.
    files["b/2.mp4"] = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"
    with opened(packed(files)) as found:
        by_name = {"/".join(item.path.parts[-2:]): item for item in found.dataset.items}
        assert load_views(by_name["a/1.mp4"], 4, 32).shape == (1, 4, 3, 32, 32)
        for name in ("a/2.mp4", "a/3.mp4", "b/2.mp4"):
            with pytest.raises(ClipError) as error:
                load_views(by_name[name], 4, 32)
            assert str(Path(tempfile.gettempdir())) not in str(error.value)
