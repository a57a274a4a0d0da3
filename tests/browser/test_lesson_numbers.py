"""The maths of the lessons' demos in a real Chromium, beside the trace that they were given."""

import base64
import os

import numpy as np
import pytest
import torch

if os.environ.get("SCT_REQUIRE_BROWSER") != "1":  # where it is required, its absence is a failure
    pytest.importorskip("playwright.sync_api")

import sct
from sct.analysis.chunk_attention import chunk_qkv
from sct.model.hashing import rotations
from viz.components.lessons import COMPONENTS, contents
from viz.components.player.message import sprite

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def passed():
    torch.manual_seed(0)
    model = sct.build("sct_ti").eval()
    x = torch.randn(1, 2, 3, 112, 112, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return model, model(x, trace=True).trace


def run(page, name, exports, message, body):
    """Run `body(kit, message)` with what a demo's script has at its top."""
    page.set_content("<p>")
    return page.evaluate(
        """async ([code, data, body]) => {
          const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }))
          const kit = await import(url), bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
          return new Function("kit", "m", body)(kit, kit.unpack(bytes))
        }""",
        [
            f"{COMPONENTS[name].script}\nexport {{ unpack, {exports} }}",
            base64.b64encode(message).decode(),
            body,
        ],
    )


def picture():
    return sprite(np.zeros((1, 16, 16, 3), np.uint8))


def test_a_query_inside_its_chunk_is_that_of_the_model(new_page, passed):
    model, trace = passed
    within = chunk_qkv(model, trace, 1, 0, slice(1, 2))
    message = contents.inside_message(picture(), within, {"row": 0, "column": 0, "edit": 0})
    body = """
      const at = { chunk: 5, place: 17, head: 2 }
      return [1, 0.01, 100].map((t) => kit.attendWithin(m, at, t))
    """
    plain, cold, hot = run(new_page(), "inside", "attendWithin", message, body)
    scores, v = within.scores()[0, 5, 2, 17], within.v[0, 5, 2]
    weights = scores.softmax(-1)
    assert np.allclose(plain["scores"], scores, atol=5e-3)
    best = int(scores.argmax())
    assert np.allclose(plain["query"], within.q[0, 5, 2, 17], atol=5e-3)
    assert np.allclose(plain["key"], within.k[0, 5, 2, best], atol=5e-3)
    product = np.dot(plain["query"], plain["key"])  # what is shown as q·k
    assert product == pytest.approx(float(scores[best]) * len(plain["key"]) ** 0.5, abs=2e-2)
    assert np.allclose(plain["weights"], weights, atol=1e-3)
    assert np.allclose(plain["out"], weights @ v, atol=5e-3)
    entropy = -(weights * weights.log()).sum()
    assert plain["spread"] == pytest.approx(float(entropy.exp()), rel=1e-2)
    assert np.allclose(hot["out"], v.mean(0), atol=5e-3)
    assert cold["spread"] < plain["spread"] < hot["spread"]
    assert np.allclose(plain["top"], v[int(scores.argmax())], atol=5e-3)


def test_unturned_the_plane_hashes_as_the_model_does(new_page, passed):
    _, trace = passed
    seen = trace.lsh(1)
    turned = rotations(0, 1, 1, seen.heads, seen.qk.shape[-1], 16)[:, :, 0]
    view = {"row": 0, "column": 0, "edit": 0}
    message = contents.hashing_message(picture(), seen.qk[0, 1], turned, 49, view)
    body = """
      const t = new kit.Turned(m, 1), plain = t.hash(0, 8), other = t.hash(40, 8)
      return { ids: plain.ids, order: plain.order, recall: t.recall(plain),
        weights: [...t.attended(plain, 300)], other: other.ids, few: t.hash(0, 2).ids,
        points: other.points.map((p) => [...p]), again: t.hash(360, 8).ids }
    """
    found = run(new_page(), "hashing", "Turned", message, body)
    assert found["ids"] == seen.buckets(1, 1).ravel().tolist()
    assert found["order"] == seen.order(1, 1).tolist()
    assert found["recall"] == pytest.approx(seen.recall(1, 1), abs=1e-4)
    exact = seen.attended(1, (300 // 28, 300 % 28), 1, 0).ravel()
    assert np.abs(np.array(found["weights"]) - exact).max() < 1e-5
    assert found["other"] != found["ids"] == found["again"] and set(found["few"]) <= {0, 1, 2, 3}
    # Turning moves points about the middle and leaves their distance from it.
    x = seen.qk[0, 1, :, 1].float() @ turned[1]
    points = np.array(found["points"])
    assert np.allclose(np.hypot(*points[:, :2].T), x[:, :2].norm(dim=1), atol=1e-4)
