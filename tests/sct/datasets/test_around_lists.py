"""Splits that stand around a list: in the folders of its paths, and in lists beside it."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.errors import DataError


def listed(folder, paths, labels="ab", header="path,label\n", name="list.csv"):
    """Write a list of (empty) files, their labels in turn."""
    rows = []
    for i, path in enumerate(paths):
        place = folder / path.replace("\\", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        rows.append(f"{path},{labels[i % len(labels)]}\n")
    (folder / name).write_text(header + "".join(rows))
    return folder / name


def stems(path, split):
    return [item.path.stem for item in open_dataset(path, split).items]


SPLIT = {
    "above classes": "{split}/{label}/{clip}.mp4",
    "within classes": "{label}/{split}/{clip}.mp4",
    "below other folders": "data/UCF/{split}/{label}/{clip}.mp4",
    "without classes": "videos_{split}/{clip}.mp4",
    "with what they have alike": "ucf_{split}/{label}/{clip}.mp4",
    "in capitals": "./{Split}Set/{clip}.mp4",
    "with backslashes": "{split}\\{label}\\{clip}.mp4",
    "twice": "{split}/{split}/{label}/{clip}.mp4",
}
ROWS = [("train", "v1"), ("train", "v2"), ("test", "v3"), ("train", "v4"), ("test", "v5")]


def paths_of(form, rows=ROWS):
    return [
        form.format(split=s, Split=s.title(), label="ab"[i % 2], clip=clip)
        for i, (s, clip) in enumerate(rows)
    ]


@pytest.mark.parametrize("header", ["path,label\n", ""], ids=["header", "none"])
@pytest.mark.parametrize("form", SPLIT.values(), ids=SPLIT)
def test_a_split_in_the_paths_is_kept_and_said(tmp_path, form, header):
    path = listed(tmp_path, paths_of(form), header=header)
    assert stems(path, "train") == ["v1", "v2", "v4"] and stems(path, "test") == ["v3", "v5"]
    (note,) = open_dataset(path).notes
    assert note.startswith('The split is read from folders in the paths: "')


def test_paths_for_validation_are_not_learned_from(tmp_path):
    rows = [("training", "v1"), ("training", "v2"), ("valid", "v3"), ("testing", "v4")]
    path = listed(tmp_path, paths_of("{split}/{label}/{clip}.mp4", rows))
    assert stems(path, "train") == ["v1", "v2"] and stems(path, "test") == ["v4"]


def test_eval_beside_dev_is_the_test_in_paths_too(tmp_path):
    rows = [("train", "v1"), ("train", "v2"), ("dev", "v3"), ("Eval", "v4")]
    path = listed(tmp_path, paths_of("{split}/{label}/{clip}.mp4", rows))
    assert stems(path, "test") == ["v4"]


def test_absolute_paths_below_a_folder_called_like_a_split(tmp_path):
    home = tmp_path / "test"
    paths = [str(home / path) for path in paths_of("{split}/{label}/{clip}.mp4")]
    path = listed(home, paths)
    assert stems(path, "test") == ["v3", "v5"]
    drawn = listed(home, [str(home / f"x/{i}.mp4") for i in range(8)])
    assert not any("folders" in note for note in open_dataset(drawn).notes)


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ("more/a/v9.mp4", '"more/a/v9.mp4" in row 7 lies in none of them'),
        ("v9.mp4", "row 7 lies in none"),
        ("test/train/a/v9.mp4", "row 7 lies in two"),
        ("train_test/a/v9.mp4", "row 7 lies in none"),
    ],
)
def test_paths_of_which_only_some_say_a_split_are_refused(tmp_path, odd, said):
    path = listed(tmp_path, [*paths_of("{split}/{label}/{clip}.mp4"), odd])
    with pytest.raises(DataError, match=said):
        open_dataset(path)


def test_a_test_beside_other_folders_is_refused_too(tmp_path):
    with pytest.raises(DataError, match=r'folders called "test"; .* Say the split of each row'):
        open_dataset(listed(tmp_path, ["v1.mp4", "v2.mp4", "test/v3.mp4", "test/v4.mp4"]))


@pytest.mark.parametrize("form", ["{}_{}.mp4", "clips/{}-{}.mp4", "{}{}.mp4", "data\\{}.{}.avi"])
def test_a_split_that_all_names_of_files_begin_with_is_kept(tmp_path, form):
    path = listed(tmp_path, [form.format(split, i) for i, (split, _) in enumerate(ROWS)])
    assert [stem[0] for stem in stems(path, "train")] == ["t"] * 3
    assert all(stem.startswith("test") for stem in stems(path, "test"))
    assert open_dataset(path).notes == (
        'The split is read from what files\' names begin with: "test", "train".',
    )
    path = listed(
        tmp_path, [*(form.format(split, i) for split in ("test", "train") for i in "12"), "x.mp4"]
    )
    assert open_dataset(path).notes == ()


def test_a_class_called_train_is_a_class(tmp_path):
    paths = ["train/v1.mp4", "car/v2.mp4", "train/v3.mp4", "car/v4.mp4"]
    for labels in (("train", "car"), "01"):
        assert open_dataset(listed(tmp_path, paths, labels)).notes == ()


def test_a_column_goes_before_paths(tmp_path):
    path = listed(tmp_path, paths_of("{split}/{label}/{clip}.mp4"))
    path.write_text(
        "path,label,split\ntrain/a/v1.mp4,a,test\ntrain/b/v2.mp4,b,test\ntest/a/v3.mp4,a,train\n"
        "train/b/v4.mp4,b,train\n"
    )
    assert stems(path, "test") == ["v1", "v2"]


def test_many_folders_are_told_in_no_time(tmp_path):
    path = listed(tmp_path, ["x.mp4"])
    path.write_text("path,label\n" + "".join(f"test{i}/{i}.mp4,{i % 2}\n" for i in range(50_000)))
    with pytest.raises(DataError, match="None of the 50000 files"):
        open_dataset(path)


# -- lists beside ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["csv", "txt"])
@pytest.mark.parametrize(
    ("own", "other"),
    [("train", "val"), ("Train", "Test"), ("my_training", "my_testing"), ("k400_test", "k400_dev")],
)
def test_a_list_of_another_split_beside_it_is_named(tmp_path, own, other, ending):
    path = listed(tmp_path, [f"{i}.mp4" for i in range(10)], name=f"{own}.{ending}")
    assert open_dataset(path).notes == ()
    listed(tmp_path, [f"o{i}.mp4" for i in range(4)], name=f"{other}.{ending}")
    for split in ("train", "test"):
        note = open_dataset(path, split).notes[0]
        assert note.startswith(f'"{other}.{ending}" beside it is not used, and a test is drawn')
        assert note.endswith('put all in one list with a column "split".')
    path.write_text("path,label,split\n0.mp4,a,train\n1.mp4,b,train\n2.mp4,a,test\n")
    assert open_dataset(path).notes == ()


def test_lists_of_kinetics_without_splits_name_those_beside(tmp_path):
    ids = [letter * 11 for letter in "ABCDEFGH"]
    head = "label,youtube_id,time_start,time_end\n"
    rows = [f"{'ab'[i % 2]},{name},1,11\n" for i, name in enumerate(ids)]
    for name in ids:
        (tmp_path / f"{name}_000001_000011.mp4").touch()
    (tmp_path / "train.csv").write_text(head + "".join(rows[:6]))
    (tmp_path / "val.csv").write_text(head + "".join(rows[6:]))
    note = open_dataset(f"kinetics:{tmp_path}/train.csv", "test").notes[0]
    assert note.startswith('"val.csv" beside it is not used, and a test is drawn from "train.csv"')


def test_a_drawn_test_says_how_many_it_is_of(tmp_path):
    path = listed(tmp_path, [f"{i}.mp4" for i in range(10)], name="test.csv")
    (note,) = open_dataset(path, "test").notes
    assert note.startswith("2 of 10 clips are drawn as the test") and "split all" in note
    assert open_dataset(path).notes == () == open_dataset(path, "train").notes
