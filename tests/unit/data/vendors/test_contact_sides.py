"""Both systems read over real HTTP: what a record becomes, what is set aside, the seeded book's verdicts by pair."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from core.contacts.match.rule import SameEmail
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import (
    NO_CONSENT,
    Consent,
    Contact,
    ContactKind,
    RelatedEntity,
    Role,
    Verdict,
    VerdictRow,
)
from core.contacts.ports import Owner
from core.contacts.use_cases import ContactSettings, ContactUseCases
from core.errors import Unreachable
from core.push.plan import Entity, System, make_ref
from core.push.records import Record
from data.sandbox.seeding.contacts import Unit, people, truth
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.http.reply import decoded
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.simplenexus.contact_source import SimpleNexusContactSource
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.contact_source import TotalExpertContactSource, contact_of
from data.vendors.total_expert.records import TotalExpertContact, TotalExpertUser
from tests.support.fakes import FakeBook, LoopClock
from tests.support.running_sandbox import Sandbox, running

SEED = 20260301
APART = frozenset(
    {"couple", "couple-both", "twins", "twins-one-inbox", "jr-sr", "jr-sr-one-inbox", "several"}
)
"""Cases in which the two sides are not one person, or it isn't known which."""


@asynccontextmanager
async def desk_on(sandbox: Sandbox, *known: Record, **terms: Any) -> AsyncIterator[ContactUseCases]:
    wires = [
        HttpClient(
            SystemAddress(system, sandbox.urls[system], "sandbox", "sandbox", rate=600_000, deadline=100)
        )
        for system in (System.SIMPLENEXUS, System.TOTAL_EXPERT)
    ]
    book = FakeBook()
    await book.commit(*known)
    yield ContactUseCases(
        SimpleNexusContactSource(SimpleNexus(wires[0])),
        TotalExpertContactSource(TotalExpert(wires[1], "brokerdesk")),
        book,
        ContactSettings(workspace="w", operator="m.hale", **terms),
        lambda: "P1",
        LoopClock(),
    )
    for wire in wires:
        await wire.close()


async def gathered(sandbox: Sandbox, **terms: Any) -> MatchSnapshot:
    async with desk_on(sandbox, **terms) as desk:
        return await desk.gather()


# -- the seeded book ----------------------------------------------------------------------------------------


def unit_of_each(number: int, contacts: int) -> dict[str, Unit]:
    return {one: unit for unit in people(number, contacts) for side in unit.ids for one in side}


def expected(unit: Unit) -> set[tuple[Verdict, tuple[str, ...], tuple[str, ...]]]:
    """Give the rows that a unit's records make: one of all of them, or each on its own side."""
    left, right = unit.ids
    sides = {"push": (left, ()), "import": ((), right)}
    return {
        (Verdict(name), *(sides[name] if len(unit.case.verdicts) > 1 else (left, right)))
        for name in unit.case.verdicts
    }


def as_set(rows: tuple[VerdictRow, ...]) -> set[tuple[Verdict, tuple[str, ...], tuple[str, ...]]]:
    return {(row.verdict, row.simplenexus_ids, row.total_expert_ids) for row in rows}


@pytest.mark.parametrize(("number", "contacts"), [(SEED, 200), (SEED, 60), (SEED, 1000), (7, 44), (109, 300)])
async def test_every_pair_of_the_seeded_book_has_the_verdict_that_was_planted(
    tmp_path: Path, number: int, contacts: int
) -> None:
    known = truth(number, contacts)
    with running(tmp_path, contacts=contacts, seed=number) as sandbox:
        async with desk_on(sandbox, one_way=frozenset(known.one_way)) as desk:
            found = await desk.gather()
            matched = await desk.match(found)
    assert {verdict.value: count for verdict, count in matched.counts.items() if count} == {
        verdict: count for verdict, count in known.verdicts.items() if count
    }
    wanted = {row for unit in people(number, contacts) for row in expected(unit)}
    assert as_set(matched.rows) == wanted
    assert found.aside == ()

    units = unit_of_each(number, contacts)
    linked = [row for row in matched.rows if row.verdict in (Verdict.LINK, Verdict.LINKED)]
    assert not {units[one].case.name for row in linked for one in row.total_expert_ids} & APART


async def test_couples_are_linked_where_the_setting_restores_the_seeds_rule(tmp_path: Path) -> None:
    known = truth(SEED, 60)
    with running(tmp_path, contacts=60) as sandbox:
        async with desk_on(sandbox, same_email=SameEmail.LINK) as desk:
            matched = await desk.match(await desk.gather())
    assert matched.counts[Verdict.HOUSEHOLD] == 0
    assert matched.counts[Verdict.LINK] == known.verdicts["link"] + known.verdicts["household"]
    assert matched.counts[Verdict.PUSH] == known.verdicts["push"] + known.verdicts["skip-one-way"]


# -- one record ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sides"), contacts=60) as sandbox:
        sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.faults("")
    shared.control("POST", "/reset")
    return shared


def case(name: str) -> Unit:
    return next(unit for unit in people(SEED, 60) if unit.case.name == name)


def change(sandbox: Sandbox, system: str, kind: str, record: Mapping[str, Any], **patch: Any) -> None:
    sandbox.control("PATCH", f"/records/{system}/{kind}/{record['id']}", patch)


def by_id(contacts: tuple[Contact, ...]) -> dict[str, Contact]:
    return {one.id: one for one in contacts}


async def test_a_record_of_each_kind_becomes_this_contact(sandbox: Sandbox) -> None:
    borrower = case("equal-email").simplenexus[0][1]
    partner = case("agent").simplenexus[0][1]
    prospect = case("imported-before").simplenexus[0][1]
    contact = case("equal-email").total_expert[0]
    change(sandbox, "total-expert", "contacts", contact, address_2="Apt 2", phone_home="(612) 555-0199")
    found = await gathered(sandbox)
    ours, theirs = by_id(found.simplenexus), by_id(found.total_expert)
    assert ours[borrower["id"]] == Contact(
        borrower["id"],
        first_name=borrower["first_name"],
        last_name=borrower["last_name"],
        email=borrower["email"],
        mobile_phone=borrower["phone"],
        owner=borrower["loan_officer_id"],
        kind=ContactKind.BORROWER,
        since=borrower["created_at"],
        origin="app",
    )
    agent = ours[partner["id"]]
    assert (agent.kind, agent.origin, agent.mobile_phone) == (
        ContactKind.PARTNER,
        "partner",
        partner["mobile_phone"],
    )
    assert [agent.street, agent.city, agent.state, agent.postcode] == [
        partner["address"][name] for name in ("street1", "city", "state", "zip")
    ]
    before = ours[prospect["id"]]
    assert (before.kind, before.origin, before.owner) == (
        ContactKind.PROSPECT,
        "prospect",
        prospect["loan_officer_id"],
    )
    assert theirs[str(contact["id"])] == Contact(
        str(contact["id"]),
        first_name=contact["first_name"],
        last_name=contact["last_name"],
        email=contact["email"],
        mobile_phone=contact["phone_cell"],
        home_phone="(612) 555-0199",
        birth_date="-" + contact["birthday"][4:10],
        street=contact["address"],
        street_2="Apt 2",
        city=contact["city"],
        state=contact["state"],
        postcode=contact["zip_code"],
        owner=str(contact["owner"]["id"]),
        since=contact["internal_created_at"][:10],
        origin="Website",
        consent=Consent(email=True, call=True, mail=True, silenced=False),
    )


async def test_what_makes_an_agent_and_what_is_only_named_is_read(sandbox: Sandbox) -> None:
    contact = case("equal-email").total_expert[0]
    change(
        sandbox,
        "total-expert",
        "contacts",
        contact,
        license_number="DRE 1",
        employer_name="Hill Homes",
        employer_license_number="7",
        fax="(612) 555-0100",
        close_date="0000-00-00 00:00:00",
        custom=[
            {"field_name": "professional_title", "value": "Broker"},
            {"field_name": "app_user", "value": True},
        ],
    )
    partner = case("agent-only").simplenexus[0][1]
    found = await gathered(sandbox)
    read = by_id(found.total_expert)[str(contact["id"])]
    assert (read.license_number, read.employer, read.employer_license) == ("DRE 1", "Hill Homes", "7")
    assert read.more == (("fax", "(612) 555-0100"), ("custom.professional_title", "Broker"))
    assert (read.role, read.agent_by) == (Role.AGENT, "license number")
    agent = by_id(found.simplenexus)[partner["id"]]
    assert (agent.role, agent.professional_title, agent.accepted_invite) == (Role.AGENT, "Realtor", True)


@pytest.mark.parametrize(
    ("birthday", "birth_date"),
    [
        ("1970-04-12", "--04-12"),
        ("1970-04-12 00:00:00", "--04-12"),
        ("1971-04-12", "1971-04-12"),
        ("1970-01-01", ""),
        ("1900-01-01", ""),
        ("soon", ""),
        ("", ""),
        (None, ""),
    ],
)
async def test_a_birthday_has_no_year_and_a_stand_in_is_none(
    sandbox: Sandbox, birthday: str | None, birth_date: str
) -> None:
    contact = case("equal-email").total_expert[0]
    change(sandbox, "total-expert", "contacts", contact, birthday=birthday)
    assert by_id((await gathered(sandbox)).total_expert)[str(contact["id"])].birth_date == birth_date


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"email": 7}, "email: it isn't a text"),
        ({"phone": "555\ud83d", "phone_cell": "555\ud83d"}, ": it holds half a character"),
        ({"first_name": ["x.example"]}, "first_name: it isn't a text"),
        ({"email": "a" * 250 + "@x.example"}, "email: it has 260 characters, 255 is the most"),
        ({"last_name": "x" * 1001}, "last_name: it has 1,001 characters, 1,000 is the most"),
    ],
)
@pytest.mark.parametrize("system", ["simplenexus", "total-expert"])
async def test_an_odd_value_costs_its_field_and_is_named(
    sandbox: Sandbox, system: str, patch: dict[str, Any], why: str
) -> None:
    whole = await gathered(sandbox)
    unit = case("equal-email")
    record = unit.simplenexus[0][1] if system == "simplenexus" else unit.total_expert[0]
    change(sandbox, system, "borrowers" if system == "simplenexus" else "contacts", record, **patch)
    found = await gathered(sandbox)
    assert found.aside == ()
    (odd,) = found.not_used
    assert (odd.system, odd.record_id) == (system, str(record["id"]))
    assert why in odd.why
    assert "x.example" not in odd.why
    assert set(by_id(found.simplenexus)) == set(by_id(whole.simplenexus))
    assert set(by_id(found.total_expert)) == set(by_id(whole.total_expert))
    (before,), (after,) = (
        [one for one in (*books.simplenexus, *books.total_expert) if one.id == str(record["id"])]
        for books in (whole, found)
    )
    differs = {name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)}
    assert len(differs - {"odd"}) == 1


@pytest.mark.parametrize(
    ("system", "patch"),
    [
        ("total-expert", {"assignee": "301"}),
        ("total-expert", {"ok_to_email": ["1"]}),
        ("total-expert", {"preferences": "none"}),
        ("total-expert", {"contact_groups": [5]}),
        ("simplenexus", {"is_active": "no"}),
    ],
)
async def test_an_odd_value_that_decides_what_may_be_done_sets_the_record_aside(
    sandbox: Sandbox, system: str, patch: dict[str, Any]
) -> None:
    unit = case("equal-email")
    record = unit.simplenexus[0][1] if system == "simplenexus" else unit.total_expert[0]
    change(sandbox, system, "borrowers" if system == "simplenexus" else "contacts", record, **patch)
    found = await gathered(sandbox)
    (aside,) = found.aside
    assert (aside.system, aside.record_id) == (system, str(record["id"]))
    assert next(iter(patch)) in aside.why


async def test_the_inactive_are_read_but_nobody_is_tied_to_an_officer_who_left(sandbox: Sandbox) -> None:
    whole = await gathered(sandbox)
    borrower = case("equal-email").simplenexus[0][1]
    officer = borrower["loan_officer_id"]
    change(sandbox, "simplenexus", "borrowers", borrower, is_active=False)
    change(sandbox, "simplenexus", "loan-officers", {"id": officer}, is_active=False)
    found = await gathered(sandbox)
    assert set(by_id(found.simplenexus)) == set(by_id(whole.simplenexus))
    assert [one.active for one in found.officers if one.id == officer] == [False]
    assert officer in whole.ties.ties.values()
    assert officer not in found.ties.ties.values()


WHOLE: dict[str, Any] = {
    "id": 7,
    "title": "Doctor",
    "suffix": "Jr.",
    "nickname": "Bo",
    "birthday": "1900-03-31",
    "ok_to_email": "1",
    "ok_to_call": 0,
    "ok_to_mail": True,
    "preferences": {"is_silenced": 1},
    "contact_groups": [{"group_name": "Past Client", "id": 14}, {"group_name": "Agents", "id": "15"}],
    "related_entities": [
        {
            "relationship_type": {"system_name": "household"},
            "parent": {"id": "1a", "entity_name": "Lee Household"},
        },
        {"relationship_type": {"system_name": "team"}, "parent": [{"id": 3}, {"id": "4"}]},
        {"relationship_type": 5},
        "odd",
    ],
    "assignee": {"id": 58},
    "shared_with_users": [{"id": "56"}, {"email": "x@desk.example"}, {"id": 57}],
}


def test_a_contact_of_total_expert_is_taken_over_with_all_that_the_tables_have() -> None:
    (record,) = decoded([WHOLE], TotalExpertContact).records
    contact = contact_of(record)
    assert (contact.title, contact.suffix, contact.nickname, contact.birth_date) == (
        "Doctor",
        "Jr.",
        "Bo",
        "--03-31",
    )
    assert contact.consent == Consent(email=True, call=False, mail=True, silenced=True)
    assert contact.groups == ("Past Client", "Agents")
    assert contact.related == (
        RelatedEntity("household", "1a", "Lee Household"),
        RelatedEntity("team", "3"),
        RelatedEntity("team", "4"),
    )
    assert (contact.assignee, contact.shared_with) == ("58", ("56", "57"))


@pytest.mark.parametrize(
    "more",
    [
        {"related_entities": {"x": 1}},
        {"preferences": []},
        {"assignee": []},
        {"ok_to_call": None},
        {"ok_to_mail": "?"},
    ],
)
def test_an_odd_relationship_does_not_cost_the_contact(more: dict[str, Any]) -> None:
    page = decoded([{"id": 7, **more}], TotalExpertContact)
    assert page.set_aside == ()
    (record,) = page.records
    assert contact_of(record).consent is NO_CONSENT
    assert (contact_of(record).assignee, contact_of(record).related) == ("", ())


@pytest.mark.parametrize(
    ("given", "active", "name"),
    [
        ({}, True, "jo"),
        ({"status": 0}, False, "jo"),
        ({"status": "0", "info": {"first_name": "Jo"}}, False, "Jo"),
        ({"status": 1, "info": {"first_name": "Jo", "last_name": "Lind"}}, True, "Jo Lind"),
    ],
)
def test_a_user_who_left_is_inactive(given: dict[str, Any], active: bool, name: str) -> None:
    (user,) = decoded(
        [{"id": 1, "email": "jo@desk.example", "username": "jo", **given}], TotalExpertUser
    ).records
    assert (user.is_active, user.name) == (active, name)


@pytest.mark.breaks_contract  # the desk makes no alias; the test does
@pytest.mark.parametrize("fault", ["", "403"])
async def test_an_alias_ties_an_officer_unless_the_account_may_not_read_aliases(
    sandbox: Sandbox, fault: str
) -> None:
    wire = HttpClient(
        SystemAddress(
            System.SIMPLENEXUS, sandbox.urls[System.SIMPLENEXUS], "sandbox", "sandbox", rate=600_000
        )
    )
    source = SimpleNexusContactSource(SimpleNexus(wire))
    officers, _ = await source.owners()
    colin = next(one for one in officers if one.email == "colin.mabry@example.com")
    path = f"/users/loan_officers/{colin.id}/aliases"
    for alias in ("Team North", "jo.lindqvist@example.com"):
        await wire.write("POST", path, {"alias": alias}, lambda content: str(content.get("id")))
    if fault:
        sandbox.faults(f"{fault} GET /simplenexus{path}")
    aliases = await source.aliases(colin.id)
    sandbox.faults("")
    await wire.close()
    assert set(aliases) == (set() if fault else {"Team North", "jo.lindqvist@example.com"})


async def test_owners_have_id_email_and_name(sandbox: Sandbox) -> None:
    found = await gathered(sandbox)
    assert found.officers[0].name == "Dana Whitlock"
    assert Owner("302", "Marcus.Oyelaran@Example.com", "Marcus Oyelaran") in found.users
    assert len(found.ties.ties) == 3
    assert found.ties.ties["302"] == found.officers[1].id  # though the email is written otherwise


async def test_references_are_found_in_notes_and_external_ids_of_our_own_source(sandbox: Sandbox) -> None:
    pair, before = case("only-total-expert").total_expert[0], case("imported-before")
    prospect, imported = before.simplenexus[0][1], before.total_expert[0]
    borrower = case("only-simplenexus").simplenexus[0][1]
    note = make_ref("w", System.SIMPLENEXUS, Entity.PROSPECT, str(imported["id"]))
    mark = make_ref("w", System.TOTAL_EXPERT, Entity.CONTACT, borrower["id"])
    foreign = make_ref("w", System.TOTAL_EXPERT, Entity.CONTACT, prospect["id"])
    bears = [{"source": "brokerdesk", "external_id": mark}, {"source": "other", "external_id": foreign}]
    change(sandbox, "simplenexus", "prospects", prospect, note=f"From Total Expert\n{note} (BD-short)")
    change(sandbox, "total-expert", "contacts", pair, external_ids=bears)
    found = await gathered(sandbox)
    assert found.refs == {note: prospect["id"], mark: str(pair["id"])}
    assert {(prospect["id"], str(imported["id"])), (borrower["id"], str(pair["id"]))} <= set(found.links)


@pytest.mark.parametrize("system", ["simplenexus", "total-expert"])
async def test_a_system_that_is_down_is_named(sandbox: Sandbox, system: str) -> None:
    sandbox.faults(f"503 GET /{system}")
    with pytest.raises(Unreachable) as caught:
        await gathered(sandbox)
    assert {"simplenexus": "SimpleNexus", "total-expert": "Total Expert"}[system] in caught.value.message


@pytest.mark.parametrize("filters", [False, True])
async def test_contacts_are_found_by_email_with_a_filter_and_without(sandbox: Sandbox, filters: bool) -> None:
    sandbox.options("total-expert", filters=filters)
    async with desk_on(sandbox) as desk:
        read = await desk.gather()
        for system, side in (
            (System.SIMPLENEXUS, read.simplenexus),
            (System.TOTAL_EXPERT, read.total_expert),
        ):
            owners = {contact.owner for contact in side}
            some = [contact for contact in side if contact.email][::7][:25]
            assert len(some) > 5
            for chosen in (some[:3], some):
                emails = {contact.email.upper() for contact in chosen}
                keys = {email.casefold() for email in emails}
                wanted = {contact.id for contact in side if contact.email.strip().casefold() in keys}
                assert await desk.ids_by_email(system, emails, owners) == wanted
            assert await desk.ids_by_email(system, {"nobody@x.example"}, owners) == set()
