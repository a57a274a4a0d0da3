"""Sign-in from end to end: the real server, a provider that this test plays, and a browser's part.

The browser's part is what Streamlit's page does: a websocket that reads pages and clicks a button,
and requests that follow redirects and keep cookies.
"""

import base64
import http.cookiejar
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import closing
from threading import Thread

import itsdangerous
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.deploy.dockerfile import ROOT

jwt = pytest.importorskip("joserfc.jwt", reason="no Authlib (requirements-sign-in.txt)")
RSAKey = pytest.importorskip("joserfc.jwk").RSAKey

PERSON = {"sub": "7", "email": "ann@school.example", "email_verified": True, "name": "Ann"}


def free_port():
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def provider():
    """An OpenID Connect provider that lets everybody in as Ann; yields its address."""
    at = f"http://localhost:{free_port()}"
    key, asked = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}), {}

    def metadata(request):
        places = {f"{name}_endpoint": f"{at}/{name}" for name in ("authorization", "token")}
        algorithms = {"id_token_signing_alg_values_supported": ["RS256"]}
        return JSONResponse({"issuer": at, "jwks_uri": f"{at}/jwks", **places, **algorithms})

    def authorization(request):
        asked.update(request.query_params)
        back = urllib.parse.urlencode({"code": "once", "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}")

    def token(request):
        now = int(time.time())
        claims = {"iss": at, "aud": asked["client_id"], "iat": now, "exp": now + 600, **PERSON}
        signed = jwt.encode(
            {"alg": "RS256", "kid": "one"}, {**claims, "nonce": asked["nonce"]}, key
        )
        kinds = {"access_token": "a", "token_type": "Bearer", "expires_in": 600}
        return JSONResponse({**kinds, "id_token": signed})

    def jwks(request):
        return JSONResponse({"keys": [key.as_dict(private=False)]})

    routes = [Route("/.well-known/openid-configuration", metadata), Route("/jwks", jwks)]
    routes += [Route("/authorization", authorization), Route("/token", token, methods=["POST"])]
    port = int(at.rpartition(":")[2])
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield at
    server.should_exit = True
    thread.join(10)


class Browser:
    """Cookies, and requests that follow redirects."""

    def __init__(self, app):
        self.app, self.cookies = app, http.cookiejar.CookieJar()
        keep = urllib.request.HTTPCookieProcessor(self.cookies)
        self._opener = urllib.request.build_opener(keep)

    def open(self, path):
        """Return the address at which the redirects end."""
        with self._opener.open(self.app + path, timeout=30) as answer:
            assert answer.status == 200
            return answer.url.removeprefix(self.app)

    def visit(self, click=None, **more):
        """One visit: (texts of headings and buttons; where it is sent to, or "").

        Args:
            click: the label of a button to click once the page is drawn.
            more: cookies of one's own making.
        """
        self.open("/_stcore/health")  # which sets the cookie against forged requests
        cookies = {**{each.name: each.value for each in self.cookies}, **more}
        protocols = ["streamlit", cookies["_streamlit_xsrf"]]
        header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        with connect(
            self.app.replace("http", "ws") + "/_stcore/stream",
            subprotocols=protocols,
            origin=self.app,
            additional_headers=header,
            max_size=None,
        ) as link:
            seen, buttons, sent_to = drawn(link, BackMsg())
            if click is not None:
                ask = BackMsg()
                ask.rerun_script.widget_states.widgets.add(id=buttons[click], trigger_value=True)
                seen, _, sent_to = drawn(link, ask)
        return seen, sent_to


def drawn(link, ask):
    """Ask for a page: (texts of headings, text and buttons; buttons by label; where it leads)."""
    ask.rerun_script.query_string = ""
    link.send(ask.SerializeToString())
    seen, buttons, sent_to = [], {}, ""
    while True:
        message = ForwardMsg()
        message.ParseFromString(link.recv(120))
        kind = message.WhichOneof("type")
        if kind == "auth_redirect":
            sent_to = message.auth_redirect.url
        elif kind == "script_finished":
            return seen, buttons, sent_to
        element = message.delta.new_element
        if (what := element.WhichOneof("type")) == "button":
            buttons[element.button.label] = element.button.id
            seen.append(element.button.label)
        elif what in ("heading", "markdown"):
            seen.append(getattr(element, what).body)


@pytest.fixture(scope="module")
def app(provider, tmp_path_factory):
    """The app behind sign-in; yields its address."""
    folder, port = tmp_path_factory.mktemp("app"), free_port()
    auth = {
        "redirect_uri": f"http://localhost:{port}/oauth2callback",
        "cookie_secret": "s" * 40,
        "client_id": "sct",
        "client_secret": "hush",
        "server_metadata_url": f"{provider}/.well-known/openid-configuration",
    }
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in auth.items())
    (folder / "secrets.toml").write_text(f"[auth]\n{lines}")
    options = [f"--server.port={port}", "--server.headless=true"]
    options += [f"--secrets.files={folder / 'secrets.toml'}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2)
                break
            except OSError:
                time.sleep(0.5)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(20)


def outside(seen):
    return "Sign in" in seen and "Inspect" not in seen and "Sign out" not in seen


def test_from_the_door_to_the_app_and_out_again(app):
    browser = Browser(app)
    assert outside(browser.visit()[0])
    _, sent_to = browser.visit(click="Sign in")
    assert sent_to.startswith("/auth/login?provider=")
    assert browser.open(sent_to) == "/"  # by way of the provider

    seen, _ = browser.visit()
    assert {"Inspect", "Sign out"} <= set(seen) and "Sign in" not in seen
    assert [each for each in seen if "Signed in as" in each and "school" in each]

    seen, sent_to = browser.visit(click="Sign out")
    assert outside(seen) and sent_to == "/auth/logout"
    browser.open(sent_to)
    assert outside(browser.visit()[0])


def test_a_cookie_of_ones_own_making_opens_nothing(app):
    made = json.dumps({**PERSON, "is_logged_in": True, "origin": app})
    plain = base64.b64encode(made.encode()).decode()
    signed = itsdangerous.TimestampSigner("guess").sign(plain).decode()
    for value in (made, plain, signed):
        assert outside(Browser(app).visit(_streamlit_user=value)[0])


def test_a_callback_that_nobody_asked_for_opens_nothing(app):
    browser = Browser(app)
    browser.open("/oauth2callback?code=once&state=guessed")
    assert outside(browser.visit()[0])
