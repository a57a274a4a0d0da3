"""Clips: read within limits, sampled by time stamps, and prepared for the model."""

from __future__ import annotations

import hashlib
import math
import reprlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

import av
import numpy as np

from sct.errors import ClipError
from sct.validation import SENTENCE, check_whole, is_number
from sct.video.crop import CENTRE, Crop, seen
from sct.video.decoding import decode
from sct.video.frames import check_frames
from sct.video.mp4 import write_mp4
from sct.video.pictures import open_clip
from sct.video.sources import Limits, any_error_as, clean_name, quoted
from sct.video.strides import LEAST_STRIDE_S, MAX_STRIDE_S

if TYPE_CHECKING:
    import os

    import torch

__all__ = [
    "MEAN",
    "STD",
    "Clip",
    "clip_facts",
    "normalise",
    "preprocess",
    "read_clip",
    "read_moments",
    "view",
    "write_mp4",
]

MEAN = (0.45, 0.45, 0.45)
STD = (0.225, 0.225, 0.225)

MAX_FRAMES = 64
SHORT_SIDE = 512  # pixels of a frame's short side, unless the caller says otherwise

_FACTS = (
    *("name", "width", "height", "fps", "duration_s", "start", "stride", "rotation", "codec"),
    *("skipped", "held", "distinct", "notices", "truth"),
)

av.logging.set_level(None)  # FFmpeg's own log stays off stderr


