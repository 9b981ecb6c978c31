"""Stands before the webhook listener: takes Total Expert's notifications, and hears which users SimpleNexus removed.

A notification of Total Expert has no signature; the secret in its body says where it comes from. What SimpleNexus
delivers goes to the listener, and its notices are kept once the listener has checked the signature and answers 200. An
answer of 200 is given only when the notices are durable.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Final

from core.contacts.reading.notices import Notice, from_simplenexus, from_total_expert
from core.errors import DeskError
from core.push.plan import System
from data.contacts.notices import NoticeFiles
from data.listener import LARGEST, PATH
from data.serving.asgi import App, Message, Receive, Send, answer_json, deadline_of

NOTICES: Final = "/total-expert"
"""The path at which Total Expert's notifications are taken."""
LARGEST_NOTICE: Final = 10_000
"""Bytes of a notification that are taken; it has some hundreds."""
log: Final = logging.getLogger("brokerdesk.listen")


class NoticeFront:
    """An ASGI app before another one.

    `secrets` gives the secrets that a notification may bear: the current one, and while it is changed the one before
    and the next, because deliveries under way still have the old one. It is asked again for each notification, so that
    a secret that was just made counts. Without a secret no notification is taken. It blocks. `taken` hears of each
    notification that was taken.
    """

    def __init__(
        self,
        app: App,
        box: NoticeFiles,
        secrets: Callable[[], Sequence[str]],
        taken: Callable[[System], None] = lambda system: None,
    ) -> None:
        self._app = app
        self._box = box
        self._secrets = secrets
        self._taken = taken

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or let the other app answer it."""
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        secrets = await asyncio.to_thread(self._secrets) if is_post and scope["path"] == NOTICES else ()
        if secrets:
            status, word = await self._take(receive, secrets, deadline_of(scope))
            log.info("notification: %s (%s)", word, status)
            await _answer(send, status, word)
        elif is_post and scope["path"] == PATH:
            await _Overheard(self._box).run(self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _take(self, receive: Receive, secrets: Sequence[str], deadline: float) -> tuple[int, str]:
        """Take one notification. Return the status of the answer and a word for it."""
        try:
            async with asyncio.timeout_at(deadline):
                body = await _read(receive)
        except TimeoutError:
            return 408, "too-slow"
        told = from_total_expert(body) if body is not None else None
        if told is None:
            return 400, "bad-webhook"
        if not _is_one_of(told.secret, secrets):
            return 401, "bad-secret"
        if told.notice is not None and not await _is_kept(self._box, [told.notice]):
            return 503, "inbox-closed"
        await asyncio.to_thread(self._taken, System.TOTAL_EXPERT)
        return 200, "taken"


def _is_one_of(given: str, secrets: Sequence[str]) -> bool:
    """Return True if a secret is one of these. Every one is compared, each in constant time."""
    known = [
        hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode("utf-8", "surrogatepass"))
        for secret in secrets
    ]
    return any(known)


class _Overheard:
    """Passes one request on, and keeps its notices before an answer of 200 is given."""

    def __init__(self, box: NoticeFiles) -> None:
        self._box = box
        self._pieces: list[bytes] = []
        self._size = 0
        self._refused = False

    async def run(self, app: App, scope: Message, receive: Receive, send: Send) -> None:
        """Let the other app answer the request."""

        async def hear() -> Message:
            message = await receive()
            piece: bytes = message.get("body", b"")
            self._size += len(piece)
            if self._size <= LARGEST:
                self._pieces.append(piece)
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                notices = from_simplenexus(b"".join(self._pieces))
                self._refused = not await _is_kept(self._box, notices)
                if self._refused:
                    await _answer(send, 503, "inbox-closed")
            if not self._refused:
                await send(message)

        await app(scope, hear, answer)


async def _is_kept(box: NoticeFiles, notices: Collection[Notice]) -> bool:
    try:
        await asyncio.to_thread(box.add, notices)
    except DeskError:
        return False
    return True


async def _read(receive: Receive) -> bytes | None:
    """Read a body; None if it is too large or was broken off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST_NOTICE:
            return None
        if not message.get("more_body"):
            return bytes(body)


async def _answer(send: Send, status: int, word: str) -> None:
    await answer_json(send, status, {"result" if status == 200 else "error": word})
