"""BrokerEngine and FLEX as the sandbox has them, in this process, with two ways to reach them.

`on_virtual_time` hands every request of the production HTTP client straight to the systems, with faults that a seed
decides, on a loop whose minutes pass at once. `over_http` serves the systems on a loopback port.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from email.utils import formatdate
from pathlib import Path as FilePath
from random import Random
from typing import Any, Final, TypeAlias

import httpx

from core.push.plan import System
from data.sandbox.faults import Faults
from data.sandbox.gate import Gate, RequestLog
from data.sandbox.server import SandboxApp, addresses, listening_socket, make_server
from data.sandbox.store import Document, Store
from data.sandbox.systems.api import Clock, SandboxReply, SandboxSystem, make_call
from data.sandbox.systems.brokerengine import SandboxBrokerEngine
from data.sandbox.systems.flex import SandboxFlex
from data.vendors.http.client import HttpClient, SystemAddress
from tests.fidelity.difference import Dump, RecordKey, flatten
from tests.simulation.virtual import VirtualLoop

EPOCH: Final = 1_795_000_000.0
"""The systems' time at the start, in seconds since 1970."""
_FAST: Final = 1_000_000.0
"""Requests a minute: the rate limit is not what is tested here."""

BEFORE: Final = ("unsent", "lost-before", "503-before", "429-before", "401-before")
"""Faults of a write that is not carried out."""
AWAY: Final = "; ".join(f"429=600 {method} /flex" for method in ("POST", "PUT", "PATCH"))
"""FLEX takes no write for ten minutes: longer than a push waits in one run, so the push rests."""
AFTER: Final = ("lost-after", "500-after", "html-after")
"""Faults of a write that is carried out and not confirmed."""
REFUSED_AFTER: Final = ("429-after", "401-after")
"""A gateway's reply that denies what the system behind the gateway has carried out."""

Wires: TypeAlias = Mapping[System, HttpClient]
Story: TypeAlias = Callable[[Wires], Coroutine[Any, Any, None]]


class SystemsInProcess:
    """The records of some systems; a test reads and changes them behind the desk's back."""

    def __init__(
        self,
        folder: FilePath,
        kinds: Sequence[Callable[[Store, Clock], SandboxSystem]] = (SandboxBrokerEngine, SandboxFlex),
    ) -> None:
        self.now = EPOCH
        self._store = Store(folder / "systems.sqlite")
        made = [kind(self._store, lambda: self.now) for kind in kinds]
        self.systems = {system.name: system for system in made}
        self._gate: Gate | None = None

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def wipe(self) -> None:
        """Forget every record."""
        with self._store.transaction():
            self._store.wipe()

    @contextmanager
    def filled_at_once(self) -> Iterator[None]:
        """Open one transaction for all records that the block adds, which is much faster for many records."""
        with self._store.transaction(), self._store.bulk():
            yield

    def add(self, system: str, kind: str, document: Document) -> None:
        """Keep a new record. Only inside `filled_at_once`."""
        one = self.systems[system]
        one.keep(kind, str(document[one.id_field]), document)

    def put(self, system: str, kind: str, document: Document) -> None:
        """Keep a record, or put a new version in its place."""
        one = self.systems[system]
        record_id = str(document.get("ProductFLEXId") or document.get(one.id_field))
        with self._store.transaction():
            if self._store.get(system, kind, record_id) is None:
                one.keep(kind, record_id, document)
            else:
                one.change(kind, record_id, document)

    def get(self, system: str, kind: str, record_id: str) -> Document:
        """Return a record. Raises `AssertionError` where there is none."""
        document = self._store.get(system, kind, record_id)
        assert document is not None, f"there is no {system} {kind} {record_id}"
        return document

    def edit(self, system: str, kind: str, record_id: str, **fields: Any) -> None:
        """Change some fields of a record, as somebody else than the desk does."""
        self.put(system, kind, {**self.get(system, kind, record_id), **fields})

    def ask(self, system: str, method: str, path: str, body: Document) -> tuple[int, Document]:
        """Send one request straight to a system, without a token; return the status and the JSON of the reply."""
        raw = f"/{system}{path}".encode()
        headers = {"content-type": "application/json"}
        name, call = make_call(method, raw, b"", headers, json.dumps(body).encode(), too_large=False)
        reply = self.systems[name].answer(call)
        return reply.status, (reply.document() if reply.body else None) or {}

    def remove(self, system: str, kind: str, record_id: str) -> None:
        """Remove a record, as somebody does in the system itself."""
        with self._store.transaction():
            assert self._store.remove(system, kind, record_id), f"there is no {system} {kind} {record_id}"

    def set_option(self, system: str, name: str, value: bool | str) -> None:
        """Set an option of a system, such as the version of the contract that its gateway speaks."""
        self.systems[system].options[name] = value

    def all(self, system: str, kind: str) -> list[Document]:
        """Return every record of a kind, the oldest first."""
        return self.systems[system].records()[kind]

    def dump(self) -> Dump:
        """Return every record of every system."""
        return {
            RecordKey(name, kind, _id_of(document)): flatten(document)
            for name, system in self.systems.items()
            for kind, documents in system.records().items()
            for document in documents
        }

    def app(self) -> SandboxApp:
        """Return the systems as an ASGI app without faults."""
        self._gate = Gate(self.systems, Faults("", 0), RequestLog())
        return SandboxApp(self._store, self._gate, control_token="none is used")

    def set_faults(self, spec: str) -> None:
        """Replace the fault rules of the app, as the sandbox's control does; an empty text has none."""
        assert self._gate is not None, "the systems are not served"
        self._gate.faults = Faults(spec, 0)


