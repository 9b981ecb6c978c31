"""Who sends a milestone without asking, as soon as it is due. Pure: the rule by which rooms and commands warn.

Knows of a milestone only its name and its time, which are all that a standing order goes by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from core.automatic.records import StandingOrder


class TimedWork(Protocol):
    """Work that an order may take: its id, and when it happened in seconds since 1970."""

    @property
    def name(self) -> str:
        """The id by which a person takes the work over."""

    @property
    def at(self) -> float:
        """When it happened."""


class UnaskedSender(StrEnum):
    """What sends a milestone without asking anybody."""

    THIS_APP = "this-app"
    """Auto-send of this app, or a standing order that this app carries out while it is open."""
    WATCH = "watch"
    """A standing order that `brokerdesk watch` carries out: of a team, or while no app has the book open."""
    WATCH_LATER = "watch-later"
    """A standing order that rests while this app is open, because somebody stopped auto-send here."""
    OTHER_DESK = "other-desk"
    """Perhaps the auto-send of another desk of the team: the book doesn't say whether one has it on."""


def is_taken(line: TimedWork, since: float, left: Collection[str] = ()) -> bool:
    """Return True if an order takes a milestone: it happened at `since` or later, and nobody left it to a person."""
    return line.at >= since and line.name not in left


class UnaskedSending(Struct, frozen=True):
    """What is sent without asking, as far as one process knows.

    `is_switched_on` says that auto-send is on in this app. `order` is the book's standing order, None if there is none;
    `obeys` says that this process carries it out while it is open, `rests` that nobody does meanwhile. `left` are the
    ids of milestones that a person took over. `is_shared` is True for a team's book, of which other desks may have
    auto-send on.
    """

    is_switched_on: bool = False
    order: StandingOrder | None = None
    obeys: bool = False
    rests: bool = False
    left: frozenset[str] = frozenset()
    is_shared: bool = False

    def sender_of(self, line: TimedWork) -> UnaskedSender | None:
        """Return what sends a milestone once it is due; None if it waits for a person's OK."""
        if self.is_switched_on and line.name not in self._left:
            return UnaskedSender.THIS_APP
        if self.order is not None and is_taken(line, self.order.since, self._left):
            if self.obeys:
                return UnaskedSender.THIS_APP
            return UnaskedSender.WATCH_LATER if self.rests else UnaskedSender.WATCH
        return UnaskedSender.OTHER_DESK if self.is_shared else None

    def sender_of_any(self, lines: Iterable[TimedWork]) -> UnaskedSender | None:
        """Return what sends the first of these milestones that something sends without asking; None if nothing does."""
        return next((sender for line in lines if (sender := self.sender_of(line)) is not None), None)

    @property
    def _left(self) -> frozenset[str]:
        return self.left.union(self.order.left if self.order is not None else ())
