import io
from itertools import pairwise

import numpy as np
import pytest
import torch

import sct
from sct.checkpoint.certainty import Answer, Judgement
from sct.evaluation.slide import Slide, as_rows, slide, starts_of, stretches
from sct.synthetic.from_spec import render_spec
from sct.synthetic.spec import ClipSpec


def small(**changes: object) -> sct.SCT:
    torch.manual_seed(0)
    shape = {"image_size": 56, "frames": 3, "widths": (8, 16), "vilt_blocks": (1, 0)}
    return sct.SCT(sct.SCTConfig(**shape, heads=(2, 2), clip_layers=1, **changes)).eval()


@pytest.mark.parametrize(
    ("duration", "most", "first", "last", "count", "step"),
    [
        (3.0, 120, 0.0, None, 12, 2),  # 30 frames, windows of 8: 22 left, in steps of 2
        (0.8, 120, 0.0, None, 1, 2),
        (0.1, 120, 0.0, None, 1, 2),  # shorter than a window: it is asked once
        (600.0, 120, 0.0, None, 118, 51),
        (600.0, 120, 100.0, 112.0, 57, 2),
        (600.0, 1, 0.0, None, 1, 5992),
        (0.9, 120, 0.1, 99.0, 1, 2),  # what lies beyond the end is left out
    ],
)
def test_windows_lie_as_close_as_their_number_allows(duration, most, first, last, count, step):
    starts, found = starts_of(duration, 8, 0.1, most, first, last)
    assert (len(starts), found) == (count, step) and count <= most
    assert starts[0] == first
    assert all(b - a == pytest.approx(step * 0.1) for a, b in pairwise(starts))
    end = min(duration, duration if last is None else last)
    assert count == 1 or starts[-1] + 0.8 <= end + 1e-6


@pytest.mark.parametrize(
    ("duration", "most", "first", "last"),
    [(0.0, 9, 0.0, None), (3.0, 0, 0.0, None), (3.0, 9, 3.0, None), (3.0, 9, 2.0, 1.0)],
)
def test_windows_out_of_range_are_refused(duration, most, first, last):
    with pytest.raises(ValueError, match="windows between"):
        starts_of(duration, 8, 0.1, most, first, last)
    with pytest.raises(ValueError, match="windows between"):
        starts_of(3.0, 8, 5e-324)


@pytest.mark.parametrize("options", [{}, {"most": 3}, {"first": 1.3, "stride": 0.05}])
def test_each_window_is_answered_as_alone(make_video, options):
    model, grain = small(), np.random.default_rng(0)
    video = make_video(grain.integers(0, 256, (60, 56, 64, 3), np.uint8))
    ablation, done = sct.Ablation.parse("lsh=full"), []
    slid = slide(
        model, video, 6.0, ablation=ablation, progress=lambda *at: done.append(at), **options
    )
    count = len(slid.starts)
    assert done[-1] == (count, count) and [a for a, _ in done] == sorted(a for a, _ in done)
    assert slid.logits.shape == (count, 17) and slid.embeddings.shape == (count, 16)
    for start, logits, embedding in zip(slid.starts, slid.logits, slid.embeddings, strict=True):
        stride = options.get("stride", 0.1)
        alone = sct.read_clip(video, frames=3, start=start, stride=stride)
        with torch.inference_mode():
            output = model(sct.preprocess(alone, 56), ablation)
        torch.testing.assert_close(logits, output.logits[0], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(embedding, output.embedding[0], atol=1e-5, rtol=1e-4)


def test_a_file_is_read_where_it_stands_and_progress_may_end_it(make_video):
    video = io.BytesIO(make_video(60))

    def stop(done: int, total: int) -> None:
        raise InterruptedError(done, total)

    with pytest.raises(InterruptedError):
        slide(small(), video, 6.0, progress=stop)
    assert len(slide(small(), video, 6.0).starts) == 29


def test_equal_answers_in_a_row_are_one_stretch():
    def said(label: str, share: float, sure: bool | None) -> Answer:
        shares = np.array([share, 1 - share], np.float32)
        labels = ("a", "b") if label == "a" else ("b", "a")
        return Answer("", labels, shares, Judgement(sure, False, ""))

    rows = [said("a", 0.9, True), said("a", 0.7, True), said("a", 0.6, False), said("b", 1.0, None)]
    blank = torch.zeros(4, 2)
    slid = Slide((1.0, 2.0, 3.0, 4.0), 1.0, 1.0, blank, blank, sct.Ablation())
    found = stretches(slid, rows, 4.75)
    assert [one[:4] for one in found] == [
        (1.0, 3.0, "a", True),
        (3.0, 4.0, "a", False),
        (4.0, 4.75, "b", None),
    ]
    assert [one.probability for one in found] == pytest.approx([0.8, 0.6, 1.0])


def test_the_shipped_model_follows_a_camera_that_turns(make_video):
    """Three motions of four seconds each: answers change within a window of where they do."""
    moves = ("pan left", "tilt up", "zoom in")
    parts = [
        render_spec(ClipSpec(moves=move, speed=2.0, seed=seed), 40, 112).frames
        for move, seed in zip(moves, (1, 2, 3), strict=True)
    ]
    video = make_video(np.concatenate(parts), options={"crf": "18"})
    model, card = sct.load_with_card("sct-scene", "cpu")
    slid = slide(model, video, 12.0)
    said = slid.answers(card, model.config)
    for start, (one, _) in zip(slid.starts, said, strict=True):
        within = {moves[min(2, int(at / 4 + 1e-6))] for at in (start, start + slid.span - 0.1)}
        if len(within) == 1:  # else it shows a cut, and what it says of that is its own affair
            assert {one.labels[one.best]} == within, start


def test_a_closer_look_takes_the_place_of_the_coarse_one(make_video):
    model, grain = small(), np.random.default_rng(1)
    video = make_video(grain.integers(0, 256, (80, 56, 64, 3), np.uint8))
    coarse = slide(model, video, 8.0, most=5)
    fine = slide(model, video, 8.0, first=2.0, last=5.0)
    both = coarse.finer(fine)
    rest = [start for start in coarse.starts if not fine.starts[0] <= start <= fine.starts[-1]]
    assert 0 < len(rest) < len(coarse.starts) and list(both.starts) == sorted((*rest, *fine.starts))
    for start, logits, embedding in zip(both.starts, both.logits, both.embeddings, strict=True):
        own = fine if start in fine.starts else coarse
        place = own.starts.index(start)
        assert torch.equal(logits, own.logits[place])
        assert torch.equal(embedding, own.embeddings[place])
    rows = as_rows(both, both.answers({}, model.config))
    assert len(rows) == 17 * len(both.starts)
    assert sum(row["probability"] for row in rows) == pytest.approx(len(both.starts), abs=1e-3)
    assert {row["sure"] for row in rows} == {""}
