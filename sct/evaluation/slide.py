"""Slides a model over the whole of a video: what it answers at each moment."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import torch
from torch import Tensor

from sct.checkpoint.certainty import Answer, answers
from sct.model.ablation import Ablation
from sct.video.clip import MAX_FRAMES, Clip, preprocess, read_moments
from sct.video.crop import CENTRE, Crop
from sct.video.strides import LEAST_STRIDE_S

if TYPE_CHECKING:
    import os

    from sct.model.config import SCTConfig
    from sct.model.sct import SCT

MOST = 120  # windows of one slide, unless the caller says otherwise
_LEAST_STEP = 2  # frames from one window to the next; one would show little more
_AT_ONCE = 8  # windows in a forward pass: more take memory and no less time on a CPU


@dataclass(frozen=True, eq=False)
class Slide:
    """The answers of a model at many moments of one video.

    Attributes:
        starts: (W,) seconds at which the windows begin, rising.
        step: seconds from one window to the next; of slides that were joined, of the coarser one.
        span: seconds from the first frame of a window to the end of its last one.
        logits: float32 (W, class), on the CPU, as `Output.logits`.
        embeddings: float32 (W, width), on the CPU, as `Output.embedding`.
        ablation: under which the model answered.
    """

    starts: tuple[float, ...]
    step: float
    span: float
    logits: Tensor
    embeddings: Tensor
    ablation: Ablation

    def answers(self, card: Mapping[str, Any], config: SCTConfig) -> list[tuple[Answer, ...]]:
        """Return the answers of each window, one to each question, and whether they are sure."""
        return [
            answers(card, self.ablation, config, logits, embedding)
            for logits, embedding in zip(self.logits, self.embeddings, strict=True)
        ]

    def finer(self, other: Slide) -> Slide:
        """Return this slide with the windows of another one in place of its own, where it has any.

        Args:
            other: of the same model, video, span and ablation.
        """
        first, last = other.starts[0], other.starts[-1]
        kept = [i for i, start in enumerate(self.starts) if not first <= start <= last]
        starts = (*(self.starts[i] for i in kept), *other.starts)
        order = sorted(range(len(starts)), key=lambda i: starts[i])
        logits = torch.cat((self.logits[kept], other.logits))
        embeddings = torch.cat((self.embeddings[kept], other.embeddings))
        return replace(
            self,
            starts=tuple(starts[i] for i in order),
            logits=logits[order],
            embeddings=embeddings[order],
        )


class Stretch(NamedTuple):
    """Windows in a row whose answer to a question is the same.

    Attributes:
        begin, end: seconds; a window counts for the time that is nearer to its middle than to that
            of another window.
        label: the answer. sure: whether the windows are, None where the card does not say.
        probability: of the label, the mean over the windows.
    """

    begin: float
    end: float
    label: str
    sure: bool | None
    probability: float


def starts_of(
    duration_s: float,
    frames: int,
    stride: float,
    most: int = MOST,
    first: float = 0.0,
    last: float | None = None,
) -> tuple[list[float], int]:
    """Choose where windows begin: as close as `most` allows, and two frames at least.

    Args:
        duration_s: of the video, above 0.
        frames: of a window, 1 or more. stride: seconds from one to the next, 0.001 or more.
        most: how many windows there may be, 1 or more.
        first, last: seconds between which they lie; the whole video unless given.

    Returns:
        the seconds, and how many strides lie between two.

    Raises:
        ValueError: a number out of range.
    """
    last = duration_s if last is None else min(last, duration_s)
    if not (0 <= first < last and stride >= LEAST_STRIDE_S and frames >= 1 and most >= 1):
        raise ValueError(
            f"windows between {first:g} and {last:g} s, a stride of {stride:g} s, {frames} frames, "
            f"at most {most}: the first must be 0 or later and before the last, the stride "
            f"{LEAST_STRIDE_S:g} s or more, and the others above 0"
        )
    # Rounded first, or 59.300000000000004 s would have room for one window less.
    room = max(0, math.floor(round((last - first) / stride, 6)) - frames)
    step = max(_LEAST_STEP, math.ceil(room / max(1, most - 1)))
    count = min(most, room // step + 1)
    return [first + i * step * stride for i in range(count)], step


@torch.inference_mode()
def slide(
    model: SCT,
    source: str | os.PathLike | bytes | BinaryIO,
    duration_s: float,
    *,
    stride: float = 0.1,
    first: float = 0.0,
    last: float | None = None,
    most: int = MOST,
    ablation: Ablation | None = None,
    crop: Crop = CENTRE,
    name: str | None = None,
    fps: float | None = None,
    read: Callable[..., Clip] = read_moments,
    progress: Callable[[int, int], Any] | None = None,
) -> Slide:
    """Ask a model about windows all along a video.

    A window is what `sct.read_clip` reads from its start on, so its answers are those of `predict`
    at that start. Frames that windows share are read once; as many windows go through the model at
    once as keep memory within what a few clips take.

    Args:
        model: of any number of questions.
        source, name, fps: as for `sct.read_clip`.
        duration_s: of the video, as `Clip.duration_s` says.
        stride: seconds from frame to frame of a window.
        first, last, most: as for `starts_of`.
        ablation: None for the model as trained.
        crop: the part of each picture that the model sees.
        read: reads the source, as `sct.video.clip.read_moments` does.
        progress: called with the windows that are done and their number; what it raises ends the
            slide.

    Raises:
        ClipError: as `sct.read_clip`.
        ValueError: a number out of range.
    """
    ablation = Ablation() if ablation is None else ablation
    frames = model.config.frames
    starts, step = starts_of(duration_s, frames, stride, most, first, last)
    logits, embeddings = [], []
    for some in _groups(len(starts), step, frames):
        # In strides from `first`, so that shared frames are the same number.
        places = sorted({i * step + k for i in some for k in range(frames)})
        clip = read(source, [first + i * stride for i in places], name=name, fps=fps).cropped(crop)
        pixels = preprocess(clip, model.config.image_size)[0]
        rows = [[places.index(i * step + k) for k in range(frames)] for i in some]
        output = model(pixels[torch.tensor(rows)].to(model.device), ablation, graph=True)
        logits.append(output.logits.float().cpu())
        embeddings.append(output.embedding.float().cpu())
        if progress:
            progress(some[-1] + 1, len(starts))
    return Slide(
        starts=tuple(starts),
        step=step * stride,
        span=frames * stride,
        logits=torch.cat(logits),
        embeddings=torch.cat(embeddings),
        ablation=ablation,
    )


def _groups(count: int, step: int, frames: int) -> Iterator[range]:
    """Yield windows that are read and computed together.

    Windows far apart are read one by one: to seek is cheaper than to decode what lies between.
    """
    together = min(_AT_ONCE, 1 + (MAX_FRAMES - frames) // step) if step <= 2 * frames else 1
    for begin in range(0, count, max(1, together)):
        yield range(begin, min(begin + max(1, together), count))


def stretches(slid: Slide, said: Sequence[Answer], duration_s: float) -> list[Stretch]:
    """Join windows in a row that give the same answer to one question, equally sure or not.

    Args:
        slid: where the windows lie.
        said: the answer of each, in order, to the same question.
        duration_s: of the video.
    """
    middles = [start + slid.span / 2 for start in slid.starts]
    edges = [slid.starts[0], *((a + b) / 2 for a, b in pairwise(middles))]
    edges.append(min(duration_s, slid.starts[-1] + slid.span))
    found = []
    told = [(one.labels[one.best], one.judged.sure) for one in said]
    for (label, sure), some in groupby(range(len(told)), key=told.__getitem__):
        rows = list(some)
        mean = sum(float(said[i].probabilities.max()) for i in rows) / len(rows)
        found.append(Stretch(edges[rows[0]], edges[rows[-1] + 1], label, sure, mean))
    return found


def as_json(slid: Slide, said: Sequence[tuple[Answer, ...]]) -> list[dict[str, Any]]:
    """Return a slide as values fit for JSON: each window with its answers.

    Args:
        said: from `slid.answers`.
    """
    return [
        {
            "start": round(start, 6),
            "end": round(start + slid.span, 6),
            **(
                {"answers": {one.question: _row(one) for one in each}}
                if each[0].question
                else _row(each[0])
            ),
        }
        for start, each in zip(slid.starts, said, strict=True)
    ]


def as_rows(slid: Slide, said: Sequence[tuple[Answer, ...]]) -> list[dict[str, Any]]:
    """Return a slide as rows of a table: each window, question and label with its probability."""
    return [
        {
            "start": round(start, 6),
            "end": round(start + slid.span, 6),
            "question": one.question,
            "label": label,
            "probability": float(share),
            "sure": {True: "yes", False: "no", None: ""}[one.judged.sure],
        }
        for start, each in zip(slid.starts, said, strict=True)
        for one in each
        for label, share in zip(one.labels, one.probabilities, strict=True)
    ]


def _row(one: Answer) -> dict[str, Any]:
    shares = map(float, one.probabilities)
    return {
        "probabilities": dict(zip(one.labels, shares, strict=True)),
        "sure": one.judged.sure,
        "unlike": one.judged.unlike,
    }
