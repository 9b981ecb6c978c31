"""One small scenario for each kind of failure that was found over cards: what is right.

The numbers are those of docs/fidelity.md.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from core.contacts.match.rule import Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact
from core.contacts.payloads import total_expert_fields
from core.contacts.records import Synced
from core.contacts.sync.undo_plan import Before, OldValues, Stays, UndoInputs, plan_undo
from core.errors import DeskError, Unreachable
from core.flex.field_map.fates import Fate
from core.flex.model import WrittenFile
from core.flex.plans.preview import Preview
from core.flex.use_cases.again import preview_again
from core.flex.use_cases.bulk import CardChanges, changes_of
from core.push.live_push import steps_of
from core.push.plan import Entity, Operation, StepKind, System
from core.push.ports import Request
from core.push.records import StepRecord, TrailEvent
from core.push.states import PushState, StepState
from data.sandbox.store import Document
from data.vendors.brokerengine import BrokerEngine
from data.vendors.flex import Flex
from data.vendors.http.client import HttpClient, SystemAddress
from tests.fidelity.board import CATALOGUE, REFUSED_BY_FLEX
from tests.fidelity.desk import (
    Answer,
    CardsInATable,
    FidelityDesk,
    link_what_is_there,
    send_as_new,
    update_what_is_there,
)
from tests.fidelity.systems import FaultPlan, SystemsInProcess, SystemsTransport, Wires, on_virtual_time

LINKED = "1-OLD01"
Scenario = Callable[["OneCardWorld"], Coroutine[Any, Any, None]]


class OneCardWorld:
    """The systems with one card of two people, its Fact Find and a note; and a desk over them."""

    def __init__(self, systems: SystemsInProcess, wires: Wires, faults: FaultPlan) -> None:
        self.systems, self.wires, self.faults = systems, wires, faults
        self.desk = FidelityDesk(systems, wires, settle=0)
        self.person("P-1", "Linh", "Nguyen", birth_date="1988-02-29")
        self.person("P-2", "Bao", "Tran")
        self.card("C-1", "P-1", "P-2")
        self.fact_find("FF-1", "C-1", "P-1", "P-2")
        self.note("N-1", "C-1")
        for flex_id, lender, name in CATALOGUE:
            systems.put("flex", "products", {"ProductFLEXId": flex_id, "Lender": lender, "Name": name})
        systems.put("flex", "opportunities", {"FLEXId": LINKED, "Applicants": []})

    def person(self, person_id: str, first: str, last: str, **more: Any) -> None:
        named: Document = {"id": person_id, "first_name": first, "last_name": last}
        rest: Document = {"phones": {}, "other": [], "email": f"{first.lower()}@example.com"}
        self.systems.put("brokerengine", "contacts", {**named, **rest, **more})

    def card(self, card_id: str, *people: str, **more: Any) -> None:
        roles = ("Primary Applicant", "Co-Applicant", "Guarantor")
        on_it = [{"role": role, "contact_id": one} for role, one in zip(roles, people, strict=False)]
        loan = {"loan_amount": "640000.00"}
        house = {"property_type": "House", "valuation_amount": "900000.00"}
        card = {"id": card_id, "title": f"Card {card_id}", "kind": "deal", "stage": "AIP", "owner": "m.hale"}
        rest: Document = {
            "people": on_it,
            "requirements": loan,
            "property": house,
            "products": [],
            "other": [],
        }
        self.systems.put("brokerengine", "cards", {**card, **rest, **more})

    def fact_find(self, fact_find_id: str, card_id: str, *people: str, **more: Any) -> None:
        roles = ("Primary Applicant", "Co-Applicant", "Guarantor")
        on_it = [{"role": role, "contact_id": one} for role, one in zip(roles, people, strict=False)]
        house = {"property_type": "House", "valuation_amount": "900000.00"}
        filled = {"id": fact_find_id, "card_id": card_id, "state": "completed", "flex_integrated": False}
        self.systems.put("brokerengine", "fact-finds", {**filled, "people": on_it, "property": house, **more})

    def note(self, note_id: str, card_id: str, text: str = "Spoke with Linh.") -> None:
        note = {"id": note_id, "card_id": card_id, "text": text, "author": "m.hale", "attachments": []}
        self.systems.put("brokerengine", "notes", note)

    def edit(self, kind: str, record_id: str, **fields: Any) -> None:
        self.systems.edit("brokerengine", kind, record_id, **fields)

    def another_desk(self, **more: Any) -> FidelityDesk:
        return FidelityDesk(self.systems, self.wires, settle=0, **more)

    async def push_card(self, card_id: str = "C-1") -> None:
        await self.desk.push(await self.desk.cards.preview(card_id))


@pytest.fixture
def live(tmp_path: Path) -> Callable[[Scenario], None]:
    """Run a scenario in a world of its own."""
    systems = SystemsInProcess(tmp_path)
    faults = FaultPlan(0)

    async def story(scenario: Scenario, wires: Wires) -> None:
        await scenario(OneCardWorld(systems, wires, faults))

    return lambda scenario: on_virtual_time(systems, faults, partial(story, scenario))


Live = Callable[[Scenario], None]


def test_a_card_a_re_push_a_fact_find_and_a_note_are_faithful(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        world.edit("contacts", "P-1", last_name="Ng")
        await world.desk.push(await world.desk.cards.preview_people("C-1"))
        await world.desk.push(await world.desk.fact_finds.preview("FF-1"))
        await world.desk.push(await world.desk.notes.preview("N-1"))
        await world.desk.push(await world.desk.notes.preview("N-1"))
        assert len(world.systems.all("flex", "notes")) == 2

    live(scenario)


@pytest.mark.parametrize("contract", ["1.0", "1.1"])
def test_the_parts_of_a_postal_address_that_the_card_lacks_stay_in_flex(live: Live, contract: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.systems.set_option("flex", "contract", contract)
        whole = {"street_1": "PO Box 77", "suburb": "Balmain", "postcode": "2041", "state": "NSW"}
        world.edit("contacts", "P-1", postal_address=whole)
        await world.push_card()
        world.edit("contacts", "P-1", postal_address={"suburb": "Manly"})
        desk = world.desk
        push = await desk.push(await desk.cards.preview_people("C-1"))
        (address,) = world.systems.all("flex", "contacts")[0]["OtherAddress"]
        assert (address["StreetAddress"], address["City"], address["State"]) == ("PO Box 77", "Manly", "NSW")
        assert (await desk.push(await desk.cards.preview_people("C-1"))).state is PushState.DONE
        assert push.state is PushState.DONE

    live(scenario)


@pytest.mark.parametrize("contract", ["1.0", "1.1"])
def test_a_postal_address_abroad_is_no_obstacle_to_an_address_without_a_state(
    live: Live, contract: str
) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.systems.set_option("flex", "contract", contract)
        world.edit("contacts", "P-1", postal_address={"state": "Otago", "country": "New Zealand"})
        await world.push_card()
        world.edit("contacts", "P-1", postal_address={"suburb": "Manly"})
        push = await world.desk.push(await world.desk.cards.preview_people("C-1"))
        assert push.state is PushState.DONE

    live(scenario)


def test_a_plan_that_is_confirmed_again_while_it_waits_is_kept_as_it_was_confirmed_last(live: Live) -> None:
    """A value that FLEX refuses is in no plan, so the plan is the same although the value is new."""

    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        world.edit("contacts", "P-1", last_name="Ng")
        desk = world.desk
        preview = await desk.cards.preview_people("C-1")
        world.faults.down = True
        await desk.begin(preview)
        world.faults.down = False
        world.edit("contacts", "P-1", middle_name="A" * 61)
        push = await desk.push(await desk.cards.preview_people("C-1"))
        assert push.state is PushState.DONE

    live(scenario)


def test_a_person_on_two_cards_is_one_contact(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.card("C-2", "P-1")
        await world.push_card()
        await world.push_card("C-2")
        assert len(world.systems.all("flex", "contacts")) == 2

    live(scenario)


def test_a_push_that_flex_refuses_in_part_leaves_what_its_journal_says(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        bao = {"FLEXId": "1-GOES1", "FirstName": "Bao", "LastName": "Tran"}
        world.systems.put("flex", "contacts", bao)
        world.edit("contacts", "P-2", flex_id="1-GOES1")
        preview = await world.desk.cards.preview("C-1")
        world.systems.remove("flex", "contacts", "1-GOES1")
        push = await world.desk.push(preview, may_stop=True)
        assert push.state is PushState.PARTIAL

    live(scenario)


JOHN = b"C-9,deal,Primary Applicant,John,Smith,0491 570 006\n"
JANE = b"C-9,deal,Co-Applicant,Jane,Smith,0491 570 156\n"
HEADER = b"card_id,kind,role,first_name,last_name,mobile_phone\n"


def test_swapped_rows_of_a_file_write_nobody_over_another_person(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        table = CardsInATable(HEADER + JOHN + JANE)
        desk = world.another_desk(source=table)
        await desk.push(await desk.cards.preview("C-9"))
        table.data = HEADER + JANE + JOHN
        preview = await desk.cards.preview_people("C-9")
        for step in preview.plan.steps:
            there = world.systems.get("flex", "contacts", step.remote_id or "")
            assert there["FirstName"] == step.body["FirstName"]

    live(scenario)


def test_a_note_that_is_written_while_another_waits_is_pushed_itself(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        first = await world.desk.notes.preview_written("C-1", "The first.")
        second = await world.desk.notes.preview_written("C-1", "The second.")
        world.faults.down = True
        waiting = await world.desk.cards.confirm(first, world.desk.engine)
        await world.desk.engine.finish(waiting.push_id)
        world.faults.down = False
        await world.desk.push(second)

    live(scenario)


def test_two_people_with_one_flex_id_are_asked_about(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.systems.put(
            "flex", "contacts", {"FLEXId": "1-SAME1", "FirstName": "Linh", "LastName": "Nguyen"}
        )
        world.edit("contacts", "P-1", flex_id="1-SAME1")
        world.edit("contacts", "P-2", flex_id="1-SAME1")
        preview = await world.desk.cards.preview("C-1")
        if preview.pushable:
            await world.desk.push(preview)

    live(scenario)


def test_an_update_of_a_contact_who_is_clearly_somebody_else_asks_first(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        other = {
            "FLEXId": "1-OTHER",
            "FirstName": "Maeve",
            "LastName": "O'Brien",
            "DateOfBirth": "01/12/1960",
        }
        world.systems.put("flex", "contacts", other)
        world.edit("contacts", "P-1", flex_id="1-OTHER")
        preview = await world.desk.cards.preview("C-1")
        if preview.pushable:
            await world.desk.cards.confirm(preview, world.desk.engine)
            await world.desk.engine.resume()
        assert world.systems.get("flex", "contacts", "1-OTHER")["FirstName"] == "Maeve"

    live(scenario)


@pytest.mark.parametrize("field", REFUSED_BY_FLEX)
def test_a_value_that_flex_refuses_is_refused_alone_and_before(live: Live, field: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        value = REFUSED_BY_FLEX[field][0]
        match field:
            case "mobile":
                world.edit("contacts", "P-1", phones={"mobile": value})
            case "postcode":
                world.edit("contacts", "P-1", home_address={"suburb": "Manly", "postcode": value})
            case "loan_amount" | "loan_term":
                world.edit("cards", "C-1", requirements={field: value})
            case "valuation_amount":
                world.edit("cards", "C-1", property={field: value})
            case _:
                world.edit("contacts", "P-1", **{field: value})
        preview = await world.desk.cards.preview("C-1")
        if preview.pushable:
            await world.desk.push(preview)
        assert preview.pushable is (field != "first_name")
        assert sum(line.fate is Fate.REFUSED for line in preview.fields) == 1

    live(scenario)


def test_a_split_as_large_as_the_loan_is_refused_alone_and_before(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        loan = {"loan_amount": "640000.00", "split_loan": "640000.00"}
        world.edit("cards", "C-1", requirements=loan, products=[_product("PR-1", CATALOGUE[0], True)])
        await world.push_card()

    live(scenario)


def test_a_card_that_is_unlinked_and_pushed_as_new_takes_its_property_along(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        await world.desk.unlink("C-1")
        await world.desk.push(await world.desk.cards.preview("C-1"), send_as_new)

    live(scenario)


def test_a_card_that_is_unlinked_edited_and_linked_again_sends_its_property(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        await world.desk.unlink("C-1")
        world.edit("cards", "C-1", property={"property_type": "House", "valuation_amount": "810000.00"})
        await world.desk.push(await world.desk.cards.preview("C-1"), link_what_is_there)

    live(scenario)


def test_a_fact_find_on_a_linked_card_updates_the_property(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        world.edit("fact-finds", "FF-1", property={"property_type": "House", "valuation_amount": "950000.00"})
        await world.desk.push(await world.desk.fact_finds.preview("FF-1"))

    live(scenario)


def test_a_person_whom_a_fact_find_adds_comes_onto_the_opportunity(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        world.person("P-3", "Maeve", "O'Brien")
        world.fact_find("FF-1", "C-1", "P-1", "P-2", "P-3")
        await world.desk.push(await world.desk.fact_finds.preview("FF-1"))

    live(scenario)


def _product(product_id: str, entry: tuple[str, str, str], selected: bool) -> Document:
    _, lender, name = entry
    marks = {"highlighted": selected, "in_funding_position": selected, "tracked": True, "shortlisted": True}
    return {"id": product_id, "lender": lender, "name": name, **marks}


def test_two_products_that_are_one_entry_of_the_catalogue_are_linked_once_as_selected(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        products = [_product("PR-1", CATALOGUE[0], True), _product("PR-2", CATALOGUE[0], False)]
        world.edit("cards", "C-1", products=products)
        await world.push_card()

    live(scenario)


def test_nothing_changed_since_a_fact_find_that_was_pushed_just_now(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.desk.push(await world.desk.fact_finds.preview("FF-1"))
        since = await world.desk.cards.since(await world.desk.cards.preview("C-1"))
        assert since is not None
        assert len(since) == 0

    live(scenario)


def test_the_cards_that_changed_since_their_push_are_found(live: Live) -> None:
    """The command line and the list of the app are tested in tests/journeys/test_changed_since_push.py."""

    async def scenario(world: OneCardWorld) -> None:
        for card_id in ("C-2", "C-3", "C-4"):
            world.card(card_id, "P-1")
        for card_id in ("C-1", "C-2", "C-3"):
            await world.push_card(card_id)
        world.edit("cards", "C-2", requirements={"loan_amount": "655000.00"})
        found = [each async for each in changes_of(world.desk.cards, ("C-1", "C-2", "C-3", "C-4"))]
        assert [(each.card_id, len(each.since)) for each in found if isinstance(each, CardChanges)] == [
            ("C-1", 0),
            ("C-2", 1),
            ("C-3", 0),
        ]

    live(scenario)


def test_a_step_is_named_by_what_is_sent(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        where = {"street_1": "12 Darling Street", "suburb": "Balmain"}
        world.edit("cards", "C-1", property={"property_type": "House", "address": where})
        preview = await world.desk.cards.preview("C-1")
        (step,) = [step for step in preview.plan.steps if step.entity is Entity.PROPERTY]
        assert "Darling" not in step.summary

    live(scenario)


def test_a_person_can_be_linked_to_another_contact(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        for flex_id in ("1-WRONG", "1-RIGHT"):
            world.systems.put(
                "flex", "contacts", {"FLEXId": flex_id, "FirstName": "Linh", "LastName": "Nguyen"}
            )
        world.edit("contacts", "P-1", flex_id="1-WRONG")
        await world.desk.link("P-1", "1-RIGHT")
        preview = await world.desk.cards.preview("C-1")
        assert preview.plan.steps[0].remote_id == "1-RIGHT"
        await world.desk.push(preview)

    live(scenario)


def test_the_link_of_a_person_can_be_taken_back(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.systems.put("flex", "contacts", {"FLEXId": "1-WRONG", "FirstName": "Linh", "LastName": "Ng"})
        world.edit("contacts", "P-1", flex_id="1-WRONG")
        await world.desk.unlink("P-1")
        await world.push_card()
        assert world.systems.get("flex", "contacts", "1-WRONG")["LastName"] == "Ng"
        assert len(world.systems.all("flex", "contacts")) == 3

    live(scenario)


def test_a_contact_that_was_merged_in_flex_is_linked_again(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        kept = {"FLEXId": "1-KEPT1", "FirstName": "Linh", "LastName": "Ng"}
        world.systems.put("flex", "contacts", kept)
        world.edit("contacts", "P-1", flex_id="1-GONE1")
        await world.desk.link("P-1", "1-KEPT1")
        await world.push_card()
        assert world.systems.get("flex", "contacts", "1-KEPT1")["LastName"] == "Nguyen"
        assert len(world.systems.all("flex", "contacts")) == 2

    live(scenario)


@pytest.mark.parametrize("answer", [link_what_is_there, update_what_is_there])
def test_a_second_book_adopts_only_what_holds_every_value(live: Live, answer: Answer) -> None:
    async def scenario(world: OneCardWorld) -> None:
        table = CardsInATable(HEADER + JOHN)
        first = world.another_desk(source=table)
        await first.push(await first.cards.preview("C-9"))
        table.data = table.data.replace(b"0491 570 006", b"0491 570 157")
        second = world.another_desk(source=table)
        push = await second.push(await second.cards.preview("C-9"), answer)
        (step,) = [one for one in await steps_of(second.book, push) if one.entity is Entity.PERSON]
        assert "other-values" in [event.code for event in step.trail]
        (john,) = world.systems.all("flex", "contacts")
        updated = answer is update_what_is_there
        assert john["CellularPhone"] == ("0491 570 157" if updated else "0491 570 006")
        assert push.state is PushState.DONE
        since = await second.cards.since(await second.cards.preview("C-9"))
        assert since is not None
        assert len(since) == 0
        assert any("Phone" in place for place in since.not_sent) is not updated

    live(scenario)


@pytest.mark.parametrize(("typed", "there"), [("OPP/77", "OPP/77"), ("1-old09", "1-OLD09")])
def test_an_id_is_opaque_and_is_tried_in_upper_case(live: Live, typed: str, there: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.systems.put("flex", "opportunities", {"FLEXId": there, "Applicants": []})
        await world.desk.links.preview("C-1", typed, world.desk.engine)

    live(scenario)


def test_unlinking_a_card_whose_flex_id_stands_in_its_file_lasts_or_says_why_not(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        header = HEADER.rstrip() + b",flex_id,flex_kind\n"
        desk = world.another_desk(source=CardsInATable(header + JOHN.rstrip() + b",1-OLD01,opportunity\n"))
        with pytest.raises(DeskError, match=r"1-OLD01 of card C-9 is in the table\. Nothing was changed"):
            await desk.unlink("C-9")
        assert (await desk.cards.preview("C-9")).flex_id == "1-OLD01"

    live(scenario)


async def _confirmed(desk: FidelityDesk, preview: Preview) -> str:
    """Return the hash of the plan of the push that a confirmation gives, or the code of its error."""
    try:
        return (await desk.cards.confirm(preview, desk.engine)).plan
    except DeskError as error:
        return error.code


@pytest.mark.parametrize("kind", ["card", "people", "Fact Find", "note"])
def test_a_confirmed_plan_is_answered_with_its_own_push_or_not_at_all(live: Live, kind: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        desk = world.desk
        plan: dict[str, Callable[[], Coroutine[Any, Any, Preview]]] = {
            "card": lambda: desk.cards.preview("C-1"),
            "people": lambda: desk.cards.preview_people("C-1"),
            "Fact Find": lambda: desk.fact_finds.preview("FF-1"),
            "note": lambda: desk.notes.preview("N-1"),
        }
        if kind != "card":
            await world.push_card()
        first = await plan[kind]()
        world.faults.down = True
        waiting = await desk.cards.confirm(first, desk.engine)
        await desk.engine.finish(waiting.push_id)
        world.edit("contacts", "P-1", last_name="Ng")
        world.note("N-1", "C-1", "Spoke with Linh and Bao.")
        world.faults.down = False
        before, second = world.systems.dump(), await plan[kind]()
        assert await _confirmed(desk, second) in (second.plan.digest, "another-plan-waits")
        assert world.systems.dump() == before
        assert await desk.cards.confirm(first, desk.engine) == desk.engine.unfinished()[0]

    live(scenario)


def test_a_connection_that_failed_is_tried_again_after_a_rest(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        world.faults.script = ["503-before"] * 12
        for n in range(3):
            preview = await world.desk.notes.preview_written("C-1", f"Note {n}.")
            push = await world.desk.cards.confirm(preview, world.desk.engine)
            await world.desk.engine.finish(push.push_id)
        world.faults.script = []
        await asyncio.sleep(86_400)
        later = await world.desk.notes.preview("N-1")
        push = await world.desk.cards.confirm(later, world.desk.engine)
        assert (await world.desk.engine.finish(push.push_id)).state is PushState.DONE

    live(scenario)


@pytest.mark.parametrize("kind", ["Fact Find", "people"])
def test_every_kind_of_push_warns_of_refused_values(live: Live, kind: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        address = {"suburb": "Manly", "state": "Atlantis"}
        await world.push_card()
        world.edit("contacts", "P-1", home_address=address)
        if kind == "people":
            preview = await world.desk.cards.preview_people("C-1")
        else:
            preview = await world.desk.fact_finds.preview("FF-1")
        assert any("Atlantis" in warning for warning in preview.warnings)

    live(scenario)


def test_a_product_that_flex_takes_up_later_is_linked(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        new = ("1-PR009", "Harbour Mutual", "Green Loan")
        world.edit("cards", "C-1", products=[_product("PR-1", new, True)])
        assert not (await world.desk.cards.preview("C-1")).products[0].linked
        world.systems.put("flex", "products", {"ProductFLEXId": new[0], "Lender": new[1], "Name": new[2]})
        await asyncio.sleep(86_400)
        assert (await world.desk.cards.preview("C-1")).products[0].linked

    live(scenario)


def test_a_person_whom_flex_holds_already_is_asked_about_before_a_create(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        same = {"FLEXId": "1-TWIN1", "FirstName": "Linh", "LastName": "Nguyen"}
        world.systems.put("flex", "contacts", {**same, "EmailAddress": "linh@example.com"})
        preview = await world.desk.cards.preview("C-1")
        if preview.pushable:
            await world.desk.push(preview)
        linhs = [one for one in world.systems.all("flex", "contacts") if one["FirstName"] == "Linh"]
        assert len(linhs) == 1

    live(scenario)


def test_a_second_book_says_that_a_note_is_in_flex_already(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        await world.desk.push(await world.desk.notes.preview("N-1"))
        preview = await world.another_desk().notes.preview("N-1")
        assert preview.warnings

    live(scenario)


def test_a_text_that_is_in_flex_already_is_said_of_a_written_note(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        await world.desk.push(await world.desk.notes.preview_written("C-1", "Spoke with Bao.  "))
        preview = await world.another_desk().notes.preview_written("C-1", "Spoke with Bao.")
        assert preview.in_flex_since
        await world.another_desk().push(preview)
        assert len(world.systems.all("flex", "notes")) == 2

    live(scenario)


def test_a_note_that_is_pushed_once_more_from_a_second_book_is_a_new_note(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        for number in (1, 2, 3):
            desk = world.another_desk()
            await desk.push(await desk.notes.preview("N-1"))
            assert len(world.systems.all("flex", "notes")) == number

    live(scenario)


@pytest.mark.parametrize("kind", ["Fact Find", "note", "written note"])
def test_what_changed_while_it_was_confirmed_is_asked_anew_as_its_own_kind(live: Live, kind: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        desk = world.desk
        match kind:
            case "Fact Find":
                preview = await desk.fact_finds.preview("FF-1")
                world.edit("contacts", "P-1", last_name="Ng")
            case "note":
                preview = await desk.notes.preview("N-1")
                world.edit("notes", "N-1", text="Spoke with Linh and Bao.")
            case _:
                preview = await desk.notes.preview_written("C-1", "Written here.")
                world.edit("cards", "C-1", flex_id=LINKED)
        push = await desk.cards.confirm(preview, desk.engine)
        assert (await desk.engine.finish(push.push_id)).reason == "plan-changed"
        again = await preview_again(preview, desk.cards, desk.fact_finds, desk.notes)
        assert (again.asset, again.plan.about) == (preview.asset, preview.plan.about)
        assert again.written == preview.written
        await desk.push(again)

    live(scenario)


def test_a_note_that_is_written_here_carries_its_files(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        files = [
            WrittenFile(f"/{name}", name, "text/plain", name.encode() * 1000) for name in ("a.txt", "b.txt")
        ]
        await world.desk.push(await world.desk.notes.preview_written("C-1", "With files.", files))
        (note,) = world.systems.all("flex", "notes")
        assert [file["FileName"] for file in note["Attachments"]] == ["a.txt", "b.txt"]

    live(scenario)


def test_a_note_on_a_card_that_is_not_in_flex_is_refused_before_it_is_written(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        with pytest.raises(DeskError, match="C-1 is not in FLEX yet"):
            await world.desk.notes.check_can_write("C-1")
        await world.push_card()
        await world.desk.notes.check_can_write("C-1")

    live(scenario)


@pytest.mark.parametrize("reply", ["401-after", "429-after"])
def test_a_write_that_was_denied_is_looked_up_before_it_is_sent_again(live: Live, reply: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.faults.script = [reply]
        await world.push_card()

    live(scenario)


def test_an_intent_of_which_the_plan_is_lost_is_looked_up(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        preview = await world.desk.cards.preview("C-1")
        world.faults.down = True
        push = await world.desk.cards.confirm(preview, world.desk.engine)
        await world.desk.engine.finish(push.push_id)
        book = world.desk.book
        first = (await book.where(StepRecord, push_id=push.push_id))[0]
        await book.commit(msgspec.structs.replace(first, state=StepState.INTENT))
        book.files.clear()
        world.faults.down = False
        await world.another_desk(book=book).engine.recover()
        (step,) = [one for one in await book.where(StepRecord, push_id=push.push_id) if one.n == 0]
        assert step.state is not StepState.INTENT

    live(scenario)


def test_a_push_whose_card_can_no_longer_be_read_is_paused_and_says_why(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        push = await world.desk.cards.confirm(await world.desk.cards.preview("C-1"), world.desk.engine)
        world.edit("cards", "C-1", flex_id=["plenty"])
        push = await world.desk.engine.finish(push.push_id)
        assert push.state is PushState.PAUSED
        assert push.reason == "bad-record"

    live(scenario)


EVERYDAY = {
    "property_type": ("Duplex", "Villa", "Terrace", "Semi-detached", "Land"),
    "loan_purpose": ("Bridging", "Top up"),
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in EVERYDAY.items() for value in values]
)
def test_an_everyday_value_is_sent(live: Live, field: str, value: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        part = "property" if field == "property_type" else "requirements"
        world.edit("cards", "C-1", **{part: {field: value}})
        preview = await world.desk.cards.preview("C-1")
        assert not [one for one in preview.fields if one.source_value == value and one.value is None]

    live(scenario)


def test_people_sent_again_show_as_sent_only_what_is_sent(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        world.person("P-3", "Maeve", "O'Brien")
        world.card("C-1", "P-1", "P-2", "P-3", flex_id=_linked_to(world), flex_kind="opportunity")
        preview = await world.desk.cards.preview_people("C-1")
        assert all(step.operation is Operation.UPDATE for step in preview.plan.steps)
        await world.desk.push(preview)

    live(scenario)


def _linked_to(world: OneCardWorld) -> str:
    return str(world.systems.get("brokerengine", "cards", "C-1")["flex_id"])


def test_a_contact_that_another_person_of_the_push_has_is_not_chosen_for_a_second_one(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        second = world.systems.get("brokerengine", "contacts", "P-2")["flex_id"]
        await world.desk.unlink("P-2")
        world.edit("contacts", "P-1", flex_id=second, **_named_as(world, "P-2"))
        await world.desk.unlink("C-1")
        preview = await world.desk.cards.preview("C-1", choices={"P-1": second})
        assert [question.code for question in preview.questions] == ["person-twice"]
        assert second not in preview.questions[0].choices
        with pytest.raises(DeskError, match=f"{second} is the FLEX contact of"):
            await world.desk.push(preview, link_what_is_there)

    live(scenario)


def _named_as(world: OneCardWorld, person_id: str) -> Document:
    """Return the names of another person, so that the contact of that person is in no doubt."""
    person = world.systems.get("brokerengine", "contacts", person_id)
    return {"first_name": person["first_name"], "last_name": person["last_name"], "birth_date": None}


def test_a_fact_find_onto_an_application_does_not_show_its_property_as_sent(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.systems.put("flex", "applications", {"FLEXId": "1-APP01"})
        await world.desk.link("C-1", "1-APP01")
        preview = await world.desk.fact_finds.preview("FF-1")
        assert not any(step.entity is Entity.PROPERTY for step in preview.plan.steps)
        assert not [one for one in preview.fields if one.target.startswith("Property.") and one.value]

    live(scenario)


def test_an_undo_compares_by_equal_forms() -> None:
    sent = Contact("S2", first_name="Cy", email="Cy@X.example", mobile_phone="(512) 555-0100")
    old = msgspec.structs.replace(sent, id="T3", email="old@x.example", mobile_phone="512 555 0199")
    ref = "BD-CY"
    step = StepRecord(
        *("P1", 0, ref, System.TOTAL_EXPERT, Entity.CONTACT, Operation.CREATE, StepKind.CREATE, "S2"),
        StepState.SKIPPED,
        candidates=("T3",),
        trail=(TrailEvent(1.0, "diverted"),),
    )
    kept = OldValues({ref: Before(total_expert_fields(sent), {"T3": old})})

    def undo(email: str, phone: str) -> tuple[list[Any], tuple[Stays, ...]]:
        now = msgspec.structs.replace(old, email=email, mobile_phone=phone)
        systems = MatchSnapshot((), (now,), (), (), Owners({}), (), {})
        preview = plan_undo(UndoInputs(Synced("P1", (), 1.0, True), (step,), {}, kept, systems), "w")
        return [step.body for step in preview.plan.steps], preview.stays

    back = {"email": "old@x.example", "phone_cell": "512 555 0199"}
    assert undo("cy@x.example", "512-555-0100") == ([back], ())
    assert undo("cy@x.example", "512-555-0101")[1][0].why == "somebody changed it since"
    assert undo("OLD@x.example", "+15125550199")[1][0].why == "it holds its old values already"


class WithoutLists(httpx.AsyncBaseTransport):
    """Takes the list out of every page that the systems answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        reply = await self._inner.handle_async_request(request)
        content = await reply.aread()
        if reply.headers["content-type"] == "application/json":
            page = json.loads(content)
            page.pop("items", None)
            content = json.dumps(page).encode()
        headers = {"content-type": reply.headers["content-type"]}
        return httpx.Response(reply.status_code, headers=headers, stream=httpx.ByteStream(content))


