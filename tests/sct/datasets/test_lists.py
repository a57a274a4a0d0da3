"""Lists as other tools write them: read as they are meant, or refused with what to write."""

import os
import unicodedata

import pytest

from sct.datasets.dataset import open_dataset
from sct.errors import DataError
from tests.sct.datasets.written import FOUR, opened, pairs

NFC, NFD = (unicodedata.normalize(form, "caf\u00e9") for form in ("NFC", "NFD"))


AABB = list(zip(FOUR, "aabb", strict=True))
READ = {
    "spaces before quotes": 'path, label\nc0.mp4, "a"\nc1.mp4,"a"\nc2.mp4,  "b"\n"c3.mp4", b\n',
    "tabs and wide spaces before quotes": 'path,label\nc0.mp4,\t"a"\nc1.mp4,a\n'
    'c2.mp4,\u00a0"b"\nc3.mp4,b\n',
    "spaces around names": " path , label \nc0.mp4,a\nc1.mp4,a \n c2.mp4,b\nc3.mp4,b\n",
    "sep": "sep=;\npath;label\nc0.mp4;a\nc1.mp4;a\nc2.mp4;b\nc3.mp4;b\n",
    "sep in quotes, a bar": '\ufeff"SEP=|"\r\npath|label\r\nc0.mp4|a\r\nc1.mp4|a\r\nc2.mp4|b\r\n'
    "c3.mp4|b\r\n",
    "tabs": "path\tlabel\nc0.mp4\ta\nc1.mp4\ta\nc2.mp4\tb\nc3.mp4\tb\n",
    "old line ends": "path,label\rc0.mp4,a\rc1.mp4,a\rc2.mp4,b\rc3.mp4,b\r",
    "empty cells at the end": "path,label,,\nc0.mp4,a,,\nc1.mp4,a,,\nc2.mp4,b,,\nc3.mp4,b,,\n",
    "no header, empty cells at the end": "c0.mp4,a,\nc1.mp4,a,\nc2.mp4,b,\nc3.mp4,b,\n",
    "no header": "c0.mp4,a\nc1.mp4,a\nc2.mp4,b\nc3.mp4,b\n",
    "no header, semicolons": "c0.mp4;a\nc1.mp4;a\nc2.mp4;b\nc3.mp4;b\n",
    "no header, spaces": "c0.mp4 a\nc1.mp4  a\n\nc2.mp4\u00a0b\nc3.mp4 b \n",
    "no header, number of frames": "c0.mp4 60 a\nc1.mp4 60 a\nc2.mp4 61 b\nc3.mp4 7 b\n",
    "the same with commas": "c0.mp4,60,a\nc1.mp4,60,a\nc2.mp4,61,b\nc3.mp4,7,b\n",
    "a header and spaces": "path label\nc0.mp4 a\nc1.mp4 a\nc2.mp4 b\nc3.mp4 b\n",
    "quotes and spaces": '"c0.mp4" a\n"c1.mp4" a\n"c2.mp4" b\n"c3.mp4" b\n',
    "spaces around quotes": '"path" , "label"\n"c0.mp4" , "a"\n"c1.mp4" ,"a" \n"c2.mp4"\t, b\n'
    '"c3.mp4" , "b"\n',
    "sep as code": "sep=\\t\npath\tlabel\nc0.mp4\ta\nc1.mp4\ta\nc2.mp4\tb\nc3.mp4\tb\n",
    "bars": "path|label\nc0.mp4|a\nc1.mp4|a\nc2.mp4|b\nc3.mp4|b\n",
    "commas in a quoted header": 'path;label;"k,l,m,n"\nc0.mp4;a;1\nc1.mp4;a;1\nc2.mp4;b;1\n'
    "c3.mp4;b;1,5\n",
    "semicolons in a quoted header": 'path,label,"k;l;m;n"\nc0.mp4,a,1\nc1.mp4,a,1\nc2.mp4,b,1\n'
    "c3.mp4,b,1\n",
    "commas beside tabs": "path\tlabel\tn, m, o, p\nc0.mp4\ta\t1\nc1.mp4\ta\t2, 3\nc2.mp4\tb\t3\n"
    "c3.mp4\tb\t4\n",
    "remarks": '# a list, of mine: "x\n\n#\n# v1.2; 3\npath,label\nc0.mp4,a\nc1.mp4,a\nc2.mp4,b\n'
    "c3.mp4,b\n",
    "remarks and no header": "# mine\nc0.mp4 a\nc1.mp4 a\nc2.mp4 b\nc3.mp4 b\n",
    "a header as remark": "# label path\na c0.mp4\na c1.mp4\nb c2.mp4\nb c3.mp4\n",
    "two marks": "\ufeff\ufeffpath,label\nc0.mp4,a\nc1.mp4,a\nc2.mp4,b\nc3.mp4,b\n",
    "capitals within names": "videoPath,className\nc0.mp4,a\nc1.mp4,a\nc2.mp4,b\nc3.mp4,b\n",
    "signs in names": "[path], <label> \nc0.mp4,a\nc1.mp4,a\nc2.mp4,b\nc3.mp4,b\n",
    "single quotes": "'c0.mp4','a'\n'c1.mp4','a'\n'c2.mp4','b'\n'c3.mp4','b'\n",
    "single quotes below names": "path;'label'\n'c0.mp4';'a'\n'c1.mp4';'a'\n'c2.mp4';'b'\n"
    "'c3.mp4';'b'\n",
    "single quotes of one column": "path,label\nc0.mp4,'a'\nc1.mp4,'a'\nc2.mp4,'b'\nc3.mp4,'b'\n",
    "single quotes and spaces": "'c0.mp4' 'a'\n'c1.mp4' 'a'\n'c2.mp4' 'b'\n'c3.mp4' 'b'\n",
    "formulas": 'path,label\n="c0.mp4",="a"\n"=""c1.mp4""","=""a"""\nc2.mp4,="b"\nc3.mp4,b\n',
    "formulas, semicolons": 'path;label\n="c0.mp4";="a"\n="c1.mp4";a\nc2.mp4;b\nc3.mp4;b\n',
    "a slash before them": "path,label\n/c0.mp4,a\n/c1.mp4,a\n\\\\c2.mp4,b\nc3.mp4,b\n",
    "names beside paths": "clip_name,clip_path,label\nc0,c0.mp4,a\nc1,c1.mp4,a\nc2,/c2.mp4,b\n"
    "c3,c3.mp4,b\n",
    "a remark of a name": "# action recognition\nc0.mp4 a\nc1.mp4 a\nc2.mp4 b\nc3.mp4 b\n",
    "backslashes": "path,label\n.\\c0.mp4,a\nc1.mp4,a\nx\\..\\c2.mp4,b\n.\\c3.mp4,b\n",
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_a_list_is_read_as_it_is_meant(tmp_path, text):
    found = opened(tmp_path, text)
    assert pairs(found) == AABB and found.labels == ("a", "b") and not found.left_out


@pytest.mark.parametrize("path", ["video_path", "Path", "FILENAME", "video", "File", "clip"])
@pytest.mark.parametrize("label", ["class", "Category", "label_name", "ACTION", "Class Name"])
def test_columns_may_be_called_otherwise(tmp_path, path, label):
    text = f"{label},{path},note\na,c0.mp4,x\na,c1.mp4,y\nb,c2.mp4,x\nb,c3.mp4,y\n"
    assert pairs(opened(tmp_path, text)) == AABB


def test_the_documented_name_wins_and_two_others_are_refused(tmp_path):
    rows = "c0.mp4,a,1\nc1.mp4,a,1\nc2.mp4,b,2\nc3.mp4,b,2\n"
    assert pairs(opened(tmp_path, f"path,label,class\n{rows}")) == AABB
    assert opened(tmp_path, f"path,label,class\n{rows}", label_column="class").labels == ("1", "2")
    with pytest.raises(DataError, match='columns "class" and "Action", and each may be the label'):
        opened(tmp_path, f"path,class,Action\n{rows}")
    with pytest.raises(DataError, match=r'"file" and "clip".*call the right one "path"\.'):
        opened(tmp_path, "file,clip,label\nc0.mp4,c1.mp4,a\n")


def test_other_columns_are_not_lost_by_their_spelling(tmp_path):
    rows = "c0.mp4,a,train,1,2\nc1.mp4,b,train,,2\nc2.mp4,a,Test,0.5,\nc3.mp4,b,test,,\n"
    for header in ("path,label,Split,START,End", "path,label,subset,start_time,time_end"):
        opened(tmp_path, f"{header}\n{rows}")
        test = open_dataset(tmp_path / "list.csv", "test")
        assert [(i.path.name, i.start_s, i.end_s) for i in test.items] == [
            ("c2.mp4", 0.5, None),
            ("c3.mp4", 0.0, None),
        ]
    # What holds no splits is no column of them, and two that do may not be chosen from.
    opened(tmp_path, "path,label,set,phase\nc0.mp4,a,A,train\nc1.mp4,b,B,test\n")
    assert [i.path.name for i in open_dataset(tmp_path / "list.csv", "test").items] == ["c1.mp4"]
    with pytest.raises(DataError, match='"set" and "phase", and each may be the split'):
        opened(tmp_path, "path,label,set,phase\nc0.mp4,a,test,train\nc1.mp4,b,train,test\n")
    with pytest.raises(DataError, match=r'column "start_frame"; .*in seconds'):
        opened(tmp_path, "path,label,start_frame\nc0.mp4,a,3\nc1.mp4,b,4\n")


def test_decimal_commas_are_read_where_commas_divide_nothing(tmp_path):
    text = "path;label;start;end;left\nc0.mp4;a;0,5;1,25;0,1\nc1.mp4;b;,5;;\n"
    items = opened(tmp_path, text).items
    assert [(i.start_s, i.end_s, i.box[0]) for i in items] == [(0.5, 1.25, 0.1), (0.5, None, 0)]
    with pytest.raises(DataError, match=r"Row 2 .*in seconds"):
        opened(tmp_path, 'path,label,start,end\nc0.mp4,a,"0,5","1,25"\n')


def test_a_column_is_found_in_either_form_of_unicode(tmp_path):
    text = f"path,{NFD}\nc0.mp4,a\nc1.mp4,b\n"
    assert opened(tmp_path, text, label_column=NFC).labels == ("a", "b")


def test_the_split_is_one_in_either_form_of_unicode(tmp_path):
    """A model tested on another computer must not be tested on clips that it learned from."""
    drawn = []
    for form in ("NFC", "NFD"):
        for i in range(30):
            name = unicodedata.normalize(form, f"{'ab'[i % 2]}/caf\u00e9 {i}.mp4")
            (tmp_path / form / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / form / name).touch()
        test = open_dataset(tmp_path / form, "test")
        drawn.append({unicodedata.normalize("NFC", item.path.name) for item in test.items})
    assert drawn[0] == drawn[1] and len(drawn[0]) == 6


def test_labels_are_one_in_either_form_of_unicode(tmp_path):
    found = opened(tmp_path, f"path,label\nc0.mp4,{NFC}\nc1.mp4,{NFD}\nc2.mp4,b\nc3.mp4,b\n")
    assert found.labels == ("b", NFC) and found.counts == {"b": 2, NFC: 2}
    for name in (f"folders/{NFC}/1.mp4", f"folders/{NFD}/2.mp4", "folders/b/3.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert open_dataset(tmp_path / "folders").counts == {"b": 1, NFC: 2}


def test_groups_are_one_in_either_form_of_unicode(tmp_path):
    text = f"path,label,split,group\nc0.mp4,a,train,{NFC}\nc1.mp4,b,test,{NFD}\n"
    with pytest.raises(DataError, match=r"group .* both into training and"):
        opened(tmp_path, text)


@pytest.mark.parametrize(("written", "there"), [(NFC, NFD), (NFD, NFC)])
def test_a_path_is_found_in_either_form_of_unicode(tmp_path, written, there):
    files = (f"{there}/{there}.mp4", f"{there}/{written}2.mp4")
    text = f"path,label\n{written}/{written}.mp4,a\n{written}\\{written}2.mp4,b\n"
    found = opened(tmp_path, text, files=files)
    assert {os.fspath(i.path.relative_to(tmp_path)) for i in found.items} == set(files)


def test_commas_in_paths_and_semicolons_in_labels_divide_nothing(tmp_path):
    files, want = ("a,b,1.mp4", "c,d.mp4"), [("a,b,1.mp4", "x;y"), ("c,d.mp4", "w;q")]
    for text in ("a,b,1.mp4\tx;y\nc,d.mp4\tw;q\n", "a,b,1.mp4 x;y\nc,d.mp4 w;q\n"):
        assert pairs(opened(tmp_path, text, files=files)) == want
    assert pairs(opened(tmp_path, "c0.mp4,x;y;z\nc1.mp4,w;q;r\n")) == [
        ("c0.mp4", "x;y;z"),
        ("c1.mp4", "w;q;r"),
    ]


def test_a_file_whose_name_begins_as_a_remark_is_read(tmp_path):
    files = ("#1.mp4", "#2 b.mp4")
    assert pairs(opened(tmp_path, "#1.mp4,a\n#2 b.mp4,b\n", files=files)) == [
        ("#1.mp4", "a"),
        ("#2 b.mp4", "b"),
    ]


def test_rows_are_numbered_as_in_the_file_after_remarks(tmp_path):
    with pytest.raises(DataError, match="Row 6 "):
        opened(tmp_path, "sep=,\n# one\r\n\n# two\npath,label\nc0.mp4,a,x\n")
    opened(tmp_path, "#\n" * 999 + "path,label\nc0.mp4,a\nc1.mp4,b\n")
    with pytest.raises(DataError, match='no column "path"'):
        opened(tmp_path, "# x\n" * 1_000_000)  # in no time


def test_a_way_up_is_taken_from_where_a_link_leads(tmp_path):
    home, other = tmp_path / "home", tmp_path / "other"
    for place in (home, other / "in"):
        place.mkdir(parents=True)
    (other / "a.mp4").touch()
    (home / "in").symlink_to(other / "in")
    text = "path,label\nin/../a.mp4,x\na.mp4,y\nnone/../c.mp4,y\n"
    found = opened(home, text, files=("a.mp4", "c.mp4"))
    assert [i.path.resolve() for i in found.items] == [
        (other / "a.mp4").resolve(),
        (home / "a.mp4").resolve(),
        (home / "c.mp4").resolve(),
    ]
    (tmp_path / "link").symlink_to(home)
    left = open_dataset(tmp_path / "link" / "list.csv")
    assert len(left) == 3
    opened(home, text + "no/../d.mp4,x\n", files=())
    assert open_dataset(tmp_path / "link" / "list.csv").left_out[0][0] == "no/../d.mp4"


def test_a_folder_is_one_whatever_it_is_called(tmp_path):
    for label in "ab":
        (tmp_path / "x.csv" / label).mkdir(parents=True)
        (tmp_path / "x.csv" / label / "1.mp4").touch()
    assert open_dataset(tmp_path / "x.csv").labels == ("a", "b")


def test_nothing_is_called_nothing(tmp_path):
    with pytest.raises(DataError, match="No data is named; data is a folder"):
        open_dataset("")
    with pytest.raises(DataError, match=r'names "\\x07", which lies outside|2 files .*"\\x07"'):
        opened(tmp_path, "path,label\n\x07,a\n\x08,b\n")


def test_a_name_that_is_there_as_it_stands_is_not_changed(tmp_path):
    files = ("a\\b.mp4", "a/b.mp4", "c.mp4")  # a backslash may be part of a name here
    found = opened(tmp_path, "path,label\na\\b.mp4,a\nc.mp4,b\n", files=files)
    assert [i.path.name for i in found.items] == ["a\\b.mp4", "c.mp4"]


@pytest.mark.parametrize(
    ("ids", "order"),
    [
        (("0", "2", "10", "1"), ("0", "1", "2", "10")),
        (("00", "02", "10", "01"), ("00", "01", "02", "10")),
        (("3", "x", "20", "-1"), ("-1", "3", "20", "x")),
    ],
)
def test_ids_sort_as_numbers(tmp_path, ids, order):
    rows = "".join(f"{file},{label}\n" for file, label in zip(FOUR, ids, strict=True))
    found = opened(tmp_path, f"path,label\n{rows}")
    assert found.labels == order and [label for _, label in pairs(found)] == list(ids)
    for label in ids:
        (tmp_path / "folders" / label).mkdir(parents=True)
        (tmp_path / "folders" / label / "1.mp4").touch()
    assert open_dataset(tmp_path / "folders").labels == order
    rows = "".join(f"{file} 30 {label}\n" for file, label in zip(FOUR, ids, strict=True))
    assert opened(tmp_path, rows, "list.txt").labels == order


def test_one_id_in_two_ways_of_writing_is_refused(tmp_path):
    with pytest.raises(DataError, match='"01" and "1" are one number'):
        opened(tmp_path, "path,label\nc0.mp4,1\nc1.mp4,01\nc2.mp4,2\n")


def test_lists_of_kinetics_as_other_tools_write_them(tmp_path):
    files = ("abseiling/my clip 3.mp4", "zumba/v.mp4")
    want = [("my clip 3.mp4", "0"), ("v.mp4", "10")]
    for name in ("train.csv", "train.txt", "train.tsv"):
        slowfast = "abseiling/my clip 3.mp4 0\nzumba/v.mp4 10\n"
        assert pairs(opened(tmp_path, slowfast, name, files)) == want
        frames = "abseiling/my clip 3.mp4 250 0\nzumba/v.mp4 300 10\n"
        assert pairs(opened(tmp_path, frames, name, files)) == want
        commas = "abseiling/my clip 3.mp4,0\nzumba/v.mp4,10\n"
        assert pairs(opened(tmp_path, commas, name, files)) == want
    absolute = "".join(f"{tmp_path / file} {i}\n" for i, file in enumerate(files))
    assert pairs(opened(tmp_path, absolute, files=files)) == [(want[0][0], "0"), (want[1][0], "1")]
    splits = "abseiling/my clip 3.mp4,0,train\nzumba/v.mp4,10,val\n"
    opened(tmp_path, splits, files=files)
    assert pairs(open_dataset(tmp_path / "list.csv", "test")) == want[1:]


@pytest.mark.parametrize("coding", ["utf-16", "utf-8-sig"])
def test_text_with_a_mark_is_read(tmp_path, coding):
    text = f"path;label\r\nc0.mp4;{NFC}\r\nc1.mp4;\u6f22\r\n"
    assert opened(tmp_path, text, coding=coding).labels == (NFC, "\u6f22")


def test_big_endian_text_is_read(tmp_path):
    text = "\ufeffpath,label\nc0.mp4,\u00e9\nc1.mp4,b\n"
    assert opened(tmp_path, text, coding="utf-16-be").labels == ("b", "\u00e9")


REFUSED = {
    "Latin-1": ("path,label\nc0.mp4,b\nc1.mp4,\u00e9\n".encode("latin-1"), "Line 3 .*UTF-8"),
    "Windows-1252": ("c0.mp4,\u20ac\nc1.mp4,b\n".encode("cp1252"), "Line 1 .*0x80.*save .* UTF-8"),
    "UTF-16 cut off": ("path,label\nc0.mp4,b\n".encode("utf-16")[:-1], "Line 2 .*not UTF-16"),
    "no mark": ("path,label\nc0.mp4,b\n".encode("utf-16-le"), "NUL.*save it as UTF-8"),
    "a label with spaces": ("c0.mp4 high jump\nc1.mp4 b c\n", "Row 1 .*name the columns .*path,la"),
    "a row with more": ("c0.mp4 0\nc1.mp4 0\nc2.mp4 0 1\n", "Row 3 .*3 cells, but the first has 2"),
    "no frames": ("c0.mp4 3 0\nc1.mp4 0 5\n", "Row 2 .*number of frames"),
    "starts of parts": ("c0.mp4 1 0\nc0.mp4 17 0\nc1.mp4 1 1\n", "Row 2 .*no number of frames"),
    "several labels": ("c0.mp4 9 0 1\nc1.mp4 9 0 2\n", "no line that names its 4 columns"),
    "the label first": ("0,c0.mp4\n1,c1.mp4\n", 'no column "path"; its columns are "0", "c0'),
    "after sep": ("sep=;\npath;label\nc0.mp4;a;b\n", "Row 3 .*3 cells"),
    "a lone quote": ('c0.mp4 0\n"\n', "Row 2 .*1 cell, but"),
    "nothing but quotes": ('"" ""\n', 'no column "path"'),
    "quotes within": ('path,label\n"c0.mp4"x,a\n', "Row 2 .*quotes enclose a whole cell"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_told_is_refused_with_one_sentence(tmp_path, text, message):
    with pytest.raises(DataError, match=message) as error:
        opened(tmp_path, text)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)


def test_zeros_before_numbers_and_odd_quotes_are_kept(tmp_path):
    assert opened(tmp_path, 'path,label\nc0.mp4,="001"\nc1.mp4,="002"\n').labels == ("001", "002")
    found = opened(tmp_path, "path,label\nc0.mp4,'a'\nc1.mp4,a\nc2.mp4,rock 'n' roll\n")
    assert found.labels == ("'a'", "a", "rock 'n' roll") and "nearly alike" in found.notes[0]


def test_eval_beside_dev_is_the_test(tmp_path):
    rows = "c0.mp4,a,train\nc1.mp4,b,train\nc2.mp4,a,{}\nc3.mp4,b,{}\n"
    for dev, test in (("dev", "eval"), ("val", "Evaluation"), ("dev", "holdout")):
        found = opened(tmp_path, "path,label,split\n" + rows.format(dev, test))
        tested = open_dataset(tmp_path / "list.csv", "test")
        assert [item.path.name for item in tested.items] == ["c3.mp4"]
        assert found.notes[0].startswith("Of two splits for validation, the one")
    opened(tmp_path, "path,label,split\n" + rows.format("eval", "test"))
    assert [i.path.name for i in open_dataset(tmp_path / "list.csv", "test").items] == ["c3.mp4"]
    opened(tmp_path, "path,label,split\n" + rows.format("eval", "eval"))
    assert len(open_dataset(tmp_path / "list.csv", "test")) == 2
