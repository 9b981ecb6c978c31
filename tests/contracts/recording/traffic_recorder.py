"""Appends every request of this process to a file of its own, for the vendors whose descriptions are published.

It imports nothing but the standard library, and changes nothing until the process imports httpx itself. Credentials
are not recorded: only the kind of sign-in is.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

VARIABLE = "BROKERDESK_TEST_TRAFFIC"
"""The environment variable that names the folder of the recordings. Without it nothing is recorded."""
OF_ONE_RUN = "traffic-of-tests-"
"""How the name of a folder begins that a run of the tests makes for itself. What was held against the descriptions when
it was sent is not recorded there, where it would be held against them again at the end of the run.
"""
OURS = "brokerdesk"
"""How the desk names itself in the header User-Agent. Requests of other clients are not recorded."""
SYSTEMS = ("simplenexus", "total-expert")
"""The first part of the paths of which requests are recorded: the systems of the sandbox."""


def record_from_now() -> None:
    """Record the requests of this process, as soon as it has httpx and the variable names a folder."""
    if (loaded := sys.modules.get("httpx")) is not None:
        _watch(loaded)
    elif not any(isinstance(finder, _HttpxFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _HttpxFinder())


class _HttpxFinder(importlib.abc.MetaPathFinder):
    """Finds httpx like the other finders, and watches it after its import."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "httpx":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_watch(module: ModuleType) -> None:
                load(module)
                _watch(module)

            spec.loader.exec_module = load_and_watch  # type: ignore[method-assign]  # of this one loader
        return spec


def _watch(httpx: ModuleType) -> None:
    """Let httpx's asynchronous client record what it sends. A second call changes nothing."""
    client: Any = httpx.AsyncClient
    send = client.send
    if hasattr(send, "recorded"):
        return

    @functools.wraps(send)
    async def recorded(self: Any, request: Any, **options: Any) -> Any:
        folder = os.environ.get(VARIABLE)
        if folder and request.headers.get("user-agent") == OURS and not _is_looked_at(self, Path(folder)):
            _append(Path(folder), request)
        return await send(self, request, **options)

    recorded.recorded = True  # type: ignore[attr-defined]  # a mark of our own on a function
    client.send = recorded


def _is_looked_at(client: Any, folder: Path) -> bool:
    """Return True if a test looks at each request of the client, and nobody else wants the recording."""
    looks = getattr(type(client._transport).handle_async_request, "looks", False)
    return looks and folder.name.startswith(OF_ONE_RUN)


def _append(folder: Path, request: Any) -> None:
    target = request.url.raw_path.decode("ascii")
    if target.split("/")[1:2] and target.split("/")[1] in SYSTEMS:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if "authorization" in headers:
            headers["authorization"] = _without_secret(headers["authorization"])
        body = request.read().decode("utf-8", "surrogateescape")
        line = {"method": request.method, "target": target, "headers": headers, "body": body}
        with (folder / f"{os.getpid()}.jsonl").open("a", encoding="ascii") as file:
            file.write(json.dumps(line) + "\n")


def _without_secret(authorization: str) -> str:
    """Return a sign-in with an x for each character of the credentials that is no punctuation."""
    scheme, _, credentials = authorization.partition(" ")
    return f"{scheme} {re.sub(r'[A-Za-z0-9]', 'x', credentials)}"
