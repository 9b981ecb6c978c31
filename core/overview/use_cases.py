"""Reads the overview from the book: what was sent, what waits, what is still to enter by hand. Asks no system.

The cost depends on the days that are shown, not on the age of the book. Of the archives only those of pushes of the
last two weeks are read, and each of them once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final, TypeVar

import msgspec

from core.contacts.model import Verdict
from core.contacts.records import QUESTIONS_FILE, Answer, Judged
from core.contacts.review.kept_questions import decoded
from core.contacts.review.queue import Cost
from core.flex.records import PushedFields, Tick
from core.local_forms import LocalZone
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import MilestoneId
from core.milestones.records import MilestoneState, SentMilestone
from core.overview.model import (
    ContactHealth,
    DeskOverview,
    MilestoneMonth,
    MilestonesOpen,
    StillByHand,
)
from core.overview.pushes import DAYS, PushTally
from core.push.activity import ENDED_BADLY
from core.push.plan import Asset
from core.push.ports import Book
from core.push.records import Push, Record
from core.push.states import ACTIVE, PushState

R = TypeVar("R", bound=Record)

BY_HAND_DAYS: Final = 14
"""Days of pushes of which fields that are still to be entered by hand are counted."""
MONTH: Final = 30
"""Days of milestones that the picture shows."""
_DAY: Final = 86_400.0
_PORTION: Final = 500
"""Records that are asked for at once."""
_ARRIVED: Final = frozenset({PushState.DONE, PushState.PARTIAL})
_COSTLY: Final = (Cost.OVERWRITE, Cost.DOUBLED)


class OverviewUseCases:
    """Reads the overview, and keeps it up while pushes change."""

    def __init__(self, book: Book, zone: LocalZone, *, has_cards: bool, has_contacts: bool) -> None:
        """`zone` gives the desk's local time. `has_cards` and `has_contacts` say what the profile has."""
        self._book = book
        self._zone = zone
        self._has_cards = has_cards
        self._has_contacts = has_contacts
        self._tally: PushTally | None = None
        self._open_by_hand: dict[str, frozenset[str]] = {}
        """The places that no step carries, by push id. They never change once a push has begun."""

    def push_changed(self, push: Push) -> None:
        """Take the new state of a push, so that the next reading shows it."""
        if self._tally is not None:
            self._tally.take([push])

    async def read(self, now: float) -> DeskOverview:
        """Return the overview as the book has it at `now`, in seconds since 1970. Raises `BookClosed`."""
        pushes = await self._read_pushes(now)
        return DeskOverview(
            at=now,
            pushes=pushes.picture(now),
            by_hand=await self._read_by_hand(now) if self._has_cards else None,
            contacts=await self._read_contacts() if self._has_contacts else None,
            month=await self._read_month(now) if self._has_contacts else None,
            has_cards=self._has_cards,
            has_contacts=self._has_contacts,
        )

    async def _read_pushes(self, now: float) -> PushTally:
        """Read the pushes of the week, the unfinished ones, and those that ended badly, the first time."""
        if self._tally is None:
            tally = PushTally(self._zone, now)
            for state in (*ACTIVE, *ENDED_BADLY):
                found = await self._book.where(Push, state=state)
                tally.take(found)
                if state in ENDED_BADLY:  # a later push of the same thing takes their place
                    for subject in {push.subject for push in found}:
                        tally.take(await self._book.where(Push, subject=subject))
            async for push in _since(self._book, Push, now - (DAYS + 1) * _DAY, lambda push: push.created_at):
                tally.take([push])
            self._tally = tally
        return self._tally

    # -- by hand ---------------------------------------------------------------------------------------

    async def _read_by_hand(self, now: float) -> StillByHand:
        """Count the fields that no step of the latest push of each card carries, and that nobody ticked."""
        latest: dict[str, Push] = {}
        async for push in _since(self._book, Push, now - BY_HAND_DAYS * _DAY, lambda push: push.created_at):
            if push.asset is Asset.CARD and push.state in _ARRIVED:
                latest.setdefault(push.about, push)
        await self._remember_places(latest.values())
        cards: list[str] = []
        fields, oldest = 0, 0.0
        for card, push in latest.items():
            ticked = {tick.place for tick in await self._book.where(Tick, card=card)}
            if left := len(self._open_by_hand.get(push.push_id, frozenset()) - ticked):
                fields += left
                cards.append(card)
                oldest = min(oldest or push.created_at, push.created_at)
        return StillByHand(BY_HAND_DAYS, fields, tuple(sorted(cards)), oldest)

    async def _remember_places(self, pushes: Iterable[Push]) -> None:
        """Read what the pushes were to send, of those of which that is not known yet."""
        wanted = [push.push_id for push in pushes if push.push_id not in self._open_by_hand]
        found = {pushed.push_id: pushed for pushed in await self._book.get_many(PushedFields, wanted)}
        elsewhere = [push_id for push_id in wanted if push_id not in found]
        archived = await self._book.archived_many(PushedFields, elsewhere) if elsewhere else {}
        for records in archived.values():
            if isinstance(records, list):  # else the archive is damaged, and Activity says so
                found |= {record.push_id: record for record in records}
        for push_id, pushed in found.items():
            # An earlier version kept no carriers: then nobody knows which fields went.
            places = pushed.fields.keys() - pushed.carriers.keys() if pushed.carriers else ()
            self._open_by_hand[push_id] = frozenset(places)

    # -- contacts and milestones -----------------------------------------------------------------------

    async def _read_contacts(self) -> ContactHealth | None:
        """Return what the last match found, less what was decided since; None if the book keeps no match."""
        kept = await asyncio.to_thread(decoded, await self._book.get_file(QUESTIONS_FILE))
        if kept is None or not kept.counts:
            return None
        decided = 0
        async for judged in _since(self._book, Judged, kept.at, lambda judged: judged.at):
            decided += judged.answer is not Answer.LATER
        health = health_of(
            kept.at,
            {verdict: kept.counts.get(verdict.value, 0) for verdict in Verdict},
            {cost: kept.costs.get(cost.name, 0) for cost in Cost},
            kept.reasons,
        )
        left = max(0, health.to_decide - decided)
        return msgspec.structs.replace(health, to_decide=left, costly=min(left, health.costly))

    async def _read_month(self, now: float) -> MilestoneMonth:
        today = self._zone(now).date()
        first = today - timedelta(days=MONTH - 1)
        sent: Counter[str] = Counter()
        by_day = [0] * MONTH
        begin = now - (MONTH + 1) * _DAY
        async for record in _since(self._book, SentMilestone, begin, lambda record: record.at):
            day = self._zone(record.at).date()
            if record.state is MilestoneState.SENT and first <= day <= today:
                sent[MilestoneId.decode(record.name).milestone] += 1
                by_day[(day - first).days] += 1
        return MilestoneMonth(MONTH, dict(sent), tuple(by_day))  # type: ignore[arg-type] # the keys are milestones


