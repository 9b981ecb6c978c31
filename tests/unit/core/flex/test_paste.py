"""Paste mode: which rows are entered, in which order, what a tick means later, and what the end stores."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from core.errors import DeskError
from core.flex.field_map.fates import Fate
from core.flex.model import Card, Extra, FactFindMark, Note
from core.flex.plans.by_hand import Screen
from core.flex.records import NoteSent, PushedFields, Tick
from core.flex.use_cases.checklist import find_item, next_open, where_to_go_on
from core.flex.use_cases.notes import ListedNote
from core.flex.use_cases.paste import PasteList
from core.push.plan import Asset, Entity, Operation, Plan
from core.push.records import Link, Push
from core.push.states import PushState
from core.receipts.model import Shown
from tests.support.cards import BAO, FULL, LINH, but, with_loan, with_person
from tests.support.flex_setup import START, FlexInMemory, FlexWorld, PapersInMemory

NOTE = Note("N-1", "C-1", "Called the client.", "Mia Hale", datetime(2026, 11, 27, 9, 30, tzinfo=UTC))
SAVINGS = "Assets//Savings"


def without_gateway(*cards: Card, papers: PapersInMemory | None = None) -> FlexWorld:
    world = FlexWorld(*(cards or (FULL,)), papers=papers, has_gateway=False)
    world.cards.takes_ids_back = False
    return world


async def tick_all(world: FlexWorld, pasted: PasteList) -> PasteList:
    """Tick every open row, one second after the other."""
    for item in pasted.items:
        if item.open:
            world.clock.at += 1
            pasted = await world.paste.tick(pasted, item, ticked=True)
    return pasted


async def entered(world: FlexWorld, flex_id: str = "1-OPPT7") -> Push:
    """Enter the whole card, link it, and run the push."""
    pasted = await tick_all(world, await world.paste.of_card("C-1"))
    push = await world.paste.confirm(await world.paste.preview(pasted, flex_id, world.engine), world.engine)
    return await world.engine.finish(push.push_id)


async def refused(doing: object) -> str:
    with pytest.raises(DeskError) as caught:
        await doing  # type: ignore[misc]  # any coroutine
    return caught.value.code


# -- naming a row ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ProposedLoanAmount", "Loan Amount"])
async def test_a_row_is_named_as_the_list_shows_it_or_as_brokerengine_does(name: str) -> None:
    pasted = await without_gateway().paste.of_card("C-1")
    assert find_item("C-1", pasted.items, name).field.source == "Loan Amount"


async def test_a_name_of_flex_that_two_people_have_names_none() -> None:
    pasted = await without_gateway().paste.of_card("C-1")
    with pytest.raises(DeskError, match="names several fields"):
        find_item("C-1", pasted.items, "FirstName")


# -- the rows ---------------------------------------------------------------------------------------------


async def test_the_rows_follow_the_order_of_the_screens() -> None:
    pasted = await without_gateway().paste.of_card("C-1")
    screens = [item.screen for item in pasted.items]
    assert list(dict.fromkeys(screens)) == [
        Screen.PEOPLE,
        Screen.OPPORTUNITY,
        Screen.LOAN,
        Screen.PROPERTY,
        Screen.PRODUCTS,
        Screen.ELSEWHERE,
    ]
    people = [item.field.local_id for item in pasted.items if item.screen is Screen.PEOPLE]
    assert list(dict.fromkeys(people)) == ["P-1", "P-2"], "one person after the other"


async def test_the_loan_has_its_amount_its_term_and_what_was_chosen() -> None:
    pasted = await without_gateway().paste.of_card("C-1")
    assert [item.field.target for item in pasted.items if item.screen is Screen.LOAN] == [
        "Opportunity.ProposedLoanAmount",
        "Opportunity.ProposedLoanTerm",
        "ProductFilter.FixedInclude",
        "ProductFilter.StandardVariableInclude",
        "ProductFilter.FilterRepaymentOption",
    ]


async def test_what_a_person_has_beyond_the_map_follows_the_person() -> None:
    employed = Extra("Employment", "Employer", "Harbour")
    card = with_person(but(LINH, other=(employed,)), but(BAO, other=(employed,)))
    pasted = await without_gateway(card).paste.of_card("C-1")
    people = [
        (item.field.local_id, item.field.source) for item in pasted.items if item.screen is Screen.PEOPLE
    ]
    first = [source for person, source in people if person == "P-1"]
    assert [person for person, _ in people] == ["P-1"] * len(first) + ["P-2"] * (len(people) - len(first))
    assert (first[0], first[-1], people[-1][1]) == ("First Name", "Employer", "Employer")


async def test_only_what_goes_into_one_value_is_one_row() -> None:
    pasted = await without_gateway().paste.of_card("C-1")
    assert [len(item.row.parts) for item in pasted.items if len(item.row.parts) > 1] == [2, 2]
    refused = but(LINH, home_address=but(LINH.home_address, street_2="#REF!"))  # type: ignore[type-var]  # it has one
    pasted = await without_gateway(with_person(refused)).paste.of_card("C-1")
    streets = [item for item in pasted.items if item.field.target == "Applicant.DirectAddressStreet"]
    assert [item.text for item in streets] == ["Unit 4", ""]


async def test_a_row_has_the_converted_value_and_its_target() -> None:
    pasted = await without_gateway().paste.of_card("C-1")
    by_target = {item.field.target: item.text for item in pasted.items if item.field.local_id in ("", "P-1")}
    assert by_target["Applicant.DateOfBirth"] == "29/02/1988"
    assert by_target["Applicant.DirectAddressState"] == "NSW"
    assert by_target["Opportunity.ProposedLoanAmount"] == "640000"
    assert by_target["Property.PropertyType"] == "Strata title or Unit"


async def test_the_lines_of_a_street_are_one_row() -> None:
    pasted = await without_gateway().paste.of_card("C-1")
    (street,) = [item for item in pasted.items if item.field.target == "Applicant.DirectAddressStreet"]
    assert street.text == "Unit 4, 12 Darling Street"
    assert [place for place, _ in street.row.parts] == [
        "Contacts/P-1/Home Address: Street Address 1",
        "Contacts/P-1/Home Address: Street Address 2",
    ]


async def test_a_row_of_several_fields_is_ticked_as_one_and_opens_if_one_of_them_changes() -> None:
    world = without_gateway()
    pasted = await world.paste.of_card("C-1")
    (street,) = [item for item in pasted.items if item.field.target == "Applicant.DirectAddressStreet"]
    await world.paste.tick(pasted, street, ticked=True)
    assert len(await world.book.all(Tick)) == 2
    assert LINH.home_address is not None
    moved = but(LINH, home_address=but(LINH.home_address, street_2="9 Bay Road"))
    world.cards.held["C-1"] = with_person(moved)
    (again,) = [item for item in (await world.paste.of_card("C-1")).items if item.place == street.place]
    assert (again.ticked, again.changed, again.text) == (False, True, "Unit 4, 9 Bay Road")


async def test_a_refused_value_says_why_has_nothing_to_copy_and_stays_open() -> None:
    world = without_gateway(with_loan(loan_category="Timeshare"))
    pasted = await world.paste.of_card("C-1")
    (item,) = [item for item in pasted.items if item.field.fate is Fate.REFUSED]
    assert (item.text, item.open) == ("", True)
    assert "not in the table" in item.field.reason


async def test_without_a_gateway_a_product_is_chosen_by_hand() -> None:
    pasted = await without_gateway().paste.of_card("C-1")
    products = [item for item in pasted.items if item.screen is Screen.PRODUCTS and item.field.local_id]
    assert {item.text for item in products} >= {"Harbour Mutual", "Flexi Home Loan", "Basic Variable"}
    assert all("choose it by hand" in item.field.reason for item in products)


async def test_with_a_gateway_a_product_is_entered_by_its_name_too() -> None:
    pasted = await FlexWorld(FULL).paste.of_card("C-1")
    names = [item.text for item in pasted.items if item.field.target == "Product.ProductFLEXId"]
    assert names == ["Harbour Mutual", "Flexi Home Loan", "Harbour Mutual", "Basic Variable"]


# -- walking through --------------------------------------------------------------------------------------


async def test_the_walk_goes_on_behind_the_row_that_was_ticked_last() -> None:
    world = without_gateway()
    pasted = await world.paste.of_card("C-1")
    assert where_to_go_on(pasted.items) == pasted.items[0]
    for n in (0, 5):
        world.clock.at += 1
        pasted = await world.paste.tick(pasted, pasted.items[n], ticked=True)
    again = await world.paste.of_card("C-1")
    assert where_to_go_on(again.items) == again.items[6], "the ticks are in the book: a crash loses no place"
    assert next_open(again.items, again.items[-1].place) is None
    last = again.items[-1]
    world.clock.at += 1
    again = await world.paste.tick(again, last, ticked=True)
    assert where_to_go_on(again.items) == again.items[1], "what was left open comes at the end"


async def test_with_everything_ticked_there_is_nowhere_to_go() -> None:
    world = without_gateway()
    pasted = await tick_all(world, await world.paste.of_card("C-1"))
    assert (pasted.left, where_to_go_on(pasted.items)) == (0, None)


async def test_the_book_holds_no_value_of_what_was_entered() -> None:
    world = without_gateway()
    world.book.keyed_hash = lambda field, value: f"hash of {len(str(value))}"  # type: ignore[method-assign]  # a hash that hides
    await entered(world)
    kept = msgspec.json.encode([await world.book.all(Tick), await world.book.all(PushedFields)]).decode()
    for secret in ("Nguyen", "linh@", "640000", "640,000", "Darling", "1988"):
        assert secret not in kept


# -- the end ----------------------------------------------------------------------------------------------


async def test_the_end_links_the_card_and_sends_nothing_to_flex() -> None:
    world = without_gateway()
    push = await entered(world)
    assert (push.asset, push.subject, push.about, push.state) == (Asset.PASTE, "C-1", "C-1", PushState.DONE)
    (link,) = await world.book.all(Link)
    assert (link.entity, link.local_id, link.remote_id) == (Entity.OPPORTUNITY, "C-1", "1-OPPT7")
    assert (world.flex.sent, world.board.sent) == ([], [])


async def test_a_source_that_stores_ids_gets_the_flex_id() -> None:
    world = FlexWorld(FULL, has_gateway=False)
    push = await entered(world)
    (request,) = world.board.sent
    assert (request.operation, request.body["flex_id"]) == (Operation.WRITE_BACK, "1-OPPT7")
    assert (push.state, world.flex.sent) == (PushState.DONE, [])


async def test_a_card_that_was_entered_can_be_pushed_no_more() -> None:
    records = FlexInMemory()
    records.kinds = {"1-OPPT7": "opportunity"}
    world = FlexWorld(FULL, records=records)
    await entered(world)
    preview = await world.desk.preview("C-1")
    assert "already-linked" in [reason.code for reason in preview.reasons]
    with pytest.raises(DeskError) as caught:
        await world.desk.confirm(preview, world.engine)
    assert caught.value.code == "already-linked"
    assert world.flex.sent == []


async def test_a_half_entered_card_warns_before_a_push() -> None:
    world = FlexWorld(FULL)
    assert not any("by hand" in one and "ticked" in one for one in (await world.desk.preview("C-1")).warnings)
    pasted = await world.paste.of_card("C-1")
    await world.paste.tick(pasted, pasted.items[0], ticked=True)
    assert "1 value is ticked as entered" in (await world.desk.preview("C-1")).warnings[0]


async def test_the_id_is_checked_as_a_link_checks_it() -> None:
    world = without_gateway(FULL, but(FULL, id="C-2", flex_id="1-HELD"))
    pasted = await world.paste.of_card("C-1")
    assert await refused(world.paste.preview(pasted, "a b\x00", world.engine)) == "bad-flex-id"
    assert await refused(world.paste.preview(pasted, "1-HELD", world.engine)) == "taken"
    assert await refused(world.paste.preview(pasted, " ", world.engine)) == "no-flex-id"


async def test_without_a_gateway_it_says_that_nobody_looked_the_id_up() -> None:
    world = without_gateway()
    result = await world.paste.preview(await world.paste.of_card("C-1"), "1-OPPT7", world.engine)
    assert any("1-OPPT7" in one and "no gateway" in one for one in result.warnings)


async def test_with_a_gateway_an_id_that_flex_does_not_have_is_refused() -> None:
    world = FlexWorld(FULL, records=FlexInMemory())
    pasted = await world.paste.of_card("C-1")
    assert await refused(world.paste.preview(pasted, "1-OPPT7", world.engine)) == "not-in-flex"


async def test_what_stays_open_is_said_before_the_end() -> None:
    world = without_gateway()
    pasted = await world.paste.of_card("C-1")
    result = await world.paste.preview(pasted, "1-OPPT7", world.engine)
    assert (result.entered, result.warnings[0].split()[0]) == (0, str(len(pasted.items)))


async def test_a_card_that_changed_during_the_question_is_asked_about_again() -> None:
    world = without_gateway()
    result = await world.paste.preview(await world.paste.of_card("C-1"), "1-OPPT7", world.engine)
    world.cards.held["C-1"] = with_loan(loan_amount=Decimal(650000))
    assert await refused(world.paste.confirm(result, world.engine)) == "plan-changed"
    assert await world.book.all(Link) == []


async def test_the_receipt_is_made_of_what_was_entered_as_it_was_entered() -> None:
    twice = but(FULL, other=(Extra("Assets", "Savings", "1"), Extra("Assets", "Savings", "2")))
    world = FlexWorld(twice, records=FlexInMemory())
    world.records.kinds = {"1-OPPT7": "opportunity"}
    pasted = await world.paste.of_card("C-1")
    second = next(item for item in pasted.items if item.place == f"{SAVINGS}/2")
    pasted = await world.paste.tick(pasted, second, ticked=True)
    kept: list[bytes] = []

    class Keeps:
        """Honours `core.push.ports.Witness`."""

        def confirmed(self, push: Push, plan: Plan, shown: bytes) -> bytes:
            kept.append(shown)
            return shown

    world.engine._witness = Keeps()
    await world.paste.confirm(await world.paste.preview(pasted, "1-OPPT7", world.engine), world.engine)
    fields = {field.place: field for field in msgspec.json.decode(kept[0], type=Shown).fields if field.place}
    assert fields.keys() >= {SAVINGS, f"{SAVINGS}/2"}
    assert fields["Products/PR-1/Name"].value == "Flexi Home Loan", "not the ID in FLEX's catalogue"
    assert fields["Contacts/P-1/Birth Date"].value == "29/02/1988"
    assert {field.step for place, field in fields.items() if "/" in place and field.path == ()} == {None}


# -- afterwards -------------------------------------------------------------------------------------------


async def test_a_later_edit_opens_the_rows_to_enter_again_and_a_tick_closes_them() -> None:
    world = without_gateway()
    await entered(world)
    since = await world.desk.changed_since_push("C-1")
    assert since is not None
    assert len(since) == 0
    world.cards.held["C-1"] = with_loan(loan_amount=Decimal(650000))
    pasted = await world.paste.of_card("C-1")
    (item,) = [item for item in pasted.items if item.open]
    assert (item.field.source, item.changed, item.text) == ("Loan Amount", True, "650000")
    since = await world.desk.changed_since_push("C-1")
    assert since is not None
    assert since.changed == {item.place}
    assert pasted.needs_flex_id is False
    assert "1-OPPT7" in pasted.warnings[0]
    pasted = await world.paste.tick(pasted, item, ticked=True)
    since = await world.desk.changed_since_push("C-1")
    assert since is not None
    assert len(since) == 0
    again = await world.paste.confirm(await world.paste.preview(pasted, "", world.engine), world.engine)
    assert (again.asset, again.size) == (Asset.PASTE, 0)
    assert len(await world.book.all(Link)) == 1


async def test_a_field_that_was_empty_is_new_afterwards_and_one_that_stayed_open_is_not() -> None:
    world = without_gateway(with_loan(loan_term=None))
    pasted = await world.paste.of_card("C-1")
    for item in pasted.items:
        if item.place != SAVINGS:
            pasted = await world.paste.tick(pasted, item, ticked=True)
    await world.paste.confirm(await world.paste.preview(pasted, "1-OPPT7", world.engine), world.engine)
    world.cards.held["C-1"] = FULL
    since = await world.desk.changed_since_push("C-1")
    assert since is not None
    assert {place.rpartition("/")[2] for place in since.new} == {"Loan Term"}
    assert SAVINGS in since.not_sent


async def test_what_a_push_sent_is_not_entered_once_more() -> None:
    world = FlexWorld(FULL)
    await world.push(await world.desk.preview("C-1"))
    pasted = await world.paste.of_card("C-1")
    assert {item.field.fate for item in pasted.items if item.open} == {Fate.NO_HOME}
    world.cards.held["C-1"] = but(FULL, people=with_person(but(LINH, email="linh@example.org")).people)
    opened = [item for item in (await world.paste.of_card("C-1")).items if item.open and item.changed]
    assert [item.field.source for item in opened] == ["Email Address"]


async def unlinked(world: FlexWorld) -> None:
    world.clock.at += 1
    _, push = await world.unlink("C-1")
    await world.engine.finish(push.push_id)
    world.clock.at += 1


async def test_after_an_unlink_nothing_counts_as_entered_in_the_next_record() -> None:
    world = without_gateway()
    await entered(world)
    await unlinked(world)
    pasted = await world.paste.of_card("C-1")
    assert (pasted.left, pasted.needs_flex_id) == (len(pasted.items), True)
    pasted = await world.paste.tick(pasted, pasted.items[0], ticked=True)
    push = await world.paste.confirm(await world.paste.preview(pasted, "1-OPPT8", world.engine), world.engine)
    await world.engine.finish(push.push_id)
    again = await world.paste.of_card("C-1")
    assert [item.ticked for item in again.items] == [True, *[False] * (len(again.items) - 1)]
    assert len(await world.book.all(Tick)) == 1


async def test_the_same_record_linked_again_has_its_ticks_again() -> None:
    world = without_gateway()
    await entered(world)
    await unlinked(world)
    push = await world.link("C-1", "1-OPPT7")
    await world.engine.finish(push.push_id)
    assert (await world.paste.of_card("C-1")).left == 0


async def test_a_tick_that_is_taken_back_afterwards_opens_the_row_again() -> None:
    world = without_gateway()
    await entered(world)
    pasted = await world.paste.of_card("C-1")
    pasted = await world.paste.tick(pasted, pasted.items[0], ticked=False)
    assert [item.open for item in (await world.paste.of_card("C-1")).items[:2]] == [True, False]


# -- what stands against it -------------------------------------------------------------------------------


async def test_while_a_push_of_the_card_is_unfinished_nothing_is_entered() -> None:
    world = FlexWorld(FULL)
    await world.remember_push("P-9", PushState.PAUSED)
    assert await refused(world.paste.of_card("C-1")) == "busy"


async def test_a_note_that_is_on_its_way_does_not_keep_a_card_from_being_entered() -> None:
    world = FlexWorld(FULL)
    await world.remember_push("P-9", PushState.PAUSED, Asset.NOTE)
    assert (await world.paste.of_card("C-1")).items


async def test_the_guard_of_the_fact_find_holds_here_too_unless_it_is_overridden() -> None:
    world = without_gateway(but(FULL, fact_find=FactFindMark("FF-1", "completed", True)))
    assert await refused(world.paste.of_card("C-1")) == "use-fact-find"
    assert (await world.paste.of_card("C-1", ("use-fact-find",))).items


async def test_another_objection_to_a_push_is_said_and_stops_nobody() -> None:
    world = without_gateway(with_person(but(LINH, last_name="")))
    pasted = await world.paste.of_card("C-1")
    assert any("last name" in warning for warning in pasted.warnings)
    assert pasted.items


async def test_without_a_gateway_a_push_says_so() -> None:
    world = without_gateway()
    preview = await world.desk.preview("C-1")
    assert [reason.code for reason in preview.reasons] == ["no-flex-gateway"]
    with pytest.raises(DeskError) as caught:
        await world.desk.confirm(preview, world.engine)
    assert (caught.value.code, "brokerdesk paste" in caught.value.fix) == ("no-flex-gateway", True)


# -- notes ------------------------------------------------------------------------------------------------


def with_notes(*cards: Card) -> FlexWorld:
    papers = PapersInMemory()
    papers.listed = [NOTE]
    return without_gateway(*cards, papers=papers)


LINKED = but(FULL, flex_id="1-OPPT7")


async def test_a_note_has_its_head_and_its_text() -> None:
    world = with_notes(LINKED)
    pasted = await world.paste.of_note("C-1", "N-1")
    assert [(item.screen, item.field.source, item.text) for item in pasted.items] == [
        (Screen.NOTE, "Author", "Mia Hale"),
        (Screen.NOTE, "Written", "27/11/2026"),
        (Screen.NOTE, "Note Text", "Called the client."),
    ]


async def test_a_note_that_was_entered_is_marked_and_not_offered_as_new() -> None:
    world = with_notes(LINKED)
    pasted = await tick_all(world, await world.paste.of_note("C-1", "N-1"))
    assert pasted.left == 0
    push = await world.paste.confirm(await world.paste.preview(pasted, "", world.engine), world.engine)
    push = await world.engine.finish(push.push_id)
    assert (push.asset, push.subject, push.about, push.state) == (
        Asset.PASTE,
        "N-1",
        "C-1",
        PushState.DONE,
    )
    (sent,) = await world.book.all(NoteSent)
    assert (sent.card, sent.at) == ("C-1", world.clock.at)
    (listed,) = await world.notes.of_card("C-1")
    assert isinstance(listed, ListedNote)
    assert (listed.pushed_at, listed.entered_at, listed.is_in_flex) == ((), (world.clock.at,), True)
    once_more = await world.paste.of_note("C-1", "N-1")
    assert once_more.preview.subject == "N-1@1", "a second entry is a second decision, with ticks of its own"
    assert once_more.left == len(once_more.items)
    assert any("entered by hand" in warning for warning in once_more.warnings)


async def test_a_note_needs_a_linked_card_of_its_own() -> None:
    assert await refused(with_notes(FULL).paste.of_note("C-1", "N-1")) == "not-linked"
    world = with_notes(LINKED, but(LINKED, id="C-2"))
    assert await refused(world.paste.of_note("C-2", "N-1")) == "unknown-note"


async def test_a_note_that_was_written_here_is_entered_and_its_draft_goes() -> None:
    world = without_gateway(LINKED)
    draft = await world.notes.draft_to_write("C-1")
    await world.notes.keep_draft(msgspec.structs.replace(draft, text="Rate locked."))
    pasted = await tick_all(world, await world.paste.of_written("C-1", "Rate locked."))
    assert [item.text for item in pasted.items] == ["Rate locked."]
    await world.paste.confirm(await world.paste.preview(pasted, "", world.engine), world.engine)
    assert await world.notes.drafts("C-1") == []


async def test_with_other_people_the_extras_of_a_person_stay_with_the_person() -> None:
    world = without_gateway(with_person(but(LINH, other=(Extra("Employment", "Employer", "Harbour"),))))
    pasted = await world.paste.of_card("C-1")
    (employer,) = [item for item in pasted.items if item.field.source == "Employer"]
    assert (employer.screen, employer.text) == (Screen.PEOPLE, "Harbour")


async def test_the_clock_of_a_tick_is_the_desks() -> None:
    world = without_gateway()
    pasted = await world.paste.of_card("C-1")
    world.clock.at = START + 5
    pasted = await world.paste.tick(pasted, pasted.items[0], ticked=True)
    assert (pasted.items[0].by, pasted.items[0].at) == ("m.hale", START + 5)
    pasted = await world.paste.tick(pasted, pasted.items[0], ticked=False)
    assert (pasted.items[0].ticked, await world.book.all(Tick)) == (False, [])
