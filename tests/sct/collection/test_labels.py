"""Labels of a person: kept as they come, whatever ends the program, and a data set in the end."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sct.collection import labels
from sct.collection.labels import Decision, add, manifest, of_rows, path_of, read
from sct.collection.query import Rows
from sct.collection.runs import open_run
from sct.datasets.dataset import open_dataset
from sct.datasets.loaders import VideoLoader
from sct.datasets.options import Augment
from sct.errors import DataError, RunError
from tests.sct.collection.made import header_of, write_clips, write_run

LABELS = ["static", "pan left"]
ROOT = Path(__file__).resolve().parents[3]


def one(i=0, label="static", file="a.mp4", question="camera"):
    return Decision(file, i, i * 0.8, question, label, "pan left")


def test_the_last_word_holds_and_can_be_taken_back(tmp_path):
    path = path_of(tmp_path / "run.parquet")
    assert path.name == "run.labels.csv" and read(path) == {}
    add(path, [one(0), one(1), one(0, "zoom in"), one(2, question="subject")])
    add(path, [one(1, "")])
    add(path, [])
    assert read(path) == {
        "camera": {("a.mp4", 0): one(0, "zoom in")},
        "subject": {("a.mp4", 2): one(2, question="subject")},
    }
    assert path.read_text().splitlines()[0] == "file,window,start_s,question,label,was"
    assert not list(tmp_path.glob("*.lock"))


@pytest.mark.parametrize(
    "name", ['a"b,c.mp4', "two\nlines\r.mp4", "back\\new.mp4", "ü\u202e\x00.mp4", ""]
)
def test_any_name_of_a_file_comes_back_as_it_was(name, tmp_path):
    path = tmp_path / "x.labels.csv"
    add(path, [one(0, file=name), one(1, label='say "cut",\nplease')])
    assert set(read(path)["camera"].values()) == {
        one(0, file=name),
        one(1, label='say "cut",\nplease'),
    }


def test_a_line_that_was_cut_off_takes_no_other_with_it(tmp_path):
    path = tmp_path / "x.labels.csv"
    add(path, [one(0), one(1)])
    whole = path.read_bytes()
    for end in range(len(whole) - 12, len(whole)):
        path.write_bytes(whole[:end] + b',"')
        assert set(read(path)["camera"]) == {("a.mp4", 0)}
        add(path, [one(2)])
        assert {("a.mp4", 0), ("a.mp4", 2)} <= set(read(path)["camera"])
    path.write_bytes(b"\xff\x00,,\nfile\n1,x,3,4,5,6\na,1,nan,camera,x,y\na,1,2,camera,x,y\n")
    assert [set(own) for own in read(path).values()] == [{("a", 1)}]


@pytest.mark.parametrize(
    "line",
    [
        *(b"caf\xe9.mp4,0,0,camera,static,x", b"a.mp4,0,0,camera,st\xffatic,x"),
        *(b"a.mp4,2147483648,0,camera,static,x", b"a.mp4,-1,0,camera,static,x"),
        *(b"a.mp4,1e3,0,camera,static,x", b"a.mp4,0,inf,camera,static,x", b"a.mp4,0,0,camera"),
    ],
)
def test_a_line_that_is_of_no_row_that_can_be_is_passed_over(line, tmp_path):
    path = tmp_path / "x.labels.csv"
    add(path, [one(0, file="ü.mp4")])
    with path.open("ab") as file:
        file.write(line + b"\n")
    add(path, [one(1)])
    assert read(path) == {"camera": {("ü.mp4", 0): one(0, file="ü.mp4"), ("a.mp4", 1): one(1)}}


def test_what_was_said_of_another_moment_is_not_said_of_a_row():
    long = Decision("a.mp4", 9, 12345.678, "camera", "static", "x")
    said = {one.key: one for one in (one(0), one(1), one(2), long)}
    starts = {("a.mp4", 0): 0.0, ("a.mp4", 1): 0.8005, ("a.mp4", 2): 0.4, ("a.mp4", 9): 12345.7}
    assert set(of_rows(said, starts)) == {("a.mp4", 0), ("a.mp4", 1), ("a.mp4", 9)}


def test_a_killed_writer_loses_at_most_its_last_decision(tmp_path):
    path = tmp_path / "x.labels.csv"
    code = (
        "import sys; from pathlib import Path; from sct.collection.labels import *\n"
        f"path = Path({str(path)!r})\n"
        "for i in range(100000):\n"
        "    add(path, [Decision('a.mp4', i, i * 1.0, 'camera', 'static', 'x')])\n"
        "    print(i, flush=True)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    for _ in range(30):
        line = worker.stdout.readline()
    worker.send_signal(signal.SIGKILL)
    said = [int(line), *map(int, worker.stdout.read().split())]
    worker.wait(20)
    found = read(path)["camera"]
    assert {("a.mp4", i) for i in range(said[-1] + 1)} <= set(found)
    add(path, [one(7, "zoom out")])  # nobody is locked out
    assert read(path)["camera"]["a.mp4", 7].label == "zoom out"


def test_sessions_that_write_at_once_lose_nothing(tmp_path):
    path = tmp_path / "x.labels.csv"

    def write(who):
        for i in range(15):
            add(path, [one(i, file=f"{who}.mp4")])

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(read(path)["camera"]) == 60


def test_what_cannot_be_written_or_read_is_said(tmp_path, monkeypatch):
    with pytest.raises(RunError, match="cannot be written"):
        add(tmp_path / "nowhere/x.labels.csv", [one()])
    (tmp_path / "folder.labels.csv").mkdir()
    with pytest.raises(RunError, match="cannot be written"):
        add(tmp_path / "folder.labels.csv", [one()])
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "folder.labels.csv")
    add(tmp_path / "x.labels.csv", [one()])
    monkeypatch.setattr(labels, "_MOST_MB", 0)
    with pytest.raises(RunError, match="the most it may have"):
        add(tmp_path / "x.labels.csv", [one(1)])
    with pytest.raises(DataError, match="larger than"):
        read(tmp_path / "x.labels.csv")


def test_another_program_that_writes_for_long_is_named(tmp_path, monkeypatch):
    from sct.training import lock

    path = tmp_path / "x.labels.csv"
    monkeypatch.setattr(labels, "_PATIENCE_S", 0.1)
    with lock.alone(path), pytest.raises(RunError, match="Another program"):
        add(path, [one()])


def test_the_export_is_a_data_set_that_train_reads(tmp_path):
    root = tmp_path / "videos"
    root.mkdir()
    names, strips = write_clips(root, 6)
    path = tmp_path / "run.parquet"
    write_run(path, 12, header=header_of(root), files=sorted(names * 2), strips=strips)
    rows = Rows(open_run(path))
    said = [
        Decision(row["file"], row["window"], row["start_s"], "camera", label, row["label"])
        for row, label in zip(
            rows.page("camera", sort="file"), ["static", "pan left"] * 6, strict=True
        )
    ]
    add(path_of(path), said)
    os.remove(root / names[-1])
    data, left_out = manifest(rows, read(path_of(path))["camera"])
    assert len(left_out) == 1 and names[-1] in left_out[0]
    (tmp_path / "elsewhere").mkdir()
    out = tmp_path / "elsewhere/mine.csv"
    out.write_bytes(data)
    found = open_dataset(out)
    items = found.items
    assert len(items) == 10 and set(found.labels) == {"static", "pan left"}
    assert {(i.path.name, i.start_s, found.labels[i.label]) for i in items} == {
        (one.file, one.start_s, one.label) for one in said if one.file != names[-1]
    }
    assert all(i.end_s == pytest.approx(i.start_s + 0.8) for i in items)
    loader = VideoLoader(found, 4, 0, 32, Augment(), report=tmp_path / "unread.csv", workers=1)
    frames = loader.batch(0, 8).frames
    loader.close()
    assert not loader.unreadable
    assert frames.shape[0] == 4 and frames.float().std() > 0
    with pytest.raises(DataError, match="No row"):
        manifest(rows, {})
    with pytest.raises(DataError, match="No row"):  # of a run whose windows were elsewhere
        manifest(rows, {each.key: replace(each, start_s=each.start_s + 0.1) for each in said})
