import base64

import cv2
import numpy as np
import pytest

from viz.raster.encode import data_uri, encode


def picture():
    rng = np.random.default_rng(0)
    return cv2.resize(rng.integers(0, 255, (8, 8, 3), np.uint8), (64, 64))


def decode(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_png_is_exact_and_webp_near_and_smaller():
    rgb = picture()
    assert (decode(encode(rgb, "png")) == rgb).all()
    webp = encode(rgb)
    assert np.abs(decode(webp).astype(int) - rgb).mean() < 8
    assert len(webp) < len(encode(rgb, "png"))


def test_data_uri_holds_the_same_picture():
    head, body = data_uri(picture(), "png").split(",")
    assert head == "data:image/png;base64"
    assert (decode(base64.b64decode(body)) == picture()).all()


def test_other_pictures_and_kinds_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        encode(np.zeros((4, 4, 3)))
    with pytest.raises(ValueError, match="webp, jpeg or png"):
        encode(picture(), "gif")
