import json

import pytest

from tests.pages.conftest import component
from tests.sct.collection.made import header_of, made_strips, write_run
from viz.components.player.message import unpack


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """The operator's folder of runs; `runs(name, rows, ...)` writes one and returns its path."""
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setenv("SCT_COLLECTIONS", str(folder))

    def write(name="shoot", rows=60, **more):
        more.setdefault("strips", made_strips(3))
        more.setdefault("header", header_of(tmp_path))
        write_run(folder / f"{name}.parquet", rows, **more)
        return folder / f"{name}.parquet"

    return write


@pytest.fixture
def grid():
    """What the grid of the page was given: (header, parts); None where there is no grid."""

    def find(at):
        found = component(at.main, "sct_collection")
        return None if found is None else unpack(found.bytes)

    return find


@pytest.fixture
def bars():
    """The values of the chart whose key begins so, of its first trace."""

    def find(at, name, axis="y"):
        for chart in at.get("plotly_chart"):
            if f"-{name} " in chart.proto.id:
                return _decoded(json.loads(chart.proto.spec)["data"][0][axis])
        raise AssertionError(f"no chart {name}")

    return find


def _decoded(values):
    if isinstance(values, dict):
        import base64

        import numpy as np

        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
    return values
