"""Shifted Chunk Transformer: a video transformer that can say where it looked.

model = sct.load()
clip = sct.read_clip("walk.mp4")
output = model(sct.preprocess(clip, model.config.image_size), trace=True)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Ablation": "ablation",
    "SCTConfig": "config",
    "SIZES": "config",
    "Shot": "shot",
    "SCT": "model",
    "Output": "model",
    "build": "model",
    "Trace": "trace",
    "Clip": "video",
    "read_clip": "video",
    "preprocess": "video",
    "load": "weights",
    "load_with_card": "weights",
    "list_models": "weights",
    "SCTError": "errors",
    "ClipError": "errors",
    "ModelError": "errors",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    # torch takes seconds to import; `python -m sct --help` must not wait for it.
    if name not in _HOMES:
        raise AttributeError(f"module 'sct' has no attribute {name!r}")
    return getattr(import_module(f"sct.{_HOMES[name]}"), name)
