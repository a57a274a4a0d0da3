"""Views as files: which buttons there are, that videos are made when asked, what they hold."""

import io

import av
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import sct
from sct.synthetic.clips import make_clip
from viz.views import Look


def page(name, look, text):
    """Runs inside the test's app: a row of buttons for one view of a sample."""
    import sct
    from pages.cache import clips, inference, models
    from pages.shell import exports
    from pages.state.view import View
    from sct.model.ablation import Ablation

    loaded = models.load(sct.list_models()[0])
    config = loaded.model.config
    made, clip = clips.sample_clip("pan right", 8, config.frames, config.image_size)
    ablation = Ablation.parse(text)
    result = inference.forward(loaded, clip, ablation)
    view = View(loaded, clip, made, ablation, None, everywhere=True)
    exports.show(view, result, name, look, key="files", frame=3)


@pytest.fixture
def row():
    def go(name, look, text="none"):
        args = {"name": name, "look": look, "text": text}
        at = AppTest.from_function(page, kwargs=args, default_timeout=300).run()
        assert not at.exception, [e.message for e in at.exception]
        return at

    return go


def ready(at):
    return [b.label for b in at.get("download_button") if " MB" in b.label]


VIEWS = [
    ("attention", Look(2, "max", (1, 5)), "none"),
    ("attention", Look(2, "grounded", (1, 5)), "none"),
    ("motion", Look(3, 0), "none"),
    ("buckets", Look(1, 2, (9, 20), round=-1), "rounds=2"),
    ("attribution", Look(methods=("input-x-gradient",), target=3), "none"),
]


@pytest.mark.parametrize("kind", ["mp4", "gif"])
@pytest.mark.parametrize(("name", "look", "text"), VIEWS)
def test_overlays_played_through_the_clip_are_made_when_asked(kind, name, look, text, row):
    at = row(name, look, text)
    labels = [b.label for b in at.get("download_button")]
    assert labels == ["PNG", "CSV", "NPZ"]
    at.button(key=f"files_{kind}_make").click().run()
    assert not at.exception
    assert len(ready(at)) == 1 and ready(at)[0].startswith(kind.upper())
    ((made, frame), data), *others = at.session_state["_made_files"][1].items()
    assert (made, frame) == (kind, 0) and not others
    with av.open(io.BytesIO(data)) as container:
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    assert len(frames) == 8
    assert any((frames[1] != f).any() for f in frames[2:])


@pytest.mark.parametrize("name", ["attention", "figure4"])
def test_the_report_is_made_when_asked(name, row):
    at = row(name, Look(2, 0, (1, 5)))
    at.button(key="files_html_make").click().run()
    assert not at.exception
    assert len(ready(at)) == 1 and ready(at)[0].startswith("report, ")
    ((made, frame), data), *others = at.session_state["_made_files"][1].items()
    assert (made, frame) == ("html", 3) and not others
    assert data.startswith(b"<!doctype html>") and data.endswith(b"</html>\n")


def test_files_stay_offered_together_until_the_view_changes(open_app):
    at = open_app("attention")
    for kind in ("gif", "html"):
        at.button(key=f"attention_files_{kind}_make").click().run()
        assert not at.exception
    assert [label.split(",")[0] for label in ready(at)] == ["GIF", "report"]
    assert at.button(key="attention_files_gif_make").label == "Make GIF again"
    at.segmented_control(key="stage").set_value("3").run()
    assert not ready(at)


@pytest.mark.parametrize("page", ["attention", "buckets", "inspect"])
def test_every_page_of_maps_hands_its_view_over(page, open_app):
    at = open_app(page)
    assert {"PNG", "CSV", "NPZ"} <= {b.label for b in at.get("download_button")}
    assert {"Make MP4", "Make GIF", "Make report"} <= {b.label for b in at.button}
    (menu,) = at.main.get("popover")[-1:]
    assert any("As files" in c.value for c in menu.caption)


def test_two_names_of_one_video_are_not_mixed_up():
    from pages.cache import inference, models, scene
    from pages.state.view import View
    from sct.model.ablation import Ablation
    from sct.video.clip import Clip

    loaded = models.load(sct.list_models()[0])
    frames = make_clip("zoom in", 1).frames
    scenes = []
    for name in ("mine.mp4", "yours.mp4"):
        clip = Clip.from_frames(frames, name=name)
        result = inference.forward(loaded, clip, Ablation())
        scenes.append(scene.scene(View(loaded, clip, None, Ablation(), None, False), result))
    assert [s.name for s in scenes] == ["mine.mp4", "yours.mp4"]


def test_both_predictions_go_as_a_table():
    from pages.ablation.comparison import _csv
    from sct.ablation_study import Variant
    from sct.model.ablation import Ablation

    shown = [Variant("as trained", Ablation()), Variant("now", Ablation(clip="mean"))]
    answers = [np.array([0.25, 0.75]), np.array([1, 0])]
    text = _csv(("a, b", 'say "c"'), shown, answers).decode()
    assert text == 'class,as_trained,ablated\n"a, b",0.25,1\n"say ""c""",0.75,0\n'
