"""Lists without a line of names: what their columns are taken for, and when they are refused."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.errors import DataError
from tests.sct.datasets.written import FOUR, write

SPLIT = ("train", "train", "test", "test")


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
    "label of many": ("101,1", "102,0", "103,1", "104,0"),
    "a label near": ("23,2", "24,3", "25,2", "26,3"),
    "one in four near": ("30,2", "24,3", "25,2", "26,3"),
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


def test_numbers_of_jester_without_their_folders_are_not_there(tmp_path):
    (tmp_path / "l.csv").write_text("34870;Drumming Fingers\n56557;Sliding Two Fingers Up\n")
    with pytest.raises(DataError, match=r'None of the 2 files .* first is "34870"'):
        open_dataset(tmp_path / "l.csv")
    for number in ("34870", "56557"):
        (tmp_path / number).mkdir()
        for i in range(3):
            (tmp_path / number / f"{i:05}.jpg").touch()
    assert open_dataset(tmp_path / "l.csv").labels == ("Drumming Fingers", "Sliding Two Fingers Up")


@pytest.mark.parametrize(
    "remark", ["action recognition", "video list", "label file", "clip of", "my action", "class id"]
)
@pytest.mark.parametrize("row", ["{} 0", "{},0"])
def test_a_remark_of_two_words_is_no_line_of_names(tmp_path, remark, row):
    write(tmp_path, "note", "1234")
    rows = "".join(row.format(file)[:-1] + f"{i % 2}\n" for i, file in enumerate(FOUR))
    (tmp_path / "l.txt").write_text(f"# {remark}\n{rows}")
    assert open_dataset(tmp_path / "l.txt").counts == {"0": 2, "1": 2}
