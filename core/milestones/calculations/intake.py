"""Takes reports of calculations in: each becomes a fact about a person, or waits until its contact is known.

A report that waits keeps ids alone. The first calculation of a contact counts, so the same report once more, by
whichever door, changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from core.milestones.events import CalculationReport, EventKind, MilestoneEvent
from core.milestones.fact_store import FactStore
from core.milestones.facts import KEEP
from core.milestones.ports import Applications, Ties
from core.milestones.records import WaitingCalculation
from core.push.ports import Book
from core.push.records import Record

SOURCE: Final = "calculation"
"""The id of the event that a report becomes begins with this word."""


class TakenReports(Struct, frozen=True):
    """How many reports belong to a known person, and how many wait."""

    known: int = 0
    waiting: int = 0


class CalculationIntake:
    """The reports of one book. With `keeps` false nothing is written."""

    def __init__(
        self, applications: Applications, ties: Ties, store: FactStore, book: Book, *, keeps: bool
    ) -> None:
        self._applications = applications
        self._ties = ties
        self._store = store
        self._book = book
        self._keeps = keeps
        self._unkept: dict[str, WaitingCalculation] = {}
        """What waits, while nothing is written to the book."""

    async def take(self, reports: Sequence[CalculationReport], now: float) -> TakenReports:
        """Take reports in. A report that waits and comes once more is settled by what it names now.

        `now` is seconds since 1970. Raises `Unreachable` if an email can't be looked up, `BookClosed`.
        """
        if not reports:
            return TakenReports()
        waiting = {
            report.id: WaitingCalculation(report.id, report.at, report.received, await self._meant(report))
            for report in reports
        }
        await self._store.note_calculations(now)
        await self._put(*waiting.values())
        left = await self.settle(now)
        still = sum(calculation.id in waiting for calculation in left)
        return TakenReports(len(waiting) - still, still)

    async def settle(self, now: float) -> tuple[WaitingCalculation, ...]:
        """Make a fact of each report of which the contact is linked by now. Return the reports that wait.

        A report that waited `KEEP` seconds is forgotten. Sends no request. Raises `BookClosed`.
        """
        waiting = await self._all()
        if not waiting:
            return ()
        people = await self._ties.people_of({one.contacts[0] for one in waiting if len(one.contacts) == 1})
        found = [
            (one, people[one.contacts[0]]) for one in waiting if _is_clear(one) and one.contacts[0] in people
        ]
        events = [
            MilestoneEvent(f"{SOURCE}-{one.id}", EventKind.CALCULATED, person, one.at, one.received, person)
            for one, person in found
        ]
        await self._store.take(events)  # a crash before the next commit leads to the same facts once more
        over = {one.id for one, _ in found} | {one.id for one in waiting if now - one.received > KEEP}
        await self._drop(over)
        return tuple(one for one in waiting if one.id not in over)

    async def _meant(self, report: CalculationReport) -> tuple[str, ...]:
        """Return the ids of the contacts that a report may be about, as `WaitingCalculation` keeps them."""
        if report.contact_id:
            return (report.contact_id,)
        accounts = await self._applications.people_with(report.email)
        linked = await self._ties.contacts(accounts)
        contacts = {contact.id for contact in linked.values()} | {
            *await self._ties.contacts_with(report.email)
        }
        return tuple(sorted(contacts))

    # -- what waits --------------------------------------------------------------------------------------

    async def _all(self) -> list[WaitingCalculation]:
        kept = await self._book.all(WaitingCalculation)
        return [*kept, *(one for one in self._unkept.values() if one.id not in {other.id for other in kept})]

    async def _put(self, *waiting: WaitingCalculation) -> None:
        if self._keeps:
            await self._book.commit(*waiting)
        else:
            self._unkept |= {one.id: one for one in waiting}

    async def _drop(self, ids: set[str]) -> None:
        for id_ in ids:
            self._unkept.pop(id_, None)
        drop: list[tuple[type[Record], str]] = [(WaitingCalculation, id_) for id_ in sorted(ids)]
        if drop and self._keeps:
            await self._book.commit(drop=drop)


def _is_clear(calculation: WaitingCalculation) -> bool:
    return len(calculation.contacts) == 1
