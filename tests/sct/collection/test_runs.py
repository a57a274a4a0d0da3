"""The folder of runs: whatever lies in it, those that are runs are listed and opened."""

import os
import shutil

import pytest

from sct.collection.runs import file_of, list_runs, open_run, stamp
from sct.collection.sources import find
from sct.errors import DataError
from tests.sct.collection.made import header_of, write_run

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
