import json

import numpy as np

from viz.panels import Key, Legend, Panel, panels_data


def panel(**more):
    return Panel(picture=np.zeros((8, 8, 3), np.uint8), alt="A frame", **more)


def test_what_the_browser_gets_is_json_with_the_same_numbers():
    weights = np.array([[0.25, 0.123456], [0.0, 0.5]], np.float32)
    ids = np.array([[3, 1], [0, 2]])
    legend = Legend("Weight", ["#000000", "#ffffff"], [{"at": 0.0, "text": "0"}])
    data = panels_data(
        [
            panel(grid=2, values=weights, selected=(1, 0), window=(0, 0, 2, 2), pick=True),
            panel(grid=2, values=ids, format="bucket", marks=[(0, 1)]),
        ],
        legend,
        (Key("picked", "picked patch"),),
    )
    back = json.loads(json.dumps(data))
    first, second = back["panels"]
    assert np.allclose(first["values"], weights, atol=5e-5)
    assert second["values"] == ids.tolist()
    assert first["selected"] == [1, 0] and first["window"] == [0, 0, 2, 2]
    assert first["src"].startswith("data:image/webp;base64,")
    assert back["legend"]["ticks"] == [{"at": 0.0, "text": "0"}]
    assert back["keys"] == [{"sign": "picked", "text": "picked patch"}]


def test_text_is_passed_as_data():
    hostile = "<img src=x onerror=alert(1)>"
    assert panels_data([panel(title=hostile)])["panels"][0]["title"] == hostile


def test_the_script_never_writes_markup():
    from viz import panels

    script = (panels._HERE / "panels.js").read_text()
    assert "innerHTML" not in script and "insertAdjacentHTML" not in script
