"""The folder of runs: whatever lies in it, those that are runs are listed and opened."""

import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sct.collection import runs
from sct.collection.query import Rows
from sct.collection.runs import file_of, list_runs, open_run, stamp
from sct.collection.schema import Question
from sct.collection.sources import find
from sct.errors import DataError
from tests.sct.collection.made import header_of, table, write_run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, pipes and names of Unix")


def test_one_bad_entry_hides_no_run(tmp_path):
    write_run(tmp_path / "one.parquet", 3)
    (tmp_path / "link.parquet").symlink_to("one.parquet")
    (tmp_path / "gone.parquet").symlink_to("nowhere")
    (tmp_path / "ring.parquet").symlink_to("ring.parquet")
    (tmp_path / "gone.parquet.parts").symlink_to("nowhere")
    (tmp_path / "file.parquet.parts").touch()
    os.mkfifo(tmp_path / "pipe.parquet")
    with open(os.fsencode(tmp_path) + b"/bad\xff.parquet", "wb"):
        pass
    found = list_runs(tmp_path)
    assert set(found) == {"one", "link"}
    assert {open_run(path).rows for path in found.values()} == {3}


def test_one_bad_part_hides_no_other(tmp_path):
    parts = tmp_path / "live.parquet.parts"
    parts.mkdir()
    write_run(parts / "00000001.parquet", 4)
    (parts / "00000002.parquet").symlink_to("nowhere")
    os.mkfifo(parts / "00000003.parquet")
    (parts / "00000004.parquet").mkdir()
    run = open_run(list_runs(tmp_path)["live"])
    assert (run.rows, run.finished, len(run.files)) == (4, False, 1)
    assert stamp(tmp_path / "pipe.parquet") == stamp(tmp_path / "nul\0.parquet") == ()


def test_a_folder_whose_name_is_no_text_is_one_sentence(tmp_path):
    folder = tmp_path / os.fsdecode(b"bad\xff")
    folder.mkdir()
    write_run(tmp_path / "one.parquet", 1)
    shutil.copy(tmp_path / "one.parquet", folder)
    with pytest.raises(DataError, match="its path is no text"):
        open_run(list_runs(folder)["one"])


def test_a_file_whose_name_is_no_text_is_found_again(tmp_path):
    root = tmp_path / os.fsdecode(b"root\xfe")
    names = [b"deep\xff/bad\xff\xfe.mp4", b"deep\xff/as\\xff it\xff.mp4", b"as\\xff stands.mp4"]
    (root / os.fsdecode(b"deep\xff")).mkdir(parents=True)
    for name in names:
        (root / os.fsdecode(name)).touch()
    found = find(str(root), ())
    write_run(tmp_path / "one.parquet", 1, header=header_of(found.root))
    run = open_run(tmp_path / "one.parquet")
    assert len(found.items) == 3
    for item in found.items:
        assert str(file_of(run, item.name)) == item.path
    for name in ("gone\\xff.mp4", "gone\\xff/a.mp4", "as\\xff stands.mp4/x", "nul\0\\xff.mp4"):
        with pytest.raises(DataError, match="not there any more"):
            file_of(run, name)


def test_what_is_no_run_is_said_in_a_sentence(tmp_path):
    def said(path):
        with pytest.raises(DataError) as error:
            open_run(path)
        assert str(error.value).count(". ") == 0 and str(error.value).endswith(".")
        return str(error.value)

    path = tmp_path / "x.parquet"
    assert "no such file" in said(path)
    path.write_bytes(b"PAR1 nothing")
    assert "no whole Parquet file" in said(path)
    pq.write_table(pa.table({"a": [1]}), path)
    assert "not written by" in said(path)
    write_run(path, 30)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert "no whole Parquet file" in said(path)
    header = header_of()
    pq.write_table(table(header, 30).drop_columns(["camera_entropy"]), path)
    assert "lacks the column camera_entropy" in said(path)
    odd = tmp_path / "all*.parquet"
    write_run(odd, 3)
    assert "must not contain" in said(odd)
    # The middle is damaged, which only whoever asks for rows learns.
    path.write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :])
    with pytest.raises(DataError, match="was changed, damaged or taken away"):
        Rows(open_run(path)).page("camera")


@pytest.mark.parametrize(
    "change",
    [
        *({"frames": "8"}, {"frames": 0}, {"frames": True}, {"stride": 0.0}, {"stride": "x"}),
        *({"image_size": 10**9}, {"weights": 3}, {"model": ["a"]}, {"questions": ()}),
        *({"ablations": (1,)}, {"questions": (Question("q", ()),)}, {"stages": (-1,)}),
        {"questions": (Question("q", tuple(map(str, range(20_000)))),)},
    ],
)
def test_what_a_run_says_of_itself_is_checked(change, tmp_path):
    path = tmp_path / "x.parquet"
    found = header_of(**change)
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(found.to_metadata()), path)
    with pytest.raises(DataError):
        open_run(path)
    with pytest.raises(DataError, match="cannot be so"):
        runs._plausible(found)


def test_runs_are_listed_and_nothing_else(tmp_path):
    for name in ("one.parquet", "two.parquet", ".hidden.parquet", "notes.txt", "b.labels.csv"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.parquet").mkdir()
    assert set(list_runs(tmp_path)) == {"one", "two"}
    with pytest.raises(DataError, match="SCT_COLLECTIONS"):
        list_runs(tmp_path / "nowhere")


def test_only_files_below_the_runs_folder_are_opened(tmp_path):
    root = tmp_path / "videos"
    (root / "deep").mkdir(parents=True)
    (root / "deep/a.mp4").write_bytes(b"a")
    (tmp_path / "secret.mp4").write_bytes(b"b")
    (root / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (root / "inner.mp4").symlink_to(root / "deep/a.mp4")
    write_run(tmp_path / "r.parquet", 3, header=header_of(root))
    run = open_run(tmp_path / "r.parquet")
    assert (
        file_of(run, "deep/a.mp4") == file_of(run, "inner.mp4") == (root / "deep/a.mp4").resolve()
    )
    for name in ("../secret.mp4", "link.mp4", str(tmp_path / "secret.mp4")):
        with pytest.raises(DataError, match="outside of its folder"):
            file_of(run, name)
    for name in ("gone.mp4", "deep/a.mp4/x", "nul\0.mp4"):
        with pytest.raises(DataError, match="not there any more"):
            file_of(run, name)
