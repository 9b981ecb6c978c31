"""Push a completed Fact Find: its people and its property."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from core.errors import DeskError
from core.flex.plans.fact_find import FactFindInputs, plan_fact_find
from core.flex.plans.preview import Preview
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.people import NOTHING_CHOSEN, people_of, remembered_people, sends_the_same
from core.push.plan import Plan


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
        return FactFindInputs(fact_find, await self._cards.gather(fact_find.card_id, people))