@pytest.mark.parametrize(
    "asked", ["board", "notes of a card", "people", "notes in FLEX", "catalogue", "look-up"]
)
def test_a_reply_without_a_list_of_notes_is_no_answer(live: Live, asked: str) -> None:
    async def scenario(world: OneCardWorld) -> None:
        def wire(system: System) -> HttpClient:
            address = SystemAddress(system, f"http://127.0.0.1/{system}", "sandbox", "sandbox")
            return HttpClient(address, transport=WithoutLists(SystemsTransport(world.systems, world.faults)))

        board, flex = BrokerEngine(wire(System.BROKERENGINE), 0), Flex(wire(System.FLEX), 0)
        request = Request("BD-X", Entity.PERSON, Operation.CREATE, {})
        questions: dict[str, Callable[[], Awaitable[object]]] = {
            "board": lambda: anext(board.summaries()),
            "notes of a card": lambda: board.notes("C-1"),
            "people": lambda: flex.people_like("Linh", "Nguyen", ""),
            "notes in FLEX": lambda: flex.notes_like(LINKED, "Hi."),
            "catalogue": lambda: flex.of_lender("Harbour"),
            "look-up": lambda: flex.look_up([request]),
        }
        with pytest.raises(Unreachable):
            await questions[asked]()

    live(scenario)
