import numpy as np
import pytest

from sct.video.clip import Clip, clip_facts, view
from sct.video.crop import CENTRE, FIT, Crop, views

TEXTS = ["centre", "fit", "0.2,0.5", "0,1", "0.2,0.5,0.4", "0.333,0.667,0.25"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_text_form_comes_back(text):
    assert str(Crop.parse(text)) == text and Crop.parse(str(Crop.parse(text))) == Crop.parse(text)


def test_what_is_finer_than_the_text_form_is_rounded():
    crop = Crop(x=1 / 3, y=0.5)
    assert Crop.parse(str(crop)) == crop and str(crop) == "0.333,0.5"
    assert Crop.parse(" Center ") == Crop.parse("0.5,0.5,1") == CENTRE


@pytest.mark.parametrize(
    "text", ["", "middle", "0.5", "0.1,0.2,0.5,0.5", "a,b", "nan,0.5", "1.1,0.5", "0,-1", "0,0,0.2"]
)
def test_no_crop_is_refused(text):
    with pytest.raises(ValueError, match="crop"):
        Crop.parse(text)


@pytest.mark.parametrize(
    ("crop", "box"),
    [
        (CENTRE, (0, 30, 41, 41)),  # of an odd rest the smaller half lies before
        (FIT, (0, 0, 41, 102)),
        (Crop(x=0), (0, 0, 41, 41)),
        (Crop(x=1, y=0), (0, 61, 41, 41)),  # the free side alone moves
        (Crop(x=0.5, y=1, side=0.5), (21, 41, 20, 20)),
        (Crop(x=0, y=0, side=0.5), (0, 0, 20, 20)),
    ],
)
def test_the_square_lies_inside_and_nearest_to_its_place(crop, box):
    assert crop.box(41, 102) == box
    tall, wide = box[3], box[2]
    turned = Crop(x=crop.y, y=crop.x, side=crop.side, fit=crop.fit).box(102, 41)
    assert turned == (box[1], box[0], tall, wide)


def test_a_clip_shows_its_crop_and_is_another_clip_then():
    frames = np.random.default_rng(0).integers(0, 256, (3, 20, 50, 3), np.uint8)
    clip = Clip.from_frames(frames)
    assert (view(clip, 20) == frames[:, :, 15:35]).all()
    left = clip.cropped(Crop(x=0))
    assert (view(left, 20) == frames[:, :, :20]).all()
    assert left.hash != clip.hash and left.cropped(CENTRE).hash == clip.hash
    assert clip.cropped(CENTRE) is clip
    assert (clip_facts(clip)["crop"], clip_facts(left)["crop"]) == ("centre", "0,0.5")
    whole = view(clip.cropped(FIT), 25)
    assert whole.shape == (3, 25, 25, 3)
    assert abs(whole.mean() - frames.mean()) < 2


def test_the_views_of_a_picture_see_all_of_its_long_side():
    assert views(30, 30) == (CENTRE,)
    for height, width in ((20, 50), (50, 20)):
        seen = np.zeros((height, width), bool)
        for crop in views(height, width):
            top, left, tall, wide = crop.box(height, width)
            seen[top : top + tall, left : left + wide] = True
        ends = seen.all(0 if width > height else 1)
        assert ends[:20].all() and ends[-20:].all() and views(height, width)[0] == CENTRE
