"""Checkpoints of strangers: damaged cards, and damaged weights, of a model of two questions."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from random import Random

import torch

from sct.checkpoint import accepted, certainty, familiarity, io, model_card
from sct.checkpoint.pair import KEY
from sct.datasets.options import as_trained_on
from sct.errors import DataError, ModelError
from sct.labels import names_of
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.questions import questions_of
from tests.fuzz import mutators
from tests.fuzz.target import Target, require

_CONFIG = {
    "image_size": 56,
    "frames": 2,
    "widths": (8, 16),
    "vilt_blocks": (1, 1),
    "heads": (1, 2),
    "clip_layers": 1,
    "num_classes": 5,
    "labels": ("still", "pan left", "pan right", "walks", "waves"),
    "questions": (("camera", ("still", "pan left", "pan right")), ("subject", ("walks", "waves"))),
}
_MOST_WORK = 64 * 64 * 4  # pixels of a clip that is asked about


class _Checkpoint(Target):
    """Keeps a small model, and reads what stands under its name."""

    expected = (ModelError, DataError)

    def __init__(self, folder: Path, work: Path):
        super().__init__(folder, work)
        self.path = work / "model.safetensors"
        torch.manual_seed(0)
        model = SCT(SCTConfig(**_CONFIG)).eval()
        files = io.files_of(model, self.path, {"trained_with": "none"})
        self.weights, card = files[self.path], files[self.path.with_suffix(".json")]
        known = familiarity.fit(torch.randn(40, 16).numpy(), 4).to_card()
        thresholds = {name: {"threshold": 0.7} for name, _ in _CONFIG["questions"]}
        own = {**json.loads(card), "calibration": {"questions": thresholds, "familiarity": known}}
        shipped = [
            json.loads(path.read_text("utf-8")) for path in sorted(io.SHIPPED.glob("*.json"))
        ]
        # The long cards as they are shipped, and also with a config that fits the weights.
        bound = {name: own[name] for name in ("config", KEY)}
        self.card, self.cards = own, [own, own, *shipped, *({**card, **bound} for card in shipped)]
        for path, data in files.items():
            self.put(path, data)

    def put(self, path: Path, data: bytes) -> None:
        """Write a file as if long ago: one that is new is read again and again."""
        path.write_bytes(data)
        os.utime(path, (1e9, 1e9))

    def load(self) -> None:
        """Read the checkpoint in every way, and ask the model."""
        card = io.read_card(self.path)
        read_all(card)
        io.fingerprint(self.path)
        config = SCTConfig.from_dict(io.check(self.path)["config"])
        if config.image_size**2 * config.frames > _MOST_WORK:
            return
        model, card = io.load_with_card(self.path, device="cpu")
        size = config.image_size
        with torch.inference_mode():
            output = model(torch.zeros(1, config.frames, 3, size, size))
        for answer in certainty.answers(
            card, Ablation(), config, output.logits[0], output.embedding[0]
        ):
            require(answer.judged.sentence.isprintable(), f"said {answer.judged.sentence!a}")
            labels = [label for label in answer.labels if label.strip() and label.isprintable()]
            require(len(set(labels)) == len(answer.labels), f"labels {answer.labels!a}")


def read_all(card: dict) -> None:
    """Read all that pages and commands read of a card. Raises DataError."""
    config = SCTConfig.from_dict(card["config"])
    for question in ("", *(one.name for one in questions_of(config))):
        for key in model_card.MEASUREMENTS:
            found = model_card.measurement(card, key, question)
            if found is not None:
                found.mistakes()
        certainty.sure_from(card, question)
    for key in model_card.MEASUREMENTS:
        model_card.motion_agreement(card, key)
    for read in (
        *(model_card.ablated, model_card.failures, model_card.real_clips),
        *(model_card.training_commands, model_card.saw_footage),
        *(accepted.accepted, familiarity.familiarity),
    ):
        read(card)
    require(len(names_of(config)) == config.num_classes, "labels for other classes")
    as_trained_on(card, {})


class Cards(_Checkpoint):
    """Reads a damaged card beside weights that are as they were."""

    def make(self, rng: Random) -> bytes:
        return mutators.mutated_json_text(rng.choice(self.cards), rng)

    def read(self, made: bytes) -> None:
        self.put(self.path.with_suffix(".json"), made)
        self.load()


class Weights(_Checkpoint):
    """Reads damaged weights beside a card that is as it was."""

    def make(self, rng: Random) -> bytes:
        if rng.random() < 0.4:
            return mutators.mutated(self.weights, rng, [self.weights])
        size = int.from_bytes(self.weights[:8], "little")
        header, rest = self.weights[8 : 8 + size], self.weights[8 + size :]
        how = rng.random()
        if how < 0.3:  # what is as long as it says, and means something else
            kind = rng.choice((b"I32", b"U32", b"BF16", b"F64", b"F16"))
            header = header.replace(b"F32", kind, rng.choice((1, 2, -1)))
        elif how < 0.8:
            header = mutators.mutated_json_text(json.loads(header), rng)
        if how < 0.2 or how > 0.7:
            at = rng.randrange(len(rest)) // 4 * 4
            other = struct.pack("<100f", *(rng.gauss(0, 1) for _ in range(100)))
            new = rng.choice((rng.randbytes(400), b"\xff" * 400, bytes(400), other, other))
            rest = (rest[:at] + new + rest[at + 400 :])[: len(rest)]
        said = len(header) + rng.choice((0, 0, 0, 0, 0, 1, -1, 1 << 40))
        return struct.pack("<Q", max(0, said)) + header + rest

    def read(self, made: bytes) -> None:
        self.put(self.path, made)
        own = hashlib.sha256(made).hexdigest()
        if own[0] != "0":  # else the card names other weights
            card = json.dumps({**self.card, KEY: own}).encode()
            self.put(self.path.with_suffix(".json"), card)
        self.load()
