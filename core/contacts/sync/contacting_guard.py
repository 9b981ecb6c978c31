"""Asks, before anybody is contacted, what they wish now and what time it is where they are.

It reads for the preview, and again just before each step is sent. It also keeps back each step of a sync while a
system has given clearly fewer records than before.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.contacts.consent import PersonConsent, refusal
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.sync.consents import ConsentReader
from core.contacts.sync.contacting import CONTACTING, Contacting
from core.contacts.sync.share_plan import TEXTS_AGREED, channels_of, person_of
from core.contacts.use_cases import ContactUseCases
from core.push.plan import Asset, Plan, Step
from core.push.ports import StepStop


class ContactingGuard:
    """Honours `core.push.ports.StepGuard`."""

    def __init__(self, contacts: ContactUseCases) -> None:
        self._contacts = contacts

    @property
    def by_asset(self) -> dict[Asset, ContactingGuard]:
        """This guard, for each asset of which a step creates a record or contacts a person."""
        return dict.fromkeys((Asset.SYNC, *CONTACTING), self)

    async def contacting(self, gathered: MatchSnapshot, chosen: Sequence[str]) -> Contacting:
        """Return what the chosen contacts of Total Expert wish now. Raises `Unreachable`, `BookClosed`."""
        terms, now = self._contacts.terms, self._contacts.clock.now()
        consents = await self._consents_of(gathered, chosen)
        return Contacting(consents, terms.send_hours, now, terms.local)

    async def stop(self, plan: Plan, step: Step) -> StepStop | None:
        """Return why a step must not contact a person now; None if it may, or if the plan contacts nobody.

        Their consent is read again; if it is another one than the plan states, a person has to look at it. Raises
        `DeskError` (fewer-records), `Unreachable`, `BookClosed`.
        """
        await self._contacts.check_complete_now()
        if plan.asset not in CONTACTING:
            return None
        gathered, contact_id = self._contacts.last or await self._contacts.gather(), person_of(step)
        consent = (await self._consents_of(gathered, [contact_id])).get(contact_id)
        said = next((stated.says for stated in plan.consent if stated.about == contact_id), None)
        if consent is not None and said is not None and said != consent.stated:
            return StepStop("consent-changed", consent.words or consent.stated)
        if consent is not None and said is None:
            agreed = TEXTS_AGREED in plan.overrides
            refusals = (refusal(consent, channel, agreed=agreed) for channel in channels_of(step))
            if refused := next(filter(None, refusals), None):
                return StepStop("consent-changed", refused.why)
        hours = self._contacts.terms.send_hours
        state = next((contact.state for contact in gathered.total_expert if contact.id == contact_id), "")
        if hours is not None and hours.opens(self._contacts.clock.now(), state) is not None:
            return StepStop("outside-hours", f"outside the hours {hours.words}", waits=True)
        return None

    async def _consents_of(
        self, gathered: MatchSnapshot, total_expert_ids: Sequence[str]
    ) -> dict[str, PersonConsent]:
        """Read what people wish, from all their records. A desk that can't read consents knows nothing of anybody."""
        source = self._contacts.consents
        if source is None:
            return {}
        return await ConsentReader(source, self._contacts.book).read(gathered, total_expert_ids)
