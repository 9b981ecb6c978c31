"""Push a completed Fact Find: its people and its property."""

from __future__ import annotations

from core.errors import DeskError
from core.flex.plans.fact_find import FactFindInputs, plan_fact_find
from core.flex.plans.preview import Preview
from core.flex.use_cases.cards import CardUseCases
from core.push.plan import Plan


class FactFindUseCases:
    """The use cases of Fact Finds."""

    def __init__(self, cards: CardUseCases) -> None:
        self._cards = cards

    async def preview(self, fact_find_id: str) -> Preview:
        """Return what pushing a Fact Find would do.

        Raises `DeskError` (unknown-fact-find, no-fact-finds), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        return plan_fact_find(await self._gather(fact_find_id))

    async def is_fresh(self, plan: Plan) -> bool:
        """Read the Fact Find again and return True if the same plan would be made now."""
        again = plan_fact_find(await self._gather(plan.subject))
        return again.pushable and again.plan == plan

    async def _gather(self, fact_find_id: str) -> FactFindInputs:
        if self._cards.papers is None:
            raise DeskError("no-fact-finds", "This source of cards has no Fact Finds.")
        fact_find = await self._cards.papers.fact_find(fact_find_id)
        people = [applicant.contact.id for applicant in fact_find.people]
        return FactFindInputs(fact_find, await self._cards.gather(fact_find.card_id, people))
