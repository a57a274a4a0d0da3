import subprocess
import sys
import time

import pytest

from benchmarks.load.processes import tree, usage

STAT = (
    "{id} ({name}) {state} {parent} 1 1 0 -1 0 0 0 0 0 {user} {system} {wu} {ws} "
    "20 0 {threads} 0 9 0 {pages} 0"
)


def put(proc, id, parent, name="x", state="S", pages=10, cpu=(100, 50, 0, 0), threads=1):
    folder = proc / str(id)
    folder.mkdir()
    user, system, wu, ws = cpu
    text = STAT.format(
        id=id, name=name, state=state, parent=parent, user=user, system=system, wu=wu, ws=ws,
        threads=threads, pages=pages,
    )  # fmt: skip
    (folder / "stat").write_text(text)


def test_a_tree_is_summed_and_strangers_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_CLK_TCK": 100}.get)
    put(tmp_path, 7, 1, pages=1000, cpu=(200, 100, 50, 50), threads=3)
    put(tmp_path, 8, 7, name="a) S 1 (b", pages=500)
    put(tmp_path, 9, 8, pages=250, cpu=(0, 0, 0, 0))
    put(tmp_path, 10, 1, pages=9999)
    put(tmp_path, 11, 7, state="Z", pages=9999)
    (tmp_path / "self").mkdir()
    (tmp_path / "12").mkdir()  # ended meanwhile
    assert tree(7, tmp_path) == [7, 8, 9, 11]
    found = usage(7, tmp_path)
    assert found == (1750 * 4096, 5.5, 3, 5)
    assert found.mb == pytest.approx(7.168)
    assert usage(99, tmp_path) == (0, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_of_a_real_child_is_seen():
    script = "import sys,subprocess as s; s.run([sys.executable, '-c', %r])"
    inner = "x = bytearray(b'1') * 60_000_000; print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script % inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"ready\n"
        found = usage(child.pid)
        child.stdin.write(b"\n")
        child.stdin.flush()
    assert found.processes == 2 and 60 < found.mb < 200
    for _ in range(50):
        if not tree(child.pid):
            break
        time.sleep(0.1)
    assert usage(child.pid).rss == 0
