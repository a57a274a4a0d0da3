"""A browser without its windows: Streamlit's protocol over a websocket, one session a link."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

from benchmarks.load import answers

_PATIENCE_S = 180.0
_VALUES = {"number_input": "double_value", "text_input": "string_value", "checkbox": "bool_value"}
_EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


@dataclass
class Page:
    """What a request ended in.

    Attributes:
        seconds: from the request to the end of the script.
        drawn_s: to the first bar of a long computation, else as `seconds`: all above it is there.
        said: what the page answers, as `answers.said` has it.
        wrong: what went wrong, as `answers.wrong` has it.
        size: bytes that came.
        elements: by their place.
    """

    seconds: float = 0.0
    drawn_s: float = 0.0
    said: tuple[Any, ...] = ()
    wrong: list[str] = field(default_factory=list)
    size: int = 0
    elements: dict[tuple[int, ...], Any] = field(default_factory=dict)


class Client:
    """One visitor. A link that is opened is a session of its own, as in a browser.

    Args:
        address: of the app, such as http://127.0.0.1:8501.
    """

    def __init__(self, address: str):
        self._address = address
        self._link: ClientConnection | None = None
        self._open = ExitStack()  # holds the connection
        self._widgets: dict[str, str] = {}  # the last part of an id -> the id
        self._states: dict[str, WidgetState] = {}  # what was changed here, by id
        self._pages: dict[str, str] = {}
        self._page = self._query = self.session = ""
        self._cookie = self._token = ""

    def open(self, page: str = "", **query: str) -> Page:
        """Open a link: a page by its address ("" is the first), and what stands after the "?"."""
        self.close()
        self._states, self._page = {}, ""
        self._query = urllib.parse.urlencode(query)
        if not self._token:
            self._cookie, self._token = _forgery_token(self._address)
        protocols = ["streamlit", self._token] if self._token else ["streamlit"]
        link = connect(
            self._address.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=protocols,
            origin=self._address,
            additional_headers={"Cookie": self._cookie} if self._cookie else None,
            max_size=None,
            compression=None,
            open_timeout=_PATIENCE_S,
            ping_interval=None,
        )
        self._link = self._open.enter_context(link)
        return self._ask(lambda rerun: setattr(rerun, "page_name", page))

    def go(self, page: str) -> Page:
        """Click on another page of the list: the session stays."""
        self._page, self._query = self._pages[page], ""
        return self._ask()

    def set(self, key: str, kind: str, value: Any) -> Page:
        """Change a widget of the page.

        Args:
            key: of the widget. kind: which value it has, as Streamlit calls it: "string_value".
            value: of that kind; what JSON can hold for "json_value".
        """
        state = WidgetState(id=self._widgets[key])
        if kind == "json_value":
            value = json.dumps(value)
        if kind.endswith("array_value"):
            getattr(state, kind).data.extend(value)
        else:
            setattr(state, kind, value)
        self._states[state.id] = state
        return self._ask()

    def has(self, key: str) -> bool:
        """Return whether the page has a widget of that key."""
        return key in self._widgets

    def upload(self, name: str, data: bytes, key: str = "upload") -> Page:
        """Send a file to the field of the page.

        Raises:
            OSError: it was not let in; the error's text says why.
        """
        place = self._place(name)
        self._send_file(place.upload_url, name, data)
        state = WidgetState(id=self._widgets[key])
        one = state.file_uploader_state_value.uploaded_file_info.add()
        one.name, one.size, one.file_id = name, len(data), place.file_id
        one.file_urls.CopyFrom(place)
        self._states[state.id] = state
        return self._ask()

    def close(self) -> None:
        """Leave, as who closes the tab."""
        self._open.close()
        self._widgets, self._pages, self.session = {}, {}, ""

    def _place(self, name: str) -> Any:
        ask = BackMsg()
        ask.file_urls_request.request_id = uuid.uuid4().hex
        ask.file_urls_request.file_names.append(name)
        ask.file_urls_request.session_id = self.session
        self._link.send(ask.SerializeToString())
        while True:
            message, _ = self._next()
            if message.WhichOneof("type") == "file_urls_response":
                return message.file_urls_response.file_urls[0]

    def _send_file(self, path: str, name: str, data: bytes) -> None:
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        if self._token:
            headers |= {"Cookie": self._cookie, "X-Xsrftoken": self._token}
        url = urllib.parse.urljoin(self._address, path)
        request = urllib.request.Request(url, body, headers, method="PUT")
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S):
                return
        except urllib.error.HTTPError as error:
            raise OSError(error.read().decode(errors="replace")[:300]) from None

    def _ask(self, fill: Callable[[Any], None] = lambda rerun: None) -> Page:
        """Have the script run, and read what it draws up to its end."""
        ask = BackMsg()
        rerun = ask.rerun_script
        rerun.query_string, rerun.page_script_hash = self._query, self._page
        rerun.context_info.timezone, rerun.context_info.locale = "Etc/UTC", "en-GB"
        rerun.context_info.url = f"{self._address}/"
        rerun.widget_states.widgets.extend(self._states.values())
        fill(rerun)
        page, own = Page(), False
        begun = time.perf_counter()
        self._link.send(ask.SerializeToString())
        while True:
            message, size = self._next()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id
                self._widgets, page.elements, page.drawn_s, own = {}, {}, 0.0, True
            elif not own:
                continue  # of the run before
            page.size += size
            if kind == "delta":
                self._draw(message, page, begun)
            elif kind == "navigation":
                listed = message.navigation.app_pages
                self._page = message.navigation.page_script_hash
                self._pages = {one.url_pathname: one.page_script_hash for one in listed}
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "script_finished" and message.script_finished != _EARLY:
                break
        there = set(self._widgets.values())
        self._states = {name: state for name, state in self._states.items() if name in there}
        page.seconds = time.perf_counter() - begun
        page.drawn_s = page.drawn_s or page.seconds
        page.said, page.wrong = answers.said(page.elements), answers.wrong(page.elements)
        return page

    def _draw(self, message: ForwardMsg, page: Page, begun: float) -> None:
        what = message.delta.WhichOneof("type")
        place = tuple(message.metadata.delta_path)
        if what == "add_block" or what == "new_element":
            for old in [old for old in page.elements if old[: len(place)] == place]:
                del page.elements[old]
        if what != "new_element":
            return
        element = message.delta.new_element
        page.elements[place] = element
        kind = element.WhichOneof("type") or ""
        if kind == "progress" and not page.drawn_s:
            page.drawn_s = time.perf_counter() - begun
        inner = getattr(element, kind, None)
        if name := getattr(inner, "id", ""):
            self._widgets[name.rpartition("-")[2]] = name
            if getattr(inner, "set_value", False):  # it holds something else from now on
                self._set_by_the_server(name, kind, inner)

    def _set_by_the_server(self, name: str, kind: str, inner: Any) -> None:
        self._states.pop(name, None)
        if (field_name := _VALUES.get(kind)) is not None:
            state = WidgetState(id=name)
            setattr(state, field_name, inner.value)
            self._states[name] = state

    def _next(self) -> tuple[ForwardMsg, int]:
        raw = self._link.recv(_PATIENCE_S)
        message = ForwardMsg()
        message.ParseFromString(raw)
        return message, len(raw)


def _forgery_token(address: str) -> tuple[str, str]:
    """Return the cookie against forged requests as a header has it, and the token in it."""
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=_PATIENCE_S) as answer:
        cookies = SimpleCookie(answer.headers.get("Set-Cookie", ""))
    found = cookies.get("_streamlit_xsrf")
    return (f"_streamlit_xsrf={found.value}", found.value) if found else ("", "")
