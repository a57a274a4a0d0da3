"""Reads weights and card as one pair: both whole, of each other, and fit to be computed with.

Whoever made a checkpoint wrote both files, and somebody may be replacing them this moment. The card
names the SHA-256 of its weights, so that no answer of one model stands beside what is known of
another.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sct.checkpoint import budget, certainty
from sct.errors import ModelError
from sct.model.config import SCTConfig
from sct.profiling.layers import layer_costs
from sct.validation import printable

if TYPE_CHECKING:
    from torch import Tensor

KEY = "weights_sha256"  # of a card
PART = ".part"  # ends the name of a file that is not yet in its place
MAX_CARD_BYTES = 1 << 20
PICKLED = (
    "may be a Python pickle, which can run code when it is opened: only .safetensors files with "
    "their .json card beside them are read."
)
_MAGIC = (b"PK\x03\x04", b"\x80\x02", b"\x80\x04", b"\x80\x05")  # of torch.save and pickle
_TYPES = ("float32", "float16", "bfloat16", "float64")
_MOST_HEADER = 16 << 20  # bytes of a safetensors file beside its numbers
_TRIES, _PAUSE_S, _FRESH_S = 5, 0.05, 1.0

Stamp = tuple[tuple[int, ...] | None, ...]


class Pair(NamedTuple):
    """A checkpoint that was read: its card, the config on it, and its weights by name."""

    card: dict[str, Any]
    config: SCTConfig
    state: dict[str, Tensor]


def stamp(path: Path) -> Stamp:
    """Return what changes when one of both files is replaced or written to; reads neither."""
    found: list[tuple[int, ...] | None] = []
    for file in (path, path.with_suffix(".json")):
        try:
            now = os.stat(file)
            found.append((now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns))
        except OSError:
            found.append(None)
    return tuple(found)


def read(path: Path, sealed: bool = True) -> Pair:
    """Read a checkpoint whole, and again where somebody replaces it meanwhile.

    Args:
        path: of the weights; the card is beside them.
        sealed: whether the card must name the SHA-256 of the weights.

    Raises:
        ModelError: a file is missing or damaged, the two are not of each other, it needs more
            memory than it may, or a weight is no finite float.
    """
    for left in reversed(range(_TRIES)):
        before = stamp(path)
        try:
            return _read_once(path, sealed)
        except ModelError:
            if not left or not (stamp(path) != before or _fresh(before)):
                raise
        time.sleep(_PAUSE_S)
    raise AssertionError  # the last try returns or raises


def _fresh(known: Stamp) -> bool:
    """Say whether a file was written a moment ago, so that the other one may be about to be."""
    written = max((each[2] for each in known if each), default=0)
    return abs(time.time() - written / 1e9) < _FRESH_S


def _read_once(path: Path, sealed: bool) -> Pair:
    card = read_card(path)
    config = SCTConfig.from_dict(card["config"])
    name = printable(path.name)
    budget.check(config, name)
    data = _bytes(path, config)
    own = hashlib.sha256(data).hexdigest()
    if sealed and card.get(KEY) != own and (other := _on_its_way(path, own)):
        card, config = other, SCTConfig.from_dict(other["config"])
    state = _tensors(data, name)
    _check_fit(state, config, name)
    if sealed and KEY not in card:
        raise ModelError(
            f"The card of {name} does not name its weights: if they are its own, "
            f"`python -m sct seal {name}` writes that ({KEY}) into the card."
        )
    if sealed and card[KEY] != own:
        raise ModelError(
            f"The weights in {name} are not those that its card names ({KEY}): one of the two "
            "files was replaced without the other."
        )
    _check_values(state, name)
    return Pair(card, config, state)


def read_card(path: Path, card: Path | None = None) -> dict[str, Any]:
    """Read the card of the weights at `path`; "config" in it is a valid config.

    Args:
        path: of the weights, which are not read.
        card: where it is; beside them if None.

    Raises:
        ModelError: it is missing or damaged.
    """
    name = printable(path.name)
    try:
        with open(card or path.with_suffix(".json"), "rb") as file:
            raw = file.read(MAX_CARD_BYTES + 1)
        if len(raw) > MAX_CARD_BYTES:
            raise ModelError(f"The card of {name} is larger than 1 MiB.")
        found = json.loads(raw)
        if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
            raise ValueError("it is no table with a config, which is one too")
        _check_text(found)
        SCTConfig.from_dict(found["config"])
        certainty.check(found)
    except OSError:
        raise ModelError(f"The checkpoint {name} has no readable card (.json).") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        said = printable(str(error)[:200])
        raise ModelError(f"The card of {name} is damaged: {said}") from None
    return found


def _check_text(card: dict[str, Any]) -> None:
    """Raise ValueError where a text of a card, or a name, has half of a surrogate pair in it.

    JSON can write one, but nothing can send it to a browser, a terminal or a file.
    """
    try:
        json.dumps(card, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text in it has half of a character (a lone surrogate)") from None


def _on_its_way(path: Path, own: str) -> dict[str, Any] | None:
    """Return the card that names these weights, of a writer that has put only them in place."""
    try:
        card = read_card(path, path.with_name(path.with_suffix(".json").name + PART))
    except ModelError:
        return None
    return card if card.get(KEY) == own else None


def _bytes(path: Path, config: SCTConfig) -> bytes:
    """Read the weights file as it is now: what is hashed is then what is computed with."""
    name, most = printable(path.name), 2 * budget.weight_bytes(config) + _MOST_HEADER
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > most:
                start = file.read(4)
                raise _pickled(name) if start.startswith(_MAGIC) else _unfit(name)
            return file.read(most)
    except OSError:
        raise ModelError(f"The checkpoint {name} cannot be read.") from None


def _tensors(data: bytes, name: str) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(data)
    # What PyTorch has no type or size for is a KeyError or a RuntimeError.
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError):
        damaged = ModelError(f"The checkpoint {name} is damaged.")
        raise (_pickled(name) if data.startswith(_MAGIC) else damaged) from None


def _check_fit(state: dict[str, Tensor], config: SCTConfig, name: str) -> None:
    import torch

    from sct.model.sct import SCT

    shapes = {key: tuple(value.shape) for key, value in state.items()}
    # Counted first: a card can ask for a model that no memory holds.
    fits = sum(map(math.prod, shapes.values())) == sum(p.parameters for p in layer_costs(config))
    if fits:
        with torch.device("meta"):
            wanted = SCT(config).state_dict()
        fits = shapes == {key: tuple(value.shape) for key, value in wanted.items()}
    if not fits:
        raise _unfit(name)


def _check_values(state: dict[str, Tensor], name: str) -> None:
    kinds = sorted({str(value.dtype).removeprefix("torch.") for value in state.values()})
    if len(kinds) > 1 or kinds[0] not in _TYPES:
        raise ModelError(
            f"The weights in {name} are {' and '.join(kinds)}: all must be floats of one type "
            f"({', '.join(_TYPES)})."
        )
    for key, value in state.items():
        if not value.float().isfinite().all():  # as they are computed with
            raise ModelError(
                f"The weights in {name} are not all finite numbers: {printable(key)} has some "
                "that are not."
            )


def _pickled(name: str) -> ModelError:
    return ModelError(f"The checkpoint {name} {PICKLED}")


def _unfit(name: str) -> ModelError:
    return ModelError(f"The weights in {name} do not fit the config in its card.")
