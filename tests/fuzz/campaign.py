"""Runs mutations in child processes, and says of each that went wrong how to see it again."""

from __future__ import annotations

import json
import queue
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CPU_S = 5.0  # of one mutation
WALL_S = 30.0  # of one mutation: six times what it may take of a CPU, which others may use, too
START_S = 120.0  # to start a process and load what it is to try
_WORKER = (sys.executable, "-m", "tests.fuzz.worker")
CHUNK = 100  # mutations that a process takes at a time


@dataclass(frozen=True)
class Finding:
    """A mutation that did not end as it must."""

    target: str
    seed: int
    what: str

    def __str__(self) -> str:
        again = f"python -m tests.fuzz --only {self.target} --seed {self.seed}"
        return f"{self.target} {self.seed}: {self.what}\n    again: {again}"


@dataclass
class Report:
    """How a campaign ended.

    Attributes:
        ended: of each target, how many mutations ended in a value, in which exception that may be,
            or as a finding.
        findings: those that went wrong.
        slowest: seconds, target and seed of the slowest of each target.
        seconds: of all together.
    """

    ended: dict[str, Counter[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    slowest: dict[str, tuple[float, int]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def count(self) -> int:
        return sum(sum(ways.values()) for ways in self.ended.values())

    def __str__(self) -> str:
        lines = [f"{self.count:,} mutations in {self.seconds:.0f} s, {len(self.findings)} findings"]
        for name, ways in sorted(self.ended.items()):
            how = ", ".join(f"{count:,} {way}" for way, count in ways.most_common())
            seconds, seed = self.slowest.get(name, (0.0, 0))
            lines.append(f"  {name}: {how}; slowest {seconds:.2f} s (seed {seed})")
        return "\n".join([*lines, *map(str, self.findings)])


def run(
    corpus: Path,
    plan: dict[str, range],
    processes: int = 2,
    limits_s: tuple[float, float] = (CPU_S, WALL_S),
    tell: Callable[[str], None] = lambda text: None,
) -> Report:
    """Try mutations.

    Args:
        corpus: the folder of `tests.fuzz.corpus`.
        plan: the seeds of each target.
        processes: at a time.
        limits_s: of one mutation, of a CPU and by the clock.
        tell: is given each finding as it comes.
    """
    begun, report, lock = time.monotonic(), Report(), threading.Lock()
    chunks: queue.SimpleQueue[tuple[str, range]] = queue.SimpleQueue()
    for name, seeds in plan.items():
        report.ended[name] = Counter()
        for first in range(seeds.start, seeds.stop, CHUNK):
            chunks.put((name, range(first, min(first + CHUNK, seeds.stop))))

    def note(name: str, seed: int, ended: str, fault: str, seconds: float) -> None:
        with lock:
            report.ended[name]["finding" if fault else ended] += 1
            if seconds > report.slowest.get(name, (-1.0, 0))[0]:
                report.slowest[name] = seconds, seed
            if fault:
                report.findings.append(Finding(name, seed, fault))
                tell(str(report.findings[-1]))

    broken: list[Exception] = []

    def work() -> None:
        child = _Child(corpus, *limits_s)
        try:
            while True:
                try:
                    name, seeds = chunks.get_nowait()
                except queue.Empty:
                    return
                child.try_all(name, seeds, note)
        except Exception as error:
            broken.append(error)
        finally:
            child.close()

    threads = [threading.Thread(target=work) for _ in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    report.findings.sort(key=lambda finding: (finding.target, finding.seed))
    report.seconds = time.monotonic() - begun
    return report


class _Child:
    """A `tests.fuzz.worker`, started again where a mutation ends it."""

    def __init__(self, corpus: Path, cpu_s: float, wall_s: float):
        self.corpus, self.cpu_s, self.wall_s = corpus, cpu_s, wall_s
        self.process: subprocess.Popen[bytes] | None = None
        self._tried = 0  # mutations, by the process there is

    def try_all(self, name: str, seeds: Sequence[int], note: Callable[..., None]) -> None:
        """Try mutations, telling `note` of each: target, seed, how it ended, fault, seconds."""
        left = list(seeds)
        while left:
            if self.process is None:
                self._start()
            self._send(f"{name} {left[0]} {left[-1] + 1}\n")
            while left:
                begins = self._line(START_S)
                if begins is None and not self._tried:
                    raise RuntimeError(f"{name} cannot begin: {self._died()}")
                told = self._line(self.wall_s) if begins else None
                self._tried += 1
                if told is None:
                    note(name, left.pop(0), "death", self._died(), 0.0)
                    break
                note(name, left.pop(0), told["ended"], told["fault"], told["seconds"])

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self._work.cleanup()
            self.process = None

    def _start(self) -> None:
        self._work = tempfile.TemporaryDirectory(prefix="sct-fuzz-")
        self.process = subprocess.Popen(
            [*_WORKER, str(self.corpus), self._work.name, str(self.cpu_s)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._rest, self._tried = b"", 0

    def _send(self, text: str) -> None:
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:  # it has died, as the next line will tell
            pass

    def _line(self, seconds: float) -> dict[str, Any] | None:
        """Return what the process tells next; None if it dies or says nothing for so long."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not ready.select(max(0.0, deadline - time.monotonic())):
                    return None
                data = self.process.stdout.read1(1 << 16)
                if not data:
                    return None
                self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def _died(self) -> str:
        """End the process, if it has not, and say of what it died."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = None
        try:
            said = Path(self._work.name, "said").read_bytes()[-1500:].decode(errors="replace")
        except OSError:
            said = ""
        self.close()
        if code is None:
            return f"hangs: nothing for {self.wall_s:g} s"
        if code == -signal.SIGPROF:
            return f"takes over {self.cpu_s:g} s of CPU; it was at {said!r}"
        name = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return f"the process died ({name}); its last words: {said!r}"
