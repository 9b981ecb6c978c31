"""What a look at FLEX shows, and how many requests a look may cost."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from core.push.plan import Entity, System, make_ref
from core.push.ports import RemoteRecord
from core.push.records import Link
from core.reconcile.flex_findings import FlexComparison, FlexFound, FlexLook, SettledDoubts, person_as_sent
from core.reconcile.flex_look import FEW_PAGES, FlexLooker, LookTerms
from core.reconcile.model import DiscrepancyKind, Remedy
from core.reconcile.ports import RecordPage
from core.reconcile.references import KnownReferences
from core.reconcile.values import ReceiptValues, values_of_receipts
from tests.support.virtual_time import virtually
from tests.unit.core.reconcile.test_values import field, receipt

K = DiscrepancyKind
PERSON, OPPORTUNITY, PROPERTY = Entity.PERSON, Entity.OPPORTUNITY, Entity.PROPERTY


def ref(entity: Entity, local_id: str, workspace: str = "ours", generation: int = 0) -> str:
    return make_ref(workspace, System.FLEX, entity, local_id, generation)


def link(entity: Entity, local_id: str, remote_id: str) -> Link:
    return Link(System.FLEX, entity, local_id, remote_id, ref(entity, local_id), 1.0)


def record(remote_id: str, bears: str | None = None, **fields: Any) -> RemoteRecord:
    named = {"FLEXId": remote_id, **({"IntegrationId": bears} if bears else {}), **fields}
    return RemoteRecord(remote_id, bears, named)


def look(*records: RemoteRecord, gone: str = "", unasked: str = "", is_listed: bool = True) -> FlexLook:
    held = {one.remote_id: one for one in records}
    return FlexLook(held, frozenset(gone.split()), frozenset(unasked.split()), is_listed)


NOTHING = look()


def find(
    *links: Link,
    people: FlexLook = NOTHING,
    opportunities: FlexLook = NOTHING,
    properties: FlexLook = NOTHING,
    receipts: ReceiptValues | None = None,
    settled: frozenset[str] = frozenset(),
    cards: dict[str, str | None] | None = None,
) -> FlexFound:
    known = KnownReferences("ours", frozenset(one.ref for one in links))
    reasons = {("P-1", "1-A"): settled}
    return FlexComparison(
        links,
        {PERSON: people, OPPORTUNITY: opportunities, PROPERTY: properties},
        known,
        receipts or values_of_receipts([], {}),
        SettledDoubts(reasons, lambda doubt: f"#{doubt}"),
        {} if cards is None else cards,
    ).find()


SENT = values_of_receipts(
    [
        receipt(
            1,
            field("FirstName", "Linh"),
            field("LastName", "Nguyen"),
            field("DateOfBirth", "29/02/1988"),
        )
    ],
    {},
)


def test_links_to_records_that_are_there_differ_in_nothing() -> None:
    found = find(
        link(PERSON, "P-1", "1-A"),
        link(OPPORTUNITY, "C-1", "1-B"),
        people=look(record("1-A", ref(PERSON, "P-1"), FirstName="Linh", LastName="Nguyen")),
        opportunities=look(record("1-B", ref(OPPORTUNITY, "C-1"))),
        receipts=SENT,
    )
    assert (found.rows, found.links, found.others, found.strangers) == ((), 2, 0, 0)


@pytest.mark.parametrize(
    ("entity", "remedy"),
    [(PERSON, Remedy.UNLINK), (OPPORTUNITY, Remedy.UNLINK), (PROPERTY, Remedy.BY_HAND)],
)
def test_a_record_that_is_not_there_is_gone(entity: Entity, remedy: Remedy) -> None:
    looks = {PERSON: "people", OPPORTUNITY: "opportunities", PROPERTY: "properties"}
    (row,) = find(link(entity, "X-1", "1-A"), **{looks[entity]: look(gone="1-A")}).rows
    assert (row.kind, row.entity, row.local_id, row.remote_id) == (K.GONE, entity, "X-1", "1-A")
    assert row.remedies[0] is remedy


def test_a_record_whose_reference_another_one_bears_was_merged() -> None:
    (row,) = find(link(PERSON, "P-1", "1-A"), people=look(record("1-Z", ref(PERSON, "P-1")), gone="1-A")).rows
    assert (row.kind, row.other_id, row.remedies) == (K.MERGED, "1-Z", (Remedy.RELINK,))


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        ({"FirstName": "Linh", "LastName": "Tran"}, False),
        ({"FirstName": "LINH", "LastName": "NGUYEN"}, False),
        ({"FirstName": "Wolfgang", "LastName": "Nguyen"}, True),
        ({"FirstName": "Linh", "LastName": "Petersen", "DateOfBirth": "01/01/1951"}, True),
        ({"FirstName": "Linh", "LastName": "Nguyen", "IntegrationId": ref(PERSON, "P-9")}, True),
        (
            {"FirstName": "Linh", "LastName": "Nguyen", "IntegrationId": ref(PERSON, "P-1", generation=1)},
            False,
        ),
        ({"FirstName": "Linh", "LastName": "Nguyen", "IntegrationId": "crm:77"}, False),
    ],
)
def test_a_contact_is_another_person_by_the_rule_of_a_push(now: dict[str, str], differs: bool) -> None:
    held = look(record("1-A", **now))
    rows = find(link(PERSON, "P-1", "1-A"), people=held, receipts=SENT).rows
    assert [row.kind for row in rows] == ([K.OTHER_PERSON] if differs else [])


def test_what_a_person_settled_is_not_asked_again_until_there_is_another_reason() -> None:
    held = look(record("1-A", FirstName="Wolfgang", LastName="Nguyen"))
    doubt = "#FLEX has Wolfgang Nguyen there (another first name)"
    linked = link(PERSON, "P-1", "1-A")
    assert find(linked, people=held, receipts=SENT, settled=frozenset({doubt})).rows == ()
    worse = look(record("1-A", ref(PERSON, "P-9"), FirstName="Wolfgang", LastName="Nguyen"))
    assert find(linked, people=worse, receipts=SENT, settled=frozenset({doubt})).rows


def test_a_person_of_whom_no_receipt_is_kept_is_counted() -> None:
    found = find(link(PERSON, "P-1", "1-A"), people=look(record("1-A", FirstName="Wolfgang")))
    assert found.rows == ()
    assert [(left.what, left.count) for left in found.not_compared] == [("people", 1)]


# -- references ------------------------------------------------------------------------------------------


def of_another_book(workspace: str = "ours", generation: int = 0) -> dict[str, FlexLook]:
    """Return what another book made: an opportunity of card C-5 with a person and a property."""
    return {
        "people": look(record("1-P", ref(PERSON, "P-5", workspace))),
        "opportunities": look(
            record("1-O", ref(OPPORTUNITY, "C-5", workspace, generation), Applicants=[{"FLEXId": "1-P"}])
        ),
        "properties": look(record("1-R", ref(PROPERTY, "C-5", workspace), Opportunity={"FLEXId": "1-O"})),
    }


@pytest.mark.parametrize("generation", [0, 1, 3])
def test_what_another_book_of_the_workspace_made_is_found_with_its_people_and_property(
    generation: int,
) -> None:
    found = find(**of_another_book(generation=generation), cards={"C-5": None, "C-6": None})
    assert {(row.kind, row.entity, row.about) for row in found.rows} == {
        (K.UNKNOWN_REFERENCE, entity, "C-5") for entity in (PERSON, OPPORTUNITY, PROPERTY)
    }
    opportunity = next(row for row in found.rows if row.entity is OPPORTUNITY)
    assert (opportunity.remedies, opportunity.other_id) == ((Remedy.RELINK,), "1-O")


def test_a_record_that_its_card_names_is_counted_and_no_difference() -> None:
    found = find(**of_another_book(), cards={"C-5": "1-O"})
    assert (found.rows, found.others, found.strangers) == ((), 3, 0)


def test_a_reference_of_another_workspace_or_of_no_card_is_counted_as_a_stranger() -> None:
    assert find(**of_another_book("theirs"), cards={"C-5": None}).strangers == 3
    assert find(**of_another_book(), cards={"C-6": None}).strangers == 3


def test_a_second_record_of_a_linked_card_says_what_the_book_links() -> None:
    known = link(OPPORTUNITY, "C-5", "1-K")
    looks = of_another_book(generation=1) | {}
    looks["opportunities"] = look(
        record("1-K", known.ref), *looks["opportunities"].records.values(), is_listed=True
    )
    rows = find(known, **looks, cards={"C-5": "1-K"}).rows
    row = next(row for row in rows if row.entity is OPPORTUNITY)
    assert "1-K" in row.reason
    assert row.remedies == (Remedy.UNLINK,)


def test_without_the_cards_or_the_list_nothing_is_said_about_references() -> None:
    looks = of_another_book()
    blind = FlexComparison(
        [],
        {OPPORTUNITY: looks["opportunities"]},
        KnownReferences("ours"),
        values_of_receipts([], {}),
        SettledDoubts({}, str),
        None,
    ).find()
    assert blind.rows == ()
    assert "the cards could not be read" in [left.why for left in blind.not_compared]
    part = look(*looks["opportunities"].records.values(), is_listed=False)
    found = find(opportunities=part, cards={"C-5": None})
    assert (found.rows, found.strangers) == ((), 0)
    assert "opportunity" in found.not_compared[0].what


def test_a_text_of_another_program_is_no_reference_of_ours() -> None:
    theirs = look(record("1-O", "crm:77"), record("1-Q", "BD-SHORT"), record("1-S", None))
    assert find(opportunities=theirs, cards={"C-5": None}).strangers == 0


def test_a_date_that_is_none_says_nothing_of_who_was_sent() -> None:
    assert person_as_sent("P-1", {"DateOfBirth": "29/02/1987"}).birth_date is None
    assert person_as_sent("P-1", {"FirstName": " "}).first_name is None


# -- the look --------------------------------------------------------------------------------------------


class Lists:
    """A FLEX of `count` records, 200 a page. Records named in `hidden` are in no list."""

    def __init__(self, count: int, hidden: str = "") -> None:
        self.records = {f"1-{n:05}": record(f"1-{n:05}") for n in range(count)}
        self.hidden = set(hidden.split())
        self.asked = 0

    async def listed(self, entity: Entity) -> AsyncGenerator[RecordPage, None]:
        shown = [one for one in self.records.values() if one.remote_id not in self.hidden]
        for at in range(0, max(len(shown), 1), 200):
            self.asked += 1
            yield RecordPage(shown[at : at + 200], -(-len(shown) // 200))

    async def held(self, entity: Entity, flex_id: str) -> RemoteRecord | None:
        self.asked += 1
        return self.records.get(flex_id)


async def looked(lists: Lists, ids: list[str], terms: LookTerms) -> tuple[FlexLook, int]:
    looker = FlexLooker(lists, terms)
    found = await looker.look(PERSON, ids)
    assert looker.requests == lists.asked
    return found, lists.asked


@virtually
async def test_a_short_list_is_read_and_what_it_lacks_is_asked_for() -> None:
    ids = ["1-00000", "1-00399", "1-00007", "1-GONE"]
    found, asked = await looked(Lists(400, hidden="1-00007"), ids, LookTerms())
    assert (asked, found.is_listed, found.gone, found.unasked) == (4, True, {"1-GONE"}, frozenset())
    assert "1-00007" in found.records, "a record that a page lost is not gone"


@virtually
async def test_a_long_list_is_read_only_if_there_are_as_many_links() -> None:
    few, asked = await looked(Lists(2_000), ["1-01999"], LookTerms())
    assert (asked, few.is_listed) == (2, False)
    assert "1-01999" in few.records
    many, asked = await looked(Lists(2_000), [f"1-{n:05}" for n in range(10)], LookTerms())
    assert (asked, many.is_listed) == (10, True)
    short, asked = await looked(Lists(200 * FEW_PAGES), ["1-00000"], LookTerms())
    assert (asked, short.is_listed) == (FEW_PAGES, True)


@virtually
async def test_a_look_never_costs_more_than_it_may() -> None:
    for most, count in [(0, 50), (1, 50), (2, 50), (7, 50), (30, 50), (1, 150), (40, 150), (99, 150)]:
        ids = [f"1-{n:05}" for n in range(1_000, 1_000 + count)]
        found, asked = await looked(Lists(20_000), ids, LookTerms(most))
        assert asked == most
        seen = {*found.records} & {*ids}
        assert len(seen) + len(found.unasked) == len(ids), "what was not asked for is named"
        assert not found.gone


@virtually
async def test_each_turn_begins_with_other_records() -> None:
    ids = [f"1-{n:05}" for n in range(1_000, 1_040)]
    seen: set[str] = set()
    for turn in range(5):
        found, _ = await looked(Lists(20_000), ids, LookTerms(11, turn=turn))
        seen |= {*found.records} & {*ids}
    assert seen == {*ids}


@virtually
async def test_a_full_look_reads_everything() -> None:
    found, asked = await looked(Lists(2_000), ["1-GONE"], LookTerms(most=None))
    assert (asked, found.is_listed, found.gone) == (11, True, {"1-GONE"})


@virtually
async def test_a_list_that_ends_exactly_when_the_requests_do_is_whole() -> None:
    found, asked = await looked(Lists(400), [], LookTerms(2))
    assert (asked, found.is_listed) == (2, True)


@virtually
async def test_a_look_waits_before_each_request() -> None:
    waits = 0

    async def pause() -> None:
        nonlocal waits
        waits += 1

    _, asked = await looked(Lists(600), ["1-GONE"], LookTerms(pause=pause))
    assert waits == asked == 4
