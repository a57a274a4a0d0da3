"""The attention player in a real Chromium: its maths, what it paints, its keys, its speed."""

import base64
import os
import re
import statistics

import cv2
import numpy as np
import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

import sct
from sct.lsh import rotations
from sct.measuring.reference import reference
from sct.motion import make_clip
from sct.shifted import Matched, key_frames
from sct.trace import LSHTrace, ShiftedTrace
from viz import arrows, player
from viz.player.contents import attention_message, buckets_message, lags
from viz.player.message import sprite

pytestmark = pytest.mark.browser

VIEW = {"mode": "maps", "frame": 3, "head": "0", "row": 3, "column": 3, "look": "out"}
HOSTILE = "<img src=x onerror=\"document.title='hacked'\">"


def names(heads):
    return [{"text": f"○ {h}", "title": HOSTILE} for h in range(heads)]


def moving_attention(frames=5, grid=7, by=(1, 2)):
    """A clip whose content moves by (row, column) tokens a frame, as seen by perfect attention.

    Each token has a code of its own; the code moves with the content, so the query of a token
    finds itself in the frame before at its place minus `by`.
    """
    codes = torch.eye(grid * grid)
    q = torch.empty(1, frames, 1, 2, grid * grid, grid * grid)
    for t in range(frames):
        here = codes.view(grid, grid, -1).roll((t * by[0], t * by[1]), (0, 1)).flatten(0, 1)
        q[0, t, 0] = here * 20
    matched = Matched(q, q.clone(), (key_frames(frames, 1, "on"),) * 2, grid, "on", "mean")
    return ShiftedTrace(matched, grid, 16, (0,))


def message_of(seen, frames, made=None, view=VIEW, **about):
    known = [reference(frames, before, seen.grid, seen.matched.side, made) for before in lags(seen)]
    said = {"said": {"0": HOSTILE, "1": "free"}, "headNames": names(seen.heads), **about}
    start = {"edit": 0, "round": 0, **view}
    return attention_message(seen, sprite(frames), range(len(frames)), known, start, said)[0]


def texture(frames, size, by):
    """Noise that moves `by` (row, column) pixels a frame."""
    rng = np.random.default_rng(5)
    small = rng.integers(0, 255, (9, 9, 3), np.uint8)
    first = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.stack([np.roll(first, (t * by[0], t * by[1]), (0, 1)) for t in range(frames)])


@pytest.fixture
def stand(new_page):
    """A page with nothing but a player: `stand(message)`; what it sends is in window.sent."""

    def put(message, width=1100, scheme="light", page=None):
        page = page or new_page(width=width, scheme=scheme)
        page.set_content(
            f"<style>{player.style()}</style><div id=place><div class=sct-player></div></div>"
        )
        page.evaluate(
            """async ([code, data]) => {
              const url = URL.createObjectURL(new Blob([code + HOOK], { type: "text/javascript" }))
              window.kit = await import(url)
              window.sent = []
              window.give = (text) => {
                const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
                kit.default({ data: bytes, parentElement: document.querySelector("#place"),
                  setStateValue: (name, view) => sent.push(view) })
                return new Promise((done) => setTimeout(done, 100))
              }
              await give(data)
            }""".replace("HOOK", '"\\nexport { unpack, Attention, Hashing, motionOf, clipError }"'),
            [player.script(), base64.b64encode(message).decode()],
        )
        page.wait_for_selector(".player canvas.right")
        return page

    return put


@pytest.fixture(scope="module")
def traced():
    made = make_clip("pan right", 8)
    model = sct.load(sct.list_models()[0]) if sct.list_models() else sct.build("sct_ti").eval()
    with torch.inference_mode():
        frames = sct.preprocess(made.as_clip(), model.config.image_size)
        return made, model(frames, trace=True).trace


