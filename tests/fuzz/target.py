"""What is fuzzed: a target makes an input of a seed, and gives it to the code that must bear it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, ClassVar

# Each target by its name on the command line: its class, and its share of a long run's mutations.
TARGETS = {
    "reader": ("tests.fuzz.targets.reader:Reader", 8000),
    "pictures": ("tests.fuzz.targets.pictures:Folders", 2500),
    "cards": ("tests.fuzz.targets.checkpoints:Cards", 2000),
    "weights": ("tests.fuzz.targets.checkpoints:Weights", 1500),
    "lists": ("tests.fuzz.targets.lists:Lists", 2500),
    "archives": ("tests.fuzz.targets.archives:Archives", 1000),
    "texts": ("tests.fuzz.targets.texts:Texts", 1500),
    "urls": ("tests.fuzz.targets.urls:Urls", 1000),
}


class Fault(Exception):
    """What came back is no value that the code may give."""


class Target(ABC):
    """One kind of input, and the code that reads it.

    Args:
        corpus: the folder of `tests.fuzz.corpus`, which stays as it is.
        work: an empty folder of its own.
    """

    expected: ClassVar[tuple[type[Exception], ...]]

    def __init__(self, corpus: Path, work: Path):
        self.corpus, self.work = corpus, work

    @abstractmethod
    def make(self, rng: Random) -> Any:
        """Make an input, drawn from `rng` alone."""

    @abstractmethod
    def read(self, made: Any) -> None:
        """Read it. Raises one of `expected`, or `Fault` where what came back is wrong."""


def load(name: str, corpus: Path, work: Path) -> Target:
    """Return a target by its name, or by "module:Class"."""
    module, _, kind = TARGETS.get(name, (name,))[0].partition(":")
    return getattr(import_module(module), kind)(corpus, work)


def rng_of(name: str, seed: int) -> Random:
    """Return what draws mutation `seed` of a target: the same on every computer."""
    return Random(f"{name} {seed}")


def require(holds: bool, what: str) -> None:
    """Raise Fault unless it holds."""
    if not holds:
        raise Fault(what)
