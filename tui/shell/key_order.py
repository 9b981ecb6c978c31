"""Keys one after the other: a key goes where the key before it has left the focus.

Textual gives a key to the widget that has the focus when the key arrives. What a key does happens later, after it has
passed the queues of that widget, of the widgets around it and of the app. So in a quick burst, such as `/1008` over a
slow line, the `1` would still go to the list, as a command.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from textual import events

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

Typed = events.Key | events.Paste

_AT_MOST: Final = 1.0
"""Seconds after which the next key goes on in any case: a widget that is removed never ends what it began."""
_ROUNDS: Final = 2
"""How often each queue is waited for: for the key, and for what the widget tells itself because of it."""


class KeyOrder:
    """Holds each key and each paste until the one before it has done what it does at once.

    Work that a key begins in the background is not waited for.
    """

    def __init__(self, app: App[Any], take: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._take = take
        self._held: deque[Typed] = deque()
        self._limit: asyncio.TimerHandle | None = None
        """Runs while a key is on its way."""

    async def typed(self, event: Typed) -> None:
        """Take a key or a paste, now or after those before it."""
        if self._limit is None and not self._held:
            await self._begin(event)
        else:
            self._held.append(event)

    async def _begin(self, event: Typed) -> None:
        around = (self._app.focused or self._app.screen).ancestors_with_self
        queues = iter([queue for queue in around for _ in range(_ROUNDS)])
        loop = asyncio.get_running_loop()
        limit: asyncio.TimerHandle = loop.call_later(_AT_MOST, lambda: self._ended(limit))
        self._limit = limit
        try:
            await self._take(event)
        finally:
            self._follow(queues, limit)

    def _follow(self, queues: Iterator[MessagePump], limit: asyncio.TimerHandle) -> None:
        """Wait for the next queue that takes a message; after the last one the key has ended."""
        if not any(queue.call_later(self._follow, queues, limit) for queue in queues):
            self._ended(limit)

    def _ended(self, limit: asyncio.TimerHandle) -> None:
        """Let the next key begin, unless the key of this limit has ended before."""
        if limit is not self._limit:
            return
        limit.cancel()
        self._limit = None
        if self._held:
            self._app.call_later(self._next)

    async def _next(self) -> None:
        if self._held and self._limit is None:
            await self._begin(self._held.popleft())
