"""Loading composite clips: photographs, filmed videos, what their subject does, and seeds."""

import cv2
import numpy as np
import pytest
import torch

import sct
from sct.datasets.made.composite import CompositeLoader
from sct.datasets.made.moving import UNKNOWN, MovingPictures, subject_of
from sct.datasets.made.photos import Photos
from sct.errors import DataError
from sct.synthetic.subjects import SUBJECT_LABELS
from sct.training.trainer import TrainConfig, train
from sct.video.clip import write_mp4

SIZE = 112


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    blocks = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return cv2.resize(blocks, (width, height), interpolation=cv2.INTER_CUBIC)


def before(scene: np.ndarray, places: list[tuple[int, int]], side: int = 36) -> np.ndarray:
    """Frames in which a square is at these places (row, column) before a scene that stands."""
    square, frames = texture(side, side, 9), []
    for row, column in places:
        frame = scene.copy()
        frame[row : row + side, column : column + side] = square
        frames.append(frame)
    return np.stack(frames)


SCENE = texture(SIZE, SIZE)
CLIPS = {
    "none": before(SCENE, [(40, 40)] * 8),
    "moves right": before(SCENE, [(40, 10 + 5 * t) for t in range(8)]),
    "moves left": before(SCENE, [(40, 60 - 4 * t) for t in range(8)]),
    "moves down": before(SCENE, [(8 + 6 * t, 40) for t in range(8)]),
    "moves up": before(SCENE, [(60 - 5 * t, 40) for t in range(8)]),
    "moves in place": before(SCENE, [(40, 40 + 5 * (t % 2)) for t in range(8)]),
}


@pytest.mark.parametrize("label", CLIPS)
def test_the_subject_is_read_off_the_flow(label):
    assert SUBJECT_LABELS[subject_of(CLIPS[label])] == label


@pytest.mark.parametrize(
    "clip",
    [
        np.stack([np.roll(SCENE, 3 * t, axis=1) for t in range(8)]),  # the camera itself
        before(SCENE, [(10 + 4 * t, 10 + 4 * t) for t in range(8)]),  # between two ways
        CLIPS["none"][:1],
        np.stack([before(SCENE, [(50 - t, 50 - t)], 12 + 3 * t)[0] for t in range(8)]),  # grows
    ],
    ids=["camera", "slanting", "one frame", "grows"],
)
def test_where_the_flow_leaves_doubt_the_subject_is_unknown(clip):
    assert subject_of(clip) == UNKNOWN


def test_what_is_known_of_a_folder_holds_where_something_moves():
    place = SUBJECT_LABELS.index("moves in place")
    assert subject_of(CLIPS["moves right"], place) == place
    assert subject_of(CLIPS["none"], place) == UNKNOWN  # it may move too little to be seen


@pytest.mark.parametrize(
    ("side", "lighter", "label"),
    [(24, 60, "moves in place"), (24, 13, "unknown"), (24, 4, "none"), (2, 60, "none")],
)
def test_little_movement_is_told_from_none_or_left_open(side, lighter, label):
    """Something small that shifts by a pixel and back, as a hand far off, darker and darker."""
    clip = np.stack([np.full((SIZE, SIZE, 3), 90, np.uint8)] * 8)
    for t, frame in enumerate(clip):
        at = 50 + [0, 1, 2, 1, 0, 0, 1, 1][t]
        frame[50 : 50 + side, at : at + side] += lighter
    found = subject_of(clip)
    assert found == (UNKNOWN if label == "unknown" else SUBJECT_LABELS.index(label))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("composite")
    for name in ("photos", "videos", "faces"):
        (root / name).mkdir()
    for i in range(3):
        cv2.imwrite(str(root / f"photos/{i}.jpg"), texture(240, 320, i))
    (root / "photos/notes.txt").write_text("no picture")
    (root / "photos/broken.png").write_bytes(b"\x89PNG")
    wide = before(texture(128, 192), [(40, 10 + 4 * t) for t in range(24)])
    write_mp4(wide, root / "videos/walk.mp4", fps=10)
    write_mp4(wide[::-1], root / "faces/talk.mp4", fps=10)
    (root / "videos/broken.mp4").write_bytes(b"no video")
    return root


