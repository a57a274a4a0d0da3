"""The HTML report: what is in it, that all of it is in it, and that words of others stay words."""

import base64
import hashlib
import json
import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch

import sct
from sct.analysis.rollout import rollout
from sct.samples.catalogue import samples
from sct.synthetic.clips import make_clip
from sct.video.clip import Clip
from viz import report
from viz.components.player.message import unpack
from viz.report.players import share_out
from viz.views import Look, Scene

ROOT = Path(__file__).parents[3]
HOSTILE = "</script><img src=x onerror=\"alert('&amp;')\"><!--"


class Page(HTMLParser):
    """A report taken apart as a browser would: elements, texts, scripts and styles."""

    def __init__(self, data):
        super().__init__()
        self.elements, self.scripts, self.texts, self.styles = [], {}, [], []
        self._in, self._id = None, None
        self.source = data.decode()
        self.feed(self.source)
        self.close()
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in, self._id = tag, dict(attrs).get("id", dict(attrs).get("type"))

    def handle_endtag(self, tag):
        if tag == self._in:
            self._in = None

    def handle_data(self, data):
        if self._in == "script":
            self.scripts[self._id] = self.scripts.get(self._id, "") + data
        elif self._in == "style":
            self.styles.append(data)
        else:
            self.texts.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def told(self):
        return json.loads(self.scripts["told"])

    def message(self, name):
        """As report.js puts it together."""
        own, shared = (
            unpack(base64.b64decode(self.scripts[n], validate=True)) for n in (name, "shared")
        )
        assert not set(own[1]) & set(shared[1])  # the pictures are there once
        return shared[0] | own[0], shared[1] | own[1]


def seen(model, clip, text="none", name="sct-motion"):
    with torch.inference_mode():
        frames = sct.preprocess(clip, model.config.image_size)
        logits, trace = model(frames, sct.Ablation.parse(text), trace=True)
    scene = Scene.of(clip, trace, name, 224, rollout=lambda: rollout(model, trace))
    return scene, logits[0].softmax(-1).numpy()


@pytest.fixture(scope="module")
def shipped():
    return sct.load_with_card("sct-motion", "cpu")


@pytest.fixture(scope="module")
def made():
    return make_clip("pan right", 3)


@pytest.fixture(scope="module")
def whole(shipped, made):
    model, card = shipped
    clip = made.as_clip()
    scene, probabilities = seen(model, clip)
    done = []
    data = report.build(
        scene, clip, probabilities, card, made, progress=lambda *step: done.append(step)
    )
    assert done == [(i, 7) for i in range(8)]
    return scene, probabilities, data, Page(data)


def test_it_says_what_the_model_says_and_how(whole, shipped):
    _, probabilities, data, page = whole
    best = shipped[0].config.labels[int(probabilities.argmax())]
    assert f"sct-motion says {best} ( {probabilities.max():.1%}" in page.text.replace("(", "( ")
    assert page.text.count("(truth)") == 1 and "All 17 classes" in page.text
    for label in shipped[0].config.labels:
        assert label in page.text
    weights = (ROOT / "sct/checkpoints/sct-motion.safetensors").read_bytes()
    for words in (
        f"SHA-256 {hashlib.sha256(weights).hexdigest()[:16]}",
        "5,300 steps, 127,200 clips",
        "none: the model as trained",
        "8, 0.1 s apart, from 0 s",
        "0.00, 0.10, 0.20",
        "Hash seed 0",
        "made: pan right, seed 3",
        "stage 2: 0, 1; stage 3: 0, 1",
        f"torch {torch.__version__}",
        f"sct {sct.__version__}",
        "python 3.",
        "right for 9",  # how often it is right
        "attention rollout",
        "so what really moved is known",
    ):
        assert words in page.text, words
    assert len(page.all("img")) == 2 * 8 + 1 and "28.9%" in page.text
    assert data.startswith(b"<!doctype html>") and len(data) < 4e6


@pytest.mark.parametrize("name", ["car", "wagon wheel"])
def test_a_sample_comes_with_its_source_and_the_command_for_its_file(shipped, name):
    model, card = shipped
    sample = samples()[name]
    clip = sample.open()[1]
    scene, probabilities = seen(model, clip)
    text = Page(report.build(scene, clip, probabilities, card)).text
    assert "so what really moved is known" not in text
    if sample.credit is None:  # it was drawn: there is no file to render
        assert "The same again" not in text and "Licence" not in text
        return
    for term, value in sample.credit.rows:
        assert term in text and value in text
    command = "sct render sct/samples/car.mp4 --model sct-motion --start 1 --stride 0.2"
    assert command in text


