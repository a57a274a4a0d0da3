"""A run on a real Ray cluster of two nodes gives the rows of a run on this machine."""

import dataclasses
import socket
import threading
import time
from importlib.util import find_spec

import numpy as np
import pyarrow.parquet as pq
import pytest

from sct.collection import on_ray, run
from sct.collection.looking import as_asked
from sct.collection.on_ray import item_of, packed, unpacked
from sct.collection.reading import read_windows
from sct.collection.sources import Item, Part, find
from sct.collection.store import Store
from sct.errors import DataError
from sct.questions import questions_of
from tests.sct.collection.films import write_film
from tests.sct.collection.test_run import assert_same

needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed (requirements-ray.txt)"
)


def opened(looker, source, out):
    found = find(str(source), questions_of(looker.model.config))
    header = looker.header(found.root)
    store = Store(out, header, as_asked(looker.look, header))
    return [item for item in found.items if item.name not in store.files], store


def test_windows_and_items_go_from_node_to_node_unchanged(looker, films):
    item = Item("f1.mp4", str(films / "f0.mp4"), (Part(0.2, None, ("static", None)),))
    assert item_of(dataclasses.asdict(item)) == item
    for window in read_windows(item, looker.plan):
        again = unpacked(packed(window))
        assert again.facts == window.facts and again.known == window.known
        assert np.array_equal(again.pixels, window.pixels)
        for a, b in zip(again.motion, window.motion, strict=True):
            assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture
def cluster():
    """Two nodes of two processors each, in processes of their own."""
    import ray
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 2, "object_store_memory": 100 << 20}
    made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    made.add_node(**node)
    yield made
    ray.shutdown()
    made.shutdown()


@needs_ray
@pytest.mark.slow
def test_a_cluster_gives_the_rows_of_this_machine(cluster, looker, films, tmp_path):
    here, there = tmp_path / "here.parquet", tmp_path / "there.parquet"
    items, store = opened(looker, films, here)
    run.run(looker, items, store, workers=0)
    items, store = opened(looker, films, there)
    told = []
    done = on_ray.run(
        looker, items, store, address=cluster.address, device="cpu", batch=4,
        progress=lambda *given: told.append(given),
    )  # fmt: skip
    assert (done.videos, done.errors) == (8, 2) and told[-1][:2] == (8, 8)
    assert_same(pq.read_table(there).to_pylist(), pq.read_table(here).to_pylist())
    items, store = opened(looker, films, there)
    assert items == [] and store.finished


@needs_ray
@pytest.mark.slow
def test_a_node_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    cluster, looker, tmp_path, monkeypatch
):
    for seed in range(24):
        write_film(tmp_path / "films" / f"f{seed:02d}.mp4", seed, 40)
    monkeypatch.setattr(run, "_PART_ROWS", 1)
    out = tmp_path / "run.parquet"
    items, store = opened(looker, tmp_path / "films", out)
    kept = []

    def kill():
        while not store.parts():
            time.sleep(0.01)
        cluster.remove_node(cluster.list_all_nodes()[1], allow_graceful=False)
        kept.append(len(store.parts()))

    thread = threading.Thread(target=kill)
    thread.start()
    done = on_ray.run(looker, items, store, address=cluster.address, device="cpu", batch=4)
    assert done.videos == 24 and done.windows == 240
    thread.join()
    assert 0 < kept[0] < 24  # it was in the middle
    table = pq.read_table(out, columns=["file", "window", "error"])
    keys = list(zip(table["file"].to_pylist(), table["window"].to_pylist(), strict=True))
    assert keys == [(f"f{seed:02d}.mp4", i) for seed in range(24) for i in range(10)]


@needs_ray
def test_nobody_at_the_address_is_said_soon(looker, films, tmp_path):
    items, store = opened(looker, films, tmp_path / "run.parquet")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (
        f"127.0.0.1:{port}",
        f"ray://127.0.0.1:{port}",
        "no.such.host.invalid:1",
        "auto",
    ):
        begun = time.monotonic()
        with pytest.raises(DataError, match="No Ray cluster answers at"):
            on_ray.run(looker, items, store, address=address)
        assert time.monotonic() - begun < 16
    for address in ("here", "", "127.0.0.1:port", "host:99999"):
        with pytest.raises(DataError, match="is no address of a Ray cluster"):
            on_ray.run(looker, items, store, address=address)


@needs_ray
def test_somebody_else_at_the_address_is_said_soon(looker, films, tmp_path):
    items, store = opened(looker, films, tmp_path / "run.parquet")
    with socket.create_server(("127.0.0.1", 0)) as other:
        for prefix in ("", "ray://"):
            begun = time.monotonic()
            with pytest.raises(DataError, match="No Ray cluster answers at"):
                on_ray.run(
                    looker, items, store, address=f"{prefix}127.0.0.1:{other.getsockname()[1]}"
                )
            assert time.monotonic() - begun < 16


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_it_is_said_how_to_get_it(looker, films, tmp_path):
    items, store = opened(looker, films, tmp_path / "run.parquet")
    with pytest.raises(DataError, match=r"pip install -r requirements-ray\.txt"):
        on_ray.run(looker, items, store, address="auto")
