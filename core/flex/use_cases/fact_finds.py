"""Push a completed Fact Find: its people and its property."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from core.errors import DeskError
from core.flex.plans.fact_find import FactFindInputs, OnOpportunity, plan_fact_find
from core.flex.plans.inputs import CardInputs
from core.flex.plans.objections import flex_id_of
from core.flex.plans.preview import Preview
from core.flex.ports import FlexAbility, FlexRecords
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.people import NOTHING_CHOSEN, people_of, remembered_people, sends_the_same
from core.push.plan import Entity, Plan


class FactFindUseCases:
    """The use cases of Fact Finds."""

    def __init__(self, cards: CardUseCases) -> None:
        self._cards = cards

    async def preview(self, fact_find_id: str, choices: Mapping[str, str] = NOTHING_CHOSEN) -> Preview:
        """Ask FLEX about the people of a Fact Find, and return what pushing it would do.

        `choices` maps the id of a person to the FLEX ID of the contact to use, or to `NEW`.

        Raises `DeskError` (unknown-fact-find, no-fact-finds), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        inputs = await self._gather(fact_find_id)
        people = people_of(inputs.fact_find.people)
        of_card = await remembered_people(self._cards.book, inputs.of_card, people, choices)
        preview = plan_fact_find(msgspec.structs.replace(inputs, of_card=of_card))
        if not preview.only_people_stop_it:
            return preview
        of_card = await self._cards.look_at(of_card, people)
        return plan_fact_find(msgspec.structs.replace(inputs, of_card=of_card))

    async def is_fresh(self, plan: Plan) -> bool:
        """Read the Fact Find again and return True if the same plan would be made now."""
        inputs = await self._gather(plan.subject)
        people = people_of(inputs.fact_find.people)
        of_card = await self._cards.ask_again(inputs.of_card, people, plan)
        again = plan_fact_find(msgspec.structs.replace(inputs, of_card=of_card))
        return again.pushable and sends_the_same(again.plan, plan)

    async def _gather(self, fact_find_id: str) -> FactFindInputs:
        if self._cards.papers is None:
            raise DeskError("no-fact-finds", "This source of cards has no Fact Finds.")
        fact_find = await self._cards.papers.fact_find(fact_find_id)
        people = [applicant.contact.id for applicant in fact_find.people]
        of_card = await self._cards.gather(fact_find.card_id, people)
        return FactFindInputs(fact_find, of_card, await self._opportunity(of_card))

    async def _opportunity(self, of_card: CardInputs) -> OnOpportunity | None:
        """Read the opportunity to which the card is linked; None if the card is not linked to an opportunity.

        Nothing that is read goes into the card. Raises `Unreachable`.
        """
        flex_id, records = flex_id_of(of_card), self._cards.records
        if flex_id is None or of_card.card.flex_kind == "application":
            return None
        link = of_card.link(Entity.PROPERTY, of_card.card.id)
        linked = link.remote_id if link else None
        if records is None:
            return OnOpportunity(property_id=linked)
        opportunity = await records.opportunity(flex_id)
        if opportunity is None:
            return OnOpportunity(is_there=False)
        property_id = await self._property_on(of_card, records, flex_id, linked)
        abilities = await records.abilities()
        return OnOpportunity(
            made_here=opportunity.integration_id == of_card.ref(Entity.OPPORTUNITY, of_card.card.id),
            roles=opportunity.roles,
            property_id=property_id,
            lost_property=linked if linked and property_id is None else "",
            adds_people=FlexAbility.ADD_APPLICANT in abilities,
            changes_property=FlexAbility.UPDATE_PROPERTY in abilities,
        )

    async def _property_on(
        self, of_card: CardInputs, records: FlexRecords, flex_id: str, linked: str | None
    ) -> str | None:
        """Return the id of the card's property on an opportunity: the one that the book links, or that has our ref.

        None if FLEX has none, or several, or has it on another opportunity: the engine asks a person then.
        """
        known = await records.property(linked) if linked else None
        if known is not None and known.opportunity == flex_id:
            return known.flex_id
        found = await records.properties_with(of_card.ref(Entity.PROPERTY, of_card.card.id))
        return found[0].flex_id if len(found) == 1 and found[0].opportunity == flex_id else None