def brightest(page, side, grid):
    """The cell of a picture whose middle is lightest, read back from the canvas: (row, column)."""
    return tuple(
        page.evaluate(
            """([side, grid]) => {
              const c = document.querySelector(`canvas.${side}`), s = c.width / grid
              const ctx = c.getContext("2d")
              let best = [-1, 0, 0]
              for (let r = 0; r < grid; r++) for (let k = 0; k < grid; k++) {
                const d = ctx.getImageData((k + 0.4) * s, (r + 0.4) * s, s / 5, s / 5).data
                let sum = 0
                for (let i = 0; i < d.length; i += 4) sum += d[i] + d[i + 1] + d[i + 2]
                if (sum / d.length > best[0]) best = [sum / d.length, r, k]
              }
              return best.slice(1)
            }""",
            [side, grid],
        )
    )


def hover(page, side, grid, row, column, click=False):
    canvas = page.locator(f"canvas.{side}")
    box = canvas.bounding_box()
    at = {"x": (column + 0.5) * box["width"] / grid, "y": (row + 0.5) * box["height"] / grid}
    canvas.click(position=at) if click else canvas.hover(position=at)


@pytest.mark.parametrize("patch", [(3, 4), (5, 2), (1, 6)])
def test_hover_paints_the_maximum_where_the_content_was(stand, patch):
    by = (1, 2)
    frames = texture(5, 112, (16 * by[0], 16 * by[1]))
    page = stand(message_of(moving_attention(by=by), frames))
    hover(page, "right", 7, *patch)
    assert brightest(page, "left", 7) == (patch[0] - by[0], patch[1] - by[1])
    assert brightest(page, "right", 7) == patch
    # And the other way: who looks at that patch of the frame before.
    hover(page, "left", 7, patch[0] - by[0], patch[1] - by[1])
    assert brightest(page, "right", 7) == patch
    first = page.locator(".readout li").first
    assert f"row {patch[0]}, column {patch[1]}" in first.inner_text()


def test_motion_mode_draws_arrows_that_agree_with_the_flow(stand):
    frames = texture(5, 112, (0, 16))
    page = stand(message_of(moving_attention(by=(0, 1)), frames, view={**VIEW, "mode": "motion"}))
    assert int(page.locator(".figure strong").inner_text().rstrip("°")) <= 5
    assert "attention: 16.0 px right" in page.locator(".readout").inner_text()
    assert "Optical flow" in page.locator(".pictures h4").nth(1).inner_text()
    assert "is read short" in page.locator(".readout").inner_text()


def test_a_still_clip_has_no_arrows_and_an_even_map_no_links(stand):
    frames = np.repeat(texture(1, 112, (0, 0)), 3, axis=0)
    seen = moving_attention(frames=3)
    page = stand(message_of(seen, frames, view={**VIEW, "frame": 2, "mode": "motion"}))
    assert "no arrows are drawn" in page.locator(".notice").inner_text()
    assert page.locator(".figure").count() == 0
    page.get_by_role("button", name="Maps").click()
    even = Matched(
        torch.zeros_like(seen.matched.q), seen.matched.k, seen.matched.key_frames, 7, "on", "mean"
    )
    page = stand(message_of(ShiftedTrace(even, 7, 16, ()), frames, view={**VIEW, "frame": 2}))
    assert "no links are drawn" in page.locator(".notice").inner_text()


