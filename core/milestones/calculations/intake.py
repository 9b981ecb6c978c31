"""Takes reports of calculations in: each becomes a fact about a person, or waits until its contact is known.

A report that waits keeps ids alone. The first calculation of a contact counts, so the same report again, by
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
    """How many reports belong to a known person, and how many wait.

    `handed_over` is True if this process can't write the book, so that the process with the book takes them in.
    """

    known: int = 0
    waiting: int = 0
    handed_over: bool = False


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
        """Take reports in. A report that waits and comes again is settled by what it names now.

        `now` is seconds since 1970. Raises `Unreachable` if an email can't be looked up, `BookClosed`.
        """
        if not reports:
            return TakenReports()
        calculations = [
            WaitingCalculation(report.id, report.at, report.received, await self._meant(report))
            for report in reports
        ]
        await self._store.note_calculations(now)
        waiting = await self._make_facts(calculations)
        ids = {calculation.id for calculation in waiting}
        await self._put(*waiting)
        await self._drop({calculation.id for calculation in calculations} - ids)
        return TakenReports(len(calculations) - len(waiting), len(waiting))

    async def settle(self, now: float) -> tuple[WaitingCalculation, ...]:
        """Make a fact of each report of which the contact is linked by now. Return the reports that wait.

        A report that waited `KEEP` seconds is forgotten. Sends no request. Raises `BookClosed`.
        """
        waiting = await self._all()
        left = await self._make_facts(waiting) if waiting else []
        still = tuple(calculation for calculation in left if now - calculation.received <= KEEP)
        await self._drop(
            {calculation.id for calculation in waiting} - {calculation.id for calculation in still}
        )
        return still

    async def _make_facts(self, calculations: Sequence[WaitingCalculation]) -> list[WaitingCalculation]:
        """Make facts of the calculations of linked contacts, and return the others. Raises `BookClosed`.

        The caller forgets the former afterwards. A crash in between leads to the same facts again.
        """
        clear = {calculation.contacts[0] for calculation in calculations if len(calculation.contacts) == 1}
        people = await self._ties.people_of(clear) if clear else {}
        events: list[MilestoneEvent] = []
        others: list[WaitingCalculation] = []
        for calculation in calculations:
            contact = calculation.contacts[0] if len(calculation.contacts) == 1 else ""
            if contact in people:
                events.append(_event(calculation, people[contact]))
            else:
                others.append(calculation)
        if events:
            await self._store.take(events)
        return others

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
        kept = {report.id: report for report in await self._book.all(WaitingCalculation)}
        return [*(kept | self._unkept).values()]

    async def _put(self, *waiting: WaitingCalculation) -> None:
        if self._keeps:
            await self._book.commit(*waiting)
        else:
            self._unkept |= {report.id: report for report in waiting}

    async def _drop(self, ids: set[str]) -> None:
        for id_ in ids:
            self._unkept.pop(id_, None)
        drop: list[tuple[type[Record], str]] = [(WaitingCalculation, id_) for id_ in sorted(ids)]
        if drop and self._keeps:
            await self._book.commit(drop=drop)


def _event(report: WaitingCalculation, person: str) -> MilestoneEvent:
    """Return the event of a calculation of a known person."""
    id_ = f"{SOURCE}-{report.id}"
    return MilestoneEvent(id_, EventKind.CALCULATED, person, report.at, report.received, person)
