"""Runs a model over a collection on a Ray cluster: the same windows, rows and parts as `run`.

Videos are read by tasks on processors, each in a decoder process of its own; windows go, in blocks
of bounded bytes, to actors that hold the model, on GPUs where the cluster has some; rows come back
to this process, which alone writes. All nodes need this program at the same path, and see the
videos and the model under the same names.
"""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sct.collection import joining
from sct.collection.looking import Look, Looker
from sct.collection.motion import Motion
from sct.collection.reading import Plan, Window
from sct.collection.run import Done, Gathered, Progress
from sct.collection.sources import Item, Part
from sct.collection.store import Store, counted
from sct.collection.working import End, asked, decoders, read
from sct.errors import DataError, RunError
from sct.validation import short

_ROOT = Path(__file__).parents[2]
_CONNECT_S, _ANSWER_S = 3.0, 12.0
_ASK = "import ray, sys; ray.init(address=sys.argv[1]); ray.cluster_resources()"
_BLOCK = 16 << 20  # bytes of windows that go from node to node at once
_MOST_TASKS = 10_000  # into which the reading is divided
_LEAST_CPUS = 2  # one that reads, one for the model


def run(
    looker: Looker,
    items: Sequence[Item],
    store: Store,
    *,
    address: str,
    device: str = "auto",
    batch: int = 8,
    progress: Progress | None = None,
) -> Done:
    """Do as `sct.collection.run.run` does, on the Ray cluster at an address.

    Args:
        address: "auto" for the one of this machine, HOST:PORT of its head, or ray://HOST:PORT.
        device: "cpu" keeps the model off GPUs; "cuda" takes nothing else.

    Raises:
        DataError: Ray is not installed, nobody answers, or the cluster lacks what it takes.
        RunError: rows cannot be written, or the cluster lost videos on the way.
    """
    gathered = Gathered(store, len(items), progress)
    if not items:
        joining.join(store)
        return gathered.done
    with _connected(address) as ray:
        dataset = _dataset(ray, looker, store, items, device, batch)
        try:
            # Where a node dies Ray does again what is lost: what has come already is left aside.
            once = _Once()
            for row in dataset.iter_rows():
                gathered.add(once.rows(_rows_of(row["rows"])), row["forward_s"])
                for end in once.ends([End(*one) for one in json.loads(row["ends"])]):
                    gathered.end(end)
        except (ray.exceptions.RayError, ConnectionError) as error:
            why = _cause(error)
            gathered.flush()
            raise RunError(f"The cluster gave up, as {why}; {store.kept()}") from error
        finally:
            gathered.flush()
    if gathered.done.videos < len(items):
        lost = len(items) - gathered.done.videos
        raise RunError(
            f"{counted(lost, 'video')} did not come back from the cluster; {store.kept()}"
        )
    joining.join(store)
    return gathered.done


def _dataset(
    ray: Any, looker: Looker, store: Store, items: Sequence[Item], device: str, batch: int
) -> Any:
    """Build what gives the rows: videos, windows, rows, none of which is there before the next."""
    have = ray.cluster_resources()
    gpus = int(have.get("GPU", 0)) if device != "cpu" else 0
    cpus = int(have.get("CPU", 0))
    if device == "cuda" and not gpus:
        raise DataError("The cluster has no GPU, which --device cuda asks for.")
    if cpus < _LEAST_CPUS:
        raise DataError(
            f"The cluster has {cpus} processors; it takes {_LEAST_CPUS} or more, one that reads "
            "and one for the model."
        )
    context = ray.data.DataContext.get_current()
    context.target_max_block_size = _BLOCK
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    blocks = min(len(items), _MOST_TASKS)
    source = ray.data.from_items(
        [{"item": json.dumps(asdict(item))} for item in items], override_num_blocks=blocks
    )
    windows = source.flat_map(_Reading(looker.plan), num_cpus=1)
    actors = gpus or max(1, cpus // 2)
    return windows.map_batches(
        _Looking,
        fn_constructor_args=(looker.look, "cuda" if gpus else "cpu", store.header.weights),
        batch_size=batch,
        batch_format="pyarrow",
        concurrency=(1, actors),
        num_gpus=1 if gpus else None,
        num_cpus=None if gpus else 1,
    )


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Give the module of Ray, connected to a cluster. Raises DataError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would send figures to its makers
    try:
        import ray
        import ray.data
    except ImportError:
        raise DataError(
            "--ray needs Ray, which is not installed here; "
            "`pip install -r requirements-ray.txt` installs it, and a run without --ray does "
            "the same on this machine."
        ) from None
    nobody = DataError(f"No Ray cluster answers at {short(address, 80)}.")
    _check_port(address, nobody)
    if not _answers(address):
        raise nobody
    where = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {"PYTHONPATH": where, "OMP_NUM_THREADS": "1"}},
        )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError):
        raise nobody from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _answers(address: str) -> bool:
    """Say whether a cluster answers, by a process that can be ended: Ray would try for minutes."""
    command = [sys.executable, "-c", _ASK, address]
    try:
        given = {"timeout": _ANSWER_S, "check": True}
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **given)
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _check_port(address: str, nobody: DataError) -> None:
    """Raise `nobody` where nothing listens at an address; Ray would try for a minute."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
        raise DataError(
            f"{short(address, 80)} is no address of a Ray cluster: it is auto, HOST:PORT or "
            "ray://HOST:PORT."
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S):
            pass
    except (OSError, UnicodeError):
        raise nobody from None


def _cause(error: BaseException) -> str:
    """Return the first line of why a task failed."""
    cause = getattr(error, "cause", None) or error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return short(lines[-1 if len(lines) > 1 else 0].strip(), 300)


class _Once:
    """Lets each row and each end through once."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, int]] = set()
        self._ended: set[str] = set()

    def rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        new = [row for row in rows if (row["file"], row["window"]) not in self._seen]
        self._seen |= {(row["file"], row["window"]) for row in new}
        return new

    def ends(self, ends: list[End]) -> list[End]:
        new = [end for end in ends if end.file not in self._ended]
        self._ended |= {end.file for end in new}
        return new


