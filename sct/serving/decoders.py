"""Reads files of strangers in processes of their own, within limits; what fails there harms nobody.

A decoder is a large program in C that is fed by whoever uploads a file. So each file is read by a
process that may do little else (`sct.serving.sandbox`), one file at a time, and is killed where it
takes too much. The processes are kept for the next file.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, BinaryIO

import numpy as np

from sct.errors import Busy, ClipError
from sct.serving import sandbox
from sct.serving.decoder_answer import MOST_WANTED, clean_sentence, clip_of
from sct.serving.decoder_link import LOOK_S, POLITE_S, Check, Ended, Process
from sct.serving.decoder_process import FACTS, MOST_ASKED
from sct.video.clip import SHORT_SIDE, Clip
from sct.video.sources import Limits, open_source, quoted

PROCESSES = 4  # at most; those beyond the first begin when they are needed
CPU_S = 20
MEMORY = 1 << 30  # bytes that a process may grow by
_PATIENCE_S = 10.0  # for a free process
_IDLE = 2  # processes that read nothing: one for the next owner, and the last one's
# Of a `Clip`, besides its frames: what `sct.video.decoding.decode` returns.
DECODED = tuple(name for name in FACTS if name not in ("name", "start", "stride", "decode_s"))


class TooMuch(ClipError):
    """A file takes more time or memory than there is for it, whichever part of it is read."""


class Decoders:
    """Processes that read clips, to be shared by all sessions. Thread-safe.

    A process reads the files of one owner alone: should one take it over, it meets no other's.

    Args:
        most: processes at once. cpu_s: seconds of processor time for a file. memory: bytes for one.
        idle: processes that are kept while they read nothing.
        polite_s: seconds after which a process that reads a file lets all others go first.
        ahead: whether a process is begun for the next owner before there is one.
    """

    def __init__(
        self,
        most: int = PROCESSES,
        cpu_s: int = CPU_S,
        memory: int = MEMORY,
        idle: int = _IDLE,
        polite_s: float = POLITE_S,
        ahead: bool = True,
    ):
        self._ahead = ahead
        self._cpu_s, self._memory, self._idle, self._polite_s = cpu_s, memory, idle, polite_s
        self._places = threading.BoundedSemaphore(most)
        self._free: list[Process] = []
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Begin a process before it is needed, unless there is one. Raises Busy."""
        if all(process.owner is not None for process in self._free):
            self._give_back(self._begin())

    def close(self) -> None:
        """End all processes that read nothing."""
        with self._lock:
            free, self._free = self._free, []
        for process in free:
            process.end()

    def read_clip(
        self,
        source: BinaryIO,
        *,
        frames: int = 8,
        start: float = 0.0,
        stride: float = 0.1,
        name: str,
        owner: Hashable = "",
        check: Check = lambda: None,
    ) -> Clip:
        """Read a clip as `sct.video.clip.read_clip` does.

        Args:
            source: a file, or bytes in memory that are read like one; it may be read by several.
            name: of the file, any text. owner: whose file it is.
            check: called now and then; what it raises ends the reading.

        Raises:
            ClipError: as `read_clip`, and of a file that takes too much.
            Busy: all processes read other files.
        """
        asked = {"reader": "read_clip", "frames": frames, "start": start, "stride": stride}
        return self._read(source, asked, name, owner, check, frames)

    def read_moments(
        self,
        source: BinaryIO,
        moments: Sequence[float],
        *,
        name: str,
        owner: Hashable = "",
        check: Check = lambda: None,
    ) -> Clip:
        """Read a clip as `sct.video.clip.read_moments` does; arguments and errors as above."""
        asked = {"reader": "read_moments", "moments": [float(second) for second in moments]}
        return self._read(source, asked, name, owner, check, len(moments))

    def decode(
        self,
        path: str,
        wanted: Sequence[float],
        side: int,
        owner: Hashable = "",
        check: Check = lambda: None,
        image_size: int | None = None,
    ) -> dict[str, Any]:
        """Decode a file as `sct.video.decoding.decode` does, for `sct.video.elsewhere.read_by`.

        Args:
            wanted: rising seconds, at most 2048. side: most pixels on the short side of a frame.
            image_size: of what a model sees of such a frame, which comes in its place if given.
        """
        if len(wanted) > MOST_WANTED:
            raise ClipError(f"{len(wanted)} frames are asked for, at most {MOST_WANTED} allowed.")
        asked = {"reader": "decode", "wanted": [float(second) for second in wanted], "side": side}
        asked |= {"image_size": image_size} if image_size else {}
        try:
            with open_source(path, None, Limits.from_env()):
                pass  # what is no file is said as here; some would be opened without an end
            with open(path, "rb") as file:
                name, count = os.path.basename(path), len(wanted)
                kept = image_size or side
                # No hash, which takes time over many frames: only their fields are returned.
                found = self._read(file, asked, name, owner, check, count, kept, "none")
        except OSError:
            raise ClipError(f"{quoted(os.path.basename(path))} could not be opened.") from None
        return {name: getattr(found, name) for name in ("frames", *DECODED)}

    def stills(
        self,
        files: Iterable[tuple[str, bytes]],
        name: str,
        side: int,
        owner: Hashable = "",
        check: Check = lambda: None,
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Decode pictures of a folder as `sct.video.pictures.stills` does.

        Args:
            files: name and bytes of each. name: of the folder. owner, check: as of `read_clip`.
        """
        names, data = zip(*files, strict=True)
        asked = {"reader": "stills", "names": names, "sizes": list(map(len, data)), "side": side}
        if len(json.dumps(asked)) > MOST_ASKED // 2:
            raise ClipError(f"The pictures of {quoted(name)} have too long names.")
        source, count = io.BytesIO(b"".join(data)), len(names)
        found = self._read(source, asked, name, owner, check, count, side, "none")
        facts = ("width", "height", "rotation", "codec", "notes")
        return found.frames, {fact: getattr(found, fact) for fact in facts}

    def _read(
        self,
        source: BinaryIO,
        asked: dict[str, Any],
        name: str,
        owner: Hashable,
        check: Check,
        count: int,
        side: int = SHORT_SIDE,
        hash: str = "",
    ) -> Clip:
        """Read a file, and once more where the process was ended by something else than a limit."""
        text = json.dumps({**asked, "name": name}).encode()
        with ExitStack() as held:
            try:
                file = held.enter_context(_opened(source))
            except OSError:
                raise Busy("No video can be read here now: try again in a moment.") from None
            for last in (False, True):
                try:
                    return self._once(file, text, owner, check, (count, side, hash))
                except Ended as ended:
                    if ended.why == "late":
                        raise ClipError(self._sentence(name, "late")) from None
                    if last or ended.why:
                        raise TooMuch(self._sentence(name, ended.why)) from None
        raise AssertionError  # the last time returns or raises

    def _once(
        self, file: int, text: bytes, owner: Hashable, check: Check, most: tuple[int, int, str]
    ) -> Clip:
        until = time.monotonic() + Limits.from_env().decode_s + _PATIENCE_S
        with self._process(owner, check) as process:
            try:
                process.spent = sandbox.cpu_seconds(process.running.pid) or 0.0
                socket.send_fds(process.line, [text], [file])
                answer = json.loads(process.answer(until, check))
                if "error" in answer:
                    raise ClipError(clean_sentence(answer["error"]))
                if "short_of_memory" in answer:
                    raise Ended("memory")
                return clip_of(answer, lambda n: process.pixels(n, until, check), *most)
            except ClipError:
                raise
            except Ended:
                process.end()
                raise
            except Exception:  # whoever answers may say anything
                process.end()
                code = process.running.returncode
                raise Ended("time" if code == -signal.SIGXCPU else "") from None
            except BaseException:  # nobody waits for it any more
                process.end()
                raise

    def _sentence(self, name: str, why: str) -> str:
        if why == "time":
            return (
                f"{quoted(name)} takes more than {self._cpu_s} seconds to read; a shorter or "
                "smaller clip will do."
            )
        if why == "late":
            return f"{quoted(name)} could not be read in time here: try again in a minute."
        return (
            f"{quoted(name)} could not be read: its decoder failed, or needs more than "
            f"{self._memory / (1 << 30):.2g} GB of memory; a smaller clip, or one that another "
            "program has saved anew, will do."
        )

    @contextmanager
    def _process(self, owner: Hashable, check: Check) -> Iterator[Process]:
        """Yield a process of an owner, or a new one; it is kept unless it has ended by then."""
        end = time.monotonic() + _PATIENCE_S
        while not self._places.acquire(timeout=LOOK_S):
            check()
            if time.monotonic() > end:
                raise Busy("Too many videos are being read here: try again in a moment.")
        try:
            process = self._kept(owner) or self._begin()
            fresh, process.owner = process.owner is None, owner
            if fresh and self._ahead:
                threading.Thread(target=self._another, daemon=True).start()
            try:
                yield process
            finally:
                self._give_back(process)
        finally:
            self._places.release()

    def _another(self) -> None:
        """Begin the process of the next owner, who is not to wait for it."""
        with suppress(Busy):
            self.warm()

    def _kept(self, owner: Hashable) -> Process | None:
        """Return an idle process of the owner, or one of nobody yet; None where there is none."""
        with self._lock:
            for whose in (owner, None):
                for process in [one for one in self._free if one.owner == whose]:
                    self._free.remove(process)
                    if process.running.poll() is None and not process.more():
                        return process
                    process.end()
        return None

    def _give_back(self, process: Process) -> None:
        if process.running.poll() is not None or process.rest:
            process.end()
            return
        with self._lock:
            self._free.append(process)
            gone, self._free = self._free[: -self._idle], self._free[-self._idle :]
        for each in gone:
            each.end()

    def _begin(self) -> Process:
        try:
            return Process.begin(self._memory, self._cpu_s, self._polite_s)
        except (OSError, Ended):
            raise Busy("No video can be read here now: try again in a moment.") from None


@contextmanager
def _opened(source: BinaryIO) -> Iterator[int]:
    """Yield a file of the system with what `source` holds, to be read alone where that can be."""
    with ExitStack() as held:
        try:
            number = source.fileno()
        except (OSError, AttributeError):
            copy = held.enter_context(tempfile.TemporaryFile())
            data = getattr(source, "getbuffer", None)
            if data is not None:
                copy.write(data())
            else:
                source.seek(0)
                shutil.copyfileobj(source, copy)
            copy.flush()
            number = copy.fileno()
        try:
            number = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # not Linux: the file is passed as it was opened
            pass
        else:
            held.callback(os.close, number)
        yield number
