"""Notices about removed records: taken by the listener's front, kept as files, acted on by the next read."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from core.contacts.reading.notices import Notice, from_simplenexus, from_total_expert
from core.contacts.reading.reader import MANY_NOTICES, ContactReader, ReadKind, WhyFull
from core.push.plan import System
from data.contacts.notice_front import LARGEST_NOTICE, NOTICES, NoticeFront
from data.contacts.notices import NoticeFiles
from data.inbox import Inbox
from data.listener import PATH, Listener
from data.sandbox.systems.events import delivery_of
from data.serving.asgi import Message
from tests.fidelity.desk import LoopTime
from tests.fidelity.systems import DatedTransport, FaultPlan, Wires, on_virtual_time
from tests.support.private import is_private
from tests.unit.data.vendors.test_incremental_reads import SN, TE, WEEK, Company, no_time

OFFICER = "3b1f0c5e-8a51-4b8a-9d4f-2c8f1f0a7b11"
REMOVED = {
    "_id": "1",
    "_timestamp": "2026-11-18T09:00:00+00:00",
    "_links": {"loan_officer": f"/users/loan_officers/{OFFICER}?x=1"},
    "event": "user_deleted",
    "event_info": {"name": "Ann Lee", "user_type": "USER_BORROWER"},
}
GONE = {"item": "CONTACT", "action": "DELETED", "id": 50012, "hashValue": "ab", "secret": "s3cret"}


def body(document: object) -> bytes:
    return json.dumps(document).encode()


def test_an_odd_event_or_part_costs_no_notice_of_its_delivery() -> None:
    odd = [
        "x",
        {**REMOVED, "event": None},
        {**REMOVED, "_links": None},
        {**REMOVED, "_links": {"loan_officer": 7}},
        {**REMOVED, "event_info": {"name": "Ann \ud800"}, "_links": {"loan_officer": "/a/ann.lee@example"}},
        {**REMOVED, "_links": {"loan_officer": None, "user": "/users/borrowers/7a1e"}, "_id": None},
        {**REMOVED, "_timestamp": None, "event_info": None},
    ]
    notices = from_simplenexus(body({"events": odd}))
    assert [notice.owner for notice in notices] == ["7a1e", OFFICER]


# -- what a delivery says -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "record"),
    [
        ({}, "50012"),
        ({"id": "50012"}, "50012"),
        ({"action": "archived"}, "50012"),
        ({"action": "UPDATED"}, None),
        ({"item": "EMAIL_UNSUBSCRIBE"}, None),
    ],
)
def test_a_notification_names_the_contact_that_may_be_gone(
    changed: dict[str, Any], record: str | None
) -> None:
    told = from_total_expert(body({**GONE, **changed}))
    assert told is not None
    assert told.secret == "s3cret"
    assert told.notice == (Notice(TE, record) if record else None)


@pytest.mark.parametrize(
    "odd", [b"", b"[]", b"{}", b"\xff", body({**GONE, "id": "../x"}), body({**GONE, "id": None})]
)
def test_what_is_no_notification_says_nothing(odd: bytes) -> None:
    assert from_total_expert(odd) is None


def test_a_removed_user_is_known_by_the_officer_alone() -> None:
    other = {**REMOVED, "event": "user_updated"}
    odd = [{"event": 7}, {**REMOVED, "_links": {"loan_officer": "/users/../"}}, "x"]
    delivery = body({"events": [*odd, other, REMOVED, REMOVED]})
    assert from_simplenexus(delivery) == (Notice(SN, owner=OFFICER),)
    assert from_simplenexus(b"no JSON") == ()


# -- the files ----------------------------------------------------------------------------------------------


def test_notices_are_private_files_that_come_back_once(tmp_path: Path) -> None:
    box = NoticeFiles(tmp_path / "inbox" / "notices")
    assert box.waiting(TE) == []
    box.add([Notice(TE, "50012"), Notice(TE, "50012"), Notice(SN, owner=OFFICER)])
    assert [(one.record_id, one.owner) for one in box.waiting(TE)] == [("50012", "")] * 2
    (officer,) = box.waiting(SN)
    assert (officer.record_id, officer.owner) == ("", OFFICER)
    files = list((tmp_path / "inbox" / "notices").iterdir())
    assert {is_private(file) for file in files} == {True}
    assert {file.read_bytes() for file in files} == {b""}
    (tmp_path / "inbox" / "notices" / "stray").touch()
    first, second = box.waiting(TE)
    box.drop([first, first])
    assert box.waiting(TE) == [second]


# -- the front ----------------------------------------------------------------------------------------------


async def post(app: NoticeFront, path: str, content: bytes, **headers: str) -> int:
    """Post a body in two pieces; return the status of the answer."""
    pieces = [content[: len(content) // 2], content[len(content) // 2 :]]
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": n == 0} for n, piece in enumerate(pieces)
    ]
    statuses: list[int] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await app({"type": "http", "method": "POST", "path": path, "headers": named}, receive, send)
    (status,) = statuses
    return status


def front(folder: Path, secret: str = "s3cret") -> tuple[NoticeFront, NoticeFiles]:
    box = NoticeFiles(folder / "notices")
    return NoticeFront(Listener(Inbox(folder), {PATH: "key"}), box, lambda: (secret,) if secret else ()), box


async def test_a_notification_with_the_right_secret_is_kept(tmp_path: Path) -> None:
    app, box = front(tmp_path)
    assert await post(app, NOTICES, body(GONE)) == 200
    assert [one.record_id for one in box.waiting(TE)] == ["50012"]
    assert await post(app, NOTICES, body({**GONE, "action": "UPDATED"})) == 200
    assert len(box.waiting(TE)) == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (body({**GONE, "secret": "another"}), 401),
        (body({name: value for name, value in GONE.items() if name != "secret"}), 401),
        (b"{}", 400),
        (b" " * (LARGEST_NOTICE + 1), 400),
    ],
    ids=["another secret", "no secret", "no notification", "too large"],
)
async def test_any_other_notification_is_refused_and_leaves_nothing(
    tmp_path: Path, content: bytes, status: int
) -> None:
    app, box = front(tmp_path)
    assert await post(app, NOTICES, content) == status
    assert box.waiting(TE) == []


async def test_without_a_secret_nothing_of_total_expert_is_taken(tmp_path: Path) -> None:
    app, box = front(tmp_path, "")
    assert await post(app, NOTICES, body({**GONE, "secret": ""})) == 404
    assert box.waiting(TE) == []


async def test_a_removed_user_is_kept_only_if_the_signature_is_right(tmp_path: Path) -> None:
    app, box = front(tmp_path)
    content = body({"_id": "1", "_timestamp": "2026-11-18T09:00:00+00:00", "events": [REMOVED]})
    assert await post(app, PATH, content, x_api_signature="00") == 401
    assert box.waiting(SN) == []
    signed = hmac.new(b"key", content, hashlib.sha256).hexdigest()
    assert await post(app, PATH, content, x_api_signature=signed) == 200
    assert [one.owner for one in box.waiting(SN)] == [OFFICER]


async def test_what_cannot_be_kept_is_not_said_to_be_taken(tmp_path: Path) -> None:
    app, _ = front(tmp_path)
    (tmp_path / "notices").write_bytes(b"a file in the place of the folder")
    assert await post(app, NOTICES, body(GONE)) == 503
    content = body({"events": [REMOVED]})
    signed = hmac.new(b"key", content, hashlib.sha256).hexdigest()
    assert await post(app, PATH, content, x_api_signature=signed) == 503


# -- the next read ------------------------------------------------------------------------------------------


def reading(tmp_path: Path, system: System, *, many: bool) -> None:
    """Remove a record between two reads, tell of it, and read: the record is gone, and the notice is dropped."""

    async def story(wires: Wires) -> None:
        company = Company(systems, wires, 5)
        company._number = 1
        company.do_new_contact()
        company.do_new_borrower()
        box = NoticeFiles(tmp_path / "notices")
        reader = ContactReader(company.sources[system], LoopTime(), company.copies, WEEK, box)
        before, _ = await reader.read(lambda of, count: None)
        gone = next(one for one in before.contacts.values() if one.email == "new1@x.example")
        await company.passes(4_000)
        box.add([Notice(TE, gone.id)] if system is TE else [Notice(SN, owner=gone.owner)])
        box.add([Notice(system, f"unknown{n}") for n in range(MANY_NOTICES if many else 1)])
        there, _ = await reader.read(lambda of, count: None)
        assert there.contacts == before.contacts, "a notice decides nothing"
        assert box.waiting(system) == []
        systems.remove(system.value, "contacts" if system is TE else "borrowers", gone.id)
        await company.passes(4_000)
        box.add([Notice(TE, gone.id)] if system is TE else [Notice(SN, owner=gone.owner)])
        after, read = await reader.read(lambda of, count: None)
        assert set(before.contacts) - set(after.contacts) == {gone.id}
        assert (read.kind, read.changed) == (ReadKind.INCREMENTAL, 1)
        assert box.waiting(system) == []
        if many:
            box.add([Notice(system, f"unknown{n}") for n in range(MANY_NOTICES + 1)])
            _, read = await reader.read(lambda of, count: None)
            assert read.why is WhyFull.NOTICES
            assert box.waiting(system) == []

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), story, DatedTransport)


@pytest.mark.parametrize("system", [SN, TE])
@pytest.mark.parametrize("many", [False, True])
def test_a_read_acts_on_notices_and_drops_them(tmp_path: Path, system: System, many: bool) -> None:
    reading(tmp_path, system, many=many)


def test_a_notice_about_a_contact_that_was_moved_meanwhile_loses_nobody(tmp_path: Path) -> None:
    async def story(wires: Wires) -> None:
        company = Company(systems, wires, 6)
        company._number = 1
        company.do_new_contact()
        box = NoticeFiles(tmp_path / "notices")
        reader = ContactReader(company.sources[TE], LoopTime(), company.copies, WEEK, box)
        before, _ = await reader.read(lambda of, count: None)
        moved = next(one for one in before.contacts.values() if one.email == "new1@x.example")
        await company.passes(4_000)
        user = next(user for user in ("301", "302", "304") if user != moved.owner)
        company.ask(TE, "POST", "/contacts", {"id": int(moved.id), "owner": {"id": int(user)}})
        box.add([Notice(TE, moved.id)])
        after, _ = await reader.read(lambda of, count: None)
        assert after.contacts[moved.id].owner == user

    with no_time(tmp_path) as systems:
        on_virtual_time(systems, FaultPlan(1), story, DatedTransport)


async def test_what_the_sandbox_tells_of_a_removed_record_is_understood(tmp_path: Path) -> None:
    with no_time(tmp_path) as systems:
        wanted = {
            "url": "http://127.0.0.1:9/",
            "secret": "s3cret",
            "actions": [{"item": "CONTACT", "action": "DELETED"}],
        }
        assert systems.ask("total-expert", "POST", "/webhook-subscriptions", wanted)[0] == 201
        owner = {"id": 301, "email": "o@desk.example", "username": "u", "external_id": "x"}
        systems.put("total-expert", "users", owner)
        systems.put("total-expert", "contacts", {"id": 60_001, "last_name": "Lee", "owner": owner})
        systems.put(
            "simplenexus", "borrowers", {"id": OFFICER, "first_name": "Ann", "loan_officer_id": OFFICER}
        )
        systems.systems["total-expert"].forget("contacts", "60001")
        systems.systems["simplenexus"].forget("borrowers", OFFICER)
        app, box = front(tmp_path)
        for waiting in systems.all("total-expert", "notifications"):
            assert await post(app, NOTICES, body(waiting["body"])) == 200
        assert [one.record_id for one in box.waiting(TE)] == ["60001"]
        told = [delivery_of(one["event"], one["id"]) for one in systems.all("simplenexus", "webhooks")]
        assert [from_simplenexus(content) for content in told] == [(Notice(SN, owner=OFFICER),)]
