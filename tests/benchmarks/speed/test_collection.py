import json

import pytest
from click.testing import CliRunner

from benchmarks.speed import collection
from sct.collection.sources import find
from tests.sct.collection.films import write_film


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    for seed in range(3):
        write_film(folder / f"f{seed}.mp4", seed, 30)
    (folder / "empty.mp4").write_bytes(b"")
    return folder


def test_all_ways_to_decode_see_the_same_videos(films):
    items = find(str(films), ()).items
    made = []
    view = collection.alike()
    ways = [
        ((), 0),
        ((lambda *given: made.append(view(*given)), 0.1), 90),
        ((collection.rgb,), 0),
    ]
    for given, views in ways:
        made.clear()
        assert collection.loop(items, *given) == 90 and len(made) == views
        assert {one.shape for one in made} <= {(112, 112, 3)}
    assert collection.ours(items) == 9
    assert set(collection.decoding(items, 1)) == {
        "ours",
        "PyAV, pictures thrown away",
        "PyAV, the same view of the same moments",
        "PyAV, RGB of the same moments",
        "PyAV, RGB of all pictures",
    }


def test_a_run_of_each_way_looks_at_all_windows(films):
    for way in ("one process, one thread", "2 workers"):
        found = collection.one_run(str(films), 3, ["clip=mean"], way)
        assert found["windows"] == 6 and 0 < found["forward_s"] < found["seconds"]


def test_the_command_prints_what_it_measured(films):
    given = [str(films), "--only", "decode", "--repeats", "1", "--json"]
    found = json.loads(CliRunner().invoke(collection.main, given).stdout)
    assert found["videos"] == 4 and min(found["decode_s"].values()) > 0
    assert CliRunner().invoke(collection.main, []).exit_code == 2
