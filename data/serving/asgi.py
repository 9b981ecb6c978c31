"""What the listener's apps and their server say to each other: the forms of ASGI, the deadline, a JSON answer.

Loads no server. An app is tested with these forms alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

PATIENCE: Final = 10.0
"""Seconds from the beginning of a connection in which its headers and its body have to come."""
DEADLINE: Final = "brokerdesk.deadline"
"""The key of a scope with the time of the event loop by which a body has to be there."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def deadline_of(scope: Message) -> float:
    """Return the time of the event loop by which the body of a request has to be there."""
    return float(scope.get(DEADLINE, asyncio.get_running_loop().time() + PATIENCE))


async def answer_json(send: Send, status: int, content: object) -> None:
    """Answer with JSON. A connection carries one request, so that no sender holds a place between two."""
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
