"""Mutations differ from what they are made of, often, and are the same for the same seed."""

import io
import json
from random import Random

import numpy as np
from PIL import Image

from tests.fuzz import mutators

CARD = {"config": {"frames": 8, "widths": [8, 16]}, "labels": ["a", "b"], "note": "x"}


def test_the_same_seed_makes_the_same_and_others_make_others():
    data, text = bytes(range(256)) * 4, "lsh=full;rounds=4"
    for make in (
        lambda rng: mutators.mutated(data, rng, [data[::-1]]),
        lambda rng: mutators.mutated_text(text, rng, ["off", "on"]),
        lambda rng: mutators.mutated_json_text(CARD, rng),
    ):
        made = [make(Random(f"some {seed}")) for seed in range(300)]
        assert made == [make(Random(f"some {seed}")) for seed in range(300)]
        assert len(set(made)) > 200


def test_files_of_any_length_can_be_changed():
    for data in (b"", b"\0", b"RIFF", b"moovtrakmdia"):
        for seed in range(300):
            assert isinstance(mutators.mutated(data, Random(seed), [b"", data]), bytes)


def test_json_stays_json_most_of_the_time_and_its_source_as_it_was():
    before, read = json.dumps(CARD), 0
    for seed in range(300):
        try:
            json.loads(mutators.mutated_json_text(CARD, Random(seed)))
            read += 1
        except (ValueError, RecursionError):
            pass
    assert json.dumps(CARD) == before
    assert 200 < read < 300


def test_a_png_is_often_changed_behind_checksums_that_are_right():
    file, read = io.BytesIO(), 0
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file, "PNG")
    for seed in range(300):
        try:
            Image.open(io.BytesIO(mutators.mutated(file.getvalue(), Random(seed)))).load()
            read += 1
        except Exception:
            pass
    assert read > 20
