"""Training steps of this version, and of the first one from the history of this repository."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path

from benchmarks.harness.timing import Settings, Unavailable
from sct.model.config import SCTConfig

ROOT = Path(__file__).resolve().parents[2]
FIRST = "6016fa9"  # the first version that had the whole model


class Steps:
    """Training steps in a child process; a call waits until the child has done one.

    Args:
        root: the folder that holds the `sct` to be trained.
        config, batch: shape of the model and of a batch.
        folder: to be deleted at the end, if any.

    Raises:
        RuntimeError: the child ended; what it says is on stderr.
    """

    def __init__(
        self,
        root: Path,
        config: SCTConfig,
        batch: int,
        settings: Settings,
        folder: tempfile.TemporaryDirectory | None = None,
    ):
        # Without fields that are empty: the first version does not know all of them.
        plain = {"frame_embedding": "mean"}  # the first version has nothing else, and no such field
        every = config.to_dict().items()
        shape = {name: value for name, value in every if value not in ((), plain.get(name))}
        given = {"config": shape, "batch": batch}
        given |= {"threads": settings.threads, "device": settings.device}
        script = Path(__file__).with_name("step.py")
        self._folder = folder
        self._child = subprocess.Popen(
            # -P: the folder of the script would come before `root`.
            [sys.executable, "-P", str(script), json.dumps(given)],
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._wait("ready")

    def __call__(self) -> None:
        with suppress(BrokenPipeError):  # what it answers tells whether it is there
            self._child.stdin.write("\n")
            self._child.stdin.flush()
        self._wait("done")

    def _wait(self, word: str) -> None:
        if self._child.stdout.readline().strip() != word:
            self.close()
            raise RuntimeError(f"training steps: the process ended before it was {word}")

    def close(self) -> None:
        self._child.communicate()  # its input ends, and so does it
        if self._folder:
            self._folder.cleanup()


def our_steps(config: SCTConfig, batch: int, settings: Settings) -> Steps:
    """Start training steps of this version."""
    return Steps(ROOT, config, batch, settings)


def first_steps(config: SCTConfig, batch: int, settings: Settings) -> Steps:
    """Start training steps of the first version, unpacked for as long as they are wanted.

    Raises:
        Unavailable: this is not a clone whose history has it.
    """
    folder = tempfile.TemporaryDirectory()
    try:
        unpack(FIRST, Path(folder.name))
    except Unavailable:
        folder.cleanup()
        raise
    return Steps(Path(folder.name), config, batch, settings, folder)


def unpack(revision: str, folder: Path) -> None:
    """Write the `sct` of a revision into a folder. Raises Unavailable if git does not have it."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", revision, "sct"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"revision {revision} is not in the history of this folder") from error
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
