"""Folders as data sets have them: which are splits, which are classes, and what cannot be told."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.datasets.folders.split_names import split_roles
from sct.errors import DataError

# Clips of a data set whose splits are the folders {0} (training) and {1} (held out).
TWO = ("{0}/a/1.mp4", "{0}/b/2.mp4", "{1}/a/3.mp4", "{1}/b/4.mp4")


def touched(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def held(root, part):
    found = open_dataset(root, part)
    return {(item.path.stem, found.labels[item.label]) for item in found.items}


def assert_split(root):
    found = open_dataset(root)
    assert found.labels == ("a", "b")
    assert held(root, "train") == {("1", "a"), ("2", "b")}
    assert held(root, "test") == {("3", "a"), ("4", "b")}
    return found


PAIRS = """train val;train test;Train Val;TRAIN TEST;training validation;train valid;train dev
videos_train videos_val;train_videos val_videos;train_set test_set;trainset testset;TrainSet ValSet
UCF_train UCF_test;UCFtrain UCFtest;ucf101_train_split_1 ucf101_test_split_1;train-256 val-256
kinetics400_train_320x240 kinetics400_val_320x240;trainval test;train test1;train_01 test_01
train.videos validation.videos;train_split validation_split;train_data test_data;mySetTrain mySetVal
1_train 2_test;train (1) val (1);train eval;train_val test;hmdb-train hmdb-dev;rgb_train rgb_val
trainvideos testvideos;videotrain videoval"""
PAIRS = [
    pair.split(" ", 1) if "(" not in pair else ["train (1)", "val (1)"]
    for line in PAIRS.splitlines()
    for pair in line.split(";")
]


@pytest.mark.parametrize(("train", "test"), PAIRS)
def test_splits_are_known_by_their_names(tmp_path, train, test):
    found = assert_split(touched(tmp_path, *(name.format(train, test) for name in TWO)))
    assert found.left_out == ()
    assert len(found.notes) == 1 and f'"{train}" for training' in found.notes[0]
    assert f'"{test}" for' in found.notes[0]


ASIDE = {
    "annotations": ("annotations/train.json", "annotations/a/1.txt"),
    "__MACOSX": ("__MACOSX/train/a/._1.mp4", "__MACOSX/._train"),
    "labels": ("labels/classes.txt", "labels/1.png", "labels/2.png"),
    "splits": ("splits/trainlist01.txt", "splits/overview.gif"),
    "test": ("test/readme.txt",),
}


@pytest.mark.parametrize("name", ASIDE)
def test_folders_beside_the_splits_are_left_out_by_name(tmp_path, name):
    touched(tmp_path, *(n.format("train", "val") for n in TWO), *ASIDE[name], ".git/a/5.mp4")
    (tmp_path / "annotation").mkdir()
    found = assert_split(tmp_path)
    named = dict(found.left_out)
    assert named["annotation"] == "the folder holds no videos"
    assert any(one == name or one.startswith(f"{name}/") for one in named)
    assert not any(".git" in one for one in named)


def test_clips_of_a_split_without_a_class_are_left_out(tmp_path):
    """Test clips whose labels nobody gives away are a folder of files."""
    touched(tmp_path, *(n.format("train", "val") for n in TWO), "test/5.mp4", "train/6.mp4")
    (tmp_path / "train" / "c").mkdir()
    found = assert_split(tmp_path)
    assert dict(found.left_out) == {
        "test/5.mp4": "the file lies in no class folder",
        "train/6.mp4": "the file lies in no class folder",
        "train/c": "the folder holds no videos",
    }


@pytest.mark.parametrize(
    "form", ["videos/{}", "data/videos/{}", "train_test_split/{}", "set.zip/{}"], ids=str
)
@pytest.mark.parametrize("beside", [(), ("annotations/x.json", "labels/1.gif", "license.txt")])
def test_one_folder_may_wrap_the_splits(tmp_path, form, beside):
    touched(tmp_path, *(form.format(n.format("train", "val")) for n in TWO), *beside)
    found = assert_split(tmp_path)
    assert f'the folder "{form[:-3]}"' in found.notes[0] and '"train" for train' in found.notes[1]


def test_one_folder_in_each_split_may_wrap_the_classes(tmp_path):
    names = ("{0}/rgb/a/1.mp4", "{0}/rgb/b/2.mp4", "{1}/rgb/a/3.mp4", "{1}/rgb/b/4.mp4")
    assert_split(touched(tmp_path, *(name.format("train", "val") for name in names)))


def test_one_folder_may_wrap_the_classes(tmp_path):
    touched(tmp_path, "UCF-101/a/1.mp4", "UCF-101/b/2.mp4", "annotations/1.json")
    found = open_dataset(tmp_path)
    assert found.labels == ("a", "b") and len(found.notes) == 1
    assert dict(found.left_out)["annotations"] == "the folder holds no videos"


def test_splits_may_lie_within_the_classes(tmp_path):
    names = ("a/{0}/1.mp4", "b/{0}/2.mp4", "a/{1}/3.mp4", "b/{1}/4.mp4")
    found = assert_split(touched(tmp_path, *(name.format("train", "test") for name in names)))
    assert "within the classes" in found.notes[0]
    touched(tmp_path, "b/5.mp4")
    with pytest.raises(DataError, match="not all of its clips"):
        open_dataset(tmp_path)


def test_a_split_alone_is_one(tmp_path):
    touched(tmp_path, "train/a/1.mp4", "train/b/2.mp4")
    assert held(tmp_path, "train") == {("1", "a"), ("2", "b")}
    with pytest.raises(DataError, match="no clips of the split test, only of train"):
        open_dataset(tmp_path, "test")
    touched(tmp_path / "other", "val/a/1.mp4", "test/b/2.mp4")
    assert open_dataset(tmp_path / "other").labels == ("a", "b")
    with pytest.raises(DataError, match="no clips of the split train, only of val and test"):
        open_dataset(tmp_path / "other", "train")


CLASSES = {
    "vehicles": ("train/1.mp4", "car/2.mp4", "bus/3.mp4", "plane/4.mp4"),
    "two vehicles": ("train/1.mp4", "bus/2.mp4"),
    "trains in folders": ("train/1.mp4", "train/day 1/2.mp4", "bus/day 1/3.mp4"),
    "a word": ("testing/1.mp4", "walking/2.mp4"),
    "with an affix": ("train_videos/1.mp4", "car_videos/2.mp4", "bus_videos/3.mp4"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_called_like_a_split_stays_one_and_it_says_so(tmp_path, name):
    clips = CLASSES[name]
    found = open_dataset(touched(tmp_path, *clips))
    assert {*found.labels} == {clip.split("/")[0] for clip in clips}
    assert len(found.notes) == 1 and "is taken for a class" in found.notes[0]


PLAIN = {
    "words": ("train ride/1.mp4", "contest/2.mp4", "devour/3.mp4", "latest/4.mp4"),
    "subjects": ("walk/s1/1.mp4", "walk/s2/2.mp4", "run/s1/3.mp4", "run/s2/4.mp4"),
    "numbers": ("walk/001/1.mp4", "run/001/2.mp4", "run/part2/3.mp4"),
    "sets": ("volleyball set/1.mp4", "volleyball spike/2.mp4"),
    "left": ("labels/1.mp4", "walk/2.mp4"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_other_folders_are_classes(tmp_path, name):
    clips = PLAIN[name]
    found = open_dataset(touched(tmp_path, *clips))
    assert {*found.labels} == {clip.split("/")[0] for clip in clips} and not found.notes


REFUSED = {
    "a class beside splits": (("train/a/1", "val/a/2", "c/3"), '"train", "val", beside "c"'),
    "folders beside splits": (("train/a/1", "val/a/2", "raw/a/3", "raw/b/4"), 'beside "raw"'),
    "one split beside a class": (("train/a/1", "train/b/2", "c/3"), '"train", beside "c"'),
    "one split beside another set": (("train/a/1", "train/b/2", "extra/a/3"), 'beside "extra"'),
    "mostly splits": (("test1/1", "test2/2", "walk/3"), '"test1", "test2", beside "walk"'),
    "flat splits": (("train/1", "val/2"), '"train", "val", with videos but no class'),
    "flat splits beside classes": (("train/1", "test/2", "walk/3"), "look like splits"),
    "two for training": (("train/a/1", "train-256/a/2", "val/b/3"), 'training, "train", "train-25'),
    "two tests": (("train/a/1", "test1/a/2", "test2/b/3"), 'testing, "test1", "test2"'),
    "val twice": (("train/a/1", "train/b/2", "val/a/3", "valid/b/4"), '"val", "valid"'),
    "both": (("train_test/a/1", "train/b/2"), "look like splits"),
    "folds": (("fold1/a/1", "fold1/b/2", "fold2/a/3"), '"fold1", "fold2", which are parts'),
    "folds of files": (("Fold 1/1", "Fold 2/2", "Fold 3/3"), "which are parts"),
    "splits by number": (("split_01/a/1", "split_02/a/2"), "which are parts"),
    "cross-validation": (("cv1/train/a/1", "cv1/test/a/2", "cv2/train/a/3"), "which are parts"),
    "shards": (("part1/a/1", "part1/b/2", "part2/a/3", "part2/b/4"), "which are parts"),
    "splits in splits": (("train/train/a/1", "train/val/b/2", "test/train/a/3"), "within splits"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused_with_a_sentence(tmp_path, name):
    clips, words = REFUSED[name]
    touched(tmp_path, *(f"{clip}.mp4" for clip in clips))
    with pytest.raises(DataError) as error:
        open_dataset(tmp_path)
    said = str(error.value)
    assert words in said and said.endswith(".") and "\n" not in said


def test_names_of_splits():
    assert split_roles(["Archery", "contest", "attestation", "develop", "ValThorens"]) == {}
    assert split_roles(["UCF_train", "annotations"]) == {}
    assert split_roles(["my_train_ab", "my_test_ab", "train_ab"]) == {
        "my_train_ab": "train",
        "my_test_ab": "test",
    }
    assert split_roles(["train_test"]) == {"train_test": ""}
    assert split_roles(["", "--", "1", "é", "train" * 40, "set"]) == {}
