import numpy as np
import pytest
import torch

import sct
from sct.checkpoint.certainty import answers
from sct.evaluation.views import clips_of, over_views
from sct.video.clip import Clip, normalise

LABELS = ("a", "b", "c", "d", "e")
QUESTIONS = (("camera", LABELS[:2]), ("subject", LABELS[2:]))


def small(**changes) -> sct.SCT:
    torch.manual_seed(0)
    shape = {"image_size": 56, "frames": 3, "widths": (8, 16), "vilt_blocks": (1, 0)}
    return sct.SCT(sct.SCTConfig(**shape, heads=(2, 2), clip_layers=1, **changes)).eval()


def grain(width: int) -> Clip:
    rng = np.random.default_rng(0)
    return Clip.from_frames(rng.integers(0, 256, (3, 56, width, 3), np.uint8))


@pytest.mark.parametrize("questions", [{}, {"questions": QUESTIONS, "labels": LABELS}])
def test_the_answer_is_the_mean_of_the_probabilities_of_three_squares(questions):
    model, clip = small(num_classes=5, **questions), grain(100)
    logits, embedding = over_views(model, clip)
    squares = [clip.frames[:, :, at : at + 56] for at in (22, 0, 44)]
    pixels = torch.from_numpy(np.stack(squares)).permute(0, 1, 4, 2, 3)
    with torch.inference_mode():
        found = model(normalise(pixels))
    said = answers({}, sct.Ablation(), model.config, logits, embedding)
    at = 0
    for one in said:
        own = slice(at, at := at + len(one.labels))
        want = found.logits[:, own].softmax(-1).mean(0)
        assert one.probabilities == pytest.approx(want.numpy(), abs=1e-5)
    assert torch.allclose(embedding, found.embedding.mean(0), atol=1e-5)


def test_a_square_picture_has_one_view_and_its_answer():
    model, clip = small(num_classes=5), grain(56)
    assert clips_of(clip) == (clip,)
    with torch.inference_mode():
        alone = model(sct.preprocess(clip, 56)).logits[0]
    assert torch.allclose(over_views(model, clip)[0].softmax(-1), alone.softmax(-1), atol=1e-6)