def test_one_frame_is_enough(stand):
    frames = texture(1, 112, (0, 0))
    page = stand(message_of(moving_attention(frames=1), frames, view={**VIEW, "frame": 0}))
    assert "Frame 0 has no frame before it" in page.locator(".notice").inner_text()
    assert page.locator(".transport").is_hidden()


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
            "piece": place // 49,
            "before": (place // 49 - 1) % 16,
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
            "([r, c]) => document.querySelector('.steps h4').textContent.includes("
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
        share, *best = re.search(r"most, ([\d.]+) %, to row (\d+), column (\d+)", attend).groups()
        assert float(share) == pytest.approx(weights.max() * 100, abs=0.6)
        assert weights[int(best[0]), int(best[1])] == pytest.approx(weights.max(), abs=2e-3)
    assert page.evaluate("sent.length") == 0
    for canvas in page.locator("canvas.step").all():  # each step has its picture
        assert canvas.evaluate(
            "c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 8"
        )


def test_keys_alone_move_pin_step_and_play(stand):
    frames = texture(5, 112, (16, 32))
    page = stand(message_of(moving_attention(), frames))
    page.locator("canvas.right").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "."):
        page.keyboard.press(key)
    page.wait_for_function("sent.length > 0")
    last = page.evaluate("sent.at(-1)")
    assert (last["row"], last["column"], last["frame"], last["look"]) == (4, 5, 4, "out")
    assert brightest(page, "left", 7) == (3, 3)
    page.wait_for_function(
        "document.querySelector('.live').textContent.includes('row 3, column 3')"
    )
    page.locator("canvas.left").focus()
    page.keyboard.press("ArrowLeft")
    assert brightest(page, "right", 7) == (5, 6)
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.scrub').value === '1'")
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Play").is_visible()
    slider = page.get_by_role("slider", name="Frame")
    slider.focus()
    page.keyboard.press("Home")
    assert "frame 0 of 4" in page.locator(".clock").inner_text()
    for button in page.get_by_role("button").all():
        assert (button.get_attribute("aria-label") or button.inner_text()).strip()


def test_words_of_others_are_text(stand):
    page = stand(message_of(moving_attention(), texture(5, 112, (16, 32))))
    assert page.locator(".said").inner_text() == HOSTILE
    assert page.title() != "hacked" and page.locator("img").count() == 0


def test_frames_that_were_not_sent_are_asked_for(stand):
    frames = texture(5, 112, (16, 32))
    seen = moving_attention()
    whole = message_of(seen, frames)
    known = [reference(frames, lags(seen)[0], 7, 7)]

    def block(frame, edit):
        view = {**VIEW, "frame": frame, "edit": edit, "round": 0}
        about = {"said": {}, "headNames": names(2)}
        limit = len(whole) * 3 // 4
        return attention_message(seen, sprite(frames), range(5), known, view, about, limit)

    first, held = block(0, 0)
    page = stand(first)
    ask = held.stop
    page.get_by_role("slider", name="Frame").fill(str(ask))
    assert f"Fetching the attention of frame {ask}" in page.locator(".notice").inner_text()
    told = page.evaluate("sent.at(-1)")
    assert told["frame"] == ask
    answer = base64.b64encode(block(ask, told["edit"])[0]).decode()
    page.evaluate("(text) => give(text)", answer)
    hover(page, "right", 7, 3, 4)
    assert page.locator(".notice").inner_text() == ""
    assert brightest(page, "left", 7) == (2, 2)


def shown(made, trace, kind):
    if kind == "maps":
        return message_of(trace.shifted(1), made.frames, made.batch), 14
    view, seen = {**VIEW, "mode": "buckets", "edit": 0, "round": 0}, trace.lsh(1)
    turned = rotations(0, 1, 1, seen.heads, 16, 16)
    return buckets_message(seen, sprite(made.frames), range(8), turned, view, {})[0], 28


@pytest.mark.parametrize("kind", ["maps", "buckets"])
def test_hover_is_painted_within_a_frame_of_the_screen(kind, stand, traced, capsys):
    made, trace = traced
    message, grid = shown(made, trace, kind)
    page = stand(message)
    first = page.evaluate("performance.getEntriesByName('sct-first-paint')[0].duration")
    page.evaluate("performance.clearMeasures()")
    rng = np.random.default_rng(0)
    for row, column in rng.integers(0, grid, (60, 2)):
        hover(page, "right", grid, row, column)
    times = page.evaluate("performance.getEntriesByName('sct-hover').map((e) => e.duration)")
    median, high = statistics.median(times), sorted(times)[int(len(times) * 0.95)]
    with capsys.disabled():
        print(
            f"\n{kind}, hover to painted: median {median:.1f} ms, 95% {high:.1f} ms "
            f"of {len(times)}; message to first paint {first:.0f} ms"
        )
    assert len(times) > 40 and median < 16
    assert first < 1000
