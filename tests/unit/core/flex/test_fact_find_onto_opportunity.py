"""A Fact Find of a card that is linked: the property is changed, people come onto the opportunity with their roles."""

from __future__ import annotations

import pytest

from core.flex.field_map.fates import Fate
from core.flex.model import Applicant, FactFind, FlexOpportunity, FlexProperty, Person
from core.flex.plans.people import ROLE
from core.flex.plans.preview import Preview
from core.flex.ports import FlexAbility
from core.push.plan import Entity, Operation, Step, System
from core.push.records import Link
from core.push.states import PushState
from tests.support.cards import FULL, LINH, but
from tests.support.flex_setup import START, FlexInMemory, FlexWorld, PapersInMemory

OPPORTUNITY = "1-OPPT1"
KNOWN_LINH = but(LINH, flex_id="1-LINH1")
MAI = Person("P-7", "Mai", None, "Le")
LINKED = but(FULL, people=(Applicant("Primary Applicant", KNOWN_LINH),), flex_id=OPPORTUNITY)
FILLED = FactFind(
    "FF-1",
    "C-1",
    "completed",
    True,
    (Applicant("Primary Applicant", KNOWN_LINH), Applicant("Guarantor", MAI)),
    FULL.property,
)


class LinkedWorld(FlexWorld):
    """A card that is linked to an opportunity of FLEX, on which Linh is the primary applicant."""

    def __init__(self, fact_find: FactFind = FILLED, **roles: str) -> None:
        papers = PapersInMemory()
        papers.fact_finds["FF-1"] = fact_find
        super().__init__(LINKED, papers=papers, records=FlexInMemory())
        assert isinstance(self.desk.records, FlexInMemory)
        self.records = self.desk.records
        here = self.desk.ref(Entity.OPPORTUNITY, "C-1")
        self.records.by_id[OPPORTUNITY] = FlexOpportunity(
            OPPORTUNITY, roles=roles or {"1-LINH1": "Primary Applicant"}, integration_id=here
        )
        self.board.put("P-7")
        self.flex.put("1-LINH1")
        self.flex.put("1-HOUSE")

    async def planned(self) -> Preview:
        return await self.fact_finds.preview("FF-1")

    async def link_property(self, flex_id: str) -> None:
        ref = self.desk.ref(Entity.PROPERTY, "C-1")
        await self.book.commit(Link(System.FLEX, Entity.PROPERTY, "C-1", flex_id, ref, START))

    def put_property(self, flex_id: str, opportunity: str = OPPORTUNITY) -> None:
        ref = self.desk.ref(Entity.PROPERTY, "C-1")
        self.records.properties.append(FlexProperty(flex_id, ref, opportunity))


def steps_of(preview: Preview, entity: Entity) -> list[Step]:
    return [step for step in preview.plan.steps if step.entity is entity and step.system is System.FLEX]


def roles_of(preview: Preview) -> dict[str, tuple[Fate, object, str]]:
    return {f.local_id: (f.fate, f.value, f.reason) for f in preview.fields if f.target == ROLE}


# -- people ------------------------------------------------------------------------------------------------


async def test_a_person_who_is_new_comes_onto_the_opportunity_after_being_created() -> None:
    preview = await LinkedWorld().planned()
    (mai,) = [step for step in steps_of(preview, Entity.PERSON) if step.local_id == "P-7"]
    (added,) = steps_of(preview, Entity.APPLICANT)
    assert (added.operation, added.local_id, added.parent) == (Operation.LINK, "C-1/P-7", OPPORTUNITY)
    assert (added.body, added.remote_id, added.needs) == ({"Role": "Guarantor"}, mai.ref, (mai.ref,))
    assert added.summary == "Mai Le, Guarantor"
    assert roles_of(preview)["P-7"] == (Fate.SENT, "Guarantor", "new on the opportunity")
    assert roles_of(preview)["P-1"][2] == "the opportunity has the role already"
    assert preview.payload["Applicants"] == [{"Contact": {"$id_of": mai.ref}, "Role": "Guarantor"}]


async def test_a_person_whose_role_differs_in_flex_gets_the_role_of_the_fact_find() -> None:
    preview = await LinkedWorld(**{"1-LINH1": "Co-Applicant"}).planned()
    changed = steps_of(preview, Entity.APPLICANT)[0]
    assert (changed.remote_id, changed.body) == ("1-LINH1", {"Role": "Primary Applicant"})
    assert roles_of(preview)["P-1"][2] == "Co-Applicant on the opportunity until now"


