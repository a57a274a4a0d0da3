"""Folders of numbered pictures, and names that are no text, open from a run as others do."""

import os

import numpy as np
import pytest
from PIL import Image

from pages.cache import decoding
from pages.cache.collections import file_of
from sct.errors import ClipError
from sct.video.clip import read_clip
from tests.sct.collection.films import sliding, write_film
from tests.sct.collection.made import header_of, made_strips


@pytest.fixture
def folder(tmp_path, runs):
    found = tmp_path / "videos/walk"
    found.mkdir(parents=True)
    for i, frame in enumerate(sliding(0, 50)):
        Image.fromarray(frame).save(found / f"img_{i:03d}.png")
    runs(rows=2, header=header_of(found.parent), files=["walk"] * 2, strips=made_strips(1))
    return found


def test_a_folder_of_pictures_opens_in_inspect(folder, open_app, clip_player):
    at = open_app(
        source="Collection", of_run="shoot", file="walk", at="0.4", step="0.1", sample=None
    )
    assert not at.error and not at.exception
    assert clip_player(at)[0]["times"][:2] == pytest.approx([0.4, 0.48], abs=0.03)


def test_its_pictures_are_read_elsewhere_and_are_those_of_the_run(folder, monkeypatch):
    monkeypatch.setattr("sct.video.pictures.decoded", None)  # nothing is decoded here
    clip = decoding.read_clip(file_of("shoot", "walk"), 4, 0.4, 0.1)
    few = decoding.read_moments(file_of("shoot", "walk"), [0.0, 1.0])
    monkeypatch.undo()
    wanted = read_clip(folder, frames=4, start=0.4, stride=0.1)
    assert np.array_equal(clip.frames, wanted.frames) and clip.times == wanted.times
    assert (clip.path, clip.name, len(few.frames)) == (None, "walk", 2)


def test_what_is_wrong_with_a_folder_is_one_sentence(folder, tmp_path):
    found = file_of("shoot", "walk")

    def said(file, stride=0.1):
        with pytest.raises(ClipError) as told:
            decoding.read_clip(file, 4, 0.4, stride)
        return str(told.value)

    Image.fromarray(sliding(0, 1)[0]).save(tmp_path / "secret.png")
    (folder / "img_050.png").symlink_to(tmp_path / "secret.png")
    assert 'picture "img_050.png" of "walk" lies outside' in said(found)
    (folder / "img_050.png").unlink()
    for picture in folder.iterdir():
        picture.unlink()
    assert "holds no numbered pictures" in said(file_of("shoot", "walk"))
    folder.rmdir()
    assert said(found, 0.2) == '"walk" is not there any more.'


@pytest.mark.skipif(os.name != "posix", reason="names of bytes")
def test_a_file_whose_name_is_no_text_opens(tmp_path, runs, open_app, clip_player):
    write_film(tmp_path / os.fsdecode(b"bad\xff.mp4"))
    name = "bad\\xff.mp4"
    runs(rows=1, files=[name], strips=made_strips(1))
    at = open_app(source="Collection", of_run="shoot", file=name, at="0", step="0.1", sample=None)
    assert not at.error and not at.exception and clip_player(at)
    assert name in " ".join(each.value for each in at.main.get("html"))
