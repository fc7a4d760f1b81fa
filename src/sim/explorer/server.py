"""The server behind the page: this machine alone, one token, no file but its own three."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sim.explorer.trials import Superseded
from sim.explorer.workbench import Moved, Workbench
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError, SimError, WrongType

#: The only address it listens on.
HOST = "127.0.0.1"

#: Bytes of a question; what the page asks has a few hundred.
_LONGEST = 65_536

_FOLDER = Path(__file__).parent
_FILES = {"": "page.html", "page.css": "page.css", "page.js": "page.js"}
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Server(ThreadingHTTPServer):
    """A server for one workbench.

    Parameters
    ----------
    bench : Workbench
    token : str
        What the address has to begin with.
    port : int
        0 for one that is free.
    """

    daemon_threads = True

    def __init__(self, bench: Workbench, token: str, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.bench, self.token = bench, token
        self._turns: dict[str, int] = {}
        self._turning = threading.Lock()

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def take_turn(self, tab: str, turn: int) -> Callable[[], bool]:
        """Note what a tab asks for last; return whether a question is still the last."""
        with self._turning:
            self._turns[tab] = max(turn, self._turns.get(tab, turn))
        return lambda: self._turns[tab] <= turn


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self._asked()
        if name == "start.json":
            self._answer(HTTPStatus.OK, self.server.bench.start())
        elif name in _FILES:
            file = _FOLDER / _FILES[name]
            self._send(HTTPStatus.OK, file.read_bytes(), _TYPES[file.suffix])
        elif name is not None:
            self._answer(HTTPStatus.NOT_FOUND, {"problem": "There is no such page."})

    def do_POST(self) -> None:
        name = self._asked()
        if name is None:
            return
        try:
            said = self._said()
            if name not in _QUESTIONS:
                self._answer(HTTPStatus.NOT_FOUND, {"problem": "There is no such question."})
                return
            self._answer(HTTPStatus.OK, _QUESTIONS[name](self.server, said))
        except Superseded:
            self._answer(HTTPStatus.OK, None)
        except SimError as error:
            self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"problem": str(error)})
        except (BrokenPipeError, ConnectionResetError):
            pass  # the tab was closed
        except Exception:
            traceback.print_exc()
            problem = "The engine failed; its terminal has the trace."
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"problem": problem})

    def _asked(self) -> str | None:
        """Return what is asked for below the token, or None where that was refused."""
        known = {f"{host}:{self.server.server_port}" for host in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        is_own = origin is None or origin.removeprefix("http://") in known
        parts = self.path.split("?")[0].split("/", 2)
        is_known = len(parts) == 3 and _same(parts[1], self.server.token)
        if self.headers.get("Host") not in known or not is_own or not is_known:
            self._send(HTTPStatus.FORBIDDEN, b"Open the address that sim app has printed.\n", "text/plain")
            return None
        return parts[2]

    def _said(self) -> Mapping[str, Any]:
        """Return the question as it was sent."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > len(str(_LONGEST)) or int(length) > _LONGEST:
            self.close_connection = (
                True  # what was sent is not read, and would be taken for the next question
            )
            raise InputError("", "question", "too long", "Send what the page sends.")
        try:
            said = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise WrongType("", "question", "not JSON", "Send what the page sends.") from None
        return arguments.table(said, "question")

    def _answer(self, status: HTTPStatus, content: Any) -> None:
        self._send(status, json.dumps(content).encode(), _TYPES[".json"])

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.FORBIDDEN or self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing of every request."""


def _same(given: str, token: str) -> bool:
    """Whether a token is the right one, in a time that does not depend on how much of it is right."""
    from hmac import compare_digest

    return compare_digest(given.encode(), token.encode())


def _moved(said: Mapping[str, Any]) -> Moved:
    return Moved(
        arguments.text(said.get("scenario"), "scenario"), arguments.table(said.get("values", {}), "values")
    )


def _fan(server: Server, said: Mapping[str, Any]) -> Any:
    turn = arguments.whole(said.get("turn"), "turn")
    is_wanted = server.take_turn(arguments.text(said.get("tab"), "tab"), turn)
    measure = arguments.text(said.get("measure"), "measure")
    return {"turn": turn, **server.bench.fan(_moved(said), measure, said.get("trials", 0), is_wanted)}


def _world(server: Server, said: Mapping[str, Any]) -> Any:
    return server.bench.world(_moved(said), arguments.trial(said.get("trial")))


def _why(server: Server, said: Mapping[str, Any]) -> Any:
    at = arguments.text(said.get("at"), "at")
    return {"text": server.bench.why(_moved(said), arguments.trial(said.get("trial")), at)}


_QUESTIONS: Mapping[str, Callable[[Server, Mapping[str, Any]], Any]] = {
    "fan": _fan,
    "world": _world,
    "why": _why,
    "assumptions": lambda server, said: server.bench.assumptions(_moved(said)),
    "text": lambda server, said: {"text": server.bench.text(_moved(said))},
}
