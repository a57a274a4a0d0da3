"""Data sets as a person names them: what is in each split, and what is refused with a sentence."""

import csv

import pytest

from sct.datasets import layouts
from sct.datasets.dataset import Dataset, Item, open_dataset
from sct.datasets.listing import Listing, Row
from sct.datasets.options import ReadOptions
from sct.errors import DataError


def manifest(folder, rows, header="path,label", touch=True):
    """A manifest in `folder`, with the (empty) files that it names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = header.split(",")
    with open(folder / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([names, *rows])
    for row in rows if touch else ():
        path = folder / row[names.index("path")]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return str(folder / "manifest.csv")


def names(dataset: Dataset) -> set[str]:
    return {item.path.name for item in dataset.items}


def people(count=10, labels=("yes", "no", "stop")):
    """Each person makes every gesture twice."""
    return [
        (f"{label}/p{p}_{label}_{i}.mp4", label, f"p{p}")
        for p in range(count)
        for label in labels
        for i in range(2)
    ]


# -- splits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_split_by_people_shares_nobody_and_every_label(tmp_path, seed):
    spec = manifest(tmp_path, people(), "path,label,subject")
    options = {"group_column": "subject", "split_seed": seed}
    train, test = (open_dataset(spec, part, ReadOptions(**options)) for part in ("train", "test"))
    assert not {i.group for i in train.items} & {i.group for i in test.items}
    assert len(train) + len(test) == 60 == len(names(train) | names(test))
    assert test.counts == {"no": 4, "stop": 4, "yes": 4}  # two people of ten


def test_another_seed_draws_another_split_and_the_same_seed_the_same(tmp_path):
    spec = manifest(tmp_path, people(), "path,label,group")
    drawn = [
        names(open_dataset(spec, "test", ReadOptions(split_seed=seed))) for seed in (0, 0, 1, 2, 3)
    ]
    assert drawn[0] == drawn[1]
    assert len({frozenset(d) for d in drawn}) > 2


def test_the_split_does_not_depend_on_the_order_of_rows_or_on_the_place(tmp_path):
    rows = people()
    one = open_dataset(manifest(tmp_path / "a", rows, "path,label,group"), "test")
    other = open_dataset(manifest(tmp_path / "b" / "c", rows[::-1], "path,label,group"), "test")
    assert names(one) == names(other)


def test_files_listed_by_absolute_paths_are_divided_as_before_when_all_are_moved(tmp_path):
    """A model tested after a move must not be tested on clips that it learned from."""
    drawn = []
    for place in ("here", "elsewhere/deep"):
        rows = [
            (str(tmp_path / place / f"{k}/{i}.mp4"), k) for k in ("yes", "no") for i in range(9)
        ]
        spec = manifest(tmp_path / "lists", rows)
        drawn.append({str(i.path).split(place)[1] for i in open_dataset(spec, "test").items})
    assert drawn[0] == drawn[1] and len(drawn[0]) == 4


def test_without_groups_files_are_drawn_label_by_label(tmp_path):
    rows = [
        (f"{label}{i}.mp4", label)
        for label, n in (("a", 50), ("b", 10), ("c", 2))
        for i in range(n)
    ]
    spec = manifest(tmp_path, rows)
    assert open_dataset(spec, "test").counts == {"a": 10, "b": 2, "c": 1}
    assert open_dataset(spec, "train").counts == {"a": 40, "b": 8, "c": 1}
    assert open_dataset(spec, "test", ReadOptions(test_share=0.5)).counts == {
        "a": 25,
        "b": 5,
        "c": 1,
    }


def test_a_label_of_one_group_stays_in_training(tmp_path):
    rows = [("r1.mp4", "rare", "p0"), ("r2.mp4", "rare", "p0")]
    spec = manifest(tmp_path, [*people(), *rows], "path,label,group")
    for seed in range(8):
        assert open_dataset(spec, "train", ReadOptions(split_seed=seed)).counts["rare"] == 2
        assert open_dataset(spec, "test", ReadOptions(split_seed=seed)).counts["rare"] == 0


def test_labels_are_those_of_all_splits(tmp_path):
    rows = [("1.mp4", "b", "train"), ("2.mp4", "c", "train"), ("3.mp4", "a", "test")]
    spec = manifest(tmp_path, rows, "path,label,split")
    for part in ("train", "test", "all"):
        assert open_dataset(spec, part).labels == ("a", "b", "c")
    assert open_dataset(spec, "test").items == (Item(tmp_path / "3.mp4", 0),)


def test_a_split_column_is_kept_and_val_is_the_test_only_where_there_is_none(tmp_path):
    rows = [(f"{i}.mp4", "ab"[i % 2], part) for i, part in enumerate(["train"] * 4 + ["val"] * 2)]
    spec = manifest(tmp_path / "val", rows, "path,label,split")
    assert names(open_dataset(spec, "test")) == {"4.mp4", "5.mp4"}
    rows += [("6.mp4", "a", "Testing")]
    spec = manifest(tmp_path / "both", rows, "path,label,split")
    assert names(open_dataset(spec, "test")) == {"6.mp4"}
    assert names(open_dataset(spec, "train")) == {"0.mp4", "1.mp4", "2.mp4", "3.mp4"}
    assert len(open_dataset(spec)) == 7


# -- class folders ---------------------------------------------------------------------------------


def test_class_folders(tmp_path):
    for name in ("walk/a.mp4", "walk/deep/b.AVI", "run/c.webm", "run/notes.txt", "run/._d.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "stray.mp4").touch()
    found = open_dataset(tmp_path)
    assert found.labels == ("run", "walk") and found.name == tmp_path.name
    assert names(found) == {"a.mp4", "b.AVI", "c.webm"}
    assert dict(found.left_out) == {
        "empty": "the folder holds no videos",
        "run/notes.txt": "its ending is not a video's",
        "stray.mp4": "the file lies in no class folder",
    }


def test_folders_of_a_train_and_a_val_folder(tmp_path):
    for name in ("train/a/1.mp4", "train/b/2.mp4", "val/a/3.mp4"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert open_dataset(tmp_path).labels == ("a", "b")
    assert names(open_dataset(tmp_path, "train")) == {"1.mp4", "2.mp4"}
    assert names(open_dataset(tmp_path, "test")) == {"3.mp4"}


def test_a_class_may_be_called_train(tmp_path):
    for name in ("train/1.mp4", "bus/2.mp4"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    assert open_dataset(tmp_path).labels == ("bus", "train")


def test_links_that_run_in_circles_end(tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        (tmp_path / label / f"{label}.mp4").touch()
        (tmp_path / label / "again").symlink_to(tmp_path / label)
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a" / "loop")
    assert [item.path.name for item in open_dataset(tmp_path).items] == ["a.mp4", "b.mp4"]


def test_class_folders_may_be_links(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.mp4").touch()
    (tmp_path / "data" / "b").mkdir(parents=True)
    (tmp_path / "data" / "b" / "b.mp4").touch()
    (tmp_path / "data" / "a").symlink_to(tmp_path / "store")
    assert open_dataset(tmp_path / "data").counts == {"a": 1, "b": 1}


# -- manifests -------------------------------------------------------------------------------------


def test_any_column_may_hold_the_label(tmp_path):
    rows = [("1.mp4", "red", "one"), ("2.mp4", "blue", "two"), ("3.mp4", "red", "two")]
    spec = manifest(tmp_path, rows, "path,color,digit")
    assert open_dataset(spec, options=ReadOptions(label_column="color")).labels == ("blue", "red")
    digit = ReadOptions(label_column="digit")
    assert open_dataset(spec, options=digit).labels == ("one", "two")
    assert open_dataset(spec, options=digit).name == f"{tmp_path.name}/manifest.csv"


def test_semicolons_a_byte_order_mark_and_spaces_are_understood(tmp_path):
    for i in (1, 2):
        (tmp_path / f"{i}.mp4").touch()
    text = "\ufeffpath;label\r\n1.mp4 ;hello   world\r\n\r\n2.mp4;é\r\n"
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    assert open_dataset(tmp_path / "m.csv").labels == ("hello world", "é")


def test_missing_files_are_left_out_by_name(tmp_path):
    spec = manifest(tmp_path, [("1.mp4", "a"), ("2.mp4", "b")])
    (tmp_path / "1.mp4").unlink()
    with open(spec, "a") as file:
        file.write("3.mp4,a\n")
    (tmp_path / "3.mp4").touch()
    found = open_dataset(spec)
    assert names(found) == {"2.mp4", "3.mp4"}
    assert found.left_out == (("1.mp4", "there is no such file"),)


def test_paths_outside_of_the_folder_are_fine_where_they_exist(tmp_path):
    (tmp_path / "out.mp4").touch()
    rows = [("../out.mp4", "a"), ("in.mp4", "b"), (str(tmp_path / "out2.mp4"), "b")]
    (tmp_path / "out2.mp4").touch()
    found = open_dataset(manifest(tmp_path / "data", rows))
    assert {item.path for item in found.items} == {
        tmp_path / "out.mp4",
        tmp_path / "out2.mp4",
        tmp_path / "data" / "in.mp4",
    }


def test_a_row_may_mean_a_part_of_its_file(tmp_path):
    rows = [("1.mp4", "a", "0.5", "2"), ("1.mp4", "b", "2", ""), ("2.mp4", "b", "", "1.5")]
    found = open_dataset(manifest(tmp_path, rows, "path,label,start,end"))
    assert [(i.path.name, i.start_s, i.end_s) for i in found.items] == [
        ("1.mp4", 0.5, 2.0),
        ("1.mp4", 2.0, None),
        ("2.mp4", 0.0, 1.5),
    ]


def test_a_row_may_mean_a_part_of_the_picture(tmp_path):
    rows = [("1.mp4", "a", "0.25", "", "0.5", "0.9"), ("1.mp4", "b", "", "", "", "")]
    found = open_dataset(manifest(tmp_path, rows, "path,label,left,top,right,bottom"))
    assert [i.box for i in found.items] == [(0.25, 0.0, 0.5, 0.9), (0.0, 0.0, 1.0, 1.0)]


# -- what is refused -------------------------------------------------------------------------------


def test_bad_folders_and_specs_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "one" / "class").mkdir(parents=True)
    (tmp_path / "one" / "class" / "a.mp4").touch()
    (tmp_path / "flat").mkdir()
    (tmp_path / "a.zip").touch()
    (tmp_path / "flat" / "a.mp4").touch()
    for spec, message in (
        (tmp_path / "nowhere", "There is no folder"),
        (tmp_path / "flat" / "a.mp4", "is not a folder"),
        (tmp_path / "a.zip", "is an archive, which only evaluate and ablate read as it is"),
        (tmp_path / "empty", "has no videos in class folders"),
        (tmp_path / "flat", "has no videos in class folders"),
        (tmp_path / "one", 'one class only, "class"'),
        (tmp_path / "nowhere.csv", "There is no file"),
        ("x" * 5000, "There is no folder"),
        ("", "data is a folder of class folders"),
        ("ucf102:there", "There is no data .*ucf101:DIR"),
        ("ucf101:", "names no place"),
        (f"ucf101:{tmp_path}/nowhere", "There is no folder"),
        (f"kinetics:{tmp_path}/nowhere.csv", "There is no file"),
    ):
        with pytest.raises(DataError, match=message):
            open_dataset(spec)


def test_a_new_layout_is_one_row_of_the_table(tmp_path, monkeypatch):
    def read(place, options):
        rows = [Row(place / f"{label}.mp4", label, label) for label in ("a", "b")]
        return Listing(place.name, ("a", "b"), tuple(rows))

    assert layouts.KINDS.startswith(
        "a folder of class folders, a .csv, .tsv or .txt list, ucf101:DIR, "
    )
    assert layouts.KINDS.endswith("kinetics:FILE.csv or ssv2:DIR")
    mine = layouts.Layout("mine:DIR", read, prefix="mine:")
    monkeypatch.setattr(layouts, "LAYOUTS", (*layouts.LAYOUTS, mine))
    found = open_dataset(f"MINE:{tmp_path / 'x.csv'}")
    assert found.labels == ("a", "b") and found.name == f"{tmp_path.name}/x.csv"


def test_arguments_are_checked(tmp_path):
    spec = manifest(tmp_path, people(2), "path,label,group")
    for options, message in (
        ({"test_share": 0}, "test_share"),
        ({"test_share": 1.0}, "test_share"),
        ({"fold": 4}, "fold"),
        ({"group_column": "person"}, 'no column "person"'),
    ):
        with pytest.raises(DataError, match=message):
            open_dataset(spec, options=ReadOptions(**options))
    with pytest.raises(DataError, match="split 'dev': allowed are all, test, train"):
        open_dataset(spec, "dev")


def test_what_cannot_be_divided_says_so(tmp_path):
    one = manifest(tmp_path / "one", people(1), "path,label,group")
    assert len(open_dataset(one)) == 6
    with pytest.raises(DataError, match="cannot be divided"):
        open_dataset(one, "train")
    rows = [("1.mp4", "a", "train"), ("2.mp4", "b", "train")]
    with pytest.raises(DataError, match="no clips of the split test, only of train"):
        open_dataset(manifest(tmp_path / "all", rows, "path,label,split"), "test")
