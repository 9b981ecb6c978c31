"""Both contact systems as the engine writes to them, against the sandbox: each kind made, found, told apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from core.push.plan import Entity, Operation, System, make_ref
from core.push.ports import Applied, Diverted, Lost, Outcome, Refused, Request
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.simplenexus.writes import SimpleNexusWrites
from data.vendors.total_expert.client import FEW, TotalExpert
from data.vendors.total_expert.writes import TotalExpertWrites
from tests.support.running_sandbox import Sandbox, running

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("us") / "state") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.faults("")
    shared.now += 3601
    shared.options("total-expert", filters=True, requests_a_minute=100_000, tokens_an_hour=100)
    shared.control("POST", "/reset")
    return shared


def wire(sandbox: Sandbox, system: System) -> HttpClient:
    return HttpClient(
        SystemAddress(system, sandbox.urls[system.value], "sandbox", "sandbox", rate=600_000, deadline=100)
    )


@pytest.fixture
async def ours(sandbox: Sandbox) -> AsyncIterator[SimpleNexusWrites]:
    way = wire(sandbox, SN)
    yield SimpleNexusWrites(SimpleNexus(way), 0)
    await way.close()


@pytest.fixture
async def theirs(sandbox: Sandbox) -> AsyncIterator[TotalExpertWrites]:
    way = wire(sandbox, TE)
    yield TotalExpertWrites(TotalExpert(way, "brokerdesk"), 0)
    await way.close()


def request(system: System, entity: Entity, name: str, body: dict[str, Any], **more: Any) -> Request:
    operation = more.pop("operation", Operation.CREATE)
    return Request(make_ref("w", system, entity, name), entity, operation, body, **more)


def officer(sandbox: Sandbox) -> str:
    return str(sandbox.records("simplenexus", "loan-officers")[0]["id"])


def prospect(sandbox: Sandbox, n: int = 1) -> Request:
    ref = make_ref("w", SN, Entity.PROSPECT, f"T{n}")
    body = {"first_name": "Bea", "last_name": "Moss", "email": f"b{n}@x.example", "note": f"Imported. {ref}"}
    return request(SN, Entity.PROSPECT, f"T{n}", body, parent=officer(sandbox))


def id_of(outcome: Outcome) -> str:
    assert isinstance(outcome, Applied), outcome
    return outcome.remote_id


async def test_a_prospect_is_found_by_the_reference_in_its_note(
    sandbox: Sandbox, ours: SimpleNexusWrites
) -> None:
    first, second, third = (prospect(sandbox, n) for n in (1, 2, 3))
    made = id_of(await ours.send(first))
    sandbox.faults("drop-reply POST /simplenexus *1")
    assert isinstance(await ours.send(second), Lost)
    found = await ours.look_up([first, second, third])
    assert [record.remote_id for record in found[first.ref]] == [made]
    assert [record.fields["email"] for record in found[second.ref]] == ["b2@x.example"]
    assert third.ref not in found
    # After the plan is gone only the officer is known: enough for the audit.
    bare = Request(first.ref, first.entity, first.operation, {}, parent=first.parent)
    assert len((await ours.look_up([bare]))[first.ref]) == 1


@pytest.mark.parametrize("many", [False, True])
async def test_an_account_is_found_by_its_email_whoever_made_it(
    sandbox: Sandbox, ours: SimpleNexusWrites, many: bool
) -> None:
    there = sandbox.records("simplenexus", "borrowers")[0]
    body = {
        "first_name": "Ann",
        "last_name": "Lee",
        "email": there["email"].upper(),
        "loan_officer_id": officer(sandbox),
    }
    taken = request(SN, Entity.BORROWER, "T1", body)
    assert isinstance(await ours.send(taken), Lost), "a 409 says that somebody is there, not who"
    others = [
        request(SN, Entity.BORROWER, f"N{n}", {**body, "email": f"n{n}@x.example"}) for n in range(FEW * many)
    ]
    found = await ours.look_up([taken, *others])
    assert [record.remote_id for record in found[taken.ref]] == [there["id"]]
    assert not any(found.get(one.ref) for one in others)
    assert await ours.look_up([Request(taken.ref, taken.entity, taken.operation, {})]) == {}
    free = request(SN, Entity.BORROWER, "T2", {**body, "email": "free@x.example"})
    made = id_of(await ours.send(free))
    read = await ours.read(Request(free.ref, free.entity, Operation.UPDATE, {}, remote_id=made))
    assert read is not None
    assert read.fields["email"] == "free@x.example"


def partner(sandbox: Sandbox, email: str, place: int = 0) -> Request:
    """Return the request for a partner of the officer at a place."""
    body = {"first_name": "Jo", "last_name": "Hill", "email": email, "type": "AGENT"}
    officers = sandbox.records("simplenexus", "loan-officers")
    return request(SN, Entity.PARTNER, email, body, parent=str(officers[place]["id"]))


async def test_a_partner_is_found_by_its_email_among_those_of_its_officer(
    sandbox: Sandbox, ours: SimpleNexusWrites
) -> None:
    wanted = partner(sandbox, "jo@hill.example")
    assert await ours.look_up([wanted]) == {}
    sandbox.faults("drop-reply POST /simplenexus *1")
    assert isinstance(await ours.send(wanted), Lost)
    ((found,),) = (await ours.look_up([wanted])).values()
    assert (found.ref, found.fields["email"], found.fields["type"]) == (
        wanted.ref,
        "jo@hill.example",
        "AGENT",
    )
    read = await ours.read(
        Request(wanted.ref, wanted.entity, Operation.UPDATE, {}, found.remote_id, wanted.parent)
    )
    assert read is not None
    assert read.fields["first_name"] == "Jo"
    assert isinstance(await ours.send(wanted), Lost), "a 409 says that somebody is there, not who"
    assert len((await ours.look_up([wanted]))[wanted.ref]) == 1


async def test_a_partner_of_another_officer_is_found_after_a_conflict_and_is_not_ours(
    sandbox: Sandbox, ours: SimpleNexusWrites
) -> None:
    sandbox.options("simplenexus", partner_emails="company")
    there = id_of(await ours.send(partner(sandbox, "jo@hill.example", 1)))
    wanted = partner(sandbox, "JO@hill.example")
    assert await ours.look_up([wanted]) == {}
    outcome = await ours.send(wanted)
    assert isinstance(outcome, Lost)
    assert outcome.code == "conflict"
    ((found,),) = (await ours.look_up([wanted])).values()
    assert (found.remote_id, found.ref) == (there, None)


async def test_an_invite_and_a_switch_off_change_the_partner_and_can_not_be_looked_up(
    sandbox: Sandbox, ours: SimpleNexusWrites
) -> None:
    wanted = partner(sandbox, "jo@hill.example")
    made = id_of(await ours.send(wanted))
    given = {"remote_id": made, "parent": wanted.parent}
    invite = request(SN, Entity.INVITE, "T1", {"action": "SEND_INVITE"}, **given)
    assert not ours.can_look_up(Entity.INVITE)
    assert id_of(await ours.send(invite)) == made
    off = request(SN, Entity.ACCESS, made, {"action": "DISABLE"}, operation=Operation.DISABLE, **given)
    assert id_of(await ours.send(off)) == made
    (row,) = [row for row in sandbox.records("simplenexus", "partners") if row["id"] == made]
    assert (row["accepted_invite"], row["is_enabled"]) == (False, False)
    again = await ours.send(off)
    assert isinstance(again, Refused), "412: the partner is off already"


def contact(n: int, **more: Any) -> Request:
    ref = make_ref("w", TE, Entity.CONTACT, f"S{n}")
    body = {
        "source": "brokerdesk",
        "first_name": f"N{n}",
        "last_name": "Moss",
        "email": f"n{n}@x.example",
        "owner": {"id": "301"},
        "external_ids": [{"source": "brokerdesk", "external_id": ref}],
    }
    return request(TE, Entity.CONTACT, f"S{n}", {**body, **more})


@pytest.mark.parametrize("filters", [False, True])
@pytest.mark.parametrize("many", [False, True])
async def test_a_contact_is_found_by_its_external_id_and_changed_back(
    sandbox: Sandbox, theirs: TotalExpertWrites, filters: bool, many: bool
) -> None:
    sandbox.options("total-expert", filters=filters)
    first, second = contact(1), contact(2)
    made = id_of(await theirs.send(first))
    asked = [first, second, *(contact(n) for n in range(10, 10 + FEW * many))]
    found = await theirs.look_up(asked)
    assert [record.remote_id for record in found[first.ref]] == [made]
    assert not found[second.ref]
    namesake = contact(3, first_name="N1", email="n1@x.example")
    assert isinstance(await theirs.send(namesake), Diverted)
    back = Request(first.ref, first.entity, Operation.WRITE_BACK, {"email": "old@x.example"}, remote_id=made)
    assert id_of(await theirs.send(back)) == made
    held = await theirs.read(back)
    assert held is not None
    assert held.fields["email"] == "old@x.example"


@pytest.mark.parametrize("filters", [False, True])
async def test_an_insight_is_told_from_one_of_its_kind_from_elsewhere(
    sandbox: Sandbox, theirs: TotalExpertWrites, filters: bool
) -> None:
    sandbox.options("total-expert", filters=filters)
    mine, other = (str(row["id"]) for row in sandbox.records("total-expert", "contacts")[20:22])

    def insight(name: str, whose: str, kind: int = 1, words: str = "") -> Request:
        ref = make_ref("w", TE, Entity.INSIGHT, name)
        body = {
            "contact": {"id": whose},
            "type": {"id": str(kind)},
            "owner": {"id": "301"},
            "data": {"description": f"Started {words or ref}"},
        }
        return request(TE, Entity.INSIGHT, name, body, parent=whose)

    ours = insight("a", mine)
    made = id_of(await theirs.send(ours))
    await theirs.send(insight("b", mine, 2, "by hand"))
    await theirs.send(insight("c", other, 1, "by hand"))
    found = (await theirs.look_up([ours]))[ours.ref]
    assert [(record.remote_id, record.ref) for record in found] == [(made, ours.ref)]
    again = insight("again", mine)
    assert (await theirs.look_up([again]))[again.ref] == [], "another of our own is no obstacle"
    foreign = id_of(await theirs.send(insight("d", mine, 1, "by hand")))
    assert [(record.remote_id, record.ref) for record in (await theirs.look_up([again]))[again.ref]] == [
        (foreign, None)
    ]


async def test_a_contact_joins_and_leaves_a_group_as_often_as_one_likes(
    sandbox: Sandbox, theirs: TotalExpertWrites
) -> None:
    whose = str(sandbox.records("total-expert", "contacts")[0]["id"])
    group = str(sandbox.records("total-expert", "contact-groups")[0]["id"])
    for operation, field, there in (
        (Operation.JOIN_GROUP, "contact_groups", [group]),
        (Operation.LEAVE_GROUP, "remove_contact_groups", []),
    ):
        step = Request("BD-X", Entity.GROUP, operation, {field: [{"id": group}]}, remote_id=whose)
        for _ in range(2):
            assert id_of(await theirs.send(step)) == whose
        held = await theirs.read(step)
        assert held is not None
        assert [str(one["id"]) for one in held.fields["contact_groups"] or ()] == there


def link(sandbox: Sandbox, **more: Any) -> Request:
    body = {"email": "bea@x.example", "destination_name": "Bea Moss", **more}
    return request(SN, Entity.APP_SHARE, "T1", body, parent=officer(sandbox), operation=Operation.SHARE)


async def test_the_app_is_shared_and_nothing_can_be_looked_up(
    sandbox: Sandbox, ours: SimpleNexusWrites
) -> None:
    sandbox.options("simplenexus", app_shares=True)
    assert id_of(await ours.send(link(sandbox, phone="4155550142"))) == ""
    (kept,) = sandbox.records("simplenexus", "app-shares")
    assert (kept["email"], kept["phone"], kept["loan_officer_id"]) == (
        "bea@x.example",
        "4155550142",
        officer(sandbox),
    )
    assert not ours.can_look_up(Entity.APP_SHARE)


STRANGER = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("change", "beta", "code"),
    [
        ({}, False, "app-share-off"),
        ({"parent": STRANGER}, True, "app-share-off"),
        ({"body": {"email": "no email"}}, True, "share-refused"),
        ({"body": {"email": "b@x.example", "partner_id": STRANGER}}, True, "share-refused"),
    ],
)
@pytest.mark.breaks_contract
async def test_a_refused_share_has_a_code_of_its_own(
    sandbox: Sandbox, ours: SimpleNexusWrites, change: dict[str, Any], beta: bool, code: str
) -> None:
    sandbox.options("simplenexus", app_shares=beta)
    outcome = await ours.send(msgspec.structs.replace(link(sandbox), **change))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.closes) == (code, not beta)
    assert "@" not in outcome.detail
    assert sandbox.records("simplenexus", "app-shares") == []


async def test_a_reply_that_says_something_else_is_no_proof_that_the_link_was_sent(
    sandbox: Sandbox, ours: SimpleNexusWrites
) -> None:
    sandbox.options("simplenexus", app_shares=True)
    for fault in ("bad-json", "no-id", "409"):
        sandbox.faults(f"{fault} POST /simplenexus/users/loan_officers/*/app_shares *1")
        assert isinstance(await ours.send(link(sandbox)), Lost)
