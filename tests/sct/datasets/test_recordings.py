"""One recording in several files: which of them is meant, and that none is on both sides."""

import shutil

import numpy as np
import pytest
from PIL import Image

from sct.datasets.dataset import open_dataset
from sct.datasets.options import ReadOptions
from sct.errors import DataError


def touched(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(str(root / name).encode())
    return root


def frames(*places, count=3, name="img_{:05d}.jpg"):
    for place in places:
        place.mkdir(parents=True)
        for i in range(1, count + 1):
            seed = sum(str(place).encode()) + i
            noise = np.random.default_rng(seed).integers(0, 255, (24, 32, 3), np.uint8)
            Image.fromarray(noise).save(place / name.format(i))


def held(spec, part="all", **options):
    found = open_dataset(spec, part, ReadOptions(**options))
    root = str(spec).partition(":")[2] or str(spec)
    return {(str(item.path.relative_to(root)), found.labels[item.label]) for item in found.items}


# -- which file an official list means -------------------------------------------------------------


def ucf(root, train=("A/x.avi", "B/x.avi"), test=("A/y.avi", "B/y.avi")):
    root.mkdir(exist_ok=True)
    for part, names in (("train", train), ("test", test)):
        (root / f"{part}list01.txt").write_text("".join(f"{name}\n" for name in names))
    return root


def hmdb(root):
    for label in ("A", "B"):
        touched(root, f"splits/{label}_test_split1.txt")
        (root / f"splits/{label}_test_split1.txt").write_text("x.avi 1\ny.avi 2\n")
    return root


@pytest.mark.parametrize(("kind", "lists"), [("ucf101", ucf), ("hmdb51", hmdb)])
@pytest.mark.parametrize("below", ["", "UCF-101/", "videos/{}/clips/"])
def test_the_file_of_another_class_is_not_taken_where_one_is_missing(tmp_path, kind, lists, below):
    there = [f"{below.format(name[0])}{name}" for name in ("A/x.avi", "A/y.avi", "B/y.avi")]
    touched(lists(tmp_path), *there)
    assert held(f"{kind}:{tmp_path}") == {(name, name[-7]) for name in there}
    assert open_dataset(f"{kind}:{tmp_path}").left_out == (("B/x.avi", "there is no such file"),)


def test_a_class_without_a_folder_has_no_clips(tmp_path):
    touched(ucf(tmp_path), "A/x.avi", "A/y.avi", "x.avi")
    with pytest.raises(DataError, match="one class only"):
        open_dataset(f"ucf101:{tmp_path}")


def test_without_class_folders_a_name_is_enough(tmp_path):
    lists = ucf(tmp_path, ("A/v_a.avi", "B/v_b.avi"), ("A/v_c.avi", "B/v_d.avi"))
    touched(lists, *(f"all/v_{name}.mp4" for name in "abcd"))
    assert len(held(f"ucf101:{tmp_path}", "train")) == 2


@pytest.mark.parametrize(
    ("one", "two"),
    [("{}.avi", "old/{}.avi"), ("{}.mp4", "{}.mkv"), ("train/{}.avi", "test/{}.avi")],
)
def test_several_files_of_one_name_are_refused_with_two_of_them(tmp_path, one, two):
    touched(ucf(tmp_path), "A/y.avi", "B/x.avi", "B/y.avi")
    names = [f"A/{form.format('x')}" for form in (one, two)]
    touched(tmp_path, *names)
    with pytest.raises(DataError) as error:
        open_dataset(f"ucf101:{tmp_path}")
    assert 'The clip "x.avi" is there several times' in str(error.value)
    assert all(f'"{name}"' in str(error.value) for name in names)


def test_the_ending_that_is_listed_wins_and_a_link_is_no_second_file(tmp_path):
    touched(ucf(tmp_path), "A/x.avi", "A/x.mp4", "A/y.avi", "B/x.avi", "B/y.avi")
    (tmp_path / "A" / "deep").mkdir()
    (tmp_path / "A" / "deep" / "x.avi").symlink_to(tmp_path / "A" / "x.avi")
    assert {name for name, _ in held(f"ucf101:{tmp_path}", "train")} <= {
        *("A/x.avi", "A/deep/x.avi", "B/x.avi"),
    }


OTHERWISE = (
    "flow flow_x depth optical_flow tvl1_flow UCF101_flow ir Depth_Maps DepthFrames flow/u u,v x,y"
)


@pytest.mark.parametrize("other", OTHERWISE.split())
@pytest.mark.parametrize("rgb", ["rgb", "zz_frames"])
def test_optical_flow_and_depth_are_not_taken_for_the_clip(tmp_path, other, rgb):
    ucf(tmp_path)
    wanted = [f"{rgb}/{label}/{clip}" for label in "AB" for clip in "xy"]
    frames(*(tmp_path / name for name in wanted))
    for place in other.split(","):
        frames(*(tmp_path / place / label / clip for label in "AB" for clip in "xy"))
    assert held(f"ucf101:{tmp_path}") == {(name, name[-3]) for name in wanted}
    shutil.rmtree(tmp_path / rgb)
    with pytest.raises(DataError, match="None of the 4 videos"):
        open_dataset(f"ucf101:{tmp_path}")


def test_a_video_is_meant_before_its_frames_and_a_class_may_be_called_flow(tmp_path):
    lists = ucf(tmp_path, ("flow/x.avi", "B/x.avi"), ("flow/y.avi", "B/y.avi"))
    touched(lists, *(f"videos/{k}/{clip}.avi" for k in ("flow", "B") for clip in "xy"))
    frames(*(tmp_path / "rawframes" / k / clip for k in ("flow", "B") for clip in "xy"))
    assert held(f"ucf101:{tmp_path}", "test") == {
        ("videos/flow/y.avi", "flow"),
        ("videos/B/y.avi", "B"),
    }


def test_kinetics_has_one_file_of_a_name(tmp_path):
    rows = "label,youtube_id,time_start,time_end,split\na,one,1,11,train\nb,two,2,12,train\n"
    (tmp_path / "train.csv").write_text(rows)
    touched(tmp_path, "v/one.mp4", "v/two_000002_000012.mp4", "flow/one.mp4", "depth/one.mp4")
    assert len(open_dataset(f"kinetics:{tmp_path}/train.csv")) == 2
    touched(tmp_path, "w/one.mp4")
    with pytest.raises(DataError, match=r'"v/one.mp4" and "w/one.mp4"'):
        open_dataset(f"kinetics:{tmp_path}/train.csv")


# -- frames beside their videos --------------------------------------------------------------------


@pytest.mark.parametrize("top", ["", "train/", "data/"])
def test_a_video_of_another_class_does_not_stand_for_a_folder_of_pictures(tmp_path, top):
    touched(tmp_path, f"{top}a/v1.mp4", f"{top}a/p1/v2.mp4", f"{top}b/v3.mp4")
    frames(tmp_path / top / "b" / "v1", tmp_path / top / "a" / "p2" / "v2")
    found = held(tmp_path)
    assert {(f"{top}b/v1", "b"), (f"{top}a/p2/v2", "a")} <= found and len(found) == 5


@pytest.mark.parametrize(
    ("video", "pictures"),
    [
        *[("v1.mp4", "v1"), ("v1.mp4", "v1_frames"), ("v1.avi", "v1/rgb"), ("v1.avi", "rgb/v1")],
        *[("videos/v1.mp4", "frames/v1"), ("p/clips/v1.mp4", "p/rawframes/v1")],
    ],
)
def test_the_frames_of_a_video_are_left_out(tmp_path, video, pictures):
    touched(tmp_path, f"a/{video}", "b/v1.mp4")
    frames(tmp_path / "a" / pictures)
    assert held(tmp_path) == {(f"a/{video}", "a"), ("b/v1.mp4", "b")}
    assert open_dataset(tmp_path).left_out == (
        (f"a/{pictures}", "there is a video of this name, whose pictures these are"),
    )


@pytest.mark.parametrize("below", [("flow",), ("u", "v"), ("x", "y"), ("depth", "optical_flow")])
def test_frames_are_a_clip_though_their_flow_lies_below(tmp_path, below):
    frames(tmp_path / "a" / "p1", *(tmp_path / "a" / "p1" / name for name in below))
    frames(tmp_path / "b" / "p2")
    assert held(tmp_path) == {("a/p1", "a"), ("b/p2", "b"), *((f"a/p1/{k}", "a") for k in below)}
    assert not open_dataset(tmp_path).left_out


# -- one recording on one side ---------------------------------------------------------------------

TWICE = [
    *[
        ("p{}", "p{}/flow"),
        ("p{}/rgb", "p{}/depth"),
        ("rgb/p{}", "flow/p{}"),
        ("p{}/flow_x", "p{}/flow_y"),
    ],
    *[("p{}/u", "p{}/v"), ("p{}_rgb", "p{}_depth"), ("cam1/p{}", "cam2/p{}")],
    *[("v{}.avi", "v{}.mp4"), ("v{}.MP4", "V{}.webm"), ("rgb/v{}.avi", "ir/v{}.avi")],
    *[("p{}RGB", "p{}Depth"), ("p{}/DepthFrames", "p{}/RGBFrames"), ("v{}_rgb_a.avi", "v{}_a.mp4")],
    *[("v{}.mp4", "v{}_depth"), ("v{}_rgb.avi", "v{}_ir.avi"), ("videos/v{}.mp4", "flow/v{}.avi")],
]


@pytest.mark.parametrize("names", TWICE)
@pytest.mark.parametrize("seed", range(3))
def test_a_recording_in_two_ways_is_on_one_side(tmp_path, names, seed):
    of = {}
    for label in "ab":
        for i in range(4):
            for name in (form.format(i) for form in names):
                place = tmp_path / label / name
                of[f"{label}/{name}"] = label, i
                touched(tmp_path, f"{label}/{name}") if place.suffix else frames(place, count=2)
    train, test = ({n for n, _ in held(tmp_path, p, split_seed=seed)} for p in ("train", "test"))
    assert train | test == set(of) and train and test
    assert not {of[name] for name in train} & {of[name] for name in test}


def test_a_list_draws_a_recording_as_one_too(tmp_path):
    rows = [(f"{kind}/{i}.mp4", "ab"[i % 2]) for i in range(8) for kind in ("rgb", "depth")]
    touched(tmp_path, *(name for name, _ in rows))
    (tmp_path / "l.csv").write_text("path,label\n" + "".join(f"{n},{k}\n" for n, k in rows))
    names = [{i.path.stem for i in open_dataset(tmp_path / "l.csv", part).items} for part in SIDES]
    assert not names[0] & names[1] and len(names[0] | names[1]) == 8


SIDES = ("train", "test")


def test_clips_of_their_own_are_drawn_one_by_one(tmp_path):
    names = [f"{k}/{clip}.mp4" for k in ("flow", "rgb") for clip in ("u", "v", "flower", "RGBD")]
    touched(tmp_path, *names)
    assert len(held(tmp_path, "test", test_share=0.25)) == 2


# -- copies ----------------------------------------------------------------------------------------

BOTH = "Copies of one file are both in training and in testing: "
DIFFER = "Copies of one file have different labels: "


def test_copies_of_folders_of_pictures_are_named_in_a_note(tmp_path):
    frames(*(tmp_path / name for name in ("train/a/v1", "train/b/v2", "test/b/v4")))
    shutil.copytree(tmp_path / "train/a/v1", tmp_path / "test/a/v9")
    for part in ("all", *SIDES):
        assert open_dataset(tmp_path, part).notes[1:] == (f'{BOTH}"train/a/v1" and "test/a/v9".',)
    for i, picture in enumerate(sorted((tmp_path / "test/a/v9").iterdir())):
        picture.rename(picture.with_name(f"{i}.jpg"))  # by content, whatever their names
    assert len(open_dataset(tmp_path).notes) == 2
    (tmp_path / "test/a/v9/2.jpg").unlink()
    assert len(open_dataset(tmp_path).notes) == 1


@pytest.mark.parametrize("make", [touched, lambda root, name: frames(root / name)])
@pytest.mark.parametrize("splits", [("", ""), ("train/", "train/"), ("train/", "test/")])
def test_one_content_in_two_classes_is_named_in_a_note(tmp_path, make, splits):
    one, two = splits
    ending = ".mp4" if make is touched else ""
    for name in (f"{one}a/v1", f"{one}a/v2", f"{one}b/v3", f"{two}a/v6", f"{two}b/v7"):
        make(tmp_path, f"{name}{ending}")
    source, copy = f"{one}a/v1{ending}", f"{two}b/v9{ending}"
    (shutil.copy if ending else shutil.copytree)(tmp_path / source, tmp_path / copy)
    for part in ("all", "train"):
        notes = [n for n in open_dataset(tmp_path, part).notes if n.startswith(DIFFER)]
        assert len(notes) == 1
        assert f'"{source}" is "a"' in notes[0] and f'"{copy}" is "b"' in notes[0]


def test_parts_of_copies_may_differ(tmp_path):
    touched(tmp_path, "1.mp4")
    shutil.copy(tmp_path / "1.mp4", tmp_path / "2.mp4")
    rows = "path,label,start,end\n1.mp4,a,0,1\n2.mp4,b,1,2\n2.mp4,a,0,1\n"
    (tmp_path / "l.csv").write_text(rows)
    assert not [note for note in open_dataset(tmp_path / "l.csv").notes if "Copies" in note]


# -- labels that are only asked for ----------------------------------------------------------------


def test_labels_that_no_training_clip_has_are_named_in_a_note(tmp_path):
    touched(tmp_path, *(f"train/{k}/{k}.mp4" for k in "ab"), "val/a/1.mp4", "val/c/2.mp4")
    said = "Labels of validation or testing that no clip for training has: "
    assert open_dataset(tmp_path, "test").notes[1:] == (f'{said}"c".',)
    touched(tmp_path, *(f"test/{k}/3{k}.mp4" for k in "adefg"))
    assert open_dataset(tmp_path).notes[1:] == (f'{said}"d"; "e"; "f"; and 2 more.',)
    rows = "path,label,split\ntrain/a/a.mp4,a,train\ntrain/b/b.mp4,b,test\nval/a/1.mp4,a,test\n"
    (tmp_path / "l.csv").write_text(rows)
    assert open_dataset(tmp_path / "l.csv").notes == (f'{said}"b".',)
    shutil.rmtree(tmp_path / "train")
    assert len(open_dataset(tmp_path).notes) == 1  # where nothing is for training all are missing


# -- folders of the system -------------------------------------------------------------------------

SYSTEM = "__MACOSX|$RECYCLE.BIN|@eaDir|System Volume Information|.Trash|.Trash-1000|lost+found"


@pytest.mark.parametrize("name", SYSTEM.split("|"))
@pytest.mark.parametrize("form", ["{}/1.mp4", "{}/a/1.mp4", "a/{}/1.mp4", "{}/d/1.mp4"])
def test_folders_of_the_system_hold_no_clips(tmp_path, name, form):
    touched(tmp_path, "a/x.mp4", "b/y.mp4", form.format(name))
    found = open_dataset(tmp_path)
    assert held(tmp_path) == {("a/x.mp4", "a"), ("b/y.mp4", "b")} and not found.notes
    if name[0] != "." and form[0] == "{":
        assert found.left_out == ((name, "the folder holds no videos"),)


@pytest.mark.parametrize("name", ["thumbnails", "Thumbs", "preview", "small"])
def test_small_pictures_below_clips_are_no_clip(tmp_path, name):
    for label in ("walk", "run"):
        frames(tmp_path / label / "v0", tmp_path / label / "v0" / name, tmp_path / label / name)
        touched(tmp_path, f"{label}/v1.mp4")
    assert {n for n, _ in held(tmp_path)} == {
        f"{k}/{v}" for k in ("walk", "run") for v in ("v0", "v1.mp4")
    }
    assert (f"walk/v0/{name}", "it holds small pictures of the clips beside") in open_dataset(
        tmp_path
    ).left_out


def test_a_class_may_be_called_thumbs(tmp_path):
    touched(tmp_path, "fist/1.mp4")
    frames(tmp_path / "thumbs" / "v0")
    assert {n for n, _ in held(tmp_path)} == {"fist/1.mp4", "thumbs/v0"}


def test_frames_are_a_clip_whatever_lies_below_that_is_none(tmp_path):
    frames(tmp_path / "a" / "v0", tmp_path / "b" / "v1", tmp_path / "b" / "v2")
    touched(tmp_path, "a/v0/meta/x.json", "b/v1/one/cover.jpg", "b/v1/1.txt")
    (tmp_path / "b" / "v2" / "empty").mkdir()
    assert {name for name, _ in held(tmp_path)} == {"a/v0", "b/v1", "b/v2"}
    frames(tmp_path / "b" / "v1" / "two")
    assert {name for name, _ in held(tmp_path)} == {"a/v0", "b/v1/two", "b/v2"}