def health_of(
    at: float, counts: Mapping[Verdict, int], costs: Mapping[Cost, int], left: Mapping[str, int]
) -> ContactHealth:
    """Return the state of both contact books by a match, which was made at `at`.

    `counts` are its rows by verdict, `costs` its open questions by cost, `left` the rows that can't be synced by their
    reason.
    """
    return ContactHealth(
        at=at,
        rows=sum(counts.values()),
        linked=counts[Verdict.LINKED] + counts[Verdict.LINK],
        to_send=counts[Verdict.IMPORT] + counts[Verdict.PUSH] - costs[Cost.OVERWRITE],
        to_decide=sum(costs.values()),
        costly=sum(costs[cost] for cost in _COSTLY),
        one_way=counts[Verdict.SKIP_ONE_WAY],
        cannot=counts[Verdict.CANNOT],
        left=left,
        unlinked=counts[Verdict.UNLINKED],
    )


def open_milestones(lines: Iterable[MilestoneLine]) -> MilestonesOpen:
    """Count the milestones that are not over."""
    due = counting = needs_you = 0
    for line in lines:
        due += line.state is MilestoneState.DUE and line.plan is not None
        counting += line.state is MilestoneState.WAITING and line.until is not None
        needs_you += line.state is MilestoneState.NEEDS_YOU
    return MilestonesOpen(due, counting, needs_you)


async def _since(book: Book, kind: type[R], begin: float, moment: Callable[[R], float]) -> AsyncIterator[R]:
    """Yield the records of a kind that are not older than `begin`, the newest first, a portion at a time.

    A portion without any such record ends the search: records are committed first when they come to be.
    """
    skip = 0
    while portion := await book.newest(kind, _PORTION, skip=skip):
        young = [record for record in portion if moment(record) >= begin]
        for record in young:
            yield record
        if not young:
            return
        skip += len(portion)
