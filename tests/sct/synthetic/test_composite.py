"""Composite clips: what each answer means, the truth of every pixel, and seeds."""

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sct.synthetic.camera import CAMERA_LABELS
from sct.synthetic.clips import canvas_side
from sct.synthetic.composite import LAYERS, QUESTIONS, draw_answers, film, make_composite
from sct.synthetic.rng import Rng
from sct.synthetic.subjects import SUBJECT_HELP, SUBJECT_LABELS

SCENE, BODY = 0, 2  # layers
WAYS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}  # (row, column)


def centres(batch, layer, size=112):
    """Where what a layer shows at the frame's middle came from, relative: (B, T - 1, 2)."""
    return batch.steps[:, layer, 1:, :, 2]


def own_motion(batch):
    """How the body's middle moved against the scene under it, a frame: (B, T - 1, 2) pixels.

    Layers move affinely, so the middle of the pixels that show the body is followed by the body's
    step and by the scene's.
    """
    count, frames, size, _ = batch.shown.shape
    at = torch.arange(size) - (size - 1) / 2
    found = torch.full((count, frames - 1, 2), torch.nan)
    for clip in range(count):
        for t in range(1, frames):
            mask = batch.shown[clip, t] == BODY
            if mask.sum() < 30:
                continue
            rows, columns = mask.nonzero().T
            middle = torch.stack((at[rows].mean(), at[columns].mean()))
            body, scene = (batch.steps[clip, layer, t] for layer in (BODY, SCENE))
            was = [step[:, :2] @ middle + step[:, 2] for step in (body, scene)]
            found[clip, t - 1] = was[1] - was[0]
    return found


def batch_of(camera, subject, count=12, seed=3, **named):
    return make_composite([(camera, subject)] * count, seed, clean=True, **named)


def test_all_answers_are_explained_and_the_questions_name_them():
    assert tuple(SUBJECT_HELP) == SUBJECT_LABELS and len(SUBJECT_LABELS) == 10
    assert QUESTIONS == (("camera", CAMERA_LABELS), ("subject", SUBJECT_LABELS))
    assert all(text.endswith(".") for text in SUBJECT_HELP.values())


def test_all_pairs_come_up_those_that_real_clips_have_most_more_often():
    answers = draw_answers(2048, Rng(5, torch.device("cpu")))
    assert torch.equal(make_composite(9, 5, 1, 16).labels, draw_answers(9, Rng(5, answers.device)))
    camera = torch.bincount(answers[:, 0], minlength=9) / 2048
    subject = torch.bincount(answers[:, 1], minlength=10) / 2048
    assert camera[0] == pytest.approx(0.35, abs=0.01)
    assert camera[1:].tolist() == pytest.approx([0.65 / 8] * 8, abs=0.01)
    assert subject[[0, 9]].tolist() == pytest.approx([0.2] * 2, abs=0.01)
    assert subject[1:9].tolist() == pytest.approx([0.075] * 8, abs=0.01)
    pairs = {tuple(pair) for pair in answers.tolist()}
    assert len(pairs) == 90
    # The camera's answer says nothing about the subject's.
    table = np.zeros((9, 10))
    np.add.at(table, tuple(answers.T.numpy()), 1)
    expected = table.sum(1, keepdims=True) * table.sum(0) / 2048
    assert ((table - expected) ** 2 / expected).sum() < 130  # chi-squared, 72 degrees of freedom


@pytest.mark.parametrize(("way", "axis", "sign"), [("left", 1, -1), ("right", 1, 1)])
@pytest.mark.parametrize("subject", ["none", "moves up", "moves in place"])
def test_the_camera_pans_whatever_the_subject_does(way, axis, sign, subject):
    moved = centres(batch_of(f"pan {way}", subject), SCENE)
    assert (sign * moved[..., axis].mean(1) > 0.5).all()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("camera", ["static", "pan left", "zoom in", "roll clockwise"])
