"""How fast a collection goes: decoding beside PyAV alone, and workers beside one process.

    python -m benchmarks.speed.collection SOURCE [--limit N] [--repeats N] [--only decode] [--json]

All ways are taken in turn, and of each the median is told, so that what else the machine does
falls on all alike. Decoding, in seconds of processor time: what `sct collection` does to a video
before a model sees it, beside plain loops of PyAV over the same files: one that throws the pictures
away, one that makes the same of those shown at the same moments (what is left is what our reader
costs), one that makes plain RGB of these, and one that makes RGB of all. Runs:
each in a process of its own, without a table; one process does all with one thread, as the
yardstick of what workers gain.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import av
import click

from sct.cli import console
from sct.collection.looking import Look, Looker
from sct.collection.reading import Plan, decode_here, read_windows
from sct.collection.sources import Item, find
from sct.collection.working import End, cores, read, work_through
from sct.errors import ClipError
from sct.questions import questions_of
from sct.video.clip import SHORT_SIDE
from sct.video.crop import seen
from sct.video.frames import FrameFormat

# Torch's threads, and workers: with None the run chooses the threads by itself.
WAYS = {
    "one process, one thread": (1, 0),
    f"one process, {cores()} threads": (cores(), 0),
    "1 worker": (None, 1),
    "2 workers": (None, 2),
}


_STRIDE = 0.1  # seconds


def plan_of(size: int = 112) -> Plan:
    """Return a plan of which nothing but decoding is left."""
    return Plan(8, _STRIDE, 8, size, shots=False, strips=False, shifts=(), order=tuple(range(8)))


Make = Callable[[Any, Any], Any]  # of a picture and its stream


def loop(items: Sequence[Item], make: Make | None = None, step_s: float = 0.0) -> int:
    """Decode videos as PyAV's own examples do; return the pictures.

    Args:
        make: what becomes of pictures; None throws them away.
        step_s: seconds from one that is made to the next; 0 makes something of all.
    """
    count = 0
    for item in items:
        with suppress(av.FFmpegError), av.open(item.path) as container:
            stream = container.streams.video[0]
            stream.thread_type, stream.codec_context.thread_count = "SLICE", 2  # as ours
            begun, due = None, 0.0
            for picture in container.decode(stream):
                second = picture.time or 0.0
                begun = second if begun is None else begun
                if make and second - begun >= due - 1e-6:
                    make(picture, stream)
                    due += step_s
                count += 1
    return count


def rgb(picture: Any, stream: Any) -> Any:
    """Return a picture as PyAV's examples do."""
    return picture.to_ndarray(format="rgb24")


def alike(size: int = 112) -> Make:
    """Return what makes of pictures what ours does: colours rounded exactly, a model's view."""
    formats: dict[int, FrameFormat] = {}

    def make(picture: Any, stream: Any) -> Any:
        key = id(stream)
        if key not in formats:
            formats.clear()
            formats[key] = FrameFormat.of(picture, stream, SHORT_SIDE)
        return seen(formats[key].frame(picture), size)

    return make


def ours(items: Sequence[Item]) -> int:
    """Decode videos as a collection does; return the windows."""
    count = 0
    for item in items:
        with suppress(ClipError):
            count += sum(1 for _ in read_windows(item, plan_of(), decode_here))
    return count


