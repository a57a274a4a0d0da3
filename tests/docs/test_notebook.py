"""The notebook in docs/: runs from its first cell to its last, and stores what it then shows.

Its cells are plain Python without magics, so they are run here as Jupyter would run them, in order
and in one namespace, without Jupyter: that is some forty packages more for what `exec` does.
`jupyter nbconvert --to notebook --execute --inplace docs/notebook.ipynb` makes the outputs anew.
"""

import ast
import base64
import contextlib
import io
import json
from pathlib import Path

import cv2
import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest
from streamlit.testing.v1 import AppTest

from viz.components.player.message import unpack
from viz.notebook import Picture

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def cells():
    stored = json.loads(NOTEBOOK.read_text())
    assert stored["nbformat"] == 4
    return [c for c in stored["cells"] if c["cell_type"] == "code"]


def execute(source, names):
    """As a cell is executed: what it printed, and the value of its last line."""
    tree = ast.parse(source)
    value, printed = None, io.StringIO()
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, NOTEBOOK.name, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names)
    return printed.getvalue(), value


@pytest.fixture(scope="module")
def ran():
    """Each code cell with what it printed and its value, and all names at the end."""
    names, done, renderer = {}, [], plotly.io.renderers.default
    try:
        for cell in cells():
            done.append((cell, *execute("".join(cell["source"]), names)))
    finally:
        plotly.io.renderers.default = renderer
    return done, names


def decoded(data):
    pixels = np.frombuffer(base64.b64decode(data), np.uint8)
    return cv2.imdecode(pixels, cv2.IMREAD_COLOR).astype(int)


def test_every_cell_shows_what_the_notebook_stores(ran):
    pictures = charts = 0
    for cell, printed, value in ran[0]:
        stored = {}
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            stored |= output.get("data", {"printed": "".join(output.get("text", []))})
        assert stored.pop("printed", "") == printed
        if isinstance(value, Picture):
            pictures += 1
            fresh = decoded(base64.b64encode(value._repr_jpeg_()))
            old = decoded(stored["image/jpeg"])
            # Another processor rounds the last bits otherwise.
            assert fresh.shape == old.shape and np.abs(fresh - old).mean() < 2
        elif isinstance(value, go.Figure):
            charts += 1
            old = go.Figure(stored["application/vnd.plotly.v1+json"])
            for new_bars, old_bars in zip(value.data, old.data, strict=True):
                pairs = [dict(zip(b.y, b.x, strict=True)) for b in (new_bars, old_bars)]
                assert pairs[0] == pytest.approx(pairs[1], abs=1e-3)
    assert pictures >= 4 and charts == 2


def test_the_first_cell_takes_ten_lines_and_the_file_is_small(ran):
    first = "".join(cells()[0]["source"])
    assert len([line for line in first.splitlines() if line.strip()]) == 10
    assert NOTEBOOK.stat().st_size < 500_000


def test_its_maps_are_those_of_the_app(ran):
    """The app's player gets queries and keys; the notebook's maps are their softmax."""
    at = AppTest.from_file(str(ROOT / "pages/shell/main.py"), default_timeout=300)
    asked = {"sample": "tilt up", "scene": "8", "stage": "2", "model": "sct-motion"}
    for key, value in asked.items():
        at.query_params[key] = value
    at.run()
    at.switch_page("../attention/page.py").run()
    assert not at.exception
    (parts,) = [unpack(c.proto.bytes)[1] for c in _components(at.main)]
    q, k = (parts[name][..., :, :].astype(np.float32) for name in "qk")
    seen = ran[1]["output"].trace.shifted(2)
    assert np.allclose(q, seen.matched.q[0].detach(), atol=5e-3)
    frame, token, before = 3, 3 * 7 + 3, 2
    maps = []
    for keys in (k[before, 0], k[frame, 0]):
        scores = np.einsum("hd,hnd->hn", q[frame, 0, :, token], keys) * q.shape[-1] ** -0.5
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        maps.append(weights[list(seen.grounded)].mean(0).reshape(7, 7))
    for got, want in zip(ran[1]["maps"], maps, strict=True):
        assert np.allclose(got, want, atol=5e-3)


def _components(node):
    for child in getattr(node, "children", {}).values():
        if child.type == "bidi_component" and child.proto.component_name == "sct_player":
            yield child
        yield from _components(child)
