import cv2
import numpy as np
import pytest
import torch

import sct
from sct.analysis.ground_truth import reference
from sct.model.hashing import rotations
from sct.synthetic.clips import make_clip
from viz.components.player.contents import attention_message, buckets_message, lags, rotation_of
from viz.components.player.message import LIMIT, block_of, pack, sprite, unpack

VIEW = {"mode": "maps", "frame": 3, "head": "0", "row": 1, "column": 2, "look": "out", "edit": 0}


@pytest.fixture(scope="module")
def seen():
    model = sct.build("sct_ti").eval()
    made = make_clip("pan right", 3)
    with torch.inference_mode():
        return made, model(sct.preprocess(made.as_clip(), 112), trace=True).trace


def attention(made, trace, stage=1, limit=LIMIT, view=VIEW):
    shifted = trace.shifted(stage)
    known = [
        reference(made.frames, before, shifted.grid, shifted.matched.side, made.batch)
        for before in lags(shifted)
    ]
    about = {"said": {"0": "<img src=x onerror=alert(1)>"}, "headNames": []}
    times = range(shifted.frames)
    return attention_message(shifted, sprite(made.frames), times, known, view, about, limit)


def test_a_message_comes_back_byte_for_byte():
    rng = np.random.default_rng(0)
    parts = {
        "half": rng.normal(size=(3, 5)).astype(np.float16),
        "turned": rng.normal(size=(4, 3, 5)).astype(np.float16).transpose(2, 0, 1),
        "strided": rng.normal(size=(6, 8)).astype(np.float32)[::2, ::-3],
        "odd": rng.integers(0, 255, (7,), np.uint8),
        "wide": rng.integers(0, 65535, (2, 3), np.uint16),
        "picture": b"\x00\x01\xff" * 5,
        "none": np.zeros((0, 4), np.float32),
    }
    header = {"name": "é <b>\u2028", "list": [1, 2.5, None]}
    back, found = unpack(pack(header, parts))
    assert back == header and set(found) == set(parts)
    for name, part in parts.items():
        if isinstance(part, bytes):
            assert found[name].tobytes() == part
        else:
            assert found[name].dtype == part.dtype and found[name].shape == part.shape
            assert np.array_equal(found[name], part)


@pytest.mark.parametrize("kind", ["webp", "jpeg"])
def test_a_sprite_holds_each_frame_at_its_place(kind):
    frames = np.stack([np.full((32, 32, 3), 50 * i, np.uint8) for i in range(5)])
    found = sprite(frames, kind)
    sheet = cv2.imdecode(np.frombuffer(found.picture, np.uint8), cv2.IMREAD_COLOR)
    assert sheet.shape == (64, 96, 3) and (found.across, found.side) == (3, 32)
    for i, frame in enumerate(frames):
        top, left = i // 3 * 32, i % 3 * 32
        assert abs(sheet[top : top + 32, left : left + 32].mean() - frame.mean()) < 2


def test_what_cannot_be_sent_or_read_is_refused():
    with pytest.raises(ValueError, match="float64"):
        pack({}, {"x": np.zeros(3)})
    with pytest.raises(ValueError, match="JSON"):
        pack({"a": float("nan")}, {})
    whole = pack({"a": 1}, {"x": np.zeros(30, np.uint8)})
    for broken in (b"", b"GIF89a..", whole[:10], whole[:-8]):
        with pytest.raises(ValueError):
            unpack(broken)