def test_nothing_in_it_comes_from_elsewhere(whole):
    *_, page = whole
    for tag, attrs in page.elements:
        assert tag not in ("iframe", "object", "embed", "form", "base")
        assert not [name for name in attrs if name.startswith("on") or name == "style"], tag
        for name in ("src", "href", "srcset", "action"):
            assert attrs.get(name, "#").startswith(("#", "data:")), attrs
    code = page.scripts["module"] + "".join(page.styles)
    for way in ("url(", "@import", "import ", "import(", "fetch(", "XMLHttpRequest", "WebSocket"):
        assert way not in "\n".join(x for x in code.splitlines() if not x.startswith("//")), way
    left = page.source.replace("http://www.w3.org/2000/svg", "")  # a name, which nobody looks up
    assert "http:" not in left and "https:" not in left and "//www" not in left
    (policy,) = [a["content"] for a in page.all("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    for text in (page.scripts["module"], page.styles[0]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_the_players_get_the_numbers_of_the_trace(whole):
    scene, _, _, page = whole
    told = page.told
    assert [row["stage"] for row in told["attention"]["stages"]] == [1, 2, 3]
    assert told["attention"]["open"] == 2 and told["buckets"]["open"] == 1
    assert "2 of them (◆) trained to follow motion" in told["attention"]["stages"][1]["text"]
    for stage in (1, 2, 3):
        header, parts = page.message(f"attention-{stage}")
        matched = scene.trace.shifted(stage).matched
        np.testing.assert_allclose(parts["q"], matched.q[0].numpy(), rtol=2e-3, atol=1e-3)
        assert (
            header["kind_of"][0][1:] == ["truth"] * 7 and parts["sprite"][:4].tobytes() == b"RIFF"
        )
        assert header["said"]["0"] and header["stage"] == stage
        header, parts = page.message(f"buckets-{stage}")
        ids = scene.trace.lsh(stage).hashed.buckets[0].numpy()
        np.testing.assert_array_equal(parts["ids"], ids)
        assert header["buckets"] == scene.trace.lsh(stage).n_buckets


def test_words_of_others_are_words(made):
    model = sct.build("sct_ti", num_classes=3, labels=(HOSTILE, "<b>bold", "plain")).eval()
    clip = replace(made.as_clip(), name=HOSTILE, codec=HOSTILE, truth=HOSTILE)
    scene, probabilities = seen(model, clip, "lsh=lsh,full,off", name=HOSTILE)
    plain = Page(report.build(replace(scene, model="x"), clip.from_frames(clip.frames), [0, 0, 1]))
    page = Page(report.build(scene, clip, probabilities, {"steps": HOSTILE}))
    kinds = [tag for tag, _ in page.elements]
    assert {k: kinds.count(k) for k in ("script", "img", "b", "html")} == {
        "script": 3 + 4,  # told, shared, module; three stages of attention, one of buckets
        "img": 2 * 8 + 1,
        "b": [tag for tag, _ in plain.elements].count("b"),
        "html": 1,
    }
    assert page.text.count(HOSTILE) >= 5 and "<b>bold" in page.text
    assert all(a["src"].startswith("data:image/") for a in page.all("img"))
    assert page.source.count("</script") == page.source.count("<script")
    # The command quotes what a shell would read.
    assert "render '</script><img src=x onerror=\"alert('\"'\"'&amp;'\"'\"')\"><!--'" in page.text
    # What the script is told stands in an element that a "<" could end.
    assert "<" not in page.scripts["told"]


def test_what_is_off_is_said_where_it_would_be(shipped, made):
    model, card = shipped
    clip = made.as_clip()
    scene, probabilities = seen(model, clip, "shifted=on,off,on;lsh=off,full,lsh;clip=mean")
    page = Page(report.build(scene, clip, probabilities, card, made))
    attention, buckets = page.told["attention"], page.told["buckets"]
    assert [row["id"] for row in attention["stages"]] == ["attention-1", None, "attention-3"]
    assert "Shifted MSA of stage 2 is off" in attention["stages"][1]["text"]
    assert attention["open"] == 3  # the one left whose heads were trained to follow motion
    assert [row["id"] for row in buckets["stages"]] == [None, None, "buckets-3"]
    assert "replaced by full attention" in buckets["stages"][1]["text"]
    assert buckets["open"] == 3
    assert "This is the ablated model" in page.text and "clip encoder is off" in page.text
    scene, probabilities = seen(model, clip, "shifted=off;lsh=off;order=reversed")
    page = Page(report.build(scene, clip, probabilities, card, made))
    assert [attrs.get("id") for attrs in page.all("script")] == ["told", "shared", None]
    assert "Where a later frame stands before an earlier one" in page.text


def test_it_begins_with_what_was_asked_for(shipped, made):
    model, card = shipped
    clip = made.as_clip()
    scene, probabilities = seen(model, clip)

    def built(**asked):
        return Page(report.build(scene, clip, probabilities, card, made, **asked))

    page = built(view="buckets", look=Look(2, 1, (3, 4), 0), frame=6)
    assert page.source.index('id="buckets"') < page.source.index('id="attention"')
    assert page.told["buckets"]["open"] == 2 and page.told["attention"]["open"] == 2
    view = page.message("buckets-2")[0]["view"]
    assert (view["head"], view["row"], view["column"], view["frame"]) == ("1", 3, 4, 6)
    # The mean of grounded heads is not offered where there are none: then it is the mean of all.
    for stage, of in ((1, "mean"), (2, "grounded"), (3, "grounded")):
        page = built(view="attention", look=Look(stage, "grounded"))
        assert page.message(f"attention-{stage}")[0]["view"]["head"] == of
    page = built(view="motion", look=Look(1, "mean"))
    assert page.told["attention"]["open"] == 1
    view = page.message("attention-1")[0]["view"]
    assert (view["mode"], view["head"], view["frame"]) == ("motion", "mean", 3)
    for wrong, says in (
        ({"view": "heat"}, "attention, motion"),
        ({"frame": 8}, "0 to 7"),
    ):
        with pytest.raises((ValueError, IndexError), match=says):
            built(**wrong)
    with pytest.raises(ValueError, match=re.escape("needs (17,)")):
        report.build(scene, clip, [1.0])
    with pytest.raises(ValueError, match="rollout"):
        report.build(replace(scene, rollout=None), clip, probabilities)


def test_a_large_model_keeps_within_the_limit_and_says_what_is_left_out(whole, shipped, made):
    scene, probabilities, all_of_it, _ = whole
    clip, limit = made.as_clip(), 900_000
    data = report.build(scene, clip, probabilities, {}, made, frame=5, limit=limit)
    page = Page(data)
    held = {}
    for kind in ("attention", "buckets"):
        for row in page.told[kind]["stages"]:
            header = page.message(row["id"])[0]
            first, end = held[row["id"]] = header["block"]
            assert first <= 5 < end
            assert ("kept small" in row["text"]) == ([first, end] != [0, 8])
            assert "not in this file" in header["absent"]
    assert held["attention-1"] != [0, 8] and held["buckets-3"] == [0, 8]
    left = sum(len(page.scripts[name]) for name in held)
    assert left * 3 / 4 < limit * 1.2 and len(data) < len(all_of_it)


def test_the_small_take_what_they_need_and_the_large_share():
    assert share_out({"a": 5, "b": 100, "c": 70}, 65) == {"a": 5, "c": 30, "b": 30}
    assert share_out({"a": 5, "b": 6}, 100) == {"a": 5, "b": 6}
    assert share_out({}, 100) == {}


def test_one_frame_a_still_clip_and_an_upload(shipped):
    model, card = shipped
    texture = np.random.default_rng(0).integers(0, 255, (14, 14, 3), np.uint8)
    frame = texture.repeat(8, 0).repeat(8, 1)
    for count in (1, 4):
        clip = Clip.from_frames(np.repeat(frame[None], count, 0), name="-still.mp4")
        clip = replace(clip, codec="h264")  # as one that comes from a file
        scene, probabilities = seen(model, clip)
        page = Page(report.build(scene, clip, probabilities, card))
        header, _ = page.message("attention-2")
        assert all(header["still"][0]) and header["frames"] == count
        assert "OpenCV’s dense inverse search" in page.text
        assert "sct render ./-still.mp4 --model sct-motion" in page.text


def test_where_a_model_lies_stays_out(shipped, made):
    scene, probabilities = seen(shipped[0], made.as_clip(), name="/home/me/runs/mine.safetensors")
    page = Page(report.build(scene, made.as_clip(), probabilities))
    assert "mine.safetensors" in page.text and "/home/me" not in page.source
    assert "not from a file" in page.text  # there is no such file here


def test_its_colours_are_those_of_the_app():
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
    style = (ROOT / "viz/report/report.css").read_text()
    light, dark = style.split("@media (prefers-color-scheme: dark)")[:2]
    names = {
        "primary": "primary-color",
        "background": "background-color",
        "secondaryBackground": "secondary-background-color",
        "text": "text-color",
        "border": "border-color",
        "link": "link-color",
    }
    for scheme, part in (("light", light), ("dark", dark)):
        for ours, theirs in names.items():
            assert f"--st-{theirs}: {theme[scheme][f'{ours}Color']};" in part


def test_the_script_uses_no_name_twice():
    text = report._script()
    starts = ("const ", "let ", "function ", "class ")
    names = [re.split(r"\W+", x)[1] for x in text.splitlines() if x.startswith(starts)]
    assert len(names) == len(set(names)) and "export default" not in text