def _id_of(document: Document) -> str:
    return str(document.get("FLEXId") or document.get("ProductFLEXId") or document.get("id"))


def _wires(
    urls: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None, rate: float = _FAST
) -> Wires:
    return {
        system: HttpClient(
            SystemAddress(system, urls[system], "sandbox", "sandbox", rate=rate), transport=transport
        )
        for system in System
        if system in urls
    }


# -- virtual time --------------------------------------------------------------------------------------


class FaultPlan:
    """What goes wrong with the next writes. `left` faults of the repertoire are still to come, at random.

    `script` names faults for the next writes to FLEX in order, "" for none; it comes before what chance decides.
    `lists` is how often a list of FLEX is still to come without its records, a few replies in a row.
    """

    def __init__(
        self,
        seed: int,
        left: int = 0,
        repertoire: Sequence[str] = (*BEFORE, *AFTER, *REFUSED_AFTER),
        *,
        lists: int = 0,
    ) -> None:
        self.left = left
        self.lists = lists
        self.script: list[str] = []
        self.down = False
        """True while FLEX can't be reached at all."""
        self._random = Random(seed)
        self._random_of_lists = Random(seed + 1)
        self._in_a_row = 0
        self._repertoire = repertoire

    def loses_the_list(self) -> bool:
        """Return True if the next list of FLEX comes without its records."""
        if not self._in_a_row and self.lists and self._random_of_lists.random() < 0.15:
            self.lists -= 1
            self._in_a_row = self._random_of_lists.choice((1, 2, 4))
        lost = self._in_a_row > 0
        self._in_a_row -= lost
        return lost

    def strike(self, system: str) -> str:
        """Return the fault that the next write to a system meets; "" for none."""
        if system == System.FLEX and self.script:
            return self.script.pop(0)
        if self.left and self._random.random() < 0.3:
            self.left -= 1
            return self._random.choice(self._repertoire)
        return ""


class SystemsTransport(httpx.AsyncBaseTransport):
    """Hands each request to the systems, without a socket."""

    def __init__(self, systems: SystemsInProcess, faults: FaultPlan) -> None:
        self._systems = systems
        self._faults = faults

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or fail as the fault has it."""
        path, _, query = request.url.raw_path.partition(b"?")
        body = await request.aread()
        headers = {name.lower(): value for name, value in request.headers.items()}
        name, call = make_call(request.method, path, query, headers, body, too_large=False)
        system = self._systems.systems[name]
        if self._faults.down and name == System.FLEX:
            raise httpx.ConnectError("down")
        await asyncio.sleep(0.05)
        fault = self._faults.strike(name) if call.method != "GET" and not system.is_open(call) else ""
        match fault:
            case "unsent":
                raise httpx.ConnectError("no connection")
            case "lost-before":
                raise httpx.ReadError("gone")
            case "503-before" | "429-before" | "401-before":
                return _response(int(fault[:3]), {"retry-after": "1"}, b"{}")
            case _:
                refusal = None if system.is_open(call) else system.refusal(call)
                reply = refusal or system.answer(call)
                if name == System.FLEX and _is_list(call.method, reply) and self._faults.loses_the_list():
                    reply = SandboxReply(reply.status, b"{}", reply.media_type)
                return _answered(fault, reply)


def _is_list(method: str, reply: SandboxReply) -> bool:
    return method == "GET" and reply.status == 200 and "items" in (reply.document() or {})


def _answered(fault: str, reply: SandboxReply) -> httpx.Response:
    match fault:
        case "lost-after":
            raise httpx.ReadError("gone")
        case "500-after" | "429-after" | "401-after":
            return _response(int(fault[:3]), {"retry-after": "1"}, b"{}")
        case "html-after":
            return _response(200, {"content-type": "text/html"}, b"<p>Welcome")
        case _:
            headers = {"content-type": reply.media_type, **dict(reply.headers)}
            return _response(reply.status, headers, reply.body)


def _response(status: int, headers: dict[str, str], body: bytes) -> httpx.Response:
    """Return a reply whose body is still to be read, as one from a socket is."""
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


class DatedTransport(SystemsTransport):
    """Names the systems' time in every reply, as real systems do."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request with the header Date."""
        response = await super().handle_async_request(request)
        response.headers["date"] = formatdate(self._systems.now, usegmt=True)
        return response


def on_virtual_time(
    systems: SystemsInProcess,
    faults: FaultPlan,
    story: Story,
    transport: type[SystemsTransport] = SystemsTransport,
    rate: float = _FAST,
) -> None:
    """Run a story on a loop of its own whose time is virtual. `rate` is how many requests a minute the desk sends."""
    loop = VirtualLoop()
    urls = {name: f"http://127.0.0.1/{name}" for name in systems.systems}
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(story(_wires(urls, transport(systems, faults), rate)))
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        asyncio.set_event_loop(None)


# -- real HTTP -----------------------------------------------------------------------------------------


def over_http(systems: SystemsInProcess, story: Story) -> None:
    """Run a story against the systems on a loopback port."""
    asyncio.run(_over_http(systems, story))


async def _over_http(systems: SystemsInProcess, story: Story) -> None:
    async with served(systems) as urls:
        wires = _wires(urls)
        try:
            await story(wires)
        finally:
            for wire in wires.values():
                await wire.close()


@asynccontextmanager
async def served(systems: SystemsInProcess) -> AsyncIterator[dict[str, str]]:
    """Serve the systems on a loopback port, and give the address of each system."""
    ready = asyncio.Event()
    listener = listening_socket(0)
    server = make_server(systems.app(), ready.set)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await ready.wait()
        yield addresses(listener)
    finally:
        server.should_exit = True
        await serving
