"""Every remote as the push engine sees it, against a server of bare bytes: what nobody can vouch for is never believed.

One table of faults over every kind of write of every system; whatever comes, one write is one request.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import pytest
import stamina

from core.errors import Unreachable
from core.push.plan import Entity, Operation, System
from core.push.ports import Applied, Lost, NotSent, Outcome, Refused, Remote, Request
from data.vendors.brokerengine import BrokerEngine
from data.vendors.flex import Flex
from data.vendors.http.client import LARGEST_REPLY, HttpClient, SystemAddress
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.simplenexus.writes import SimpleNexusWrites
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.writes import TotalExpertWrites
from tests.support.raw_server import Raw, Speak, drip, hang_up, reply, reset, say_nothing, serve, then_close

REF = "BD-ZTUMCBPQIB4CJFDSOZUA"
OFFICER = "0b1c2d3e-0000-4000-8000-000000000001"
MADE = "0b1c2d3e-0000-4000-8000-000000000002"
OTHER = "0b1c2d3e-0000-4000-8000-000000000003"
Answer = bytes | Speak


@dataclass(frozen=True)
class Write:
    """One kind of write: the good reply, replies about something else, and those that say nothing and mean yes."""

    system: System
    request: Request
    good: bytes
    others: tuple[bytes, ...]
    silent: tuple[bytes, ...] = ()


def _flex(entity: Entity, operation: Operation = Operation.CREATE, **more: Any) -> Write:
    update = operation is Operation.UPDATE
    mine = {"FLEXId": "1-6D9UB", "IntegrationId": REF}
    others = ({"FLEXId": "1-OTHER"},) if update else ({"FLEXId": "1-6D9UB", "IntegrationId": "BD-OTHER"},)
    return Write(
        System.FLEX,
        Request(REF, entity, operation, {"IntegrationId": REF}, **more),
        reply(201, mine),
        tuple(reply(201, other) for other in (*others, {"FLEXId": ".."}, {"id": "1-6D9UB"})),
    )


def _simplenexus(entity: Entity, path: str, body: dict[str, Any]) -> Write:
    own = f"http://host/users/{path}"
    return Write(
        System.SIMPLENEXUS,
        Request(REF, entity, Operation.CREATE, body, parent=OFFICER),
        reply(201, {"id": MADE, "_self": f"{own}/{MADE}"}),
        (
            reply(201, {"id": MADE, "_self": f"{own}/{OTHER}"}),
            reply(201, {"id": MADE, "_self": f"http://host/users/partners/{MADE}"}),
            reply(201, {"id": MADE}),
        ),
    )


def _total_expert(entity: Entity, operation: Operation, path: str) -> Write:
    if operation is Operation.CREATE:
        own = f"host/v1/{path}"
        good: dict[str, Any] = {"id": 7, "created": f"{own}/7"}
        others: tuple[dict[str, Any], ...] = (
            {"id": 8, "created": f"{own}/7"},
            {"id": 7, "created": "host/v1/x/7"},
        )
    else:
        good, others = {"id": 7}, ({"id": 8},)
    return Write(
        System.TOTAL_EXPERT,
        Request(
            REF, entity, operation, {"title": "Dr"}, remote_id=None if operation is Operation.CREATE else "7"
        ),
        reply(201, good),
        tuple(reply(200, other) for other in others),
        () if operation is Operation.CREATE else (reply(204, b""), reply(200, b"[]")),
    )


WRITES: dict[str, Write] = {
    "flex-person": _flex(Entity.PERSON),
    "flex-note": _flex(Entity.NOTE),
    "flex-update": _flex(Entity.PERSON, Operation.UPDATE, remote_id="1-6D9UB"),
    "flex-product": _flex(Entity.PRODUCT_LINK, Operation.LINK, remote_id="1-6D9UB", parent="1-OPP1"),
    "flex-property-update": _flex(Entity.PROPERTY, Operation.UPDATE, remote_id="1-6D9UB"),
    "flex-applicant": Write(
        System.FLEX,
        Request(
            *(REF, Entity.APPLICANT, Operation.LINK, {"Role": "Guarantor"}),
            remote_id="1-6D9UB",
            parent="1-OPP1",
        ),
        reply(201, {"FLEXId": "1-6D9UB", "IntegrationId": "BD-PERSON", "Opportunity": "1-OPP1"}),
        (
            reply(201, {"FLEXId": "1-OTHER", "Opportunity": "1-OPP1"}),
            reply(201, {"FLEXId": "1-6D9UB", "Opportunity": "1-OTHER"}),
            reply(201, {"FLEXId": "1-6D9UB"}),
        ),
    ),
    "brokerengine": Write(
        System.BROKERENGINE,
        Request(REF, Entity.PERSON, Operation.WRITE_BACK, {"flex_id": "1-6D9UB"}, remote_id="P-2001"),
        reply(200, {"id": "P-2001", "flex_id": "1-6D9UB"}),
        (reply(200, {"id": "P-2002", "flex_id": "1-6D9UB"}), reply(200, {"flex_id": "1-6D9UB"})),
    ),
    "simplenexus-prospect": _simplenexus(
        Entity.PROSPECT, f"loan_officers/{OFFICER}/prospects", {"email": "p@example.com", "note": REF}
    ),
    "simplenexus-account": _simplenexus(Entity.BORROWER, "borrowers", {"email": "p@example.com"}),
    "total-expert-contact": _total_expert(Entity.CONTACT, Operation.CREATE, "contacts"),
    "total-expert-insight": _total_expert(Entity.INSIGHT, Operation.CREATE, "insights"),
    "total-expert-update": _total_expert(Entity.CONTACT, Operation.UPDATE, ""),
    "total-expert-group": _total_expert(Entity.GROUP, Operation.JOIN_GROUP, ""),
}
each_write = pytest.mark.parametrize("name", list(WRITES))


@asynccontextmanager
async def _remote(system: System, raw: Raw, deadline: float = 100.0) -> AsyncIterator[Remote]:
    wire = HttpClient(SystemAddress(system, raw.url, "desk", "secret", rate=600_000, deadline=deadline))
    wire.calm = 0.0
    match system:
        case System.FLEX:
            yield Flex(wire, 60.0)
        case System.BROKERENGINE:
            yield BrokerEngine(wire, 60.0)
        case System.SIMPLENEXUS:
            yield SimpleNexusWrites(SimpleNexus(wire), 60.0)
        case System.TOTAL_EXPERT:
            yield TotalExpertWrites(TotalExpert(wire, "brokerdesk"), 60.0)
    await wire.close()


async def _send(name: str, *answers: Answer, deadline: float = 100.0) -> tuple[Outcome, Raw]:
    """Send one write to a server that answers so."""
    async with serve() as raw, _remote(WRITES[name].system, raw, deadline) as remote:
        raw.say += answers
        return await remote.send(WRITES[name].request), raw


# -- the first table: one write, one answer -----------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """An answer, made of the good one, and what it has to be taken for."""

    answer: Callable[[bytes], Answer]
    kind: type
    code: str
    deadline: float = 100.0
    retry_after: tuple[float, float] | None = field(default=None)


def _body(good: bytes) -> bytes:
    return good.partition(b"\r\n\r\n")[2]


def _flood(good: bytes) -> Speak:
    async def speak(asked: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 x\r\ncontent-type: application/json\r\ncontent-length: 900000000\r\n\r\n")
        for _ in range(4 * LARGEST_REPLY // 262_144):
            writer.write(b" " * 262_144)
            await writer.drain()

    return speak


def _status(status: int, **headers: str) -> Callable[[bytes], Answer]:
    """Give the very reply that means yes, under another status: no body makes up for it."""
    return lambda good: reply(status, _body(good), **headers)


FAULTS: dict[str, Fault] = {
    "dropped": Fault(lambda good: hang_up, Lost, "no-reply"),
    "reset": Fault(lambda good: reset, Lost, "no-reply"),
    "half-a-head": Fault(lambda good: then_close(good[:24]), Lost, "no-reply"),
    "head-alone": Fault(
        lambda good: then_close(good.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"), Lost, "no-reply"
    ),
    "half-a-body": Fault(lambda good: then_close(good[:-5]), Lost, "no-reply"),
    "not-http": Fault(lambda good: b"SSH-2.0-OpenSSH_9\r\n\r\n", Lost, "no-reply"),
    "silence": Fault(lambda good: say_nothing, Lost, "deadline", 1.0),
    "slow-drip": Fault(lambda good: drip(good, 0.05), Lost, "deadline", 1.0),
    "early-hints-for-ever": Fault(
        lambda good: drip(b"HTTP/1.1 103 x\r\n\r\n" * 400, 0.001), Lost, "deadline", 1.0
    ),
    "inflates": Fault(_flood, Lost, "bad-reply"),
    "packed": Fault(
        lambda good: reply(201, gzip.compress(_body(good)), content_encoding="gzip"), Lost, "bad-reply"
    ),
    "truncated-json": Fault(lambda good: reply(201, _body(good)[:-3]), Lost, "bad-reply"),
    "html": Fault(
        lambda good: reply(200, b"<h1>Back soon</h1>", content_type="text/html"), Lost, "bad-reply"
    ),
    "html-called-json": Fault(lambda good: reply(200, b"<h1>Back soon</h1>"), Lost, "bad-reply"),
    "json-called-html": Fault(
        lambda good: reply(200, _body(good), content_type="text/html"), Lost, "bad-reply"
    ),
    "a-list": Fault(lambda good: reply(201, b"[" + _body(good) + b"]"), Lost, "bad-reply"),
    "null": Fault(lambda good: reply(201, b"null"), Lost, "bad-reply"),
    "nothing": Fault(lambda good: reply(201, b""), Lost, "bad-reply"),
    "no-id": Fault(lambda good: reply(201, b"{}"), Lost, "no-id"),
    "nulls": Fault(
        lambda good: reply(201, {"id": None, "FLEXId": None, "_self": None, "created": None}), Lost, "no-id"
    ),
    "an-error-as-200": Fault(lambda good: reply(200, {"error": {"code": "x"}, "errors": []}), Lost, "no-id"),
    **{
        str(code): Fault(_status(code), Lost, "server-error")
        for code in (500, 501, 502, 503, 504, 408, 410, 599)
    },
    "409": Fault(_status(409), Lost, "conflict"),
    **{
        str(code): Fault(_status(code), Refused, "refused")
        for code in (400, 404, 405, 412, 413, 415, 422, 423)
    },
    "403": Fault(_status(403), Refused, "forbidden"),
    **{
        str(code): Fault(_status(code, location="/elsewhere"), Refused, "redirected")
        for code in (301, 302, 303, 307, 308)
    },
    "401": Fault(_status(401), NotSent, "not-authorised"),
    "429-seconds": Fault(_status(429, retry_after="9"), NotSent, "rate-limited", retry_after=(9, 9)),
    "429-a-date": Fault(
        lambda good: reply(429, b"{}", retry_after=formatdate(time.time() + 60, usegmt=True)),
        NotSent,
        "rate-limited",
        retry_after=(40, 60),
    ),
    "429-a-past-date": Fault(
        lambda good: reply(429, b"{}", retry_after=formatdate(time.time() - 60, usegmt=True)),
        NotSent,
        "rate-limited",
        retry_after=(0, 0),
    ),
    "429-nothing": Fault(_status(429), NotSent, "rate-limited"),
    "429-absurd": Fault(
        _status(429, retry_after="9" * 12), NotSent, "rate-limited", retry_after=(86_400, 86_400)
    ),
    "429-nonsense": Fault(_status(429, retry_after="soon"), NotSent, "rate-limited"),
    "429-endless": Fault(
        _status(429, retry_after="9" * 400), NotSent, "rate-limited", retry_after=(86_400, 86_400)
    ),
}


_TRIES = 20
"""A busy machine may not even connect before a short deadline. Then nothing was sent, and the test tries again."""
NEWER = {(name, "405"): "gateway-too-old" for name in ("flex-property-update", "flex-applicant")}
"""The faults of writes that an older gateway does not know, which have a code of their own."""


@pytest.mark.parametrize("fault", list(FAULTS))
@each_write
async def test_a_fault_is_what_it_is_and_the_write_is_not_sent_again(name: str, fault: str) -> None:
    expected = FAULTS[fault]
    good = WRITES[name].good
    for _ in range(_TRIES):
        outcome, raw = await _send(name, expected.answer(good), good, deadline=expected.deadline)
        if raw.asked:
            break
    assert isinstance(outcome, expected.kind)
    assert outcome.code == NEWER.get((name, fault), expected.code)
    assert len(raw.asked) == 1
    if isinstance(outcome, NotSent) and fault.startswith("429"):
        low, high = expected.retry_after or (None, None)
        assert (outcome.retry_after is None) if low is None else low <= outcome.retry_after <= high
    assert "p@example.com" not in repr(outcome), "what was sent is in no trace of it"


@each_write
async def test_the_good_reply_is_believed_also_after_a_hint_and_byte_by_byte(name: str) -> None:
    good = WRITES[name].good
    for answer in (
        good,
        b"HTTP/1.1 103 x\r\nlink: </x>\r\n\r\n" + good,
        drip(good, 0.0),
        *WRITES[name].silent,
    ):
        outcome, raw = await _send(name, answer)
        assert isinstance(outcome, Applied)
        assert outcome.remote_id in ("1-6D9UB", "P-2001", MADE, "7")
        assert len(raw.asked) == 1


@each_write
async def test_a_reply_that_speaks_of_another_record_is_not_believed(name: str) -> None:
    for answer in WRITES[name].others:
        outcome, raw = await _send(name, answer, WRITES[name].good)
        assert isinstance(outcome, Lost)
        assert outcome.code == "no-id"
        assert len(raw.asked) == 1


# -- more than one exchange ---------------------------------------------------------------------------------


@each_write
async def test_every_request_has_a_connection_of_its_own_whatever_the_server_would_keep(name: str) -> None:
    write = WRITES[name]
    async with serve() as raw, _remote(write.system, raw) as remote:
        raw.say += [write.good, hang_up, write.good]
        kinds = [type(await remote.send(write.request)) for _ in range(3)]
        assert kinds == [Applied, Lost, Applied]
        assert [asked.connection for asked in raw.asked] == [2, 3, 4]
        assert {asked.headers["connection"] for asked in raw.asked} == {"close"}


@each_write
async def test_a_token_that_ends_in_between_is_asked_for_anew_and_the_write_sent_by_whoever_asks_again(
    name: str,
) -> None:
    write = WRITES[name]
    async with serve() as raw, _remote(write.system, raw) as remote:
        raw.token += [reply(200, {"access_token": name, "expires_in": 3600}) for name in ("old", "new")]
        raw.say += [write.good, reply(401), write.good]
        kinds = [type(await remote.send(write.request)) for _ in range(3)]
        assert kinds == [Applied, NotSent, Applied]
        assert [one.headers["authorization"] for one in raw.asked] == [
            "Bearer old",
            "Bearer old",
            "Bearer new",
        ]


@pytest.mark.parametrize("answer", [reply(400), reply(500), reply(200, b"<html>"), hang_up, reply(429)])
@each_write
async def test_where_no_token_is_given_nothing_is_sent(name: str, answer: Any) -> None:
    write = WRITES[name]
    async with serve() as raw, _remote(write.system, raw) as remote:
        raw.token.append(answer)
        assert isinstance(await remote.send(write.request), NotSent)
        assert raw.asked == []


@each_write
async def test_a_write_that_is_given_up_says_so(name: str) -> None:
    write, arrived = WRITES[name], asyncio.Event()

    async def hold(asked: Any, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with serve() as raw, _remote(write.system, raw) as remote:
        raw.say += [hold, write.good]
        task = asyncio.ensure_future(remote.send(write.request))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(raw.asked) == 1


@each_write
async def test_a_reply_that_comes_twice_in_one_piece_is_not_taken_for_the_next_ones(name: str) -> None:
    write = WRITES[name]
    async with serve() as raw, _remote(write.system, raw) as remote:
        raw.say += [write.good + write.good, reply(500)]
        assert isinstance(await remote.send(write.request), Applied)
        assert isinstance(await remote.send(write.request), Lost)


# -- asking what became of it -------------------------------------------------------------------------------

LOOKED_UP = [
    name
    for name, write in WRITES.items()
    if write.request.operation is Operation.CREATE and name != "flex-note"
]
READ_BACK = ["flex-update", "brokerengine", "total-expert-update"]
NO_ANSWER: dict[str, Callable[[], Answer]] = {
    "dropped": lambda: hang_up,
    "reset": lambda: reset,
    "half-a-head": lambda: then_close(b"HTTP/1.1 200 OK\r\ncontent-le"),
    "half-a-body": lambda: then_close(reply(200, b'{"items":[]}', content_length="900")),
    "truncated": lambda: reply(200, b'{"items":[],"contents":[],"links":{"next":'),
    "html": lambda: reply(200, b"<h1>Back soon</h1>", content_type="text/html"),
    "packed": lambda: reply(200, gzip.compress(b'{"items":[]}'), content_encoding="gzip"),
    "inflates": lambda: _flood(b""),
    "nothing": lambda: reply(200, b""),
    "null": lambda: reply(200, b"null"),
    "another-form": lambda: reply(200, {"data": [], "id": "another"}),
    "a-list-of-nulls": lambda: reply(200, {"items": None, "contents": None, "id": "another"}),
    **{str(code): lambda code=code: reply(code) for code in (302, 400, 403, 409, 500, 502, 503, 504, 204)},
    "401-again": lambda: reply(401),
    "429": lambda: reply(429, retry_after="0"),
}


@pytest.fixture
def quickly() -> Any:
    """Where a read is tried again no time passes."""
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("fault", list(NO_ANSWER))
@pytest.mark.parametrize("name", LOOKED_UP)
async def test_a_look_up_that_gets_no_answer_never_means_that_nothing_is_there(name: str, fault: str) -> None:
    write = WRITES[name]
    async with serve() as raw, _remote(write.system, raw) as remote:
        raw.say += [NO_ANSWER[fault]() for _ in range(12)]
        with pytest.raises(Unreachable):
            await remote.look_up([write.request])
        assert {asked.method for asked in raw.asked} == {"GET"}


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("fault", list(NO_ANSWER))
@pytest.mark.parametrize("name", READ_BACK)
async def test_a_read_back_that_gets_no_answer_is_no_answer(name: str, fault: str) -> None:
    write = WRITES[name]
    async with serve() as raw, _remote(write.system, raw) as remote:
        raw.say += [NO_ANSWER[fault]() for _ in range(12)]
        with pytest.raises(Unreachable):
            await remote.read(write.request)
        assert {asked.method for asked in raw.asked} == {"GET"}
