"""What a run keeps is whole, is its own, and is written down once."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sct.collection import joining, store
from sct.collection.embedding_map import Map, made_map
from sct.collection.schema import Header, Question, check_schema, row_of_error, schema_of
from sct.collection.sources import Item, Part
from sct.collection.store import Store, regrouped
from sct.errors import DataError, RunError

HEADER = Header(
    model="small",
    weights="0" * 64,
    root="/videos",
    frames=4,
    stride=0.1,
    every=0.4,
    image_size=56,
    questions=(Question("camera", ("static", "pan left")), Question("", ("a", "b"))),
    ablations=("shifted=self",),
    stages=(1,),
    grids=(7,),
    width=6,
)
ASKED = {"model": "small", "strips": True, "every": 0.4, "map": "pca"}


def rows_of(file, count, seed=0):
    rng = np.random.default_rng([seed, count, *map(ord, file)])
    return [
        {
            "file": file,
            "window": i,
            "camera_label": HEADER.questions[0].labels[int(rng.integers(2))],
            "camera_probability": float(rng.random()),
            "camera_probabilities": rng.random(2).astype(np.float32),
            "effect_0_camera": float(rng.normal()),
            "embedding": rng.normal(size=6).astype(np.float32) * [9, 1, 5, 1, 1, 1] + 100,
            "strip": rng.bytes(50),
        }
        for i in range(count)
    ]


def opened(folder, **asked):
    return Store(Path(folder) / "run.parquet", HEADER, {**ASKED, **asked})


def one_by_one(keys):
    """The rows of (file, window) pairs, as `rows_of` made them; each file with all its windows."""
    counts = Counter(file for file, _ in keys)
    return [row for file, count in counts.items() for row in rows_of(file, count)]


def names(count):
    return [f"v{i:03d}.mp4" for i in range(count)]


def test_what_was_kept_is_there_again_and_joined_in_order(tmp_path):
    first = opened(tmp_path)
    first.add(rows_of("v002.mp4", 3) + [row_of_error("v000.mp4", "No video.")])
    first.add(rows_of("v003.mp4", 1) + rows_of("v001.mp4", 5))
    again = opened(tmp_path)
    assert again.files == {"v000.mp4", "v001.mp4", "v002.mp4", "v003.mp4"} and again.rows == 10
    with pytest.raises(ValueError, match=r"v001\.mp4' are there already"):
        again.add(rows_of("v001.mp4", 1))
    joining.join(again)
    assert not again.folder.exists() and [f.name for f in tmp_path.iterdir()] == ["run.parquet"]
    table = pq.read_table(tmp_path / "run.parquet")
    assert check_schema(table.schema) == HEADER
    without = table.schema.remove(table.schema.get_field_index("asked"))
    assert without.remove_metadata() == schema_of(HEADER).remove_metadata()
    found = table.to_pylist()
    wanted = [row_of_error("v000.mp4", "No video.")]
    wanted += rows_of("v001.mp4", 5) + rows_of("v002.mp4", 3) + rows_of("v003.mp4", 1)
    assert len(found) == len(wanted)
    for row, want in zip(found, wanted, strict=True):
        assert {k: row[k] for k in ("file", "window")} == {k: want[k] for k in ("file", "window")}
        for name in ("error", "camera_label", "strip"):
            assert row[name] == want.get(name)
        if "embedding" in want:
            assert np.allclose(row["embedding"], want["embedding"], atol=1e-4)
            assert np.isfinite([row["map_x"], row["map_y"]]).all()
        else:
            assert row["map_x"] is None and row["embedding"] is None


def test_new_videos_go_into_a_table_that_is_finished(tmp_path):
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 2))
    joining.join(one)
    two = opened(tmp_path)
    assert two.finished and two.files == {"v001.mp4"} and two.rows == 2
    two.add(rows_of("v000.mp4", 2) + rows_of("v002.mp4", 1))
    joining.join(two)
    table = pq.read_table(tmp_path / "run.parquet", columns=["file", "window"]).to_pylist()
    assert [(row["file"], row["window"]) for row in table] == [
        *(("v000.mp4", 0), ("v000.mp4", 1)),
        *(("v001.mp4", 0), ("v001.mp4", 1)),
        ("v002.mp4", 0),
    ]


def test_a_kill_between_the_table_and_its_parts_doubles_nothing(tmp_path, monkeypatch):
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 2))
    monkeypatch.setattr(Store, "remove_parts", lambda self: None)
    joining.join(one)
    assert one.parts()
    again = opened(tmp_path)
    assert not again.parts() and again.rows == 2 and again.files == {"v001.mp4"}


def test_what_a_kill_left_half_written_is_left_aside(tmp_path):
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 2))
    (one.folder / "00000002.parquet.unfinished").write_bytes(b"PAR1 half")
    (tmp_path / "run.parquet.unfinished").write_bytes(b"PAR1 half")
    again = opened(tmp_path)
    assert again.files == {"v001.mp4"} and len(list(again.folder.iterdir())) == 2
    again.add(rows_of("v002.mp4", 2))
    joining.join(again)
    assert [f.name for f in tmp_path.iterdir()] == ["run.parquet"]
    (tmp_path / "run.parquet.parts").mkdir()  # killed before it kept anything
    assert opened(tmp_path).rows == 4


def test_another_run_is_refused_by_what_differs(tmp_path):
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 2))
    with pytest.raises(DataError, match=r"holds what was kept of another run \(every 0\.4, n"):
        opened(tmp_path, every=0.8)
    joining.join(one)
    with pytest.raises(DataError, match=r"parquet is another run \(model 'small', not 'large'"):
        opened(tmp_path, model="large")


def item(name, *parts, **more):
    return Item(name, f"/videos/{name}", parts or (Part(),), **more)


def keys_of(folder):
    table = pq.read_table(folder / "run.parquet", columns=["file", "window"])
    return sorted(zip(table["file"].to_pylist(), table["window"].to_pylist(), strict=True))


@pytest.mark.parametrize("joined", [False, True], ids=["parts", "table"])
def test_a_video_of_which_something_else_is_asked_is_left_and_its_rows_go(tmp_path, joined):
    first = [item("a.mp4", Part(known=("static",))), item("b.mp4"), item("c.mp4", Part(1, 2))]
    one = opened(tmp_path)
    assert one.left(first) == first
    one.add(rows_of("a.mp4", 2) + rows_of("b.mp4", 3))
    one.add(rows_of("c.mp4", 1))
    if joined:
        joining.join(one)
    assert opened(tmp_path).left(first) == []
    gone = [item("a.mp4", error="There is no such file."), *first[1:]]
    assert opened(tmp_path).left(gone) == []
    now = [item("a.mp4", Part(known=("pan left",))), first[1], item("c.mp4", Part(1, 3))]
    # Whatever ends it in between, the next one has the same left.
    for _ in range(2):
        again = opened(tmp_path)
        assert again.left(now) == [now[0], now[2]]
        assert (again.files, again.rows) == ({"b.mp4"}, 3)
    again.add(rows_of("c.mp4", 4))
    last = opened(tmp_path)
    assert last.left(now) == [now[0]]
    last.add(rows_of("a.mp4", 1))
    joining.join(last)
    assert Counter(file for file, _ in keys_of(tmp_path)) == {"a.mp4": 1, "b.mp4": 3, "c.mp4": 4}
    assert opened(tmp_path).left(now) == [] and opened(tmp_path).done


def test_all_videos_may_be_asked_for_otherwise(tmp_path):
    for start in range(3):
        one = opened(tmp_path)
        asked = [item(name, Part(start)) for name in names(5)]
        assert one.left(asked) == asked and one.rows == 0 and not one.out.exists()
        one.add([row for name in names(5) for row in rows_of(name, 2)])
        joining.join(one)
    assert len(keys_of(tmp_path)) == 10


def test_a_run_that_does_not_say_what_was_asked_goes_on_as_it_is(tmp_path):
    one = opened(tmp_path)
    one.schema = one.schema.remove(one.schema.get_field_index("asked"))
    one.add(rows_of("a.mp4", 2))
    for asked in ([item("a.mp4", Part(1, 2)), item("b.mp4")], [item("a.mp4"), item("c.mp4")]):
        again = opened(tmp_path)
        assert again.left(asked) == asked[1:]
        again.add(rows_of(asked[1].name, 1))
        joining.join(again)
    assert keys_of(tmp_path) == [("a.mp4", 0), ("a.mp4", 1), ("b.mp4", 0), ("c.mp4", 0)]


def test_a_full_disk_while_rows_are_taken_away_is_said(tmp_path, monkeypatch):
    one = opened(tmp_path)
    one.left([item("a.mp4"), item("b.mp4")])
    one.add(rows_of("a.mp4", 2) + rows_of("b.mp4", 2))

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_table", full)
    with pytest.raises(RunError, match="disk is full; 4 rows of 2 videos are kept in"):
        opened(tmp_path).left([item("a.mp4", Part(1))])


@pytest.mark.parametrize("kind", ["text", "torn", "other", "nothing"])
def test_what_is_no_run_is_refused(tmp_path, kind):
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 2))
    joining.join(one)
    out = tmp_path / "run.parquet"
    data = out.read_bytes()
    if kind == "other":
        pq.write_table(pa.table({"a": [1]}), out)
    else:
        out.write_bytes({"text": b"text", "torn": data[: len(data) // 2], "nothing": b""}[kind])
    with pytest.raises(DataError, match="is no run of `sct collection`"):
        opened(tmp_path)


def test_a_folder_or_part_that_is_none_of_a_run_is_refused(tmp_path):
    folder = tmp_path / "run.parquet.parts"
    folder.mkdir()
    (folder / "mine.txt").write_text("keep")
    with pytest.raises(DataError, match="no run of"):
        opened(tmp_path)
    assert (folder / "mine.txt").read_text() == "keep"
    (folder / "mine.txt").unlink()
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 2))
    (folder / "00000001.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="damaged: remove it"):
        opened(tmp_path)
    (folder / "run.json").write_text("[")
    with pytest.raises(DataError, match="no run of"):
        opened(tmp_path)


FULL = """
import os, resource, sys
from tests.sct.collection.test_store import opened, rows_of
kept = opened(sys.argv[1])
kept.add(rows_of("v001.mp4", 2))
resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))
kept.add([{**row, "strip": os.urandom(60000)} for row in rows_of("v002.mp4", 2)])
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of files are Unix's")
def test_a_full_disk_is_said_and_what_was_kept_stays(tmp_path):
    root = Path(store.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], cwd=root, capture_output=True, text=True
    )
    assert "RunError: The rows could not be written, as the disk is full; 2 rows" in done.stderr
    again = opened(tmp_path)
    assert again.files == {"v001.mp4"} and len(list(again.folder.iterdir())) == 2


