"""Folders that would be classes: parts and views of a data set are refused, or are splits."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.errors import DataError
from tests.sct.datasets.test_folders import TWO as FOUR
from tests.sct.datasets.test_folders import held, touched


def refusal(root):
    with pytest.raises(DataError) as error:
        open_dataset(root)
    said = str(error.value)
    assert said.endswith(".") and "\n" not in said
    return said


VIEWS = """cam1 cam2;Camera_1 Camera_2;kinetics_train ucf_test;source_train target_test;rgb flow
RGB_frames depth_frames;240p 480p;320x240 640x480;seen unseen;easy hard;day1 day2;subject1 subject2
s1 s2;A B;labeled unlabeled;gallery query;lab street;k1 k2;1 2;session 1 session_2;youtube vimeo
resized original;view_01 view_02;u v;low_res high_res""".replace("\n", ";").split(";")
VIEWS = [tuple(pair.rsplit(" ", 1)) for pair in VIEWS]


@pytest.mark.parametrize(("one", "two"), VIEWS)
@pytest.mark.parametrize("form", ["{}", "{}/videos", "{}/train", "data/{}", "train/{}"])
def test_folders_with_the_same_classes_in_them_are_refused_by_name(tmp_path, one, two, form):
    for name in FOUR:
        touched(tmp_path, name.format(form.format(one), form.format(two)))
    if form == "{}/train":
        touched(tmp_path, *(f"{top}/test/{k}/9.mp4" for top in (one, two) for k in "ab"))
    if form == "train/{}":
        touched(tmp_path, "val/a/9.mp4", "val/b/8.mp4")
    said = refusal(tmp_path)
    assert f'"{one}"' in said and f'"{two}"' in said and '"a"' in said
    assert "name one of these two as the data" in said and "call them train" in said


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("abcdefghij", "abcdefghik"),
        ("abcdefgh", "ab"),
        ("ab", "abcdefgh"),
        ("abc", "bcd"),
        ("0123", "0123"),
        (["class1", "class2"], ["class1", "class2", "class3"]),
        (["Action 01", "Action 02"], ["Action 01", "Action 02"]),
    ],
)
def test_nearly_the_same_are_refused_too(tmp_path, one, two):
    tops = ("cam1", "cam2") if one == "0123" else ("lab", "street")
    for top, classes in zip(tops, (one, two), strict=True):
        touched(tmp_path, *(f"{top}/{name}/{name}.mp4" for name in classes))
    said = refusal(tmp_path)
    assert all(f'"{top}"' in said for top in tops)


@pytest.mark.parametrize(("one", "two"), [("cam1", "cam2"), ("rgb", "depth"), ("seen", "unseen")])
def test_persons_may_lie_between_views_and_classes(tmp_path, one, two):
    touched(tmp_path, *(name.format(f"{one}/person1", f"{two}/person2") for name in FOUR))
    one, two = sorted((one, two))
    assert f'"a", "b" both in "{one}" and in "{two}"' in refusal(tmp_path)


def test_the_classes_may_be_called_anything(tmp_path):
    for top in ("A", "B"):
        touched(tmp_path, *(f"{top}/{name}/{name}.mp4" for name in ("run", "take", "day", "shot")))
    assert '"A"' in refusal(tmp_path)


def test_a_class_that_two_views_share_is_enough(tmp_path):
    touched(tmp_path, "source/a/1.mp4", "source/b/2.mp4", "target/a/3.mp4")
    assert 'like "a" both in "source" and in "target"' in refusal(tmp_path)


CLASSES = {
    "persons": ("walk/s1/1", "walk/s2/2", "run/s1/3", "run/s2/4"),
    "persons by words": ("walk/person 1/1", "walk/person 2/2", "run/Person1/3", "run/Person2/4"),
    "persons by names": ("walk/alba1/1", "walk/amel1/2", "run/alba1/3", "run/amel1/4"),
    "letters": ("x/a/1", "y/a/2"),
    "numbers": ("walk/001/1", "walk/002/2", "run/001/3", "run/002/4"),
    "cameras": ("walk/cam1/1", "walk/cam2/2", "run/cam1/3", "run/cam2/4"),
    "ways": ("walk/rgb/1", "walk/depth/2", "walk/flow/3", "run/depth/4", "run/flow/5"),
    "places": ("walk/indoor/1", "walk/outdoor/2", "run/indoor/3", "run/outdoor/4"),
    "seen": ("walk/seen/1", "walk/unseen/2", "run/seen/3", "run/unseen/4"),
    "folders": ("walk/videos/1", "walk/frames/2", "run/videos/3", "run/frames/4"),
    "days of persons": ("walk/day1/p1/1", "run/day1/p1/2", "run/day2/p2/3"),
    "two of many": ("a/x/1", "a/y/2", "b/x/3", "b/y/4", "c/5", "d/6", "e/7"),
    "groups": ("swing/v_swing_01/1", "swing/v_swing_02/2", "dive/v_dive_01/3", "dive/v_dive_02/4"),
    "others": ("walk/park/1", "walk/street/2", "swim/pool/3", "swim/sea/4"),
    "syllables": ("te/1", "ta/2", "to/3"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_what_lies_within_classes_leaves_them_classes(tmp_path, name):
    touched(tmp_path, *(f"{clip}.mp4" for clip in CLASSES[name]))
    found = open_dataset(tmp_path)
    assert {*found.labels} == {clip.split("/")[0] for clip in CLASSES[name]} and not found.notes


# -- short names of splits -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two"),
    [("tr", "te"), ("TR", "TE"), ("tr_data", "va_data"), ("ｔｒａｉｎ", "ｔｅｓｔ")],
)
def test_short_names_are_splits_beside_each_other(tmp_path, one, two):
    touched(tmp_path, *(name.format(one, two) for name in FOUR))
    assert held(tmp_path, "train") == {("1", "a"), ("2", "b")}
    assert held(tmp_path, "test") == {("3", "a"), ("4", "b")}


# -- splits below the classes ----------------------------------------------------------------------

DEEP = ["{k}/x/{s}", "{k}/clips/{s}", "{k}/x/y/{s}", "{k}/{s}/x", "data/{k}/x/{s}", "{k}/p{i}/{s}"]


@pytest.mark.parametrize("form", DEEP)
def test_splits_are_found_however_deep_in_the_classes(tmp_path, form):
    clips = [("a", "train", 1), ("b", "train", 2), ("a", "test", 3), ("b", "test", 4)]
    for label, split, i in clips:
        touched(tmp_path, f"{form.format(k=label, s=split, i=i)}/{i}.mp4")
    assert held(tmp_path, "train") == {("1", "a"), ("2", "b")}
    assert held(tmp_path, "test") == {("3", "a"), ("4", "b")}
    assert '"train" for training' in open_dataset(tmp_path).notes[-1]
    touched(tmp_path, f"{'data/' * form.startswith('data')}b/9.mp4")
    assert "not all of its clips lie in them" in refusal(tmp_path)


def test_splits_at_different_depths_are_refused(tmp_path):
    touched(tmp_path, "a/train/1.mp4", "a/test/2.mp4", "b/x/train/3.mp4", "b/x/test/4.mp4")
    assert "not all of its clips" in refusal(tmp_path)
    touched(tmp_path / "two", "a/x/train/1.mp4", "a/x/Train/2.mp4", "b/x/test/3.mp4")
    touched(tmp_path / "two", "a/x/test/5.mp4")
    assert 'several folders for training, "Train", "train"' in refusal(tmp_path / "two")


@pytest.mark.parametrize("names", ["train", "test", "fold1 fold2", "split_1 split_2"])
@pytest.mark.parametrize("form", ["{}/{}/{}.mp4", "{}/x/{}/{}.mp4"])
def test_what_is_called_like_a_split_and_is_not_taken_for_one_is_noted(tmp_path, names, form):
    clips = [(k, name, i) for k in "ab" for i, name in enumerate(names.split() * 2)]
    touched(tmp_path, *(form.format(*clip) for clip in clips))
    found = open_dataset(tmp_path)
    assert found.labels == ("a", "b") and len(found.notes) == 1
    assert "are not taken for them" in found.notes[0] and f'"{names.split()[0]}"' in found.notes[0]


def test_a_folder_within_one_class_may_be_called_train(tmp_path):
    touched(tmp_path, "vehicle/train/1.mp4", "vehicle/car/2.mp4", "animal/cat/3.mp4")
    assert not open_dataset(tmp_path).notes


# -- copies, persons and parts ---------------------------------------------------------------------

COPIES = {
    "a split in a split": ("train/a/1", "train/b/2", "train/val/a/3", "train/val/b/4", "test/a/5"),
    "a test in train": ("train/a/1", "train/b/2", "train/test/a/3", "train/test/b/4"),
    "a hidden split": ("a/1", "b/2", "kept/a/3", "kept/b/4"),
    "a backup": ("a/1", "b/2", "backup/a/3", "backup/b/4"),
    "an old copy": ("a/1", "b/2", "_old/A/3"),
    "a backup in a split": ("train/a/1", "train/b/2", "train/backup/a/3", "test/a/5", "test/b/6"),
    "thumbnails": ("UCF50/a/1", "UCF50/b/2", "thumbs/a/3"),
    "deeper": ("a/1", "b/2", "other/of/a/3"),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_second_copy_beside_the_classes_is_no_class(tmp_path, name):
    touched(tmp_path, *(f"{clip}.mp4" for clip in COPIES[name]))
    assert '"a"' in refusal(tmp_path).lower() or "look like splits" in refusal(tmp_path)


def test_frames_of_all_classes_beside_them_are_no_class(tmp_path):
    touched(tmp_path, "a/a1.mp4", "b/b1.mp4")
    touched(tmp_path, *(f"frames/{k}/{k}0/{i}.jpg" for k in "ab" for i in range(3)))
    assert 'a folder "a" in "frames"' in refusal(tmp_path)


def test_persons_called_as_numbers_are_no_copies_of_classes(tmp_path):
    touched(tmp_path, *(f"{k}/{person}/{k}{person}.mp4" for k in (1, 2) for person in (1, 2)))
    assert open_dataset(tmp_path).labels == ("1", "2")
    touched(tmp_path / "two", "s1/clip 1/1.mp4", "s2/clip 2/2.mp4", "s3/s1/3.mp4")
    assert open_dataset(tmp_path / "two").labels == ("s1", "s2", "s3")


HALF = {
    "loose clips": ("walk/1", "walk/test/2", "run/3", "run/test/4"),
    "a name of their own": ("walk/train/1", "walk/kept/2", "run/train/3", "run/kept/4"),
    "deeper": ("walk/x/1", "walk/x/val/2", "run/x/3", "run/x/val/4"),
}


@pytest.mark.parametrize("name", HALF)
def test_half_a_split_within_the_classes_is_refused(tmp_path, name):
    touched(tmp_path, *(f"{clip}.mp4" for clip in HALF[name]))
    assert "folders in its classes that look like splits" in refusal(tmp_path)


def test_holdout_is_a_split(tmp_path):
    touched(tmp_path, *(name.format("train", "holdout") for name in FOUR))
    assert held(tmp_path, "test") == {("3", "a"), ("4", "b")}


DOUBTS = {
    "sources": (("walk/youtube/1", "run/youtube/2", "jump/3"), '"youtube"'),
    "persons": (("alice/walk/1", "bob/run/2", "carol/walk/3", "dave/run/4"), '"run"'),
    "some alike": (
        ("alice/a1x/1", "alice/bend/2", "bob/bend/3", "bob/cut/4", "bob/dig/5"),
        '"bend"',
    ),
    "parts": (("part_0/1", "part_1/2"), '"part_0", "part_1"'),
    "batches": (("batch1/1", "batch2/2", "batch3/3"), '"batch1", "batch2", "batch3"'),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_what_may_be_no_class_is_taken_for_one_with_a_note(tmp_path, name):
    clips, said = DOUBTS[name]
    touched(tmp_path, *(f"{clip}.mp4" for clip in clips))
    found = open_dataset(tmp_path)
    assert {*found.labels} == {clip.split("/")[0] for clip in clips}
    assert (
        len(found.notes) == 1 and said in found.notes[0] and "taken for classes" in found.notes[0]
    )


@pytest.mark.parametrize("days", [("2023-01-01", "2023-01-02"), ("20230101", "20230102")])
def test_days_are_no_classes(tmp_path, days):
    one, two = days
    touched(
        tmp_path, f"{one}/walk/1.mp4", f"{one}/run/2.mp4", f"{two}/walk/3.mp4", f"{two}/sit/4.mp4"
    )
    assert f'"walk" both in "{one}" and in "{two}"' in refusal(tmp_path)


def test_persons_of_the_one_class_in_each_split_are_no_classes(tmp_path):
    touched(tmp_path, "train/walk/p1/1.mp4", "train/walk/p2/2.mp4", "test/walk/p3/3.mp4")
    assert 'clips of one class only, "walk"' in refusal(tmp_path)
    touched(tmp_path / "two", "train/walk/slow/1.mp4", "train/walk/fast/2.mp4")
    touched(tmp_path / "two", "test/walk/slow/3.mp4")
    found = open_dataset(tmp_path / "two")
    assert found.labels == ("fast", "slow")
    assert 'the folders in "walk" of each split' in found.notes[1]


def test_clips_too_deep_are_named(tmp_path):
    touched(tmp_path, "a/1.mp4", "b/2.mp4", "a/1/2/3/4/5/6/7/8/9/q.mp4")
    left = dict(open_dataset(tmp_path).left_out)
    assert [why for name, why in left.items() if name.startswith("a/1/2/3")] == [
        "it lies more than 8 folders down"
    ]


# -- containers ------------------------------------------------------------------------------------

CONTAINERS = [
    ("Anomaly-Videos-Part-1/Abuse", "Anomaly-Videos-Part-1/Arrest", "Anomaly-Videos-Part-2/Arson"),
    ("Videos-20240501T100000Z-001/Videos/walk", "Videos-20240501T100000Z-002/Videos/jump"),
    ("dataset_part1/walk", "dataset_part1/run", "dataset_part2/jump", "dataset_part2/sit"),
    ("videos1/walk", "videos1/run", "videos2/jump"),
    ("Disc 1/walk", "Disc 2/run"),
    ("cam1/walk", "cam1/run", "cam2/jump", "cam2/sit"),
    ("2024-05-01/walk", "2024-05-02/run", "2024-05-02/sit"),
    ("person1/walk", "person2/jump"),
]


@pytest.mark.parametrize("places", CONTAINERS)
@pytest.mark.parametrize("beside", [(), ("others",)])
def test_folders_that_differ_by_a_number_and_hold_the_classes_are_refused(tmp_path, places, beside):
    touched(tmp_path, *(f"{place}/{i}.mp4" for i, place in enumerate((*places, *beside))))
    said = refusal(tmp_path)
    assert "parts of it, with the classes in them" in said or "which are the classes" in said


@pytest.mark.parametrize(
    "places",
    [
        ("action 1/walk", "action 2/run"),
        ("g1/videos", "g2/videos"),
        ("walk 1/s1", "walk 2/s2"),
        ("1/v_a", "2/v_b"),
        ("a1/clips/p1", "a2/clips/p2"),
    ],
)
def test_classes_may_differ_by_a_number(tmp_path, places):
    touched(tmp_path, *(f"{place}/{i}.mp4" for i, place in enumerate(places)))
    assert {*open_dataset(tmp_path).labels} == {place.split("/")[0] for place in places}


def test_a_folder_called_data_beside_another_is_a_class_with_a_note(tmp_path):
    touched(tmp_path, "data/walk/1.mp4", "data/run/2.mp4", "extra/jump/3.mp4")
    found = open_dataset(tmp_path)
    assert found.labels == ("data", "extra") and 'Folders in "data" may be' in found.notes[0]


def test_persons_that_are_classes_are_so_with_a_note(tmp_path):
    touched(tmp_path, "subject01/A01/1.mp4", "subject01/A02/2.mp4", "subject02/A01/3.mp4")
    found = open_dataset(tmp_path)
    assert found.labels == ("subject01", "subject02")
    assert "if they are persons with the classes in them" in found.notes[0]


@pytest.mark.parametrize("one", ["train", "training_set", "Train"])
def test_archives_may_be_unpacked_into_folders_of_their_name(tmp_path, one):
    two = one.replace("rain", "est").replace("esting_set", "est_set")
    two = "test_set" if one == "training_set" else two
    touched(tmp_path, *(name.format(f"{one}/{one}", f"{two}/{two}") for name in FOUR))
    assert held(tmp_path, "train") == {("1", "a"), ("2", "b")}
    assert held(tmp_path, "test") == {("3", "a"), ("4", "b")}


@pytest.mark.parametrize("form", ["{split}_{i}", "{i}_{split}", "{split}{i}"])
def test_a_split_in_the_names_of_files_is_not_passed_over(tmp_path, form):
    for label in "ab":
        for i, split in enumerate(("train", "train", "test")):
            touched(tmp_path, f"{label}/{form.format(split=split, i=i)}.mp4")
    assert "says in the names of its files which are for training" in refusal(tmp_path)


def test_a_way_beside_loose_clips_is_a_class_with_a_note(tmp_path):
    touched(tmp_path, "labeled/a/1.mp4", "labeled/b/2.mp4", "unlabeled/3.mp4")
    assert 'Folders in "labeled" may be the classes' in open_dataset(tmp_path).notes[0]


def test_persons_in_the_names_of_files_are_noted(tmp_path):
    for label in ("walking", "boxing"):
        touched(tmp_path, *(f"{label}/person0{p}_{label}_d{d}.avi" for p in (1, 2) for d in (1, 2)))
    assert any('"person01"; "person02"' in note for note in open_dataset(tmp_path, "test").notes)


def test_a_list_of_hmdb51_is_none_of_labels(tmp_path):
    touched(tmp_path, "x.avi", "y.avi")
    (tmp_path / "walk_test_split1.txt").write_text("x.avi 1\ny.avi 2\n")
    assert "hmdb51:DIR" in refusal(tmp_path / "walk_test_split1.txt")
