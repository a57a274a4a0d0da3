"""How the analyses of the lab are repeated from the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


def of_clip(asked, what, parts=()): ...
def of_data(view, data, limit, variants): ...
def of_sweep(view, data, limit, field, values): ...
