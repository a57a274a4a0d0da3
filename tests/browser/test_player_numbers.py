"""The attention player's maths in a real Chromium, beside the trace that it was given."""

import base64
import os
import re

import numpy as np
import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

import sct
from sct.analysis.ground_truth import reference
from sct.model.hashing import rotations
from sct.model.trace import LSHTrace
from tests.browser.acts import VIEW, hover, message_of
from viz.components.player.contents import buckets_message, lags
from viz.components.player.message import sprite
from viz.raster import arrows

pytestmark = pytest.mark.browser


def test_the_numbers_in_the_browser_are_those_of_the_trace(stand, traced):
    made, trace = traced
    for stage in (1, 2):
        seen = trace.shifted(stage)
        page = stand(message_of(seen, made.frames, made.batch))
        data = base64.b64encode(message_of(seen, made.frames, made.batch)).decode()
        found = page.evaluate(
            """(text) => {
              const m = kit.unpack(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)))
              const a = new kit.Attention(m), all = [...Array(a.heads).keys()]
              const token = a.grid * 2 + 5
              return {
                maps: [[0], all].map((heads) => {
                  const { previous, current } = a.maps(4, { heads, how: "mean" }, token)
                  return [[...previous], [...current]]
                }),
                lookers: [...a.lookers(4, { heads: [1], how: "mean" }, token)],
                moved: [...a.displacement(4, { heads: all, how: "mean" })],
                error: kit.clipError(a, m, { heads: [0], how: "mean" }),
              }
            }""",
            data,
        )
        for (previous, current), head in zip(found["maps"], (0, "mean"), strict=True):
            top, left, side, _ = seen.window((2, 5))
            for mine, exact in zip((previous, current), seen.maps(4, (2, 5), head), strict=True):
                exact = exact[top : top + side, left : left + side].ravel()
                assert np.abs(np.array(mine) - exact).max() < 3e-3
        column = seen.weights(4, 1)[0, 0, :, 2 * 7 + 5].cpu().numpy()
        assert np.abs(np.array(found["lookers"]) - column).max() < 3e-3
        moved = np.array(found["moved"]).reshape(seen.grid, seen.grid, 2)
        assert np.abs(moved - seen.displacement(4, "mean")).max() < 0.2
        known = reference(made.frames, lags(seen)[0], seen.grid, 7, made.batch)
        said = np.stack([-seen.displacement(t, 0) for t in range(1, 8)])
        exact = arrows.agreement(said, known.motion[1:], known.known[1:])
        assert abs(found["error"]["degrees"] - exact.angle) < 0.5
        assert abs(found["error"]["tokens"] - exact.tokens) <= 2


def test_what_hashing_says_in_the_browser_is_what_the_trace_says(stand, traced):
    made, _ = traced
    for rounds in (1, 3):
        model = sct.build("sct_ti", lsh_rounds=rounds).eval()
        with torch.inference_mode():
            clip = sct.preprocess(made.as_clip(), 112)
            seen: LSHTrace = model(clip, trace=True).trace.lsh(1)
        turned = rotations(0, 1, rounds, seen.heads, 16, 16)
        view = {**VIEW, "mode": "buckets", "edit": 0, "round": rounds - 1}
        pictures = sprite(made.frames)
        message = buckets_message(seen, pictures, range(8), turned, view, {})[0]
        page = stand(message)
        found = page.evaluate(
            """(text) => {
              const m = kit.unpack(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)))
              const h = new kit.Hashing(m), last = h.rounds - 1
              return { path: h.path(2, 1, last, 117), one: [...h.attended(2, 1, last, 117)],
                all: [...h.attended(2, 1, -1, 117)], turned: [...h.projections(2, 1, last, 117)] }
            }""",
            base64.b64encode(message).decode(),
        )
        token = (117 // 28, 117 % 28)
        ids, order = seen.buckets(2, 1, rounds - 1), seen.order(2, 1, rounds - 1)
        place = int(np.flatnonzero(order == 117)[0])
        assert found["path"] == {
            "bucket": ids[token],
            "members": int((ids == ids[token]).sum()),
            "place": place,
            "chunk": place // 49,
            "sees": [(place // 49 - 1) % 16, place // 49],
        }
        assert int(np.argmax(found["turned"])) == ids[token]
        for mine, round_ in ((found["one"], rounds - 1), (found["all"], None)):
            exact = seen.attended(2, token, 1, round_).ravel()
            assert np.abs(np.array(mine) - exact).max() < 2e-3
        text = page.locator(".path").inner_text()
        assert "bucket" in text and "piece" in text


def test_the_steps_are_told_in_the_numbers_of_the_trace(stand, traced):
    _, trace = traced
    seen, made = trace.lsh(1), traced[0]
    turned = rotations(0, 1, 1, seen.heads, 16, 16)
    view = {**VIEW, "mode": "buckets", "head": "2", "edit": 0, "round": 0}
    page = stand(buckets_message(seen, sprite(made.frames), range(8), turned, view, {})[0])
    steps = page.locator(".path p")
    for row, column in ((9, 20), (27, 0)):
        hover(page, "right", 28, row, column)  # nothing is asked of a server
        page.wait_for_function(
            "([r, c]) => document.querySelector('.steps .caption').textContent.includes("
            "`row ${r}, column ${c} `)",
            arg=[row, column],
        )
        number = row * 28 + column
        x = seen.qk[0, 3, number, 2].float().numpy()
        both = x @ turned[2, :, 0].numpy()
        both = np.concatenate([both, -both])
        ids, order = seen.buckets(3, 2), seen.order(3, 2)
        place = int(np.flatnonzero(order == number)[0])
        weights = seen.attended(3, (row, column), 2)
        rotate, argmax, sort, cut, attend = steps.all_inner_texts()
        told = re.findall(r"−?\d+\.\d\d", f"{rotate} {argmax}".replace(" ", "  "))
        told = [float(v.replace("−", "-")) for v in told]  # three of x, of xR, then the largest
        want = [*x[:3], *both[:3], both.max()]
        assert np.abs(np.array(told[:7]) - want).max() < 0.03  # they were sent in 16 bits
        assert f"number {both.argmax()}, so this is bucket {ids[row, column]}" in argmax
        assert f"from place {number} to {place}" in sort
        bucket = np.flatnonzero(ids.ravel()[order] == ids[row, column])
        assert f"fills places {bucket[0]} to {bucket[-1]}" in sort
        assert f"place {place} is in piece {place // 49}" in cut
        assert f"sees {int((weights > 0).sum())} of 784" in cut
        share, *best = re.search(r"most, ([\d.]+)%, to row (\d+), column (\d+)", attend).groups()
        assert float(share) == pytest.approx(weights.max() * 100, abs=0.6)
        assert weights[int(best[0]), int(best[1])] == pytest.approx(weights.max(), abs=2e-3)
    assert page.evaluate("sent.length") == 0
    for canvas in page.locator("canvas.step").all():  # each step has its picture
        assert canvas.evaluate(
            "c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 8"
        )
