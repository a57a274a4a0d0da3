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
    "Ablation": "model.ablation",
    "SCTConfig": "model.config",
    "SIZES": "model.config",
    "ClipSpec": "synthetic.spec",
    "SCT": "model.sct",
    "Output": "model.sct",
    "build": "model.sct",
    "Trace": "model.trace",
    "Clip": "video.clip",
    "read_clip": "video.clip",
    "preprocess": "video.clip",
    "load": "checkpoint.io",
    "load_with_card": "checkpoint.io",
    "list_models": "checkpoint.io",
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
