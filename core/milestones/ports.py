"""What the milestones room needs from outside: what happened, to whom, and what Total Expert has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from core.milestones.events import ApplicationReading, CalculationReport, MilestoneEvent, Unreadable
from core.milestones.insights import Insight, InsightContact


class Received(Struct, frozen=True):
    """The events in the listener's file. `end` is the argument for `drop`.

    `notices` are sentences for the operator. `reports` are the calculations that were reported.
    """

    events: tuple[MilestoneEvent, ...]
    end: int
    notices: tuple[str, ...] = ()
    reports: tuple[CalculationReport, ...] = ()


class EventBox(Protocol):
    """The listener's durable events. Only the process with the book reads them."""

    def read(self) -> Received:
        """Return the events in the file. Blocks. Raises `DeskError`."""
        ...

    def drop(self, end: int) -> None:
        """Remove the events up to `end`, after the book holds their facts. Blocks."""
        ...

    def add_reports(self, reports: tuple[CalculationReport, ...]) -> None:
        """Add calculations for the process with the book. They are durable on return. Blocks. Raises `DeskError`."""
        ...


class Applications(Protocol):
    """The part of SimpleNexus that milestones read. Every method may raise `Unreachable`."""

    async def since(self, moment: float) -> Sequence[MilestoneEvent]:
        """Return the events that a poll finds since `moment`: seconds since 1970 by the vendor's clock."""
        ...

    async def read(self, application: str) -> ApplicationReading | Unreadable:
        """Read one application now, with the vendor's time. The endpoint is BETA and may refuse."""
        ...

    async def people_with(self, email: str) -> Sequence[str]:
        """Return the ids of the accounts that have an email."""
        ...


class InsightBook(Protocol):
    """The part of Total Expert that milestones read. Every method may raise `Unreachable`."""

    async def insight_types(self) -> Mapping[str, Sequence[str]]:
        """Return the ids of the insight types by name. A name has several ids if it is there several times."""
        ...

    async def groups(self) -> Mapping[tuple[str, str], str]:
        """Return the ids of the contact groups by a pair: the owner's id and the group's name."""
        ...

    async def insights(self, wanted: Mapping[str, Collection[str]]) -> Mapping[str, Sequence[Insight]]:
        """Return the insights of these contacts, by the contact's id.

        `wanted` gives for each contact the ids of the insight types that matter.
        """
        ...


class Ties(Protocol):
    """The links between the people of the two systems, as the contacts room keeps them."""

    async def contacts(self, people: Collection[str]) -> Mapping[str, InsightContact]:
        """Return the linked contact of each person, by the person's id. A person without a link is left out.

        What is said of a contact may be some minutes old.
        """
        ...

    async def read_again(self, contact: str) -> None:
        """Read a contact, and the other records of the same person, so that `contacts` knows what they say now."""
        ...

    async def people_of(self, ids: Collection[str]) -> Mapping[str, str]:
        """Return the linked person of each contact, by the contact's id. Reads no contact.

        An id that is a linked person's stands for that person. A contact without a link is left out.
        """
        ...

    async def knows_all(self) -> bool:
        """Return True if the links that only the systems hold are known too, False if only the book's are.

        The systems hold a link as a reference or an external id. No contact is read for an answer.
        """
        ...

    async def contacts_with(self, email: str) -> Sequence[str]:
        """Return the ids of the contacts of Total Expert that have an email."""
        ...


class Outside(Struct, frozen=True):
    """Everything that the room reads from outside the book."""

    applications: Applications
    insights: InsightBook
    ties: Ties
    inbox: EventBox
