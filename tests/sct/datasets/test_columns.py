"""Columns of lists by any name: those that say splits and parts are read, refused or named."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.datasets.options import ReadOptions
from sct.errors import DataError

FOUR = ("c0.mp4", "c1.mp4", "c2.mp4", "c3.mp4")
SPLIT = ("train", "train", "test", "test")


def write(folder, header, cells, name="list.csv"):
    """Write a list of four (empty) files with classes a, b, a, b and more cells for each."""
    for file in FOUR:
        if not (folder / file).exists():
            (folder / file).touch()
    rows = (f"{file},{'abab'[i]},{more}\n" for i, (file, more) in enumerate(zip(FOUR, cells)))  # noqa: B905
    (folder / name).write_text(f"path,label,{header}\n{''.join(rows)}")
    return folder / name


def names(path, split="all", **options):
    return [item.path.name for item in open_dataset(path, split, ReadOptions(**options)).items]


# -- splits ----------------------------------------------------------------------------------------

KNOWN = """subset set partition phase usage Usage data_split split_name dataset_split train_test
split_type dataSplit SUBSET""".split()  # noqa: SIM905


@pytest.mark.parametrize("column", [*KNOWN, "Split Type", "data-split"])
def test_a_split_by_another_name_is_read_and_said(tmp_path, column):
    path = write(tmp_path, column, ("Train", "training", "TEST", "test"))
    assert names(path, "train") == ["c0.mp4", "c1.mp4"] and names(path, "test") == list(FOUR[2:])
    assert open_dataset(path).notes == (f'The column "{column}" is read as the split.',)


@pytest.mark.parametrize(
    "column", ["dataset", "data_type", "mode", "stage", "type", "purpose", "spilt", "fold", "x"]
)
@pytest.mark.parametrize(
    "cells",
    [SPLIT, ("train", "train", "test", "unused"), ("TRAIN",) * 4, ("Train2", "Train1", "", "Val2")],
)
def test_names_of_splits_in_any_other_column_are_refused(tmp_path, column, cells):
    with pytest.raises(DataError, match=f'column "{column}" in which .*call it "split"') as error:
        open_dataset(write(tmp_path, column, cells))
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("column", "odd", "said"),
    [
        ("subset", "unused", 'Row 4 of "list.csv", column "subset", has the split "unused"'),
        ("set", "n/a", 'column "set", has the split "n/a"'),
        ("set", "Train2", 'column "set", has the split "train2"|the split "Train2"'),
        ("phase", "test_a", 'Row 4 .* has the split "test_a"; allowed are train, val and test'),
        ("usage", "", 'Row 4 of "list.csv", column "usage", has no split'),
        ("split", "", 'Row 4 of "list.csv" has no split; each row needs train, val or test'),
        ("split", "later", 'Row 4 of "list.csv" has the split "later"'),
    ],
)
def test_one_odd_split_is_refused_with_its_row(tmp_path, column, odd, said):
    with pytest.raises(DataError, match=said):
        open_dataset(write(tmp_path, column, ("train", "train", odd, "test")))


@pytest.mark.parametrize(
    "column",
    [
        "is_train",
        "isTrain",
        "train",
        "is_test",
        "test",
        "In Training Set",
        "is_validation",
        "trainset",
        "train_flag",
        "istrain",
    ],
)
@pytest.mark.parametrize("cells", [("1", "1", "0", "0"), ("True", "true", "FALSE", ""), "ynyn"])
def test_a_flag_for_training_is_refused(tmp_path, column, cells):
    with pytest.raises(DataError, match=f'column "{column}", which seems .* column "split"'):
        open_dataset(write(tmp_path, column, cells))


@pytest.mark.parametrize("column", ["is_train", "in_test", "eval", "hold_out"])
@pytest.mark.parametrize(
    "cells",
    [
        "WAHR FALSCH",
        "VRAI FAUX",
        "ja nein",
        "yes no maybe",
        "oui non",
        "\u662f \u5426",
        "on off",
        "7",
    ],
)
def test_a_flag_in_any_language_is_refused(tmp_path, column, cells):
    cells = (cells.split() * 4)[:4]
    with pytest.raises(DataError, match=f'column "{column}", which seems .* column "split"'):
        open_dataset(write(tmp_path, column, cells))


def test_scores_under_the_name_of_a_split_are_no_flags(tmp_path):
    (note,) = open_dataset(write(tmp_path, "test", (".1", ".2", ".3", ".4"))).notes
    assert note == 'Columns that are not used: "test".'


SIDES = """learn/holdout support/query seen/unseen fit/test Training/Pr\u00fcfung base/novel
train/rest entrenamiento/prueba gallery/query/probe \u8bad\u7ec3\u96c6/\u6d4b\u8bd5\u96c6
public/private Learn/Hold-Out train/other""".split()  # noqa: SIM905


@pytest.mark.parametrize("column", ["role", "dataset", "purpose", "bucket"])
@pytest.mark.parametrize("values", SIDES)
def test_two_values_that_say_what_to_learn_from_are_refused(tmp_path, column, values):
    cells = (values.split("/") * 4)[:4]
    with pytest.raises(DataError, match=f'column "{column}" in which .*call it "split"'):
        open_dataset(write(tmp_path, column, cells))
    with pytest.raises(DataError, match=r'call it "split"|has the split'):
        open_dataset(write(tmp_path, "subset", cells))


@pytest.mark.parametrize("cells", [("seen",) * 4, ("base", "x", "y", "z"), ("rest", "run") * 2])
def test_such_words_alone_say_nothing(tmp_path, cells):
    assert len(open_dataset(write(tmp_path, "remark", cells))) == 4


@pytest.mark.parametrize("column", ["fold", "cv_fold", "set", "partition", "subset"])
def test_numbers_of_folds_are_said_not_to_divide(tmp_path, column):
    (note,) = open_dataset(write(tmp_path, column, "0122")).notes
    assert note.startswith(f'The column "{column}" is not used and does not divide the clips')
    assert 'column "split"' in note


def test_a_split_that_is_called_so_wins_and_the_others_are_named(tmp_path):
    path = write(tmp_path, "split,subset,is_train", ("train,test,1", "test,train,1") * 2)
    assert names(path, "test") == ["c1.mp4", "c3.mp4"]
    assert open_dataset(path).notes[:1] == ('Columns that are not used: "subset", "is_train".',)
    path = write(tmp_path, "split,set", (f",{s}" for s in SPLIT))  # an empty one says nothing
    assert names(path, "test") == ["c2.mp4", "c3.mp4"]


def test_columns_that_are_not_used_are_named(tmp_path):
    path = write(tmp_path, "note,test_score,travel,person", ("n,.5,car,1", "m,.7,train,1") * 2)
    assert open_dataset(path).notes == (
        'The column "travel" is not used, though "train" stands in it; if it says which clips are '
        'for training, call it "split".',
        'The column "person" is not used and groups no clips; if those with the same entry belong '
        "together, name it by --group-column.",
        'Columns that are not used: "note", "test_score".',
    )
    assert 'person"' not in "".join(
        open_dataset(path, "all", ReadOptions(group_column="person")).notes
    )
    many = ",".join(f"n{i}" for i in range(13))
    (note,) = open_dataset(write(tmp_path, many, [",".join("1" * 13)] * 4)).notes
    assert note.endswith('"n9" and 3 more.')


def test_columns_without_names_hold_nothing_but_numbers_of_rows(tmp_path):
    (tmp_path / "l.csv").write_text(",path,label\n0,c0.mp4,a\n1,c1.mp4,b\n")
    write(tmp_path, "note", "1234")
    assert open_dataset(tmp_path / "l.csv").notes == ()
    with pytest.raises(DataError, match="has a column without a name"):
        open_dataset(write(tmp_path, ",", ("foo,", ",bar", ",", ",")))


# -- parts -----------------------------------------------------------------------------------------

TIMES = {
    "start,end": ("0.5,1.25", 0.5, 1.25),
    "start_ms,end_ms": ("500,1250", 0.5, 1.25),
    "Start (ms),End (ms)": ("500,1250", 0.5, 1.25),
    "startMs,endMs": ("1,11", 0.001, 0.011),
    "t_start,t_end": ("0.5,1.25", 0.5, 1.25),
    "Start Time (s),End Time (s)": ("0.5,1.25", 0.5, 1.25),
    "startTime,endTime": (".5,1.25e0", 0.5, 1.25),
    "start_us,end_us": ("500000,1250000", 0.5, 1.25),
    "begin_time_sec,stop_time_sec": ("0.5,", 0.5, None),
    "start,duration": ("0.1,0.2", 0.1, 0.3),
    "start_ms,duration_ms": ("100,200", 0.1, 0.3),
    "start_ms,duration": ("100,", 0.1, None),
    "start,end_ms": ("0.5,1250", 0.5, 1.25),
    "start,end,duration": ("0.5,1.25,9", 0.5, 1.25),
    "path2,duration": ("x,9", 0.0, None),  # of the file
    "start,end,start_frame": ("0.5,1.25,9", 0.5, 1.25),
    "from,to": ("Rome,Oslo", 0.0, None),
}


@pytest.mark.parametrize(("header", "case"), TIMES.items(), ids=TIMES)
def test_times_are_read_in_the_unit_that_they_name(tmp_path, header, case):
    cells, start, end = case
    for item in open_dataset(write(tmp_path, header, [cells] * 4)).items:
        assert (item.start_s, item.end_s) == (start, end)


@pytest.mark.parametrize(
    "header",
    """start_frame,end_frame begin_frame,stop startFrame,endFrame start,end_frame start_frame,end
    first_frame,last_frame onset,offset from,to t0,t1 start_min,end_min in,out trim_start,trim_end
    start_idx,end_idx start,length StartFrame,note start,dur frame_start,frames""".split(),  # noqa: SIM905
)
@pytest.mark.parametrize("cells", ["1,2", "00:01,00:02", "10s,20s"])
def test_times_that_are_not_understood_are_refused(tmp_path, header, cells):
    with pytest.raises(DataError) as error:
        open_dataset(write(tmp_path, header, [cells] * 4))
    said = str(error.value)
    assert "in seconds" in said and "start" in said and "end" in said and said.endswith(".")


@pytest.mark.parametrize(
    "cells",
    ["1_0,2_0", "nan,nan", "0,inf", "0x1,2", "1,1", "-1,2", "1,1e9", "00:01,00:02", "1s,2s"],
)
def test_times_that_are_no_plain_numbers_are_refused(tmp_path, cells):
    with pytest.raises(DataError, match=r"Row 2 .*plain numbers such as 1\.5"):
        open_dataset(write(tmp_path, "start,end", [cells] * 4))


@pytest.mark.parametrize("value", ["1,500", "1.500", "12.345", "1'500", "1 234 567", "\u0661,500"])
@pytest.mark.parametrize("header", ["start_ms{}end_ms", "start_us{}duration_us", "start{}end_ms"])
@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_thousands_may_be_fractions_and_are_refused(tmp_path, value, header, sign):
    write(tmp_path, "note", "1234")
    head = f"path;label;{header.format(';')}".replace(";", sign)
    (tmp_path / "l.csv").write_text(
        f"{head}\nc0.mp4{sign}a{sign}0{sign}900000\nc1.mp4{sign}b{sign}0{sign}{value}\n"
    )
    with pytest.raises(DataError, match=r"Row 3 .* write it without") as error:
        open_dataset(tmp_path / "l.csv")
    assert f'"{value}"' in str(error.value)


def test_fractions_of_fine_units_are_read_where_they_can_be_no_thousands(tmp_path):
    path = write(tmp_path, "start_ms,end_ms", ("0.500,1500.25", "0,1234.567", "0,20.5", "0,30"))
    ends = [item.end_s for item in open_dataset(path).items]
    assert ends == pytest.approx([1.50025, 1.234567, 0.0205, 0.03])


@pytest.mark.parametrize(
    ("header", "cells"),
    [("start,end", "1,1.005"), ("start_ms,end_ms", "0,1.5"), ("start,duration", "3,0.001")],
)
def test_a_part_of_next_to_nothing_is_a_slip(tmp_path, header, cells):
    with pytest.raises(DataError, match=r"Row 5 of .* names a part of 0\.00\d+ s, from"):
        open_dataset(write(tmp_path, header, ["0,20", "0,20", "0,20", cells]))
    open_dataset(write(tmp_path, "start,end", ["0.1,0.11"] * 4))


@pytest.mark.parametrize("cells", ["\u0661,\u0662.\u0665", "\uff11,\uff12.\uff15"])
def test_digits_of_other_scripts_are_digits(tmp_path, cells):
    item = open_dataset(write(tmp_path, "start,end", [cells] * 4)).items[0]
    assert (item.start_s, item.end_s) == (1, 2.5)


@pytest.mark.parametrize("names", ["left,top,right,bottom", "x1,y1,x2,y2", "xmin,ymin,xmax,ymax"])
def test_corners_are_shares(tmp_path, names):
    found = open_dataset(write(tmp_path, names, ["0,.25,.5,1"] * 4))
    assert {item.box for item in found.items} == {(0, 0.25, 0.5, 1)}
    said = ['"x1", "y1", "x2", "y2" are read as left, top, right, bottom, in shares.']
    assert list(found.notes) == said * names.startswith("x1") or names.startswith("xmin")
    with pytest.raises(DataError, match=r"Row 2 .*shares of the picture, from 0 to 1"):
        open_dataset(write(tmp_path, names, ["0,24,32,48"] * 4))


@pytest.mark.parametrize(
    "header",
    """x,y,w,h x,y,width,height bbox,a,b,c x_center,y_center,w,h cx,cy,w,h x1,y1,a,b
    left,top,width,height bbox_x,bbox_y,bbox_w,bbox_h topLeftX,topLeftY,a,b""".split(),  # noqa: SIM905
)
def test_other_boxes_are_refused(tmp_path, header):
    with pytest.raises(DataError, match="part of the picture is named in columns left, top, right"):
        open_dataset(write(tmp_path, header, ["0,0,.5,.5"] * 4))


def test_the_size_of_a_video_is_no_part_of_it(tmp_path):
    found = open_dataset(write(tmp_path, "width,height,y", ["320,240,7"] * 4))
    assert found.notes == ('Columns that are not used: "width", "height", "y".',)


def test_an_end_behind_the_file_is_said(tmp_path, make_video):
    (tmp_path / "c1.mp4").write_bytes(make_video(30, fps=15))
    found = open_dataset(write(tmp_path, "start,end", ("0,", "0,60", "0,1", "0,1")))
    (note,) = found.notes
    assert "end behind their files" in note and '"c1.mp4" lasts 2 s, not 60 s' in note
    for end in ("2", "2.4", "1.5"):
        assert not open_dataset(
            write(tmp_path, "start,end", ("0,1", f"0,{end}", "0,1", "0,1"))
        ).notes


# -- without a header ------------------------------------------------------------------------------


def bare(folder, rows):
    write(folder, "note", "1234")
    text = "".join(f"{file},{cells}\n" for file, cells in zip(FOUR, rows, strict=True))
    (folder / "bare.csv").write_text(text)
    return open_dataset(folder / "bare.csv")


def test_it_is_said_how_three_columns_were_read(tmp_path):
    found = bare(tmp_path, ("30,0", "28,1", "31,0", "30,1"))
    assert found.labels == ("0", "1")
    assert found.notes == ("Columns without a header were read as path, frames, label.",)
    found = bare(tmp_path, ("5,train", "6,train", "5,test", "6,test"))
    assert found.labels == ("5", "6")
    assert found.notes == ("Columns without a header were read as path, label, split.",)
    assert bare(tmp_path, "abab").notes == ()


MIDDLES = {
    "label, frames": ("1,30", "2,31", "1,29", "2,30"),
    "label of one class more, frames": ("1,30", "2,30", "3,30", "1,30"),
    "person, label": ("1,a", "2,a", "1,b", "2,c"),
    "fold, label": ("1,a", "2,b", "1,a", "2,b"),
}


@pytest.mark.parametrize("rows", MIDDLES.values(), ids=MIDDLES)
@pytest.mark.parametrize("kind", ["files", "folders"])
def test_a_middle_that_is_no_number_of_frames_is_refused(tmp_path, rows, kind, make_video):
    for file in FOUR:
        if kind == "files":
            (tmp_path / file).write_bytes(make_video(30, fps=15))
            continue
        (tmp_path / file).mkdir()
        for i in range(30):
            (tmp_path / file / f"{i:03}.png").touch()
    with pytest.raises(
        DataError, match="second is no number of frames; write a first line such as"
    ):
        bare(tmp_path, rows)
    assert bare(tmp_path, ("30,0", "30,1", "29,2", "30,3")).labels == ("0", "1", "2", "3")
    assert bare(tmp_path, ("15,a", "15,b", "15,a", "15,b")).labels == ("a", "b")  # another rate


def test_without_files_in_reach_fewer_numbers_than_labels_are_refused(tmp_path):
    with pytest.raises(DataError, match="no number of frames"):
        bare(tmp_path, ("1,30", "2,31", "1,29", "2,28"))
    assert bare(tmp_path, ("30,0", "30,1", "30,2", "30,3")).labels == ("0", "1", "2", "3")


def test_splits_without_labels_and_odd_splits_are_refused(tmp_path):
    with pytest.raises(DataError, match='has no labels, only names of splits such as "train"'):
        bare(tmp_path, SPLIT)
    with pytest.raises(DataError, match=r'Row 4 of "bare\.csv" has the split "unused"'):
        bare(tmp_path, ("1,train", "2,train", "1,test", "2,unused"))
    assert bare(tmp_path, ("train", "car", "car", "train")).labels == ("car", "train")
