"""Nothing of anybody else's changes: a wrong FLEX ID, swapped rows, a second laptop, a restored book, a FLEX set back.

Each test looks at the contacts of FLEX before and after, and at what the operator is asked.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from core.flex.plans.inputs import NEW
from core.flex.plans.preview import Preview
from core.push.plan import Entity, Operation, System, make_ref
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from data.sandbox.store import Document
from tests.fidelity.desk import WORKSPACE, CardsInATable, FidelityDesk
from tests.fidelity.systems import FaultPlan, SystemsInProcess, Wires, on_virtual_time
from tests.fidelity.test_findings import OneCardWorld

Scenario = Callable[[OneCardWorld], Coroutine[Any, Any, None]]
Live = Callable[[Scenario], None]

MAEVE: Final[Document] = {
    "FLEXId": "1-MAEVE",
    "FirstName": "Maeve",
    "LastName": "O'Brien",
    "DateOfBirth": "01/12/1960",
    "EmailAddress": "maeve@example.com",
}


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """Run a scenario in a world of its own."""
    systems = SystemsInProcess(tmp_path)
    faults = FaultPlan(0)

    async def story(scenario: Scenario, wires: Wires) -> None:
        world = OneCardWorld(systems, wires, faults)
        systems.put("flex", "contacts", MAEVE)
        await scenario(world)

    return lambda scenario: on_virtual_time(systems, faults, partial(story, scenario))


def asked(preview: Preview) -> list[tuple[str, str]]:
    return [(question.person.id, question.code) for question in preview.questions]


def contact(world: OneCardWorld, flex_id: str) -> Document:
    return world.systems.get("flex", "contacts", flex_id)


def flex_id_of(world: OneCardWorld, person_id: str) -> str:
    return str(world.systems.get("brokerengine", "contacts", person_id)["flex_id"])


async def push_what_can_be(desk: FidelityDesk, preview: Preview) -> Push | None:
    """Push a preview, with --yes so to speak, if nothing stands against it."""
    if not preview.pushable:
        return None
    push = await desk.cards.confirm(preview, desk.engine)
    return await desk.engine.finish(push.push_id)


@pytest.mark.parametrize("again", [False, True])
def test_a_wrong_flex_id_on_a_contact_changes_nobody_and_is_asked_about(live: Live, again: bool) -> None:
    async def scenario(world: OneCardWorld) -> None:
        if again:
            await world.push_card()
        world.edit("contacts", "P-1", flex_id="1-MAEVE")
        desk = world.desk
        preview = await (desk.cards.preview_people("C-1") if again else desk.cards.preview("C-1"))
        assert asked(preview) == [("P-1", "person-unclear")]
        assert await push_what_can_be(desk, preview) is None
        assert contact(world, "1-MAEVE") == MAEVE

    live(scenario)


def test_a_wrong_flex_id_is_put_right_by_a_choice(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.edit("contacts", "P-1", flex_id="1-MAEVE")
        push = await world.desk.push(await world.desk.cards.preview("C-1", choices={"P-1": NEW}))
        assert push.state is PushState.DONE
        assert contact(world, "1-MAEVE") == MAEVE
        made = contact(world, flex_id_of(world, "P-1"))
        assert (made["FirstName"], made["LastName"]) == ("Linh", "Nguyen")
        assert asked(await world.desk.cards.preview_people("C-1")) == []

    live(scenario)


@pytest.mark.parametrize("pushed", ["card", "fact find"])
def test_an_answer_about_a_contact_counts_for_the_next_push_until_it_ends(live: Live, pushed: str) -> None:
    """P-3 gets the contact that the book has as P-2's; somebody says that it is P-3's, and pushes more of P-3."""

    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        world.person("P-3", "Bao", "Tran", flex_id=flex_id_of(world, "P-2"))
        world.card("C-2", "P-3")
        desk = world.desk
        assert asked(await desk.cards.preview("C-2")) == [("P-3", "person-unclear")]
        preview = await desk.cards.preview("C-2", choices={"P-3": flex_id_of(world, "P-2")})
        assert (await desk.push(preview)).state is PushState.DONE
        if pushed == "card":
            world.card("C-3", "P-3")
            preview = await desk.cards.preview("C-3")
        else:
            world.fact_find("FF-2", "C-2", "P-3", property={"property_type": "Unit"})
            preview = await desk.fact_finds.preview("FF-2")
        assert asked(preview) == []
        assert (await desk.push(preview)).state is PushState.DONE

    live(scenario)


def test_the_same_id_on_two_people_changes_nobody_and_is_asked_about(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        for person_id in ("P-1", "P-2"):
            world.edit("contacts", person_id, flex_id="1-MAEVE")
        preview = await world.desk.cards.preview("C-1")
        assert asked(preview) == [("P-1", "person-twice"), ("P-2", "person-twice")]
        assert await push_what_can_be(world.desk, preview) is None
        preview = await world.desk.cards.preview("C-1", choices={"P-1": NEW, "P-2": NEW})
        assert (await world.desk.push(preview)).state is PushState.DONE
        assert contact(world, "1-MAEVE") == MAEVE

    live(scenario)


JOHN: Final = b"C-9,deal,Primary Applicant,%sJohn,Smith,0491 570 006\n"
JANE: Final = b"C-9,deal,Co-Applicant,%sJane,Smith,0491 570 156\n"
HEADER: Final = b"card_id,kind,role,person_id,first_name,last_name,mobile_phone\n"
NO_IDS: Final = b"card_id,kind,role,first_name,last_name,mobile_phone\n"


def test_people_whose_ids_changed_places_in_a_file_are_asked_about(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        table = CardsInATable(HEADER + JOHN % b"A-1," + JANE % b"A-2,")
        desk = world.another_desk(source=table)
        await desk.push(await desk.cards.preview("C-9"))
        before = world.systems.all("flex", "contacts")
        table.data = HEADER + JOHN % b"A-2," + JANE % b"A-1,"
        preview = await desk.cards.preview_people("C-9")
        assert asked(preview) == [("A-2", "person-unclear"), ("A-1", "person-unclear")]
        assert await push_what_can_be(desk, preview) is None
        assert world.systems.all("flex", "contacts") == before

    live(scenario)


def test_rows_that_changed_places_in_a_file_without_ids_change_nobody(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        table = CardsInATable(NO_IDS + JOHN % b"" + JANE % b"")
        desk = world.another_desk(source=table)
        await desk.push(await desk.cards.preview("C-9"))
        names = {one["FLEXId"]: one["FirstName"] for one in world.systems.all("flex", "contacts")}
        table.data = NO_IDS + JANE % b"" + JOHN % b""
        await push_what_can_be(desk, await desk.cards.preview_people("C-9"))
        assert {one["FLEXId"]: one["FirstName"] for one in world.systems.all("flex", "contacts")} == names

    live(scenario)


def test_a_second_laptop_makes_nobody_twice_and_changes_nobody_else(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        linh = b"C-9,deal,Primary Applicant,A-1,Lan,Ng,0491 570 006\n"
        first = world.another_desk(source=CardsInATable(HEADER + linh))
        await first.push(await first.cards.preview("C-9"))
        (lan,) = [one for one in world.systems.all("flex", "contacts") if one["FirstName"] == "Lan"]

        # The second laptop has another book, and the same person under another id.
        other_id = linh.replace(b"C-9", b"C-10").replace(b"A-1", b"B-7")
        second = world.another_desk(source=CardsInATable(HEADER + other_id))
        assert asked(await second.cards.preview("C-10")) == [("B-7", "person-found")]

        # Its file gives the id A-1, and so the reference in FLEX, to somebody else.
        somebody = linh.replace(b"C-9", b"C-11").replace(b"Lan,Ng", b"Zara,Patel")
        third = world.another_desk(source=CardsInATable(HEADER + somebody))
        push = await push_what_can_be(third, await third.cards.preview("C-11"))
        assert push is not None
        assert push.state is PushState.NEEDS_YOU
        assert contact(world, lan["FLEXId"]) == lan

        # Both laptops with the same file: the contact is found by its reference.
        fourth = world.another_desk(source=CardsInATable(HEADER + linh))
        preview = await fourth.cards.preview("C-9")
        assert asked(preview) == []
        await push_what_can_be(fourth, preview)
        assert contact(world, lan["FLEXId"]) == lan
        assert len([one for one in world.systems.all("flex", "contacts") if one["LastName"] == "Ng"]) == 1

    live(scenario)


def test_a_restored_book_asks_before_it_changes_the_contact_of_an_old_link(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.systems.put(
            "flex", "contacts", {"FLEXId": "1-RIGHT", "FirstName": "Linh", "LastName": "Nguyen"}
        )
        table = CardsInATable(HEADER + b"C-9,deal,Primary Applicant,A-1,Linh,Nguyen,\n")
        desk = world.another_desk(source=table)
        await desk.push(await desk.cards.preview("C-9", choices={"A-1": "1-RIGHT"}))
        old_book = copy.deepcopy(desk.book)
        # Since the backup, FLEX merged the contact into another one and gave the ID to nobody.
        world.systems.remove("flex", "contacts", "1-RIGHT")
        restored = world.another_desk(source=table, book=old_book)
        preview = await restored.cards.preview_people("C-9")
        assert asked(preview) == [("A-1", "person-gone")]
        # Or the link was corrected since the backup: the old ID is somebody else's.
        world.systems.put("flex", "contacts", {**MAEVE, "FLEXId": "1-RIGHT"})
        preview = await restored.cards.preview_people("C-9")
        assert asked(preview) == [("A-1", "person-unclear")]
        assert await push_what_can_be(restored, preview) is None
        assert contact(world, "1-RIGHT")["FirstName"] == "Maeve"

    live(scenario)


def test_a_flex_that_is_set_back_asks_about_each_person_whom_it_lost(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        linh, bao = flex_id_of(world, "P-1"), flex_id_of(world, "P-2")
        kept = dict(contact(world, bao))
        world.systems.remove("flex", "contacts", linh)
        preview = await world.desk.cards.preview_people("C-1")
        assert asked(preview) == [("P-1", "person-gone")]
        assert await push_what_can_be(world.desk, preview) is None
        assert contact(world, bao) == kept

    live(scenario)


def test_a_flex_that_is_set_back_and_gives_an_id_to_another_person_of_ours_asks(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        linh = flex_id_of(world, "P-1")
        # FLEX counts its IDs again: a namesake of another card, pushed from another desk, has Linh's ID now.
        ref = make_ref(WORKSPACE, System.FLEX, Entity.PERSON, "P-88")
        namesake: Document = {"FLEXId": linh, "IntegrationId": ref, "FirstName": "Linh", "LastName": "Nguyen"}
        world.systems.put("flex", "contacts", namesake)
        preview = await world.desk.cards.preview_people("C-1")
        assert asked(preview) == [("P-1", "person-unclear")]
        assert await push_what_can_be(world.desk, preview) is None
        assert contact(world, linh) == namesake

    live(scenario)


def test_a_contact_that_becomes_somebody_elses_after_the_preview_is_a_conflict(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        await world.push_card()
        linh = flex_id_of(world, "P-1")
        world.edit("contacts", "P-1", email="linh.new@example.com")
        preview = await world.desk.cards.preview_people("C-1")
        assert preview.pushable
        world.systems.put("flex", "contacts", {**MAEVE, "FLEXId": linh})
        push = await push_what_can_be(world.desk, preview)
        assert push is not None
        steps = await world.desk.book.where(StepRecord, push_id=push.push_id)
        stopped = {step.local_id: (step.state, step.error) for step in steps if step.local_id == "P-1"}
        assert stopped == {"P-1": (StepState.CONFLICT, "record-changed")}
        assert contact(world, linh)["EmailAddress"] == MAEVE["EmailAddress"]

    live(scenario)


def test_all_pages_of_a_search_are_read(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        for n in range(205):
            same: Document = {"FLEXId": f"1-NG{n:03}", "FirstName": "Linh", "LastName": "Nguyen"}
            email = "linh@example.com" if n == 203 else f"linh{n}@example.com"
            world.systems.put("flex", "contacts", {**same, "EmailAddress": email})
        # The search by email would find the contact at once: here the phone is what they share.
        world.edit("contacts", "P-1", email=None, phones={"mobile": "0491 570 006"})
        world.systems.edit("flex", "contacts", "1-NG204", CellularPhone="+61 491 570 006")
        preview = await world.desk.cards.preview("C-1")
        assert asked(preview) == [("P-1", "person-found")]
        assert preview.questions[0].choices[0] == "1-NG204"

    live(scenario)


def test_two_cards_with_one_person_under_two_ids_make_one_contact_and_one_question(live: Live) -> None:
    async def scenario(world: OneCardWorld) -> None:
        world.person("P-7", "Linh", "Nguyen", birth_date="1988-02-29")
        world.card("C-2", "P-7")
        previews = [await world.desk.cards.preview(card_id) for card_id in ("C-1", "C-2")]
        assert all(preview.pushable for preview in previews), "neither is in FLEX yet"
        assert (await world.desk.push(previews[0])).state is PushState.DONE
        push = await push_what_can_be(world.desk, previews[1])
        assert push is not None
        assert (push.state, push.reason) == (PushState.REFUSED, "plan-changed")
        created = [step for step in previews[1].plan.steps if step.operation is Operation.CREATE]
        assert created
        assert asked(await world.desk.cards.preview("C-2")) == [("P-7", "person-found")]

    live(scenario)
