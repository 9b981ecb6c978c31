"""What the milestones room needs of the world: what happened, whose it is, what Total Expert has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from core.milestones.events import ApplicationReading, MilestoneEvent, Unreadable
from core.milestones.insights import Insight, InsightContact


class Received(Struct, frozen=True):
    """What the listener has taken in and nobody has consumed; `end` is what `drop` takes.

    `notices` are sentences for the operator.
    """

    events: tuple[MilestoneEvent, ...]
    end: int
    notices: tuple[str, ...] = ()


class EventBox(Protocol):
    """The listener's durable events. One reader at a time: who has the book."""

    def read(self) -> Received:
        """Give what is there. Blocks. Raises `DeskError`."""
        ...

    def drop(self, end: int) -> None:
        """Forget what was read up to `end`, once it is folded in and the book holds that. Blocks."""
        ...


class Applications(Protocol):
    """SimpleNexus, as far as milestones read it. Every method may raise `Unreachable`."""

    async def since(self, moment: float) -> Sequence[MilestoneEvent]:
        """Give what a poll finds to have happened since a moment (seconds since 1970, the vendor's clock)."""
        ...

    async def read(self, application: str) -> ApplicationReading | Unreadable:
        """Read one application again, with the vendor's clock; the endpoint is BETA and may refuse."""
        ...


class InsightBook(Protocol):
    """Total Expert, as far as milestones read it. Every method may raise `Unreachable`."""

    async def insight_types(self) -> Mapping[str, Sequence[str]]:
        """Give the ids of the insight types by name: one each, unless a name is there twice."""
        ...

    async def groups(self) -> Mapping[tuple[str, str], str]:
        """Give the ids of the contact groups by their owner's id and their name."""
        ...

    async def insights(self, contacts: Collection[str]) -> Mapping[str, Sequence[Insight]]:
        """Give all insights of these contacts; a contact that was not read is left out."""
        ...


class Ties(Protocol):
    """The link between the two systems' people, as the contacts room keeps it."""

    async def contacts(self, people: Collection[str]) -> Mapping[str, InsightContact]:
        """Give the contact that each person of SimpleNexus is linked with; who has none is left out."""
        ...


class Outside(Struct, frozen=True):
    """All of the world that the room reads."""

    applications: Applications
    insights: InsightBook
    ties: Ties
    inbox: EventBox