def test_the_subject_goes_where_its_label_says_against_the_scene(way, camera):
    moved = own_motion(batch_of(camera, f"moves {way}", 16)).nanmean(1)
    moved = moved[~moved.isnan().any(1)]
    assert len(moved) >= 10
    row, column = WAYS[way]
    along = moved[:, 0] * row + moved[:, 1] * column
    across = (moved[:, 0] * column - moved[:, 1] * row).abs()
    assert (along > 0.3).float().mean() > 0.9
    assert (across < along).float().mean() > 0.85


@pytest.mark.parametrize(("label", "sign"), [("comes closer", -1), ("goes away", 1)])
def test_a_subject_that_comes_closer_grows_against_the_scene(label, sign):
    steps = batch_of("zoom out", label).steps[:, :, 1:, :, :2]
    scale = torch.linalg.det(steps[:, BODY]).log() - torch.linalg.det(steps[:, SCENE]).log()
    assert (sign * scale.mean(1) > 0.02).all()


@pytest.mark.parametrize(("label", "sign"), [("clockwise", 1), ("counter-clockwise", -1)])
def test_a_subject_spins_against_the_scene(label, sign):
    step = batch_of("roll clockwise", f"spins {label}").steps[:, :, 1:, :, :2]
    # Of what turns clockwise, a point right of the middle was further up before.
    angle = torch.atan2(step[..., 1, 0] - step[..., 0, 1], step[..., 0, 0] + step[..., 1, 1])
    assert (sign * (angle[:, BODY] - angle[:, SCENE]).mean(1) > 0.02).all()


def test_what_moves_in_place_moves_and_goes_nowhere():
    batch = batch_of("static", "moves in place", 32)
    moved = own_motion(batch)
    moved = moved[~moved.isnan().flatten(1).any(1)]
    assert len(moved) > 18
    gone = moved.sum(1).norm(dim=1)
    assert gone.median() < 6 and (gone < 20).float().mean() > 0.7  # the others are of a crowd
    # Something moves in each: frames differ beyond the scene's tremor.
    frames = batch.frames.float()
    change = (frames[:, 1:] - frames[:, :-1]).abs().amax(dim=2)
    assert ((change > 15).float().mean(dim=(1, 2, 3)) > 0.001).float().mean() > 0.95


def test_where_nothing_moves_all_layers_move_as_the_scene_does():
    for camera in ("static", "zoom in", "roll clockwise"):
        batch = batch_of(camera, "none", 24, seed=8)
        assert (batch.shown == BODY).any(), "something that stands there"
        torch.testing.assert_close(
            batch.steps[:, BODY], batch.steps[:, SCENE], rtol=1e-3, atol=1e-3
        )


def test_the_truth_rebuilds_each_frame_from_the_one_before():
    batch = make_composite(24, 1, clean=True)
    size = batch.frames.shape[-1]
    source, valid = (part[:, 1:].flatten(0, 1) for part in batch._tokens(size, 1))
    before, after = batch.frames[:, :-1].flatten(0, 1), batch.frames[:, 1:].flatten(0, 1)
    grid = (source.flip(-1) * 2 + 1) / size - 1
    moved = F.grid_sample(before.float(), grid, align_corners=False)
    error = (moved - after.float()).abs().mean(1)[valid]
    still = (before.float() - after.float()).abs().mean(1)[valid]
    assert valid.float().mean() > 0.6
    assert error.median() < 4 and error.mean() < 0.5 * still.mean()


@pytest.mark.parametrize("camera", ["pan left", "tilt up", "zoom in"])
def test_dense_flow_sees_the_same_motion(camera):
    batch = batch_of(camera, "moves right", 6, seed=2)
    close = []
    for clip in batch.frames.permute(0, 1, 3, 4, 2).numpy():
        grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip[3:5]]
        flow = cv2.calcOpticalFlowFarneback(*grey[::-1], None, 0.5, 4, 15, 5, 5, 1.1, 0)
        close.append(flow[..., ::-1])
    source, valid = (part[:, 4] for part in batch._tokens(112, 1))
    rows, columns = torch.meshgrid(torch.arange(112.0), torch.arange(112.0), indexing="ij")
    truth = source - torch.stack((rows, columns), -1)
    error = (torch.from_numpy(np.stack(close).copy()) - truth).norm(dim=-1)[valid]
    assert error.median() < 0.6


