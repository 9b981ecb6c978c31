"""SimpleNexus as the milestones read it: what a poll finds to have happened, and one application read again.

The loan-application endpoints are BETA: where they say no, an application is unreadable, with the status as the reason,
and a poll does without them. An application's email is looked up for the account it belongs to, then dropped.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from core.compare.keys import email_key
from core.milestones.events import ApplicationReading, EventKind, MilestoneEvent, Unreadable, from_reading
from core.push.ports import Clock
from data.vendors.http.client import BadStatus
from data.vendors.http.reply import LookUp
from data.vendors.simplenexus.client import Borrower, LoanApplication, Partner, SimpleNexus

NO_CLOCK: Final = "SimpleNexus does not say what time it is"
NO_MOMENTS: Final = "it does not say when it was made or changed"


class SimpleNexusApplications:
    """Honours `core.milestones.ports.Applications` over the typed client."""

    def __init__(self, client: SimpleNexus, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._by: LookUp | None = None

    async def since(self, moment: float) -> list[MilestoneEvent]:
        """Give accounts and partners made since a moment, and what happened to applications. Raises `Unreachable`.

        A moment is seconds since 1970. What was changed some minutes before it may come once more.
        """
        after = datetime.fromtimestamp(moment, UTC)
        found = [event async for event in self._people(after)]
        try:
            listed = [
                (one, page.at) async for page in self._client.applications(after) for one in page.records
            ]
        except BadStatus as error:
            if error.status >= 500:
                raise
            return found  # each is then unreadable when it is looked at, and says so
        emails = {one.email for one, _ in listed if one.email}
        whose = await self._accounts(emails)
        for one, at in listed:
            reading = self._reading(one, at, whose)
            found += from_reading(reading) if isinstance(reading, ApplicationReading) else ()
        return found

    async def _people(self, after: datetime) -> AsyncIterator[MilestoneEvent]:
        """Give an event for each account and partner that was made, not for one that was merely changed."""
        async for borrowers in self._client.borrowers(updated_after=after):
            for one in borrowers.records:
                if event := self._made(EventKind.ACCOUNT, one, after):
                    yield event
        officers = [one.id async for page in self._client.loan_officers() for one in page.records]
        for officer in officers:
            async for partners in self._client.partners(officer, after):
                for partner in partners.records:
                    if event := self._made(EventKind.PARTNER, partner, after):
                        yield event

    def _made(self, what: EventKind, one: Borrower | Partner, after: datetime) -> MilestoneEvent | None:
        at = _moment(one.created_at)
        if at is None or at < after.timestamp() - _OVERLAP:
            return None
        return MilestoneEvent(f"read-{what}-{at:.0f}", what, one.id, at, self._clock.now(), one.id)

    async def read(self, application: str) -> ApplicationReading | Unreadable:
        """Read one application again, with SimpleNexus's own clock. Raises `Unreachable` where nothing answers."""
        try:
            held, at = await self._client.application(application)
        except BadStatus as error:
            why = f"SimpleNexus answers {error.status}, and the endpoint is BETA"
            return Unreadable(application, why, self._clock.now())
        if at is None:
            return Unreadable(application, NO_CLOCK, self._clock.now())
        if held is None:
            return ApplicationReading(application, at, self._clock.now(), gone=True)
        return self._reading(held, at, await self._accounts({held.email} if held.email else set()))

    def _reading(
        self, one: LoanApplication, at: float | None, whose: dict[str, str]
    ) -> ApplicationReading | Unreadable:
        made, changed = _moment(one.created_at), _moment(one.updated_at)
        now = self._clock.now()
        if at is None or made is None or changed is None or one.is_submitted is None:
            return Unreadable(one.id, NO_CLOCK if at is None else NO_MOMENTS, now)
        return ApplicationReading(
            one.id,
            at,
            now,
            made,
            changed,
            one.is_active is not False,
            one.is_submitted,
            person=whose.get(email_key(one.email or ""), ""),
        )

    async def _accounts(self, emails: set[str]) -> dict[str, str]:
        """Give the accounts of emails, by folded email; one that several have is nobody's."""
        if not emails:
            return {}
        if self._by is None:
            self._by = await self._client.borrower_look_up()
        wanted = {email_key(email): email for email in emails}
        found: dict[str, list[str]] = {}
        if self._by is LookUp.FILTER and len(wanted) <= _FEW:
            for key, email in wanted.items():
                found[key] = [one.id for one in await self._client.find_borrowers(email)]
        else:
            async for page in self._client.borrowers():
                for one in page.records:
                    key = email_key(one.email or "")
                    if key in wanted:
                        found.setdefault(key, []).append(one.id)
        return {email: ids[0] for email, ids in found.items() if len(ids) == 1}


_FEW: Final = 20
"""So many emails are looked up one by one; for more, the whole list is read once."""
_OVERLAP: Final = 300.0
"""Seconds that the client's own list of the changed reaches back."""


def _moment(stamp: str | None) -> float | None:
    """Give a stamp as seconds since 1970; None where it is none or has no time zone."""
    try:
        at = datetime.fromisoformat(stamp or "")
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo is not None else None
