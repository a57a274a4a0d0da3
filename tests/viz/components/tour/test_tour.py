from viz.components.tour import COMPONENT, Step, tour_data


def test_steps_reach_the_browser_in_order_and_as_text():
    steps = (Step(".a", "One", "First <b>thing</b>."), Step(".b", "Two", "Second."))
    data = tour_data("inspect", "What it is.", steps)
    assert data["name"] == "inspect" and data["about"] == "What it is."
    assert [step["title"] for step in data["steps"]] == ["One", "Two"]
    assert data["steps"][0] == {"selector": ".a", "title": "One", "text": "First <b>thing</b>."}
    assert "innerHTML" not in COMPONENT.script and COMPONENT.state is None
