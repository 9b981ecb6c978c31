"""A stand-in in this process: a test asks it one request after the other, without a socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from data.sandbox.seeding.contacts import seed_us
from data.sandbox.store import Document, Store, Wanted
from data.sandbox.systems.api import SandboxReply, SandboxSystem, make_call

NOW = 1_800_000_000.0
SEED, CONTACTS = 20260301, 60


class Asked:
    """One system over a seeded store, with a clock that the test moves."""

    def __init__(self, kind: type[SandboxSystem], folder: Path, **sizes: Any) -> None:
        self.now = NOW
        self.store = Store(folder / "asked.sqlite")
        with self.store.transaction():
            seed_us(self.store, SEED, CONTACTS, **sizes)
        self.system = kind(self.store, lambda: self.now)

    def reply(
        self, method: str, path: str, body: Any = None, headers: Document | None = None
    ) -> SandboxReply:
        """The reply to a request. `path` may have a query, whose characters are as on the wire."""
        where, _, query = path.partition("?")
        sent = {"host": "sandbox", "content-type": "application/json", **(headers or {})}
        content = b"" if body is None else json.dumps(body).encode()
        raw = f"/{self.system.name}{where}".encode()
        _, call = make_call(method, raw, query.encode(), sent, content, too_large=False)
        return self.system.answer(call)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status and the JSON of the reply; None for an empty one. `_` in a header's name is a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = self.reply(method, path, body, named)
        return reply.status, json.loads(reply.body) if reply.body else None

    def made(self, path: str, body: Any) -> Any:
        """The id of what a request made."""
        status, said = self.ask("POST", path, body)
        assert status == 201, said
        return said["id"]

    def got(self, path: str) -> Any:
        """What a request shows."""
        status, said = self.ask("GET", path)
        assert status == 200, said
        return said

    def records(self, kind: str) -> list[Document]:
        """The records of a kind, as they are kept."""
        return self.store.find(self.system.name, kind, Wanted())

    def options(self, **options: Any) -> None:
        """Change how the system behaves."""
        assert set(options) <= set(self.system.options)
        self.system.options.update(options)


def filtered(**filters: object) -> str:
    """A query in the form of Total Expert: one parameter with all filters, the values percent-encoded."""
    return "?filter=" + ",".join(f"{name}={quote(str(value), safe='')}" for name, value in filters.items())
