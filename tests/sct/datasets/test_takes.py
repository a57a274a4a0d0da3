"""Clips of one source: its views, versions and parts are on one side, or a note names them."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.datasets.options import ReadOptions
from tests.sct.datasets.test_recordings import SIDES, frames, held, touched, ucf

ONE_SOURCE = """a0_cam1 a0_cam2;a0.cam1 a0.cam2;a0-view-a a0-view-b;camA/a0 camB/a0;c1/a0 c2/a0
image_02/a0 image_03/a0;S001C001P001R001A001 S001C002P001R001A001
240p/a0 480p/a0;original/a0 resized/a0;original/a0 augmented/a0;a0_HD a0_SD;a0 a0_flip
a0 a0_aug1_flip;a0 a0.f137;a0 a0 (1);a0 a0_480p;dQw4w9WgXcQ_000010_000020 dQw4w9WgXcQ_000020_000030
a0_part1 a0_part2;source0/seg0 source0/seg1;source0/clip_1 source0/clip_2
Film_One_{k}_f_cm_np1_ba_med_0 Film_One_{k}_u_nm_np1_le_bad_3
a0_left a0_right;a0_L a0_R;a0_original a0_flipped;a0_flip_1 a0_aug_2
a0_rot90 a0;a0_crop1 a0_crop2;a0_30fps a0;high/a0 low/a0
a0-Scene-001 a0-Scene-002;a0part1 a0part2;a0_clip1 a0_clip2;a0_part1_cam2 a0_part2_HD
dQw4w9WgXcQ_10_20 dQw4w9WgXcQ_20_30;v_a0_g01_c01 v_a0_g01_c02""".replace("\n", ";").split(";")


@pytest.mark.parametrize("pair", ONE_SOURCE)
def test_clips_of_one_source_are_drawn_together(tmp_path, pair):
    one, two = pair.split(" ", 1) if "(1)" in pair else pair.rsplit(" ", 1)
    for label in ("walk", "run"):
        names = [f"{label}/{name.format(k=label)}" for name in (one, two)]
        touched(tmp_path, *(f"{name}.mp4" for name in names))
        others = [one.replace(*swap) for swap in (("0", "4"), ("0", "5"), ("0", "6"))]
        if "One" in one or "dQw" in one:
            named = "One" if "One" in one else "dQw"
            others = [one.replace(named, other) for other in ("Two", "Six", "Ten")]
        touched(tmp_path, *(f"{label}/{name.format(k=label)}.mp4" for name in others))
    for seed in range(6):
        test = held(tmp_path, "test", split_seed=seed, test_share=0.3)
        for label in ("walk", "run"):
            sides = {(f"{label}/{name.format(k=label)}.mp4", label) in test for name in (one, two)}
            assert len(sides) == 1


def test_frames_beside_a_video_are_not_a_clip_of_their_own(tmp_path):
    for label in ("walk", "run"):
        touched(tmp_path, f"{label}/{label}0.mp4", f"{label}/{label}1.mp4")
        frames(tmp_path / label / f"{label}0.mp4_frames")
    assert {name for name, _ in held(tmp_path)} == {
        f"{label}/{label}{i}.mp4" for label in ("walk", "run") for i in (0, 1)
    }


def test_a_label_whose_clips_are_all_called_as_parts_is_drawn_from(tmp_path):
    for label in ("walk", "run"):
        touched(tmp_path, *(f"{label}/{label}_part{i}.mp4" for i in range(5)))
    assert len(held(tmp_path, "test")) == 2


@pytest.mark.parametrize("names", ["front side top", "left right", "cam_left cam_right", "HD SD"])
@pytest.mark.parametrize("form", ["{}/{}.mp4", "x/{1}_{0}.mp4"])
def test_a_list_draws_views_and_versions_together(tmp_path, names, form):
    rows = [(form.format(way, i), "ab"[i % 2]) for i in range(8) for way in names.split()]
    touched(tmp_path, *(name for name, _ in rows))
    (tmp_path / "l.csv").write_text("path,label\n" + "".join(f"{n},{k}\n" for n, k in rows))
    drawn = [
        {i.path.stem[0] for i in open_dataset(tmp_path / "l.csv", part).items} for part in SIDES
    ]
    assert drawn[0] and drawn[1] and not drawn[0] & drawn[1]


def test_one_source_in_two_classes_is_drawn_together(tmp_path):
    of = {}
    for i in range(8):
        for k, label in enumerate(("walk", "run")):
            of[f"{label}/dQw4w9WgXc{i}_0000{k}0_0000{k + 1}0.mp4"] = f"video {i}"
            of[f"{label}/Film_{i}_{label}_f_cm_np1_ba_med_0.avi"] = f"film {i}"
    touched(tmp_path, *of)
    for seed in range(4):
        sides = [{of[n] for n, _ in held(tmp_path, part, split_seed=seed)} for part in SIDES]
        assert sides[0] and sides[1] and not sides[0] & sides[1]


def test_parts_of_one_source_in_the_folders_of_splits_are_noted(tmp_path):
    one, two = "train/a/dQw4w9WgXcQ_000010_000020.mp4", "test/a/dQw4w9WgXcQ_000020_000030.mp4"
    touched(tmp_path, one, two, "train/b/x.mp4", "test/b/y.mp4", "train/a/1.mp4", "test/a/1.mp4")
    (said,) = [n for n in open_dataset(tmp_path).notes if n.startswith("Clips of one recording")]
    assert said.endswith(f'testing: "{one}" and "{two}".')


@pytest.mark.parametrize("names", [("left", "right"), ("c1", "c2"), ("high", "low")])
def test_classes_of_a_list_that_are_called_like_views_are_no_views(tmp_path, names):
    rows = [
        (f"{name}/{i}.mp4", label) for name, label in zip(names, "ab", strict=True) for i in "12"
    ]
    touched(tmp_path, *(name for name, _ in rows))
    text = "".join(f"{n},{k},{'train' if n[-5] == '1' else 'test'}\n" for n, k in rows)
    (tmp_path / "l.csv").write_text(f"path,label,split\n{text}")
    assert open_dataset(tmp_path / "l.csv").notes == ()
    cross = [(n, k, "train" if n.startswith(names[0]) else "test") for n, k in rows]
    text = "".join(f"{n},{'ab'[n[-5] == '1']},{s}\n" for n, _, s in cross)
    (tmp_path / "l.csv").write_text(f"path,label,split\n{text}")
    (said,) = open_dataset(tmp_path / "l.csv").notes
    assert said.startswith("Clips of one recording") and f'"{names[0]}/1.mp4"' in said


@pytest.mark.parametrize("form", ["{}_part{}", "{} ({})", "clip_{1}", "video_{1}_cam1"])
def test_clips_that_are_numbered_after_their_class_are_drawn_one_by_one(tmp_path, form):
    for label in ("walk", "run"):
        touched(tmp_path, *(f"{label}/{form.format(label, i)}.mp4" for i in range(8)))
        touched(tmp_path, f"{label}/x.mp4")
    assert len(held(tmp_path, "test", test_share=0.34)) == 6


@pytest.mark.parametrize(
    "pair",
    ["v1.mp4 v1", "videos/v1.mp4 frames/v1", "v1.mp4 v1.avi", "p0/rgb/v.mp4 p0/depth/v.mp4",
     "v1_cam1.mp4 v1_cam2.mp4"],
)  # fmt: skip
def test_a_recording_on_both_sides_of_a_given_split_is_noted(tmp_path, pair):
    one, two = pair.split()
    for name in (one, two):
        touched(tmp_path, name) if "." in name else frames(tmp_path / name)
    touched(tmp_path, "x.mp4", "y.mp4", "z.mp4")
    rows = ("z.mp4,a,train", f"{one},a,train", "x.mp4,b,train", f"{two},a,test", "y.mp4,b,test")
    (tmp_path / "list.csv").write_text("\n".join(("path,label,split", *rows)))
    notes = open_dataset(tmp_path / "list.csv").notes
    (said,) = [note for note in notes if note.startswith("Clips of one recording")]
    assert f'"{one}" and "{two}"' in said and "both in training and in testing" in said


def test_an_official_list_with_one_recording_on_both_sides_is_noted(tmp_path):
    names = ("A/x.avi", "B/y.avi"), ("A/x.mp4", "B/z.avi")
    touched(ucf(tmp_path, *names), *names[0], *names[1])
    (said,) = open_dataset(f"ucf101:{tmp_path}").notes
    assert said.startswith("Clips of one recording") and '"A/x.avi" and "A/x.mp4"' in said


def test_a_video_and_its_frames_with_two_labels_are_noted(tmp_path):
    touched(tmp_path, "v1.mp4", "x.mp4")
    frames(tmp_path / "frames" / "v1")
    (tmp_path / "list.csv").write_text("path,label\nv1.mp4,a\nframes/v1,b\nx.mp4,a\n")
    assert any(
        "by their names, have different labels" in n
        for n in open_dataset(tmp_path / "list.csv").notes
    )


def test_persons_in_the_classes_are_noted_where_clips_are_drawn(tmp_path):
    for label in ("walk", "run"):
        touched(tmp_path, *(f"{label}/person{i}/{label}{i}.mp4" for i in range(5)))
    for part, count in (("train", 1), ("test", 1), ("all", 0)):
        said = [n for n in open_dataset(tmp_path, part).notes if '"person0"' in n]
        assert len(said) == count and all("--group-column" in n for n in said)


# -- in folders of their own -----------------------------------------------------------------------


def drawn(root, *places, seeds=range(8)):
    """The clips of each draw's test."""
    return [
        {str(item.path.relative_to(root)) for item in open_dataset(root, "test", draw).items}
        for draw in (ReadOptions(split_seed=seed, test_share=0.4) for seed in seeds)
    ]


