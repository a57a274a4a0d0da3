import json

import numpy as np

from viz.components.panels import Legend, Panel, panels_data


def panel(**more):
    return Panel(picture=np.zeros((8, 8, 3), np.uint8), alt="A frame", **more)


def test_what_the_browser_gets_is_json_with_the_same_numbers():
    legend = Legend("Weight", ["#000000", "#ffffff"], [{"at": 0.0, "text": "0"}])
    lit = np.full((8, 8, 3), 200, np.uint8)
    data = panels_data(
        [panel(note="0 · 0.00 s", share=0.25, share_note="25%"), panel(below=lit, below_alt="lit")],
        legend,
    )
    back = json.loads(json.dumps(data))
    first, second = back["panels"]
    assert first["share"] == 0.25 and first["share_note"] == "25%" and first["below"] is None
    assert first["src"].startswith("data:image/webp;base64,")
    assert second["below"].startswith("data:image/webp;base64,")
    assert second["below"] != second["src"] and second["below_alt"] == "lit"
    assert back["legend"]["ticks"] == [{"at": 0.0, "text": "0"}]


def test_text_is_passed_as_data():
    hostile = "<img src=x onerror=alert(1)>"
    assert panels_data([panel(note=hostile)])["panels"][0]["note"] == hostile
