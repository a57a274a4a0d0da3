"""Two small servers behind a real Caddy, and what a client sees through it, as JSON on stdout.

Run in a network and a mount namespace of its own, in which the name `app` has two addresses.
Arguments: the Caddyfile, and a folder for what Caddy keeps.
"""

import http.client
import json
import os
import ssl
import subprocess
import sys
import time
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from websockets.sync.client import connect

ADDRESSES = ("127.0.0.1", "127.0.0.2")
WAIT_S = 20  # for one answer, and for Caddy to begin
TLS = ssl._create_unverified_context()  # Caddy makes a certificate of its own for localhost


def replica(address):
    """Serve what tells one replica from another; return when it does.

    One begins after the other: what two threads import at once they may find half imported.
    """

    async def who(request):
        return PlainTextResponse(address)

    async def upload(request):
        return PlainTextResponse(str(len(await request.body())))

    async def echo(socket):
        await socket.accept()
        await socket.send_text(f"{address} {await socket.receive_text()}")
        await socket.close()

    routes = [Route("/", who), Route("/upload", upload, methods=["PUT"])]
    routes += [WebSocketRoute("/stream", echo)]
    config = uvicorn.Config(Starlette(routes=routes), host=address, port=8501, log_level="error")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), f"the replica at {address} has ended"
        time.sleep(0.05)


def ask(path, method="GET", body=None, cookie=None, port=443):
    """One request on a connection of its own: (status, text, headers)."""
    if port == 443:
        link = http.client.HTTPSConnection("localhost", port, context=TLS, timeout=WAIT_S)
    else:
        link = http.client.HTTPConnection("localhost", port, timeout=WAIT_S)
    link.request(method, path, body, {"Cookie": cookie} if cookie else {})
    answer = link.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


def cookie_of(headers):
    return headers["Set-Cookie"].split(";")[0]


def look():
    """What a client sees."""
    seen = {"plain": ask("/", port=80)[0]}
    firsts = [ask("/") for _ in range(24)]
    seen["headers"] = firsts[0][2]
    seen["replicas"] = sorted({text for _, text, _ in firsts})
    seen["strays"] = 0
    for _, text, headers in firsts[:8]:
        cookie = cookie_of(headers)
        seen["strays"] += sum(ask("/", cookie=cookie)[1] != text for _ in range(8))
        with connect(
            "wss://localhost/stream", ssl=TLS, additional_headers={"Cookie": cookie}
        ) as socket:
            socket.send("hello")
            seen["strays"] += socket.recv(timeout=WAIT_S) != f"{text} hello"
    seen["inside"] = [ask(path)[0] for path in ("/ready", "/metrics")]
    seen["small"] = ask("/upload", "PUT", bytes(1000))[:2]
    _, text, headers = ask("/")
    cookie = cookie_of(headers)
    seen["large"] = [ask("/upload", "PUT", bytes(3 << 20), cookie)[0] for _ in range(3)]
    seen["strays"] += sum(ask("/", cookie=cookie)[1] != text for _ in range(8))
    return seen


def main():
    config, folder = sys.argv[1:]
    for address in ADDRESSES:
        replica(address)
    env = {**os.environ, "UPLOAD_LIMIT": "2MiB", "SITE": "localhost", "UPSTREAM": "app"}
    env |= dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), folder)
    caddy = subprocess.Popen(
        ["caddy", "run", "--config", config, "--adapter", "caddyfile"], env=env, stderr=sys.stderr
    )
    try:
        until, said = time.monotonic() + WAIT_S, None
        while said != 200:
            assert time.monotonic() < until, f"Caddy does not answer as it should: {said}"
            try:
                said = ask("/")[0]
            except OSError as error:
                said = error
            time.sleep(0.1)
        print(json.dumps(look()))
    finally:
        caddy.terminate()
        caddy.wait()


if __name__ == "__main__":
    main()
