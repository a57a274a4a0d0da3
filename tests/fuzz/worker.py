"""A process that mutates and reads: it takes "TARGET FIRST LAST" lines and tells how each ended.

What kills it kills nothing else. Whatever it or a library in it prints is caught in a file, where
nothing may turn up.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.fuzz.target import Fault, Target, load, rng_of

DECODE_S = 1.5  # after which the reader gives up: two threads that decode stay below the other
_MEMORY = 8 << 30  # of addresses; a bomb is to end this process and not the computer
_LONGEST = 3000  # characters of a message
_OUTWARD = ("socket.connect", "socket.bind", "os.exec", "os.system")


def main(corpus: str, work: str, cpu_s: str) -> None:
    """Work until the input ends; see the module.

    Args:
        corpus, work: folders, as of a `Target`.
        cpu_s: seconds of CPU after which a mutation ends the process, all threads together.
    """
    out = os.fdopen(os.dup(1), "w", buffering=1)
    said = os.open(Path(work, "said"), os.O_RDWR | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    faulthandler.enable()
    faulthandler.register(signal.SIGPROF, chain=True)  # says where, and then ends the process
    with suppress(OSError, ValueError):  # not every system has this one
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("always")
    os.environ["OMP_NUM_THREADS"] = "1"  # threads of tiny products wait for each other
    os.environ["SCT_MAX_DECODE_S"] = str(DECODE_S)
    temporary = Path(work, "temporary")
    temporary.mkdir()
    tempfile.tempdir = str(temporary)
    outward: list[str] = []
    targets: dict[str, Target] = {}
    kept: set[str] = set()
    for line in sys.stdin:
        name, first, last = line.split()
        if name not in targets:
            place = Path(work, name.replace(":", "."))
            place.mkdir()
            targets[name] = load(name, Path(corpus), place)
            kept = set(os.listdir(temporary))
            if len(targets) == 1:
                sys.addaudithook(lambda event, _: event in _OUTWARD and outward.append(event))
        for seed in range(int(first), int(last)):
            print(json.dumps({"begins": seed}), file=out)
            before = os.fstat(said).st_size
            outward.clear()
            begun = time.perf_counter()
            signal.setitimer(signal.ITIMER_PROF, float(cpu_s))
            ended, fault = outcome(targets[name], name, seed)
            signal.setitimer(signal.ITIMER_PROF, 0)
            seconds = time.perf_counter() - begun
            sys.stdout.flush()
            sys.stderr.flush()
            if os.fstat(said).st_size > before:
                printed = os.pread(said, 600, before).decode(errors="replace")
                fault = fault or f"printed {printed!r}"
            if outward:
                fault = fault or f"reached out: {outward[0]}"
            if left := set(os.listdir(temporary)) - kept:
                fault = fault or f"left files behind: {sorted(left)[:3]}"
                kept |= left
            told: dict[str, Any] = {"ended": ended, "fault": fault, "seconds": round(seconds, 3)}
            print(json.dumps(told), file=out)


def outcome(target: Target, name: str, seed: int) -> tuple[str, str]:
    """Try one mutation; return how it ended, and what was wrong about that, or ""."""
    made = target.make(rng_of(name, seed))
    try:
        target.read(made)
    except target.expected as error:
        text = str(error)
        fine = text and text.isprintable() and len(text) <= _LONGEST and "Traceback" not in text
        return type(error).__name__, "" if fine else f"no sentence: {text[:300]!a}"
    except Fault as error:
        return "Fault", str(error)[:600]
    except BaseException as error:  # whatever it is, it is foreign
        return type(error).__name__, f"{type(error).__name__}: {str(error)[:300]!a} {_where(error)}"
    return "value", ""


def _where(error: BaseException) -> str:
    """Return the last places of the traceback that lie in this project."""
    places, trace = [], error.__traceback__
    root = str(Path(__file__).parents[2])
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(root) and "site-packages" not in file:
            places.append(f"{os.path.relpath(file, root)}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(places[-3:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
