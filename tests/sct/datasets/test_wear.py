"""Wear keeps what a clip shows, and is drawn anew for each."""

import numpy as np
import torch

from sct.datasets.made import wear
from sct.datasets.made.wear import worn
from sct.synthetic.composite import make_composite


def clips(count=16):
    return make_composite(count, 5, frames=4, size=48).frames


def test_same_seed_same_wear_and_the_clips_stay(monkeypatch):
    given = clips()
    before = given.clone()
    one, again = (worn(given, np.random.default_rng(2)) for _ in range(2))
    assert one.shape == given.shape and one.dtype == torch.uint8
    assert (one == again).all() and (given == before).all()
    assert (worn(given, np.random.default_rng(3)) != one).any()
    for name in ("_EXPOSED", "_GRAINY", "_CODED"):
        monkeypatch.setattr(wear, name, 0.0)
    assert (worn(given, np.random.default_rng(2)) == given).all()


def test_each_kind_of_wear_leaves_its_mark(monkeypatch):
    given = torch.full((6, 4, 3, 48, 48), 100, dtype=torch.uint8)
    marks = {"_EXPOSED": 0.0, "_GRAINY": 0.0, "_CODED": 0.0}

    def only(name):
        for each in marks:
            monkeypatch.setattr(wear, each, float(each == name))
        return worn(given, np.random.default_rng(0)).float()

    exposed = only("_EXPOSED")
    assert (exposed.flatten(2).std(dim=2) == 0).all()  # the same gain in all of a frame
    assert (exposed.mean((2, 3, 4))[:, 0] != exposed.mean((2, 3, 4))[:, -1]).any()
    grainy = only("_GRAINY")
    assert (abs(grainy.mean((1, 2, 3, 4)) - 100) < 2).all()
    assert (grainy[:, :, 0].flatten(2).std(dim=2) > 3).all()
    assert ((grainy[:, :, 0] - grainy[:, :, 1]).abs() <= 1).all()
    assert (abs(only("_CODED") - 100) < 4).all()


def test_an_odd_side_is_not_coded(monkeypatch):
    monkeypatch.setattr(wear, "_CODED", 1.0)
    odd = torch.full((2, 2, 3, 33, 33), 100, dtype=torch.uint8)
    assert worn(odd, np.random.default_rng(0)).shape == odd.shape