async def test_a_gateway_that_adds_nobody_is_said_before() -> None:
    world = LinkedWorld(**{"1-LINH1": "Co-Applicant"})
    world.records.can = frozenset()
    preview = await world.planned()
    assert steps_of(preview, Entity.APPLICANT) == []
    assert {(fate, value) for fate, value, _ in roles_of(preview).values()} == {(Fate.NO_HOME, None)}
    said = "FLEX's gateway is older than version 1.1 of the contract, which adds people to an opportunity."
    assert f"Linh Nguyen stays Co-Applicant: {said}" in preview.warnings
    assert f"Mai Le is not put on the opportunity: {said}" in preview.warnings
    assert {field.local_id for field in preview.by_hand if field.target == ROLE} == {"P-1", "P-7"}


async def test_on_an_application_roles_and_property_are_left_out() -> None:
    world = LinkedWorld()
    world.cards.held["C-1"] = but(LINKED, flex_kind="application")
    preview = await world.planned()
    assert steps_of(preview, Entity.APPLICANT) == steps_of(preview, Entity.PROPERTY) == []
    assert {(fate, value) for fate, value, _ in roles_of(preview).values()} == {(Fate.NO_HOME, None)}
    assert not [field for field in preview.by_hand if field.target == ROLE]


async def test_an_opportunity_that_flex_no_longer_has_stands_against_the_push() -> None:
    world = LinkedWorld()
    world.records.by_id.clear()
    (reason,) = (await world.planned()).reasons
    assert (reason.code, OPPORTUNITY in reason.message) == ("not-in-flex", True)


# -- the property ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("linked", [True, False], ids=["linked in the book", "found by its reference"])
async def test_the_property_that_is_there_is_changed(linked: bool) -> None:
    world = LinkedWorld()
    world.put_property("1-HOUSE")
    if linked:
        await world.link_property("1-HOUSE")
    preview = await world.planned()
    (change,) = steps_of(preview, Entity.PROPERTY)
    assert (change.operation, change.remote_id) == (Operation.UPDATE, "1-HOUSE")
    assert change.body == {
        "Value": 900000,
        "PropertyType": "Strata title or Unit",
        "Usage": "Security",
        "Purpose": "Owner Occupied",
    }
    assert (await world.push(preview)).state is PushState.DONE
    link = await world.book.get(Link, change.key)
    assert link is not None
    assert link.remote_id == "1-HOUSE"


async def test_a_gateway_that_changes_no_property_is_said_before() -> None:
    world = LinkedWorld()
    world.put_property("1-HOUSE")
    world.records.can = frozenset({FlexAbility.ADD_APPLICANT})
    preview = await world.planned()
    assert steps_of(preview, Entity.PROPERTY) == []
    house = [f for f in preview.fields if f.target.startswith("Property.")]
    assert {field.value for field in house} == {None}
    assert {field.fate for field in house} == {Fate.NO_HOME}
    assert any(warning.startswith("The property stays as it is:") for warning in preview.warnings)


async def test_a_property_that_is_gone_is_made_anew_and_its_link_is_forgotten() -> None:
    world = LinkedWorld()
    await world.link_property("1-LOST")
    preview = await world.planned()
    (made,) = steps_of(preview, Entity.PROPERTY)
    assert (made.operation, made.parent) == (Operation.CREATE, OPPORTUNITY)
    said = "The property 1-LOST is no longer on the opportunity in FLEX: one more is created."
    assert said in preview.warnings
    assert (await world.push(preview)).state is PushState.DONE
    link = await world.book.get(Link, made.key)
    assert link is not None
    assert link.remote_id != "1-LOST"


@pytest.mark.parametrize(
    "houses", [("1-HOUSE", "1-HOUSE2"), ("elsewhere",)], ids=["several bear the reference", "on another one"]
)
async def test_a_property_that_is_not_clear_is_left_to_the_engine(houses: tuple[str, ...]) -> None:
    world = LinkedWorld()
    for flex_id in houses:
        world.put_property(flex_id, "1-OPPT9" if flex_id == "elsewhere" else OPPORTUNITY)
    (step,) = steps_of(await world.planned(), Entity.PROPERTY)
    assert step.operation is Operation.CREATE


async def test_an_opportunity_that_was_made_elsewhere_may_have_a_property_already() -> None:
    world = LinkedWorld()
    assert not [warning for warning in (await world.planned()).warnings if "second one" in warning]
    world.records.by_id[OPPORTUNITY] = FlexOpportunity(OPPORTUNITY, roles={})
    (said,) = [warning for warning in (await world.planned()).warnings if "second one" in warning]
    assert "not made from here" in said


async def test_a_fact_find_that_meets_another_opportunity_than_it_was_planned_for_is_stale() -> None:
    world = LinkedWorld()
    plan = (await world.planned()).plan
    assert await world.fact_finds.is_fresh(plan)
    world.records.by_id[OPPORTUNITY] = FlexOpportunity(OPPORTUNITY, roles={})
    assert not await world.fact_finds.is_fresh(plan)
