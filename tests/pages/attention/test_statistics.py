"""The numbers below the player, drawn for real views by a page of their own."""

import pytest
from streamlit.testing.v1 import AppTest

import sct
from pages.cache import models
from sct.synthetic.clips import make_clip


def page(label, seed, still, text):
    """Runs inside the test's app: what a page does in one line."""
    import numpy as np

    import sct
    from pages.attention import statistics
    from pages.cache import clips, inference, models
    from pages.state.view import View
    from sct.model.ablation import Ablation
    from sct.video.clip import Clip

    loaded = models.load(sct.list_models()[0])
    config = loaded.model.config
    made, clip = clips.sample_clip(label, seed, config.frames, config.image_size)
    if still:
        made, clip = None, Clip.from_frames(np.repeat(clip.frames[:1], config.frames, 0))
    result = inference.forward(loaded, clip, Ablation.parse(text))
    view = View(loaded, clip, made, Ablation(), None, everywhere=False)
    statistics.show(view, result, result.trace.shifted(2), 2)


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
    assert len(at.get("image")) == 4  # a compass for each head of the stage
    assert any("<img src=" in h.value for h in at.get("html"))  # the overview
    assert "true motion in this clip" in words(at)


def test_every_head_of_every_stage_is_listed_with_its_numbers(draw):
    from sct.analysis.offsets import offset_statistics

    at = draw()
    table = at.dataframe[0].value
    model = models.load(sct.list_models()[0]).model
    assert len(table) == sum(model.config.shifted_heads)
    made = make_clip("pan right", 8)
    frames = sct.preprocess(made.as_clip(), model.config.image_size)
    for head, each in enumerate(offset_statistics(model(frames, trace=True).trace.shifted(2))):
        row = table[(table["stage"] == 2) & (table["head"] == head)].iloc[0]
        assert row["moves"] == pytest.approx(each.moves, abs=1e-4)
        assert row["distance"] == pytest.approx(each.distance, abs=1e-2)
        assert row["entropy"] == pytest.approx(each.entropy, abs=1e-4)
        assert row["kind"] == ("◆ grounded" if head in (0, 1) else "○ free")
    assert table["follows"].between(-1, 1).all()


def test_heads_that_look_at_their_own_frame_are_not_listed(draw):
    table = draw(text="shifted=on,on,self").dataframe[0].value
    assert set(table["stage"]) == {1, 2}


def test_a_still_clip_follows_nothing(draw):
    assert draw(still=True).dataframe[0].value["follows"].isna().all()


def test_a_still_clip_has_no_charts_and_says_why(draw):
    at = draw(still=True)
    assert not at.get("plotly_chart")
    assert words(at).count("Nothing changes from one frame to the next") == 2


def test_frames_in_another_order_are_held_against_what_was_seen(draw):
    assert "OpenCV’s dense flow" in words(draw(text="order=reversed"))
