"""What webhooks need from outside: the two systems, the listener's windows, and the secret of the notifications."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from core.push.plan import System
from core.push.ports import Outcome
from core.webhooks.model import WebhooksSeen, WebhookStep


class WindowKind(StrEnum):
    """What the listener does while a window is open."""

    TEST = "test"
    """It takes no event of one kind, and says that it got one."""
    ENABLING = "enabling"
    """It answers every request with success, because no document says what SimpleNexus asks."""


class ListenerWindow(Struct, frozen=True):
    """A span of time in which the listener behaves otherwise. `until` is in seconds since 1970.

    `token` is random text that the listener puts into its answer. `event` is the kind that is not taken.
    """

    kind: WindowKind
    token: str
    until: float
    event: str = ""


class Windows(Protocol):
    """The listener's window, which another process may read. Every method blocks and may raise `DeskError`."""

    def open(self, window: ListenerWindow) -> None:
        """Open a window. One is open at a time."""
        ...

    def close(self, token: str) -> None:
        """Close the window with this token, if it is open."""
        ...

    def ignore(self, ids: Collection[str], until: float) -> None:
        """Let the listener drop these test events whenever they come again, until a moment (seconds since 1970)."""
        ...


class NoticeSecrets(Protocol):
    """The secret in Total Expert's notifications. Every method blocks and may raise `UsageError`."""

    def current(self) -> str:
        """Return the secret, "" if there is none."""
        ...

    def make(self) -> str:
        """Return a secret that is not the current one. From now on the listener accepts it too.

        A secret that was made before and not taken over is returned again: the system may have it.
        """
        ...

    def take_over(self, secret: str) -> None:
        """Make a new secret the current one. The listener goes on to accept the one before."""
        ...


class WebhookTestAnswer(Struct, frozen=True):
    """What SimpleNexus says of a test: how the request ended, and what the address answered."""

    outcome: Outcome
    code: int = 0
    body: str = ""


class WebhookSystem(Protocol):
    """One system with webhooks. Nothing is sent twice."""

    system: System
    settle: float
    """Seconds after which a webhook that was asked for and is not listed was not made."""

    async def look(self) -> WebhooksSeen:
        """Return what is registered, with its events. Raises `Unreachable`."""
        ...

    async def carry_out(self, step: WebhookStep, secret: str = "") -> Outcome:
        """Send one step. `secret` is for a step that creates a webhook or sets its secret.

        A step that changes nothing, because it was done before, is `Applied` with the outcome EXISTING.
        """
        ...


class WebhookTester(WebhookSystem, Protocol):
    """A system that sends test events on request."""

    async def test(self, webhook: str, event: str) -> WebhookTestAnswer:
        """Have a test event of a kind sent to a webhook's address."""
        ...
