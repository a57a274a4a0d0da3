"""Takes apart what a pass over several people's clips gives."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from torch import Tensor

Value = TypeVar("Value")


def one_of(found: Value, place: int, count: int) -> Value:
    """Return what a pass over one clip would have given.

    Args:
        found: tensors (batch, ...), and records, tuples, lists and tables of such.
        place: of the clip in the batch. count: clips in it.

    Returns:
        the same with tensors (1, ...) of their own, so that none keeps those of others.
    """
    if count == 1:
        return found

    def cut(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value[place : place + 1].clone()
        if isinstance(value, dict):
            return {key: cut(each) for key, each in value.items()}
        if isinstance(value, list):
            return [cut(each) for each in value]
        if isinstance(value, tuple):
            parts = [cut(each) for each in value]
            if all(part is each for part, each in zip(parts, value, strict=True)):
                return value
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        if is_dataclass(value) and not isinstance(value, type):
            parts = {each.name: cut(getattr(value, each.name)) for each in fields(value)}
            kept = all(part is getattr(value, name) for name, part in parts.items())
            return value if kept else replace(value, **parts)
        return value

    return cut(found)