def test_repeated_frames_are_repeats_and_their_truth_says_so():
    def repeats(clean):
        pans = make_composite([("pan left", "none")] * 128, 4, size=32, clean=clean)
        steps = pans.steps[:, SCENE, 1:]
        return (steps - torch.eye(2, 3)).abs().amax(dim=(2, 3)) < 1e-6

    assert 0.05 < repeats(False).any(1).float().mean() < 0.2
    assert not repeats(True).any()


def test_bars_and_captions_hang_on_the_camera():
    batch = make_composite([("pan left", "none")] * 200, 6, size=56)
    overlay = LAYERS - 1
    torch.testing.assert_close(batch.steps[:, overlay, 1:], torch.eye(2, 3).expand(200, 7, 2, 3))
    covered = (batch.shown == overlay).flatten(1).any(1).float().mean()
    assert 0.05 < covered < 0.35


def test_a_seed_gives_the_same_bytes_and_leaves_the_global_state_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one, other = (make_composite(9, 7, frames=4, size=32) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    for name in ("frames", "labels", "steps", "shown"):
        assert torch.equal(getattr(one, name), getattr(other, name)), name
    assert not torch.equal(one.frames, make_composite(9, 8, frames=4, size=32).frames)


def test_pictures_take_the_place_of_the_first_scenes():
    side = canvas_side(32)
    red = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1).expand(3, 3, side, side)
    batch = make_composite([("pan left", "none")] * 5, 2, size=32, pictures=red, clean=True)
    for clip in range(3):
        seen = batch.frames[clip].permute(0, 2, 3, 1)[batch.shown[clip] == SCENE]
        assert (seen.float().median(0).values - torch.tensor([229.5, 25.5, 25.5])).abs().max() < 2
    with pytest.raises(ValueError, match="is needed"):
        make_composite(5, 2, size=32, pictures=red[..., 1:])


def test_filmed_pictures_follow_the_camera_and_have_no_truth():
    side = canvas_side(56)
    rng = torch.Generator().manual_seed(0)
    blocks = torch.rand(1, 1, 3, 16, 16, generator=rng).repeat(4, 6, 1, 1, 1)
    pictures = F.interpolate(blocks.flatten(0, 1), size=side).unflatten(0, (4, 6))
    camera = torch.tensor([CAMERA_LABELS.index("pan left")] * 4)
    subject = torch.tensor([0, 9, -1, 3])
    batch = film(pictures, camera, subject, 3, size=56, clean=True)
    assert batch.labels.tolist() == [[1, 0], [1, 9], [1, -1], [1, 3]]
    assert not batch.token_valid(14)[:, 1:].any()
    for clip in batch.frames.permute(0, 1, 3, 4, 2).numpy():  # the picture moves right
        grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip[2:4]]
        flow = cv2.calcOpticalFlowFarneback(*grey, None, 0.5, 3, 15, 5, 5, 1.1, 0)
        assert np.median(flow[..., 0]) > 0.3


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ([("static", "flies")], "unknown subject 'flies'; allowed are none, moves left"),
        ([("pan", "none")], "unknown camera 'pan'; allowed are static, pan left"),
        (0, "number of clips"),
        (torch.tensor([[9, 0]]), r"below \[9, 10\]"),
        (torch.tensor([[0, -1]]), r"below \[9, 10\]"),
        ([], "one pair or more"),
    ],
)
def test_what_is_no_answer_is_refused(given, named):
    with pytest.raises(ValueError, match=named):
        make_composite(given, 1)