def decoding(items: Sequence[Item], repeats: int) -> dict[str, float]:
    """Return the median seconds of processor time of each way to decode some videos."""
    ways: dict[str, Callable[[], int]] = {
        "ours": lambda: ours(items),
        "PyAV, pictures thrown away": lambda: loop(items),
        "PyAV, the same view of the same moments": lambda: loop(items, alike(), _STRIDE),
        "PyAV, RGB of the same moments": lambda: loop(items, rgb, _STRIDE),
        "PyAV, RGB of all pictures": lambda: loop(items, rgb),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            begun = time.process_time()
            way()
            took[name].append(time.process_time() - begun)
    return {name: statistics.median(times) for name, times in took.items()}


# -- whole runs, each in a process of its own ------------------------------------------------------


def one_run(source: str, limit: int, ablations: Sequence[str], way: str) -> dict[str, float]:
    """Look at the windows of some videos; return how many, the seconds, and those of each part."""
    import cv2
    import torch

    threads, workers = WAYS[way]
    torch.set_num_threads(threads or cores())
    cv2.setNumThreads(threads or cores())
    looker = Looker(Look("sct-scene", tuple(ablations)), "cpu")
    items = find(source, questions_of(looker.model.config)).items[:limit]
    for window in read(items[0], looker.plan, decode_here):  # what is made once, is made
        if not isinstance(window, End):
            looker.rows([window])
    counted, spent = Counted(), processor_s()
    begun = time.perf_counter()
    work_through(looker, items, counted, workers=workers, batch=8)
    seconds = time.perf_counter() - begun
    spent = processor_s() - spent
    found = {"windows": counted.windows, "forward_s": counted.forward_s}
    return {**found, "seconds": seconds, "processor_s": spent}


class Counted:
    """Counts what is found, and keeps nothing of it."""

    def __init__(self) -> None:
        self.windows, self.forward_s = 0, 0.0
        self._lock = threading.Lock()

    def add(self, rows: Sequence[dict[str, Any]], forward_s: float) -> None:
        """Count rows."""
        with self._lock:
            self.windows += len(rows)
            self.forward_s += forward_s

    def end(self, end: End) -> None:
        """Count nothing."""


def processor_s() -> float:
    """Return the processor time of this process, and of those that it began and that ended."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def runs(source: str, limit: int, ablations: Sequence[str], repeats: int) -> dict[str, Any]:
    """Return the median of each way to run, in turn."""
    took: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(repeats):
        for way in WAYS:
            given = json.dumps([source, limit, list(ablations), way])
            said = subprocess.run(
                [sys.executable, "-m", "benchmarks.speed.collection", "--one", given],
                check=True,
                capture_output=True,
                text=True,
                env={k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"},
            )
            took[way].append(json.loads(said.stdout))
    found = {}
    for way, several in took.items():
        middle = sorted(several, key=lambda one: one["seconds"])[len(several) // 2]
        found[way] = {**middle, "clips_per_s": middle["windows"] / middle["seconds"]}
    return found


@click.command()
@click.argument("source", required=False)
@click.option("--limit", type=click.IntRange(min=1), default=40, show_default=True)
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--ablate", "ablations", multiple=True, default=("shifted=self",), show_default=True)
@click.option("--only", type=click.Choice(["decode", "runs"]))
@click.option("--one", hidden=True)
@click.option("--json", "as_json", is_flag=True)
def main(
    source: str,
    limit: int,
    repeats: int,
    ablations: tuple[str, ...],
    only: str | None,
    one: str | None,
    as_json: bool,
) -> None:
    """Time decoding beside PyAV's own, and runs of several workers beside one process."""
    if one:
        console.print_json(one_run(*json.loads(one)))
        return
    if not source:
        raise click.UsageError("SOURCE is missing: a folder, a pattern or a list of videos.")
    items = find(source, ()).items[:limit]
    found: dict[str, Any] = {"videos": len(items)}
    if only != "runs":
        found["decode_s"] = decoding(items, repeats)
    if only != "decode":
        found["runs"] = runs(source, limit, ablations, repeats)
    if as_json:
        console.print_json(found)
        return
    if only != "runs":
        rows = [["decoding", "s", "ours, in times of it"]]
        for name, seconds in found["decode_s"].items():
            times = found["decode_s"]["ours"] / seconds
            rows.append([name, f"{seconds:.3f}", f"{times:.2f}"])
        console.print_table(rows)
    if only != "decode":
        least = found["runs"]["one process, one thread"]["clips_per_s"]
        rows = [["run", "clips", "s", "s in the model", "s of processors", "clips/s", "gain"]]
        for way, said in found["runs"].items():
            seconds = [f"{said[name]:.1f}" for name in ("seconds", "forward_s", "processor_s")]
            rate, gain = said["clips_per_s"], said["clips_per_s"] / least
            rows.append([way, str(said["windows"]), *seconds, f"{rate:.2f}", f"{gain:.2f}"])
        console.print_table(rows)


if __name__ == "__main__":
    main()
