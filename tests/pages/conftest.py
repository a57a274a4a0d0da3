import functools
import io
import json
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import sct
from sct.checkpoint.io import save
from sct.synthetic.clips import LABELS
from viz.components.player.message import unpack

APP = str(Path(__file__).resolve().parents[2] / "pages" / "shell" / "main.py")


@pytest.fixture(scope="session", autouse=True)
def some_model(tmp_path_factory):
    """The shipped model; a small untrained one where a checkout has none."""
    if sct.list_models():
        yield
        return
    folder = tmp_path_factory.mktemp("models")
    grounded = ((0,), (0, 1), (0, 1))
    model = sct.build("sct_ti", num_classes=len(LABELS), labels=LABELS, grounded_heads=grounded)
    save(model.eval(), folder / "untrained", {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCT_MODELS", str(folder))
        yield


@pytest.fixture(scope="session", autouse=True)
def scanned_once():
    """Have Streamlit look for components in all that is installed once, not in each run of a page.

    A server also does so once.
    """
    once = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def open_app():
    """Open the app as a link does, `open_app("attention", stage="2")`, without exception.

    With a made sample, whose truth is known, unless another is asked for; None for the app's own.
    `quick` has Attribution draw a map of one pass, where the test is about something else.
    """

    def go(page="inspect", sample="pan right", quick=False, **query):
        if quick and page == "attribution":
            query["method"] = "saliency"
        at = AppTest.from_file(APP, default_timeout=300)
        if sample is not None:
            at.query_params["sample"] = sample
        for key, value in query.items():
            at.query_params[key] = value
        at.run()
        if page != "inspect":
            at.switch_page(f"../{page}/page.py").run()
        return fine(at)

    return go


def fine(at):
    assert not at.exception, [e.message for e in at.exception]
    return at


@pytest.fixture
def make_stamped():
    """An mp4 of noise whose pictures appear at the given milliseconds."""

    def make(stamps_ms):
        file, rng = io.BytesIO(), np.random.default_rng(0)
        with av.open(file, "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=10)
            stream.width = stream.height = 64
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
            for stamp in stamps_ms:
                picture = av.VideoFrame.from_ndarray(rng.integers(0, 255, (64, 64, 3), np.uint8))
                picture.time_base, picture.pts = Fraction(1, 1000), stamp
                container.mux(stream.encode(picture.reformat(format="yuv420p")))
            container.mux(stream.encode(None))
        return file.getvalue()

    return make


@pytest.fixture
def check():
    return fine


@pytest.fixture
def notices():
    """Warnings on a page but those that an answer is not sure, which depend on the weights."""
    return lambda at: [each for each in at.warning if each.icon != ":material/help:"]


def component(node, name):
    """What the browser component `name` was given: a protobuf, or None."""
    for child in getattr(node, "children", {}).values():
        if child.type == "bidi_component" and child.proto.component_name == name:
            return child.proto
        if (found := component(child, name)) is not None:
            return found
    return None


@pytest.fixture
def panels():
    """What the panels component of the page was given: a list of panels, and the rest."""
    return lambda at: json.loads(component(at.main, "sct_panels").json)


@pytest.fixture
def clip_player():
    """What the clip player of Inspect was given: (header, parts)."""
    return lambda at: unpack(component(at.main, "sct_clip_player").bytes)


@pytest.fixture
def about():
    """What Inspect says that it is."""
    return lambda at: json.loads(component(at.main, "sct_tour").json)["about"]


@pytest.fixture
def player():
    """What the player of the page was given: (header, parts)."""
    return lambda at: unpack(component(at.main, "sct_player").bytes)


@pytest.fixture
def heat_player():
    """The same of a heat player."""
    return lambda at: unpack(component(at.main, "sct_heat_player").bytes)


@pytest.fixture
def chosen():
    """The sample that the gallery shows as chosen."""
    return lambda at: json.loads(component(at.sidebar, "sct_gallery").json)["chosen"]


@pytest.fixture
def diagram():
    """The boxes of the diagram of the page, by key."""

    def find(at):
        groups = json.loads(component(at.main, "sct_diagram").json)["groups"]
        return {box["key"]: box for group in groups for box in group["boxes"]}

    return find


@pytest.fixture
def film(tmp_path):
    """A real mp4 (H.264) of texture that moves `speed` pixels a frame to the right."""

    def write(name="moving.mp4", speed=3, frames=24, size=160, rate=10):
        rng = np.random.default_rng(7)
        noise = rng.integers(0, 255, (size // 8, size // 2, 3), np.uint8)
        scene = cv2.resize(noise, (size * 4, size), interpolation=cv2.INTER_CUBIC)
        path = tmp_path / name
        with av.open(str(path), "w", format="mp4") as out:
            stream = out.add_stream("libx264", rate=rate)
            stream.width = stream.height = size
            stream.pix_fmt = "yuv420p"
            for i in range(frames):
                left = (frames - i) * speed
                picture = np.ascontiguousarray(scene[:, left : left + size])
                for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                    out.mux(packet)
            for packet in stream.encode():
                out.mux(packet)
        return path

    return write