# -- what runs on the nodes ------------------------------------------------------------------------


class _Reading:
    """Reads a video into packed windows, and its end."""

    def __init__(self, plan: Plan):
        self._plan = plan

    def __call__(self, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        item = item_of(json.loads(row["item"]))
        for one in read(item, self._plan, _decode):
            if isinstance(one, End):
                yield {"window": b"", "end": json.dumps(list(asdict(one).values()))}
            else:
                yield {"window": packed(one), "end": ""}


class _Looking:
    """Holds the model; gives the rows of packed windows, in one row."""

    def __init__(self, look: Look, device: str, weights: str):
        import torch

        from sct.checkpoint.io import fingerprint

        if fingerprint(look.model) != weights:
            raise DataError(f"the model {look.model} is another one on a node")
        if device == "cpu":
            torch.set_num_threads(1)
        self._looker = Looker(look, device)
        self._schema: pa.Schema | None = None

    def __call__(self, batch: pa.Table) -> pa.Table:
        windows = [unpacked(data) for data in batch.column("window").to_pylist() if data]
        ends = [json.loads(text) for text in batch.column("end").to_pylist() if text]
        if self._schema is None:
            from sct.collection.schema import schema_of

            self._schema = schema_of(self._looker.header(""))
        begun = time.monotonic()
        rows = self._looker.rows(windows) if windows else []
        forward_s = time.monotonic() - begun
        table = pa.Table.from_pylist(rows, schema=self._schema)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        data = sink.getvalue().to_pybytes()
        return pa.table({"rows": [data], "ends": [json.dumps(ends)], "forward_s": [forward_s]})


def _rows_of(data: bytes) -> list[dict[str, Any]]:
    with pa.ipc.open_stream(data) as stream:
        return stream.read_all().to_pylist()


@lru_cache(maxsize=1)
def _decoders() -> Any:
    return decoders(1)


def _decode(path: str, wanted: list[float], image_size: int) -> dict[str, Any]:
    return asked(_decoders(), path, wanted, image_size, lambda: None)


def item_of(found: dict[str, Any]) -> Item:
    """Undo `asdict` of an item, also through JSON."""
    parts = tuple(Part(p["start_s"], p["end_s"], tuple(p["known"])) for p in found["parts"])
    return Item(**{**found, "parts": parts})


def packed(window: Window) -> bytes:
    """Write a window as bytes that any node reads: arrays, and text for all else."""
    facts = {name: value for name, value in window.facts.items() if name != "strip"}
    arrays = {"pixels": window.pixels}
    arrays["strip"] = np.frombuffer(window.facts.get("strip", b""), np.uint8)
    for i, one in enumerate(window.motion):
        arrays |= {f"motion{i}": one.motion, f"known{i}": one.known, f"still{i}": one.still}
    arrays["text"] = np.frombuffer(json.dumps([facts, window.known]).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def unpacked(data: bytes) -> Window:
    """Undo `packed`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        facts, known = json.loads(found["text"].tobytes())
        if len(found["strip"]):
            facts["strip"] = found["strip"].tobytes()
        count = sum(name.startswith("motion") for name in found.files)
        motion = tuple(
            Motion(found[f"motion{i}"], found[f"known{i}"], found[f"still{i}"])
            for i in range(count)
        )
        return Window(found["pixels"], facts, tuple(known), motion)
