"""A sandbox of its own in a thread, and what a client test needs, in addition to the address."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from data.sandbox.server import DEFAULT_SEED, addresses, listening_socket, make_app, make_server
from tests.support.patience import LAST_RESORT


class Sandbox:
    """The addresses of the systems, and the control calls."""

    def __init__(self, urls: dict[str, str], control_token: str) -> None:
        self.urls = urls
        self.control_token = {"Authorization": f"Bearer {control_token}"}
        self.root = urls["flex"].removesuffix("/flex")
        self.http = httpx.Client(timeout=LAST_RESORT, trust_env=False)
        self.now = time.time()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body)  # ASCII: half a character passes
        headers = self.control_token | ({"content-type": "application/json"} if content else {})
        reply = self.http.request(method, f"{self.root}/_sandbox{path}", content=content, headers=headers)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def faults(self, spec: str) -> None:
        self.control("POST", "/faults", {"spec": spec})

    def options(self, system: str, **options: Any) -> None:
        self.control("POST", f"/options/{system}", options)

    def records(self, system: str, kind: str) -> list[dict[str, Any]]:
        return list(self.control("GET", f"/records/{system}")[kind])

    def asked(self, system: str, path: str = "") -> list[dict[str, Any]]:
        """The requests that a system has seen at a path or below."""
        seen = self.control("GET", f"/requests?system={system}")
        return [request for request in seen if request["path"].startswith(f"/{system}{path}")]


@contextmanager
def running(state: Path, contacts: int = 200, seed: int = DEFAULT_SEED) -> Iterator[Sandbox]:
    """Run a sandbox until the end of the block; its clock does not move but for what the test does to `now`."""
    ready = threading.Event()
    holder: list[Sandbox] = []
    app = make_app(
        state, seed=seed, cards=14, contacts=contacts, clock=lambda: holder[0].now if holder else 0.0
    )
    listener = listening_socket(0)
    holder.append(Sandbox(addresses(listener), app.control_token))
    server = make_server(app, ready.set)
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
    thread.start()
    try:
        assert ready.wait(LAST_RESORT)
        yield holder[0]
    finally:
        holder[0].http.close()
        server.should_exit = True
        thread.join(LAST_RESORT)
        app.close()
