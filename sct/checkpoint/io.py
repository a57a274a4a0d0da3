"""Save and load: weights as safetensors, everything else as a JSON card beside them."""

from __future__ import annotations

import hashlib
import json
import math
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from sct.checkpoint import DEFAULT, certainty
from sct.errors import ModelError
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.profiling.layers import layer_costs

SHIPPED = Path(__file__).parents[1] / "checkpoints"
MAX_CARD_BYTES = 1 << 20
PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".tar")
_REFUSED = (
    "may be a Python pickle, which can run code when it is opened: only .safetensors files with "
    "their .json card beside them are read."
)


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
        raise ModelError(f"There is no checkpoint file {path.name}.")
    if path.suffix in PICKLES:
        raise ModelError(f"{path.name[-80:]} {_REFUSED}")
    for folder in _folders():
        if str(name_or_path) in list_models():
            found = folder / f"{name_or_path}.safetensors"
            if found.is_file():
                return found
    known = ", ".join(list_models()) or "none is installed"
    raise ModelError(f"There is no model named {str(name_or_path)[:80]!r}. Models: {known}.")


def save(model: SCT, path: str | Path, card: dict[str, Any]) -> None:
    """Write PATH.safetensors and PATH.json, each complete or not at all.

    `card` is any JSON dictionary; the config is added to it.
    """
    replace_files(files_of(model, path, card))


def files_of(model: SCT, path: str | Path, card: dict[str, Any]) -> dict[Path, bytes]:
    """Return what `save` writes: the bytes of PATH.safetensors and of PATH.json."""
    from safetensors.torch import save as to_bytes

    path = Path(path).with_suffix("")
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    text = json.dumps({**card, "config": model.config.to_dict()}, indent=2)
    return {
        path.with_suffix(".safetensors"): to_bytes(state),
        path.with_suffix(".json"): text.encode() + b"\n",
    }


def replace_files(files: dict[Path, bytes]) -> None:
    """Write files such that at every moment each is the old one or the new one, complete.

    None is replaced before all are on the disk, so a full disk leaves the old ones as they were.
    Raises OSError.
    """
    parts = [path.with_name(path.name + ".part") for path in files]
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
    path = _find(name_or_path)
    try:
        with open(path.with_suffix(".json"), "rb") as file:
            raw = file.read(MAX_CARD_BYTES + 1)
        if len(raw) > MAX_CARD_BYTES:
            raise ModelError(f"The card of {path.name} is larger than 1 MiB.")
        card = json.loads(raw)
        if not isinstance(card, dict) or not isinstance(card.get("config"), dict):
            raise ValueError("it is no table with a config, which is one too")
        SCTConfig.from_dict(card["config"])
        certainty.check(card)
    except OSError:
        raise ModelError(f"The checkpoint {path.name} has no readable card (.json).") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"The card of {path.name} is damaged: {str(error)[:200]}") from None
    return card


def check(name_or_path: str | Path) -> dict[str, Any]:
    """Read a model's card once its weights are known to fit it; only their shapes are read.

    Raises:
        ModelError: as `load_with_card`.
    """
    from safetensors import SafetensorError, safe_open

    path = _find(name_or_path)
    card = read_card(path)
    config = SCTConfig.from_dict(card["config"])
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError):
        why = _REFUSED if _is_pickle(path) else "is damaged."
        raise ModelError(f"The checkpoint {path.name} {why}") from None
    # Counted first: a card can ask for a model that no memory holds.
    fits = sum(map(math.prod, shapes.values())) == sum(p.parameters for p in layer_costs(config))
    if fits:
        with torch.device("meta"):
            wanted = SCT(config).state_dict()
        fits = shapes == {key: tuple(value.shape) for key, value in wanted.items()}
    if not fits:
        raise ModelError(f"The weights in {path.name} do not fit the config in its card.")
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
        ModelError: unknown name, missing or damaged file, or weights that do not fit the card.
        ValueError: a device that is not there.
    """
    from safetensors.torch import load_file

    where = pick_device(device)
    path = _find(name_or_path)
    card = check(path)
    config = SCTConfig.from_dict(card["config"])
    state = load_file(path)
    with torch.device("meta"):
        model = SCT(config)
    # Copied, not assigned: rows mapped from a file are not aligned, so products of them are slower
    # and round otherwise than those of the model that was saved.
    model.to_empty(device=where)
    model.load_state_dict(state)
    return model.requires_grad_(False).eval(), card


def _is_pickle(path: Path) -> bool:
    """Say whether a file that is no safetensors begins as torch.save or pickle would have it."""
    try:
        with open(path, "rb") as file:
            return file.read(4).startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x04", b"\x80\x05"))
    except OSError:
        return False


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
        raise ModelError(f"The checkpoint {path.name} cannot be read.") from None


def load(name_or_path: str | Path = DEFAULT, device: str = "auto") -> SCT:
    """Load a trained model in evaluation mode; see `load_with_card`."""
    return load_with_card(name_or_path, device)[0]
