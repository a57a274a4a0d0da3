"""What is lost when something fails under the app: its decoder, itself, its disk, its clock."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed

from benchmarks.load.client import Client, Page
from benchmarks.load.processes import tree
from benchmarks.load.server import serving
from benchmarks.load.walk import video

Tell = Callable[[str], None]
_FULL = 20_000  # bytes that a file may have where the disk is "full"
_FAKE_CLOCK = "*/faketime/libfaketimeMT.so.1"


def decoder_killed() -> dict[str, Any]:
    """Kill every decoder; the next upload is read all the same."""
    with serving() as server:
        client = Client(server.address)
        first = _send(client, "a.mp4")
        killed = _decoders(server.process.pid)
        for one in killed:
            os.kill(one, signal.SIGKILL)
        again = _send(client, "b.mp4")
        sample = client.open(sample="car")
        client.close()
        well = bool(killed) and all(map(_well, (first, again, sample)))
        return {
            "well": well and first.said == again.said and not server.tracebacks(),
            "killed": len(killed),
            "next_upload_s": round(again.seconds, 2),
        }


def server_killed() -> dict[str, Any]:
    """Kill the server amid a request and start it anew; samples answer, and no file is left."""
    with tempfile.TemporaryDirectory(prefix="sct-load-tmp-") as temp:
        place = {"TMPDIR": temp}
        with serving(place) as server:
            client = Client(server.address)
            before = client.open(sample="car")
            _send(client, "a.mp4")
            lost = threading.Event()

            def ask() -> None:
                with suppress(OSError, ConnectionClosed, TimeoutError):
                    client.open("attribution", sample="worker")
                lost.set()

            threading.Thread(target=ask, daemon=True).start()
            time.sleep(1.0)
            amid, orphans = not lost.is_set(), _decoders(server.process.pid)
            server.kill()
        time.sleep(2.0)
        left = [path.name for path in Path(temp).rglob("*")]
        alive = [one for one in orphans if Path(f"/proc/{one}/fd").exists() and _reads(one)]
        with serving(place) as server:
            client = Client(server.address)
            after = client.open(sample="car")
            client.close()
            well = amid and not left and not alive and _well(after) and after.said == before.said
            return {
                "well": well and not server.tracebacks(),
                "files_left": left,
                "decoders_left": len(alive),
                "first_sample_s": round(after.seconds, 2),
            }


def disk_full() -> dict[str, Any]:
    """Let temporary files have no room: an upload gets a sentence, samples answer.

    Root gets a disk of 64 kB in memory; others, files of which none may exceed 20 kB.
    """
    with tempfile.TemporaryDirectory(prefix="sct-load-tmp-") as temp:
        disk = _mounted(temp, "size=64k") if _is_root() else ("prlimit", f"--fsize={_FULL}")
        with serving({"TMPDIR": temp, "PYTHONDONTWRITEBYTECODE": "1"}, disk) as server:
            client = Client(server.address)
            client.open(source="Upload")
            refused = client.upload("a.mp4", video("one.mp4") * 9)
            sample = client.open(sample="car")
            again = client.open("attention", sample="worker")
            client.close()
            said = [what for what in refused.wrong if "no room" in what]
            well = bool(said) and _well(sample) and _well(again) and not server.tracebacks()
            return {"well": well, "said": refused.wrong, "by": disk[0]}


def home_read_only() -> dict[str, Any]:
    """Run with a home that cannot be written: uploads and samples answer."""
    with tempfile.TemporaryDirectory(prefix="sct-load-home-") as home:
        os.chmod(home, 0o500)  # which stops nobody who is root
        disk = _mounted(home, "ro") if _is_root() else ()
        with serving({"HOME": home}, disk) as server:
            client = Client(server.address)
            sample, sent = client.open(sample="car"), _send(client, "a.mp4")
            client.close()
            return {"well": _well(sample) and _well(sent) and not server.tracebacks()}


def clock_set_back() -> dict[str, Any]:
    """Set the clock of the server back by a day, twice, while two people look at it.

    The library `libfaketime` keeps the machine's own clock as it is; without it nothing is tried.
    """
    library = next(Path("/usr/lib").glob(_FAKE_CLOCK), None)
    if library is None:
        return {"well": None, "said": "libfaketime is not installed"}
    with tempfile.TemporaryDirectory(prefix="sct-load-clock-") as folder:
        clock = Path(folder) / "clock"
        clock.write_text("+0d")
        told = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock)}
        told |= {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        with serving(told) as server:
            one, other = Client(server.address), Client(server.address)
            first, sent = one.open(sample="car"), _send(other, "a.mp4")
            pages = [first, sent]
            for days in ("-1d", "-2d"):
                clock.write_text(days)
                pages += [one.open(sample="car"), one.go("attention"), _send(other, "a.mp4")]
                pages += [one.open(sample="worker")]
            one.close()
            other.close()
            same = pages[2].said == pages[6].said == first.said
            same = same and pages[4].said == pages[8].said == sent.said
            well = same and all(map(_well, pages)) and not server.tracebacks()
            worst = max(page.seconds for page in pages[2:])
            return {"well": well, "same_answers": same, "worst_s": round(worst, 2)}


def _mounted(folder: str, options: str) -> tuple[str, ...]:
    """Return what runs a command that alone sees an empty disk of its own in a folder."""
    script = f'mount -t tmpfs -o {options} tmpfs "$0" && exec "$@"'
    return "unshare", "--mount", "sh", "-c", script, folder


def _is_root() -> bool:
    return os.geteuid() == 0


FAULTS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "decoder killed": decoder_killed,
    "server killed amid a request": server_killed,
    "disk full in temp": disk_full,
    "home read-only": home_read_only,
    "clock set back": clock_set_back,
}


def measure(tell: Tell) -> list[dict[str, Any]]:
    """Have each fault in turn; "well" says that nothing was lost and samples answered at once.

    It is None of a fault that cannot be had on this machine.
    """
    found = []
    for name, fault in FAULTS.items():
        found.append({"fault": name, **fault()})
        tell(f"{name}: {'well' if found[-1]['well'] else found[-1]}")
    return found


def _send(client: Client, name: str) -> Page:
    client.open(source="Upload")
    return client.upload(name, video("one.mp4"))


def _well(page: Page) -> bool:
    return bool(page.said) and not page.wrong


def _decoders(server: int) -> list[int]:
    return [one for one in tree(server) if one != server and _reads(one)]


def _reads(process: int) -> bool:
    """Return whether a process is a decoder that lives."""
    with suppress(OSError):
        return b"decoder_process" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False
