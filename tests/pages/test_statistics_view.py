"""The numbers below the player, drawn for real views by a page of their own."""

import pytest
from streamlit.testing.v1 import AppTest


def page(label, seed, still, text):
    """Runs inside the test's app: what a page does in one line."""
    from types import SimpleNamespace

    import numpy as np

    import sct
    from pages.common import compute, statistics_view
    from sct.ablation import Ablation
    from sct.video import Clip

    loaded = compute.load(sct.list_models()[0])
    config = loaded.model.config
    made, clip = compute.made_clip(label, seed, config.frames, config.image_size)
    if still:
        made, clip = None, Clip.from_frames(np.repeat(clip.frames[:1], config.frames, 0))
    result = compute.forward(loaded, clip, Ablation.parse(text))
    view = SimpleNamespace(loaded=loaded, clip=clip, made=made, config=config)
    statistics_view.show(view, result, result.trace.shifted(2), 2)


@pytest.fixture
def draw():
    def go(label="pan right", seed=8, still=False, text="none"):
        args = {"label": label, "seed": seed, "still": still, "text": text}
        at = AppTest.from_function(page, kwargs=args, default_timeout=300).run()
        assert not at.exception, [e.message for e in at.exception]
        return at

    return go


def words(at):
    return " ".join(e.value for e in [*at.caption, *at.markdown])


def test_a_pan_has_all_figures(draw):
    at = draw()
    assert len(at.get("plotly_chart")) == 2
    assert len(at.get("image")) == 5  # a compass for each of four heads, and the overview
    assert "true motion in this clip" in words(at)


def test_a_still_clip_has_no_charts_and_says_why(draw):
    at = draw(still=True)
    assert not at.get("plotly_chart")
    assert words(at).count("Nothing changes from one frame to the next") == 2


def test_frames_in_another_order_are_held_against_what_was_seen(draw):
    assert "OpenCV’s dense flow" in words(draw(text="order=reversed"))
