"""The desk of the app on the built-in sandbox: a day is played there, and what goes wrong can be asked for.

The desk takes the day's webhooks with the code of `brokerdesk listen`, signature and all, and without a port: where a
webhook is registered in the sandbox, the sandbox posts to that address instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from core.errors import DeskError
from core.milestones.records import WatchState
from data.practice.control import SandboxControl
from data.settings import find_listen_secret, sandbox_state
from tui.wiring.desk import Desk, open_desk
from tui.wiring.milestones import receiving_app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.push.live_push import Listener
    from data.practice.control import FaultInForce, PlayedDays, SignedDelivery
    from data.serving.asgi import App, Message
    from data.settings import Settings
    from tui.wiring.practice.opener import PracticeOpener

LOOK_EVERY: Final = 5.0
"""Seconds after which the desk looks whether SimpleNexus has something to report."""
LOST_REPLY: Final = "drop-reply POST /flex *1"
"""FLEX does the next write, and its reply is lost."""
FLEX_DOWN: Final = "503 /flex 60s"
"""FLEX answers nothing but 503 for a minute."""


class Practice:
    """The day that is played in the sandbox, and what goes wrong there on request."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self._settings = settings
        self._control = SandboxControl(sandbox_state(settings.home))
        self._desk = desk
        self._receiver: App | None = None

    async def begin_day(self) -> None:
        """Begin a day if none was begun, and take what it has reported so far. Raises `Unreachable`."""
        await asyncio.to_thread(self._control.begin_day)
        await self.take()

    async def begin_another_day(self) -> None:
        """Begin one more day. Raises `Unreachable`."""
        await asyncio.to_thread(self._control.begin_another_day)

    async def played(self) -> PlayedDays:
        """Return what happened so far. Raises `Unreachable`."""
        return await asyncio.to_thread(self._control.played)

    async def lose_next_reply(self) -> None:
        """Let FLEX's reply to the next write be lost. Raises `Unreachable`."""
        await asyncio.to_thread(self._control.add_faults, LOST_REPLY)

    async def take_flex_down(self) -> None:
        """Let FLEX answer nothing useful for a minute. Raises `Unreachable`."""
        await asyncio.to_thread(self._control.add_faults, FLEX_DOWN)

    async def add_faults(self, spec: str) -> Sequence[FaultInForce]:
        """Add what goes wrong. Raises `UsageError` (bad-faults), `Unreachable`."""
        return await asyncio.to_thread(self._control.add_faults, spec)

    async def take(self) -> int:
        """Take the webhooks that wait. Return how many were taken, one that came twice as one. Raises `Unreachable`."""
        secret = await asyncio.to_thread(find_listen_secret, self._settings)
        waiting = await asyncio.to_thread(self._control.deliveries, secret)
        if not waiting:
            return 0
        if self._receiver is None:
            # Without a handler of its own, a refusal would be written on the screen.
            logging.getLogger("brokerdesk.listen").addHandler(logging.NullHandler())
            self._receiver = await receiving_app(self._settings)
        answers = [(delivery.id, await hand_over(self._receiver, delivery)) for delivery in waiting]
        taken = dict.fromkeys(id_ for id_, status in answers if status == 200)
        if taken:
            await asyncio.to_thread(self._control.taken, list(taken))
        return len(taken)

    async def run(self) -> AsyncIterator[None]:
        """Let the day go on. Yield whenever the milestones have changed: the contacts were read, or a webhook came.

        The contacts are read once, because the milestones know their people by the links of the contact desk. A
        sandbox that does not answer is asked again.
        """
        contacts = self._desk.contacts
        with suppress(DeskError):
            if contacts is not None and contacts.last is None:
                await contacts.gather()
                yield
        with suppress(DeskError):
            await asyncio.to_thread(self._control.begin_day)
        while self._desk.book.read_only is None:
            with suppress(DeskError):
                if await self.take():
                    yield
            await asyncio.sleep(LOOK_EVERY)


async def hand_over(receiver: App, delivery: SignedDelivery) -> int:
    """Give a webhook to the listener's app as a request. Return the status of its answer, 0 without one."""
    body = delivery.body.encode()
    scope: Message = {
        "type": "http",
        "method": "POST",
        "path": "/simplenexus",
        "headers": [(b"x-api-signature", delivery.signature.encode())],
    }
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = int(message["status"])

    await receiver(scope, receive, send)
    return status


def open_practice(faults: str) -> PracticeOpener:
    """Return what opens the app's desk on the sandbox, with what goes wrong from the start ("" for nothing)."""

    @asynccontextmanager
    async def opener(settings: Settings, *, write: bool, listen: Listener) -> AsyncIterator[Desk]:
        async with open_desk(settings, write=write, listen=listen, is_app=True) as desk:
            practice = await _begin_practice(settings, desk)
            if faults:
                await practice.add_faults(faults)
            yield msgspec.structs.replace(desk, practice=practice)

    return opener


async def _begin_practice(settings: Settings, desk: Desk) -> Practice:
    """Return the practice of a desk. A new desk has taken what the day has reported so far when this returns.

    The milestones count from the desk's first look, so the reports have to be there before it. A desk that looked
    before takes them later, so that it opens at once. A sandbox whose day can't begin is still a sandbox.
    """
    practice = Practice(settings, desk)
    if desk.book.read_only is None and not await desk.book.all(WatchState):
        with suppress(DeskError):
            await practice.begin_day()
    return practice
