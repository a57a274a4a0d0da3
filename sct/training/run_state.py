"""Saves the state of a training run so that a kill at any moment loses little.

OUT.run.safetensors holds all that a run needs to go on bit for bit: raw weights, their running
mean and the optimizer's moments as tensors, everything else as JSON in the file's own metadata. It
is one file that is replaced by a rename, so it is always one whole state. OUT.csv may be ahead of
it; its surplus rows are dropped when the run goes on.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from sct.checkpoint.io import replace_files
from sct.errors import RunError
from sct.model.config import SCTConfig
from sct.training.config import TrainConfig

FORMAT = 2
_PLAIN = ("step", "init", "data", "seconds", "figures", "validated")  # JSON as they are
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass
class RunState:
    """Holds a run between two steps.

    Attributes:
        step: steps done.
        config: of the run.
        shape: of the model.
        init: the checkpoint it started from, or "".
        data: fingerprint of the clips it trains on.
        seconds: spent so far.
        figures: running loss, grounding loss and accuracy; empty before the first step.
        validated: the latest accuracy on validation clips and their number; empty before.
        weights, ema: by name.
        moments: of the optimizer, by name of the weight and of the moment.
    """

    step: int
    config: TrainConfig
    shape: SCTConfig
    init: str = ""
    data: str = ""
    seconds: float = 0.0
    figures: list[float] = field(default_factory=list)
    validated: list[float] = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)
    ema: dict[str, Tensor] = field(default_factory=dict)
    moments: dict[str, dict[str, Tensor]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Write the whole state as one safetensors file."""
        from safetensors.torch import save

        tensors = {
            **{f"weights/{name}": value for name, value in self.weights.items()},
            **{f"ema/{name}": value for name, value in self.ema.items()},
            **{
                f"moments/{name}/{kind}": value
                for name, kinds in self.moments.items()
                for kind, value in kinds.items()
            },
        }
        facts = {
            "format": FORMAT,
            "config": self.config.to_dict(),
            "shape": self.shape.to_dict(),
            **{name: getattr(self, name) for name in _PLAIN},
        }
        flat = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        return save(flat, metadata={"run": json.dumps(facts)})


def stem(out: str | Path) -> Path:
    """Cut .safetensors off OUT. Raises ValueError for a name with another ending."""
    path = Path(out)
    path = path.with_suffix("") if path.suffix == ".safetensors" else path
    if path.suffix or path.name in ("", ".."):
        raise ValueError(f"out {str(out)[:80]!r}: must be a name without a dot, such as runs/mine")
    return path


def state_path(out: Path) -> Path:
    """Return where the state of the run OUT is saved."""
    return Path(f"{out}.run.safetensors")


def read(out: Path) -> RunState:
    """Read the saved state of the run OUT, on the CPU.

    Raises:
        RunError: there is none, or it is damaged or of another version.
    """
    from safetensors import SafetensorError, safe_open

    path = state_path(out)
    if not path.is_file():
        raise RunError(f"There is no run to go on with: {path} does not exist.")
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {})["run"])
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        if facts.pop("format") != FORMAT:
            raise RunError(f"{path} was written by another version of this program.")
        config = TrainConfig.from_dict(facts.pop("config"))
        state = RunState(config=config, shape=SCTConfig.from_dict(facts.pop("shape")), **facts)
        for name, value in tensors.items():
            kind, _, rest = name.partition("/")
            if kind == "moments":
                weight, _, moment = rest.rpartition("/")
                state.moments.setdefault(weight, {})[moment] = value
            else:
                {"weights": state.weights, "ema": state.ema}[kind][rest] = value
        if not isinstance(state.step, int) or not 0 <= state.step <= config.steps:
            raise ValueError(f"step {state.step}")
        if len(state.figures) not in (0, 3) or len(state.validated) not in (0, 2):
            raise ValueError("figures")
        sum((state.seconds, *state.figures, *state.validated))  # a TypeError unless all are numbers
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RecursionError):
        raise RunError(f"The saved run {path} is damaged, so it cannot go on.") from None
    return state


@contextmanager
def saving(out: Path, step: int, saved: int) -> Iterator[None]:
    """Turn an error of the disk into a sentence that says what is still there.

    Args:
        out: of the run.
        step: steps done.
        saved: steps done when it was last saved.

    Raises:
        RunError: in place of OSError.
    """
    try:
        yield
    except OSError as error:
        why = "the disk is full" if error.errno in _FULL else error.strerror or "the disk failed"
        kept = f"What was saved at step {saved} is kept; once that is mended, go on with --resume."
        if not step:
            kept = "Nothing has begun."
        raise RunError(f"{out} could not be saved at step {step}, as {why}. {kept}") from error


def save(out: Path, files: dict[Path, bytes]) -> None:
    """Replace a run's files; see `sct.checkpoint.io.replace_files`. Raises OSError."""
    replace_files(files)
    try:  # so that the renames outlast a power cut; not every system can do this to a folder
        folder = os.open(out.parent, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(folder)
    except OSError:
        pass
    finally:
        os.close(folder)


class Table:
    """Writes OUT.csv: rows that are on the disk as a whole before the state that follows them.

    Args:
        path: of the table.
        columns: the first is the step.
        done: steps that the run has done; rows of later steps, and half a row that a kill left,
            are dropped.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, columns: Sequence[str], done: int):
        head = ",".join(columns)
        rows = []
        if done and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            whole = text.splitlines()[1:] if text.endswith("\n") else text.splitlines()[1:-1]
            rows = [row for row in whole if row.count(",") == len(columns) - 1]
            rows = [row for row in rows if row.split(",")[0].isdigit()]
            rows = [row for row in rows if int(row.split(",")[0]) <= done]
        replace_files({path: "".join(f"{row}\n" for row in [head, *rows]).encode()})
        # Unbuffered: a row that does not fit on the disk fails here, not when the file is closed.
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        self._columns = tuple(columns)

    def add(self, row: dict[str, Any]) -> None:
        """Append a row; a column that is missing in it, or None, stays empty. Raises OSError."""
        cells = (row.get(name) for name in self._columns)
        line = ",".join(_cell(cell) for cell in cells) + "\n"
        data = line.encode()
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._file.name)

    def sync(self) -> None:
        """Wait until all rows are on the disk. Raises OSError."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.7g}"
    return "" if value is None else str(value)
