"""Public names of a package that are imported when they are first asked for.

torch takes seconds to import; `python -m sct --help` must not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], Any], list[str]]:
    """Makes the `__getattr__` and the `__all__` of a package.

    Args:
        package: its `__name__`.
        modules: for each module below the package the names that it defines, with spaces between.
    """
    home = {name: module for module, names in modules.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home[name]}"), name)

    return __getattr__, sorted(home)
