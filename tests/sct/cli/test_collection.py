"""The command `collection` as people run it: into a table, on after a kill, and with bad input."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from sct.cli.main import cli
from tests.sct.cli.hostile import EVIL_NAME, assert_harmless
from tests.sct.collection.films import small_model, write_film

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return small_model(tmp_path_factory.mktemp("models") / "small.safetensors")


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    for seed in range(8):
        write_film(folder / f"f{seed}.mp4", seed, 30)
    (folder / "broken.mp4").write_bytes(b"\0" * 100)
    return folder


def command(*args: object) -> list[str]:
    return ["collection", *map(str, args), "--device", "cpu"]


def ran(*args: object) -> Result:
    return CliRunner().invoke(cli, command(*args), prog_name="python -m sct")


def keys(path: Path) -> list[tuple[str, int]]:
    table = pq.read_table(path, columns=["file", "window"])
    return list(zip(table["file"].to_pylist(), table["window"].to_pylist(), strict=True))


def assert_refused(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == "" and "Traceback" not in result.stderr
    *_, last = result.stderr.splitlines()
    assert last.startswith("sct: error: ")
    for word in words:
        assert word in last


def test_a_table_of_all_videos_whose_answers_are_those_of_predict(model, films, tmp_path):
    out = tmp_path / "run.parquet"
    result = ran(films, "--out", out, "--model", model, "--workers", 1, "--ablate", "clip=mean")
    assert result.exit_code == 0, result.output
    assert "56 windows of 9 videos in" in result.stdout and "57 rows" in result.stdout
    assert "1 could not be read" in result.stdout and "broken.mp4" in result.stdout
    rows = pq.read_table(out).to_pylist()
    assert [(row["file"], row["window"]) for row in rows] == sorted(keys(out))
    (row,) = [row for row in rows if (row["file"], row["window"]) == ("f3.mp4", 4)]
    asked = ["predict", films / "f3.mp4", "--model", model, "--start", row["start_s"], "--json"]
    said = CliRunner().invoke(cli, [*map(str, asked), "--device", "cpu"])
    for question, answer in json.loads(said.stdout)["answers"].items():
        best = answer["predictions"][0]
        assert row[f"{question}_label"] == best["label"]
        assert row[f"{question}_probability"] == pytest.approx(best["probability"], abs=2e-4)


def test_a_run_that_is_done_does_nothing_and_takes_new_videos(model, films, tmp_path):
    some = shutil.copytree(films, tmp_path / "some")
    out = tmp_path / "run.parquet"
    given = (some, "--out", out, "--model", model, "--workers", 0, "--json")
    first = json.loads(ran(*given).stdout)
    assert first["rows"] == 57 and first["looked"]["errors"] == 1
    assert first["unreadable"][0]["path"] == "broken.mp4"
    stamp = out.stat().st_mtime_ns
    again = ran(*given[:-1])
    assert again.exit_code == 0 and "Nothing is left to do" in again.stdout
    assert out.stat().st_mtime_ns == stamp
    shutil.copy(some / "f0.mp4", some / "f00.mp4")
    more = json.loads(ran(*given).stdout)
    assert more["rows"] == 64 and more["looked"]["videos"] == 1
    assert keys(out) == sorted(keys(out)) and len(set(keys(out))) == 64


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is Unix's")
def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(model, films, tmp_path):
    out = tmp_path / "run.parquet"
    straight = tmp_path / "straight.parquet"
    ran(films, "--out", straight, "--model", model, "--workers", 0)
    args = command(films, "--out", out, "--model", model, "--workers", 1, "--batch", 2)
    # A part for each video, so that there is something to lose.
    begin = "import sct.collection.run as r; r._PART_ROWS = 1; from sct.cli.main import cli; cli()"
    kept = 0
    for wait in (1, 4):  # until so many more parts are there
        running = subprocess.Popen(
            [sys.executable, "-c", begin, *args], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        folder, end = Path(f"{out}.parts"), time.monotonic() + 60
        while len(list(folder.glob("*.parquet"))) < kept + wait and running.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.005)
        running.kill()
        assert running.wait() == -signal.SIGKILL, "it ended before it was killed"
        kept = len(list(folder.glob("*.parquet")))
        assert not out.exists() and 0 < kept < 9
    done = json.loads(ran(*args[1:-2], "--json").stdout)
    assert done["looked"]["videos"] == 9 - kept
    assert keys(out) == keys(straight)


@pytest.mark.skipif(os.name != "posix", reason="names of bytes")
def test_names_of_videos_cannot_steer_the_terminal(model, tmp_path):
    folder = tmp_path / "films"
    write_film(folder / "a.mp4", 0, 8)
    shutil.copy(folder / "a.mp4", folder / f"{EVIL_NAME}.mp4")
    (folder / f"x{EVIL_NAME}.mp4").write_bytes(b"broken")
    result = ran(folder, "--out", tmp_path / "run.parquet", "--model", model, "--workers", 1)
    assert result.exit_code == 0 and "3 rows" not in result.output, result.output
    assert_harmless(result.stdout + result.stderr)
    assert len({file for file, _ in keys(tmp_path / "run.parquet")}) == 3


def test_missing_files_of_a_list_are_rows(model, films, tmp_path):
    manifest = films / "list.csv"
    manifest.write_text("path,label\nf0.mp4,static\ngone.mp4,spins\n/gone/a.mp4,spins\n")
    try:
        out = tmp_path / "run.parquet"
        result = ran(manifest, "--out", out, "--model", model, "--workers", 0)
        assert result.exit_code == 0, result.output
        rows = pq.read_table(out).to_pylist()
        assert [(r["file"], r["error"]) for r in rows if r["window"] < 0] == [
            ("/gone/a.mp4", "There is no such file."),
            ("gone.mp4", "There is no such file."),
        ]
        assert {r["camera_known"] for r in rows if r["file"] == "f0.mp4"} == {"static"}
        shutil.copy(films / "f1.mp4", films / "gone.mp4")  # it has come
        more = json.loads(
            ran(manifest, "--out", out, "--model", model, "--workers", 0, "--json").stdout
        )
        assert (more["looked"]["videos"], more["videos"]) == (1, 3)
        (films / "gone.mp4").unlink()
        assert "Nothing is left" in ran(manifest, "--out", out, "--model", model).stdout
        manifest.write_text("path,label\ngone.mp4,spins\nmore.mp4,static\n")
        assert_refused(ran(manifest, "--out", out, "--model", model), "No file that")
    finally:
        manifest.unlink()


def test_a_list_that_says_other_things_is_looked_at_again(model, films, tmp_path):
    for name in ("f0.mp4", "f1.mp4", "f2.mp4"):
        shutil.copy(films / name, tmp_path)
    manifest, out = tmp_path / "list.csv", tmp_path / "run.parquet"
    given = (manifest, "--out", out, "--model", model, "--workers", 0)

    def starts(label="camera_known"):
        rows = pq.read_table(out).to_pylist()
        return [(row["file"], row["start_s"], row[label]) for row in rows]

    manifest.write_text("path,label,start,end\nf0.mp4,static,0,0.4\nf1.mp4,static,0,0.4\n")
    assert ran(*given).exit_code == 0
    assert starts() == [("f0.mp4", 0.0, "static"), ("f1.mp4", 0.0, "static")]
    manifest.write_text(
        "path,label,start,end\nf0.mp4,static,0,0.4\nf0.mp4,pan left,1,1.4\nf1.mp4,static,0,0.4\n"
    )
    result = ran(*given)
    assert "Looked at anew, as SOURCE says other things of them than before: 1" in result.stderr
    assert "Kept of a run before: 1; left: 1" in result.stderr
    assert "2 windows of 1 video in" in result.stdout and "3 rows of 2 videos" in result.stdout
    assert starts() == [
        *(("f0.mp4", 0.0, "static"), ("f0.mp4", 1.0, "pan left")),
        ("f1.mp4", 0.0, "static"),
    ]
    manifest.write_text(
        "path,label,start,end\nf1.mp4,pan left,0,0.4\nf0.mp4,pan left,1,1.4\nf0.mp4,static,0,0.4\n"
    )
    assert "1 window of 1 video in" in ran(*given).stdout
    assert starts()[2] == ("f1.mp4", 0.0, "pan left")
    assert "Nothing is left to do" in ran(*given).stdout


def test_a_label_that_the_model_lacks_is_said_and_its_video_looked_at(model, films, tmp_path):
    shutil.copy(films / "f0.mp4", tmp_path)
    manifest = tmp_path / "list.csv"
    manifest.write_text("path,label\nf0.mp4,dog\n")
    result = ran(manifest, "--out", tmp_path / "run.parquet", "--model", model, "--workers", 0)
    said = "Looked at without a right label, as the model has none of that name: 'dog'."
    assert said in result.stderr and f"1 video in {tmp_path}" in result.stderr
    assert "Left out" not in result.output
    assert "7 windows of 1 video in" in result.stdout and "7 rows of 1 video\n" in result.stdout


def test_bad_input_is_one_sentence(model, films, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    out = tmp_path / "run.parquet"
    given = ("--out", out, "--model", model)
    assert_refused(ran(empty, *given), "There is no video in")
    assert_refused(ran("gone/*.mp4", *given), "There is no video in")
    assert_refused(ran("gone", *given), "There is no folder, list or video")
    assert_refused(ran(films, "--out", out, "--model", "gone"), "There is no model named 'gone'")
    assert_refused(ran(films, "--out", tmp_path / "no" / "run.parquet"), "no such folder")
    assert_refused(ran(films, "--out", tmp_path / "run.csv"), "must end in .parquet")
    assert_refused(ran(films, *given, "--ablate", "wings=off"), "wings")
    assert_refused(ran(films, *given, "--ablate", "heads-off=7.lsh.0"), "7")
    assert_refused(ran(films, *given, "--stride", "nan"), "not a finite number")
    for seconds in ("5e-324", "1e-320", "1e-9", "0.00099", "0", "-1", "inf", "1e300"):
        assert_refused(ran(films, *given, "--stride", seconds), "--stride", "range 0.001<=x<=10")
        assert_refused(ran(films, *given, "--every", seconds), "--every", "range 0.001<=x<=86400")
    assert list(tmp_path.iterdir()) == [empty]
    out.write_bytes(b"PAR1 half of a table")
    assert_refused(ran(films, *given), "is no run of `sct collection`", "another name for --out")
    assert out.read_bytes() == b"PAR1 half of a table"


def test_the_least_and_the_most_seconds_are_taken(model, tmp_path):
    short = write_film(tmp_path / "short.mp4", 0, 10)  # a second
    for stride, every, rows in (("0.001", "86400", 1), ("10", "0.001", 1), ("0.01", "0.001", 100)):
        out = tmp_path / f"{stride}.parquet"
        given = ("--out", out, "--model", model, "--workers", 0, "--no-shots", "--no-strips")
        result = ran(short, *given, "--stride", stride, "--every", every)
        assert result.exit_code == 0, result.output
        assert abs(len(keys(out)) - rows) < 5


def test_another_run_under_the_name_is_refused_with_what_differs(model, films, tmp_path):
    out = tmp_path / "run.parquet"
    given = (films / "f0.mp4", "--out", out, "--model", model, "--workers", 0)
    assert ran(*given).exit_code == 0
    assert_refused(ran(*given, "--every", "0.8"), "is another run (every 0.4, not 0.8)")
    assert_refused(ran(*given, "--no-strips"), "strips True, not False")


def test_a_map_that_cannot_be_made_here_is_said_before_the_work(model, films, tmp_path):
    try:
        import umap  # noqa: F401
    except ImportError:
        out = tmp_path / "run.parquet"
        assert_refused(ran(films, "--out", out, "--model", model, "--map", "umap"), "umap-learn")


def test_help_loads_no_heavy_module():
    code = (
        "import sys\nsys.argv = ['sct', 'collection', '--help']\n"
        "from sct.cli.main import cli\n"
        "try:\n    cli()\nexcept SystemExit:\n    pass\n"
        "print({'torch', 'pyarrow', 'duckdb', 'scenedetect', 'av', 'ray'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
    assert "--ablate TEXT" in done.stdout
