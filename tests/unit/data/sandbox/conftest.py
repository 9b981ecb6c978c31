"""One sandbox per module, in a thread, with a clock the test moves; and a raw socket for what no client shows."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.sandbox.server import addresses, listening_socket, make_app, make_server
from data.sandbox.store import StoredRow
from tests.support.patience import LAST_RESORT


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Running:
    """A sandbox that runs, and how a test talks to it."""

    def __init__(self, state: Path, cards: int = 14) -> None:
        self.clock = Clock()
        self.state = state
        ready = threading.Event()
        self._app = make_app(state, cards=cards, clock=self.clock)
        self._store = self._app._store
        self._socket = listening_socket(0)
        self._server = make_server(self._app, ready.set)
        self._thread = threading.Thread(target=lambda: self._server.run(sockets=[self._socket]))
        self._thread.start()
        assert ready.wait(LAST_RESORT)
        self.urls = addresses(self._socket)
        self.root = self.urls["flex"].removesuffix("/flex")
        self.port = int(self.root.rpartition(":")[2])
        self.http = httpx.Client(timeout=LAST_RESORT, trust_env=False)
        self.control_token = {"Authorization": f"Bearer {self._app.control_token}"}
        self.tokens = {name: self.token(name) for name in ("brokerengine", "flex")}

    def stop(self) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join(LAST_RESORT)
        assert not self._thread.is_alive()
        self._app.close()

    def token(self, system: str) -> str:
        reply = self.http.post(
            self.urls[system] + "/oauth/token",
            data={"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox"},
        )
        return str(reply.json()["access_token"])

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """A call with the system's token; `path` begins with the system."""
        headers = {"Authorization": f"Bearer {self.tokens[path.split('/')[1]]}"} | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return self.http.request(method, self.root + path, headers=headers, **more)

    def get(self, path: str, **params: Any) -> Any:
        reply = self.call("GET", path, params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        reply = self.http.request(
            method, f"{self.root}/_sandbox{path}", json=body, headers=self.control_token
        )
        assert reply.status_code == 200, reply.text
        return reply.json()

    def faults(self, spec: str) -> None:
        self.control("POST", "/faults", {"spec": spec})

    def records(self, system: str, kind: str) -> list[dict[str, Any]]:
        return list(self.control("GET", f"/records/{system}")[kind])

    def keep(self, system: str, kind: str, record: dict[str, Any]) -> None:
        """Keep a record as if it had always been there."""
        self._store.add(StoredRow(system, kind, record["id"], record))

    def requests(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "/requests"))

    def open_raw(self, method: str, path: str, body: bytes = b"") -> socket.socket:
        """A connection on which the request has been sent and nothing read."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=LAST_RESORT)
        token = self.tokens[path.split("/")[1]]
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        return connection

    def raw(self, method: str, path: str, body: bytes = b"") -> bytes:
        """All bytes that come back until the other side closes."""
        with self.open_raw(method, path, body) as connection:
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("sandbox") / "state")
    yield running
    running.stop()


@pytest.fixture
def sandbox(shared: Running) -> Running:
    """The module's sandbox without faults and with its first records."""
    shared.faults("")
    shared.control("POST", "/reset")
    return shared