TAKES = [
    ("take{}/cam1.mp4", "take{}/cam2.mp4"),
    ("take{}/view_1.mp4", "take{}/view_2.mp4"),
    ("take{}/front.mp4", "take{}/side.mp4"),
    ("cam1_v{}.mp4", "cam2_v{}.mp4"),
    ("v{}.mp4", "flip_v{}.mp4"),
    ("v_walk_{0}/v_walk_{0}_01.mpg", "v_walk_{0}/v_walk_{0}_02.mpg"),
]


@pytest.mark.parametrize("forms", TAKES)
def test_takes_of_one_scene_are_drawn_together(tmp_path, forms):
    for label in ("walk", "run"):
        touched(tmp_path, *(f"{label}/{form.format(i)}" for i in range(5) for form in forms))
    for test in drawn(tmp_path):
        for label in ("walk", "run"):
            for i in range(5):
                assert len({f"{label}/{form.format(i)}" in test for form in forms}) == 1


@pytest.mark.parametrize("below", ["depth", "flow", "masks"])
@pytest.mark.parametrize("name", ["clip{}", "video{}", "take{}", "vid_{}"])
def test_what_lies_below_the_frames_stays_on_their_side(tmp_path, below, name):
    for label in ("walk", "run"):
        for i in range(4):
            place = tmp_path / label / name.format(i)
            frames(place, place / below)
    for test in drawn(tmp_path, seeds=range(4)):
        for label in ("walk", "run"):
            for i in range(4):
                place = f"{label}/{name.format(i)}"
                assert f"{place}/{below}" not in test or place in test


