"""How long others wait while somebody sends the worst files that are known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed

from benchmarks.load import hostile_files
from benchmarks.load.client import Client, Page
from benchmarks.load.seen import quantile
from benchmarks.load.server import serving
from benchmarks.load.walk import SAMPLES, UPLOADS, video

_OWN_SET = {"analysis": "Over many clips", "data": "your own set"}
Tell = Callable[[str], None]


def send_gif(client: Client, number: int) -> Page:
    """Send a GIF of a billion pixels; a number more makes it one that nobody has sent."""
    client.open(source="Upload")
    return client.upload(f"{number}.gif", hostile_files.gif())


def send_video(client: Client, number: int) -> Page:
    """Send a video of 4096 x 4096."""
    client.open(source="Upload")
    return client.upload(f"{number}.mp4", hostile_files.h264())


def send_bomb(client: Client, number: int) -> Page:
    """Send an archive that unpacks to a thousand times its size, as an own set."""
    client.open("ablation", **_OWN_SET)
    return client.upload(f"{number}.zip", hostile_files.zip_bomb(), key="own_set")


HARMS: Mapping[str, Callable[[Client, int], Page]] = {
    "nobody": lambda client, number: Page(),
    "GIF": send_gif,
    "H.264": send_video,
    "zip bomb": send_bomb,
}


def measure(minutes: float, attackers: int, tell: Tell) -> list[dict[str, Any]]:
    """Measure the waits of one visitor, of samples and of small uploads, beside each harm.

    Args:
        minutes: of each harm. attackers: sessions that send the file again and again.
    """
    for make in (hostile_files.gif, hostile_files.h264, hostile_files.zip_bomb):
        tell(f"{make.__name__}: {len(make()) / 1e3:.0f} kB")
    found = []
    with serving() as server:
        _round(Client(server.address), time.monotonic())  # PyTorch and the samples are there
        _round(Client(server.address), time.monotonic() + 20)
        for name, send in HARMS.items():
            found.append(_beside(server.address, name, send, minutes, attackers))
            tell(_line(found[-1]))
        found.append({"harm": "tracebacks", "count": server.tracebacks()})
    return found


def _line(row: Mapping[str, Any]) -> str:
    """Return a row for people."""
    parts = [f"{name} {value}" for name, value in row.items() if name not in ("harm", "told")]
    return f"{row['harm']}: {', '.join(parts)}"


def _beside(
    address: str, name: str, send: Callable[[Client, int], Page], minutes: float, attackers: int
) -> dict[str, Any]:
    end, sent, said = time.monotonic() + 60 * minutes, [], set()

    def attack(number: int) -> None:
        client, turn = Client(address), 0
        while time.monotonic() < end:
            turn += 1
            with suppress(OSError, ConnectionClosed, TimeoutError):
                page = send(client, 1000 * number + turn)
                sent.append(page.seconds)
                said.update(page.wrong)
            time.sleep(0.5)
        client.close()

    count = 0 if name == "nobody" else attackers
    threads = [threading.Thread(target=attack, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    samples, uploads, wrong = _round(Client(address), end)
    for thread in threads:
        thread.join()
    row: dict[str, Any] = {"harm": name, "attackers": count, "sent": len(sent)}
    for kind, seconds in (("sample", samples), ("upload", uploads)):
        row |= {
            f"{kind}s": len(seconds),
            f"{kind}_median_s": round(quantile(seconds, 0.5), 2),
            f"{kind}_worst_s": round(max(seconds, default=0.0), 2),
        }
    return row | {"errors": len(wrong), "told": [*wrong[:5], *sorted(said)[:5]]}


def _round(client: Client, end: float) -> tuple[list[float], list[float], list[str]]:
    """Look at samples and send small files in turn until a time; seconds of each, and errors."""
    samples, uploads, wrong, turn = [], [], [], 0
    client.open()
    while True:
        page = client.open(sample=SAMPLES[turn % len(SAMPLES)])
        samples.append(page.seconds)
        wrong += page.wrong
        client.open(source="Upload")
        begun = time.perf_counter()
        # Another name makes it another file, which has to be read.
        page = client.upload(f"{turn} {time.time_ns()}.mp4", video(UPLOADS[turn % len(UPLOADS)]))
        uploads.append(time.perf_counter() - begun)
        wrong += page.wrong
        turn += 1
        if time.monotonic() >= end:
            client.close()
            return samples, uploads, wrong
        time.sleep(1.0)
