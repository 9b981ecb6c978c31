"""The endpoints for SimpleNexus's webhooks and for reports of calculations: signed deliveries go into the inbox.

Everything else is refused. A delivery is read up to a cap and a deadline. Its signature is checked over the raw body
before anything looks into it, and 200 is answered only when its events are durable. The log has a line for each: what
became of it, how many bytes.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import hmac
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from core.error_words import why_failed
from core.errors import DeskError
from core.milestones.calculations.report import from_delivery
from core.milestones.events import BadWebhook, from_webhook
from core.push.plan import System
from core.webhooks.deliveries import named_events, without
from core.webhooks.ports import ListenerWindow, WindowKind
from data.inbox import Inbox
from data.platform.sockets import bind_alone
from data.serving.asgi import PATIENCE, App, Message, Receive, Send, answer_json, deadline_of
from data.webhooks.windows import WindowState

PATH: Final = "/simplenexus"
CALCULATIONS: Final = "/calculations"
SIGNATURE: Final = b"x-api-signature"
LARGEST: Final = 1_000_000
"""Bytes of a body that are taken; a delivery has some hundreds."""
log: Final = logging.getLogger("brokerdesk.listen")


class Refusal(Exception):
    """A delivery that is not taken: the status, a code, and words that say what is wrong with it.

    `more` are further keys of the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, more: Mapping[str, object] = MappingProxyType({})
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.more = more


class WindowsSeen(Protocol):
    """What the listener asks before it takes a webhook: is a window open, and which events are tests? Blocks."""

    def state(self) -> WindowState:
        """Return what counts now."""
        ...


class _NoWindows:
    def state(self) -> WindowState:
        return WindowState()