@dataclass(frozen=True, eq=False)
class Clip:
    """The frames that were taken from a video, and what is known of it.

    Args:
        frames: uint8 (T, H, W, 3), RGB, upright, square pixels, read-only; T >= 1. Large videos
            are shrunk to 512 pixels on the short side.
        times: for each frame the second at which the video first shows it.
        name: fit to be shown; `path` as it was given, None for bytes and file objects.
        width, height: pixels of the video as a player shows it (turned, square pixels).
        fps, duration_s: of the video, not of the sampling.
        start, stride: seconds; frame i is the one shown at start + i * stride.
        rotation: degrees clockwise (0, 90, 180, 270) that the stored picture was turned by.
        codec: the coding of the pictures, e.g. "h264"; "raw" where there was none.
        skipped: damaged pictures met on the way, passed over unless there were no others.
        held: how many of the T frames lie beyond the end and show the last picture again.
        notes: sentences on what had to be assumed or converted to read the file; plain text.
        truth: the label, where it is known.
        decode_s: seconds that reading took.
        credit: terms and values on where the video comes from and its licence, plain text.
        crop: the part of each frame that a model sees.
        hash: sha256 (hex) of frames, sampling and crop; computed here if left empty.

    Raises ValueError if `frames` has another shape or type.
    """

    frames: np.ndarray = field(repr=False)
    times: tuple[float, ...] = field(repr=False)
    name: str
    width: int
    height: int
    fps: float
    duration_s: float
    start: float = 0.0
    stride: float = 0.1
    path: str | None = None
    rotation: int = 0
    codec: str = "raw"
    skipped: int = 0
    held: int = 0
    notes: tuple[str, ...] = ()
    truth: str | None = None
    decode_s: float = 0.0
    credit: tuple[tuple[str, str], ...] = ()
    crop: Crop = CENTRE
    hash: str = ""

    def __post_init__(self) -> None:
        frames = self.frames
        check_frames(frames)
        # One clip is shown in many sessions at once: none may change it for the others.
        frames = np.ascontiguousarray(frames).view()
        frames.flags.writeable = False
        object.__setattr__(self, "frames", frames)
        if not self.hash:
            digest = hashlib.sha256(repr((frames.shape, self.start, self.stride)).encode())
            digest.update(repr(self.times).encode())
            digest.update(frames)
            if self.crop != CENTRE:
                digest.update(str(self.crop).encode())
            object.__setattr__(self, "hash", digest.hexdigest())

    def cropped(self, crop: Crop) -> Clip:
        """Return the same clip with another part of its frames for the model to see."""
        return self if crop == self.crop else replace(self, crop=crop, hash="")

    @property
    def from_file(self) -> bool:
        """Return whether the frames were read from a video, not drawn by a program."""
        return self.codec != "raw"

    @property
    def distinct(self) -> int:
        """Return how many of the frames are different pictures of the video, 1 to T."""
        return len(set(self.times))

    @property
    def repeats(self) -> tuple[str, ...]:
        """Return which of the frames are repeats, and why, as sentences; none if none is."""
        count = len(self.frames)
        slow = count - self.held - self.distinct  # within the video
        why = (
            (self.held, "of the last: the video ends there."),
            (slow, "of the one before: the video shows nothing newer."),
        )
        are = {1: "is a repeat"}
        return tuple(
            f"{some} of {count} frames {are.get(some, 'are repeats')} {of}"
            for some, of in why
            if some > 0
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """Return what a person should know who reads an answer about the clip, as sentences.

        Which frames are repeats, how many pictures were damaged, and the `notes`.
        """
        skipped = (f"Damaged pictures that were passed over: {self.skipped}.",)
        return (*self.repeats, *(skipped if self.skipped else ()), *self.notes)

    @classmethod
    def from_frames(
        cls, frames: np.ndarray, *, name: str = "clip", fps: float = 10.0, truth: str | None = None
    ) -> Clip:
        """Make a clip of frames, uint8 (T, H, W, 3), `fps` a second. Raises ValueError."""
        if not (math.isfinite(fps) and fps > 0):
            raise ValueError(f"fps must be a number above 0, not {fps!r}.")
        count, height, width = frames.shape[:3]
        return cls(
            frames=frames,
            times=tuple(i / fps for i in range(count)),
            name=name,
            width=width,
            height=height,
            fps=float(fps),
            duration_s=count / fps,
            stride=1 / fps,
            truth=truth,
        )


def clip_facts(clip: Clip) -> dict:
    """Return what is known of `clip` as values fit for JSON; `path` is the name if it had none."""
    return {
        "path": clip.path or clip.name,
        **{name: getattr(clip, name) for name in _FACTS},
        "frames_used": len(clip.frames),
        "times": list(clip.times),
        "decode_s": clip.decode_s,
        "crop": str(clip.crop),
        "hash": clip.hash,
    }


def read_clip(
    source: str | os.PathLike | bytes | BinaryIO,
    *,
    frames: int = 8,
    start: float = 0.0,
    stride: float = 0.1,
    name: str | None = None,
    max_size: int | None = None,
    fps: float | None = None,
) -> Clip:
    """Read the frames that `source` shows at start, start + stride, ... (seconds).

    Anything that FFmpeg opens: mp4, mov, m4v, avi, mkv, webm, gif and more; or a folder of numbered
    pictures such as img_00001.jpg, which are shown one after the other. Time 0 is where the first
    picture appears (docs/video.md has the rules); each wanted time gets the picture that a player
    shows then, whatever the frame rate. Where the video ends too early, its last picture is held,
    so that there are always `frames` frames (`Clip.held` counts them). Only the wanted frames are
    kept, and decoding stops after the last of them. Nothing but `source` itself is ever opened.

    Args:
        source: a path, bytes, or a binary file object (left where it stood).
        frames: 1 to 64. start: 0 or later. stride: 0.001 to 10 seconds.
        name: shown in messages instead of the file's own name.
        max_size: most pixels on the short side of a kept frame, 1 to 4096; 512 if None.
        fps: pictures a second of a folder of pictures, at most 1000; 25 if None, and so noted.

    Raises:
        ClipError: one sentence, whatever is wrong with the file, an argument or a limit (the
            environment variables SCT_MAX_MB, SCT_MAX_MINUTES, SCT_MAX_SIDE, SCT_MAX_DECODE_S).
    """
    check_whole("frames", frames, 1, MAX_FRAMES, form=f"{SENTENCE}.", error=ClipError)
    if not (is_number(start) and start >= 0):
        raise ClipError(f"start must be a number of seconds, 0 or more, not {_shown(start)}.")
    if not (is_number(stride) and LEAST_STRIDE_S <= stride <= MAX_STRIDE_S):
        between = f"{LEAST_STRIDE_S:g} to {MAX_STRIDE_S:g} seconds"
        raise ClipError(f"stride must be {between}, not {_shown(stride)}.")
    wanted = [start + i * stride for i in range(frames)]
    return _read(source, wanted, float(start), float(stride), name, max_size, fps)


def read_moments(
    source: str | os.PathLike | bytes | BinaryIO,
    moments: Sequence[float],
    *,
    name: str | None = None,
    fps: float | None = None,
) -> Clip:
    """Read the frames that `source` shows at the given seconds, as `read_clip` does.

    The clip's `stride` is the mean distance of the moments.

    Args:
        source, name, fps: as for `read_clip`.
        moments: 1 to 64 rising seconds, the first 0 or later.

    Raises:
        ClipError: as `read_clip`, and of other moments.
    """
    wanted = list(moments)
    fine = 1 <= len(wanted) <= MAX_FRAMES and all(is_number(second) for second in wanted)
    if not (fine and wanted[0] >= 0 and all(a < b for a, b in pairwise(wanted))):
        raise ClipError(f"moments must be 1 to {MAX_FRAMES} rising seconds, not {_shown(wanted)}.")
    stride = (wanted[-1] - wanted[0]) / max(1, len(wanted) - 1)
    return _read(source, wanted, float(wanted[0]), stride, name, None, fps)


def _read(
    source: str | os.PathLike | bytes | BinaryIO,
    wanted: list[float],
    start: float,
    stride: float,
    name: str | None,
    max_size: int | None,
    fps: float | None,
) -> Clip:
    begun = time.perf_counter()
    size = SHORT_SIDE if max_size is None else max_size
    check_whole("max_size", size, 1, 4096, form=f"{SENTENCE}.", error=ClipError)
    title = quoted(name) if name else "The clip"
    with (
        any_error_as(lambda: ClipError(f"{title} could not be read.")),  # a file may raise anything
        open_clip(source, name, Limits.from_env(), fps) as file,
    ):
        found = decode(file, wanted, size)
    return Clip(
        name=file.name,
        path=file.path,
        start=start,
        stride=stride,
        decode_s=time.perf_counter() - begun,
        **found,
    )


def _shown(value: object) -> str:
    return clean_name(reprlib.repr(value))


def view(clip: Clip, image_size: int) -> np.ndarray:
    """Return what the model sees, for drawing under maps: uint8 (T, size, size, 3), RGB.

    The clip's crop of each frame (at first the centre square, the whole short side), shrunk by
    area averaging or enlarged linearly. Raises ValueError unless 1 <= image_size <= 4096.
    """
    check_whole("image_size", image_size, 1, 4096, form=f"{SENTENCE}.")
    return np.stack([seen(frame, int(image_size), clip.crop) for frame in clip.frames])


def normalise(frames: torch.Tensor) -> torch.Tensor:
    """Compute (x / 255 - MEAN) / STD: uint8 (..., 3, H, W) to float32 of the same shape and device.

    Raises ValueError on another type or number of channels.
    """
    import torch  # late: a clip can be read and shown without it

    if frames.dtype != torch.uint8 or frames.ndim < 3 or frames.shape[-3] != 3:
        raise ValueError(
            "frames must be uint8 of shape (..., 3, H, W), "
            f"not {frames.dtype} of shape {tuple(frames.shape)}."
        )
    mean = torch.tensor(MEAN, device=frames.device).view(3, 1, 1)
    std = torch.tensor(STD, device=frames.device).view(3, 1, 1)
    return (frames.float() / 255 - mean) / std


def preprocess(clip: Clip, image_size: int) -> torch.Tensor:
    """Return the model's input for `clip`: float32 (1, T, 3, image_size, image_size), normalised.

    Exactly `normalise(view(clip, image_size))`. Raises ValueError as `view` does.
    """
    import torch

    pixels = torch.from_numpy(view(clip, image_size))
    return normalise(pixels.permute(0, 3, 1, 2).contiguous())[None]
