"""Save and load: weights as safetensors, everything else as a JSON card beside them."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from sct.checkpoint import DEFAULT, pair
from sct.checkpoint.pair import KEY, PART
from sct.errors import ModelError
from sct.model.sct import SCT
from sct.validation import printable

SHIPPED = Path(__file__).parents[1] / "checkpoints"
PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".tar")


def _folders() -> list[Path]:
    """List where named models are found: the shipped ones, then the operator's SCT_MODELS."""
    extra = os.environ.get("SCT_MODELS")
    return [SHIPPED, Path(extra)] if extra else [SHIPPED]


def list_models() -> list[str]:
    """List the names that `load` takes: the default first, then the other shipped ones."""
    names: dict[str, None] = {}
    for folder in _folders():
        paths = folder.glob("*.safetensors")
        for path in sorted(paths, key=lambda path: (path.stem != DEFAULT, path.stem)):
            if path.with_suffix(".json").is_file():
                names.setdefault(path.stem)
    return list(names)


def shipped(name: str) -> bool:
    """Say whether a model of `list_models` is shipped, not the operator's."""
    return name in {path.stem for path in SHIPPED.glob("*.safetensors")}


def pick_device(device: str = "auto") -> torch.device:
    """Return a device; "auto" takes CUDA where there is one. Raises ValueError if missing."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device != "cpu" and not (device == "cuda" and torch.cuda.is_available()):
        raise ValueError(f"device {device!r}: available here: {', '.join(_devices())}")
    return torch.device(device)


def _devices() -> list[str]:
    return ["auto", "cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".safetensors":
        if path.is_file():
            return path
        raise ModelError(f"There is no checkpoint file {printable(path.name)}.")
    if path.suffix in PICKLES:
        raise ModelError(f"{printable(path.name[-80:])} {pair.PICKLED}")
    for folder in _folders():
        if str(name_or_path) in list_models():
            found = folder / f"{name_or_path}.safetensors"
            if found.is_file():
                return found
    known = ", ".join(list_models()) or "none is installed"
    raise ModelError(f"There is no model named {str(name_or_path)[:80]!r}. Models: {known}.")


def save(model: SCT, path: str | Path, card: dict[str, Any]) -> None:
    """Write PATH.safetensors and PATH.json, each complete or not at all.

    `card` is any JSON dictionary; the config and the SHA-256 of the weights are added to it.
    """
    replace_files(files_of(model, path, card))


def files_of(model: SCT, path: str | Path, card: dict[str, Any]) -> dict[Path, bytes]:
    """Return what `save` writes: the bytes of PATH.safetensors and of PATH.json."""
    from safetensors.torch import save as to_bytes

    path = Path(path).with_suffix("")
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    weights = to_bytes(state)
    card = {**card, "config": model.config.to_dict(), KEY: hashlib.sha256(weights).hexdigest()}
    return {
        path.with_suffix(".safetensors"): weights,
        path.with_suffix(".json"): _text(card),
    }


def _text(card: dict[str, Any]) -> bytes:
    # A path may have half of a character (a lone surrogate), which no card may: "?" in its place.
    whole = json.loads(json.dumps(card, ensure_ascii=False).encode("utf-8", "replace"))
    return json.dumps(whole, indent=2).encode() + b"\n"


def replace_files(files: dict[Path, bytes]) -> None:
    """Write files such that at every moment each is the old one or the new one, complete.

    None is replaced before all are on the disk, so a full disk leaves the old ones as they were.
    Raises OSError.
    """
    parts = [path.with_name(path.name + PART) for path in files]
    try:
        for part, data in zip(parts, files.values(), strict=True):
            with open(part, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        for part in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise
    for part, path in zip(parts, files, strict=True):
        part.replace(path)


def read_card(name_or_path: str | Path) -> dict[str, Any]:
    """Read a model's card, without its weights; "config" in it is a valid config.

    Raises:
        ModelError: unknown name, or a card that is missing or damaged.
    """
    return pair.read_card(_find(name_or_path))


def check(name_or_path: str | Path) -> dict[str, Any]:
    """Read a model's card once its weights are known to be its own and fit to be computed with.

    Raises:
        ModelError: as `load_with_card`.
    """
    return pair.read(_find(name_or_path)).card


def stamp(name_or_path: str | Path) -> pair.Stamp:
    """Return what changes when a model's files do, without reading them: for a cache's key.

    Raises:
        ModelError: unknown name.
    """
    return pair.stamp(_find(name_or_path))


def version(card: dict[str, Any]) -> str:
    """Return what tells a checkpoint from any other (hex): of its card, which names its weights."""
    return hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()


def seal(path: str | Path) -> dict[str, Any]:
    """Write the SHA-256 of the weights into the card beside them, if they fit it.

    For checkpoints from before cards had it, and cards that were made by hand.

    Raises:
        ModelError: as `load_with_card`.
        OSError: the card cannot be written.
    """
    path = _find(path)
    card = {**pair.read(path, sealed=False).card, KEY: fingerprint(path)}
    replace_files({path.with_suffix(".json"): _text(card)})
    return card


def load_with_card(
    name_or_path: str | Path = DEFAULT, device: str = "auto"
) -> tuple[SCT, dict[str, Any]]:
    """Load a trained model in evaluation mode, and its card.

    Args:
        name_or_path: a name from `list_models`, or the path of a .safetensors file that has its
            .json card beside it.
        device: "auto", "cpu" or "cuda".

    Raises:
        ModelError: unknown name, missing or damaged file, a card or weights that are not of each
            other, weights that are no finite floats, or more memory than a model may need.
        ValueError: a device that is not there.
    """
    where = pick_device(device)
    card, config, state = pair.read(_find(name_or_path))
    with torch.device("meta"):
        model = SCT(config)
    # Copied, not assigned: rows as they lie in a file are not aligned, so products of them are
    # slower and round otherwise than those of the model that was saved.
    model.to_empty(device=where)
    model.load_state_dict(state)
    return model.requires_grad_(False).eval(), card


def fingerprint(name_or_path: str | Path = DEFAULT) -> str:
    """Compute SHA-256 (hex) of a model's weights file, by which others know theirs.

    Raises:
        ModelError: unknown name, or a file that cannot be read.
    """
    path = _find(name_or_path)
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise ModelError(f"The checkpoint {printable(path.name)} cannot be read.") from None


def load(name_or_path: str | Path = DEFAULT, device: str = "auto") -> SCT:
    """Load a trained model in evaluation mode; see `load_with_card`."""
    return load_with_card(name_or_path, device)[0]
