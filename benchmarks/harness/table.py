"""The report of a run: where it was measured, and its rows."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import torch

from benchmarks.harness.rows import Row
from benchmarks.harness.timing import Settings
from sct.cli import console

PEERS = ("reformer-pytorch", "transformers", "timesformer-pytorch")
COLUMNS = ("what", "ours", "against", "theirs", "ratio", "95% interval", "target", "met")


def facts(what: str, settings: Settings) -> dict[str, Any]:
    """Return the device, versions and date of a run that is about to begin."""
    cuda = settings.device == "cuda"
    return {
        "benchmark": what,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "device": torch.cuda.get_device_name() if cuda else "CPU",
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "threads": settings.threads,
        "dtype": settings.precision,
        "repeats": settings.repeats,
        # Above 0, something else is running, and the seconds are those of a busy machine.
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "peers": {name: version(name) for name in PEERS},
    }


def cpu_name() -> str:
    found = torch.cpu.get_capabilities().get("cpu_name")
    return str(found or platform.processor() or platform.machine())


def version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def print_report(facts: dict[str, Any], rows: Sequence[Row]) -> None:
    peers = ", ".join(f"{name} {found or '(missing)'}" for name, found in facts["peers"].items())
    device = facts["cpu"] if facts["device"] == "CPU" else f"{facts['device']}; {facts['cpu']}"
    console.say(
        f"{facts['benchmark']}: {device}, {facts['cores']} cores, {facts['threads']} threads, "
        f"{facts['dtype']}, medians of {facts['repeats']} or more repeats, {facts['date']}, "
        f"load before {facts['load_before']}",
        f"torch {facts['torch']}, {peers}",
        "",
    )
    console.print_table([list(COLUMNS), *(cells(row) for row in rows)])
    for row in rows:
        if row.note:
            console.say("", f"{row.name}, {row.peer}: {row.note}" if row.peer else row.note)


def cells(row: Row) -> list[str]:
    interval = row.ratio_ci95
    return [
        row.name,
        amount(row.ours, row.unit),
        row.peer or "-",
        amount(row.theirs, row.unit),
        "-" if row.ratio is None else f"{row.ratio:.2f}x",
        "-" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}",
        row.goal or "-",
        {True: "yes", False: "no", None: "-"}[row.met],
    ]


def amount(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "mb":
        return f"{value:.0f} MB"
    return f"{1000 * value:.1f} ms" if value < 1 else f"{value:.2f} s"