class Listener:
    """The ASGI app over an inbox.

    `secrets` are the secrets by path, of `PATH` and `CALCULATIONS`: nothing is taken at a path without one. `now` gives
    seconds since 1970. `taken` hears of each webhook that was taken.
    """

    def __init__(
        self,
        inbox: Inbox,
        secrets: Mapping[str, str],
        now: Callable[[], float] = time.time,
        windows: WindowsSeen | None = None,
        taken: Callable[[System], None] = lambda system: None,
    ) -> None:
        self._inbox = inbox
        self._keys = {path: secret.encode() for path, secret in secrets.items()}
        self._now = now
        self._windows = windows or _NoWindows()
        self._taken = taken

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = b""
        try:
            path = scope["path"]
            if path not in self._keys:
                raise Refusal(404, "not-found", f"Deliveries are taken at {' and '.join(self._keys)}.")
            if scope["method"] != "POST":
                raise Refusal(405, "method-not-allowed", "Deliveries come by POST.")
            body = await _read(receive, deadline_of(scope))
            count = await self._take(path, body, scope["headers"])
        except Refusal as refusal:
            if scope["path"] == PATH and await self._may_be_a_check(refusal, body):
                log.info("answered what may be a check of the address, %d bytes", len(body))
                await _answer_nothing(send)
                return
            log.warning("refused: %s (%s), %d bytes", refusal.code, refusal.status, len(body))
            error = {"code": refusal.code, "message": refusal.message}
            await answer_json(send, refusal.status, {"error": error, **refusal.more})
        except _NothingButTests:
            log.info("dropped: test events alone, %d bytes", len(body))
            await _answer_nothing(send)
        else:
            log.info("taken: %d event%s, %d bytes", count, "" if count == 1 else "s", len(body))
            await answer_json(send, 200, {"events": count})

    async def _may_be_a_check(self, refusal: Refusal, body: bytes) -> bool:
        """Return True if SimpleNexus may have asked the address, because the desk has the webhook switched on.

        It asks in a form that no document gives. So every request without events is answered with success (204), and
        nothing of it is taken. A delivery of events is refused as always, so that SimpleNexus delivers it again.
        """
        if refusal.status not in _NO_DELIVERY or named_events(body):
            return False
        window = (await asyncio.to_thread(self._windows.state)).window
        return window is not None and window.kind is WindowKind.ENABLING

    async def _take(self, path: str, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> int:
        """Make a delivery's events or reports durable; gives how many there are. Raises `Refusal`."""
        given = [value for name, value in headers if name.lower() == SIGNATURE]
        if len(given) != 1 or not is_signed(self._keys[path], body, given[0]):
            raise Refusal(401, "bad-signature", "The signature is missing or is not that of the body.")
        if path == PATH:
            body = await self._without_tests(body)
        try:
            add, count = self._read_reports(body) if path == CALCULATIONS else self._read_events(body)
        except BadWebhook as error:
            _say_set_aside(error.set_aside)
            raise Refusal(400, error.code, error.message) from None
        if add is not None:
            try:
                await asyncio.to_thread(add)
            except DeskError as error:
                raise Refusal(503, error.code, "It can't be taken now; deliver it again.") from error
        if path == PATH:
            await asyncio.to_thread(self._taken, System.SIMPLENEXUS)
        return count

    async def _without_tests(self, body: bytes) -> bytes:
        """Return a signed delivery without the events that are known to be tests.

        While a test runs, a delivery with an event of its kind is refused with 503 as a whole, so that SimpleNexus
        delivers what is real in it again. The answer has the test's token, which shows that it came here, and the ids
        of the events. Raises `Refusal`, and `_NothingButTests`.
        """
        state = await asyncio.to_thread(self._windows.state)
        window = state.window
        if window is not None and window.kind is WindowKind.TEST:
            _refuse_during_test(body, window)
        if not state.ignored:
            return body
        left = without(body, state.ignored.keys())
        if left is None:
            raise _NothingButTests
        return left

    def _read_events(self, body: bytes) -> tuple[Callable[[], None] | None, int]:
        """Return how a webhook's events are made durable, and how many there are. Raises `BadWebhook`.

        The first is None if nothing has to be kept.
        """
        delivery = from_webhook(body, self._now())
        _say_set_aside(delivery.set_aside)
        for kind, number in sorted(Counter(delivery.unknown).items())[:_MOST_LINES]:
            log.warning(
                "of an unknown kind: %d event%s, %s",
                number,
                "" if number == 1 else "s",
                kind or "(not a valid name)",
            )

        def add() -> None:
            if delivery.events:
                self._inbox.add(delivery.events)
            if delivery.unknown:
                self._inbox.add_unknown(len(delivery.unknown))

        keeps = bool(delivery.events or delivery.unknown)
        return add if keeps else None, len(delivery.events)

    def _read_reports(self, body: bytes) -> tuple[Callable[[], None] | None, int]:
        """Return how reports of calculations are made durable, and how many there are. Raises `BadWebhook`."""
        delivery = from_delivery(body, self._now())
        _say_set_aside(delivery.set_aside)
        return partial(self._inbox.add_reports, delivery.reports), len(delivery.reports)


_MOST_LINES: Final = 20
"""Records of one delivery that get a line of their own."""


def _say_set_aside(reasons: Sequence[str]) -> None:
    """Write a line for each record of a delivery that was set aside: its number, the field, and what is wrong."""
    for why in reasons[:_MOST_LINES]:
        log.warning("set aside: %s", why)
    if len(reasons) > _MOST_LINES:
        log.warning("set aside: %d more", len(reasons) - _MOST_LINES)


_NO_DELIVERY: Final = (400, 401, 405)
"""How a request is refused that is no signed delivery."""


class _NothingButTests(Exception):
    """A delivery holds nothing but test events that came again."""


def _refuse_during_test(body: bytes, window: ListenerWindow) -> None:
    """Raise `Refusal` (webhook-test) if a delivery has an event of the kind that is tested."""
    tested = [event.id for event in named_events(body) if event.event == window.event]
    if tested:
        message = f"While a webhook is tested no {window.event} is taken; deliver it again."
        raise Refusal(503, "webhook-test", message, {"test": window.token, "ids": tested})


def is_signed(key: bytes, body: bytes, signature: bytes) -> bool:
    """Return True if a signature is the HMAC-SHA256 of the body, in hexadecimal or base64.

    SimpleNexus does not publish the encoding (docs/domain.md, "SimpleNexus"), so both are accepted. The comparison
    takes the same time for every wrong signature, so its duration tells a sender nothing.
    """
    wanted = hmac.new(key, body, hashlib.sha256).digest()
    given = signature.strip().removeprefix(b"sha256=")
    found = [b"", b""]
    with contextlib.suppress(ValueError):
        found[0] = binascii.unhexlify(given)
    with contextlib.suppress(ValueError):
        found[1] = base64.b64decode(given, validate=True)
    return hmac.compare_digest(found[0], wanted) | hmac.compare_digest(found[1], wanted)


async def _read(receive: Receive, deadline: float) -> bytes:
    """Read a body. One that is too large is read to its end and kept nowhere, so that its sender hears why."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout_at(deadline):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Refusal(400, "broken-off", "The body was broken off.")
                piece = message.get("body", b"")
                size += len(piece)
                if size > LARGEST:
                    pieces.clear()
                else:
                    pieces.append(piece)
                if size > 32 * LARGEST or not message.get("more_body"):
                    break
    except TimeoutError:
        raise Refusal(408, "too-slow", f"The body did not come within {PATIENCE:.0f} s.") from None
    if size > LARGEST:
        raise Refusal(413, "too-large", f"The body is larger than {LARGEST} bytes.")
    return b"".join(pieces)


async def _answer_nothing(send: Send) -> None:
    """Answer 204. An app in front of the listener takes only what is answered with 200."""
    await send({"type": "http.response.start", "status": 204, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b""})


async def listen(host: str, port: int, app: App, when_ready: Callable[[str, int], None]) -> None:
    """Serve an app until told to end (SIGINT, SIGTERM). `when_ready` gets the address; port 0 is any free one.

    The app is a `Listener`, or another one before it, such as `data.contacts.notice_front.NoticeFront`.

    Raises `DeskError` (port-in-use) where the address can't be had.
    """
    from data.serving.server import QUEUE, serve  # noqa: PLC0415 - slow to load, and only needed where it listens

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bind_alone(listener, (host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        why = _why_not_bound(error)
        raise DeskError("port-in-use", f"{host} port {port} can't be used: {why}.") from None
    with listener:
        listener.listen(QUEUE)
        when_ready(host, int(listener.getsockname()[1]))
        await serve(app, listener)


def _why_not_bound(error: OSError | OverflowError) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    return "it isn't a port" if isinstance(error, OverflowError) else why_failed(error)
