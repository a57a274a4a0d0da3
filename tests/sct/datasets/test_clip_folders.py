"""Data sets whose clips are folders of numbered pictures, and what else lies in their folders."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from sct.datasets.augmentation import Transform
from sct.datasets.dataset import Item, open_dataset
from sct.datasets.folders import finding as room
from sct.datasets.options import EvaluationOptions, ReadOptions
from sct.datasets.sampling import ClipReader, load_views
from sct.errors import DataError
from sct.video.endings import COMMON, PICTURE_ENDINGS, VIDEO_ENDINGS

ENDINGS = """.mp4 .3g2 .asf .vob .dv .mxf .qt .f4v .divx .m2t .apng .3gp .3gpp .264 .265 .amv .av1
.avi .avif .flv .gif .gxf .h264 .h265 .hevc .ivf .k3g .m1v .m2ts .m2v .m4p .m4v .mjpeg .mjpg .mk3d
.mkv .mov .mp2v .mp4v .mpe .mpeg .mpg .mpv .mts .nsv .nut .obu .ogg .ogm .ogv .rm .rmvb .roq .ts
.webm .webp .wmv .wtv .y4m""".split()  # noqa: SIM905

OWN = "a clip of pictures needs a folder of its own, and numbers in their names"


def frames(place, count=30, name="img_{:05d}.jpg", levels=(0, 8)):
    """Write pictures whose grey is levels[0] + i * levels[1]."""
    place.mkdir(parents=True)
    for i in range(count):
        grey = np.full((24, 32, 3), levels[0] + i * levels[1], np.uint8)
        Image.fromarray(grey).save(place / name.format(i + 1), quality=95)
    return place


def touched(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def listed(found, root):
    return {
        (item.path.relative_to(root).as_posix(), found.labels[item.label]) for item in found.items
    }


# -- endings ---------------------------------------------------------------------------------------


def test_whatever_ffmpeg_opens_is_used(tmp_path):
    touched(tmp_path, *(f"{'ab'[i % 2]}/{i}{ending}" for i, ending in enumerate(ENDINGS)))
    touched(tmp_path, "a/x.MP4", "b/y.3G2")
    found = open_dataset(tmp_path)
    assert len(found) == len(ENDINGS) + 2 and found.left_out == ()


def test_the_endings_that_messages_name_are_videos():
    assert {f".{name}" for name in COMMON} <= VIDEO_ENDINGS
    assert not VIDEO_ENDINGS & PICTURE_ENDINGS
    for ending in (".txt", ".csv", ".json", ".srt", ".wav", ".mp3", ".m4a", ".zip", ".tsv", ""):
        assert ending not in VIDEO_ENDINGS


def test_what_is_no_video_is_named_a_few_of_a_kind(tmp_path):
    names = [f"a/s{i}.srt" for i in range(8)]
    touched(tmp_path, "a/1.mp4", "b/2.mp4", *names, "b/Thumbs.db", "b/README", "a/.hidden")
    touched(tmp_path, "b/deep/sound.WAV", "notes.txt", "a/one.jpg", "b/7.png")
    no_video = "its ending is not a video's"
    assert dict(open_dataset(tmp_path).left_out) == {
        **{name: no_video for name in names[:5]},
        "3 more .srt files": no_video,
        **{name: no_video for name in ("b/Thumbs.db", "b/README", "b/deep/sound.WAV")},
        **{"notes.txt": no_video, "a/one.jpg": OWN, "b/7.png": OWN},
    }


def test_kinds_of_what_is_left_out_are_bounded(tmp_path):
    touched(tmp_path, "a/1.mp4", "b/2.mp4", *(f"a/{i}.e{i}" for i in range(60)))
    left_out = open_dataset(tmp_path).left_out
    assert len(left_out) == 40 + 5 + 1 and left_out[-1] == ("15 more files", "it is no clip")


# -- folders of pictures ---------------------------------------------------------------------------


def test_class_folders_of_folders_of_pictures(tmp_path):
    for label in ("walk", "run"):
        for group in (1, 2):
            frames(tmp_path / label / f"v_{label}_g0{group}_c01", 3)
    touched(tmp_path, "run/v.mp4", "walk/v_walk_g01_c01/flow_x_00001.jpg", "walk/one/1.jpg")
    touched(tmp_path, "walk/two/a_1.jpg", "walk/two/b_1.jpg")
    found = open_dataset(tmp_path)
    assert listed(found, tmp_path) == {
        ("run/v.mp4", "run"),
        *((f"{k}/v_{k}_g0{g}_c01", k) for k in ("walk", "run") for g in (1, 2)),
    }
    assert {item.group for item in found.items} >= {"walk g01", "run g02"}
    assert dict(found.left_out) == {
        "walk/one/1.jpg": OWN,
        **dict.fromkeys(
            ("walk/two/a_1.jpg", "walk/two/b_1.jpg"),
            'the folder holds several sequences of pictures, such as "a_1.jpg" and "b_1.jpg"; '
            "each needs a folder of its own",
        ),
    }


def test_pictures_of_a_video_that_is_there_are_no_second_clip(tmp_path):
    frames(tmp_path / "a" / "v1", 3)
    frames(tmp_path / "a" / "frames" / "v2", 3)
    frames(tmp_path / "b" / "v1", 3)
    touched(tmp_path, "a/v1.avi", "a/videos/v2.mp4")
    found = open_dataset(tmp_path)
    assert listed(found, tmp_path) == {("a/v1.avi", "a"), ("a/videos/v2.mp4", "a"), ("b/v1", "b")}
    assert {name for name, _ in found.left_out} == {"a/v1", "a/frames/v2"}


def test_a_class_folder_is_not_a_clip_itself(tmp_path):
    for label in "ab":
        frames(tmp_path / label, 3)
    with pytest.raises(DataError, match="no videos in class folders"):
        open_dataset(tmp_path)


def test_pictures_beside_videos_or_folders_are_no_clip(tmp_path):
    touched(tmp_path, "a/x/1.mp4", "a/x/thumb_1.jpg", "a/x/thumb_2.jpg", "b/y/z/2.mp4")
    touched(tmp_path, "b/y/3.png", "b/y/4.png")
    assert listed(open_dataset(tmp_path), tmp_path) == {("a/x/1.mp4", "a"), ("b/y/z/2.mp4", "b")}


def test_pictures_do_not_count_as_files_of_the_set(tmp_path, monkeypatch):
    for label in "ab":
        frames(tmp_path / label / "clip", 9)
    monkeypatch.setattr(room, "MOST_ENTRIES", 8)
    with pytest.raises(DataError, match="more than 8 files"):
        open_dataset(touched(tmp_path, "a/clip/1.txt", *(f"b/{i}.txt" for i in range(9))))
    monkeypatch.undo()
    monkeypatch.setattr(room, "_MOST_FRAMES", 8)
    with pytest.raises(DataError, match="more than"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    "row", ["{0} 30 {1}", "{0} {1}", "{0},{1}", "{0},30,{1}", "{0}/ 30 {1}", "./{0} 30 {1}"]
)
def test_lists_of_folders_of_pictures(tmp_path, row):
    for name in ("c0", "c1", "c2"):
        frames(tmp_path / "frames" / name, 3)
    text = "".join(row.format(f"frames/c{i}", label) + "\n" for i, label in enumerate((10, 2, 0)))
    (tmp_path / "train.txt").write_text(text)
    found = open_dataset(tmp_path / "train.txt")
    assert found.labels == ("0", "2", "10")
    assert listed(found, tmp_path) == {("frames/c0", "10"), ("frames/c1", "2"), ("frames/c2", "0")}


def test_a_list_may_miss_folders_and_names_one_without_pictures(tmp_path):
    frames(tmp_path / "c0", 3)
    frames(tmp_path / "c2", 3)
    (tmp_path / "list.txt").write_text("gone 30 0\nc0 30 0\nc2 30 1\n")
    assert open_dataset(tmp_path / "list.txt").left_out == (("gone", "there is no such file"),)
    (tmp_path / "c1").mkdir()
    (tmp_path / "list.txt").write_text("c0 30 0\nc1 30 0\nc2 30 1\n")
    with pytest.raises(DataError, match=r'Row 2 .*"c1", which is not a file and not a fol'):
        open_dataset(tmp_path / "list.txt")


def test_official_lists_find_folders_of_pictures(tmp_path):
    lists = {
        "classInd.txt": "1 Run\n2 Walk\n",
        "trainlist01.txt": "Run/v_Run_g02_c01.avi 1\nWalk/v_Walk_g02_c01.avi 2\n",
        "testlist01.txt": "Run/v_Run_g01_c01.avi\nWalk/v_Walk_g01_c01.avi\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
    for label in ("Run", "Walk"):
        for group in (1, 2):
            frames(tmp_path / "rawframes" / label / f"v_{label}_g0{group}_c01", 2)
    found = open_dataset(f"ucf101:{tmp_path}", "test")
    assert [item.path.name for item in found.items] == ["v_Run_g01_c01", "v_Walk_g01_c01"]
    entries = [{"id": str(i), "template": f"Doing [something] {i % 2}"} for i in range(4)]
    for name, part in (("train", entries[:2]), ("validation", entries[2:])):
        (tmp_path / f"{name}.json").write_text(json.dumps(part))
    for i in range(4):
        frames(tmp_path / "20bn" / str(i), 2, "{:05d}.jpg")
    assert len(open_dataset(f"ssv2:{tmp_path}")) == 4


def test_frames_are_spread_over_a_folder_as_over_a_video(tmp_path):
    item = Item(frames(tmp_path / "clip", 30), 0)
    shown = load_views(item, 5, 16)[0, :, 0, 8, 8].tolist()
    assert [round(value / 8) for value in shown] == [3, 9, 15, 21, 27]
    half = Item(item.path, 0, start_s=0.6)  # of 1.2 s
    shown = load_views(half, 5, 16)[0, :, 0, 8, 8].tolist()
    assert [round(value / 8) for value in shown] == [16, 19, 22, 25, 28]


def test_dense_sampling_goes_by_the_rate(tmp_path):
    item = Item(frames(tmp_path / "clip", 30), 0)
    for fps, step in ((10, 1), (20, 2), (30, 3)):
        options = EvaluationOptions(sampling="dense", stride_s=0.1, fps=fps)
        shown = [round(v / 8) for v in load_views(item, 5, 16, options)[0, :, 0, 8, 8].tolist()]
        assert np.diff(shown).tolist() == [step] * 4
        read = ClipReader(16, ReadOptions(sampling="dense", stride_s=0.1, fps=fps))
        clip = read.read(item, 5, Transform())
        assert torch.equal(clip, read.read(item, 5, Transform()))
        assert np.diff([round(v / 8) for v in clip[:, 0, 8, 8].tolist()]).tolist() == [step] * 4


def test_a_rate_of_a_data_set_is_for_its_folders_alone(tmp_path, make_video):
    (tmp_path / "clip.mp4").write_bytes(make_video(20))
    options = EvaluationOptions(fps=7)
    shown = load_views(Item(tmp_path / "clip.mp4", 0), 4, 16, options)
    assert torch.equal(shown, load_views(Item(tmp_path / "clip.mp4", 0), 4, 16))
    with pytest.raises(DataError, match="fps"):
        ReadOptions(fps=0)


# -- stills of formats that may move ---------------------------------------------------------------


@pytest.mark.parametrize("ending", ["webp", "gif", "avif"])
def test_folders_of_numbered_stills_are_clips(tmp_path, ending):
    for label in "ab":
        for clip in ("1", "2"):
            frames(tmp_path / label / clip, 3, f"{{:04d}}.{ending}")
    found = open_dataset(tmp_path)
    assert listed(found, tmp_path) == {(f"{k}/{clip}", k) for k in "ab" for clip in "12"}
    (tmp_path / "list.txt").write_text("a/1 3 0\nb/1 3 1\n")
    assert len(open_dataset(tmp_path / "list.txt")) == 2


def test_loose_stills_in_a_class_folder_are_no_clips(tmp_path):
    frames(tmp_path / "a", 3, "{:04d}.webp")
    touched(tmp_path, "a/x/1.mp4", "b/2.mp4")
    found = open_dataset(tmp_path)
    assert listed(found, tmp_path) == {("a/x/1.mp4", "a"), ("b/2.mp4", "b")}
    assert dict(found.left_out)["a/0001.webp"] == OWN


def test_animated_pictures_stay_clips(tmp_path):
    one, two = (Image.new("L", (16, 16), level) for level in (0, 255))
    for label in "ab":
        (tmp_path / label / "p1").mkdir(parents=True)
        for i in range(3):
            place = tmp_path / label / "p1" / f"{i}.gif"
            one.save(place, save_all=True, append_images=[two])
    assert len(open_dataset(tmp_path)) == 6
