"""Targets that go wrong at about every third mutation, each in its way, to be found."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from random import Random

from tests.fuzz.target import Fault, Target


class Faulty(Target):
    """Goes wrong where the number that was made is 0."""

    expected = (ValueError,)

    def make(self, rng: Random) -> int:
        return rng.randrange(3)

    def read(self, made: int) -> None:
        if made == 0:
            self.go_wrong()

    def go_wrong(self) -> None:
        """Do what must not be."""


class Right(Faulty):
    def go_wrong(self) -> None:
        raise ValueError("size=0: must be 1 or more")


class Crashes(Faulty):
    def go_wrong(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)


class Ends(Faulty):
    def go_wrong(self) -> None:
        os._exit(3)


class Spins(Faulty):
    def go_wrong(self) -> None:
        while True:
            pass


class Sleeps(Faulty):
    def go_wrong(self) -> None:
        time.sleep(600)


class Foreign(Faulty):
    def go_wrong(self) -> None:
        {}["key"]


class Leaves(Faulty):
    def go_wrong(self) -> None:
        sys.exit(0)


class Warns(Faulty):
    def go_wrong(self) -> None:
        warnings.warn("beware", stacklevel=1)


class Prints(Faulty):
    def go_wrong(self) -> None:
        os.write(2, b"JPEGLib: bogus")


class Mumbles(Faulty):
    def go_wrong(self) -> None:
        raise ValueError("two\nlines")


class Lies(Faulty):
    def go_wrong(self) -> None:
        raise Fault("a clip of no frames")


class Litters(Faulty):
    def go_wrong(self) -> None:
        Path(tempfile.mkstemp()[1]).write_text("left")
