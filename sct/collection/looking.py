"""Shows windows to a model, many at a time, and writes down a row of what it says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sct.ablation_study.shared_forward import batch_logits
from sct.checkpoint.certainty import Answer, answers
from sct.checkpoint.io import fingerprint, load_with_card
from sct.collection.motion import columns, drawn, moved, packed, shifts_of
from sct.collection.reading import Plan, Window
from sct.collection.schema import Header, Question
from sct.errors import DataError
from sct.labels import names_of
from sct.model.ablation import Ablation
from sct.questions import probabilities, questions_of
from sct.video.clip import normalise


@dataclass(frozen=True)
class Look:
    """What is asked of each window.

    Attributes:
        model: name of the checkpoint, or its path.
        ablations: text forms of what is switched off, each against the model as it is.
        stride: seconds from frame to frame. every: seconds from window to window; None for windows
            that touch. shots: whether they end at cuts.
        strips: whether what the model saw is kept as pictures.
        map: of the embeddings, one of `sct.collection.embedding_map.MAPS`.
    """

    model: str
    ablations: tuple[str, ...] = ()
    stride: float = 0.1
    every: float | None = None
    shots: bool = True
    strips: bool = True
    map: str = "pca"

    def __post_init__(self) -> None:
        texts = tuple(dict.fromkeys(str(Ablation.parse(text)) for text in self.ablations))
        object.__setattr__(self, "ablations", texts)


class Looker:
    """A model that says of windows what a run writes down.

    Args:
        look: what is asked.
        device: "auto", "cpu" or "cuda".

    Attributes:
        plan: how videos are to be cut into windows for it.

    Raises:
        ModelError, ValueError: the model, the device or an ablation is not there.
    """

    def __init__(self, look: Look, device: str = "auto"):
        self.look = look
        self.model, self._card = load_with_card(look.model, device)
        config = self.model.config
        self._base = Ablation.parse(str(self._card.get("trained_with", "none")))
        self._ablations = [Ablation.parse(text) for text in look.ablations]
        for each in self._ablations:
            each.validate(config)
        span = config.frames * look.stride
        step = max(1, round((span if look.every is None else look.every) / look.stride))
        self.plan = Plan(
            frames=config.frames,
            stride=look.stride,
            step=step,
            image_size=config.image_size,
            shots=look.shots,
            strips=look.strips,
            shifts=shifts_of(config, self._base),
            order=self._base.frame_order(config.frames),
        )
        self._drawn = drawn(self.plan.shifts, config)
        self._questions = [
            Question(one.name, tuple(one.labels or names_of(config)))
            for one in questions_of(config)
        ]

    def header(self, root: str) -> Header:
        """Return what a run over videos below a folder says of itself. Raises ModelError."""
        return Header(
            model=self.look.model,
            weights=fingerprint(self.look.model),
            root=root,
            frames=self.plan.frames,
            stride=self.look.stride,
            every=round(self.plan.step * self.look.stride, 9),
            image_size=self.plan.image_size,
            questions=tuple(self._questions),
            ablations=self.look.ablations,
            stages=tuple(one.stage for one in self.plan.shifts),
            grids=tuple(one.grid for one in self.plan.shifts),
            width=self.model.config.widths[-1],
        )

    @torch.inference_mode()
    def rows(self, windows: Sequence[Window]) -> list[dict[str, Any]]:
        """Return the rows of some windows.

        Raises:
            DataError: the model answers with what is no number.
        """
        pixels = torch.from_numpy(np.stack([one.pixels for one in windows]))
        frames = pixels.to(self.model.device).permute(0, 1, 4, 2, 3)
        frames = normalise(frames.contiguous())
        output = self.model(frames, self._base, trace=True)
        logits, embeddings = output.logits.float().cpu(), output.embedding.float().cpu()
        if not bool(torch.isfinite(logits).all()):
            raise DataError(f"The model {self.look.model} answers with what is no number.")
        found = [moved(output.trace, one) for one in self.plan.shifts]
        effects = self._effects(frames, logits)
        rows = []
        for i, window in enumerate(windows):
            said = answers(self._card, self._base, self.model.config, logits[i], embeddings[i])
            row = {**window.facts, "embedding": embeddings[i].numpy()}
            for place, (question, answer) in enumerate(zip(self._questions, said, strict=True)):
                known = window.known[place] if window.known else None
                row |= _said(question, answer, known)
                for ablation, effect in enumerate(effects):
                    row[f"effect_{ablation}_{question.name or 'answer'}"] = float(effect[i, place])
            for field, one, motion in zip(found, self.plan.shifts, window.motion, strict=True):
                row |= columns(field[i], one, motion)
                if one is self._drawn and self.plan.strips:
                    row["arrows"] = packed(field[i], motion)
            rows.append(row)
        return rows

    def _effects(self, frames: torch.Tensor, logits: torch.Tensor) -> list[np.ndarray]:
        """Compute (clip, question) for each ablation: what it adds to the answer's probability."""
        if not self._ablations:
            return []
        config = self.model.config
        other = batch_logits(self.model, frames, self._ablations).float().cpu()
        before, after = probabilities(config, logits), probabilities(config, other)
        asked = [one.classes for one in questions_of(config)]
        best = torch.stack([one.start + before[:, one].argmax(1) for one in asked], dim=1)
        return [(each.gather(1, best) - before.gather(1, best)).numpy() for each in after]


def _said(question: Question, answer: Answer, known: str | None) -> dict[str, Any]:
    shares = answer.probabilities.astype(np.float64)
    judged = answer.judged
    entropy = -(shares * np.log2(np.maximum(shares, 1e-300))).sum()
    values = {
        "label": answer.labels[answer.best],
        "probability": float(shares[answer.best]),
        "sure": judged.sure,
        "unlike": None if judged.sure is None else judged.unlike,
        "entropy": float(abs(entropy)),
        "probabilities": answer.probabilities,
        "known": known,
    }
    return {question.column(name): value for name, value in values.items()}


def as_asked(look: Look, header: Header) -> dict[str, Any]:
    """Return all that makes two runs the same, as values fit for JSON."""
    given: Mapping[str, Any] = {
        name: getattr(header, name) for name in header.__dataclass_fields__ if name != "questions"
    }
    more = {"shots": look.shots, "strips": look.strips, "map": look.map}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in {**given, **more}.items()}
