"""No file is learned from and tested on, by whatever names and in whatever parts it is listed."""

import csv
import os

import pytest

from sct.datasets.dataset import open_dataset
from sct.datasets.leaks import copies
from sct.datasets.leaks.real_files import joined
from sct.datasets.options import ReadOptions
from sct.errors import DataError


def written(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or str(path))
    return path


def listed(folder, header, rows):
    with open(folder / "list.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return folder / "list.csv"


@pytest.fixture
def folder(tmp_path):
    """Two videos and other names for the first: a link, a hard link and a folder that is a link."""
    for name in ("d/1.mp4", "d/2.mp4", "d/3.mp4"):
        written(tmp_path / name)
    (tmp_path / "link.mp4").symlink_to(tmp_path / "d" / "1.mp4")
    os.link(tmp_path / "d" / "1.mp4", tmp_path / "hard.mp4")
    (tmp_path / "again").symlink_to(tmp_path / "d")
    return tmp_path


SPELT = ("d/1.mp4", "./d/1.mp4", "d//1.mp4", "again/../d/1.mp4", "link.mp4", "hard.mp4")
SPELT += ("again/1.mp4", "d\\1.mp4")


# -- splits that a data set has --------------------------------------------------------------------


@pytest.mark.parametrize("other", SPELT)
@pytest.mark.parametrize("split", ["test", "val"])
def test_a_split_column_that_leaks_is_refused_with_the_names(folder, other, split):
    rows = [("d/1.mp4", "a", "train"), ("d/2.mp4", "b", "train"), (other, "a", split)]
    spec = listed(folder, "path,label,split", [*rows, ("d/3.mp4", "b", split)])
    for part in ("train", "test", "all"):
        with pytest.raises(DataError, match="a file both into training and into") as error:
            open_dataset(spec, part)
        other = other.replace("\\", "/")
        assert all(f'"{name}"' in str(error.value) for name in ("d/1.mp4", other))


def test_absolute_paths_and_parts_leak_too(folder):
    rows = [("d/1.mp4", "a", "train", 0, 1), (folder / "d/1.mp4", "b", "test", 1, 2)]
    spec = listed(folder, "path,label,split,start,end", [*rows, ("d/2.mp4", "b", "train", 0, 1)])
    with pytest.raises(DataError, match="both into training"):
        open_dataset(spec)


def test_files_may_be_for_validation_and_testing_and_other_files_may_be_alike(folder):
    rows = [("d/1.mp4", "a", "train"), ("d/2.mp4", "b", "train"), ("d/3.mp4", "a", "val")]
    found = open_dataset(listed(folder, "path,label,split", [*rows, ("./d/3.mp4", "a", "test")]))
    assert len(found) == 4 and found.notes == ()
    assert open_dataset(listed(folder, "path,label,split", rows), "test").counts["a"] == 1


def test_many_files_that_leak_are_counted(tmp_path):
    rows = []
    for i in range(5):
        written(tmp_path / f"{i}.mp4")
        rows += [(f"{i}.mp4", "ab"[i % 2], part) for part in ("train", "test")]
    with pytest.raises(
        DataError, match=r'puts 5 files both .*: "0\.mp4"; "1\.mp4"; "2\.mp4"; and 2 more\.$'
    ):
        open_dataset(listed(tmp_path, "path,label,split", rows))


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_folders_of_splits_that_leak_are_refused(tmp_path, link):
    for name in ("train/a/1.mp4", "train/b/2.mp4", "val/a/3.mp4", "val/b/4.mp4"):
        written(tmp_path / name)
    assert len(open_dataset(tmp_path)) == 4
    link(tmp_path / "train" / "a" / "1.mp4", tmp_path / "val" / "a" / "1.mp4")
    with pytest.raises(DataError, match=r'"train/a/1.mp4" and "val/a/1.mp4"'):
        open_dataset(tmp_path, "test")


def test_official_lists_that_leak_are_refused(tmp_path):
    for label in ("A", "B"):
        for i in (1, 2):
            written(tmp_path / label / f"v_{label}_g0{i}_c01.avi")
    for part, groups in (("train", "1"), ("test", "2")):
        lines = [f"{label}/v_{label}_g0{i}_c01.avi" for label in "AB" for i in groups]
        (tmp_path / f"{part}list01.txt").write_text("\n".join(lines))
    assert len(open_dataset(f"ucf101:{tmp_path}", "test")) == 2
    (tmp_path / "A" / "v_A_g02_c01.avi").unlink()
    (tmp_path / "A" / "v_A_g02_c01.avi").symlink_to("v_A_g01_c01.avi")
    with pytest.raises(DataError, match=r'"A/v_A_g01_c01.avi" and "A/v_A_g02_c01.avi"'):
        open_dataset(f"ucf101:{tmp_path}", "test")


def test_kinetics_lists_of_two_files_that_share_a_video_are_refused(tmp_path):
    header = "label,youtube_id,time_start,time_end,split"
    for name in ("one", "two", "three"):
        written(tmp_path / f"{name}.mp4")
    for part, rows in (
        ("train", [("a", "one", 0, 10, "train"), ("b", "two", 0, 10, "train")]),
        ("val", [("a", "one", 30, 40, "validate"), ("b", "three", 0, 10, "validate")]),
    ):
        listed(tmp_path, header, rows).rename(tmp_path / f"{part}.csv")
    with pytest.raises(DataError, match="both into training"):
        open_dataset(f"kinetics:{tmp_path}/train.csv", "train")


# -- splits that are drawn -------------------------------------------------------------------------


def sides(spec, **options):
    train, test = (open_dataset(spec, part, ReadOptions(**options)) for part in ("train", "test"))
    inodes = [{os.stat(item.path).st_ino for item in part.items} for part in (train, test)]
    assert inodes[0] and inodes[1] and not inodes[0] & inodes[1]
    return train, test


@pytest.mark.parametrize("seed", range(6))
def test_groups_that_share_a_file_are_one(tmp_path, seed):
    """Persons 0 and 1 are in file 0, persons 1 and 2 in file 1: whoever is drawn, all three are."""
    rows = []
    for i in range(12):
        written(tmp_path / f"{i}.mp4")
        other = i + 1 if i < 2 else f"x{i}"
        rows += [(f"{i}.mp4", "a", i, 0, 1), (f"./{i}.mp4", "b", other, 1, 2)]
    spec = listed(tmp_path, "path,label,group,start,end", rows)
    train, test = sides(spec, split_seed=seed)
    groups = [{item.group for item in part.items} for part in (train, test)]
    assert not groups[0] & groups[1]
    assert len({"0", "1", "2"} & groups[0]) in (0, 3) and len(train) + len(test) == 24


@pytest.mark.parametrize("seed", range(4))
def test_one_file_under_several_names_is_drawn_as_one(tmp_path, seed):
    for label in "ab":
        for i in range(6):
            written(tmp_path / label / f"{i}.mp4")
            (tmp_path / label / f"link {i}.mp4").symlink_to(f"{i}.mp4")
            os.link(tmp_path / label / f"{i}.mp4", tmp_path / label / f"{i} hard.mp4")
    train, test = sides(tmp_path, split_seed=seed)
    assert len(train) + len(test) == 36 and test.counts["a"] % 3 == 0


def test_one_file_for_all_cannot_be_divided(tmp_path):
    written(tmp_path / "1.mp4")
    rows = [("1.mp4", "ab"[i % 2], f"p{i}", i, i + 1) for i in range(6)]
    with pytest.raises(DataError, match="cannot be divided"):
        open_dataset(listed(tmp_path, "path,label,group,start,end", rows), "test")


def test_groups_are_joined_as_far_as_they_share_something():
    keys = ["d", "c", "b", "a", "e", "f"]
    assert joined(keys) == keys == joined(keys, [1, 2, 3, 4, 5, 6], [None] * 6)
    assert joined(keys, [1, 1, 2, 2, 3, 4]) == ["c", "c", "a", "a", "e", "f"]
    assert joined(keys, [1, 1, 2, 2, 3, 4], [None, 7, 7, None, None, None]) == [*"aaaaef"]
    many = [f"{i:04}" for i in range(3000)]
    assert (
        joined(many, [i // 2 for i in range(3000)], [-(-i // 2) for i in range(3000)])
        == ["0000"] * 3000
    )


# The test clips that seed 0 and 3 drew of these names before files were looked at.
DRAWN = {0: "0 1 2 3 5 12 13 14 25", 3: "10 21 22 23 30 32 33 34 35"}


@pytest.mark.parametrize("seed", DRAWN)
def test_what_was_divided_rightly_is_divided_as_before(tmp_path, seed):
    rows = [(f"{i}.mp4", "abc"[i % 3], f"p{i // 4}" if i % 5 else "") for i in range(40)]
    for name, *_ in rows:
        written(tmp_path / name)
    spec = listed(tmp_path, "path,label,group", rows)
    found = open_dataset(spec, "test", ReadOptions(split_seed=seed))
    assert " ".join(item.path.stem for item in found.items) == DRAWN[seed]


# -- one file, two labels --------------------------------------------------------------------------


def test_one_file_has_one_label(tmp_path):
    for name in ("a/1.mp4", "b/2.mp4"):
        written(tmp_path / name)
    (tmp_path / "b" / "1.mp4").symlink_to(tmp_path / "a" / "1.mp4")
    with pytest.raises(DataError, match=r'two labels: "a/1.mp4" is "a", "b/1.mp4" is "b"'):
        open_dataset(tmp_path)


# -- copies ----------------------------------------------------------------------------------------


def test_copies_on_both_sides_of_a_split_are_named_in_a_note(tmp_path):
    for name in ("train/a/1.mp4", "train/b/2.mp4", "val/a/3.mp4", "val/b/4.mp4"):
        written(tmp_path / name, "one and the same" if name[-5] in "13" else name)
    for part in ("train", "test", "all"):
        assert open_dataset(tmp_path, part).notes[1:] == (
            "Copies of one file are both in training and in testing: "
            '"train/a/1.mp4" and "val/a/3.mp4".',
        )


def test_groups_in_the_names_of_files_are_named_in_a_note(tmp_path):
    for name in ("train/A/v_A_g01_c01.avi", "train/B/v_B_g01_c01.avi", "val/A/v_A_g01_c02.avi"):
        written(tmp_path / name)
    assert open_dataset(tmp_path).notes[1].startswith("Clips of one group are both in training")


def test_copies_that_a_draw_puts_on_both_sides_are_named_in_a_note(tmp_path):
    for name in ("a/1.mp4", "a/2.mp4", "b/3.mp4", "b/4.mp4"):
        written(tmp_path / name, "one and the same" if name[0] == "a" else name)
    for part in ("train", "test"):
        note = open_dataset(tmp_path, part).notes[0]
        assert note.startswith("Copies of one file are both in training and in testing:")
        assert '"a/1.mp4"' in note and '"a/2.mp4"' in note and '"b/' not in note


def test_files_of_equal_size_are_no_copies(tmp_path, monkeypatch):
    for name in ("train/a/1.mp4", "train/b/2.mp4", "val/a/3.mp4", "val/b/4.mp4"):
        written(tmp_path / name, name)
        (tmp_path / name).with_name("none.mp4").touch()  # without content there is nothing alike
    assert len(open_dataset(tmp_path).notes) == 1
    monkeypatch.setattr(copies, "_MOST_COMPARED", 3)
    monkeypatch.setattr(copies, "_content", None)  # is not asked any more
    assert len(open_dataset(tmp_path).notes) == 1
