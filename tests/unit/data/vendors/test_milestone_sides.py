"""What milestones read of both systems, over real HTTP: an application again, what a poll finds, whose a contact is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.contacts.match.known_links import KnownLinks
from core.contacts.records import Answer, Judged
from core.errors import Unreachable
from core.milestones.events import ApplicationReading, EventKind, Unreadable
from core.push.plan import Entity, System
from core.push.records import Link, Unlinked
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.linked_people import HOLDS, LinkedPeople
from data.vendors.simplenexus.applications import NO_CLOCK, SimpleNexusApplications
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.insights import TotalExpertInsights
from tests.support.fakes import FakeBook
from tests.support.running_sandbox import Sandbox, running

HOUR = 3600.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(Path(tmp_path_factory.mktemp("systems"))) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    served.faults("")
    served.control("POST", "/reset")
    served.options("simplenexus", applications=True)
    served.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    return served


class Clock:
    at = 1_800_000_000.0

    def now(self) -> float:
        return self.at


def wire(sandbox: Sandbox, system: System, **more: Any) -> HttpClient:
    address = SystemAddress(system, sandbox.urls[system], "sandbox", "sandbox", rate=600_000, deadline=100)
    return HttpClient(address, **more)


@pytest.fixture
async def applications(sandbox: Sandbox) -> AsyncIterator[SimpleNexusApplications]:
    way = wire(sandbox, System.SIMPLENEXUS)
    yield SimpleNexusApplications(SimpleNexus(way), Clock())
    await way.close()


@pytest.fixture
async def total_expert(sandbox: Sandbox) -> AsyncIterator[TotalExpert]:
    way = wire(sandbox, System.TOTAL_EXPERT)
    yield TotalExpert(way, "brokerdesk")
    await way.close()


def act(sandbox: Sandbox, what: str, about: str, ago: float) -> str:
    named = "borrower" if what in ("begin", "log-in") else "application"
    return str(sandbox.control("POST", "/events/act", {"act": what, named: about, "ago": ago})["application"])


def stamp(at: float) -> float:
    """A moment as SimpleNexus stamps it: in whole seconds."""
    return float(int(at))


async def test_an_application_is_read_with_the_vendors_clock_and_its_borrower(
    sandbox: Sandbox, applications: SimpleNexusApplications
) -> None:
    who = sandbox.records("simplenexus", "borrowers")[5]["id"]
    name = act(sandbox, "begin", who, 3 * HOUR)
    act(sandbox, "change", name, HOUR)
    reading = await applications.read(name)
    assert isinstance(reading, ApplicationReading)
    assert (reading.application, reading.person, reading.submitted, reading.active) == (
        name,
        who,
        False,
        True,
    )
    assert (reading.made, reading.changed) == (stamp(sandbox.now - 3 * HOUR), stamp(sandbox.now - HOUR))
    assert reading.read == Clock.at
    assert abs(reading.at - datetime.now(UTC).timestamp()) < 10, "the header Date, not the desk's clock"
    act(sandbox, "submit", name, 0)
    assert (await applications.read(name)).submitted


async def test_what_is_gone_and_what_may_not_be_read_are_told_apart(
    sandbox: Sandbox, applications: SimpleNexusApplications
) -> None:
    gone = await applications.read("00000000-0000-4000-9000-00000000ffff")
    assert isinstance(gone, ApplicationReading)
    assert gone.gone
    name = act(sandbox, "begin", sandbox.records("simplenexus", "borrowers")[0]["id"], HOUR)
    sandbox.options("simplenexus", applications=False)
    told = await applications.read(name)
    assert isinstance(told, Unreadable)
    assert told.reason == "SimpleNexus answers 403, and the endpoint is BETA"
    sandbox.options("simplenexus", applications=True)
    sandbox.faults("bad-json GET /simplenexus/loan_applications *9")
    with pytest.raises(Unreachable):
        await applications.read(name)


async def test_a_reply_without_the_vendors_clock_is_no_reading(sandbox: Sandbox) -> None:
    who = sandbox.records("simplenexus", "borrowers")[0]["id"]
    name = act(sandbox, "begin", who, HOUR)
    dated = httpx.AsyncHTTPTransport()

    class Timeless(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await dated.handle_async_request(request)
            response.headers.pop("date", None)
            return response

    way = wire(sandbox, System.SIMPLENEXUS, transport=Timeless())
    told = await SimpleNexusApplications(SimpleNexus(way), Clock()).read(name)
    await way.close()
    await dated.aclose()
    assert isinstance(told, Unreadable)
    assert told.reason == NO_CLOCK


async def test_a_poll_finds_what_was_made_and_changed_since(
    sandbox: Sandbox, applications: SimpleNexusApplications
) -> None:
    who = sandbox.records("simplenexus", "borrowers")[3]["id"]
    begun = sandbox.now - 2 * HOUR
    name = act(sandbox, "begin", who, 2 * HOUR)
    other = act(sandbox, "begin", who, 3 * HOUR)
    act(sandbox, "close", other, HOUR)
    old = act(sandbox, "begin", who, 30 * HOUR)
    found = await applications.since(sandbox.now - 5 * HOUR)
    told = {(one.subject, one.what, one.person) for one in found}
    assert {(name, EventKind.MADE, who), (other, EventKind.MADE, who), (other, EventKind.CLOSED, who)} <= told
    assert old not in {subject for subject, _, _ in told}
    (made,) = [one for one in found if (one.subject, one.what) == (name, EventKind.MADE)]
    assert made.at == stamp(begun)
    sandbox.options("simplenexus", applications=False)
    assert not [one for one in await applications.since(sandbox.now - 5 * HOUR) if one.subject == name]
    sandbox.options("simplenexus", applications=True)
    sandbox.faults("503 GET /simplenexus/loan_applications")
    with pytest.raises(Unreachable):
        await applications.since(sandbox.now - 5 * HOUR)


async def test_an_account_and_a_partner_are_events_when_they_were_made_not_when_they_were_changed(
    sandbox: Sandbox, applications: SimpleNexusApplications
) -> None:
    since = sandbox.now - HOUR
    before = sandbox.records("simplenexus", "borrowers")[0]["id"]
    sandbox.control("PATCH", f"/records/simplenexus/borrowers/{before}", {"phone": "415-555-0100"})
    way = wire(sandbox, System.SIMPLENEXUS)
    client = SimpleNexus(way)
    officer = next(iter([one.id async for page in client.loan_officers() for one in page.records]))
    body = {"first_name": "New", "last_name": "Person", "email": "new@person.example"}
    await client.create_borrower({**body, "loan_officer_id": officer})
    await way.write(
        "POST",
        f"/users/loan_officers/{officer}/partners",
        {**body, "email": "agent@person.example"},
        lambda _: None,
    )
    await way.close()
    found = [
        one for one in await applications.since(since) if one.what in (EventKind.ACCOUNT, EventKind.PARTNER)
    ]
    kinds = sorted(one.what for one in found)
    assert kinds == [EventKind.ACCOUNT, EventKind.PARTNER]
    assert before not in {one.subject for one in found}


async def test_types_groups_and_insights_are_total_experts_own(
    sandbox: Sandbox, total_expert: TotalExpert
) -> None:
    room = TotalExpertInsights(total_expert)
    types = await room.insight_types()
    rows = sandbox.records("total-expert", "insight-types")
    assert types == {row["type"]: [str(row["id"])] for row in rows}
    groups = sandbox.records("total-expert", "contact-groups")
    assert len(await room.groups()) == len(groups) > 0
    (held,) = sandbox.records("total-expert", "insights")
    contact = str(held["contact"]["id"])
    kind = str(held["type"]["id"])
    read = await room.insights({contact: {kind}, "1": {kind, "2"}})
    assert {who: [one.id for one in found] for who, found in read.items()} == {
        contact: [str(held["id"])],
        "1": [],
    }
    assert read[contact][0].type_id == str(held["type"]["id"])


async def test_people_are_contacts_by_links_that_stand_with_the_owner_that_total_expert_names(
    sandbox: Sandbox, total_expert: TotalExpert
) -> None:
    rows = sandbox.records("total-expert", "contacts")[:30]
    book, clock = FakeBook(), Clock()
    ids = [str(row["id"]) for row in rows]
    for n, id_ in enumerate([*ids, "987654321"]):
        await book.commit(Link(System.TOTAL_EXPERT, Entity.CONTACT, f"SN-{n}", id_, f"BD-{n}", 0.0))
    await book.commit(Link(System.SIMPLENEXUS, Entity.BORROWER, ids[0], "SN-b", "BD-b", 0.0))
    last = KnownLinks((("SN-g", ids[1]), ("SN-2", ids[3])), asking=(("SN-g", ids[1]),))
    people = LinkedPeople(book, total_expert, known_as(last), clock)
    wanted = {*(f"SN-{n}" for n in range(31)), "SN-b", "SN-g", "SN-nobody"}
    found = await people.contacts(wanted)
    assert {who: one.id for who, one in found.items()} == {
        **{f"SN-{n}": id_ for n, id_ in enumerate(ids)},
        "SN-b": ids[0],
        "SN-g": ids[1],
        "SN-30": "987654321",
    }
    assert {who for who, one in found.items() if one.asks} == {"SN-30", "SN-g"}
    assert await people.knows_all()
    owners = {str(row["id"]): str(row["owner"]["id"]) for row in rows}
    assert all(one.owner == owners.get(one.id, "") for one in found.values())
    asked = len(sandbox.asked("total-expert", "/contacts"))
    await people.contacts({"SN-1"})
    assert len(sandbox.asked("total-expert", "/contacts")) == asked, "asked once in a while"
    clock.at += HOLDS
    await people.contacts({"SN-1"})
    assert len(sandbox.asked("total-expert", "/contacts")) == asked + 1
    await people.read_again(ids[1])
    await people.contacts({"SN-1"})
    assert len(sandbox.asked("total-expert", "/contacts")) == asked + 2
    one = Unlinked(System.TOTAL_EXPERT, Entity.CONTACT, "SN-1", ids[1], "contact", "BD-1", "m.hale", 0.0)
    await book.commit(one, drop=[(Link, one.key)])
    assert await people.contacts({"SN-1"}) == {}
    assert await people.contacts(set()) == {}


def known_as(links: KnownLinks | None) -> Callable[[], Awaitable[KnownLinks | None]]:
    async def known() -> KnownLinks | None:
        return links

    return known


def say(sandbox: Sandbox, contact: str, **fields: Any) -> None:
    sandbox.control("PATCH", f"/records/total-expert/contacts/{contact}", fields)


async def test_what_a_contact_wishes_is_read_from_all_records_of_the_person(
    sandbox: Sandbox, total_expert: TotalExpert
) -> None:
    first, second, third = (str(row["id"]) for row in sandbox.records("total-expert", "contacts")[100:103])
    say(sandbox, second, preferences={"is_silenced": True})
    say(sandbox, first, ok_to_email="0", ok_to_call=1, state="TX")
    book, clock = FakeBook(), Clock()
    await book.commit(Link(System.TOTAL_EXPERT, Entity.CONTACT, "SN-1", first, "BD-1", 0.0))
    people = LinkedPeople(book, total_expert, known_as(None), clock)
    assert not await people.knows_all()
    alone = (await people.contacts({"SN-1"}))["SN-1"]
    assert (alone.opt_outs, alone.silence, alone.state) == (f"no email (contact {first})", "", "TX")
    await book.commit(
        Judged("SN-1", second, Answer.SAME, "", "m.hale", 0.0, 1),
        Judged("SN-1", third, Answer.DIFFERENT, "", "m.hale", 0.0, 2),
    )
    assert (await people.contacts({"SN-1"}))["SN-1"] == alone, "asked once in a while"
    await people.read_again(first)
    both = (await people.contacts({"SN-1"}))["SN-1"]
    assert both.silence == f"silenced (contact {second})"
    assert (both.id, both.owner) == (first, alone.owner)
    assert third not in both.consent
    say(sandbox, second, preferences={"is_silenced": False})
    assert (await people.contacts({"SN-1"}))["SN-1"] == both
    await people.read_again(first)
    assert (await people.contacts({"SN-1"}))["SN-1"].silence == ""
    sandbox.control("DELETE", f"/records/total-expert/contacts/{first}")
    await people.read_again(first)
    gone = (await people.contacts({"SN-1"}))["SN-1"]
    assert (gone.id, gone.owner, gone.asks) == (first, "", True)
