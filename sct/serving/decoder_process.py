"""The process that reads files of strangers: asked over a socket, it answers with frames.

    python -m sct.serving.decoder_process SOCKET MEMORY CPU_S

A request is a line of JSON, with the file itself passed beside it; an answer is a line of JSON and,
after a clip, the bytes of its frames, or says why there is none. `sct.serving.decoders` asks.
"""

from __future__ import annotations

import io
import json
import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import sct
from sct.errors import ClipError
from sct.serving import sandbox
from sct.serving.shared_file import SharedFile

MOST_ASKED = 1 << 17  # bytes of a request
READERS = ("read_clip", "read_moments")
# Of a `Clip`, besides its frames: what is read from a file.
FACTS = (
    *("times", "name", "width", "height", "fps", "duration_s", "start", "stride", "rotation"),
    *("codec", "skipped", "held", "notes", "decode_s"),
)


def main() -> None:
    """Answer requests until the other side closes its end."""
    number, memory, cpu = (int(word) for word in sys.argv[1:])
    sandbox.end_with_parent()
    # All that reading needs, before no other file can be opened.
    from sct.video import clip as video

    most = sandbox.limit_memory(memory)
    held = sandbox.close_off([Path(sct.__file__).parent, "/proc/self"])
    with socket.socket(fileno=number) as line:
        line.sendall(json.dumps({"held": held}).encode() + b"\n")
        while True:
            text, files, _, _ = socket.recv_fds(line, MOST_ASKED, 1)
            if not text:
                return
            sandbox.limit_cpu(cpu)
            for file in files:
                answer, frames = _answer(video, json.loads(text), file)
                if "error" in answer and sandbox.memory_left(most) < 0.75 * memory:
                    answer = {"short_of_memory": True}  # which decoders take for damage
                os.close(file)
                line.sendall(json.dumps(answer).encode() + b"\n")
                if frames is not None:
                    line.sendall(frames)


def _answer(video: Any, asked: dict[str, Any], file: int) -> tuple[dict[str, Any], Any]:
    source, reader = io.BufferedReader(SharedFile(file)), asked.pop("reader")
    try:
        if reader in _OWN:
            facts, frames = _OWN[reader](source, **asked)
        else:
            found = getattr(video, READERS[READERS.index(reader)])(source, **asked)
            facts, frames = {name: getattr(found, name) for name in FACTS}, found.frames
    except ClipError as error:
        return {"error": str(error)}, None
    return {"clip": facts, "shape": frames.shape}, memoryview(frames).cast("B")


def _decoded(
    source: Any, name: str, wanted: list[float], side: int, image_size: int | None = None
) -> tuple[dict[str, Any], Any]:
    from sct.video.crop import seen
    from sct.video.decoding import decode
    from sct.video.sources import Limits, any_error_as, open_source, quoted

    with (
        any_error_as(lambda: ClipError(f"{quoted(name)} could not be read.")),
        open_source(source, name, Limits.from_env()) as file,
    ):
        keep = partial(seen, image_size=image_size) if image_size else None
        found = decode(file, wanted, side, keep)
    frames = np.ascontiguousarray(found.pop("frames"))
    return {**dict.fromkeys(FACTS, 0), **found, "name": name}, frames


def _stills(
    source: Any, name: str, names: list[str], sizes: list[int], side: int
) -> tuple[dict[str, Any], Any]:
    """Decode pictures that lie one after the other in `source`, of which each has its size."""
    from sct.video.pictures import stills
    from sct.video.sources import Limits, quoted

    files = ((each, source.read(size)) for each, size in zip(names, sizes, strict=True))
    frames, facts = stills(files, quoted(name), side, Limits.from_env())
    return {**dict.fromkeys(FACTS, 0), **facts, "times": [0] * len(frames), "name": name}, (
        np.stack(frames)
    )


_OWN = {"decode": _decoded, "stills": _stills}  # besides the readers of `sct.video.clip`

if __name__ == "__main__":
    main()