def test_a_join_that_fails_leaves_the_parts(tmp_path, monkeypatch):
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 2))

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(joining, "write_table", full)
    with pytest.raises(RunError, match="disk is full; 2 rows of 1 video are kept in"):
        joining.join(one)
    assert len(one.parts()) == 1 and not one.out.exists()


def test_many_parts_are_joined_in_order_whatever_lies_in_which(tmp_path, monkeypatch):
    monkeypatch.setattr(joining, "GROUP_OF_STRIPS", 7)
    rng, every = np.random.default_rng(0), names(60)
    order = [every[i] for i in rng.permutation(60)]
    one, wanted = opened(tmp_path), []
    for begin in range(0, 60, 5):
        some = [(name, int(rng.integers(1, 6))) for name in order[begin : begin + 5]]
        one.add([row for name, count in some for row in rows_of(name, count)])
        wanted += [(name, i) for name, count in some for i in range(count)]
    joining.join(one)
    file = pq.ParquetFile(tmp_path / "run.parquet")
    table = file.read()
    found = list(zip(table["file"].to_pylist(), table["window"].to_pylist(), strict=True))
    assert found == sorted(wanted)
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert set(sizes[:-1]) == {7} and sum(sizes) == len(wanted)
    wrote = {(row["file"], row["window"]): row for row in one_by_one(wanted)}
    for row in table.to_pylist():
        assert row["camera_label"] == wrote[row["file"], row["window"]]["camera_label"]


