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

_LOOK: Final = 0.05
"""Seconds after which a key that is on its way is looked at: a widget that is removed never ends what it began."""
_LOOKS: Final = 100
"""How often it is looked at before the next key goes on in any case. Counted in looks, and not by the clock: while the
loop is held up, no key gets further."""
_CLIMBS: Final = 2
"""How often the way from the widget up to the app is gone: with the key, which the app may turn into an action of the
widget, and with what the widget then tells those around it."""


class _OnItsWay:
    """A key that has been given to its widget, and the queues that it has yet to pass."""

    def __init__(self, queues: Iterator[MessagePump], ended: Callable[[], None]) -> None:
        self._queues = queues
        self._ended: Callable[[], None] | None = ended
        self._at: MessagePump | None = None
        """The queue that it is in."""
        self._looks = 0
        self._timer = asyncio.get_running_loop().call_later(_LOOK, self._look)

    def follow(self) -> None:
        """Wait for the next queue that takes a message; after the last one the key has ended."""
        for queue in self._queues:
            self._at = queue
            if queue.call_later(self._passed, queue):
                return
        self._end()

    def _passed(self, queue: MessagePump) -> None:
        if queue is self._at:
            self.follow()

    def _look(self) -> None:
        self._looks += 1
        self._timer = asyncio.get_running_loop().call_later(_LOOK, self._look)
        if self._looks >= _LOOKS:
            self._end()
        elif self._at is not None and not self._at.is_running:
            self.follow()

    def _end(self) -> None:
        self._timer.cancel()
        self._queues = iter(())
        self._at = None
        if (ended := self._ended) is not None:
            self._ended = None
            ended()


class KeyOrder:
    """Holds each key and each paste until the one before it has done what it does at once.

    Work that a key begins in the background is not waited for.
    """

    def __init__(self, app: App[Any], take: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._take = take
        self._held: deque[Typed] = deque()
        self._key: _OnItsWay | None = None

    async def typed(self, event: Typed) -> None:
        """Take a key or a paste, now or after those before it."""
        if self._key is None and not self._held:
            await self._begin(event)
        else:
            self._held.append(event)

    async def _begin(self, event: Typed) -> None:
        around = (self._app.focused or self._app.screen).ancestors_with_self
        key = self._key = _OnItsWay(iter(around * _CLIMBS), self._ended)
        try:
            await self._take(event)
        finally:
            key.follow()

    def _ended(self) -> None:
        """Let the next key begin."""
        self._key = None
        if self._held:
            self._app.call_later(self._next)

    async def _next(self) -> None:
        if self._held and self._key is None:
            await self._begin(self._held.popleft())