def test_photographs_are_cropped_and_the_others_passed_over(folders):
    photos = Photos(folders / "photos")
    assert len(photos) == 3
    scenes = photos.scenes(5, 64, np.random.default_rng(1))
    assert scenes.shape == (5, 3, 64, 64) and 0 <= scenes.min() <= scenes.max() <= 1
    assert scenes.std(dim=(1, 2, 3)).min() > 0.05
    again = photos.scenes(5, 64, np.random.default_rng(1))
    assert torch.equal(scenes, again)
    with pytest.raises(DataError, match="no photographs in the folder"):
        Photos(folders / "videos")


def test_windows_of_videos_are_drawn_with_their_subjects(folders):
    moving = MovingPictures(
        (str(folders / "videos"), f"{folders / 'faces'}=moves in place"), frames=8
    )
    assert [len(videos) for videos in moving.folders] == [1, 1]
    assert [name for name, _ in moving.unreadable] == ["broken.mp4"]
    pictures, subjects = moving.draw(24, 6, 64, np.random.default_rng(0))
    assert pictures.shape == (24, 6, 3, 64, 64) and subjects.shape == (24,)
    known = {SUBJECT_LABELS[s] for s in subjects.tolist() if s != UNKNOWN}
    assert "moves in place" in known and known & {"moves left", "moves right"}
    for wrong, told in (
        ((f"{folders / 'faces'}=flies",), '"flies" is no subject: allowed are none'),
        ((str(folders / "photos"),), "None of the videos"),
        ((str(folders / "nowhere"),), "no folder"),
    ):
        with pytest.raises(DataError, match=told):
            MovingPictures(wrong, frames=8)


def test_batches_are_the_same_however_many_processes_share_them(folders):
    footage = (str(folders / "videos"),)
    loader = CompositeLoader(
        12, seed=3, size=56, block=4, photos=str(folders / "photos"), footage=footage
    )
    whole = loader.batch(2, 4)
    assert whole.frames.shape == (12, 4, 3, 56, 56) and whole.labels.shape == (12, 2)
    parts = [loader.batch(2, 4, rank, 3) for rank in range(3)]
    assert torch.equal(torch.cat([part.frames for part in parts]), whole.frames)
    assert torch.equal(torch.cat([part.labels for part in parts]), whole.labels)
    assert not torch.equal(loader.batch(3, 4).frames, whole.frames)
    # One block in three is filmed, of which no token's source is known.
    valid = whole.truth.token_valid(7)[:, 1:].flatten(1).any(1).view(3, 4)
    assert valid.any(1).sum() == 2
    loader.close()


def test_a_training_on_composite_clips_gives_a_model_of_two_questions(folders, tmp_path):
    shape = ("image_size=28", "frames=4", "widths=16", "vilt_blocks=1", "heads=2", "clip_layers=1")
    config = TrainConfig(
        data="composite",
        photos=str(folders / "photos"),
        footage=(str(folders / "videos"),),
        overrides=shape,
        steps=3,
        batch=6,
        block=2,
        validate_every=0,
    )
    card = train(config, tmp_path / "a")
    assert "photographs" in card["data"] and "real movement" in card["data"]
    model = sct.load(tmp_path / "a.safetensors", device="cpu")
    assert [name for name, _ in model.config.questions] == ["camera", "subject"]
    assert model.config.num_classes == 19 and any(model.config.grounded_heads)
    more = TrainConfig.from_dict({**config.to_dict(), "size": "", "overrides": ()})
    train(more, tmp_path / "b", init=tmp_path / "a.safetensors")
    assert sct.load(tmp_path / "b.safetensors", device="cpu").config == model.config
