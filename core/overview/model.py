"""What the overview shows, as values. None stands for what the desk has not read yet, never for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from core.milestones.milestone_map import Milestone
from core.push.plan import System
from core.push.records import Push


class PushCounts(Struct, frozen=True):
    """How pushes ended: everything arrived, a part of it arrived, nothing did (`refused`), or a person is asked.

    `there` are those that are done and had nothing to send. `running` are those that are queued or on their way.
    `waits` are paused ones that ask nobody.
    """

    arrived: int = 0
    there: int = 0
    in_part: int = 0
    refused: int = 0
    asks: int = 0
    running: int = 0
    waits: int = 0

    @property
    def total(self) -> int:
        """The number of pushes."""
        ended = self.arrived + self.there + self.in_part + self.refused
        return ended + self.asks + self.running + self.waits


class PushPicture(Struct, frozen=True):
    """The pushes of a day and of the week up to it, by the desk's zone.

    `hours` has the number of pushes that were begun in each of the 24 hours of `day`. `week` has the counts of each of
    the seven days that end with `day`, the oldest first. `lately` are the newest pushes that have ended, the newest
    first. `waiting` are the ids of those that need a person, of whatever age.
    """

    day: date
    hours: tuple[int, ...]
    week: tuple[tuple[date, PushCounts], ...]
    lately: tuple[Push, ...]
    waiting: frozenset[str]

    @property
    def today(self) -> PushCounts:
        """The counts of the day itself."""
        return self.week[-1][1]


class ContactHealth(Struct, frozen=True):
    """The two contact books by the last match, which was made at `at` (seconds since 1970).

    `linked` counts rows that are linked or will be by the next sync, `to_send` those that it imports or pushes,
    `to_decide` the questions that are open, `costly` those of them where a mistake changes or doubles somebody.
    `cannot` are the rows that can't be synced, `left` the same by their reason, as far as reasons are known, and
    `one_way` those that another integration carries. `unlinked` are the pairs of which a person took the link back.
    """

    at: float
    rows: int
    linked: int
    to_send: int
    to_decide: int
    costly: int
    one_way: int
    cannot: int
    left: Mapping[str, int] = {}
    unlinked: int = 0


class MilestoneMonth(Struct, frozen=True):
    """The milestones that were sent in the last `days` days: by milestone, and by day with the oldest day first."""

    days: int
    sent: Mapping[Milestone, int]
    by_day: tuple[int, ...]


class MilestonesOpen(Struct, frozen=True):
    """The milestones that are not over: due, counting down, and those that need a person."""

    due: int
    counting: int
    needs_you: int


class StillByHand(Struct, frozen=True):
    """What is still to be entered by hand of the cards that were pushed in the last `days` days.

    `oldest` is when the oldest of these pushes was begun, in seconds since 1970; 0 if nothing is left.
    """

    days: int
    fields: int
    cards: tuple[str, ...]
    oldest: float = 0.0


class CardsKnown(Struct, frozen=True):
    """What is known of the cards on the board.

    Of the `in_flex` cards that are in FLEX, `checked` were compared with their push, and `changed` are other than they
    were sent. `blocked` are those of which it is known that they can't be pushed.
    """

    in_flex: int
    checked: int
    changed: int
    blocked: int


class SystemKnown(Struct, frozen=True):
    """How the last request to a system ended. `age` and `took` are seconds, `left` requests of the present window.

    `works` is None before the first request. `took` is None if no reply came. `left` is None if the system does not
    say.
    """

    system: System
    works: bool | None
    age: float = 0.0
    took: float | None = None
    left: int | None = None
    rate: float = 0.0
    """How many requests a minute the desk sends at most."""


class DeskOverview(Struct, frozen=True):
    """Everything that the overview shows, as it is known at `at` (seconds since 1970)."""

    at: float
    pushes: PushPicture
    by_hand: StillByHand | None = None
    """None for a desk without cards."""
    contacts: ContactHealth | None = None
    milestones: MilestonesOpen | None = None
    month: MilestoneMonth | None = None
    """None for a desk without milestones."""
    cards: CardsKnown | None = None
    systems: tuple[SystemKnown, ...] = ()
    held_back: int = 0
    """How much automatic work waits for a person's word."""
    tried_again: int = 0
    """How many sends wait for their next try."""
    has_cards: bool = True
    has_contacts: bool = True
