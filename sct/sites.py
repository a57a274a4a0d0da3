"""Sites: the places in a model whose activations can be recorded and replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sct.validation import ARGUMENT, check_choice, check_whole, wrong

STREAM = "stage"
HAVE_SITES = ("vilt", "lsh", "shifted", STREAM)
_FORM = re.compile(r"(\d{1,3})\.(\w{1,20})(?:\.(\d{1,4}))?(?:@(\d{1,4}))?", re.ASCII)


@dataclass(frozen=True)
class Site:
    """A place in the model whose activations can be recorded and replaced.

    They are (batch, frame, row, column, block, head, channel), axes of length 1 where one head or
    frame is named, and of a whole stage, which has one block and one head.

    Args:
        stage: counted from 1.
        part: "vilt", "lsh" or "shifted", what attention heads give before they are projected
            together, in all blocks; or "stage", the tokens that leave it (the residual stream).
        head: counted from 0; None stands for all.
        frame: the place in the clip as the model is shown it, from 0; None stands for all.

    The text form, such as "3.shifted.0@4", round-trips.
    """

    stage: int
    part: str
    head: int | None = None
    frame: int | None = None

    def __str__(self) -> str:
        head = "" if self.head is None else f".{self.head}"
        return f"{self.stage}.{self.part}{head}" + ("" if self.frame is None else f"@{self.frame}")

    @classmethod
    def parse(cls, text: str) -> Site:
        """Reads the text form; raises ValueError."""
        if not (found := _FORM.fullmatch(text.strip())):
            raise wrong("site", text, "STAGE.PART[.HEAD][@FRAME] such as 3.shifted.0@4", ARGUMENT)
        stage, part, *rest = found.groups()
        return cls(int(stage), part, *(None if number is None else int(number) for number in rest))

    def check(self, config: Any, settings: Sequence[Any], frames: int) -> None:
        """Raises ValueError unless a forward pass has this site.

        Args:
            config: the `SCTConfig` of the model.
            settings: the `StageSettings` of each of its stages in that pass.
            frames: of the clip.
        """
        check_choice("site part", self.part, HAVE_SITES)
        at = check_whole("site stage", self.stage, 1, config.stages) - 1
        blocks = {"vilt": config.vilt_blocks[at], "shifted": config.shifted_blocks}
        if not blocks.get(self.part, 1) or getattr(settings[at], self.part, True) in (False, "off"):
            raise ValueError(f"site {self}: this part is off or not there: it has no activations")
        heads = {"shifted": config.shifted_heads[at], STREAM: 1}.get(self.part, config.heads[at])
        for name, value, most in (("head", self.head, heads), ("frame", self.frame, frames)):
            if value is not None:
                check_whole(f"site {name}", value, 0, most - 1)

    @property
    def within(self) -> tuple[slice, ...]:
        """Returns the index of this site within the activations of its whole part."""
        frame, head = (slice(n, None if n is None else n + 1) for n in (self.frame, self.head))
        return (slice(None), frame, *[slice(None)] * 3, head)
