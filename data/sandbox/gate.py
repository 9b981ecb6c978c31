"""The outermost layer: reads a request, lets the faults have their way with it, sends the answer or something worse.

The only place that knows sockets. Plain ASGI on purpose: what it needs of the server under it is the server's own
`receive`, which no middleware may have wrapped.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MethodType
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from data.sandbox.faults import MESSAGES, Fault, FaultKind, Faults, Struck
from data.sandbox.store import Document
from data.sandbox.systems.api import (
    LARGEST_BODY,
    Call,
    SandboxReply,
    SandboxSystem,
    error_reply,
    json_reply,
    make_call,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_KEPT_REQUESTS = 10_000
_INFLATED_MEGABYTES = 200
_PIECES = 1_000
_BROKEN_JSON = b'{"FLEXId": "1-6D'
_HTML = b"<!doctype html><title>Maintenance</title><h1>We are back soon</h1>"
_ELSEWHERE = "https://elsewhere.example/moved"


@dataclass(slots=True)
class LoggedRequest:
    """One request as it was received; `status` is None while, or when, nothing was answered."""

    n: int
    system: str
    method: str
    path: str
    fault: str | None
    status: int | None = None

    def document(self) -> Document:
        """Return the log line as JSON."""
        return {
            "n": self.n,
            "system": self.system,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "fault": self.fault,
        }


class RequestLog:
    """The last 10,000 requests, without bodies, queries or headers."""

    def __init__(self) -> None:
        self._seen: deque[LoggedRequest] = deque(maxlen=_KEPT_REQUESTS)
        self._count = 0

    @property
    def count(self) -> int:
        """The number of requests so far, which is the number of the last one."""
        return self._count

    def add(self, system: str, method: str, path: str, fault: str | None) -> LoggedRequest:
        """Note a request; its status is filled in when it is answered."""
        self._count += 1
        seen = LoggedRequest(self._count, system, method, path, fault)
        self._seen.append(seen)
        return seen

    def since(self, n: int, system: str | None) -> list[Document]:
        """Return the requests after number `n`, of one system or of all."""
        return [s.document() for s in self._seen if s.n > n and system in (None, s.system)]


class Gate:
    """The ASGI app of the sandbox: `systems` by the first segment of the path, `control` behind `/_sandbox`."""

    def __init__(
        self,
        systems: Mapping[str, SandboxSystem],
        faults: Faults,
        log: RequestLog,
    ) -> None:
        self.systems = systems
        self.faults = faults
        self.log = log
        self.control: Callable[[Call], SandboxReply] = _no_control
        self._ending = asyncio.Event()
        self._replaced = asyncio.Event()
        """Set once other rules are in force than those that the requests now under way met."""
        self._late: dict[int, tuple[asyncio.TimerHandle, Callable[[], None]]] = {}

    def end(self) -> None:
        """Let go of every request that hangs or waits; call it on the loop, before the server shuts down."""
        self._ending.set()
        self._replaced.set()
        self.forget_late()

    def replace_faults(self, faults: Faults) -> None:
        """Take other rules. A request that is delayed by an old rule goes on at once; call it on the loop."""
        self.faults = faults
        self._replaced.set()
        self._replaced = asyncio.Event()

    def forget_late(self) -> None:
        """Drop the requests that wait for their time: they belong to records that are no longer there."""
        for timer, _ in self._late.values():
            timer.cancel()
        self._late.clear()

    def carry_out_late(self) -> int:
        """Carry out now the requests that wait for their time (the fault `late`). Return how many waited."""
        waiting = list(self._late.values())
        for timer, carry_out in waiting:
            timer.cancel()
            carry_out()
        return len(waiting)

    def _later(self, seconds: float, system: SandboxSystem, call: Call) -> None:
        n = self.log.count

        def carry_out() -> None:
            del self._late[n]
            _guarded(system.answer, call)

        self._late[n] = (asyncio.get_running_loop().call_later(seconds, carry_out), carry_out)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or let it come to grief as the rules say."""
        read = await _read(receive)
        if read is None:
            return
        body, too_large = read
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        raw_path = scope.get("raw_path") or scope["path"].encode()
        first, call = make_call(
            scope["method"], raw_path, scope["query_string"], headers, body, too_large=too_large
        )
        if not _is_from_this_machine(call):
            await _send(
                send, error_reply(403, "foreign", "Web pages and other hosts' names are not answered.")
            )
            return
        if first == "_sandbox":
            await _send(send, _guarded(self.control, call))
            return
        system = self.systems.get(first)
        if system is None:
            seen = self.log.add(first, call.method, call.path, None)
            await self._deliver(send, error_reply(404, "not-found", "There is nothing at this path."), seen)
            return
        await self._serve(system, call, receive, send)

    async def _serve(self, system: SandboxSystem, call: Call, receive: Receive, send: Send) -> None:
        refusal = _refusal(system, call)
        struck = self.faults.strike(call.method, call.path, signed_in=refusal is None)
        seen = self.log.add(system.name, call.method, call.path, struck.text)
        await self._pause(struck.delay)
        fault = struck.fault
        if fault is not None and fault.status and fault.kind is not FaultKind.STATUS_AFTER:
            await self._deliver(send, _status(system, fault), seen)
        elif refusal is not None:
            await self._deliver(send, refusal, seen)
        elif fault is not None and fault.kind in _UNTOUCHED:
            await self._untouched(fault, system, call, receive, send, seen)
        else:
            reply = _guarded(system.answer, replace(call, lag=struck.lag))
            if struck.twice:
                _guarded(system.answer, replace(call, lag=struck.lag))
            await self._afterwards(struck, system, reply, receive, send, seen)

    async def _untouched(
        self,
        fault: Fault,
        system: SandboxSystem,
        call: Call,
        receive: Receive,
        send: Send,
        seen: LoggedRequest,
    ) -> None:
        """The faults that strike before the system has done anything."""
        if fault.kind is FaultKind.HANG_BEFORE:
            await self._hang(receive)
        elif fault.kind is FaultKind.REDIRECT:
            await self._deliver(send, SandboxReply(302, b"", "text/plain", (("Location", _ELSEWHERE),)), seen)
        else:
            if fault.kind is FaultKind.LATE:
                self._later(fault.seconds, system, call)
            await _hang_up(receive, _FINISH)

    async def _afterwards(
        self,
        struck: Struck,
        system: SandboxSystem,
        reply: SandboxReply,
        receive: Receive,
        send: Send,
        seen: LoggedRequest,
    ) -> None:
        """The faults that strike when the system has done its work."""
        fault = struck.fault
        match fault.kind if fault else None:
            case FaultKind.DROP_REPLY:
                await _hang_up(receive, _FINISH)
            case FaultKind.RESET:
                await _hang_up(receive, _RESET)
            case FaultKind.HANG:
                await self._hang(receive)
            case FaultKind.TRUNCATE:
                await _truncate(receive, send, reply)
            case FaultKind.SLOW if fault:
                seen.status = reply.status
                await self._drip(send, reply, fault.seconds)
            case _:
                await self._deliver(send, _spoilt(fault, system, reply), seen)

    async def _deliver(self, send: Send, reply: SandboxReply, seen: LoggedRequest) -> None:
        seen.status = reply.status
        await _send(send, reply)

    async def _pause(self, seconds: float) -> None:
        """Wait, until other rules are in force at most."""
        if seconds > 0:
            try:
                await asyncio.wait_for(self._replaced.wait(), seconds)
            except TimeoutError:
                return

    async def _hang(self, receive: Receive) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        ending = asyncio.ensure_future(self._ending.wait())
        _, waiting = await asyncio.wait({gone, ending}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        if self._ending.is_set():
            await _hang_up(receive, _FINISH)

    async def _drip(self, send: Send, reply: SandboxReply, seconds: float) -> None:
        size = max(1, -(-len(reply.body) // _PIECES))
        pieces = [reply.body[at : at + size] for at in range(0, len(reply.body), size)]
        await send(_start(reply, len(reply.body)))
        for piece in pieces:
            await self._pause(seconds / len(pieces))
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


_UNTOUCHED = (FaultKind.DROP_REQUEST, FaultKind.LATE, FaultKind.HANG_BEFORE, FaultKind.REDIRECT)


class _Cycle(Protocol):
    transport: asyncio.Transport


# Two ways to close a connection: seconds to linger at the close of the socket, None for the ordinary end (FIN).
_FINISH: int | None = None
_RESET: int | None = 0


async def _hang_up(receive: Receive, linger: int | None) -> None:
    """Close the connection without another byte.

    ASGI has no message for this. Under uvicorn `receive` is a method of the request's own cycle, which holds the
    transport; that is why nothing may wrap the gate. Returns when the server has noticed, so that it does not try
    to answer for us.
    """
    transport = _transport(receive)
    if linger is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, linger))
    transport.abort()
    await _gone(receive)


def _transport(receive: Receive) -> asyncio.Transport:
    return cast(_Cycle, cast(MethodType, receive).__self__).transport


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read(receive: Receive) -> tuple[bytes, bool] | None:
    """Return the body and whether it was too large; None when the client went before its end."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        size += len(message["body"])
        if size <= LARGEST_BODY:
            pieces.append(message["body"])
        if not message["more_body"]:
            return b"".join(pieces), size > LARGEST_BODY


async def _send(send: Send, reply: SandboxReply) -> None:
    await send(_start(reply, len(reply.body)))
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


async def _truncate(receive: Receive, send: Send, reply: SandboxReply) -> None:
    await send(_start(reply, len(reply.body) + 64))
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
    _transport(receive).close()
    await _gone(receive)


def _start(reply: SandboxReply, length: int) -> Message:
    headers = [("Content-Type", reply.media_type), ("Content-Length", str(length)), *reply.headers]
    return {
        "type": "http.response.start",
        "status": reply.status,
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    }


_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def _is_from_this_machine(call: Call) -> bool:
    """Return False for what a page in a browser of this machine may have sent.

    The sandbox has no page of its own, so a request with an `Origin` is from another site's page. A site that lets its
    own name point here is recognised by the `Host`.
    """
    try:
        name = urlsplit("//" + call.headers.get("host", "")).hostname
    except ValueError:
        return False
    return name in _OWN_NAMES and "origin" not in call.headers


def _refusal(system: SandboxSystem, call: Call) -> SandboxReply | None:
    return None if system.is_open(call) else system.refusal(call)


def _guarded(answer: Callable[[Call], SandboxReply], call: Call) -> SandboxReply:
    """Return the answer, or a 500 without details where the sandbox itself is at fault."""
    try:
        return answer(call)
    except Exception:
        return error_reply(500, "internal", "The sandbox itself failed.")


def _status(system: SandboxSystem, fault: Fault) -> SandboxReply:
    code, message = MESSAGES[fault.status]
    headers = () if fault.retry_after is None else (("Retry-After", fault.retry_after),)
    return system.error(fault.status, code, message, headers)


def _spoilt(fault: Fault | None, system: SandboxSystem, reply: SandboxReply) -> SandboxReply:
    """Return the reply that a fault makes of the right one. Other faults act before or after the reply is made."""
    if fault is None:
        return reply
    match fault.kind:
        case FaultKind.STATUS_AFTER:
            return _status(system, fault)
        case FaultKind.BAD_JSON:
            return SandboxReply(200, _BROKEN_JSON)
        case FaultKind.HTML:
            return SandboxReply(200, _HTML, "text/html; charset=utf-8")
        case FaultKind.INFLATE:
            return SandboxReply(200, _inflating(), headers=(("Content-Encoding", "gzip"),))
        case FaultKind.NO_ID | FaultKind.EMPTY_PAGE | FaultKind.LAST_PAGE:
            document = reply.document()
            return reply if document is None else json_reply(reply.status, _CHANGES[fault.kind](document))
        case FaultKind.OTHER_ID:
            return _misnamed(system, reply)
        case (
            FaultKind.DROP_REQUEST
            | FaultKind.DROP_REPLY
            | FaultKind.RESET
            | FaultKind.HANG
            | FaultKind.HANG_BEFORE
            | FaultKind.DELAY
            | FaultKind.STATUS
            | FaultKind.TOO_MANY
            | FaultKind.TRUNCATE
            | FaultKind.SLOW
            | FaultKind.REDIRECT
            | FaultKind.LATE
            | FaultKind.LAG
            | FaultKind.COMMIT_TWICE
        ):
            return reply


def _without_ids(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_ids(v) for k, v in value.items() if not str(k).casefold().endswith("id")}
    if isinstance(value, list):
        return [_without_ids(entry) for entry in value]
    return value


_LISTS = ("contents", "items", "objects")
"""The names under which the systems list the records of a page."""


def _without_records(document: Document) -> Document:
    return {name: [] if name in _LISTS else value for name, value in document.items()}


def _as_the_last(document: Document) -> Document:
    """Return a page that says that no page follows: by its links, its next page, or the number of pages."""
    changed = dict(document)
    if isinstance(links := document.get("links"), dict):
        changed["links"] = {**links, "next": None}
    if "next_page" in document:
        changed["next_page"] = None
    if "total_pages" in document:
        changed["total_pages"] = 1
    return changed


_CHANGES: Mapping[FaultKind, Callable[[Document], object]] = {
    FaultKind.NO_ID: _without_ids,
    FaultKind.EMPTY_PAGE: _without_records,
    FaultKind.LAST_PAGE: _as_the_last,
}


def _misnamed(system: SandboxSystem, reply: SandboxReply) -> SandboxReply:
    document = reply.document()
    if document is None or reply.kind is None or reply.status >= 400:
        return reply
    for record in system.records_in(document):
        own = str(record.get(system.id_field))
        other = system.store.latest_other(system.name, reply.kind, own) or {}
        record[system.id_field] = other.get(system.id_field, system.stranger)
        if "IntegrationId" in record:
            record["IntegrationId"] = other.get("IntegrationId", "not-yours")
    return json_reply(reply.status, document)


@lru_cache(maxsize=1)
def _inflating() -> bytes:
    """A gzip stream of spaces that is small on the wire and 200 MB in memory.

    After a full flush a deflate stream depends on nothing before it, so one compressed megabyte can be repeated.
    """
    block = b" " * 1_000_000
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packer.compress(b"")
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(_INFLATED_MEGABYTES):
        checksum = zlib.crc32(block, checksum)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    trailer = b"\x03\x00" + struct.pack("<II", checksum, _INFLATED_MEGABYTES * len(block))
    return header + packed * _INFLATED_MEGABYTES + trailer


def _no_control(call: Call) -> SandboxReply:
    return error_reply(404, "not-found", f"There is nothing at {call.path}.")