def test_maps_from_the_message_are_those_of_the_trace(seen):
    made, trace = seen
    shifted = trace.shifted(1)
    message, block = attention(made, trace)
    header, parts = unpack(message)
    assert len(message) < LIMIT and block == range(8)
    q, k = parts["q"].astype(np.float32), parts["k"].astype(np.float32)
    for frame, token, head in ((3, (5, 9), 2), (0, (0, 0), 5), (7, (13, 13), 0)):
        chunk = token[0] // 7 * 2 + token[1] // 7
        place = token[0] % 7 * 7 + token[1] % 7
        want = shifted.maps(frame, token, head)
        for which, key in enumerate((header["keyFrames"][head][frame], frame)):
            scores = k[header["keys"].index(key), chunk, head] @ q[frame, chunk, head, place]
            weights = np.exp((scores - scores.max()) / 4)
            top, left = token[0] // 7 * 7, token[1] // 7 * 7
            exact = want[which][top : top + 7, left : left + 7].ravel()
            assert np.abs(weights / weights.sum() - exact).max() < 2e-3


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_every_stage_of_sct_ti_fits_in_one_message(stage, seen):
    made, trace = seen
    assert len(attention(made, trace, stage)[0]) < LIMIT / 4
    lsh = trace.lsh(stage)
    pieces = lsh.grid**2 // lsh.bucket_size
    turned = rotations(0, stage, lsh.rounds, lsh.heads, lsh.qk.shape[-1], pieces)
    message, block = buckets_message(lsh, sprite(made.frames), range(8), turned, VIEW, {})
    assert len(message) < LIMIT / 4 and block == range(8)
    header, parts = unpack(message)
    assert np.array_equal(parts["ids"][3, 0, 0], lsh.buckets(3, 0).ravel())
    assert np.array_equal(parts["order"][3, 0, 0], lsh.order(3, 0))
    assert header["bucketSize"] == lsh.bucket_size and 0 < header["top"] <= 1


@pytest.mark.parametrize(("bucket", "rounds"), [(49, 1), (392, 1), (784, 1), (98, 2)])
def test_the_browser_is_told_which_chunks_a_token_attends_to(bucket, rounds, seen):
    made, _ = seen
    model = sct.build("sct_ti", lsh_bucket=bucket, lsh_rounds=rounds).eval()
    with torch.inference_mode():
        trace = model(sct.preprocess(made.as_clip(), 112), trace=True).trace
    lsh, turned = trace.lsh(1), rotation_of(trace, 1)
    header, parts = unpack(buckets_message(lsh, None, range(8), turned, VIEW, {})[0])
    for round_ in range(rounds):
        order = parts["order"][3, 1, round_].astype(int)
        for token in (0, 117, 783):
            chunk = int(np.flatnonzero(order == token)[0]) // bucket
            sees = header["reach"][chunk]
            assert sees[-1] == chunk and len(set(sees)) == len(sees)
            told = np.zeros(784, bool)
            for each in sees:
                told[order[each * bucket : (each + 1) * bucket]] = True
            gave = lsh.attended(3, divmod(token, 28), 1, round_).ravel() > 0
            assert np.array_equal(told, gave)


def test_a_large_stage_comes_in_blocks_that_hold_the_frame_asked_for(seen):
    made, trace = seen
    whole = len(attention(made, trace)[0])
    limit = whole * 2 // 3
    covered = set()
    for frame in range(8):
        message, block = attention(made, trace, limit=limit, view={**VIEW, "frame": frame})
        header, parts = unpack(message)
        assert len(message) <= limit and frame in block and len(block) < 8
        assert len(parts["q"]) == len(block) and header["block"] == [block.start, block.stop]
        needed = {*block, *(before[t] for before in header["keyFrames"] for t in block)}
        assert needed == set(header["keys"]) and len(parts["k"]) == len(needed)
        covered |= set(block)
    assert covered == set(range(8))
    assert block_of(5, 8, 10, 1) == range(5, 6)  # one that fits nowhere goes alone


def test_words_travel_as_data(seen):
    header, _ = unpack(attention(*seen)[0])
    assert header["said"]["0"] == "<img src=x onerror=alert(1)>"


def test_infinite_queries_are_sent_as_large_ones(seen):
    made, trace = seen
    with torch.inference_mode():
        trace.shifted(3).matched.q[0, 0, 0, 0, 0, 0] = torch.inf
    q = unpack(attention(made, trace, 3)[0])[1]["q"]
    assert np.isfinite(q).all() and q[0, 0, 0, 0, 0] == 65504
