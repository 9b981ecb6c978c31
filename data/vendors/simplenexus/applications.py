"""The part of SimpleNexus that milestones read: the events that a poll finds, and single applications.

The loan-application endpoints are BETA. If they refuse, an application is unreadable, with the status as the reason,
and a poll leaves applications out. The email of an application is used to find the borrower's account and then dropped.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from core.compare.keys import email_key
from core.milestones.events import ApplicationReading, EventKind, MilestoneEvent, Unreadable, from_reading
from core.push.ports import Clock
from data.vendors.http.client import BadStatus
from data.vendors.simplenexus.client import Borrower, LoanApplication, Partner, SimpleNexus

NO_CLOCK: Final = "SimpleNexus does not say what time it is"
HOLDS: Final = 600.0
"""Seconds for which the account of an email is remembered, where there is one. The number is ours."""
NO_MOMENTS: Final = "it does not say when it was made or changed"


class SimpleNexusApplications:
    """Implements `core.milestones.ports.Applications` with the typed client."""

    def __init__(self, client: SimpleNexus, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._found: dict[str, str] = {}
        self._found_at = 0.0

    async def since(self, moment: float) -> list[MilestoneEvent]:
        """Return the new accounts and partners since `moment`, and the events of applications.

        `moment` is seconds since 1970. An event of the minutes before may be returned again. Raises `Unreachable`.
        """
        after = datetime.fromtimestamp(moment, UTC)
        events = [event async for event in self._people(after)]
        try:
            listed = [
                (record, page.at)
                async for page in self._client.applications(after)
                for record in page.records
            ]
        except BadStatus as error:
            if error.status >= 500:
                raise
            return events  # an application that is read alone is then unreadable, with the reason
        accounts = await self._accounts({record.email for record, _ in listed if record.email})
        for record, at in listed:
            reading = self._reading(record, at, accounts)
            events += from_reading(reading) if isinstance(reading, ApplicationReading) else ()
        return events

    async def _people(self, after: datetime) -> AsyncIterator[MilestoneEvent]:
        """Yield an event for each account and partner that was created since `after`, not for those that changed."""
        async for borrowers in self._client.borrowers(updated_after=after):
            for borrower in borrowers.records:
                if event := self._made(EventKind.ACCOUNT, borrower, after):
                    yield event
        officers = [officer.id async for page in self._client.loan_officers() for officer in page.records]
        for officer in officers:
            async for partners in self._client.partners(officer, after):
                for partner in partners.records:
                    if event := self._made(EventKind.PARTNER, partner, after):
                        yield event

    def _made(self, what: EventKind, person: Borrower | Partner, after: datetime) -> MilestoneEvent | None:
        at = _moment(person.created_at)
        if at is None or at < after.timestamp() - _OVERLAP:
            return None
        return MilestoneEvent(f"read-{what}-{at:.0f}", what, person.id, at, self._clock.now(), person.id)

    async def read(self, application: str) -> ApplicationReading | Unreadable:
        """Read one application now, with SimpleNexus's time. Raises `Unreachable` if SimpleNexus does not answer."""
        try:
            record, at = await self._client.application(application)
        except BadStatus as error:
            why = f"SimpleNexus answers {error.status}, and the endpoint is BETA"
            return Unreadable(application, why, self._clock.now())
        if at is None:
            return Unreadable(application, NO_CLOCK, self._clock.now())
        if record is None:
            return ApplicationReading(application, at, self._clock.now(), gone=True)
        accounts = await self._accounts({record.email} if record.email else set())
        return self._reading(record, at, accounts)

    async def people_with(self, email: str) -> list[str]:
        """Return the ids of the accounts that have an email. Raises `Unreachable`."""
        return [account.id for account in await self._client.find_borrowers([email])]

    def _reading(
        self, record: LoanApplication, at: float | None, accounts: dict[str, str]
    ) -> ApplicationReading | Unreadable:
        """Return the reading of a record that was read at `at` by the vendor's clock, None if that is not known.

        `accounts` are the accounts' ids by folded email.
        """
        made, changed = _moment(record.created_at), _moment(record.updated_at)
        now = self._clock.now()
        if at is None or made is None or changed is None or record.is_submitted is None:
            return Unreadable(record.id, NO_CLOCK if at is None else NO_MOMENTS, now)
        return ApplicationReading(
            record.id,
            at,
            now,
            made,
            changed,
            record.is_active is not False,
            record.is_submitted,
            person=accounts.get(email_key(record.email or ""), ""),
        )

    async def _accounts(self, emails: set[str]) -> dict[str, str]:
        """Return the accounts' ids by folded email. An email of several accounts is left out. Raises `Unreachable`."""
        now = self._clock.now()
        if not 0 <= now - self._found_at < HOLDS:
            self._found, self._found_at = {}, now
        missing = [email for email in emails if email_key(email) not in self._found]
        accounts: dict[str, list[str]] = {}
        for account in await self._client.find_borrowers(missing) if missing else ():
            accounts.setdefault(email_key(account.email or ""), []).append(account.id)
        self._found |= {email: ids[0] for email, ids in accounts.items() if len(ids) == 1}
        return {key: self._found[key] for email in emails if (key := email_key(email)) in self._found}


_OVERLAP: Final = 300.0
"""How many seconds before the asked time the client's list of changed records begins."""


def _moment(stamp: str | None) -> float | None:
    """Return a time stamp as seconds since 1970; None if it is not a time with a zone."""
    try:
        at = datetime.fromisoformat(stamp or "")
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo is not None else None
