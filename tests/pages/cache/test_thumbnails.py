"""The thumbnails of samples, as a browser asks for them."""

import pytest
from starlette.requests import Request

from pages.cache import thumbnails
from sct.samples.catalogue import samples


def ask(name):
    return thumbnails.answer(Request({"type": "http", "path_params": {"name": name}}))


@pytest.mark.parametrize("name", ["car", "pan right", "barber pole"])
def test_a_thumbnail_is_a_small_picture_that_a_browser_keeps(name):
    found = ask(name)
    assert found.status_code == 200 and found.media_type == "image/webp"
    assert "max-age" in found.headers["cache-control"]
    assert found.body[8:12] == b"WEBP" and len(found.body) < 12_000


def test_it_is_made_once_and_there_is_room_for_all():
    thumbnails._made.cache_clear()
    for _ in range(3):
        ask("flower")
    assert thumbnails._made.cache_info().misses == 1
    assert thumbnails._made.cache_info().maxsize >= len(samples())


@pytest.mark.parametrize("name", ["nothing", "../car", "car.mp4", "\0", "<script>", ""])
def test_there_is_nothing_but_samples(name):
    assert ask(name).status_code == 404
    assert thumbnails._made.cache_info().currsize <= len(samples())
