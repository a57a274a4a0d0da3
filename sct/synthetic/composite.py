"""Composite clips: the camera and a subject move, each by itself, in every pairing.

A clip answers two questions (`QUESTIONS`): what the camera does and what the subject does, which
means what it does in the world and not on the screen. The scene, scenery nearer than it, the parts
of the subject and what hangs on the camera itself are layers, each of which moves affinely, so that
the source of every pixel is known. Subjects are in `sct.synthetic.subjects`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sct.synthetic.batch import FRAMES, SIZES, SyntheticBatch
from sct.synthetic.camera import (
    CAMERA_LABELS,
    LABELS,
    Paths,
    apply,
    draw_paths,
    draw_shake,
    fit_to_scene,
    frame_steps,
)
from sct.synthetic.clips import CLIPS, SEEDS
from sct.synthetic.objects import Objects, paint
from sct.synthetic.render import Layers, film_pictures, render
from sct.synthetic.rng import Rng
from sct.synthetic.scenes import canvas_side, make_scenes
from sct.synthetic.subjects import SUBJECT_LABELS, canvas, draw_subjects
from sct.validation import SENTENCE, check_whole

QUESTIONS = (("camera", CAMERA_LABELS), ("subject", SUBJECT_LABELS))

_STATIC, _NONE = CAMERA_LABELS.index("static"), SUBJECT_LABELS.index("none")
_IN_PLACE = SUBJECT_LABELS.index("moves in place")
_STANDS, _OFTEN = 0.35, 0.2  # shares of a camera at rest, and of subjects as most real ones
_SLOWER = 0.45  # than a camera before a scene in which nothing moves
_AT_ONCE = 8
LAYERS = 6  # scene, near scenery, body and two parts, what hangs on the camera
_NOWHERE = 1e6  # pixels off: a source that no frame has


@torch.no_grad()
def make_composite(
    n_or_answers: int | Sequence[tuple[str, str]] | Tensor,
    seed: int,
    frames: int = 8,
    size: int = 112,
    device: str | torch.device = "cpu",
    pictures: Tensor | None = None,
    clean: bool = False,
) -> SyntheticBatch:
    """Draw a batch of composite clips; same arguments, same bytes on the same device.

    Args:
        n_or_answers: how many clips, 1 to 4096; or for each its answers (camera, subject), by
            name, or by place as int64 (B, 2).
        seed: 0 to 2**62.
        frames: frames a clip, 1 to 64.
        size: pixels a side, 16 to 512.
        device: where the clips are drawn and stay.
        pictures: float32 (N, 3, side, side) in [0, 1], side = `canvas_side(size)`: the scenes of
            the first N clips, in place of drawn ones; subjects are cut out of them, too.
        clean: leave out captions, bars, repeated and black frames, and what `make_batch` leaves
            out.

    Returns:
        a batch whose labels are int64 (B, 2), places in the labels of the two questions.

    Raises:
        ValueError: an unknown answer, or a number or shape out of range.
    """
    for name, value, (low, high) in (
        ("frames", frames, FRAMES),
        ("size", size, SIZES),
        ("seed", seed, SEEDS),
    ):
        check_whole(name, value, low, high, form=SENTENCE)
    device = torch.device(device)
    rng = Rng(int(seed), device)
    answers = _answers(n_or_answers, rng)
    camera, subject = answers.unbind(1)
    count, side = len(answers), canvas_side(size)
    shown_at = _times(count, frames, clean, rng)

    shake = draw_shake(count, frames, size, rng)
    slower = torch.where(subject == _NONE, 1.0, _SLOWER)
    paths, drift = draw_paths(camera, frames, size, None, rng, slower.double())
    world = _from_the_middle(paths.shaken(shake))
    paths = fit_to_scene(paths.shaken(shake), size, side, rng)
    objects = [_near(drift, size, shake, rng)]
    objects += [
        part._replace(paths=part.paths.shaken(world))
        for part in draw_subjects(subject, frames, size, rng)
    ]
    objects.append(_captions(count, frames, size, clean, rng))
    paths = _at(paths, shown_at)
    objects = [some._replace(paths=_at(some.paths, shown_at)) for some in objects]

    rendered = []
    step = _AT_ONCE if device.type == "cpu" else count
    for start in range(0, count, step):
        rows = slice(start, start + step)
        scenes = _scenes(len(answers[rows]), start, side, pictures, rng)
        sprites = tuple(paint(some.of(rows), scenes, size, rng) for some in objects)
        rendered.append(render(Layers(scenes, paths.of(rows), sprites), size, clean, rng))
    images, shown = (torch.cat(parts) for parts in zip(*rendered, strict=True))
    if not clean:
        _cover(images, shown, LAYERS - 1, rng)
    layers = (paths, *(some.paths for some in objects))
    return SyntheticBatch(
        frames=images,
        labels=answers.to(device),
        steps=torch.stack([frame_steps(layer) for layer in layers], dim=1).to(device),
        shown=shown,
        seed=int(seed),
    )


@torch.no_grad()
def film(
    pictures: Tensor,
    camera: Tensor,
    subject: Tensor,
    seed: int,
    size: int = 112,
    clean: bool = False,
) -> SyntheticBatch:
    """Lay camera paths over stretches of real video before whose camera nothing else moved.

    Args:
        pictures: float32 (B, T, 3, side, side) in [0, 1].
        camera: int64 (B,), what the camera shall do, places in its labels.
        subject: int64 (B,), what the subject does; -1 where nobody knows.
        seed: 0 to 2**62.
        size: S, pixels a side of the frames.
        clean: as for `make_composite`.

    Returns:
        a batch as of `make_composite`, in which no token's source is valid: what moves in the
        pictures is not known pixel by pixel.
    """
    count, frames, _, side, _ = pictures.shape
    rng = Rng(int(seed), pictures.device)
    paths, _ = draw_paths(camera.cpu(), frames, size, None, rng, _SLOWER)
    # A video is seen from further off than a drawn scene, of which there is more.
    wide = rng.uniform((count, 1, 1), 1.3, 2.3).double()
    paths = Paths(paths.linear * wide[..., None], paths.centre * wide)
    paths = fit_to_scene(paths.shaken(draw_shake(count, frames, size, rng)), size, side, rng)
    images = film_pictures(pictures, paths, size, clean, rng)
    shown = torch.zeros(count, frames, size, size, dtype=torch.uint8, device=images.device)
    if not clean:
        _cover(images, shown, LAYERS - 1, rng)
    steps = torch.eye(2, 3).repeat(count, LAYERS, frames, 1, 1)
    steps[..., 2] = _NOWHERE
    return SyntheticBatch(
        frames=images,
        labels=torch.stack((camera.cpu(), subject.cpu()), dim=1).to(images.device),
        steps=steps.to(images.device),
        shown=shown,
        seed=int(seed),
    )


def _answers(given: int | Sequence[tuple[str, str]] | Tensor, rng: Rng) -> Tensor:
    """Return the answers as places: int64 (B, 2) on the CPU."""
    if isinstance(given, Tensor):
        found = given.cpu().long()
    elif isinstance(given, int):
        check_whole("the number of clips", given, *CLIPS, form=SENTENCE)
        found = draw_answers(given, rng)
    else:
        rows = []
        for row in given:
            for (name, labels), answer in zip(QUESTIONS, row, strict=True):
                if answer not in labels:
                    raise ValueError(f"unknown {name} {answer!r}; allowed are {', '.join(labels)}")
            pairs = zip(QUESTIONS, row, strict=True)
            rows.append([labels.index(answer) for (_, labels), answer in pairs])
        found = torch.tensor(rows)
    most = torch.tensor([len(labels) for _, labels in QUESTIONS])
    if found.dim() != 2 or not len(found) or found.shape[1] != 2:
        raise ValueError("answers must be one pair or more of a camera's and a subject's")
    if (found < 0).any() or (found >= most).any():
        raise ValueError(f"answers: places must be below {most.tolist()}")
    return found


def draw_answers(count: int, rng: Rng) -> Tensor:
    """Draw answers, independent of each other, as places: int64 (count, 2) on the CPU.

    Those that real clips have most are drawn more often: a camera at rest in 35 of 100, a subject
    that does nothing, and one that moves in place, in 20 each. The others share the rest alike.
    """
    camera = _in_balance(count, len(CAMERA_LABELS), (_STATIC,), _STANDS, rng)
    subject = _in_balance(count, len(SUBJECT_LABELS), (_NONE, _IN_PLACE), _OFTEN, rng)
    return torch.stack((camera, subject), dim=1)


def _in_balance(count: int, labels: int, often: tuple[int, ...], share: float, rng: Rng) -> Tensor:
    """Draw labels, those of `often` with a share each and the others alike: int64 (count,)."""
    others = torch.tensor([label for label in range(labels) if label not in often])
    line = (torch.arange(count) + rng.uniform(())) / count  # evenly spread, begun anywhere
    common = len(often) * share
    place = ((line % 1 - common) / (1 - common) * len(others)).long().clamp(max=len(others) - 1)
    chosen = others[place.clamp(min=0)]
    for i, label in enumerate(often):
        chosen[(line % 1 >= i * share) & (line % 1 < (i + 1) * share)] = label
    return chosen[rng.shuffled(count)]


def _from_the_middle(camera: Paths) -> Paths:
    """Return maps from each frame to what a camera at rest, as in the middle frame, would see."""
    middle = camera.linear.shape[1] // 2
    back = torch.linalg.inv(camera.linear[:, middle : middle + 1])
    gone = camera.centre - camera.centre[:, middle : middle + 1]
    return Paths(back @ camera.linear, apply(back, gone))


def _near(drift: Tensor, size: int, shake: Paths, rng: Rng) -> Objects:
    """Draw scenery nearer than the scene, which a pan or tilt shifts further: parallax."""
    count, frames = drift.shape[:2]
    pans = drift.abs().amax(dim=(1, 2)) > 0
    present = pans & rng.chance((count,), 0.35)
    nearer = rng.uniform((count, 1, 1), 1.15, 1.9) * (1 - 0.7 * rng.chance((count, 1, 1), 0.2))
    place = rng.uniform((count, 2), -0.5, 0.5).double() * size
    diameter = rng.uniform((count,), 0.2, 0.7).double() * size
    flat = torch.zeros(count, frames, dtype=torch.float64)
    paths = canvas(place[:, None] + drift * nearer.double(), flat, flat, diameter, rng)
    return Objects(present, paths.shaken(shake), diameter)


def _captions(count: int, frames: int, size: int, clean: bool, rng: Rng) -> Objects:
    """Draw what hangs on the camera itself: a caption or a logo, which never moves."""
    corner = rng.uniform((count, 2), 0.3, 0.48) * torch.where(
        rng.chance((count, 2), 0.5), 1.0, -1.0
    )
    flat = torch.zeros(count, frames, dtype=torch.float64)
    diameter = rng.uniform((count,), 0.1, 0.4).double() * size
    middle = (corner.double() * size)[:, None].expand(-1, frames, -1)
    present = rng.chance((count,), 0.1) & ~torch.tensor(clean)
    return Objects(present, canvas(middle, flat, flat, diameter, rng), diameter)


def _scenes(count: int, start: int, side: int, pictures: Tensor | None, rng: Rng) -> Tensor:
    """Draw the scenes of clips from `start` on, the first of all clips out of the pictures."""
    given = pictures[start : start + count] if pictures is not None else None
    have = 0 if given is None else len(given)
    if not have:
        return make_scenes(count, side, rng)
    given = given.to(rng.device, torch.float32)
    if tuple(given.shape[1:]) != (3, side, side):
        raise ValueError(f"pictures are {tuple(given.shape[1:])}: (3, {side}, {side}) is needed")
    return given if have == count else torch.cat((given, make_scenes(count - have, side, rng)))


def _times(count: int, frames: int, clean: bool, rng: Rng) -> Tensor:
    """Return which moment each frame shows, int64 (B, T): in some clips some come twice.

    So it is where a film of 24 pictures a second was made to have 30, or one of 8 to have 10.
    """
    at = torch.arange(frames)[None].expand(count, -1)
    keep = torch.where(rng.chance((count, 1), 0.12), rng.uniform((count, 1), 0.5, 0.9), 1.0)
    slow = ((at + rng.uniform((count, 1))) * keep).floor().long()
    slow = slow - slow[:, :1]
    return at if clean else torch.where(keep < 1, slow, at).clamp(0, frames - 1)


def _at(paths: Paths, times: Tensor) -> Paths:
    """Return the paths at other moments, int64 (B, T)."""
    rows = torch.arange(len(times))[:, None]
    return Paths(paths.linear[rows, times], paths.centre[rows, times])


def _cover(images: Tensor, shown: Tensor, layer: int, rng: Rng) -> None:
    """Add black bars and a black start to some clips, in place; both hang on the camera."""
    count, frames, _, size, _ = images.shape
    bars = rng.chance((count,), 0.08)
    upright = rng.chance((count,), 0.3)
    width = (rng.uniform((count,), 0.06, 0.16) * size).long().tolist()
    black = rng.chance((count,), 0.03)
    for clip in bars.nonzero()[:, 0].tolist():
        for edge in (slice(0, width[clip]), slice(size - width[clip], size)):
            at = (slice(None), edge) if upright[clip] else (edge, slice(None))
            images[(clip, slice(None), slice(None), *at)] = 0
            shown[(clip, slice(None), *at)] = layer
    for clip in black.nonzero()[:, 0].tolist() if frames > 3 else ():
        images[clip, :1], shown[clip, :1] = 0, layer


def answer_in(label: str | None, labels: Sequence[str]) -> str | None:
    """Return the answer among some labels that is true where another label is.

    A clip in which one thing moves ("pan left", "object moves left") has an answer to each
    question: a camera that pans films no subject, and before a subject that moves it stands still.

    Args:
        label: one of those of `sct.synthetic.camera.LABELS`; or a question's name before one of its
            labels, such as "camera static", where nothing is known of the other; None where
            nothing is known at all.
        labels: of a model's question.

    Returns:
        the label itself where it is among them; None where none of them is known to be true.
    """
    if label is None or label in labels:
        return label
    asked = next((name for name, known in QUESTIONS if set(labels) == set(known)), None)
    if asked and label.startswith(f"{asked} ") and label.removeprefix(f"{asked} ") in labels:
        return label.removeprefix(f"{asked} ")
    if asked is None or label not in LABELS:
        return None
    if asked == "camera":
        return CAMERA_LABELS[_STATIC]
    return SUBJECT_LABELS[_NONE] if label in CAMERA_LABELS else label.removeprefix("object ")