@pytest.mark.parametrize(
    "pair",
    ["v1_cam1.mp4 v1_cam2.mp4", "film7_part1.mp4 film7_part2.mp4", "v1.avi v1.mp4", "v1 v1.mp4"],
)
@pytest.mark.parametrize("form", ["{split}/{label}", "{label}/{split}"])
def test_a_source_on_both_sides_of_folders_is_noted(tmp_path, pair, form):
    one, two = pair.split()
    for split, name in (("train", one), ("test", two)):
        place = tmp_path / form.format(split=split, label="a")
        frames(place / name) if "." not in name else touched(place, name)
        touched(tmp_path / form.format(split=split, label="b"), "1.mp4")
        touched(place, "2.mp4")
    (said,) = [note for note in open_dataset(tmp_path).notes if "one recording" in note]
    assert one in said and two in said and "1.mp4" not in said.replace(one, "").replace(two, "")


@pytest.mark.parametrize("labels", [("clip", "frames"), ("image", "video"), ("left", "right")])
def test_classes_called_like_ways_to_keep_a_clip_have_no_recording_in_common(tmp_path, labels):
    touched(tmp_path, *(f"{label}/{i}.mp4" for label in labels for i in range(3)))
    found = open_dataset(tmp_path)
    assert {*found.labels} == {*labels} and not found.notes
