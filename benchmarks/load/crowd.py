"""Many visitors at once, each a client in a thread of its own."""

from __future__ import annotations

import threading
import time

from websockets.exceptions import ConnectionClosed

from benchmarks.load.client import Client
from benchmarks.load.seen import Seen
from benchmarks.load.walk import Person


def crowd(address: str, users: int, minutes: float, seed: int = 0, begin_s: float = 5.0) -> Seen:
    """Let visitors walk through the app for some minutes.

    Args:
        address: of the app. users: how many. seed: of what they do.
        begin_s: seconds over which they come.
    """
    seen, end = Seen(), time.monotonic() + 60 * minutes

    def live(number: int) -> None:
        time.sleep(begin_s * number / users)
        client = Client(address)
        person = Person(client, seed * 1000 + number)
        while time.monotonic() < end:
            try:
                seen.add(person.act(), person.view, person.by_link)
            except (OSError, ConnectionClosed, TimeoutError, KeyError) as error:
                seen.fail(f"{person.view}: {type(error).__name__}: {error}")
                client.close()
            time.sleep(max(0.0, min(person.pause(), end - time.monotonic())))
        client.close()

    threads = [threading.Thread(target=live, args=(i,), daemon=True) for i in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen
