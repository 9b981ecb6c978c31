"""What a look at both contact systems shows: the verdicts of match and review, and references nobody here knows."""

from __future__ import annotations

import pytest

from core.contacts.match.existing_links import BookLinks
from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions
from core.contacts.match.snapshot import MatchSnapshot, assemble
from core.contacts.model import Contact, ContactKind, Reason, Verdict, VerdictRow
from core.contacts.payloads import (
    NewContactOptions,
    held_values,
    new_account,
    new_contact,
    new_partner,
    new_prospect,
)
from core.contacts.ports import LostRecords, Owner, SystemReading
from core.push.plan import Entity, System, make_ref
from core.push.records import Link
from core.reconcile.contact_findings import ContactComparison, ContactsFound, held_contacts
from core.reconcile.model import DiscrepancyKind, Remedy
from core.reconcile.references import KnownReferences

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
K = DiscrepancyKind


def ref(system: System, entity: Entity, local_id: str, workspace: str = "ours", generation: int = 0) -> str:
    return make_ref(workspace, system, entity, local_id, generation)


def link(ours: str, theirs: str) -> Link:
    return Link(TE, Entity.CONTACT, ours, theirs, ref(TE, Entity.CONTACT, ours), 1.0)


def borrower(record_id: str, owner: str = "O1", **more: str) -> Contact:
    known = {"first_name": "Linh", "last_name": "Nguyen", "email": f"{record_id}@x.example"}
    return Contact(record_id, owner=owner, kind=ContactKind.BORROWER, **{**known, **more})


def contact(record_id: str, of: str = "", owner: str = "U1", **more: str) -> Contact:
    known = {"first_name": "Linh", "last_name": "Nguyen", "email": f"{of or record_id}@x.example"}
    return Contact(record_id, owner=owner, **{**known, **more})


def look(
    ours: list[Contact],
    theirs: list[Contact],
    *links: Link,
    refs: dict[str, str] | None = None,
    lost: tuple[str, ...] = (),
) -> ContactsFound:
    """Return what two systems show, with two officers who are tied to two users."""
    officers = [Owner("O1", "a@x.example"), Owner("O2", "b@x.example")]
    users = [Owner("U1", "a@x.example"), Owner("U2", "b@x.example")]
    pairs = list((refs or {}).items())
    snapshot = assemble(
        SystemReading(officers, {one.id: one for one in ours}, refs=[p for p in pairs if p[1][0] == "S"]),
        SystemReading(
            users,
            {one.id: one for one in theirs},
            refs=[p for p in pairs if p[1][0] == "T"],
            lost=LostRecords(lost),
        ),
        BookLinks(links),
        "ours",
        frozenset(),
        {},
        0.0,
    )
    return ContactComparison(snapshot, _rows(snapshot), links, _known(*links)).find()


def _rows(snapshot: MatchSnapshot) -> tuple[VerdictRow, ...]:
    options = MatchOptions(owners=snapshot.ties, standing=snapshot.links, successors=snapshot.successors)
    return match(snapshot.simplenexus, snapshot.total_expert, options).rows


def _known(*links: Link) -> KnownReferences:
    return KnownReferences("ours", frozenset(one.ref for one in links))


def test_linked_contacts_that_are_there_differ_in_nothing() -> None:
    found = look([borrower("S1")], [contact("T1", "S1")], link("S1", "T1"))
    assert (found.rows, found.links) == ((), 1)


def test_a_contact_that_is_not_listed_is_gone() -> None:
    (row,) = look([borrower("S1")], [], link("S1", "T1")).rows
    assert (row.kind, row.system, row.local_id, row.remote_id) == (K.GONE, TE, "S1", "T1")
    assert (row.pair, row.remedies[0]) == (("S1", "T1"), Remedy.JUDGE_UNLINK)
    (row,) = look([], [contact("T1")], link("S1", "T1")).rows
    assert (row.kind, row.system, row.local_id, row.remote_id) == (K.GONE, SN, "T1", "S1")


def test_a_contact_whose_reference_another_one_bears_was_merged() -> None:
    known = link("S1", "T1")
    (row,) = look([borrower("S1")], [contact("T9")], known, refs={known.ref: "T9"}).rows
    assert (row.kind, row.remote_id, row.other_id) == (K.MERGED, "T1", "T9")
    assert (row.pair, row.remedies[0]) == (("S1", "T9"), Remedy.JUDGE_SAME)


def test_a_link_whose_two_contacts_are_both_gone_is_named_once() -> None:
    (row,) = look([], [], link("S1", "T1")).rows
    assert (row.kind, row.remedies, row.about) == (K.GONE, (Remedy.FORGET,), "T1")


def test_a_link_between_two_owners_who_are_not_tied_has_moved() -> None:
    (row,) = look([borrower("S1")], [contact("T1", "S1", owner="U2")], link("S1", "T1")).rows
    assert (row.kind, row.pair) == (K.MOVED, ("S1", "T1"))


@pytest.mark.parametrize("reason", [Reason.DOUBTED, Reason.LINKED_TWICE])
def test_a_link_that_the_match_doubts_may_be_another_person(reason: Reason) -> None:
    rows = (VerdictRow(Verdict.LINKED, ("S1",), ("T1",), reason),)
    snapshot = MatchSnapshot((borrower("S1"),), (contact("T1"),), (), (), ties=None, links=(), refs={})
    (row,) = ContactComparison(snapshot, rows, (), _known()).find().rows
    assert (row.kind, row.pair) == (K.OTHER_PERSON, ("S1", "T1"))


def test_rows_about_records_that_are_not_linked_are_no_difference() -> None:
    others = [reason for reason in Reason if reason not in LINK_REASONS]
    rows = tuple(VerdictRow(Verdict.HOLD, ("S1",), ("T1",), reason) for reason in others)
    snapshot = MatchSnapshot((borrower("S1"),), (contact("T1"),), (), (), ties=None, links=(), refs={})
    assert ContactComparison(snapshot, rows, (), _known()).find().rows == ()


LINK_REASONS = (Reason.HALF_GONE, Reason.MOVED, Reason.DOUBTED, Reason.LINKED_TWICE)


# -- references ------------------------------------------------------------------------------------------


def test_a_contact_that_another_book_made_is_linked_by_its_reference_and_no_difference() -> None:
    found = look([borrower("S1")], [contact("T1", "S1")], refs={ref(TE, Entity.CONTACT, "S1"): "T1"})
    assert (found.rows, dict(found.others), dict(found.strangers)) == ((), {TE: 1}, {})


def test_a_second_record_of_a_linked_contact_is_a_difference() -> None:
    known = link("S1", "T1")
    second = ref(TE, Entity.CONTACT, "S1", generation=1)
    found = look([borrower("S1")], [contact("T1", "S1"), contact("T2")], known, refs={second: "T2"})
    (row,) = [row for row in found.rows if row.kind is K.UNKNOWN_REFERENCE]
    assert (row.system, row.local_id, row.remote_id, row.pair) == (TE, "S1", "T2", ("S1", "T2"))


def test_a_prospect_that_another_book_made_is_told_by_its_note() -> None:
    prospect = Contact("S7", owner="O1", kind=ContactKind.PROSPECT, email="p@x.example")
    unlinked = ref(SN, Entity.PROSPECT, "T1", generation=2)
    found = look([prospect], [contact("T1")], refs={unlinked: "S7"})
    (row,) = [row for row in found.rows if row.kind is K.UNKNOWN_REFERENCE]
    assert (row.system, row.local_id, row.remote_id, row.pair) == (SN, "T1", "S7", ("S7", "T1"))


@pytest.mark.parametrize(
    "bears",
    [ref(TE, Entity.CONTACT, "S1", "theirs"), ref(TE, Entity.CONTACT, "S404")],
    ids=["theirs", "gone"],
)
def test_a_reference_that_nobody_can_place_is_counted(bears: str) -> None:
    found = look([borrower("S1")], [contact("T1")], refs={bears: "T1"})
    assert [row for row in found.rows if row.kind is K.UNKNOWN_REFERENCE] == []
    assert (dict(found.others), dict(found.strangers)) == ({}, {TE: 1})


# -- what contacts hold ----------------------------------------------------------------------------------


FULL = Contact(
    "X1",
    first_name="Linh",
    last_name="Nguyen",
    suffix="Jr",
    email="linh@x.example",
    mobile_phone="(617) 555-0100",
    birth_date="1988-02-29",
    street="1 Main St",
    city="Boston",
    state="MA",
    postcode="02110",
    professional_title="Realtor",
)


@pytest.mark.parametrize("kind", list(ContactKind))
def test_what_a_contact_holds_has_the_names_and_values_of_the_body_that_makes_one(kind: ContactKind) -> None:
    bodies = {
        ContactKind.CONTACT: new_contact(FULL, "U1", NewContactOptions("brokerdesk"), "BD-X"),
        ContactKind.PROSPECT: new_prospect(FULL, "BD-X"),
        ContactKind.BORROWER: new_account(FULL, "O1"),
        ContactKind.PARTNER: new_partner(FULL),
    }
    unseen = {"source", "owner", "external_ids", "note", "loan_officer_id", "type"}
    sent = {name: value for name, value in bodies[kind].items() if name not in unseen}
    held = held_values(Contact(**{**{f: getattr(FULL, f) for f in FULL.__struct_fields__}, "kind": kind}))
    assert {name: held[name] for name in sent if name != "address"} == {
        name: value for name, value in sent.items() if name != "address"
    }
    if isinstance(sent.get("address"), dict):
        assert {**sent["address"], "street2": None} == held["address"]
    assert len(held_contacts([FULL])) == 1


@pytest.mark.parametrize("kind", list(ContactKind))
def test_a_field_that_is_blank_now_is_none(kind: ContactKind) -> None:
    held = held_values(Contact("X1", kind=kind))
    address = held.pop("address") if kind is ContactKind.PARTNER else None
    assert set(held.values()) == {None}
    assert address is None or set(address.values()) == {None}
