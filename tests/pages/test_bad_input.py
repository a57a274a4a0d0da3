"""Clips and models that leave little to be seen: every page says so and shows nothing made up."""

import json

import av
import numpy as np
import pytest
import torch

import sct
from sct.checkpoint.io import save
from sct.synthetic.clips import LABELS
from viz.raster.encode import encode

PAGES = ("inspect", "compare", "attention", "buckets", "ablation", "attribution", "learn", "model")
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"> **b** [a](http://e) $x$ :smile:"


@pytest.fixture
def models(tmp_path, monkeypatch):
    """`models(name, change, **config)` makes a model that the app can choose by its name."""
    monkeypatch.setenv("SCT_MODELS", str(tmp_path))

    def make(name, change=lambda model: None, **config):
        torch.manual_seed(0)
        model = sct.build("sct_ti", **config).eval()
        with torch.no_grad():
            change(model)
        save(model, tmp_path / name, {})
        return name

    return make


def said(at):
    return " ".join(e.value for e in [*at.caption, *at.info, *at.markdown, *at.warning])


def give(at, check, name, content):
    at.file_uploader(key="upload").upload(name, content)
    return check(at.run())


@pytest.mark.parametrize("page", PAGES)
def test_a_clip_of_one_frame_stands_still_on_every_page(page, open_app, check, player, tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "one.mp4"
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width = stream.height = 160
        stream.pix_fmt = "yuv420p"
        picture = rng.integers(0, 255, (160, 160, 3), np.uint8)
        for packet in [*stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")),
                       *stream.encode()]:  # fmt: skip
            out.mux(packet)
    at = open_app(page, quick=True, source="Upload")
    give(at, check, "one.mp4", path.read_bytes())
    assert at.title and not at.error
    if page == "inspect":
        facts = " ".join(h.value for h in at.main.get("html"))
        assert "7 of 8 frames are repeats of the last" in facts
    if page == "attention":
        assert all(player(at)[0]["still"][0]) and not at.metric
        assert "no direction to compare" in said(at)


def test_a_single_picture_is_a_clip(open_app, check, player):
    picture = encode(np.full((160, 160, 3), 90, np.uint8), "png")
    at = open_app("attention", source="Upload")
    give(at, check, "one.png", picture)
    if not at.error:
        assert all(player(at)[0]["still"][0]) and not at.metric


@pytest.mark.parametrize("page", PAGES)
def test_a_model_of_one_frame_has_nothing_before_it(page, models, open_app, player):
    at = open_app(page, model=models("single", frames=1, labels=LABELS))
    assert at.title and not at.error
    if page == "attention":
        header, _ = player(at)
        assert header["frames"] == 1 and header["kind_of"] == [["none"]] and not at.metric
    assert not [w for w in at.warning if "link" not in w.value]


def even(model):
    for stage in model.stages:
        for block in stage.shifted:
            block.attention.qkv.weight.zero_()
        stage.lsh.qkv.weight.zero_()


def test_maps_that_are_all_equal_are_shown_as_even(models, open_app, player):
    name = models("even", even, labels=LABELS)
    at = open_app("attention", model=name, stage="1")
    header, parts = player(at)
    assert not parts["q"].any() and header["top"] >= 1 / 49
    at = open_app("buckets", model=name)
    numbers = {m.label: m.value for m in at.metric}
    # Hashing all-equal patches: one bucket, cut by position; it keeps what pairs it sees.
    assert numbers["Recall in frame 3, head 0"] == numbers["If attention were even"] == "12.5%"
    header, parts = player(at)
    assert len(set(parts["ids"][3, 0, 0].tolist())) == 1
    assert header["top"] < 0.1  # the scale ends near the weights, which all are 1 / 98


@pytest.mark.parametrize("view", ["attention", "motion", "buckets"])
def test_pictures_of_even_maps_say_so_and_can_be_taken_away(view, models):
    from sct.synthetic.clips import make_clip
    from viz.views import Look, Scene, render

    model = sct.load(models("even", even, labels=LABELS))
    clip = make_clip("pan right", 8).as_clip()
    with torch.inference_mode():
        trace = model(sct.preprocess(clip, 112), trace=True).trace
    scene, look = Scene.of(clip, trace, "even", 224), Look(1, 0)
    drawn = render(scene, view, look)
    found = drawn.numbers
    assert drawn.picture(3).any()
    for name in set(found) & {"previous", "current", "attended"}:
        inside = found[name][3][found[name][3] > 0]
        assert np.ptp(inside) < 1e-6 and inside.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("mode", ["maps", "motion"])
@pytest.mark.parametrize(
    ("page", "text"), [("attention", "shifted=on,off,on"), ("buckets", "lsh=lsh,off,full")]
)
def test_one_stage_that_is_off_leaves_the_others_to_be_seen(mode, page, text, open_app, check):
    at = open_app(page, ablate=text, everywhere="true", stage="2", mode=mode)
    assert "stage 2" in at.info[0].value and "Switch it on again" in at.info[0].value
    assert not at.metric and not at.get("download_button")
    at.segmented_control(key="stage").set_value("1")
    check(at.run())
    assert not at.info and at.metric and at.get("download_button")
    at.button(key="as_trained").click()
    check(at.run())
    at.segmented_control(key="stage").set_value("2")
    assert not check(at.run()).info


def _texts(figure):
    """What Plotly reads HTML in: ticks, annotations and what a hover label is made of."""
    axes = [figure["layout"].get(name, {}) for name in ("xaxis", "yaxis")]
    for axis in axes:
        yield from axis.get("ticktext", [])
    yield from (a["text"] for a in figure["layout"].get("annotations", []))
    for trace in figure["data"]:
        yield from map(str, trace.get("customdata", []))
        yield from map(str, trace.get("text", []))
        assert "%{y}" not in trace.get("hovertemplate", "") or len(trace["y"]) != 17


@pytest.mark.parametrize("page", PAGES)
def test_labels_with_html_are_text(page, models, open_app, monkeypatch):
    labels = tuple(f"{i} {HOSTILE}" for i in range(17))
    at = open_app(page, model=models("hostile", labels=labels))
    assert at.title and not at.error
    for chart in at.get("plotly_chart"):
        assert not any("<img" in text for text in _texts(json.loads(chart.proto.spec)))
    for node in [*at.markdown, *at.caption, *at.warning, *at.info]:
        assert "<img" not in node.value.replace("\\<img", "")
    for node in at.get("html"):
        # Tags of our own begin with a place for data; these would begin with a file.
        assert "<img src=x" not in node.value
