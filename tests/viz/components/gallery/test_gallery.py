import json

import cv2
import numpy as np
import pytest

from sct.samples.catalogue import GROUPS, samples
from viz.components import gallery
from viz.components.gallery import SIDE, gallery_data, mount, thumbnail

ALL = tuple(samples().values())


@pytest.fixture
def data():
    return gallery_data(ALL, "car", 8, "samples/{name}.webp")


def cards(group):
    return [card for row in group["rows"] for card in row["samples"]]


def test_every_sample_is_in_its_group_once_and_the_message_is_small(data):
    assert [group["id"] for group in data["groups"]] == list(GROUPS)
    for group in data["groups"]:
        own = [sample.name for sample in ALL if sample.group == group["id"]]
        assert [card["name"] for card in cards(group)] == own
    assert len(json.dumps(data)) < 8000
    assert data["chosen"] == "car" and data["frames"] == 8


def test_what_stands_under_a_picture_fits_there_and_tells_it_from_its_neighbours(data):
    for group in data["groups"]:
        for row in group["rows"]:
            texts = [card["text"] for card in row["samples"]]
            assert len(set(texts)) == len(texts) and max(map(len, texts)) <= 12
    real, made, fool = data["groups"]
    assert [row["title"] for row in made["rows"]] == ["The camera", "An object"]
    assert len(made["rows"][0]["samples"]) == 9
    assert [row["title"] for row in (*real["rows"], *fool["rows"])] == ["", ""]
    assert cards(real)[0]["src"] == "samples/car.webp"
    assert cards(real)[0]["seen"] == samples()["car"].seen


@pytest.mark.parametrize("name", ["car", "flower", "zoom in", "static noise"])
def test_a_thumbnail_holds_every_frame_as_the_model_sees_it(name):
    clip = samples()[name].open()[1]
    found = thumbnail(clip)
    assert len(found) < 30_000
    strip = cv2.imdecode(np.frombuffer(found, np.uint8), cv2.IMREAD_COLOR)
    assert strip.shape == (SIDE, 8 * SIDE, 3)


def test_a_choice_that_is_no_sample_is_not_passed_on(data, monkeypatch):
    told, passed = [], []
    monkeypatch.setattr(gallery.COMPONENT, "mount", lambda *given: told.append(given))
    mount(data, "gallery", passed.append)
    ((sent, key, on_change),) = told
    assert sent is data and key == "gallery"
    for each in ("flower", "no such", None, 3, ["car"], {"name": "car"}):
        on_change(each)
    assert passed == ["flower"]
