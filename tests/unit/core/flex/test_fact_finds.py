"""A Fact Find on its way to FLEX: what stands against it, whom and what it sends, and when it is stale."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import DeskError
from core.flex.field_map.fates import Fate
from core.flex.model import Applicant, Card, FactFind, Person
from core.flex.plans.preview import Preview
from core.push.plan import Asset, Entity, Operation
from core.push.states import PushState
from tests.support.cards import FULL, LINH, but
from tests.support.flex_setup import FlexWorld, PapersInMemory

MAI = Person("P-7", "Mai", None, "Le", email="mai@example.com")
DONE = FactFind(
    "FF-1",
    "C-1",
    "completed",
    True,
    (Applicant("Primary Applicant", LINH), Applicant("Guarantor", MAI)),
    FULL.property,
)
LINKED = but(FULL, flex_id="1-OPPT1", flex_kind="opportunity")


def world_of(fact_find: FactFind = DONE, card: Card = FULL) -> FlexWorld:
    papers = PapersInMemory()
    papers.fact_finds["FF-1"] = fact_find
    world = FlexWorld(card, papers=papers)
    world.board.put("P-7")
    return world


async def planned(fact_find: FactFind = DONE, card: Card = FULL) -> Preview:
    return await world_of(fact_find, card).fact_finds.preview("FF-1")


def steps(preview: Preview) -> list[tuple[Any, ...]]:
    return [(step.entity, step.operation, step.local_id) for step in preview.plan.steps]


PEOPLE = [(Entity.PERSON, Operation.CREATE, "P-1"), (Entity.PERSON, Operation.CREATE, "P-7")]
PEOPLE_BACK = [(Entity.PERSON, Operation.WRITE_BACK, "P-1"), (Entity.PERSON, Operation.WRITE_BACK, "P-7")]
CARD_BACK = (Entity.OPPORTUNITY, Operation.WRITE_BACK, "C-1")


async def test_a_fact_find_of_an_unlinked_card_makes_the_opportunity_and_links_the_card() -> None:
    preview = await planned()
    assert steps(preview) == [
        *PEOPLE,
        (Entity.OPPORTUNITY, Operation.CREATE, "C-1"),
        (Entity.PROPERTY, Operation.CREATE, "C-1"),
        *PEOPLE_BACK,
        CARD_BACK,
    ]
    assert preview.plan.steps[2].summary == "2 applicants"
    assert (preview.asset, preview.subject, preview.title) == (Asset.FACT_FIND, "FF-1", "C-1 Nguyen & Tran")
    plan = preview.plan
    assert (plan.asset, plan.subject, plan.about, plan.title) == (
        Asset.FACT_FIND,
        "FF-1",
        "C-1",
        "Nguyen & Tran",
    )
    assert (preview.flex_id, preview.flex_kind, preview.pushable) == (None, None, True)


async def test_a_fact_find_of_a_linked_card_sends_people_and_property_to_that_record() -> None:
    preview = await planned(card=LINKED)
    assert steps(preview) == [*PEOPLE, (Entity.PROPERTY, Operation.CREATE, "C-1"), *PEOPLE_BACK]
    assert (preview.flex_id, preview.flex_kind) == ("1-OPPT1", "opportunity")
    assert preview.plan.steps[2].parent == "1-OPPT1"


async def test_an_application_gets_no_property_and_a_warning_says_so() -> None:
    preview = await planned(card=but(LINKED, flex_kind="application"))
    said = "The card is linked to an application: FLEX keeps properties on opportunities, so it is not sent."
    assert steps(preview) == [*PEOPLE, *PEOPLE_BACK]
    assert said in preview.warnings
    nothing = await planned(but(DONE, property=None), but(LINKED, flex_kind="application"))
    assert said not in nothing.warnings
    assert said not in (await planned(card=but(FULL, flex_kind="application"))).warnings


async def test_the_property_of_an_application_is_shown_as_left_out_and_not_as_sent() -> None:
    preview = await planned(card=but(LINKED, flex_kind="application"))
    house = [field for field in preview.fields if field.target.startswith("Property.")]
    assert {field.value for field in house} == {None}
    assert {field.fate for field in house if field.source_value} == {Fate.NO_HOME}
    assert {field.reason for field in house if field.source_value} == {
        "FLEX keeps properties on opportunities, and the card is linked to an application"
    }
    assert not [field for field in house if field in preview.by_hand]
    assert "1 field can't be sent to FLEX. Enter it by hand (h in Cards)." in preview.warnings  # the address


async def test_a_fact_find_without_a_property_sends_none() -> None:
    preview = await planned(but(DONE, property=None))
    assert [entity for entity, _, _ in steps(preview) if entity is Entity.PROPERTY] == []
    assert [line for line in preview.fields if line.section == "Property" and line.fate is Fate.NO_HOME] == []


async def test_every_field_of_people_and_property_has_a_line() -> None:
    sections = {(line.section, line.local_id) for line in (await planned()).fields if line.fate is Fate.SENT}
    assert {("Contacts", "P-1"), ("Contacts", "P-7")} < sections
    assert ("Qualifications", "") in sections


async def test_the_propertys_address_is_to_key_by_hand_and_counted() -> None:
    preview = await planned()
    (line,) = [line for line in preview.fields if line.fate is Fate.NO_HOME]
    assert (line.section, line.source, line.source_value) == ("Property", "Address", "1 Bay Rd, Manly")
    assert "1 field can't be sent to FLEX. Enter it by hand (h in Cards)." in preview.warnings


async def test_a_source_that_takes_no_id_back_gets_none_and_a_warning_says_so() -> None:
    world = world_of()
    world.cards.takes_ids_back = False
    preview = await world.fact_finds.preview("FF-1")
    assert [one for one in steps(preview) if one[1] is Operation.WRITE_BACK] == []
    said = "This source can't be written to: BrokerEngine's own FLEX button will not know of this push."
    assert said in preview.warnings
    assert said not in (await planned()).warnings


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"state": "sent"}, [("not-completed", "Fact Find FF-1 is sent, not completed yet.")]),
        ({"people": ()}, [("no-people", "Nobody filled out Fact Find FF-1.")]),
        (
            {"people": (Applicant("Primary Applicant", but(MAI, last_name=" ")),) * 2},
            [("name-missing", "Mai has no last name that can be sent; FLEX seems to need both names.")],
        ),
        (
            {"people": (Applicant("Friend", MAI),)},
            [
                (
                    "role-unknown",
                    "Mai Le's role is “Friend”; FLEX takes Primary Applicant, Co-Applicant, Guarantor.",
                )
            ],
        ),
    ],
    ids=["not completed", "nobody", "no last name", "unknown role"],
)
async def test_all_that_stands_against_a_fact_find_is_said(
    changed: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    preview = await planned(but(DONE, **changed))
    assert [(one.code, one.message) for one in preview.reasons] == expected


async def test_a_source_without_papers_has_no_fact_finds() -> None:
    with pytest.raises(DeskError, match="This source of cards has no Fact Finds") as caught:
        await FlexWorld(FULL).fact_finds.preview("FF-1")
    assert (caught.value.code, caught.value.fix) == (
        "no-fact-finds",
        "Push the card instead, or use BrokerEngine's portal.",
    )


@pytest.mark.parametrize(
    "changed",
    [{"state": "reopened"}, {"people": DONE.people[:1]}, {"property": None}],
    ids=["reopened", "one person less", "no property"],
)
async def test_a_fact_find_that_changed_since_is_stale(changed: dict[str, Any]) -> None:
    world = world_of()
    plan = (await world.fact_finds.preview("FF-1")).plan
    assert await world.fact_finds.is_fresh(plan)
    assert world.desk.papers is not None
    world.desk.papers.fact_finds["FF-1"] = but(DONE, **changed)  # type: ignore[attr-defined]  # the one in memory
    assert not await world.fact_finds.is_fresh(plan)


async def test_a_person_of_the_fact_find_alone_is_updated_where_the_book_has_a_link() -> None:
    world = world_of()
    assert (await world.push(await world.fact_finds.preview("FF-1"))).state is PushState.DONE
    again = await world.fact_finds.preview("FF-1")
    assert [step.operation for step in again.plan.steps[:2]] == [Operation.UPDATE, Operation.UPDATE]
    assert again.flex_id is not None