def test_the_map_is_the_exact_pca(tmp_path):
    one = opened(tmp_path)
    rows = [row for name in names(30) for row in rows_of(name, 4)]
    one.add(rows[:50])
    one.add([row for row in rows[52:]])
    values = np.stack([row["embedding"] for row in rows[:50] + rows[52:]]).astype(np.float64)
    table = pa.concat_tables(pq.read_table(part) for part in one.parts())
    found = made_map(one.parts()).of(table)
    centred = values - values.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    wanted = centred @ axes[:2].T
    wanted *= np.sign((wanted * found).sum(0))
    assert np.allclose(found, wanted, atol=1e-3)


def test_another_map_is_made_of_a_table_that_is_finished(tmp_path, monkeypatch):
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 5))
    joining.join(one)
    assert opened(tmp_path).done
    again = opened(tmp_path, map="umap")
    assert again.finished and not again.done
    place = joining.made_map([one.out], "pca").place
    monkeypatch.setattr(
        joining, "made_map", lambda pieces, how: Map(lambda v: place(v) * (how == "umap") + 7)
    )
    before = pq.read_table(one.out)
    joining.join(again)
    after = pq.read_table(one.out)
    assert np.allclose(after["map_x"], np.array(before["map_x"]) + 7, atol=1e-3)
    assert after.drop_columns(["map_x", "map_y"]).equals(before.drop_columns(["map_x", "map_y"]))
    assert opened(tmp_path, map="umap").done


def test_umap_places_all_rows_alike_windows_together(tmp_path):
    pytest.importorskip("umap", reason="umap-learn is not installed")
    one = opened(tmp_path)
    one.add([row for name in names(20) for row in rows_of(name, 3)])
    table = pq.read_table(one.parts()[0])
    found = made_map(one.parts(), "umap").of(table)
    assert found.shape == (60, 2) and np.isfinite(found).all() and found.std(0).min() > 0.1


def test_regrouped_tables_have_all_rows_in_order():
    tables = [pa.table({"a": list(range(i * 10, i * 10 + i))}) for i in range(8)]
    found = list(regrouped(iter(tables), 5))
    assert [len(table) for table in found] == [5, 5, 5, 5, 5, 3]
    every = [value for table in tables for value in table["a"].to_pylist()]
    assert [value for table in found for value in table["a"].to_pylist()] == every


def test_settings_are_plain_json(tmp_path):
    one = opened(tmp_path)
    one.add(rows_of("v001.mp4", 1))
    assert json.loads((one.folder / "run.json").read_text()) == ASKED
