"""The official layouts, made small: lists as they are published, files where releases put them."""

import json

import pytest

from sct.datasets.dataset import open_dataset
from sct.datasets.options import ReadOptions
from sct.errors import DataError


def write(root, files):
    """Text files as given; None makes an empty one, as data sets do not open their videos."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or "", encoding="utf-8")


def stems(dataset):
    return {item.path.stem for item in dataset.items}


# -- UCF101 ----------------------------------------------------------------------------------------


def ucf(root, lists="ucfTrainTestlist/", videos="UCF-101/", ending=".avi"):
    clips = [
        f"{c}/v_{n}_g{g:02d}_c01"
        for c, n in (("YoYo", "YoYo"), ("HandstandPushups", "HandStandPushups"))
        for g in (1, 8, 9)
    ]
    train = [f"{clip}.avi {2 if 'YoYo' in clip else 1}" for clip in clips if "g01" not in clip]
    test = [f"{clip}.avi" for clip in clips if "g01" in clip]
    write(
        root,
        {
            f"{lists}classInd.txt": "1 HandstandPushups\r\n2 YoYo\r\n",
            f"{lists}trainlist01.txt": "\r\n".join(train) + "\r\n",
            f"{lists}testlist01.txt": "\n".join(test) + "\n",
            f"{lists}trainlist02.txt": "YoYo/v_YoYo_g01_c01.avi 2\nYoYo/v_YoYo_g08_c01.avi 2\n",
            f"{lists}testlist02.txt": "HandstandPushups/v_HandStandPushups_g09_c01.avi\n",
            **{f"{videos}{clip}{ending}": None for clip in clips},
        },
    )
    return f"ucf101:{root}"


@pytest.mark.parametrize(
    ("lists", "videos", "ending"),
    [
        ("ucfTrainTestlist/", "UCF-101/", ".avi"),
        ("", "", ".avi"),
        ("annotations/", "videos/", ".mp4"),
    ],
)
def test_ucf101(tmp_path, lists, videos, ending):
    spec = ucf(tmp_path, lists, videos, ending)
    train, test = open_dataset(spec, "train"), open_dataset(spec, "test")
    assert train.labels == test.labels == ("HandstandPushups", "YoYo")  # as numbered
    assert train.counts == {"HandstandPushups": 2, "YoYo": 2}
    assert stems(test) == {"v_YoYo_g01_c01", "v_HandStandPushups_g01_c01"}
    assert {item.group for item in train.items} == {
        f"{name} g{g}" for name in ("yoyo", "handstandpushups") for g in ("08", "09")
    }
    assert all(train.labels[item.label] == item.path.parent.name for item in train.items)
    assert len(open_dataset(spec)) == 6


def test_ucf101_with_backslashes(tmp_path):
    spec = ucf(tmp_path)
    for path in (tmp_path / "ucfTrainTestlist").glob("*list0*"):
        path.write_text(path.read_text().replace("/", "\\"))
    assert stems(open_dataset(spec, "test")) == {"v_YoYo_g01_c01", "v_HandStandPushups_g01_c01"}


def test_ucf101_other_folds_and_missing_videos(tmp_path):
    spec = ucf(tmp_path)
    assert stems(open_dataset(spec, "test", ReadOptions(fold=2))) == {"v_HandStandPushups_g09_c01"}
    with pytest.raises(DataError, match=r"no list .trainlist03\.txt"):
        open_dataset(spec, options=ReadOptions(fold=3))
    (tmp_path / "UCF-101/YoYo/v_YoYo_g08_c01.avi").unlink()
    found = open_dataset(spec, "test")
    assert found.left_out == (("YoYo/v_YoYo_g08_c01.avi", "there is no such file"),)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("trainlist01.txt", "v_YoYo_g01_c01.avi 1\n", "Line 1 .*is not like"),
        ("trainlist01.txt", "\nYoYo/v_YoYo_g01_c01.avi 1\n", "Line 2 .*does not fit"),
        ("trainlist01.txt", f"YoYo/v.avi {'9' * 5000}\n", "Line 1 .*is not like"),
        ("testlist01.txt", "Jump/v_Jump_g01_c01.avi\n", "Line 1 .*does not fit"),
        ("classInd.txt", "YoYo\n", "Line 1 .*is not like 1 ApplyEyeMakeup"),
    ],
)
def test_ucf101_lists_of_another_form(tmp_path, name, text, message):
    spec = ucf(tmp_path)
    (tmp_path / "ucfTrainTestlist" / name).write_text(text)
    with pytest.raises(DataError, match=message):
        open_dataset(spec)


def test_class_folders_of_ucf101_without_its_lists_still_have_groups(tmp_path):
    ucf(tmp_path)
    found = open_dataset(tmp_path / "UCF-101", "train")
    other = open_dataset(tmp_path / "UCF-101", "test")
    assert not {i.group for i in found.items} & {i.group for i in other.items}
    assert "" not in {i.group for i in found.items}


# -- HMDB51 ----------------------------------------------------------------------------------------


def hmdb(root, lists="testTrainMulti_7030_splits/", videos="hmdb51_org/"):
    write(
        root,
        {
            f"{lists}brush_hair_test_split1.txt": (
                "April_09_brush_hair_u_nm_np1_ba_goo_0.avi 1 \n"
                "April_09_brush_hair_u_nm_np1_ba_goo_1.avi 1 \n"
                "(x)_brush_hair_h_cm_np1_le_goo_1.avi 2 \n"
            ),
            f"{lists}wave_test_split1.txt": (
                "20060723sfjffbartsinger_wave_f_cm_np1_ba_med_0.avi 1 \n"
                "a_wave_f_cm_np1_ba_med_0.avi 2 \nb_wave_f_cm_np1_ba_med_0.avi 0 \n"
            ),
            f"{lists}wave_test_split2.txt": "a_wave_f_cm_np1_ba_med_0.avi 1\n",
            f"{videos}brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_0.avi": None,
            f"{videos}brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_1.avi": None,
            f"{videos}brush_hair/(x)_brush_hair_h_cm_np1_le_goo_1.avi": None,
            f"{videos}wave/20060723sfjffbartsinger_wave_f_cm_np1_ba_med_0.avi": None,
            f"{videos}wave/a_wave_f_cm_np1_ba_med_0.avi": None,
            f"{videos}wave/b_wave_f_cm_np1_ba_med_0.avi": None,
        },
    )
    return f"hmdb51:{root}"


@pytest.mark.parametrize(
    ("lists", "videos"), [("testTrainMulti_7030_splits/", "hmdb51_org/"), ("", ""), ("splits/", "")]
)
def test_hmdb51(tmp_path, lists, videos):
    spec = hmdb(tmp_path, lists, videos)
    train, test = open_dataset(spec, "train"), open_dataset(spec, "test")
    assert train.labels == ("brush_hair", "wave")
    assert train.counts == {"brush_hair": 2, "wave": 1}
    assert test.counts == {"brush_hair": 1, "wave": 1}
    assert len(open_dataset(spec)) == 6  # with the one that neither has
    assert [i.group for i in train.items] == ["April_09", "April_09", "20060723sfjffbartsinger"]


def test_hmdb51_lists_of_another_form(tmp_path):
    spec = hmdb(tmp_path)
    (tmp_path / "testTrainMulti_7030_splits/wave_test_split1.txt").write_text("a.avi 3\n")
    with pytest.raises(DataError, match=r"Line 1 of .wave_test_split1\.txt. .*0, 1 or 2"):
        open_dataset(spec)
    with pytest.raises(DataError, match="no list"):
        open_dataset(f"hmdb51:{tmp_path / 'hmdb51_org'}")


# -- Kinetics --------------------------------------------------------------------------------------

HEADER = "label,youtube_id,time_start,time_end,split,is_cc\n"
TRAIN = HEADER + (
    "testifying,---QUuC4vJs,84,94,train,0\n"
    '"washing feet",--GkrdYZ9Tc,0,10,train,0\n'
    "testifying,gone_gone_1,5,15,train,0\n"
)
VAL = HEADER + '"air drumming",--nQbRBEz2s,104,114,validate,0\ntestifying,whole,3,13,validate,0\n'
TEST = "youtube_id,time_start,time_end,split\n--secret,1,11,test\n"


@pytest.mark.parametrize(
    "place",
    ["{id}", "testifying/{id}", "{split}/{id}", "{split}/{label}/{id}"],
)
def test_kinetics_wherever_the_files_lie(tmp_path, place):
    clips = (
        ("---QUuC4vJs_000084_000094", "train", "testifying"),
        ("--GkrdYZ9Tc_000000_000010", "train", "washing_feet"),
        ("--nQbRBEz2s_000104_000114", "val", "air drumming"),
    )
    write(tmp_path, {"train.csv": TRAIN, "validate.csv": VAL, "test.csv": TEST})
    for name, split, label in clips:
        write(tmp_path, {place.format(id=name, split=split, label=label) + ".mp4": None})
    train = open_dataset(f"kinetics:{tmp_path}/train.csv", "train")
    test = open_dataset(f"kinetics:{tmp_path}/train.csv", "test")
    assert train.labels == test.labels == ("air drumming", "testifying", "washing feet")
    assert stems(train) == {clips[0][0], clips[1][0]}
    assert stems(test) == {clips[2][0]}
    assert stems(open_dataset(f"kinetics:{tmp_path}/train.csv")) == stems(train)
    assert ("gone_gone_1_000005_000015", "there is no such file") in train.left_out
    assert {item.group for item in train.items} == {"---QUuC4vJs", "--GkrdYZ9Tc"}
    assert all((item.start_s, item.end_s) == (0, None) for item in train.items)


def test_kinetics_lists_beside_the_videos_and_whole_videos(tmp_path):
    write(tmp_path, {"annotations/val.csv": VAL, "val/whole.mkv": None})
    write(tmp_path, {"val/--nQbRBEz2s_000104_000114.mp4": None})
    test = open_dataset(f"kinetics:{tmp_path}/annotations/val.csv", "test")
    whole = next(item for item in test.items if item.path.stem == "whole")
    assert (whole.start_s, whole.end_s) == (3, 13)
    with pytest.raises(DataError, match="no clips of the split train, only of val"):
        open_dataset(f"kinetics:{tmp_path}/annotations/val.csv", "train")


def test_a_split_listed_twice_counts_once(tmp_path):
    clips = ("---QUuC4vJs_000084_000094", "--GkrdYZ9Tc_000000_000010")
    write(tmp_path, {"train.csv": TRAIN, "val.csv": VAL, "validate.csv": VAL})
    write(tmp_path, {f"{clip}.mp4": None for clip in (*clips, "whole")})
    write(tmp_path, {"--nQbRBEz2s_000104_000114.mp4": None})
    for name in ("train", "val", "validate"):
        found = open_dataset(f"kinetics:{tmp_path}/{name}.csv", "test")
        assert sorted(i.path.stem for i in found.items) == ["--nQbRBEz2s_000104_000114", "whole"]


def test_kinetics_ids_heed_capitals(tmp_path):
    rows = "a,ABC,0,10,train,0\nb,abc,0,10,train,0\nb,x,0,10,train,0\n"
    write(tmp_path, {"train.csv": HEADER + rows, "abc_000000_000010.mp4": None})
    write(tmp_path, {"x_000000_000010.mp4": None})
    with pytest.raises(DataError, match='one class only, "b"'):
        open_dataset(f"kinetics:{tmp_path}/train.csv")


def test_kinetics_without_a_split_is_divided_by_video(tmp_path):
    rows = [f"{'ab'[i % 2]},video{i // 4},{i},{i + 10}" for i in range(40)]
    write(tmp_path, {"k.csv": "label,youtube_id,time_start,time_end\n" + "\n".join(rows)})
    for i in range(40):
        write(tmp_path, {f"video{i // 4}_{i:06d}_{i + 10:06d}.mp4": None})
    train, test = (open_dataset(f"kinetics:{tmp_path}/k.csv", part) for part in ("train", "test"))
    assert not {i.group for i in train.items} & {i.group for i in test.items}
    assert test.counts == {"a": 4, "b": 4}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEST, 'no column "label"'),
        (HEADER + "a,b,x,10,train,0\n", "Row 2 .*seconds"),
        (HEADER + "a,b,10,3,train,0\n", "Row 2 .*seconds"),
        (HEADER + "a,b,nan,inf,train,0\n", "Row 2 .*seconds"),
        (HEADER + "a,b,0,10,later,0\n", 'Row 2 .*"later"'),
        (HEADER + ",b,0,10,train,0\n", "Row 2 .*empty label"),
        (TRAIN, "None of the 3 videos"),
    ],
)
def test_kinetics_lists_of_another_form(tmp_path, text, message):
    write(tmp_path, {"list.csv": text})
    with pytest.raises(DataError, match=message):
        open_dataset(f"kinetics:{tmp_path}/list.csv")


# -- Something-Something v2 ------------------------------------------------------------------------


def ssv2(root, lists="", prefix="something-something-v2-", videos="20bn-something-something-v2/"):
    def entry(number, template):
        label = template.replace("[", "").replace("]", "")
        return {"id": number, "label": label, "template": template, "placeholders": ["a cup"]}

    write(
        root,
        {
            f"{lists}{prefix}labels.json": json.dumps(
                {
                    "Holding something": "1",
                    "Pushing something from left to right": "0",
                    "Approaching something with your camera": "2",
                }
            ),
            f"{lists}{prefix}train.json": json.dumps(
                [
                    entry("78687", "Holding [something]"),
                    entry("42326", "Pushing [something] from left to right"),
                    entry("404", "Holding [something]"),
                ]
            ),
            f"{lists}{prefix}validation.json": json.dumps([entry("74225", "Holding [something]")]),
            f"{lists}{prefix}test.json": json.dumps([{"id": "1420"}]),
            **{f"{videos}{n}.webm": None for n in ("78687", "42326", "74225", "1420")},
        },
    )
    return f"ssv2:{root}"


@pytest.mark.parametrize(
    ("lists", "prefix", "videos"),
    [
        ("", "something-something-v2-", "20bn-something-something-v2/"),
        ("labels/", "", ""),
        ("annotations/", "something-something-v2-", "videos/"),
    ],
)
def test_ssv2(tmp_path, lists, prefix, videos):
    spec = ssv2(tmp_path, lists, prefix, videos)
    train, test = open_dataset(spec, "train"), open_dataset(spec, "test")
    assert train.labels == (
        "Pushing something from left to right",
        "Holding something",
        "Approaching something with your camera",
    )
    assert [(i.path.name, i.label) for i in train.items] == [("78687.webm", 1), ("42326.webm", 0)]
    assert [(i.path.name, i.label) for i in test.items] == [("74225.webm", 1)]
    assert train.left_out == (("404.webm", "there is no such file"),)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("train", "{", "is not JSON.*line 1"),
        ("train", '{"id": "1"}', "is not a list of clips"),
        ("train", '[{"id": "1"}]', "Entry 1 .*id and a template"),
        ("train", '["78687"]', "Entry 1 .*id and a template"),
        (
            "train",
            '[{"id": [1], "template": "Holding [something]"}]',
            "Entry 1 .*id and a template",
        ),
        (
            "train",
            '[{"id": "1", "template": "Eating [something]"}]',
            'Entry 1 .*"Eating something"',
        ),
        ("train", "[" * 100_000, "is not JSON"),
        ("train", "1" * 100_000, "is not JSON"),
        ("labels", '["Holding something"]', "a number for each class"),
        ("labels", '{"Holding something": null}', "a number for each class"),
        ("validation", None, "There is no file"),
        ("train", None, "holds no list"),
    ],
)
def test_ssv2_lists_of_another_form(tmp_path, name, text, message):
    spec = ssv2(tmp_path)
    path = tmp_path / f"something-something-v2-{name}.json"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(DataError, match=message) as error:
        open_dataset(spec)
    assert "\n" not in str(error.value)
