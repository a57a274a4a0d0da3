"""Lists of videos that are refused, each with a sentence."""

import os

import pytest

from sct.datasets.dataset import open_dataset
from sct.errors import DataError, SCTError

TWO = "path,label\n1.mp4,a\n2.mp4,b\n"
BAD = {
    "no label column": ("path,color,digit\n1.mp4,a,b\n", 'no column "label".*"color", "digit"'),
    "no path column": ("place,label\n1.mp4,a\n", 'no column "path"'),
    "an empty label": ("path,label\n1.mp4,a\n2.mp4, \n", "Row 3 .*empty label"),
    "no path": ("path,label\n,a\n", "Row 2 .*no path"),
    "one class": ("path,label\n1.mp4,a\n2.mp4,a\n", 'one class only, "a"'),
    "two labels": (TWO + "./1.mp4,b\n", 'Rows 2 and 4 .*two labels, "a" and "b"'),
    "no time": ("path,label,start,end\n1.mp4,a,x,2\n", "Row 2 .*start and end in seconds"),
    "times swapped": ("path,label,start,end\n1.mp4,a,2,1\n", "Row 2 .*start before the end"),
    "an endless time": ("path,label,end\n1.mp4,a,Infinity\n", "Row 2 .*in seconds"),
    "no share": ("path,label,left\n1.mp4,a,x\n", "Row 2 .*shares of the picture"),
    "no number": ("path,label,top\n1.mp4,a,nan\n", "Row 2 .*shares of the picture"),
    "beyond it": ("path,label,right\n1.mp4,a,1.5\n", "Row 2 .*from 0 to 1"),
    "sides swapped": ("path,label,top,bottom\n1.mp4,a,0.6,0.4\n", "Row 2 .*top before bottom"),
    "outside": (TWO + "/nowhere/3.mp4,b\n", "Row 4 .*outside"),
    "a folder": (TWO + ".,b\n", "Row 4 .*not a file"),
    "no rows": ("path,label\n", "no rows"),
    "empty": ("", "is empty"),
    "too many cells": (TWO + "3.mp4,a,b\n", "Row 4 .*3 cells.*header has 2"),
    "twice": ("path,label,label\n1.mp4,a,b\n", 'two columns named "label"'),
    "open quotes": (TWO + '"3.mp4,a\n', "Row 4 .*not CSV"),
    "a long field": (TWO + "x" * 200_000 + ",a\n", "Row 4 .*not CSV"),
    "a NUL": (TWO + "\0", "NUL"),
    "a bad split": ("path,label,split\n1.mp4,a,train\n2.mp4,b,maybe\n", 'Row 3 .*"maybe".*train'),
    "half a split": ("path,label,split\n1.mp4,a,train\n2.mp4,b,\n", "Row 3 "),
    "a leak": (
        "path,label,split,group\n1.mp4,a,train,p1\n2.mp4,b,test,p1\n",
        'Rows 2 and 3 .*group "p1" both',
    ),
    "no file": ("path,label\n8.mp4,a\n9.mp4,b\n", 'None of the 2 files .*"8.mp4"'),
    "control characters": (TWO + "1.mp4,\x1b[31m\n", "Row 4 .*cannot be shown"),
    "a long label": (TWO + f"1.mp4,{'x' * 201}\n", "Row 4 .*more than 200"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_a_bad_manifest_is_refused_with_one_sentence(tmp_path, text, message):
    for i in (1, 2):
        (tmp_path / f"{i}.mp4").touch()
    (tmp_path / "m.csv").write_bytes(text.encode())
    with pytest.raises(DataError, match=message) as error:
        open_dataset(tmp_path / "m.csv")
    assert str(error.value).endswith(".") and "\n" not in str(error.value)
    assert isinstance(error.value, SCTError)


def test_text_of_another_coding_and_lists_without_end_are_refused(tmp_path):
    (tmp_path / "m.csv").write_bytes("path,label\n1.mp4,caf\u00e9\n".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8"):
        open_dataset(tmp_path / "m.csv")
    with open(tmp_path / "m.csv", "wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(DataError, match="larger than 64 MB"):
        open_dataset(tmp_path / "m.csv")
    os.mkfifo(tmp_path / "pipe.csv")  # reading it would wait for ever
    with pytest.raises(DataError, match="not a file"):
        open_dataset(tmp_path / "pipe.csv")
