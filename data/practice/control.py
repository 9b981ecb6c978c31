"""The control calls of the sandbox that runs in a home: the day that it plays, and the faults that are asked for.

The address and the token are in a file that only their owner can read. Everything here blocks.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from core.decoding.typed_json import decode_json
from core.errors import Unreachable, UsageError

PATIENCE: Final = 10.0
"""Seconds to wait for an answer. One that delivers webhooks takes longest."""
T = TypeVar("T")


class PlayedAct(Struct, frozen=True):
    """One thing that happened in the systems. `at` is seconds since 1970, `room` the app's room that shows it."""

    at: float
    said: str
    room: str


class PlayedDays(Struct, frozen=True):
    """What was played so far, oldest first. `days` is how many days were begun.

    `now` is the sandbox's time and `next` when the next act is due, None after the last: seconds since 1970.
    """

    days: int
    now: float
    acts: tuple[PlayedAct, ...]
    next: float | None = None


class FaultInForce(Struct, frozen=True):
    """A rule of what goes wrong: as written, and how many requests it met. `remaining` is None without a number."""

    rule: str
    met: int
    remaining: int | None = None


class SignedDelivery(Struct, frozen=True):
    """A webhook that waits, as SimpleNexus would post it."""

    id: str
    body: str
    signature: str


class _Faults(Struct, frozen=True):
    rules: tuple[FaultInForce, ...]


class _Deliveries(Struct, frozen=True):
    deliveries: tuple[SignedDelivery, ...]


class SandboxControl:
    """The control calls of the sandbox with its state in `state`.

    Each raises `Unreachable` (no-sandbox) if no sandbox runs there.
    """

    def __init__(self, state: Path) -> None:
        self._address = state / "address.json"

    def played(self) -> PlayedDays:
        """Let happen what is due, and return what happened so far."""
        return self._ask("GET", "story", None, PlayedDays)

    def begin_day(self) -> PlayedDays:
        """Begin a day unless one was begun."""
        return self._ask("POST", "story", {}, PlayedDays)

    def begin_another_day(self) -> PlayedDays:
        """Begin a day, also after others."""
        return self._ask("POST", "story", {"again": True}, PlayedDays)

    def deliveries(self, secret: str) -> Sequence[SignedDelivery]:
        """Let happen what is due, and return the webhooks that wait and go to no registered address."""
        return self._ask("POST", "story/deliveries", {"secret": secret}, _Deliveries).deliveries

    def taken(self, ids: Sequence[str]) -> None:
        """Say that the webhooks with these ids were taken."""
        self._ask("POST", "story/taken", {"ids": list(ids)}, dict)

    def faults(self) -> Sequence[FaultInForce]:
        """Return the rules in force."""
        return self._ask("GET", "faults", None, _Faults).rules

    def add_faults(self, spec: str) -> Sequence[FaultInForce]:
        """Add rules to those in force. Raises `UsageError` (bad-faults)."""
        return self._ask("POST", "faults", {"spec": spec, "more": True}, _Faults).rules

    def end_faults(self) -> None:
        """Remove all rules."""
        self._ask("POST", "faults", {"spec": ""}, _Faults)

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None, kind: type[T]) -> T:
        try:
            said = json.loads(self._address.read_bytes())
            where, token = urlsplit(str(said["flex"])), str(said["token"])
            connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
        except (OSError, ValueError, LookupError, TypeError):
            raise _none_runs() from None
        try:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            connection.request(
                method, f"/_sandbox/{path}", None if body is None else json.dumps(body), headers
            )
            reply = connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            raise _none_runs() from None
        finally:
            connection.close()
        if reply.status == 422:
            raise UsageError("bad-faults", _message(text))
        try:
            return decode_json(text, kind)
        except ValueError:
            raise _none_runs() from None


def _message(text: bytes) -> str:
    try:
        return f"The sandbox refuses it: {json.loads(text)['error']['message']}."
    except (ValueError, LookupError, TypeError):
        return "The sandbox refuses it."


def _none_runs() -> Unreachable:
    return Unreachable("no-sandbox", "No sandbox answers in this home.", when="none runs")
